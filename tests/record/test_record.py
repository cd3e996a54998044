"""The record: what a file may say, what was known on a day, and what was in progress on it."""

import csv
import io
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from sim.errors import Problem, UserError
from sim.record.files import load_record
from sim.record.model import CaseInProgress, Record, in_progress
from sim.record.rows import FORMAT

SHIPPED = Path(__file__).parents[2] / "scenarios" / "record"
THREE_PROBES = date(2024, 3, 14)
END_OF_2025 = date(2025, 12, 31)
LAST = date(2026, 10, 8)
DAYS_OF_MILESTONES = {
    "2024-01-10": "rfi",
    "2024-03-01": "proceedings_opened",
    "2024-06-01": "preliminary_findings",
    "2024-09-01": "non_compliance_decision",
}

Rows = list[dict[str, str]]
Tables = dict[str, Rows]

COMMON_PLATFORM = {"type": "VLOP", "sector": "video", "source_url": "https://example.org/list"}


def act(day: str, event: str, topic: str = "minors", proceeding: str = "", platform: str = "Video") -> dict[str, str]:
    """A row of events.csv with all that it needs."""
    return {
        "date": day,
        "platform": platform,
        "provider": "Media Inc",
        "proceeding": proceeding,
        "event": event,
        "topic": topic,
        "articles": "28;34",
        "source_url": "https://example.org/act",
        "source_kind": "press",
        "confidence": "high",
    }


def minimal() -> Tables:
    """The smallest record that has every kind of row."""
    return {
        "events.csv": [
            act("2024-01-10", "rfi", proceeding="video-2024-03"),
            act("2024-03-01", "proceedings_opened", proceeding="video-2024-03"),
            act("2024-06-01", "preliminary_findings", proceeding="video-2024-03"),
            act("2024-09-01", "non_compliance_decision", proceeding="video-2024-03"),
        ],
        "strands.csv": [
            {
                "proceeding": "video-2024-03",
                "strand": "minors",
                "platform": "Video",
                "topics": "minors;dark_patterns",
                "articles": "28;34;28",
                "opened": "2024-03-01",
                "preliminary_findings": "2024-06-01",
                "outcome": "non_compliance",
                "outcome_date": "2024-09-01",
                "fine_eur": "1000000",
            }
        ],
        "platforms.csv": [
            {"service": "Video", "provider": "Media Inc", "designation_date": "2023-04-25", **COMMON_PLATFORM},
            {"service": "Video Lite", "provider": "Media Inc", "part_of": "Video", **COMMON_PLATFORM},
        ],
        "turnover.csv": [
            {
                "provider": "Media Inc",
                "worldwide_turnover_eur_bn": "2.5",
                "year": "2023",
                "confidence": "low",
                "note": "press",
            }
        ],
    }


def text_of(rows: Rows, columns: list[str]) -> str:
    """Rows as a CSV text."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write(folder: Path, tables: Tables) -> Path:
    """A record's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        (folder / name).write_text(text_of(rows, list(FORMAT[name])), encoding="utf-8")
    return folder


def read(folder: Path) -> Tables:
    """The rows of a record's files, unchecked."""
    tables = {}
    for name in FORMAT:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            tables[name] = list(csv.DictReader(file))
    return tables


def problems_of(folder: Path) -> list[Problem]:
    """What is wrong with a record that cannot be used."""
    with pytest.raises(UserError) as caught:
        load_record(folder)
    return caught.value.problems


def test_minimal_record_is_read_with_its_types(tmp_path: Path) -> None:
    """Days, amounts and lists come as such, empty cells as None, and the source stands in the act."""
    record = load_record(write(tmp_path, minimal()))
    assert record.acts[0].date == date(2024, 1, 10)
    assert record.acts[0].source == "https://example.org/act"
    (strand,) = record.strands
    assert (strand.topics, strand.fine_eur, strand.outcome) == (("minors", "dark_patterns"), 1e6, "non_compliance")
    assert record.platforms["Video Lite"].part_of == "Video"
    assert record.platforms["Video"].designation_ended is None
    assert (record.turnover, record.until) == ({"Media Inc": 2.5}, None)


# What to set in a row of which file: (file, row, {column: cell}), and what must be reported of which column.
BROKEN = {
    "day-unparsable": ("events.csv", 0, {"date": "14/03/2024"}, "date", "is not a day"),
    "day-impossible": ("events.csv", 0, {"date": "2024-02-30"}, "date", "is not a day"),
    "day-in-another-iso-form": ("events.csv", 0, {"date": "2024-W10-4"}, "date", "is not a day"),
    "day-missing": ("events.csv", 0, {"date": ""}, "date", "must not be empty"),
    "event-misspelt": ("events.csv", 0, {"event": "rfl"}, "event", "did you mean 'rfi'?"),
    "platform-misspelt": ("events.csv", 0, {"platform": "Vidoe"}, "platform", "did you mean 'Video'?"),
    "provider-misspelt": ("events.csv", 0, {"provider": "Medai Inc"}, "provider", "belongs to 'Media Inc'"),
    "topic-missing": ("events.csv", 0, {"topic": ""}, "topic", "must not be empty"),
    "source-missing": ("events.csv", 0, {"source_url": ""}, "source_url", "needs a source"),
    "source-no-address": ("events.csv", 0, {"source_url": "a paper"}, "source_url", "is no address"),
    "confidence-unknown": ("events.csv", 0, {"confidence": "hihg"}, "confidence", "did you mean 'high'?"),
    "proceeding-misspelt": ("events.csv", 0, {"proceeding": "video-2042-03"}, "proceeding", "'video-2024-03'?"),
    "act-without-proceeding": ("events.csv", 2, {"proceeding": ""}, "proceeding", "is an act in a proceeding"),
    "act-before-opening": ("events.csv", 2, {"date": "2024-02-01"}, "date", "was opened, on 2024-03-01"),
    "act-before-designation": ("events.csv", 0, {"date": "2023-01-01"}, "date", "was designated, on 2023-04-25"),
    "part-before-designation": (
        *("events.csv", 0, {"date": "2023-01-01", "platform": "Video Lite"}),
        *("date", "before Video was designated"),
    ),
    "closing-of-nothing": (
        *("events.csv", 0, {"event": "closed_without_proceedings", "topic": "ads"}),
        *("topic", "no rfi on 'ads'"),
    ),
    "strand-platform-misspelt": ("strands.csv", 0, {"platform": "Vidoe"}, "platform", "did you mean 'Video'?"),
    "strand-without-platform": ("strands.csv", 0, {"platform": ";"}, "platform", "at least one service"),
    "strand-without-opening": ("strands.csv", 0, {"proceeding": "video-2042"}, "proceeding", "no opening of"),
    "strand-opened-otherwise": ("strands.csv", 0, {"opened": "2024-03-02"}, "opened", "events.csv, 2024-03-01"),
    "strand-without-topic": ("strands.csv", 0, {"topics": ";"}, "topics", "at least one item"),
    "findings-before-opening": (
        *("strands.csv", 0, {"preliminary_findings": "2024-02-01"}),
        *("preliminary_findings", "is before the opening, 2024-03-01"),
    ),
    "findings-not-among-acts": (
        *("strands.csv", 0, {"preliminary_findings": "2024-06-02"}),
        *("preliminary_findings", "on 2024-06-02; known: 2024-06-01"),
    ),
    "outcome-before-findings": (
        *("strands.csv", 0, {"outcome_date": "2024-05-01"}),
        *("outcome_date", "is before the milestone that it follows, 2024-06-01"),
    ),
    "outcome-before-opening": (
        *("strands.csv", 0, {"preliminary_findings": "", "outcome_date": "2024-02-01"}),
        *("outcome_date", "is before the milestone that it follows, 2024-03-01"),
    ),
    "outcome-unknown": ("strands.csv", 0, {"outcome": "comitments"}, "outcome", "did you mean 'commitments'?"),
    "outcome-without-day": ("strands.csv", 0, {"outcome_date": ""}, "outcome_date", "must not be empty"),
    "day-without-outcome": ("strands.csv", 0, {"outcome": "", "fine_eur": ""}, "outcome", "must not be empty"),
    "outcome-not-among-acts": ("strands.csv", 0, {"outcome": "closed"}, "outcome_date", "no closed in"),
    "fine-without-decision": ("strands.csv", 0, {"outcome": "commitments"}, "fine_eur", "only the outcome"),
    "fine-negative": ("strands.csv", 0, {"fine_eur": "-1"}, "fine_eur", "from 0 up"),
    "fine-in-words": ("strands.csv", 0, {"fine_eur": "120 m"}, "fine_eur", "is not an amount"),
    "turnover-negative": (
        *("turnover.csv", 0, {"worldwide_turnover_eur_bn": "-2.5"}),
        *("worldwide_turnover_eur_bn", "from 0 up"),
    ),
    "turnover-not-finite": (
        *("turnover.csv", 0, {"worldwide_turnover_eur_bn": "nan"}),
        *("worldwide_turnover_eur_bn", "is not an amount"),
    ),
    "turnover-without-note": ("turnover.csv", 0, {"note": ""}, "note", "must not be empty"),
    "turnover-provider": ("turnover.csv", 0, {"provider": "Medai Inc"}, "provider", "did you mean 'Media Inc'?"),
    "provider-without-turnover": ("platforms.csv", 1, {"provider": "Other Ltd"}, "provider", "has no row for"),
    "users-negative": (
        *("platforms.csv", 0, {"eu_monthly_active_recipients_m": "-45"}),
        *("eu_monthly_active_recipients_m", "from 0 up"),
    ),
    "platform-without-source": ("platforms.csv", 0, {"source_url": ""}, "source_url", "needs a source"),
    "part-of-unknown": ("platforms.csv", 1, {"part_of": "Vidoe"}, "part_of", "did you mean 'Video'?"),
    "designation-ended-early": (
        *("platforms.csv", 0, {"designation_ended": "2023-01-01"}),
        *("designation_ended", "before it began"),
    ),
    "service-twice": ("platforms.csv", 1, {"service": "VIDEO"}, "service", "the same as in line 2"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_every_fault_is_found_in_its_place(tmp_path: Path, fault: str) -> None:
    """One broken cell gives a message that says what is right, with the line and the character of the cell."""
    file, row, cells, column, message = BROKEN[fault]
    tables = minimal()
    tables[file][row].update(cells)
    folder = write(tmp_path, tables)
    line = (folder / file).read_text(encoding="utf-8").split("\n")[row + 1]
    before = line.split(",")[: list(FORMAT[file]).index(column)]
    start = 1 + sum(len(cell) + 1 for cell in before)
    problems = [p for p in problems_of(folder) if (p.file, p.line, p.column) == (str(folder / file), row + 2, start)]
    assert any(message in problem.message for problem in problems), problems_of(folder)
    assert all(problem.message.startswith(f"{column}: ") for problem in problems)


def test_a_source_may_be_told_in_words(tmp_path: Path) -> None:
    """A row without an address stands if it says what kind of source it rests on, and which."""
    tables = minimal()
    tables["events.csv"][0].update(source_url="", source_kind="press", detail="a paper of that day")
    assert load_record(write(tmp_path, tables)).acts[0].source == "press: a paper of that day"


def test_opening_without_strand_is_a_fault(tmp_path: Path) -> None:
    """A proceeding that was opened but has no strand is reported at its opening."""
    tables = minimal()
    tables["strands.csv"] = []
    (problem,) = problems_of(write(tmp_path, tables))
    assert (Path(problem.file).name, problem.line) == ("events.csv", 3)
    assert "has no strand of 'video-2024-03'" in problem.message


def test_opening_for_a_service_without_strand_is_a_fault(tmp_path: Path) -> None:
    """A service that a proceeding was opened on must be in one of its strands; no right name is suggested."""
    tables = minimal()
    tables["events.csv"].append(
        act("2024-03-01", "proceedings_opened", proceeding="video-2024-03", platform="Video Lite")
    )
    (problem,) = problems_of(write(tmp_path, tables))
    assert problem.message == (
        "proceeding: strands.csv has no strand of 'video-2024-03' for Video Lite; add a line for each group of"
        " grievances, or the service to one"
    )


@pytest.mark.parametrize("file", FORMAT)
def test_a_row_given_twice_is_a_fault(tmp_path: Path, file: str) -> None:
    """The same act, strand, service or provider twice is reported at its second row, with the line of the first."""
    tables = minimal()
    tables[file].append(dict(tables[file][0]))
    (problem,) = problems_of(write(tmp_path, tables))
    assert (Path(problem.file).name, problem.line) == (file, len(tables[file]) + 1)
    assert "the same as in line 2" in problem.message


def test_strand_of_two_providers_is_a_fault(tmp_path: Path) -> None:
    """Services of different companies cannot be pursued as one case."""
    tables = minimal()
    tables["platforms.csv"][1]["provider"] = "Other Ltd"
    tables["turnover.csv"].append({**tables["turnover.csv"][0], "provider": "Other Ltd"})
    tables["events.csv"].append(
        act("2024-03-01", "proceedings_opened", proceeding="video-2024-03", platform="Video Lite")
        | {"provider": "Other Ltd"}
    )
    tables["strands.csv"][0]["platform"] = "Video;Video Lite"
    (problem,) = problems_of(write(tmp_path, tables))
    assert "belong to one provider" in problem.message


@pytest.mark.parametrize("file", FORMAT)
def test_a_missing_file_is_a_fault(tmp_path: Path, file: str) -> None:
    """Without one of the four files there is no record, and the message names all four."""
    folder = write(tmp_path, minimal())
    (folder / file).unlink()
    (problem,) = problems_of(folder)
    assert (problem.file, problem.line) == (str(folder / file), 0)
    assert "there is no such file" in problem.message
    assert all(name in problem.message for name in FORMAT)


def test_a_missing_folder_is_one_fault(tmp_path: Path) -> None:
    """A missing folder is reported once and not for each file."""
    (problem,) = problems_of(tmp_path / "nowhere")
    assert "there is no such folder" in problem.message


def test_a_file_that_is_a_folder_is_a_fault(tmp_path: Path) -> None:
    """Whatever else prevents the reading is reported with the file."""
    folder = write(tmp_path, minimal())
    (folder / "events.csv").unlink()
    (folder / "events.csv").mkdir()
    (problem,) = problems_of(folder)
    assert "is a folder" in problem.message


# How to spoil the bytes of events.csv; then line, character (0: the whole file or line) and message.
SPOILT: dict[str, tuple[Callable[[bytes], bytes], int, int, str]] = {
    "empty": (lambda text: b"", 0, 0, "is empty; its first line must be the columns date,platform"),
    "blank": (lambda text: b"\n \n", 0, 0, "is empty"),
    "not-utf-8": (lambda text: text.replace(b",rfi,minors", b",rfi,min\xf6rs"), 2, 50, "is not UTF-8"),
    "column-misspelt": (lambda text: text.replace(b",topic,", b",topics,", 1), 1, 49, "did you mean 'topic'?"),
    "column-missing": (lambda text: text.replace(b",confidence", b"", 1), 1, 1, "'confidence' is missing"),
    "column-extra": (lambda text: text.replace(b"confidence", b"confidence,colour", 1), 1, 105, "no column 'colour'"),
    "column-twice": (lambda text: text.replace(b"confidence", b"confidence,date", 1), 1, 105, "'date' occurs twice"),
    "semicolons": (lambda text: text.replace(b",", b";"), 1, 1, "semicolons between its cells"),
    "too-many-cells": (lambda text: text.replace(b",rfi,", b",rfi,a,", 1), 2, 1, "has 13 cells for 12 columns"),
    "too-few-cells": (lambda text: text.replace(b",rfi,", b",", 1), 2, 1, "has 11 cells for 12 columns"),
    "quote-left-open": (lambda text: text.replace(b",rfi,", b',"rfi,', 1), 2, 1, "cannot be read as CSV"),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_every_unreadable_file_is_explained(tmp_path: Path, fault: str) -> None:
    """A file that is no such table is reported with its remedy, and nothing is reported that only follows from it."""
    spoil, line, column, message = SPOILT[fault]
    folder = write(tmp_path, minimal())
    path = folder / "events.csv"
    path.write_bytes(spoil(path.read_bytes()))
    problems = problems_of(folder)
    assert {Path(problem.file).name for problem in problems} == {"events.csv"}
    positions = {(problem.line, problem.column) for problem in problems if message in problem.message}
    assert positions == {(line, column)}, problems


@pytest.mark.parametrize("change", ["bom", "crlf", "order", "blank lines"])
def test_harmless_differences_are_accepted(tmp_path: Path, change: str) -> None:
    """A byte order mark, Windows line ends, columns in another order and blank lines change nothing."""
    folder = write(tmp_path, minimal())
    expected = load_record(folder)
    path = folder / "events.csv"
    text = path.read_text(encoding="utf-8")
    if change == "order":
        text = text_of(minimal()["events.csv"], list(reversed(FORMAT["events.csv"])))
    changed = {"bom": "\ufeff" + text, "crlf": text.replace("\n", "\r\n"), "blank lines": text.replace("\n", "\n\n")}
    path.write_bytes(changed.get(change, text).encode())
    assert load_record(folder) == expected


def test_the_place_is_right_after_quoted_cells(tmp_path: Path) -> None:
    """The character counted is that of the file's line, also behind cells with commas and doubled quotes."""
    tables = minimal()
    tables["events.csv"][0].update(detail='a "long", quoted, remark', confidence="none")
    folder = write(tmp_path, tables)
    (problem,) = problems_of(folder)
    line = (folder / "events.csv").read_text(encoding="utf-8").split("\n")[1]
    assert line[problem.column - 1 :] == "none"


def test_all_problems_are_reported_at_once_in_order(tmp_path: Path) -> None:
    """Mistakes in several files and rows come together, by file, line and column."""
    tables = minimal()
    tables["events.csv"][3].update(date="soon", confidence="sure")
    tables["events.csv"][0].update(platform="Vidoe")
    tables["strands.csv"][0].update(outcome="fined")
    tables["turnover.csv"][0].update(year="")
    problems = problems_of(write(tmp_path, tables))
    assert problems == sorted(problems)
    heads = [(Path(problem.file).name, problem.line, problem.message.split(":")[0]) for problem in problems]
    assert heads == [
        ("events.csv", 2, "platform"),
        ("events.csv", 5, "date"),
        ("events.csv", 5, "confidence"),
        ("strands.csv", 2, "outcome"),
        ("strands.csv", 2, "fine_eur"),
        ("turnover.csv", 2, "year"),
    ]


def test_milestones_may_fall_on_one_day(tmp_path: Path) -> None:
    """Designation and request, opening, findings and outcome on the same day are in order."""
    tables = minimal()
    tables["platforms.csv"][0]["designation_date"] = "2024-03-01"
    for row in tables["events.csv"]:
        row["date"] = "2024-03-01"
    tables["strands.csv"][0].update(preliminary_findings="2024-03-01", outcome_date="2024-03-01")
    record = load_record(write(tmp_path, tables))
    assert [case.milestone for case in in_progress(record, date(2024, 3, 1))] == ["non_compliance_decision"]


def test_one_mistake_has_no_consequential_messages(tmp_path: Path) -> None:
    """An act whose day or service is misspelt does not make the strand wrong that relies on it."""
    tables = minimal()
    tables["events.csv"][1]["platform"] = "Vidoe"
    tables["events.csv"][2]["date"] = "2024-06-31"
    positions = [(Path(problem.file).name, problem.line) for problem in problems_of(write(tmp_path, tables))]
    assert positions == [("events.csv", 3), ("events.csv", 4)]


def test_the_service_of_a_part_is_known_with_it(tmp_path: Path) -> None:
    """An act on a part of a service makes the service known, but not its later designation."""
    tables = minimal()
    tables["events.csv"].append(act("2023-02-01", "court_action_filed", platform="Video Lite"))
    platforms = load_record(write(tmp_path, tables)).known_on(date(2023, 3, 1)).platforms
    assert list(platforms) == ["Video", "Video Lite"]
    assert platforms["Video"].designated is None


def requests(tmp_path: Path, *acts: dict[str, str]) -> dict[str, CaseInProgress]:
    """What is in progress at the end of 2024 with these acts besides those of the minimal record."""
    tables = minimal()
    tables["events.csv"] += acts
    cases = in_progress(load_record(write(tmp_path, tables)), date(2024, 12, 31))
    return {case.name: case for case in cases if not case.parent}


def test_a_request_into_an_open_proceeding_belongs_to_it(tmp_path: Path) -> None:
    """A later request on any topic of a strand is part of the proceeding, on another topic a case of its own."""
    proceeding = "video-2024-03"
    cases = requests(
        tmp_path,
        act("2024-04-01", "rfi", "dark_patterns", proceeding),
        act("2024-05-01", "rfi", "elections", proceeding),
        act("2024-06-03", "rfi", "minors"),
        act("2024-03-01", "rfi", "ads", proceeding),
    )
    assert list(cases) == ["rfi-2024-03-01-video", "rfi-2024-05-01-video", "rfi-2024-06-03-video"]
    assert (cases["rfi-2024-05-01-video"].topic, cases["rfi-2024-05-01-video"].parent) == ("elections", "")


def test_a_request_that_led_to_the_opening_is_over(tmp_path: Path) -> None:
    """A request tied to a proceeding is taken up by its opening, whatever its topic, and a case before."""
    tables = minimal()
    tables["events.csv"].append(act("2024-02-01", "rfi", "elections", "video-2024-03"))
    record = load_record(write(tmp_path, tables))
    before = [case.name for case in in_progress(record, date(2024, 2, 29))]
    assert before == ["rfi-2024-01-10-video", "rfi-2024-02-01-video"]
    assert [case.name for case in in_progress(record, date(2024, 3, 1))] == ["video-2024-03/minors"]


def test_requests_on_one_topic_are_one_case(tmp_path: Path) -> None:
    """A second request keeps the name of the first, stands since the second, and adds its articles."""
    again = act("2024-08-01", "rfi", "elections") | {"articles": "34;35"}
    (case,) = requests(tmp_path, act("2024-05-01", "rfi", "elections"), again).values()
    assert (case.name, case.since, case.obligations) == ("rfi-2024-05-01-video", date(2024, 8, 1), 3)


def test_requests_of_one_day_on_two_topics_have_two_names(tmp_path: Path) -> None:
    """Names stay unique when one service is asked about two matters on a day."""
    cases = requests(tmp_path, act("2024-05-01", "rfi", "elections"), act("2024-05-01", "rfi", "ads"))
    assert list(cases) == ["rfi-2024-05-01-video-ads", "rfi-2024-05-01-video-elections"]


def test_a_closed_request_is_over_until_asked_again(tmp_path: Path) -> None:
    """Closing ends the requests on that topic up to then; a new one after it is a new case."""
    closed = act("2024-06-03", "closed_without_proceedings", "elections")
    first, again = act("2024-05-01", "rfi", "elections"), act("2024-08-01", "rfi", "elections")
    assert requests(tmp_path, first, closed) == {}
    assert requests(tmp_path, first, closed | {"date": first["date"]}) == {}
    assert list(requests(tmp_path, first, closed, again)) == ["rfi-2024-08-01-video"]


def test_a_strand_walks_through_its_milestones(tmp_path: Path) -> None:
    """Each milestone begins a stage on its day, and the decision stays in progress."""
    record = load_record(write(tmp_path, minimal()))
    stages = {day: in_progress(record, day)[0] for day in map(date.fromisoformat, DAYS_OF_MILESTONES)}
    assert [case.milestone for case in stages.values()] == list(DAYS_OF_MILESTONES.values())
    assert [case.since for case in stages.values()] == list(stages)
    assert {case.obligations for case in stages.values()} == {2}


def test_a_closed_strand_is_not_under_way(tmp_path: Path) -> None:
    """A strand that was closed leaves on the day of its closing."""
    tables = minimal()
    tables["events.csv"][3]["event"] = "closed"
    tables["strands.csv"][0].update(outcome="closed", fine_eur="")
    record = load_record(write(tmp_path, tables))
    assert len(in_progress(record, date(2024, 8, 31))) == 1
    assert in_progress(record, date(2024, 9, 1)) == ()


@pytest.fixture(scope="module")
def shipped() -> Record:
    """The record that comes with the project."""
    return load_record(SHIPPED)


def test_the_shipped_record_loads(shipped: Record) -> None:
    """It has all its rows, and turnover for every provider; of the rows, those known at the end of 2025 then."""
    then = shipped.known_on(END_OF_2025)
    assert (len(then.acts), len(then.strands), len(then.platforms)) == (245, 21, 26)
    assert (len(shipped.acts), len(shipped.strands), len(shipped.platforms)) == (272, 26, 30)
    assert {platform.provider for platform in shipped.platforms.values()} == set(shipped.turnover)
    lite = shipped.platforms["TikTok Lite"]
    assert (lite.part_of, lite.designated) == ("TikTok", None)


def test_nothing_shipped_is_later_than_its_end(shipped: Record) -> None:
    """The record ends on the day in until.txt: nothing in it is known only later."""
    assert shipped.last_day == LAST
    assert shipped.known_on(LAST) == shipped


def test_rows_known_by_the_end_of_2025_do_not_tell_what_came(shipped: Record) -> None:
    """No act of before 2026 has a day after it in its remark or its address: a forecast of then is made from them."""
    for act in shipped.known_on(END_OF_2025).acts:
        assert "2026" not in act.detail + act.source, f"events.csv:{act.line}"


def test_no_shipped_address_holds_a_session(shipped: Record) -> None:
    """Addresses can be opened by anybody, or are left out and replaced by words."""
    assert not [act.source for act in shipped.acts if "jsessionid" in act.source or "://3." in act.source]
    assert Counter(act.source.startswith("http") for act in shipped.acts)[False] == 3


def test_fourteen_march_2024(shipped: Record) -> None:
    """On the day of the third probe: nine new requests, and the strands of three proceedings."""
    cases = in_progress(shipped, THREE_PROBES)
    today = {case.platform for case in cases if case.milestone == "rfi" and case.since == THREE_PROBES}
    assert today == {
        *("Bing", "Facebook", "Google Search", "Instagram", "LinkedIn"),
        *("Snapchat", "TikTok", "X", "YouTube"),
    }
    assert {"rfi-2024-03-14-linkedin", "rfi-2024-03-14-google-search"} < {case.name for case in cases}
    proceedings = Counter(case.parent for case in cases if case.parent)
    assert proceedings == {"x-2023-12": 2, "tiktok-2024-02": 4, "aliexpress-2024-03": 2}
    assert {case.milestone for case in cases if case.parent} == {"proceedings_opened"}
    assert len(cases) == 43


def test_end_of_2025(shipped: Record) -> None:
    """At the end of 2025: strands by stage, and the requests without a visible end."""
    cases = in_progress(shipped, END_OF_2025)
    assert Counter(case.milestone for case in cases) == {
        "rfi": 38,
        "proceedings_opened": 12,
        "preliminary_findings": 5,
        "commitments_binding": 3,
        "non_compliance_decision": 1,
    }
    decided = next(case for case in cases if case.milestone == "non_compliance_decision")
    assert (decided.name, decided.since) == ("x-2023-12/transparency", date(2025, 12, 5))
    assert "rfi-2024-03-14-linkedin" not in {case.name for case in cases}


def test_the_last_day(shipped: Record) -> None:
    """At the end of the record: five strands more, eight findings and two decisions later, and no new request."""
    cases = in_progress(shipped, LAST)
    assert Counter(case.milestone for case in cases) == {
        "rfi": 38,
        "proceedings_opened": 9,
        "preliminary_findings": 11,
        "commitments_binding": 3,
        "non_compliance_decision": 3,
    }
    assert {case.name for case in cases if case.milestone == "non_compliance_decision"} == {
        "x-2023-12/transparency",
        "aliexpress-2024-03/illegal-products",
        "temu-2024-10/illegal-products",
    }
    assert not [act for act in shipped.acts if act.event == "rfi" and act.date > END_OF_2025]


def test_a_tie_is_not_known_before_the_opening(shipped: Record) -> None:
    """Meta's request of October 2023 was a case of its own in March 2024, though it led to an opening in April."""
    known = shipped.known_on(THREE_PROBES)
    asked = [act for act in known.acts if act.date == date(2023, 10, 19) and act.provider == "Meta"]
    assert [act.proceeding for act in asked] == ["", ""]
    before = {case.name: case for case in in_progress(shipped, THREE_PROBES)}
    for name in ("rfi-2023-10-19-facebook", "rfi-2023-10-19-instagram"):
        assert (before[name].parent, before[name].milestone) == ("", "rfi")
        assert name in {case.name for case in in_progress(shipped, date(2024, 4, 29))}
        assert name not in {case.name for case in in_progress(shipped, date(2024, 4, 30))}


def test_two_services_in_one_strand_are_one_case(shipped: Record) -> None:
    """Facebook and Instagram are one case with both names and the company behind them."""
    (case,) = (c for c in in_progress(shipped, LAST) if c.name == "meta-fb-2024-04/data-access")
    assert (case.platform, case.provider, case.topic) == ("Facebook;Instagram", "Meta", "researcher_data_access")
    assert (case.strand, case.parent, case.obligations) == ("data-access", "meta-fb-2024-04", 1)


DATES = [date(2023, 4, 1) + timedelta(days=37 * n) for n in range(28)]
DATES += [THREE_PROBES - timedelta(days=1), THREE_PROBES, date(2024, 4, 22), date(2024, 4, 30), date(2025, 6, 18)]
DATES += [END_OF_2025, date(2026, 1, 25), date(2026, 1, 26), date(2026, 7, 20), LAST]


def until(tables: Tables, day: date) -> Tables:
    """The files as somebody would have written them on a day: rows and cells that are later do not exist."""
    last = day.isoformat()
    acts = [dict(row) for row in tables["events.csv"] if row["date"] <= last]
    opened = {row["proceeding"] for row in acts if row["event"] == "proceedings_opened"}
    for row in acts:
        row.update(proceeding=row["proceeding"] if row["proceeding"] in opened else "")
    strands = [dict(row) for row in tables["strands.csv"] if row["opened"] <= last]
    for row in strands:
        if row["preliminary_findings"] > last:
            row.update(preliminary_findings="")
        if row["outcome_date"] > last:
            row.update(outcome="", outcome_date="", fine_eur="")
    acted = {row["platform"] for row in acts}
    platforms = [
        row | {"designation_ended": row["designation_ended"] if row["designation_ended"] <= last else ""}
        for row in tables["platforms.csv"]
        if row["service"] in acted or "" < row["designation_date"] <= last
    ]
    providers = {row["provider"] for row in platforms}
    turnover = [row for row in tables["turnover.csv"] if row["provider"] in providers]
    return {"events.csv": acts, "strands.csv": strands, "platforms.csv": platforms, "turnover.csv": turnover}


@pytest.mark.parametrize("day", DATES, ids=str)
def test_later_rows_make_no_difference(shipped: Record, tmp_path: Path, day: date) -> None:
    """A record from which all that is later was removed says the same of that day, and of what was known on it."""
    earlier = load_record(write(tmp_path, until(read(SHIPPED), day)))
    assert in_progress(earlier, day) == in_progress(shipped, day)
    assert earlier.known_on(day) == shipped.known_on(day)


@pytest.mark.parametrize("day", DATES, ids=str)
def test_later_remarks_make_no_difference(shipped: Record, tmp_path: Path, day: date) -> None:
    """Remarks, sources and confidence, which may be written later, are not used."""
    tables = read(SHIPPED)
    for number, row in enumerate(tables["events.csv"]):
        row.update(detail=f"remark {number}", source_url="https://example.org/", confidence="low", case_id="")
    for row in tables["strands.csv"] + tables["platforms.csv"]:
        row.update(note="a remark")
    assert in_progress(load_record(write(tmp_path, tables)), day) == in_progress(shipped, day)


@pytest.mark.parametrize("day", DATES, ids=str)
def test_what_was_known_earlier_is_known_through_any_later_day(shipped: Record, day: date) -> None:
    """Cutting twice is cutting once, at the earlier day, in either order."""
    known = shipped.known_on(day)
    assert known.known_on(day) == known
    for other in DATES[::5]:
        assert known.known_on(other) == shipped.known_on(other).known_on(day) == shipped.known_on(min(day, other))
    assert in_progress(known, day) == in_progress(shipped, day)


@pytest.mark.parametrize("day", DATES, ids=str)
def test_cases_under_way_are_well_formed(shipped: Record, day: date) -> None:
    """Names are unique, cases in order of day and name, none later than the day, each of a service known on it."""
    cases = in_progress(shipped, day)
    known = shipped.known_on(day)
    assert len({case.name for case in cases}) == len(cases)
    assert list(cases) == sorted(cases, key=lambda case: (case.since, case.name))
    for case in cases:
        assert case.since <= day
        assert case.topic == case.topics[0]
        assert case.obligations >= 1
        assert {known.platforms[name].provider for name in case.platform.split(";")} == {case.provider}


def test_services_appear_and_end_on_their_days(shipped: Record) -> None:
    """Temu is known from its designation, TikTok Lite from its first act; Stripchat's end only from that day on."""
    assert "Temu" not in shipped.known_on(date(2024, 5, 30)).platforms
    assert "Whaleco (Temu)" not in shipped.known_on(date(2024, 5, 30)).turnover
    assert "Temu" in shipped.known_on(date(2024, 5, 31)).platforms
    assert "TikTok Lite" not in shipped.known_on(date(2024, 4, 16)).platforms
    assert "TikTok Lite" in shipped.known_on(date(2024, 4, 17)).platforms
    assert shipped.known_on(date(2025, 5, 26)).platforms["Stripchat"].designation_ended is None
    assert shipped.known_on(date(2025, 5, 27)).platforms["Stripchat"].designation_ended == date(2025, 5, 27)

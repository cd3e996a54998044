"""The record as tables: hand-computed values, what was known on a day, the shipped record's figures, the command."""

import importlib.util
import json
import math
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import NormalDist, median

import pandas as pd
import pytest
from record_rows import cut, read_rows, read_tables, write_rows, write_tables

from sim.errors import UserError
from sim.record import tables as record_tables
from sim.record.files import load_record
from sim.record.model import Record, in_progress
from sim.record.spans import strand_acts
from sim.record.tables import TABLES
from sim.view.terminal.record import lines_of

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "scenarios" / "record"
EXAMPLE = ROOT / "docs" / "example-record"
END_OF_2025 = date(2025, 12, 31)
LAST = date(2026, 10, 8)
DAYS = [
    date(2023, 4, 24),
    date(2023, 10, 19),
    date(2024, 3, 14),
    date(2024, 4, 30),
    date(2024, 8, 5),
    date(2024, 12, 31),
]
DAYS += [date(2025, 6, 18), date(2025, 10, 23), date(2025, 12, 4), END_OF_2025, date(2026, 7, 20), LAST]

Sim = Callable[..., tuple[int, str, str]]


STRANDS = [(10, True), (20, True), (20, False), (30, True), (40, False)]
"""Days from the opening, and whether findings came then: a pending one has its age."""
SMALL_END = date(2024, 6, 30)


@pytest.fixture
def small(tmp_path: Path) -> Record:
    """Five proceedings with a strand each, of `STRANDS`; findings are pending from their day on."""
    acts, strands = [], []
    for number, (days, ended) in enumerate(STRANDS):
        name = f"p{number}"
        opened = date(2024, 4, 1) if ended else SMALL_END - timedelta(days=days)
        findings = str(opened + timedelta(days=days)) if ended else ""
        common = {"platform": "Agora", "provider": "Forum Ltd", "proceeding": name, "topic": "minors", "articles": "12"}
        common |= {"source_url": f"https://example.org/{name}", "confidence": "high"}
        acts.append(common | {"date": str(opened), "event": "proceedings_opened"})
        if ended:
            acts.append(common | {"date": findings, "event": "preliminary_findings"})
        strand = {"proceeding": name, "strand": "s", "platform": "Agora", "topics": "minors", "opened": str(opened)}
        strands.append(strand | {"articles": "12", "preliminary_findings": findings})
    write_tables(tmp_path, {"events.csv": acts, "strands.csv": strands})
    for file in ("platforms.csv", "turnover.csv"):
        shutil.copy(EXAMPLE / file, tmp_path)
    (tmp_path / "until.txt").write_text(f"{SMALL_END}\n", encoding="utf-8")
    return load_record(tmp_path)


def stage(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The lines of one stage."""
    return table[table["stage"] == name].reset_index(drop=True)


def test_kaplan_meier_by_hand(small: Record) -> None:
    """4/5, then 3/4 of it, then, two being at risk, 1/2 of it: the median is the third step."""
    curve = stage(record_tables.survival(small), "proceedings_opened")
    assert curve["days"].tolist() == [10, 20, 30, 40]
    assert curve["at_risk"].tolist() == [5, 4, 2, 1]
    assert curve["ended"].tolist() == [1, 1, 1, 0]
    assert curve["survival"].tolist() == pytest.approx([0.8, 0.6, 0.3, 0.3])
    (row,) = stage(record_tables.stages(small), "proceedings_opened").itertuples()
    assert (row.cases, row.proceedings, row.ended, row.pending, row.median) == (5, 5, 3, 2, 30)
    assert (row.pending_median, row.pending_oldest, row.oldest) == (30, 40, "p4/s")


def test_confidence_bands_by_the_formula(small: Record) -> None:
    """Greenwood's variance on the log-log scale: S^exp(+-z sqrt(sum d / n(n-d)) / log S)."""
    curve = stage(record_tables.survival(small), "proceedings_opened")
    green = [1 / 20, 1 / 20 + 1 / 12, 1 / 20 + 1 / 12 + 1 / 2]
    for level in (80, 95):
        z = NormalDist().inv_cdf(0.5 + level / 200)
        for row, share in enumerate((0.8, 0.6, 0.3)):
            power = z * math.sqrt(green[row]) / abs(math.log(share))
            assert curve[f"low{level}"][row] == pytest.approx(share ** math.exp(power))
            assert curve[f"high{level}"][row] == pytest.approx(share ** math.exp(-power))
    (row,) = stage(record_tables.stages(small), "proceedings_opened").itertuples()
    for name in record_tables.BANDS:
        below = curve.loc[curve[name] <= 0.5, "days"]
        assert getattr(row, name) == (below.iloc[0] if len(below) else math.inf)
    assert (row.low80, row.high80) == (10, math.inf)  # 0.8 to the power 3.61 is 0.447


def test_nothing_ended_or_all_at_once_gives_no_bound(small: Record, tmp_path: Path) -> None:
    """Three pending after findings: no median. One alone that ended: a median, and nothing on its sureness."""
    (row,) = stage(record_tables.stages(small), "preliminary_findings").itertuples()
    assert (row.cases, row.ended, row.pending, row.median, row.low80, row.high95) == (3, 0, 3, *[math.inf] * 3)
    assert stage(record_tables.survival(small), "preliminary_findings")["low80"].isna().all()
    (one,) = stage(record_tables.stages(load_record(EXAMPLE)), "preliminary_findings").itertuples()
    assert (one.median, one.low80, one.high80) == (266, math.inf, math.inf)


def test_the_example_by_hand() -> None:
    """Counts, days and flow of the example, from its dates."""
    example = load_record(EXAMPLE)
    rows = {(row.stage, row.case): row for row in record_tables.durations(example).itertuples()}
    assert {key: (row.days, row.observed) for key, row in rows.items()} == {
        ("rfi", "Agora: minors"): (120, True),
        ("rfi", "Bazaar: counterfeits"): (212, True),
        ("rfi", "Bazaar: search"): (356, True),
        ("rfi", "Agora: elections"): (243, False),
        ("proceedings_opened", "agora-2021/minors"): (223, True),
        ("proceedings_opened", "agora-2021/complaints"): (578, False),
        ("proceedings_opened", "bazaar-2022/search"): (153, True),
        ("preliminary_findings", "agora-2021/minors"): (266, True),
        ("opening_to_outcome", "agora-2021/minors"): (489, True),
        ("opening_to_outcome", "agora-2021/complaints"): (578, False),
        ("opening_to_outcome", "bazaar-2022/search"): (153, True),
    }
    assert rows["rfi", "Bazaar: counterfeits"].outcome == "closed_without_proceedings"
    flow = record_tables.clearance(example).set_index(["unit", "period"])
    year = flow.loc[("strand", "2022")]
    assert (year.incoming, year.resolved, year.pending, year.clearance_rate) == (1, 2, 1, 2.0)
    assert year.disposition_time == pytest.approx(365 * 1 / 2)
    total = flow.loc[("strand", "total")]
    assert total.disposition_time == pytest.approx(365 * 1 / (2 / (214 / 365 + 1)))
    assert flow.loc[("strand", "2021")].disposition_time == math.inf
    assert flow.loc[("proceeding", "2022")].resolved == 1
    months = record_tables.requests(example)
    asked = {str(row.month.date())[:7]: row.services for row in months.itertuples() if row.services}
    assert asked == {"2021-02": 2, "2021-03": 1, "2022-05": 1}
    assert len(months) == 24


def earlier_record(to: Path, day: date) -> Record:
    """The shipped record as somebody would have had it on a day, each row still in its line."""
    for file, rows in cut(read_tables(SHIPPED), str(day)).items():
        write_rows(to, file, rows)
    return load_record(to)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_later_rows_make_no_difference(shipped: Record, tmp_path: Path, day: date) -> None:
    """Every table of a day is the same from a record that has nothing later, to the last cell."""
    earlier = earlier_record(tmp_path / "earlier", day)
    for name, table in TABLES.items():
        pd.testing.assert_frame_equal(table(earlier, day), table(shipped, day), obj=name)


@pytest.fixture(scope="module")
def shipped() -> Record:
    """The record that comes with the project."""
    return load_record(SHIPPED)


def naive_median(durations: list[tuple[int, bool]]) -> float:
    """The Kaplan-Meier median in plain fractions."""
    share = Fraction(1)
    for time in sorted({days for days, ended in durations if ended}):
        at_risk = sum(days >= time for days, _ in durations)
        share *= 1 - Fraction(sum(days == time and ended for days, ended in durations), at_risk)
        if share <= Fraction(1, 2):
            return time
    return math.inf


def between(day: date, row: dict[str, str], begin: str, *ends: str) -> tuple[int, bool]:
    """Days from one cell to the earliest of others, or to the day of knowledge."""
    reached = min((row[end] for end in ends if row[end]), default="")
    return (date.fromisoformat(reached or str(day)) - date.fromisoformat(row[begin])).days, bool(reached)


@pytest.mark.parametrize(
    ("day", "medians", "months", "fines"),
    [
        (END_OF_2025, [math.inf, 542, 204, 718], 33, 120e6),
        (LAST, [math.inf, 542, 397, math.inf], 43, 870e6),
    ],
    ids=str,
)
def test_the_shipped_headlines_recomputed(
    shipped: Record, day: date, medians: list[float], months: int, fines: float
) -> None:
    """Counts and medians from the files with plain Python."""
    tables = cut(read_tables(SHIPPED), str(day))
    strands, acts = tables["strands.csv"], tables["events.csv"]
    table = record_tables.stages(shipped, day).set_index("stage")
    count = partial(between, day)
    spans = {
        "proceedings_opened": [count(row, "opened", "preliminary_findings", "outcome_date") for row in strands],
        "preliminary_findings": [
            count(row, "preliminary_findings", "outcome_date") for row in strands if row["preliminary_findings"]
        ],
        "opening_to_outcome": [count(row, "opened", "outcome_date") for row in strands],
    }
    for name, durations in spans.items():
        row, waiting = table.loc[name], [days for days, ended in durations if not ended]
        assert (row.cases, row.ended, row.pending) == (len(durations), len(durations) - len(waiting), len(waiting))
        assert (row["median"], row.pending_median) == (naive_median(durations), median(waiting))
        assert row.pending_oldest == max(waiting)
    stages = ["rfi", "proceedings_opened", "preliminary_findings", "opening_to_outcome"]
    assert table["median"].to_dict() == dict(zip(stages, medians, strict=True))
    rfis = [row for row in acts if row["event"] == "rfi"]
    requests = record_tables.requests(shipped, day)
    asked = Counter(sent[:7] for sent, _ in {(row["date"], row["platform"]) for row in rfis})
    letters = Counter(sent[:7] for sent, _ in {(row["date"], row["provider"]) for row in rfis})
    for row in requests.itertuples():
        month = str(row.month.date())[:7]
        assert (row.services, row.letters) == (asked[month], letters[month])
    assert (requests["services"].sum(), requests["letters"].sum(), len(requests)) == (76, 63, months)
    opened = {row["proceeding"]: row["opened"] for row in strands}
    proceedings = record_tables.proceedings(shipped, day)
    assert {row.proceeding: str(row.opened.date()) for row in proceedings.itertuples()} == opened
    assert proceedings["opened"].is_monotonic_increasing
    assert record_tables.strands(shipped, day)["fine_eur"].sum() == fines


def test_the_shipped_flow_recomputed(shipped: Record) -> None:
    """Incoming, resolved and pending strands of each year from the dates in the file."""
    strands = read_rows(SHIPPED, "strands.csv")
    flow = record_tables.clearance(shipped, LAST).query("unit == 'strand'").set_index("period")
    for year in ("2023", "2024", "2025"):
        incoming = sum(row["opened"][:4] == year for row in strands)
        resolved = sum(row["outcome_date"][:4] == year for row in strands)
        pending = sum(row["opened"][:4] <= year and not "" < row["outcome_date"] <= f"{year}-12-31" for row in strands)
        row = flow.loc[year]
        assert (row.incoming, row.resolved, row.pending) == (incoming, resolved, pending)
        assert row.clearance_rate == resolved / incoming
        if resolved and year != "2023":
            assert row.disposition_time == pytest.approx(365 * pending / resolved)
    assert flow.loc["total"][["incoming", "resolved", "pending"]].tolist() == [26, 6, 20]


@pytest.mark.parametrize("day", DAYS[1:], ids=str)
def test_pending_is_what_is_in_flight(shipped: Record, day: date) -> None:
    """The last day and every month's end have the cases of `in_progress`, without the resolved ones."""
    table = record_tables.pending(shipped, day)
    assert table["day"].iloc[-1].date() == day
    for end, rows in table.groupby("day"):
        cases = Counter(case.milestone for case in in_progress(shipped, end.date()))
        assert dict(zip(rows["stage"], rows["cases"], strict=True)) == {name: cases[name] for name in rows["stage"]}


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_number_has_its_rows(shipped: Record, day: date) -> None:
    """Every row named has a source and not later than the day; a count that is not nought names some."""
    sources = record_tables.sources(shipped, day).set_index("row")
    assert sources.index.is_unique
    assert (sources["source"].str.len() > 0).all()
    assert (sources["day"] <= pd.Timestamp(day)).all()
    for name in TABLES.keys() - {"sources"}:
        table = TABLES[name](shipped, day)
        cells = [set(cell.split(";")) - {""} for cell in table["rows"]]
        assert set().union(*cells) <= set(sources.index), name
        counts = next((table[column] for column in ("services", "cases", "incoming") if column in table), None)
        if name in ("requests", "pending"):
            assert [bool(cell) for cell in cells] == [count > 0 for count in counts]
        else:
            assert all(cells)
    assert all(
        set(source.split(";")) <= set(sources.index) for source in sources.loc[sources["event"] == "strand", "source"]
    )


def test_the_rows_are_the_right_ones(shipped: Record) -> None:
    """Rows named lead to the lines that hold the strand's dates, and to the requests of the month."""
    lines = {f"events.csv:{row['line']}": row for row in read_rows(SHIPPED, "events.csv")}
    lines |= {f"strands.csv:{row['line']}": row for row in read_rows(SHIPPED, "strands.csv")}
    for row in record_tables.strands(shipped).itertuples():
        named = [lines[name] for name in row.rows.split(";")]
        assert f"{named[-1]['proceeding']}/{named[-1]['strand']}" == row.strand
        assert {act["proceeding"] for act in named} == {row.strand.split("/")[0]}
        milestones = {str(day.date()) for day in (row.opened, row.findings, row.ended) if day is not pd.NaT}
        assert {act["date"] for act in named[:-1]} == milestones
    for row in record_tables.requests(shipped).itertuples():
        named = [lines[name] for name in row.rows.split(";") if name]
        assert len({(act["date"], act["platform"]) for act in named}) == row.services
        assert {(act["event"], act["date"][:7]) for act in named} <= {("rfi", str(row.month.date())[:7])}


def test_the_rows_of_a_milestone_are_those_on_its_topics(small: Record) -> None:
    """Of several acts on one day those on the strand's topics; all of them, each service's, if none is."""
    (opening, *_), strand = small.acts, small.strands[0]
    other = replace(opening, topic="elections", line=90)
    lite = replace(opening, platform="Agora Lite", line=91)
    acts = replace(small, acts=(opening, other, lite))
    assert strand_acts(acts, strand, "proceedings_opened", opening.date) == [opening, lite]
    neither = replace(strand, topics=("fraud",))
    assert strand_acts(acts, neither, "proceedings_opened", opening.date) == [opening, other, lite]
    assert strand_acts(acts, strand, "proceedings_opened", opening.date + timedelta(days=1)) == []


def test_a_period_holds_its_first_and_last_day(shipped: Record) -> None:
    """Two strands came in on 18 December 2023; two were resolved on 5 December 2025, and are pending the day before."""
    (first,) = (
        record_tables.clearance(shipped, date(2023, 12, 18)).query("unit == 'strand' and period == 'total'").index
    )
    row = record_tables.clearance(shipped, date(2023, 12, 18)).loc[first]
    assert (row.first_day, row.last_day, row.incoming, row.pending) == (pd.Timestamp("2023-12-18"),) * 2 + (2, 2)
    for day, resolved in ((4, 1), (5, 3)):
        flow = record_tables.clearance(shipped, date(2025, 12, day)).set_index(["unit", "period"])
        assert flow.loc[("strand", "2025")].resolved == resolved


def test_lines_are_joined_for_print() -> None:
    """Neighbours become a range, each file is named once."""
    rows = "events.csv:7;events.csv:8;events.csv:9;events.csv:12;strands.csv:13"
    assert lines_of(rows) == "events.csv: 7-9, 12; strands.csv: 13"


def test_the_last_day_of_a_record(small: Record, tmp_path: Path) -> None:
    """What until.txt says, else the day of the last act; never more than that; a bad day or a later act is an error."""
    assert small.until == small.last_day == SMALL_END
    late = record_tables.durations(small, date(2030, 1, 1))
    pd.testing.assert_frame_equal(late, record_tables.durations(small))
    file = tmp_path / "until.txt"
    file.unlink()
    assert load_record(tmp_path).last_day == date(2024, 6, 10)
    file.write_text("2024-06-31", encoding="utf-8")
    with pytest.raises(UserError, match=r"until.txt:1:1: '2024-06-31' is not a day"):
        load_record(tmp_path)
    file.write_text("2024-06-09", encoding="utf-8")
    with pytest.raises(UserError, match=r"events.csv:6:1: date: 2024-06-10 is after the last day of the record"):
        load_record(tmp_path)


def test_the_page_on_records_is_current() -> None:
    """docs/record.md is what docs/record_reference.py writes from the code of today; every table is on it."""
    path = ROOT / "docs" / "record_reference.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    page = (ROOT / "docs" / "record.md").read_text(encoding="utf-8")
    assert page == reference.page()
    for name in TABLES:
        assert f"\n### {name}\n" in page
    for name, table in TABLES.items():
        text = " ".join((table.__doc__ or "").split())
        assert not [column for column in table(load_record(EXAMPLE), None).columns if column not in text], name


@pytest.fixture(name="sim")
def sim_record(sim: Sim, monkeypatch: pytest.MonkeyPatch) -> Sim:
    """Calls the command `sim record` in the project's folder: exit code, stdout and stderr."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "120")
    return partial(sim, "record")


def test_the_command_shows_the_record(sim: Sim) -> None:
    """The summary has its figures and every section, and fits the width, as of the last day and of an earlier one."""
    code, out, err = sim()
    flat = " ".join(out.split())
    for words in (
        f"as known on {LAST}",
        "76 requests for information in 63 letters; 15 proceedings with 26 strands; 6 strands resolved",
        "opening to findings 26 17 9 542 451 to 713 303 to 718 255 1,025",
        f"strands, total 2023-12-18 {LAST} 26 6 20 23% 3,417 days",
    ):
        assert words in flat, words
    code, out, err = sim("--as-of", END_OF_2025)
    assert (code, err) == (0, "")
    flat = " ".join(out.split())
    for words in (
        f"as known on {END_OF_2025}",
        "76 requests for information in 63 letters; 12 proceedings with 21 strands; 4 strands resolved",
        "opening to findings 21 9 12 542 461 or more 451 or more 510 744",
        "transparency 2024-07-12 207 decision 2025-12-05 718",
        "in progress",
        f"strands, total 2023-12-18 {END_OF_2025} 21 4 17 19% 3,162 days",
        "2024 48 39",
    ):
        assert words in flat, words
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 120
    assert "nan" not in out.lower()
    assert "…" not in out


def test_the_command_reads_nothing_later(sim: Sim, tmp_path: Path) -> None:
    """The command's output for a day is that of a record that has nothing later."""
    day = date(2024, 4, 30)
    earlier_record(tmp_path / "earlier", day)
    shown = [sim("--as-of", day, "--record", folder, "--json")[1] for folder in (SHIPPED, tmp_path / "earlier")]
    first, second = (json.loads(text)["tables"] for text in shown)
    assert first == second
    assert len(first["strands"]) == 12
    text = json.dumps(first)
    assert not [
        word for word in re.findall(r"20\d\d-\d\d-\d\d", re.sub(r"https?://[^\"]*", "", text)) if word > str(day)
    ]


@pytest.mark.parametrize("name", TABLES)
def test_each_table_in_print_and_as_json(sim: Sim, name: str) -> None:
    """`--table` prints each, and `--json` gives it with the sources of just the rows that it names."""
    code, out, err = sim("--table", name)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) > 5
    code, out, _ = sim("--table", name, "--json")
    data = json.loads(out)
    assert (code, data["as_of"], list(data["tables"])) == (0, str(LAST), list(dict.fromkeys([name, "sources"])))
    assert len(data["tables"][name]) == len(TABLES[name](load_record(SHIPPED), None))
    if name != "sources":
        named = {row for line in data["tables"][name] for row in line["rows"]}
        listed = {row["row"]: row for row in data["tables"]["sources"]}
        assert named <= set(listed)
        through = {row for one in listed.values() if one["event"] == "strand" for row in one["source"].split(";")}
        assert set(listed) <= named | through


def test_another_record_needs_no_change(sim: Sim, tmp_path: Path) -> None:
    """A folder with other services and days, without until.txt, goes through the same command."""
    folder = tmp_path / "theirs"
    shutil.copytree(EXAMPLE, folder)
    (folder / "until.txt").unlink()
    for path in folder.iterdir():
        text = path.read_text("utf-8").replace("Agora", "Piazza").replace("agora", "piazza")
        path.write_text(re.sub(r"\b202(\d)-", r"201\1-", text), encoding="utf-8")
    code, out, err = sim("--record", folder)
    assert (code, err) == (0, "")
    assert "as known on 2012-10-03" in " ".join(out.split())
    assert "piazza-2021: Piazza" in out
    assert "2 strands resolved (decision 1, commitments 1); fines of EUR 2 million" in " ".join(out.split())
    assert "X" not in re.findall(r"\w+", out)
    code, out, _ = sim("--record", folder, "--as-of", "2012-12-31", "--json")
    pending = [row for row in json.loads(out)["tables"]["durations"] if not row["observed"]]
    assert {(row["case"], row["days"]) for row in pending} == {
        ("Piazza: elections", 243), ("piazza-2021/complaints", 579),
    }  # fmt: skip


def test_a_day_before_everything_is_empty_and_no_error(sim: Sim) -> None:
    """Nothing was known, and that is said."""
    code, out, err = sim("--as-of", "2020-01-01")
    assert (code, err) == (0, "")
    assert "No act is known on that day" in " ".join(out.split())
    code, out, _ = sim("--as-of", "2020-01-01", "--json")
    tables = json.loads(out)["tables"]
    assert (code, tables.keys()) == (0, TABLES.keys())
    assert [row["cases"] for row in tables.pop("pending")] == [0, 0, 0]
    assert not any(tables.values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--table", "strand"), "--table strand: there is no such table; did you mean 'strands'?"),
        (("--table", "xyz"), "--table xyz: there is no such table; known: proceedings, strands"),
        (("--as-of", "2024-02-30"), "--as-of 2024-02-30: is not a day of the calendar"),
        (("--as-of", "yesterday"), "--as-of yesterday: is not a day of the calendar"),
        (("--as-of", "2026-10-09"), "--as-of 2026-10-09: the record in scenarios/record ends on 2026-10-08"),
        (("--until", "2024-12-31"), "--until is now called --as-of; write --as-of 2024-12-31"),
        (("--record", "nowhere"), "nowhere: there is no such folder; a record is a folder with events.csv"),
    ],
)
def test_bad_calls_are_reported_in_one_line(sim: Sim, arguments: tuple[str, ...], message: str) -> None:
    """Exit code 2, one line, nothing on stdout."""
    code, out, err = sim(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_the_old_argument_is_named_with_the_new_one(shipped: Record) -> None:
    """`until` was the day of knowledge."""
    with pytest.raises(UserError, match="stages: the argument 'until' is now called 'as_of'"):
        record_tables.stages(shipped, until=END_OF_2025)  # type: ignore[call-arg]


def test_errors_in_a_record_have_their_locations(sim: Sim, tmp_path: Path) -> None:
    """One line for each error, with file, line and column."""
    folder = tmp_path / "theirs"
    shutil.copytree(EXAMPLE, folder)
    path = folder / "strands.csv"
    path.write_text(path.read_text("utf-8").replace("2022-01-10", "2022-01-11").replace(",search,21", ",,21"), "utf-8")
    code, out, err = sim("--record", folder)
    assert (code, out) == (2, "")
    assert [re.sub(r".*theirs/", "", line).split(": ")[0] for line in err.splitlines()] == [
        "strands.csv:2:46", "strands.csv:4:27",
    ]  # fmt: skip


def test_an_empty_record_says_what_it_lacks(sim: Sim, tmp_path: Path) -> None:
    """Without acts there is no last day."""
    folder = tmp_path / "theirs"
    shutil.copytree(EXAMPLE, folder)
    (folder / "until.txt").unlink()
    for file in ("events.csv", "strands.csv"):
        path = folder / file
        path.write_text(path.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    code, _, err = sim("--record", folder)
    assert (code, err.count("\n")) == (2, 1)
    assert "has no acts" in err

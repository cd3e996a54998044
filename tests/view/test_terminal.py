"""What is printed on a terminal: nothing cut at 80 columns, the answer first, and all tables for who asks for them."""

import json
import re
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from rich.cells import cell_len
from rich.console import Console
from small_scenarios import SMALL

from sim import load_record, simulate
from sim.inference.track_record import score
from sim.results.tables import ALL_CASES, TABLES
from sim.scenario.loading import load_scenario
from sim.view import words
from sim.view.brief import brief
from sim.view.figures import listed
from sim.view.terminal.brief import summary
from sim.view.terminal.run import SHOWN
from sim.view.terminal.tables import Column, between, columns, table

ROOT = Path(__file__).parents[2]
MOST_LINES = 44
"""Of the first screen of a scenario with some twenty tracked cases."""


def printed(shown, width: int) -> str:
    """What a terminal of so many columns shows."""
    console = Console(file=StringIO(), width=width, highlight=False)
    console.print(shown)
    return console.file.getvalue()


def section(text: str, begins: str) -> str:
    """The table that begins with these words."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return next(part for part in lines.split("\n\n") if part.lstrip().startswith(begins))


def flat(text: str) -> str:
    """The words of a text."""
    return " ".join(text.split())


@pytest.fixture(scope="module")
def text(small_run):
    """All that is printed of the small run at 80 columns."""
    return printed(summary(small_run, brief([small_run]), full=True), 80)


@pytest.fixture(scope="module")
def shipped():
    """The status quo, few times, with its record and its forecasts: (run, brief)."""
    scenario = load_scenario(ROOT / "scenarios" / "status-quo.yaml")
    run = simulate(scenario, replications=8)
    return run, brief([run], load_record(scenario.record_folder), score(ROOT / "scenarios" / "forecasts"))


# tables of any kind


def test_numbers_stay_whole_and_names_are_broken():
    """The first column gives way; a group's value stands above its rows, once; a note below the row."""
    frame = pd.DataFrame(
        {"who": ["one case", "one case", "other"], "what": ["a long name of a thing"] * 3, "number": [1234567.0] * 3}
    ).assign(since=["", "much", ""])
    shown = columns({"what": "what"}) | columns({"number": "how many"}, words.count)
    lines = [line.strip() for line in printed(table(frame, shown, "Title", "Note.", "who", "since"), 29).splitlines()]
    assert lines[0] == "Title"
    assert lines[-1] == "Note."
    assert sum("1,234,567" in line for line in lines) == 3
    assert [lines.count(once) for once in ("one case", "other", "much")] == [1, 1, 1]
    assert max(map(len, lines)) <= 29


@pytest.mark.parametrize("width", [30, 45, 60, 80, 200])
def test_columns_without_room_stand_in_a_further_block(width):
    """Each with the first column again; every number is whole, and an interval is not torn apart."""
    names = [f"column{number}" for number in range(6)]
    frame = pd.DataFrame([{"what": "an item", **{name: f"{name}-value" for name in names}, "low": "9999", "high": "8"}])
    shown = columns({"what": "what"}) | columns({name: name for name in names}) | between("low", "high", over="in 80%")
    text = printed(table(frame, shown), width)
    assert all(text.count(f"{name}-value") == 1 for name in names)
    assert len(re.findall(r"9999 +8$", text, re.MULTILINE)) == 1
    assert "in 80%" in text
    blocks = text.strip().split("\n\n")
    assert all("an item" in block for block in blocks)
    assert (len(blocks) > 1) == (width < 200)
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize(
    "name",
    ["北京市海淀区中关村大街的平台" * 3, "[bold]x[/bold] <b>&amp;</b> $a$ %{y} :smile:", "e\u0301" * 40, "x" * 100,
     "a-key/with-parts_and:signs.that-is_longer/than-its_column-is-wide"],
)  # fmt: skip
def test_wide_and_odd_names_are_whole(name):
    """Signs that take two columns, or none, and what others read as markup; nothing is cut, no line is too wide."""
    frame = pd.DataFrame({"name": [name, "short"], "number": [1.0, 2.0], "words": [name, "short"]})
    shown = (
        columns({"name": "name"}) | columns({"number": "number"}, words.count) | columns({"words": name}, words=True)
    )
    text = printed(table(frame, shown, group="words", below="words"), 40)
    assert max(map(cell_len, text.splitlines())) <= 40
    assert re.sub(r"\s", "", text).count(re.sub(r"\s", "", name)) >= 2
    assert "…" not in text


# the first screen


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("name", ["small_run", "bare_run"])
def test_everything_fits_and_nothing_is_cut(name, full, width, request):
    """No line is too long, no word is cut off, and what is not known is a dash."""
    run = request.getfixturevalue(name)
    shown = printed(summary(run, brief([run]), full), width)
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= width
    assert "…" not in shown
    assert "nan" not in shown


def test_the_first_screen_is_one_screen(shipped):
    """Of twenty strands at 80 columns: the answer, a line for each with whole months, and few lines."""
    run, answered = shipped
    text = printed(summary(run, answered), 80)
    lines = text.splitlines()
    assert len(answered.cases) == 20
    assert len(lines) <= MOST_LINES
    assert max(map(len, map(str.rstrip, lines))) <= 80
    assert "…" not in text
    assert lines[1] == answered.question
    said = flat(text)
    for sentence in (answered.answer, answered.fared, answered.assumptions, answered.numbers[0].meaning):
        assert flat(sentence) in said
    months = r"(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 20\d\d|later)"
    assert len(re.findall(rf"{months} +{months} +{months}(?: +[<>]?\d+){{3,}}", text)) == 20


def test_a_line_for_each_case_is_the_brief(small_run):
    """Median month, the range, the chances and the ways to end of each tracked case; the strand alone below another."""
    answered = brief([small_run])
    text = printed(summary(small_run, answered), 100)
    lines = text.splitlines()
    lines = lines[next(n for n, line in enumerate(lines) if line.startswith("(separate grievances in each)")) + 1 :]
    for row, line in zip(answered.cases.to_dict("records"), lines, strict=False):
        name = listed.names(small_run)[row["case"]]
        assert line.startswith((name.whole, f"  {name.strand}"))
        chances = [words.share(row[f"within_{years}y"]).removesuffix("%") for years in (1, 2)]
        assert " ".join(chances) in flat(line)
    place = text.index("On average by January 2026, A: ")
    titles = {title for ends in answered.cases["ends"] for title in ends} - {"still in progress"}
    assert all(f"{title[0].lower()}{title[1:]}" in flat(text[place:]) for title in titles)
    assert "replication" not in text.replace("uncertain", "")


def test_what_happened_stands_below_a_case(shipped):
    """What the record says of a case is whole, in a line of its own."""
    run, answered = shipped
    said = "preliminary findings, July 2027; non-compliance decision, December 2028"
    cases = answered.cases.assign(happened=[said] + [""] * 19)
    text = printed(summary(run, answered._replace(cases=cases)), 80)
    before, line = next(pair for pair in pairwise(text.splitlines()) if said in pair[1])
    assert before.startswith(cases["name"][0])
    assert line == f"  came: {said}"


def test_without_tracked_cases_the_ends_are_a_sentence(bare_run):
    """No table of nothing."""
    answered = brief([bare_run])
    text = flat(printed(summary(bare_run, answered), 80))
    assert answered.ends
    assert f"- {flat(answered.ends)}" in text
    assert "in 8 of 10" not in text


def test_names_of_any_kind_on_the_first_screen(tmp_path):
    """Wide signs, markup and keys: no line is too wide, and the names are whole."""
    odd = "[bold]北京[/bold] <i>&amp;</i> $a$"
    path = tmp_path / "odd.yaml"
    text = SMALL.replace("title: A small authority", f"title: {json.dumps(odd * 3)}")
    path.write_text(re.sub(r"\bBabel\b(?! Group)", lambda _: json.dumps(odd), text), encoding="utf-8")
    run = simulate(load_scenario(path), replications=4)
    console = Console(file=StringIO(), width=80, markup=False, highlight=False, emoji=False)
    console.print(summary(run, brief([run]), full=True))
    shown = console.file.getvalue()
    assert max(cell_len(line.rstrip()) for line in shown.splitlines()) <= 80
    assert odd.replace(" ", "") in re.sub(r"\s", "", shown)


# all tables


def test_full_has_every_table(text, small_run):
    """Each under its declared title, with a line for each of its subjects; the first screen has none of them."""
    short = printed(summary(small_run, brief([small_run])), 80)
    for name in SHOWN:
        if len(small_run.table(name)):
            assert TABLES[name].title in flat(text)
            assert TABLES[name].title not in flat(short)


def test_how_cases_end_is_the_table(text, small_run):
    """For each open tracked case and all headline cases: the share in each end and still in progress, by date."""
    part = flat(section(text, TABLES["endings"].title))
    rows = small_run.table("endings")
    rows = rows[rows["case"].isin([*small_run.layout.open_cases, ALL_CASES])]
    ends = list(dict.fromkeys(rows["state"]))
    order = [*(state for state in small_run.layout.states if state in ends), "still in progress"]
    for case in [*small_run.layout.open_cases, ALL_CASES]:
        for day, mine in rows[rows["case"] == case].groupby("date"):
            shares = dict(zip(mine["state"], mine["value"], strict=True))
            assert " ".join([str(day), *(words.share(shares.get(state, 0.0)) for state in order)]) in part
    assert part.index("Agora: adverts") < part.rindex("all proceedings by strand")
    assert "Corso " not in part.replace("Corso: ", "")  # a request is not a headline case


def test_requests_are_a_line_of_their_own(small_run):
    """Incoming, resolved, clearance rate and disposition time of either population are those of its own cases."""
    text = printed(summary(small_run, brief([small_run]), full=True), 120)
    part = flat(section(text, TABLES["throughput"].title))
    names = {"headline": "proceedings by strand", "before": "requests for information"}
    for row in small_run.table("throughput").to_dict("records"):
        numbers = (words.count(row["incoming"]), words.count(row["resolved"]), words.share(row["clearance_rate"]))
        assert " ".join([names[row["population"]], *numbers]) in part


def test_resolution_is_of_the_tracked_cases_in_the_headline(text, small_run):
    """Each of them has a line with its median day and the probability in a year, and a request has none."""
    part = flat(section(text, TABLES["resolutions"].title))
    rows = small_run.table("resolutions").set_index("case")
    assert part.count("%") >= len(small_run.layout.open_cases)
    row = rows.loc["agora-2023-06/adverts"]
    assert f"Agora: adverts {words.day(small_run.scenario, row['median'])}" in part
    assert words.share(row["within_1y"]) in part


def test_a_column_is_a_heading_and_how_it_is_written():
    assert columns({"a": "A", "b": "B"}, words.share, over="both") == {
        "a": Column("A", words.share, over="both"),
        "b": Column("B", words.share, over="both"),
    }

"""Tables on a terminal: every number whole at 80 columns, and what `sim run` says of a run."""

from io import StringIO

import pandas as pd
import pytest
from rich.console import Console

from sim.results.tables import ALL_CASES
from sim.view import words
from sim.view.terminal.run import summary
from sim.view.terminal.tables import Column, table


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
    """The summary of the small run at 80 columns."""
    return printed(summary(small_run), 80)


def test_numbers_stay_whole_and_names_are_broken():
    """The first column gives way; a group's value stands above its rows, once."""
    frame = pd.DataFrame(
        {"who": ["one case", "one case", "other"], "what": ["a long name of a thing"] * 3, "number": [1234567.0] * 3}
    )
    shown = table(frame, {"what": Column("what"), "number": Column("how many", words.count)}, "Title", "Note.", "who")
    lines = [line.strip() for line in printed(shown, 24).splitlines()]
    assert lines[0] == "Title"
    assert sum("1,234,567" in line for line in lines) == 3
    assert lines.count("one case") == lines.count("other") == 1
    assert max(map(len, lines)) <= 24


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", ["small_run", "bare_run"])
def test_everything_fits_and_nothing_is_cut(name, width, request):
    """No line is too long, no word is cut off, and what is not known is a dash."""
    shown = printed(summary(request.getfixturevalue(name)), width)
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= width
    assert "…" not in shown
    assert "nan" not in shown


def test_how_cases_end_is_the_table(text, small_run):
    """For each open tracked case and all headline cases: the share in each end and still in progress, by date."""
    part = flat(section(text, "How cases end: tracked proceedings by strand"))
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
    part = flat(section(printed(summary(small_run), 120), "Cases that come"))
    names = {"headline": "proceedings by strand", "before": "requests for information"}
    for row in small_run.table("throughput").to_dict("records"):
        numbers = (words.count(row["incoming"]), words.count(row["resolved"]), words.share(row["clearance_rate"]))
        assert " ".join([names[row["population"]], *numbers]) in part


def test_resolution_is_of_the_tracked_cases_in_the_headline(text, small_run):
    """Each of them has a line with its median day and the probability in a year, and a request has none."""
    part = flat(section(text, "When tracked cases are resolved, whichever way: proceedings by strand"))
    rows = small_run.table("resolutions").set_index("case")
    assert part.count("%") >= len(small_run.layout.open_cases)
    row = rows.loc["agora-2023-06/adverts"]
    assert f"Agora: adverts {words.day(small_run.scenario, row['median'])}" in part
    assert words.share(row["within_1y"]) in part

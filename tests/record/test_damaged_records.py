"""Damaged records: each fault is told with file, line and character, whatever it is, and none ends in a traceback."""

import random
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from sim.errors import UserError
from sim.record import tables
from sim.record.files import load_record
from sim.record.model import Record, in_progress

EXAMPLE = Path(__file__).parents[2] / "docs" / "example-record"
TRICKS = (
    "\x00",
    "\x1b[31m",
    "\u2028",
    "\x0b",
    "\u200b",
    "1_000",
    "١٢",
    "a/b",
    "a|b",
    ";",
    '"',
    "1e400",
    "-0",
    "nan",
    "",
)


def damaged(folder: Path, file: str, old: str, new: str) -> Path:
    """The example record with a part of one file replaced."""
    copytree(EXAMPLE, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8", newline="")
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("turnover.csv", "Ltd,0.4", "Ltd,1_000", "2:11: worldwide_turnover_eur_bn: '1_000' is not an amount"),
        ("turnover.csv", "Ltd,0.4", "Ltd,١٢", "2:11: worldwide_turnover_eur_bn: '١٢' is not an amount"),
        ("turnover.csv", "Ltd,0.4", "Ltd,1e400", "2:11: worldwide_turnover_eur_bn: '1e400' is not an amount"),
        ("events.csv", "made up", "made \x1b[31mup", "2:55: holds the control character U+001B"),
        ("events.csv", "minors,12", "mi\u2028nors,12", "4:46: holds the control character U+2028"),
        (
            "strands.csv",
            ",complaints,",
            ",com\u200bplaints,",
            "3:12: strand: holds U+200B, a character that nobody sees",
        ),
        (
            "strands.csv",
            ",complaints,Agora",
            ",com/plaints,Agora",
            "3:12: strand: 'com/plaints': a name may not contain '/'",
        ),
        (
            "strands.csv",
            "agora-2021,complaints",
            "agora|2021,complaints",
            "3:1: proceeding: 'agora|2021': a name may not",
        ),
        ("platforms.csv", "Bazaar,Market", "Bazaar;X,Market", "3:1: service: 'Bazaar;X': a name may not contain ';'"),
        ("platforms.csv", "Forum Ltd", "Forum  Ltd", "2:7: provider: has spaces that nobody sees; write 'Forum Ltd'"),
        (
            "events.csv",
            ",elections,",
            ",Minors,",
            "11:34: topic: 'Minors' and 'minors' differ in capitals or spaces only",
        ),
        (
            "strands.csv",
            "complaints,14",
            "com\u00adplaints,14",
            "3:29: topics: holds U+00AD, a character that nobody sees",
        ),
        ("turnover.csv", ",", "\t", "1:1: has tabs between its cells; save it with commas"),
        ("turnover.csv", ",", ";", "1:1: has semicolons between its cells; save it with commas"),
    ],
)
def test_damage_is_told_in_its_place(tmp_path, file, old, new, message):
    """With the character of the line at which the cell, or what is wrong in it, begins."""
    with pytest.raises(UserError) as caught:
        load_record(damaged(tmp_path / "record", file, old, new))
    assert any(str(p).startswith(f"{tmp_path / 'record' / file}:{message}") for p in caught.value.problems), (
        caught.value
    )


def told_or_read(folder: Path) -> tuple[list[str], Record | None]:
    """What is wrong with a record, or the record."""
    try:
        return [], load_record(folder)
    except UserError as error:
        return [str(problem) for problem in error.problems], None


def test_damaged_records_are_told_or_read(tmp_path):
    """Three hundred with a cell damaged at random: errors in its files, or a record whose tables can be made."""
    rng = random.Random(20221231)
    told = 0
    for number in range(300):
        folder = tmp_path / str(number)
        copytree(EXAMPLE, folder)
        path = folder / rng.choice(sorted(file.name for file in EXAMPLE.iterdir()))
        lines = path.read_text(encoding="utf-8").split("\n")
        line = rng.randrange(len(lines))
        cells = lines[line].split(",")
        cell = rng.randrange(len(cells))
        cells[cell] = rng.choice((TRICKS[number % len(TRICKS)], cells[cell] + TRICKS[number % len(TRICKS)]))
        lines[line] = ",".join(cells)
        path.write_text("\n".join(lines), encoding="utf-8", newline="")
        problems, record = told_or_read(folder)
        told += bool(problems)
        assert all(problem.startswith(str(folder)) for problem in problems)
        if record:
            assert all(len(make(record, None).columns) for make in tables.TABLES.values())
            assert in_progress(record, record.last_day)
    assert 100 < told < 300


@pytest.mark.slow
def test_messages_do_not_depend_on_the_process(tmp_path):
    """The names that could be meant are listed in one order, whatever the seed of the hashes of text."""
    folder = damaged(tmp_path / "record", "turnover.csv", "Forum Ltd", "Zzz")
    command = [sys.executable, "-m", "sim", "record", "--record", str(folder)]
    environments = [{"PYTHONHASHSEED": str(seed), "PATH": ""} for seed in range(4)]
    ended = [subprocess.run(command, env=one, capture_output=True, text=True, check=False) for one in environments]
    told = {one.stderr for one in ended}
    (one,) = told
    assert "no service of 'Zzz' in platforms.csv; known: Forum Ltd, Market Co" in one

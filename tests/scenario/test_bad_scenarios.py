"""The gallery of bad scenarios: each fault is told in its place, in words that help, and all of them at once."""

import re
from pathlib import Path

import pytest

from sim.characters import one_line
from sim.errors import UserError
from sim.scenario.loading import load_scenario

GALLERY = Path(__file__).parents[1] / "bad_scenarios"
NAMES = sorted(path.name for path in GALLERY.glob("*.yaml"))
EXPECTATION = re.compile(r"# expect: (\d+:\d+: .*)")
JARGON = re.compile(
    r"input should|validat|pydantic|discriminator|union|dict|datetime|NoneType|object at|<class", re.IGNORECASE
)


def expected(name: str) -> list[str]:
    """What the file's first lines announce, each `file:line:column: message`."""
    lines = (GALLERY / name).read_text(encoding="utf-8").splitlines()
    found = []
    for line in lines:
        announced = EXPECTATION.fullmatch(line)
        if not announced:
            break
        found.append(f"{name}:{announced[1]}")
    return found


@pytest.fixture
def in_gallery(monkeypatch):
    """The gallery as the working directory, so that messages name files without folders."""
    monkeypatch.chdir(GALLERY)


def test_gallery_is_there():
    """The gallery is not empty, and every file of it announces at least one problem."""
    assert len(NAMES) > 80
    assert [name for name in NAMES if not expected(name)] == []


@pytest.mark.usefixtures("in_gallery")
@pytest.mark.parametrize("name", NAMES)
def test_problems(name):
    """Loading the file raises exactly the announced problems, in the order of the file."""
    with pytest.raises(UserError) as caught:
        load_scenario(name)
    assert [str(problem) for problem in caught.value.problems] == expected(name)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", NAMES)
def test_words(name):
    """No message speaks of the program's insides, and each fits on a line or two of a terminal."""
    for line in expected(name):
        assert not JARGON.search(line), line
        assert len(line) < 260, line


@pytest.mark.usefixtures("in_gallery")
def test_validate(sim):
    """`sim validate` of all files ends with 2 and has one line for each problem of each, and nothing on stdout."""
    assert sim("validate", *NAMES) == (
        2,
        "",
        "".join(f"{one_line(line)}\n" for name in NAMES for line in expected(name)),
    )


def test_unreadable_files(tmp_path):
    """A missing file, a folder and a file that is not UTF-8 are each one problem with the file's name."""
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("title: Entscheidungsgr\xfcnde".encode("latin-1"))
    for path in (tmp_path / "none.yaml", tmp_path, latin):
        with pytest.raises(UserError) as caught:
            load_scenario(path)
        (problem,) = caught.value.problems
        assert problem.file == str(path)
        assert "\n" not in problem.message

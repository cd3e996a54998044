"""What `sim` writes, whatever is in the names that it prints, and whatever its output is connected to."""

import json
import os
import subprocess
import sys

import pytest
from processes import sim_command

from sim.cli.output import NARROWEST, WIDEST, WIDTH
from sim.results.manifest import read_manifest, write_manifest
from sim.view.words import BARS

QUEUE = """\
name: queue
title: "{title}"
start: 2024-01-01
horizon: 2025-01-01
replications: 3
seed: 1
procedure:
  name: queue
  title: One queue
  exits: {{closed: Closed}}
  stages:
    review:
      title: "{stage}"
      steps:
        work: {{step: team, fte: {{clerks: 1}}, days: 10}}
      next: {{closed: 1}}
staffing:
  clerks: {{title: "{role}", headcount: 3}}
arrivals:
  cases: {{kind: random, stage: review, per_year: 60}}
"""


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """Writes a small scenario with names of one's choice into an empty working directory; gives its path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)

    def write(title="A queue", stage="In review", role="The clerks", file="queue.yaml"):
        path = tmp_path / file
        path.write_text(QUEUE.format(title=title, stage=stage, role=role), encoding="utf-8")
        return path

    return write


def process(*words, **how):
    """The finished process of a command, its output as bytes."""
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 120, "env": environment()} | how
    return subprocess.run(sim_command(*map(str, words)), check=False, **how)


def environment(**more):
    """The environment without what says how to encode and when to write, and with more."""
    ours = ("PYTHONIO", "PYTHONUTF", "PYTHONUNBUF", "LC_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | more


BRACKETS = ("Notice [/47] of the plan", "Draft [law] of the [bold]2026[/bold] plan", "[link=file:///x]a[/link]", "[/]",
            "[red]", ":smile: and :warning:", r"back\\[slash]")  # fmt: skip


@pytest.mark.parametrize("words", BRACKETS)
def test_brackets_are_printed_as_they_are(sim, queue, words):
    """Names with brackets or colons are no markup: in the list, in a run's summary, and where a stored run is shown."""
    queue(title=words, stage=words, role=words)
    written = words.replace(r"\\", "\\")
    code, out, _ = sim("list", ".")
    assert (code, written in out) == (0, True)
    code, out, err = sim("run", "queue.yaml", "--jobs", 1, "--full")
    assert (code, err) == (0, "")
    assert " ".join(out.split()).count(written) >= 4
    assert sim("show", "queue.yaml", "--sources")[0] == 0


@pytest.mark.parametrize("name", ["a\x1b[31mb.yaml", "a\u202eb.yaml", "[bold]x[red].yaml", "two\nlines.yaml"])
def test_file_names_in_messages(sim, queue, name):
    """The name of a file is printed as it is, or written out where a terminal would obey it; on one line."""
    queue(file=name)
    written = name.replace("\x1b", r"\x1b").replace("\u202e", r"\u202e").replace("\n", r"\n")
    assert sim("validate", f"no{name}") == (2, "", f"no{written}: there is no such file\n")
    assert sim("validate", name) == (0, f"{written}: a valid scenario; 1 stream\n", "")
    code, out, _ = sim("list", ".")
    assert code == 0
    assert "\x1b" not in out
    assert "\u202e" not in out


@pytest.mark.parametrize("words", [["--\x1b[31mx"], ["\x1b]0;owned\x07"], ["run", "--se\x1bed=3", "q.yaml"]])
def test_arguments_in_messages(sim, words):
    """What was typed is repeated without being obeyed."""
    code, out, err = sim(*words)
    assert (code, out) == (2, "")
    assert "\x1b" not in err
    assert r"\x1b" in err


def test_a_stored_run_with_escape_sequences(sim, queue):
    """What stands in a stored run is not obeyed either."""
    queue(title="harmless")
    sim("run", "queue.yaml", "--jobs", 1)
    [folder] = (queue().parent / "results").iterdir()
    write_manifest(folder, read_manifest(folder).with_words({"title": "\x1b[2J\u202eevil"}, ""))
    code, out, _ = sim("show", folder)
    assert code == 0
    assert out.startswith(r"\x1b[2J\u202eevil")
    assert not {"\x1b", "\u202e"} & set(out)


ENCODINGS = [
    {"PYTHONIOENCODING": "cp1252"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1:strict"},
    {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "POSIX"},
]


@pytest.mark.parametrize("how", ENCODINGS, ids=lambda how: ",".join(f"{name}={value}" for name, value in how.items()))
def test_signs_that_the_encoding_lacks(queue, how):
    """Output in a poor encoding is complete: series are drawn in ASCII, letters that lack are numbers."""
    queue(title="Größe “λ” · 10 →", stage="Prüfung")
    done = process("run", "queue.yaml", "-j", "1", "--full", env=environment(**how))
    assert (done.returncode, done.stderr) == (0, b"")
    rich = process("run", "queue.yaml", "-j", "1", "--full", env=environment(PYTHONIOENCODING="utf-8"))
    poor, full = done.stdout.decode("latin-1"), rich.stdout.decode("utf-8")
    assert set(full) & set(BARS)
    assert not set(poor) & set(BARS)
    assert r"\u03bb" in poor
    assert "10 ->" in poor
    assert "Prüfung" in poor or r"Pr\xfcfung" in poor
    assert len(poor.splitlines()) == len(full.splitlines())
    assert max(map(len, poor.splitlines())) <= WIDTH


@pytest.mark.parametrize("how", ENCODINGS[:2], ids=str)
def test_messages_in_a_poor_encoding(queue, how):
    """The same of messages: nothing is lost."""
    queue(file="größe-λ.yaml")
    done = process("validate", "größe-λ.yaml", "fehlt-λ.yaml", env=environment(**how))
    assert done.returncode == 2
    assert rb"fehlt-\u03bb.yaml: there is no such file" in done.stderr
    assert rb"-\u03bb.yaml: a valid scenario" in done.stdout


@pytest.mark.parametrize(
    ("said", "wide"),
    [
        ("", WIDTH), ("wide", WIDTH), ("0", WIDTH), ("-5", WIDTH), ("1e3", WIDTH), ("²", WIDTH), ("9" * 5000, WIDTH),
        ("1", NARROWEST), ("100", 100), ("1000000", WIDEST),
    ],
)  # fmt: skip
def test_columns(sim, queue, monkeypatch, said, wide):
    """COLUMNS counts if it is a number above 0, but no number in a table is cut off for it."""
    queue(title="word " * 400)
    monkeypatch.setenv("COLUMNS", said)
    monkeypatch.setenv("LINES", said)
    code, out, err = sim("list", ".")
    assert (code, err) == (0, "")
    assert wide - 10 < max(map(len, out.splitlines())) <= wide
    code, out, _ = sim("run", "queue.yaml", "--jobs", 1)
    assert (code, "…" in out) == (0, False)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device here")  # noqa: PTH110
@pytest.mark.parametrize("more", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["in blocks", "at once"])
@pytest.mark.parametrize("words", [["indicators"], ["schema"], ["--help"], ["list", "."], ["indicators", "--json"]])
def test_full_device(queue, words, more):
    """Output that cannot be written is one line and a failure."""
    queue()
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = process(*words, stdout=full, env=environment(**more))
    assert done.returncode == 1
    assert done.stderr == b"standard output: cannot be written: No space left on device\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(queue, closed):
    """Closed output is one line; a closed error output, or input, does no harm and takes no file's place."""
    queue()
    command = " ".join([*sim_command("run", "queue.yaml", "-j", "1"), closed])
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False, timeout=120)
    lost = ">&-" in closed.replace("2>&-", "")
    assert done.returncode == (1 if lost else 0)
    assert (b"Stored: " in done.stdout) != lost
    said = b"standard output: cannot be written: Bad file descriptor\n"
    assert done.stderr == (said if lost and "2>&-" not in closed else b"")
    assert len(list(queue().parent.glob("results/queue-*/manifest.json"))) == 1


def test_messages_do_not_get_into_the_output(queue):
    """Without an error output, standard output is still one JSON document."""
    queue()
    process("run", "queue.yaml", "-j", "1")
    command = " ".join([*sim_command("run", "queue.yaml", "--json"), "2>&-"])
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=True, timeout=120)
    assert json.loads(done.stdout)["scenario"] == "queue"


@pytest.mark.parametrize("words", ["indicators", "schema", "--help"])
def test_nobody_reads_on(queue, words):
    """A reader that has had enough is no error to speak of."""
    queue()
    command = f"{sys.executable} -m sim {words} | head -1 >/dev/null"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, check=False, timeout=120)
    assert done.returncode in (0, 1)  # 0 if it was written before the reader had gone
    assert done.stderr == b""


def test_working_directory_that_is_gone(queue, tmp_path):
    """One line says so."""
    path, gone = queue(), tmp_path / "gone"
    gone.mkdir()
    command = " ".join(["rmdir", str(gone), "&&", *sim_command("run", str(path), "-n", "1", "-j", "1")])
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False, timeout=120, cwd=gone)
    assert done.returncode == 1
    assert done.stderr == b"the working directory is gone; change to one that exists\n"


@pytest.mark.parametrize("length", [100, 101, 250, 5000])
def test_long_names(sim, queue, tmp_path, length):
    """A scenario may have a long name: the name of its folder is short enough, and another for another name."""
    path = queue()
    for name in ("x" * length, "x" * (length - 1) + "y"):
        path.write_text(path.read_text("utf-8").replace("name: queue\ntitle", f"name: {name}\ntitle", 1), "utf-8")
        assert sim("run", "queue.yaml", "--jobs", 1)[0] == 0
        assert f"is loaded from results/{name[:100]}-" in sim("run", "queue.yaml", "--jobs", 1)[2]
        queue()
    assert len(list((tmp_path / "results").iterdir())) == 2


def test_json_without_nan(capsys):
    """Numbers that are missing or infinite are null, at any depth."""
    from sim.cli.output import say_json

    say_json({"a": float("nan"), "b": [1.5, (float("inf"), {"c": float("-inf")})], "d": "NaN \ud800"})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [1.5, [None, {"c": None}]], "d": "NaN \ud800"}


@pytest.mark.parametrize("words", [["rum"], ["indicator"], ["run", "--replicatons", "3", "queue.yaml"]])
def test_suggestions(sim, queue, words):
    """A misspelt command or option names the one that was meant."""
    queue()
    code, out, err = sim(*words)
    assert (code, out) == (2, "")
    assert "run" in err or "indicators" in err or "--replications" in err


@pytest.mark.parametrize("options", [["-O"], ["-OO"], ["-X", "utf8=0"]])
def test_without_assertions(queue, options):
    """Python's own switches change nothing; no home, no terminal either."""
    queue()
    command = sim_command("run", "queue.yaml", "-j", "1", "--json")
    known = {name: value for name, value in environment(TERM="dumb").items() if name != "HOME"}
    done = subprocess.run([command[0], *options, *command[1:]], capture_output=True, check=True, timeout=120, env=known)
    assert json.loads(done.stdout)["scenario"] == "queue"
    assert done.stderr == b""


@pytest.mark.parametrize("switch", [{"NO_COLOR": "1"}, {"CLICOLOR": "0"}])
def test_no_colours(queue, switch):
    """Who wants no colours gets none, even where output is forced to be that of a terminal."""
    queue()
    done = process("list", ".", env=environment(FORCE_COLOR="1", **switch))
    assert done.returncode == 0
    assert b"\x1b[3" not in done.stdout

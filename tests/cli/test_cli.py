"""The command `sim` as a user meets it: what it prints, where, with which exit code, and how fast it begins."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim import __version__
from sim.results.identity import digest
from sim.results.tables import TABLES
from sim.scenario.loading import load_scenario
from sim.scenario.settings import parse_settings

ROOT = Path(__file__).parents[2]
COMMANDS = (
    "run",
    "indicators",
    "compare",
    "sensitivity",
    "sweep",
    "validate",
    "schema",
    "list",
    "show",
    "new",
    "record",
    "calibrate",
    "backtest",
    "forecast",
    "score",
)
HEAVY = ("numpy", "pandas", "pydantic", "simpy", "scipy", "plotly", "yaml", "pyarrow")

SMALL = """\
name: small
title: A small queue
description: Does it work?
start: 2024-01-01
horizon: 2025-01-01
replications: 6
seed: 1
procedure:
  name: queue
  title: One queue
  exits: {closed: Closed}
  stages:
    review:
      title: In review
      steps:
        work: {step: team, fte: {clerks: 1}, days: {distribution: exponential, mean: 10}}
      next: {decided: 0.5, closed: rest}
    decided:
      title: Decided
      milestone: Decision adopted
      resolved: true
      fine: {share_of_turnover: 0.01, most: 0.06}
      next: {closed: 1}
staffing:
  clerks: {title: The clerks, headcount: 3}
platforms:
  X: {provider: X Corp, turnover_eur_bn: 3}
probes:
  first: {stage: review, since: 2023-12-20, platform: X}
arrivals:
  cases: {kind: random, stage: review, per_year: 60, platforms: {X: 1}}
targets:
  - {title: In a month, milestone: closed, of: review, within_days: 30}
"""


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A small scenario in an empty working directory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def runs(folder):
    """The stored runs in a folder, by name."""
    return sorted(path.name for path in (folder / "results").iterdir())


@pytest.mark.usefixtures("small")
def test_run_prints_the_sections_and_stores(sim, tmp_path):
    """`sim run --full` prints every section with the titles of the file; without it the answer; both store one run."""
    code, short, _ = sim("run", "small.yaml", "--jobs", 1)
    assert code == 0
    assert "A small queue (6 simulations)" in short
    assert "More: --full" in short
    assert "Days in each stage" not in short
    assert len(short.splitlines()) < 25
    code, out, _ = sim("run", "small.yaml", "--jobs", 1, "--full")
    assert code == 0
    assert sim("show", tmp_path / "results" / runs(tmp_path)[0], "--full")[1].splitlines()[:9] == out.splitlines()[:9]
    for words in (
        "A small queue",
        "2024-01-01 to 2025-01-01, 6 replications, seed 1.",
        "When tracked cases are resolved",
        "How cases end",
        "Days in each stage",
        "Where the days of a visit go",
        "Cases in progress by stage over time",
        "Work done over the work that the staff could have done",
        "How often targets are met",
        "Fines set within the horizon",
        "In review",
        "The clerks",
        "In a month",
        "first",
    ):
        assert words in out, words
    (name,) = runs(tmp_path)
    assert re.fullmatch(r"small-[0-9a-f]{12}", name)
    assert f"Stored: results/{name}." in out
    assert "nan" not in out
    assert "\x1b" not in out


@pytest.mark.usefixtures("small")
def test_second_run_says_it_was_finished(sim, tmp_path):
    """A second run of the same scenario prints the same, says that it was finished before, and stores nothing new."""
    _, first, _ = sim("run", "small.yaml", "--jobs", 1)
    code, second, err = sim("run", "small.yaml", "--jobs", 1)
    (name,) = runs(tmp_path)
    assert code == 0
    assert second == first
    assert err == f"small: this run was finished before and is loaded from results/{name}\n"


@pytest.mark.usefixtures("small")
def test_run_json(sim):
    """`--json` prints one document with the tables by name, and no NaN."""
    code, out, _ = sim("run", "small.yaml", "--jobs", 1, "--json")
    said = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert code == 0
    assert (said["scenario"], said["replications"], said["seed"]) == ("small", 6, 1)
    assert set(said["brief"]) == {"question", "answer", "numbers", "ends", "happened", "fared", "assumptions"}
    assert (said["start"], said["horizon"]) == ("2024-01-01", "2025-01-01")
    assert set(said["tables"]) == set(TABLES)
    empty = {name for name, rows in said["tables"].items() if not rows}
    assert empty == {
        "resolution_splits",
        "resolution_weights",
        "blocked",
    }  # as nothing is uncertain, nor waits in vain
    assert {row["stage"] for row in said["tables"]["durations"]} == {"review", "decided"}
    assert said["tables"]["utilisation"][0]["role"] == "clerks"


@pytest.mark.usefixtures("small")
def test_run_json_of_several(sim, small):
    """`--json` of several scenarios prints a list in their order."""
    (small.parent / "other.yaml").write_text("extends: small.yaml\nname: other\n", encoding="utf-8")
    _, out, _ = sim("run", "other.yaml", "small.yaml", "--jobs", 1, "--json")
    assert [said["scenario"] for said in json.loads(out)] == ["other", "small"]


@pytest.mark.usefixtures("small")
def test_options_make_other_runs(sim, tmp_path):
    """`--set`, `--replications` and `--seed` each make another run, and say so in the output; `--jobs` does not."""
    sim("run", "small.yaml", "--jobs", 1)
    for count, options in enumerate(
        (["--set", "staffing.clerks.headcount=4"], ["--replications", 3], ["--seed", 9], ["-n", 2, "--seed", 9]),
        start=2,
    ):
        code, _, err = sim("run", "small.yaml", "--jobs", 1, *options)
        assert (code, err) == (0, "")
        assert len(runs(tmp_path)) == count
    _, out, err = sim("run", "small.yaml", "--jobs", 2, "--replications", 3, "--json")
    assert json.loads(out)["replications"] == 3
    assert "finished before" in err
    assert len(runs(tmp_path)) == 5


@pytest.mark.usefixtures("small")
def test_results_folder(sim, tmp_path):
    """`--results` says where runs are stored."""
    sim("run", "small.yaml", "--jobs", 1, "--results", "elsewhere/runs")
    assert len(list((tmp_path / "elsewhere" / "runs").iterdir())) == 1
    assert not (tmp_path / "results").exists()


@pytest.mark.usefixtures("small")
def test_narrow_output(sim, monkeypatch):
    """Output that is piped is as wide as COLUMNS says."""
    monkeypatch.setenv("COLUMNS", "100")
    _, out, _ = sim("run", "small.yaml", "--jobs", 1)
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "small.yaml", "--replicatons", "3"],
        ["run", "small.yaml", "--replications", "0"],
        ["run", "small.yaml", "--replications", "many"],
        ["run", "small.yaml", "--seed", "-1"],
        ["rum", "small.yaml"],
        ["validate"],
        ["new"],
    ],
    ids=" ".join,
)
def test_bad_calls(sim, arguments, tmp_path):
    """A call that makes no sense ends with 2, a word on stderr and no run."""
    code, out, err = sim(*arguments)
    assert code == 2
    assert err.strip()
    assert out == ""
    assert "Traceback" not in err
    assert not (tmp_path / "results").exists()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("command", ["run", "validate", "show"])
def test_bad_files(sim, small, command, tmp_path):
    """A bad file ends with 2 and one line per mistake on stderr, each with its place."""
    small.write_text(SMALL.replace("staffing:\n", "staf:\n").replace("seed: 1", "seed: no"), encoding="utf-8")
    code, out, err = sim(command, "small.yaml")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "small.yaml:1:1: 'staffing' is missing",
        "small.yaml:7:7: seed: must be a whole number, not 'no'",
        "small.yaml:24:1: unknown setting 'staf'; did you mean 'staffing'?",
    ]
    assert not (tmp_path / "results").exists()


@pytest.mark.usefixtures("small")
def test_bad_set(sim):
    """A bad `--set` ends with 2 and repeats what was typed."""
    code, _, err = sim("run", "small.yaml", "--set", "staffing.clerks.headcount=none")
    assert code == 2
    assert err == "setting staffing.clerks.headcount: must be a number, not 'none'\n"


@pytest.mark.usefixtures("small")
def test_missing_file(sim):
    """A file that is not there is told in one line."""
    assert sim("run", "none.yaml") == (2, "", "none.yaml: there is no such file\n")


@pytest.mark.usefixtures("small")
def test_unwritable_results(sim, tmp_path):
    """A file in the place of the results folder is a mistake in the call: 2, one line, no traceback."""
    (tmp_path / "results").write_text("a file in the way", encoding="utf-8")
    code, _, err = sim("run", "small.yaml", "--jobs", 1)
    assert (code, err) == (2, "results: is a file; --results names a folder\n")


@pytest.mark.usefixtures("small")
def test_validate(sim, tmp_path):
    """`sim validate` says of scenarios and procedures that they are valid, and tells all mistakes of all files."""
    code, out, err = sim("validate", "small.yaml", ROOT / "scenarios" / "procedures" / "dma.yaml")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "small.yaml: a valid scenario; 1 probe, 1 stream"
    assert "a valid procedure with 4 stages" in out
    (tmp_path / "bad.yaml").write_text("name: bad", encoding="utf-8")
    code, out, err = sim("validate", "bad.yaml", "small.yaml", "none.yaml")
    assert code == 2
    assert "small.yaml: a valid scenario" in out
    assert "bad.yaml:1:1: 'start' is missing" in err
    assert err.splitlines()[-1] == "none.yaml: there is no such file"


@pytest.mark.usefixtures("small")
def test_list(sim):
    """`sim list` names the scenarios of a folder with their question, and the stored runs."""
    sim("run", "small.yaml", "--jobs", 1)
    code, out, _ = sim("list", ".")
    assert code == 0
    assert re.search(r"small.yaml +A small queue\n", out)
    assert "results/small-" in out
    _, out, _ = sim("list", ".", "--json")
    said = json.loads(out)
    assert said["scenarios"] == [
        {"file": "small.yaml", "title": "A small queue", "question": "", "description": "Does it work?"}
    ]
    assert [(run["replications"], run["seed"]) for run in said["runs"]] == [(6, 1)]


@pytest.mark.usefixtures("small")
def test_list_with_broken_neighbours(sim, tmp_path):
    """A file that cannot be read is a line of its own with what is wrong, a run is told; they hide no other."""
    sim("run", "small.yaml", "--jobs", 1)
    broken = {"draft.yaml": "probes: [", "lost.yaml": "extends: gone.yaml", "binary.yaml": "\0"}
    for name, text in broken.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "nowhere.yaml").symlink_to("gone")
    (tmp_path / "results" / "other").mkdir()
    (tmp_path / "results" / "other" / "manifest.json").write_text("[]", encoding="utf-8")
    code, out, err = sim("list", ".")
    assert code == 0
    assert "small.yaml" in out
    assert "results/small-" in out
    for name in (*broken, "folder.yaml", "nowhere.yaml"):
        assert re.search(rf"^{name} +{name}:", out, re.MULTILINE)
    assert [line.split(":")[0] for line in err.splitlines()] == ["results/other/manifest.json"]
    _, out, err = sim("list", ".", "--json")
    assert [len(listed) for listed in json.loads(out).values()] == [1, 1]
    assert len(err.splitlines()) == 6


@pytest.mark.usefixtures("small")
def test_list_begins_with_the_baseline(sim, tmp_path):
    """First what others extend, below it what extends it, then those by themselves; with their question."""
    (tmp_path / "a.yaml").write_text((tmp_path / "small.yaml").read_text("utf-8").replace("small", "a"), "utf-8")
    for name, base in (("m", "small"), ("k", "small"), ("z", "k")):
        (tmp_path / f"{name}.yaml").write_text(
            f"extends: {base}.yaml\nname: {name}\nquestion: Is it {name}?\n", "utf-8"
        )
    _, out, _ = sim("list", ".")
    lines = [line.split() for line in out.splitlines()[1:] if line.strip()]
    assert [line[0] for line in lines] == ["small.yaml", "k.yaml", "z.yaml", "m.yaml", "a.yaml"]
    assert " ".join(lines[2][1:]) == "Is it z?"


@pytest.mark.usefixtures("small")
def test_list_of_no_folder(sim):
    """`sim list` of a folder that is not there ends with 2."""
    code, _, err = sim("list", "nowhere")
    assert (code, err) == (2, "nowhere: there is no such folder\n")


@pytest.mark.usefixtures("small")
def test_show_a_scenario(sim, tmp_path):
    """`sim show` prints a scenario in full, as a scenario file that means the same."""
    code, out, _ = sim("show", "small.yaml")
    (tmp_path / "shown.yaml").write_text(out, encoding="utf-8")
    assert code == 0
    assert load_scenario("shown.yaml") == load_scenario("small.yaml")
    _, out, _ = sim("show", "small.yaml", "--json")
    assert json.loads(out)["staffing"]["clerks"]["headcount"] == 3


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda path: path.stem)
def test_show_a_shipped_scenario_and_read_it_again(sim, tmp_path, monkeypatch, path):
    """What `sim show` prints needs no other file: written anywhere it is valid and finds the same stored run."""
    monkeypatch.chdir(ROOT)
    _, out, _ = sim("show", path.relative_to(ROOT))
    elsewhere = tmp_path / "elsewhere" / "shown.yaml"
    elsewhere.parent.mkdir()
    elsewhere.write_text(out, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    code, _, err = sim("validate", elsewhere)
    assert (code, err) == (0, "")
    assert load_scenario(elsewhere) == load_scenario(path)
    assert digest(load_scenario(elsewhere)) == digest(load_scenario(path))


@pytest.mark.usefixtures("small")
def test_show_a_diagram(sim, tmp_path):
    """`sim show --diagram` draws a scenario, or a stored run with its numbers; to standard output or a file."""
    code, out, _ = sim("show", "small.yaml", "--diagram")
    assert code == 0
    assert out.startswith("<svg ")
    assert "In review" in out
    sim("run", "small.yaml")
    (folder,) = (tmp_path / "results").iterdir()
    assert sim("show", folder, "--diagram", "-o", "drawn.svg")[0] == 0
    assert " days" in (tmp_path / "drawn.svg").read_text(encoding="utf-8")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-o", "drawn.svg"], "give --diagram as well"),
        (["--diagram", "--json"], "--diagram is shown by itself"),
        (["--diagram", "-o", "drawn.png"], "name it .svg, such as drawn.svg"),
        (["--diagram", "-o", "nowhere/drawn.svg"], "there is no folder nowhere"),
    ],
)
def test_what_no_diagram_can_be(sim, tmp_path, options, said):
    """One line, and nothing written."""
    code, _, err = sim("show", "small.yaml", *options)
    assert code == 2
    assert said in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.rglob("drawn*"))


def test_show_words_that_look_like_numbers(sim, small, tmp_path):
    """Words that YAML would read as numbers, dates or null stay words when they are shown and read again."""
    words = ["1e3", "012", "1_000", "no", "null", "2024-01-01", "12:30", "~", "=", "0.5"]
    topics = ", ".join(f"'{word}': 1" for word in words)
    for word in words:
        sets = [f"title='{word}'", f"probes.first.topic='{word}'", f"arrivals.cases.topics={{{topics}}}"]
        options = [option for said in sets for option in ("--set", said)]
        code, out, err = sim("show", "small.yaml", *options)
        assert (code, err) == (0, "")
        (tmp_path / "shown.yaml").write_text(out, encoding="utf-8")
        assert load_scenario("shown.yaml") == load_scenario(small, parse_settings(sets))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("seed", "1\n"),
        ("staffing.clerks", "title: The clerks"),
        ("staffing.clerks.headcount", "3"),
        ("procedure.stages.review.steps.work.days", "distribution: exponential"),
        ("probes.first.since", "2023-12-20"),
        ("targets.0.within_days", "30"),
    ],
)
def test_show_a_part(sim, path, said):
    """`sim show --path` prints one part, whatever it is."""
    code, out, _ = sim("show", "small.yaml", "--path", path)
    assert code == 0
    assert said in out


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("path", ["staffing.clercs", "nothing", "seed.deeper", "*", "staffing.clerks.*"])
def test_show_no_such_part(sim, path):
    """A path that names nothing, or more than one part, ends with 2 and a word on it."""
    code, _, err = sim("show", "small.yaml", "--path", path)
    assert code == 2
    assert err.startswith(f"--path {path}: ")


@pytest.mark.usefixtures("small")
def test_show_with_set(sim):
    """`sim show --set` shows what would be run."""
    _, out, _ = sim("show", "small.yaml", "--set", "seed=5", "--path", "seed")
    assert out.splitlines()[0] == "5"


def test_show_numbers(sim, small):
    """`sim show SCENARIO WORD` prints the numbers of a file or a stored run with that word, also as JSON."""
    small.write_text(SMALL.replace("headcount: 3}", "headcount: 3, sources: {headcount: source; counted}}"), "utf-8")
    code, out, err = sim("show", "small.yaml", "COUNTED", "clerks")
    assert (code, err) == (0, "")
    assert re.fullmatch(
        r"The clerks: people\n  3 FTE · fixed; 3 expected on \S+\n  source: counted\n"
        r"  staffing\.clerks\.headcount \(small\.yaml:\d+\)\n\n1 of \d+ numbers\.\n",
        out,
    )
    sim("run", "small.yaml", "--jobs", 1)
    folder = Path("results") / runs(small.parent)[0]
    for of in ("small.yaml", folder):
        _, out, _ = sim("show", of, "--sources", "--path", "staffing", "--json")
        [row] = json.loads(out)
        assert row.pop("location").startswith("small.yaml:")
        assert row.pop("used").startswith("fixed")
        path, name = "staffing.clerks.headcount", "The clerks: people"
        said = {"path": path, "name": name, "value": "3", "unit": "FTE", "basis": "source"}
        assert row == {**said, "reason": "counted", "url": ""}
    code, _, err = sim("show", "small.yaml", "--sources", "--path", "staffing.clercs")
    assert code == 2
    assert "did you mean 'clerks'?" in err


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["peopel"], "has 'peopel'; did you mean 'people'?\n"),
        (["31.415"], "has '31.415': neither its name"),
        (["people", "turnover"], "has all of these words ('people' 2, 'turnover' 2); leave one out"),
    ],
)
def test_words_that_no_number_has(sim, words, said):
    """They are told in one line, with what would find some."""
    code, out, err = sim("show", "small.yaml", *words)
    assert (code, out, said in err, err.count("\n")) == (2, "", True, 1), err


@pytest.mark.usefixtures("small")
def test_show_a_run(sim, tmp_path):
    """`sim show FOLDER` prints a stored run as `sim run` did, and as JSON."""
    _, first, _ = sim("run", "small.yaml", "--jobs", 1)
    folder = Path("results") / runs(tmp_path)[0]
    assert sim("show", folder) == (0, first, "")
    _, out, _ = sim("show", folder, "--json")
    assert json.loads(out)["folder"] == str(folder)
    code, _, err = sim("show", tmp_path)
    assert code == 2
    assert "holds no finished run" in err


@pytest.mark.usefixtures("small")
def test_new(sim, tmp_path):
    """`sim new` writes a valid scenario built on another one, says what to do next, and overwrites nothing."""
    (tmp_path / "mine").mkdir()
    code, out, _ = sim("new", "mine/question.yaml", "--from", "small.yaml")
    assert (code, out) == (0, "wrote mine/question.yaml; try: sim run mine/question.yaml\n")
    written = (tmp_path / "mine" / "question.yaml").read_text(encoding="utf-8")
    scenario = load_scenario("mine/question.yaml")
    assert (scenario.name, scenario.staffing) == ("question", load_scenario("small.yaml").staffing)
    code, _, err = sim("new", "mine/question.yaml", "--from", "small.yaml")
    assert code == 2
    assert "exists already" in err
    assert (tmp_path / "mine" / "question.yaml").read_text(encoding="utf-8") == written


@pytest.mark.usefixtures("small")
def test_new_with_its_comments_taken_away(sim, tmp_path):
    """The settings that a new scenario holds as comments are valid once they are no comments any more."""
    sim("new", "question.yaml", "--from", "small.yaml")
    path = tmp_path / "question.yaml"
    head, _, settings = path.read_text(encoding="utf-8").partition("# A number by path:\n")
    lines = [line.removeprefix("# ") for line in settings.splitlines() if not line.startswith("# More")]
    path.write_text(head + "\n".join(lines), encoding="utf-8")
    assert load_scenario(path).staffing["clerks"].headcount


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["question.txt", "no-folder/question.yaml"])
def test_new_refuses(sim, name, tmp_path):
    """A name that cannot be a scenario's is refused, and nothing is written."""
    code, _, err = sim("new", name, "--from", "small.yaml")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert not (tmp_path / name).exists()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["my question.yaml", "_what if?.yaml", "Straße.yaml"])
def test_new_makes_a_name_that_is_valid(sim, name):
    """A file name that is no scenario name makes a valid one all the same."""
    assert sim("new", name, "--from", "small.yaml")[0] == 0
    assert sim("validate", name)[0] == 0


@pytest.mark.usefixtures("small")
def test_schema(sim):
    """`sim schema` prints the JSON Schemas of scenarios and procedures."""
    for options, name in (([], "scenario"), (["--procedure"], "procedure")):
        _, out, _ = sim("schema", *options)
        assert out == (ROOT / "scenarios" / f"{name}.schema.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_help(sim, command, monkeypatch):
    """Each command's --help has an example line."""
    monkeypatch.setenv("COLUMNS", "160")
    code, out, _ = sim(command, "--help")
    assert code == 0
    assert f"Example: sim {command}" in out


def test_help_names_the_commands(sim):
    """`sim --help` names every command, and `sim` alone prints the same."""
    code, out, _ = sim("--help")
    assert code == 0
    assert all(command in out for command in COMMANDS)
    assert "Example: sim run" in out


def test_imports_are_lazy():
    """Importing the command imports nothing heavy: `sim --help` answers at once."""
    code = f"import sys; import sim.cli; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert found.stdout == "[]\n"


def test_python_m_sim(small):
    """`python -m sim` is the same command, with the same exit codes."""

    def call(*arguments):
        command = [sys.executable, "-m", "sim", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=small.parent, env=environment, check=False)

    environment = {"PYTHONPATH": str(ROOT), "COLUMNS": "120", "PATH": ""}
    assert call("validate", "small.yaml").returncode == 0
    bad = call("validate", "none.yaml")
    assert (bad.returncode, bad.stderr) == (2, "none.yaml: there is no such file\n")
    assert "Traceback" not in call("run", "--nothing").stderr


def test_two_jobs_give_the_same(sim, small):
    """A run on two processes prints what a run on one process prints."""
    small.write_text(SMALL.replace("replications: 6", "replications: 60"), encoding="utf-8")
    _, one, _ = sim("run", "small.yaml", "--jobs", 1, "--json", "--results", "one")
    _, two, _ = sim("run", "small.yaml", "--jobs", 2, "--json", "--results", "two")
    assert json.loads(one)["tables"] == json.loads(two)["tables"]


@pytest.mark.usefixtures("small")
def test_precision(sim):
    """`--precision` says what it reached and after how many replications, and finds the run the next time."""
    call = ("run", "small.yaml", "--jobs", 1, "--precision", "10%", "--indicator", "pending_mean", "--floor", 25)
    code, out, err = sim(*call)
    assert code == 0, err
    found = re.fullmatch(
        r"small: precision reached: pending_mean is [\d.]+ \+- [\d.]+ \((\d+\.\d)%\) at 95% after (\d+) replications\n",
        err,
    )
    assert found, err
    assert float(found[1]) <= 10
    assert f"({found[2]} simulations)" in out
    assert sim(*call)[2].startswith("small: this run was finished before")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--precision", "5x%"), "must be a share such as 5%"),
        (("--precision", "5%", "--indicator", "pendng_end"), "did you mean 'pending_end'?"),
        (("--precision", "5%", "-n", 10), "either --replications or --precision"),
        (("--indicator", "pending_end"), "give both"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_wrong_precision(sim, options, message):
    """A precision that makes no sense is one line on stderr, before anything runs."""
    code, out, err = sim("run", "small.yaml", *options)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not Path("results").exists()


LATE = "extends: small.yaml\nname: late\nstart: 2024-02-01\n"


@pytest.mark.usefixtures("small")
def test_scenarios_of_other_days_are_not_compared(sim, tmp_path):
    """`sim compare` refuses them before anything runs; `sim report` shows one after the other and says why."""
    (tmp_path / "late.yaml").write_text(LATE, encoding="utf-8")
    why = "late cannot be compared with small: its first day is 2024-02-01 and not 2024-01-01; only scenarios with the"
    code, out, err = sim("compare", "small.yaml", "late.yaml", "--jobs", 1, "-n", 2)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(why)
    assert not Path("results").exists()
    code, _, err = sim("report", "small.yaml", "late.yaml", "--jobs", 1, "-n", 2, "-o", "page.html")
    assert code == 0
    assert f"not compared: {why}" in err


@pytest.mark.usefixtures("small")
def test_compare(sim, tmp_path):
    """`sim compare` prints what differs in sentences and as a table, and the same as JSON."""
    (tmp_path / "more.yaml").write_text(
        "extends: small.yaml\nname: more\nquestion: Who waits?\nstaffing: {clerks: {headcount: 1}}\n", "utf-8"
    )
    (tmp_path / "same.yaml").write_text("extends: small.yaml\nname: same\nseed: 77\n", encoding="utf-8")
    call = ("compare", "small.yaml", "more.yaml", "same.yaml", "--jobs", 1, "-n", 60)
    code, out, err = sim(*call)
    others = "same is run with seed 1, as small, not with its own seed 77: only equal ones can be paired"
    assert (code, err) == (0, f"note: {others}\n")
    assert sim(*call, "--seed", 1)[2] == ""
    said = " ".join(out.split())
    assert "Compared with small: more, same" in out
    assert out.count("Who waits?") == 1
    assert "60 simulations of each with common random numbers (seed 1)" in out
    assert re.search(
        r"- days to resolution [\d.]+ days more \([\d.]+ to [\d.]+\), [\d.]+ times as much: .*\(worse\)", said
    )
    assert "Nothing changes, in any simulation" in said
    rows = json.loads(sim(*call, "--json")[1])
    assert {row["scenario"] for row in rows} == {"more", "same"}
    delay = next(row for row in rows if row["scenario"] == "more" and row["indicator"] == "staff_delay:review")
    assert delay["low"] > 0
    assert delay["p_adjusted"] < 0.05


def test_the_version(sim):
    """`sim --version` is one line."""
    assert sim("--version") == (0, f"sim {__version__}\n", "")


@pytest.mark.usefixtures("small")
def test_wrong_comparisons(sim):
    """One scenario, the same one twice, an unknown indicator: one line each."""
    for call, message in (
        (("small.yaml",), "at least two scenarios"),
        (("small.yaml", "small.yaml"), "the same name"),
        (("small.yaml", "more.yaml", "--control-variates"), "--control-variates is gone"),
        (("small.yaml", "more.yaml", "--adjust", "holm"), "--adjust is gone: p-values are always adjusted by Holm"),
    ):
        code, _, err = sim("compare", *call)
        assert code == 2
        assert message in err


def test_indicators(sim):
    """`sim indicators` lists all of them with what they mean."""
    _, out, _ = sim("indicators")
    _, data, _ = sim("indicators", "--json")
    assert all(name in out for name in json.loads(data))
    assert "clearance_rate" in out


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("command", [("run", "small.yaml"), ("list", "."), ("dashboard",), ("compare", "small.yaml")])
def test_a_file_in_place_of_the_results_folder(sim, tmp_path, command):
    """Or a link to nowhere, is told before anything runs."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for name, what in {"file": "a file", "link": "a link to nowhere"}.items():
        told = f"{name}: is {what}; --results names a folder\n"
        assert sim(*command, "--results", name) == (2, "", told)

"""Commands on the posterior of a scenario, and on its priors: what runs, and what is said of it."""

import json
from pathlib import Path

import pytest

from sim.results.store import load_run

SCENARIO = """\
name: queue
start: 2024-01-01
horizon: 2024-12-31
replications: 4
seed: 3
procedure:
  name: queue
  title: A queue
  exits: {done: Done, dropped: Dropped}
  stages:
    work:
      title: Work
      steps: {work: {step: team, fte: {staff: 1}, days: {distribution: exponential, mean: 9}}}
      next: {dropped: {of_rest: 0.2}, done: rest}
staffing: {staff: {headcount: 2}}
arrivals: {cases: {kind: random, stage: work, per_year: 50}}
uncertain:
  dropping:
    sets: procedure.stages.work.next.dropped.of_rest
    value: {distribution: beta, mean: 0.2, observations: 10}
  work: {scales: procedure.stages.work.steps.work.days, value: {distribution: lognormal, median: 1, cv: 0.5}}
posterior: draws.csv
"""
DRAWS = "# as_of: 2023-12-31\nwork\n1.25\n1.5\n"
POSTERIOR = "2 uncertain parameters, 1 drawn from the posterior of 2023-12-31 and 1 from its prior."
PRIORS = "2 uncertain parameters, drawn from their priors."


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder with the scenario and its table."""
    monkeypatch.chdir(tmp_path)
    Path("queue.yaml").write_text(SCENARIO, encoding="utf-8")
    Path("draws.csv").write_text(DRAWS, encoding="utf-8")


def stored() -> list[Path]:
    """The folders of the stored runs."""
    return sorted(file.parent for file in Path("results").rglob("manifest.json"))


def drawn() -> list[set[float]]:
    """The values of `work` in each stored run."""
    return [set(load_run(folder).parameters["work"]) for folder in stored()]


def test_run_says_from_what_the_parameters_are_drawn(sim) -> None:
    """Its own draws, or the priors, each a run of its own; the stored run says it too."""
    code, out, err = sim("run", "queue.yaml", "--jobs", 1, "--full")
    assert code == 0, err
    assert POSTERIOR in " ".join(out.split())
    (folder,) = stored()
    assert POSTERIOR in " ".join(sim("show", folder, "--full")[1].split())
    assert drawn() == [{1.25, 1.5}]
    assert PRIORS in " ".join(sim("run", "queue.yaml", "--jobs", 1, "--full", "--priors")[1].split())
    assert len(drawn()) == 2
    assert {1.25, 1.5} in drawn()


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "queue.yaml", "other.yaml"),
        ("sweep", "queue.yaml", "--set", "staffing.staff.headcount=1,2"),
        ("sensitivity", "queue.yaml", "--method", "split"),
        ("report", "queue.yaml", "-o", "page.html"),
    ],
    ids=lambda words: words[0],
)
def test_other_commands_go_back_to_the_priors_too(sim, words: tuple[str, ...]) -> None:
    """No run of theirs has a value of the table."""
    Path("other.yaml").write_text("extends: queue\nname: other\nstaffing: {staff: {headcount: 3}}\n", encoding="utf-8")
    code, _, err = sim(*words, "--jobs", 1, "--priors")
    assert code == 0, err
    assert drawn()
    assert not set().union(*drawn()) & {1.25, 1.5}


def test_a_sensitivity_analysis_says_what_it_leaves_out(sim) -> None:
    """The correlations of the posterior, in a design; a split has them."""
    size = ("--points", 2, "-n", 2, "--jobs", 1)
    design = " ".join(sim("sensitivity", "queue.yaml", "--method", "morris", *size)[1].split())
    assert "Parameters of the posterior vary one by one: its correlations are left out" in design
    split = " ".join(sim("sensitivity", "queue.yaml", "--method", "split", "--jobs", 1)[1].split())
    assert "1 drawn from the posterior of 2023-12-31" in split
    assert "left out" not in split


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "queue.yaml", "--priors", "--set", "posterior=null"), "--priors takes the place of --set posterior"),
        (("sweep", "queue.yaml", "--priors", "--set", "posterior=null"), "--priors takes the place of --set posterior"),
        (("run", "queue.yaml", "--set", "posterior=no.csv"), "there is no file no.csv; known: draws.csv"),
        (
            ("run", "queue.yaml", "--set", "uncertain.work.value.cv=0.6"),
            "uncertain.work.value.cv: does nothing, since the posterior has draws of 'work'",
        ),
    ],
)
def test_mistakes_are_told_in_a_line(sim, words: tuple[str, ...], message: str) -> None:
    """And nothing runs."""
    code, out, err = sim(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err
    assert not Path("results").exists()


def test_a_stored_run_has_what_it_was_drawn_from(sim) -> None:
    """So `--priors` is for scenario files."""
    assert sim("run", "queue.yaml", "--jobs", 1)[0] == 0
    (folder,) = stored()
    code, _, err = sim("report", folder, "--priors", "-o", "page.html")
    assert code == 2
    assert err == f"--priors is for scenario files; {folder} is a stored run and has its own\n"


def test_a_kept_forecast_says_from_what_the_parameters_are_drawn(sim) -> None:
    """Priors or posterior."""
    for name, options in (("posterior", ()), ("priors", ("--priors",))):
        code, _, err = sim("forecast", "queue.yaml", "-o", name, "--jobs", 1, *options)
        assert code == 0, err
        (file,) = Path(name).glob("*.json")
        assert json.loads(file.read_text("utf-8"))["of"]["parameters"] == name

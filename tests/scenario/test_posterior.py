"""Joint draws of uncertain parameters: the table that a scenario names, how it is drawn from, what is wrong with it."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from small_queue import queue

from sim import forecast
from sim.errors import UserError
from sim.experiments.sensitivity import points_of
from sim.experiments.simulate import simulate
from sim.model.engine import drawn_parameters
from sim.results.identity import settings_digest
from sim.results.store import load_run
from sim.scenario.joint_draws import JointDraws
from sim.scenario.loading import load_scenario, load_undated
from sim.scenario.paths import part
from sim.scenario.schema import Scenario
from sim.scenario.yaml_nodes import text

BASE = """\
name: base
start: 2024-01-01
horizon: 2025-01-01
replications: 10
seed: 3
procedure:
  name: queue
  title: A queue
  exits: {done: Done, dropped: Dropped}
  stages:
    work:
      title: Work
      steps: {work: {step: team, fte: {staff: 1}, days: {distribution: exponential, mean: 9}}}
      next: {dropped: 0.2, done: rest}
staffing: {staff: {headcount: 2}}
arrivals: {cases: {kind: random, stage: work, per_year: 50}}
uncertain:
  dropping:
    sets: procedure.stages.work.next.dropped.probability
    value: {distribution: beta, mean: 0.2, observations: 10}
  work: {scales: procedure.stages.work.steps.work.days, value: {distribution: lognormal, median: 1, cv: 0.5}}
  cases: {sets: arrivals.cases.per_year, value: {distribution: uniform, low: 40, high: 60}}
posterior: tables/draws.csv
"""
ROWS = [[0.1 + number / 100, 1.5 - number / 10] for number in range(7)]
TABLE = "# Written by hand.\n# as_of: 2023-12-31\ndropping,work\n" + "".join(f"{a:.6g},{b:.6g}\n" for a, b in ROWS)
CSV = "tables/draws.csv"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario with its table in a folder beside it, in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tables").mkdir()
    (tmp_path / CSV).write_text(TABLE, encoding="utf-8")
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


def over(more: str, name: str = "over.yaml") -> Scenario:
    """The base with further settings, in a file that extends it."""
    Path(name).write_text(f"extends: base.yaml\nname: over\n{more}", encoding="utf-8")
    return load_scenario(name)


def problems_with(table: str) -> list[str]:
    """What is told of another table."""
    Path(CSV).write_text(table, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_scenario("base.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_no_draw_comes_twice_before_all_have_come(folder: Path) -> None:
    """From a first row that the seed decides on, in the order of the table; the others are drawn from their priors."""
    scenario = load_scenario("base.yaml")
    drawn = [drawn_parameters(scenario, number) for number in range(14)]
    rows = [[one["dropping"], one["work"]] for one in drawn]
    assert rows[:7] == rows[7:]
    begin = ROWS.index(pytest.approx(rows[0]))
    np.testing.assert_allclose(rows[:7], ROWS[begin:] + ROWS[:begin])
    assert list(drawn[0]) == ["dropping", "work", "cases"]
    assert len({one["cases"] for one in drawn}) == 14
    priors = load_scenario("base.yaml", {"posterior": None})
    assert drawn_parameters(priors, 3)["cases"] == drawn[3]["cases"]
    begins = {drawn_parameters(scenario.replace({"seed": seed}), 0)["work"] for seed in range(40)}
    assert len(begins) == 7


def test_replications_share_a_draw(folder: Path) -> None:
    """Those of one group have one row, and the next group the next row."""
    scenario = load_scenario("base.yaml", {"replications_per_draw": 2})
    work = [drawn_parameters(scenario, number)["work"] for number in range(14)]
    assert work[::2] == work[1::2]
    assert len(set(work)) == 7


def test_a_run_has_the_draws_and_its_manifest_holds_them(folder: Path) -> None:
    """The stored run is the same scenario without the table's file; another table is another run."""
    run = simulate("base.yaml", results="results")
    expected = [drawn_parameters(run.scenario, number) for number in range(10)]
    assert run.parameters[["dropping", "work", "cases"]].to_dict("records") == expected
    before = load_scenario("base.yaml")
    Path(CSV).unlink()
    loaded = load_run(run.folder)
    assert loaded.scenario.posterior == before.posterior
    assert settings_digest(loaded.scenario) == settings_digest(before)
    Path(CSV).write_text(TABLE.replace("0.11", "0.12"), encoding="utf-8")
    assert settings_digest(load_scenario("base.yaml")) != settings_digest(before)


def test_what_is_shown_reads_back(folder: Path) -> None:
    """As YAML, as JSON, pickled and copied."""
    scenario = load_scenario("base.yaml")
    shown = text(part(scenario, ""))
    assert "posterior: |\n  # as_of: 2023-12-31\n  dropping,work\n  0.1,1.5\n" in shown
    (folder / "shown.yaml").write_text(shown, encoding="utf-8")
    assert load_scenario("shown.yaml") == scenario
    assert Scenario.model_validate_json(scenario.model_dump_json()) == scenario
    assert Scenario.model_validate(json.loads(json.dumps(scenario.model_dump(mode="json")))) == scenario
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    assert scenario.replace({"seed": 9}).posterior == scenario.posterior
    assert scenario.posterior.draw(8) == {"dropping": 0.11, "work": 1.4}
    assert str(scenario.posterior) == "posterior of 2023-12-31, 7 joint draws"


def test_values_come_back_to_the_last_bit() -> None:
    """Whatever the number."""
    draws = JointDraws(columns=['a, "b"', "c"], rows=[[0.1 + 0.2, 1e-9], [1 / 3, 123456789.123456789]])
    scenario = queue().model_copy(update={"posterior": draws})
    assert Scenario.model_validate_json(scenario.model_dump_json()).posterior == draws


def test_a_path_is_seen_from_the_file_that_says_it(folder: Path) -> None:
    """Wherever the file that extends it lies; that of a command from the working directory."""
    (folder / "deep").mkdir()
    (folder / "deep" / "x.yaml").write_text("extends: ../base.yaml\nname: x\n", encoding="utf-8")
    assert load_scenario("deep/x.yaml").posterior == load_scenario("base.yaml").posterior
    (folder / "other.csv").write_text("work\n2\n", encoding="utf-8")
    assert load_scenario("deep/x.yaml", {"posterior": "other.csv"}).posterior.rows == [[2.0]]
    (folder / CSV).rename(folder / "tables" / "drawn.csv")
    with pytest.raises(
        UserError, match=r"base.yaml:23:12: there is no file tables/draws.csv; did you mean 'drawn.csv'"
    ):
        load_scenario("base.yaml")


def test_null_goes_back_to_the_priors(folder: Path) -> None:
    """Even where the table is not there; as does the day of a forecast, which no later posterior may enter."""
    (folder / CSV).unlink()
    assert over("posterior: null\n").posterior is None
    assert load_scenario("base.yaml", {"posterior": None}).posterior is None
    assert load_undated("base.yaml")[0].posterior is None


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("", ["tables/draws.csv:1:1: has no header: a line with the names of uncertain parameters"]),
        ("# nothing\n\n", ["tables/draws.csv:2:1: has no header: a line with the names of uncertain parameters"]),
        ("work\n", ["tables/draws.csv:1:1: has no rows; each is a draw of the parameters"]),
        ("work,works\n1,2\n", ["tables/draws.csv:1:6: unknown uncertain parameter 'works'; known: dropping, cases"]),
        (
            "work,droping\n1,0.2\n",
            ["tables/draws.csv:1:6: unknown uncertain parameter 'droping'; did you mean 'dropping'?"],
        ),
        ("work,work\n1,2\n", ["tables/draws.csv:1:6: 'work' is a column twice"]),
        ("work,\n1,2\n", ["tables/draws.csv:1:6: is a column without a name"]),
        ("# x\nwork,cases\n1\n", ["tables/draws.csv:3:1: has 1 cell, and the header 2"]),
        (
            "work,cases\n1,many\n1_000,50\ninf,50\n1e999,50\n",
            [
                "tables/draws.csv:2:3: cases must be a finite number, not 'many'",
                "tables/draws.csv:3:1: work must be a finite number, not '1_000'",
                "tables/draws.csv:4:1: work must be a finite number, not 'inf'",
                "tables/draws.csv:5:1: work must be a finite number, not '1e999'",
            ],
        ),
        (
            "# as_of: yesterday\nwork\n1\n",
            ["tables/draws.csv:1:1: as_of must be a date such as 2024-03-14, not 'yesterday'"],
        ),
        ("work,cases\n1,50\n-1,60.5\n1,39\n2,0\n", [
            "tables/draws.csv:3:1: work is -1, and its `value` goes from 0 to inf",
            "tables/draws.csv:3:4: cases is 60.5, and its `value` goes from 40 to 60; 2 more of its draws lie outside",
        ]),
        (
            "work\n1\n2e8\n",
            ["tables/draws.csv:3:1: work is 2e+08, where the scenario is wrong: procedure.stages.work.steps.work.team"
             ".days.exponential.mean: must be at most 1,000,000,000, not 1800000000.0"],
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table_has_its_place(folder: Path, table: str, expected: list[str]) -> None:
    """File, line and column of the cell."""
    assert problems_with(table) == expected


def test_too_large_a_table_is_told(folder: Path) -> None:
    """Every stored run would have all of it."""
    assert problems_with("work\n" + "1\n" * 200_001) == [
        "tables/draws.csv:1:1: has 200,001 x 1 numbers; at most 200,000 can be (every stored run has all of them)"
    ]


def test_a_table_written_out_is_told_where_it_stands(folder: Path) -> None:
    """As `sim show` prints it; and what is no table at all."""
    with pytest.raises(UserError, match=r"over.yaml:3:12: posterior: work must be a finite number, not 'x'"):
        over("posterior: |\n  work\n  x\n")
    with pytest.raises(UserError, match=r"over.yaml:3:12: posterior: must be the name of a CSV file, not 3"):
        over("posterior: 3\n")


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ("uncertain: {work: {value: {cv: 0.6}}}\n", "over.yaml:3:27: uncertain.work.value"),
        (
            "uncertain:\n  work:\n    value: {distribution: uniform, low: 0.5, high: 2}\n",
            "over.yaml:5:12: uncertain.work.value",
        ),
    ],
)
def test_a_prior_that_is_written_later_is_told(folder: Path, more: str, place: str) -> None:
    """It would do nothing: the draws take its place. That of another parameter, or without the posterior, is used."""
    message = (
        "does nothing, since the posterior has draws of 'work': write `posterior: null`, or take the column 'work' out"
    )
    with pytest.raises(UserError) as caught:
        over(more)
    assert str(caught.value) == f"{place}: {message} of tables/draws.csv"
    assert (
        over(f"posterior: null\n{more}").uncertain["work"].value != load_scenario("base.yaml").uncertain["work"].value
    )
    assert over(f"posterior: {CSV}\n{more}").posterior is not None
    assert over("uncertain: {cases: {value: {high: 70}}}\n").posterior


def test_a_prior_that_is_set_is_told(folder: Path) -> None:
    """With a command's setting, and in Python on a scenario that has been loaded."""
    path, message = "uncertain.work.value.median", "does nothing, since the posterior has draws of 'work'"
    with pytest.raises(UserError, match=f"^setting {path}: {message}"):
        load_scenario("base.yaml", {path: 2})
    scenario = load_scenario("base.yaml")
    with pytest.raises(UserError, match=message):
        scenario.replace({path: 2})
    assert scenario.replace({path: 2, "posterior": None}).uncertain["work"].value.median == 2
    assert scenario.replace({"uncertain.cases.value.high": 70}).posterior == scenario.posterior


def test_a_parameter_that_is_taken_away_has_no_draws(folder: Path) -> None:
    """The others keep theirs; but a posterior named after that has no column of it."""
    fixed = over("uncertain: {work: null}\n")
    assert fixed.posterior.columns == ["dropping"]
    assert fixed.posterior.rows == [[row[0]] for row in load_scenario("base.yaml").posterior.rows]
    assert over("uncertain: {work: null, dropping: null}\n").posterior is None
    with pytest.raises(UserError, match=r"draws.csv:3:10: unknown uncertain parameter 'work'"):
        over(f"uncertain: {{work: null}}\nposterior: {CSV}\n")
    (folder / CSV).write_text("works\n1\n", encoding="utf-8")
    with pytest.raises(
        UserError, match=r"^tables/draws.csv:1:1: unknown uncertain parameter 'works'; did you mean 'work'"
    ):
        over("seed: 4\n")


def test_hindsight_is_noted(folder: Path) -> None:
    """A run from a day on whose parameters know what came later forecasts nothing, and is kept as no forecast."""
    assert load_scenario("base.yaml").notes == []
    (folder / CSV).write_text(TABLE.replace("2023-12-31", "2024-02-01"), encoding="utf-8")
    later = load_scenario("base.yaml")
    (note,) = later.notes
    assert note.startswith("posterior: is what was known on 2024-02-01, after the first day, 2024-01-01")
    with pytest.raises(
        UserError, match="a forecast of 2024-01-01 knows nothing later, and the posterior is of 2024-02-01"
    ):
        forecast(later)


def test_designs_have_the_margins_of_the_posterior(folder: Path) -> None:
    """Each parameter the quantiles of its column; those without one of their priors."""
    scenario = load_scenario("base.yaml")
    assert scenario.margin("work").mean_value() == pytest.approx(np.mean([row[1] for row in ROWS]))
    assert scenario.margin("cases") is scenario.uncertain["cases"].value
    (low, high) = points_of(scenario, np.array([[0.0, 0.0, 0.0], [0.999, 0.999, 0.999]]), 2)
    assert low.posterior is high.posterior is None
    dropped = [one.procedure.stages["work"].next["dropped"].probability for one in (low, high)]
    assert dropped == pytest.approx([0.1, 0.16])
    means = [one.procedure.stages["work"].steps["work"].days.mean for one in (low, high)]
    assert means == pytest.approx([9 * 0.9, 9 * 1.5])
    (rate,) = high.arrivals["cases"].per_year.values()
    assert rate == pytest.approx(59.98)

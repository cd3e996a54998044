"""Sweeps: the points that are meant, each found again, numbers of single runs, and where more staff stops helping."""

import json
from pathlib import Path

import numpy as np
import pytest

from sim.cli.sweep import parse_grid, parse_ranges, parse_scales
from sim.errors import UserError
from sim.experiments import sweep as sweeps
from sim.experiments.simulate import simulate
from sim.experiments.sweep import designed, fte_of, sweep
from sim.results.statistics import mean_interval
from sim.scenario.loading import load_scenario

SERVERS = Path(__file__).parents[1] / "theory" / "scenarios" / "mmc.yaml"
HEADCOUNT = "staffing.server.headcount"
BUSY = {"arrivals.cases.per_year": 547.5, "horizon": "2003-01-01"}
"""A load of 1.5 servers."""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A queue with 2 to 12 servers."""
    results = tmp_path_factory.mktemp("results")
    return sweep(SERVERS, {HEADCOUNT: [2, 3, 4, 8, 12], **BUSY}, replications=20, results=results), results


def points_of(*arguments, **options):
    """The points of a design."""
    return designed(*arguments, **options).points


def at(points, name):
    """The values of one axis."""
    return [point.at[name] for point in points]


def test_grids():
    """Several axes make all combinations, in their order, as if each were set."""
    points = points_of(SERVERS, {HEADCOUNT: [1, 1.5, 2], "arrivals.cases.per_year": [100, 200]})
    assert at(points, HEADCOUNT) == [1, 1, 1.5, 1.5, 2, 2]
    assert at(points, "arrivals.cases.per_year") == [100, 200] * 3
    assert points[3].scenario == load_scenario(SERVERS, {HEADCOUNT: 1.5, "arrivals.cases.per_year": 200})


def test_a_value_may_be_a_table():
    """In Python a dict; on the command line commas within braces do not part values. In tables it is a text."""
    settings = parse_grid([f"{HEADCOUNT}=1, {{2001-01-01: 1, 2002-01-01: 3}}"])
    for given in (settings, {HEADCOUNT: [1, {"2001-01-01": 1, "2002-01-01": 3}]}):
        points = points_of(SERVERS, given)
        assert at(points, HEADCOUNT) == [1, '{"2001-01-01":1,"2002-01-01":3}']
        assert fte_of(points[1].scenario) > 2.8


def test_the_command_line_says_the_same_as_python():
    """Lists, steps, factors and ranges as they are written there; one value alone is set at all points."""
    assert parse_grid([f"{HEADCOUNT}=1:2:0.5", "horizon=2002-01-01", "name=a,b"]) == {
        HEADCOUNT: [1, 1.5, 2],
        "horizon": "2002-01-01",
        "name": ["a", "b"],
    }
    assert parse_scales([f"{HEADCOUNT}=0.8,1", "a.b=1:3:1"]) == {HEADCOUNT: [0.8, 1], "a.b": [1, 2, 3]}
    assert parse_ranges([f"{HEADCOUNT}=1:2.5"]) == {HEADCOUNT: (1, 2.5)}


def test_a_scenario_is_swept_as_its_file_is():
    """A loaded scenario gives the same points; it may be one that is in no file."""
    loaded = load_scenario(SERVERS)
    grid, scales = {HEADCOUNT: [1, 2]}, {"arrivals.cases.per_year": [1, 2]}
    for file, memory in zip(points_of(SERVERS, grid, scales), points_of(loaded, grid, scales), strict=True):
        assert file == memory
    fewer = sweep(loaded.replace(BUSY), grid, replications=2)
    assert fewer.table.equals(sweep(SERVERS, {**grid, **BUSY}, replications=2).table)
    assert repr(fewer) == f"<Sweep of {loaded.name} over {HEADCOUNT}: 2 points of 2 replications>"
    assert "<table" in fewer._repr_html_()


def test_factors():
    """A factor multiplies every number of every dated table that the path names, and no date moves."""
    status_quo = "scenarios/status-quo.yaml"
    half, same = points_of(status_quo, scales={"staffing.*.headcount": [0.5, 1]})
    written = load_scenario(status_quo)
    assert same.scenario == written
    for role, pool in written.staffing.items():
        assert half.scenario.staffing[role].headcount == {day: n / 2 for day, n in pool.headcount.items()}


def test_equal_points_are_one():
    """Values that mean the same are run once."""
    assert len(points_of(SERVERS, {HEADCOUNT: [1, 1.0, 2]})) == 2


@pytest.mark.parametrize("method", ["lhs", "sobol"])
def test_samples(method):
    """They fill their range evenly, are the same for the same seed, and whole numbers stay whole."""
    ranges = {HEADCOUNT: (1, 9), "seed": (1, 1000)}
    points = points_of(SERVERS, ranges=ranges, samples=8, sampling=method)
    assert sorted(int(value) for value in at(points, HEADCOUNT)) == list(range(1, 9))  # one in each eighth
    assert all(type(value) is int for value in at(points, "seed"))
    assert [p.at for p in points] == [p.at for p in points_of(SERVERS, ranges=ranges, samples=8, sampling=method)]
    other = points_of(SERVERS, ranges={HEADCOUNT: (1, 9)}, samples=8, sampling=method, seed=3)
    assert at(other, HEADCOUNT) != at(points, HEADCOUNT)


def as_written(grid=(), scales=(), ranges=(), **options):
    """A sweep as it is written on the command line."""
    return sweep(
        SERVERS, parse_grid(grid), scales=parse_scales(scales), ranges=parse_ranges(ranges), replications=2, **options
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "nothing to sweep"),
        ({"grid": [HEADCOUNT]}, "must be path=a,b,c"),
        ({"grid": [f"{HEADCOUNT}=5:1:1"]}, "low below high"),
        ({"grid": [f"{HEADCOUNT}=1:5:0"]}, "a step above 0"),
        ({"grid": [f"{HEADCOUNT}=0:1:1e-9"]}, "at most 10,000"),
        ({"grid": [f"{HEADCOUNT}=1,-2"]}, f"setting {HEADCOUNT}: must be at least 0, not -2"),
        ({"grid": ["staffing.sever.headcount=1,2"]}, "has no 'sever'; did you mean 'server'"),
        ({"grid": [f"{HEADCOUNT}=1,2", f"{HEADCOUNT}=3"]}, "swept twice"),
        ({"scales": [f"{HEADCOUNT}=some"]}, "--scale staffing.server.headcount=some: 'some' is not a factor"),
        ({"scales": ["staffing.sever.headcount=1"]}, "has no 'sever'; did you mean 'server'"),
        ({"scales": ["name=2"]}, "no result depends on it"),
        ({"scales": ["arrivals.cases.stage=2"]}, "only numbers can be scaled"),
        ({"ranges": [f"{HEADCOUNT}=1:2"]}, "--samples"),
        ({"grid": [f"{HEADCOUNT}=1"], "samples": 4}, "--range"),
        ({"ranges": [f"{HEADCOUNT}=2:1"], "samples": 4}, "low below high"),
        ({"ranges": [f"{HEADCOUNT}=1:2"], "samples": 6, "sampling": "sobol"}, "such as 8"),
    ],
)
def test_mistakes_are_told_before_anything_runs(options, said, tmp_path):
    """Each says what is wrong, and nothing is stored."""
    with pytest.raises(UserError) as told:
        as_written(**options, results=tmp_path / "results")
    assert said in str(told.value)
    assert not (tmp_path / "results").exists()


def test_former_arguments_say_the_new_ones():
    """Earlier versions took the strings of the command line."""
    with pytest.raises(UserError, match="the argument 'grid' is now called 'settings'"):
        sweep(SERVERS, grid=[f"{HEADCOUNT}=1,2"])


def test_numbers_are_those_of_single_runs(found):
    """Value, interval and paired difference at a point are what the runs of that point and of the base give."""
    table = found[0].table
    row = table[(table["point"] == 2) & (table["indicator"] == "pending_end")].iloc[0]
    values = []
    for servers in (2, 4):  # no point is the scenario as written, so that the first is the base
        run = simulate(load_scenario(SERVERS, {**BUSY, HEADCOUNT: servers}), replications=20)
        values.append(run.samples["pending_end"].by_replication)
    known, difference = mean_interval(values[1]), mean_interval(values[1] - values[0])
    assert found[0].base == 0
    assert tuple(row[["value", "low", "high"]]) == known[:3]
    assert tuple(row[["difference", "diff_low", "diff_high"]]) == difference[:3]


def test_the_scenario_as_written_is_the_base():
    """Wherever it stands among the points."""
    assert sweep(SERVERS, {HEADCOUNT: [3, 2, 1], "horizon": "2001-03-01"}, replications=3).base == 2


def test_points_are_found_again(found, monkeypatch):
    """The same sweep, and a larger one, run only the points that are new."""
    first, results = found
    ran = []
    monkeypatch.setattr("sim.experiments.simulate.run_chunk", lambda *task: ran.append(task))
    again = sweep(SERVERS, {HEADCOUNT: [2, 3, 4, 8, 12], **BUSY}, replications=20, results=results)
    assert ran == []
    assert again.table.equals(first.table)
    assert list(again.points["folder"]) == list(first.points["folder"])
    assert len(set(first.points["folder"])) == 5


def test_more_servers_stop_helping_where_nobody_waits(found):
    """1.5 servers' load: a third helps as much as Erlang says; with 8 or 12 nobody waits, and the step does nothing."""
    steps = found[0].steps
    delay = steps[steps["indicator"] == "delay_per_case"]
    assert list(delay["to_fte"]) == [3, 4, 8, 12]
    assert delay.iloc[0]["high"] < 0
    assert abs(delay.iloc[-1]["effect"]) < 1e-3
    known = (erlang_wait(3, 1.5) - erlang_wait(2, 1.5)) / 1
    assert delay.iloc[0]["low"] < known < delay.iloc[0]["high"]


def erlang_wait(servers, load):
    """Mean wait in an M/M/c queue with service of mean one (Erlang C)."""
    terms = np.cumprod([1.0, *(load / k for k in range(1, servers + 1))])
    last = terms[-1] * servers / (servers - load)
    return last / (terms[:-1].sum() + last) / (servers - load)


def test_the_command(found, sim, tmp_path):
    """JSON has the table and says where one more FTE stops helping; --csv writes the same table."""
    first, results = found
    words = [SERVERS, "--results", results, "-n", "20", "--json", "--csv", tmp_path / "t.csv"]
    sets = [
        word
        for said in (f"{HEADCOUNT}=2,3,4,8,12", *(f"{path}={value}" for path, value in BUSY.items()))
        for word in ("--set", said)
    ]
    code, out, _ = sim("sweep", *words, *sets)
    assert code == 0
    said = json.loads(out)
    assert [row["value"] for row in said["table"]] == pytest.approx(list(first.table["value"]))
    (delay,) = [each for each in said["findings"] if each.startswith("delay due to staffing")]
    assert "no step helps significantly beyond" in delay
    assert len((tmp_path / "t.csv").read_text().splitlines()) == len(first.table) + 1


def test_a_table_that_cannot_be_written_is_told_first(sim, tmp_path):
    """Before anything runs."""
    words = ["sweep", SERVERS, "--set", f"{HEADCOUNT}=2,3", "--results", tmp_path / "results", "--csv"]
    for file, said in ((tmp_path, "is a folder"), (tmp_path / "no" / "t.csv", "there is no folder")):
        code, _, err = sim(*words, file)
        assert code == 2
        assert said in err
    assert not (tmp_path / "results").exists()


def test_a_sample_has_no_neighbours():
    """Where more than one setting varies there is no staffing response curve."""
    ranges = {HEADCOUNT: (1, 4), "arrivals.cases.per_year": (50, 100)}
    told = sweep(SERVERS, {"horizon": "2001-03-01"}, ranges=ranges, samples=2, replications=3)
    assert told.steps.empty
    assert list(told.steps.columns) == list(sweeps.STEPS)

"""The public Python API: its names, that former names say what to use now, and that nothing heavy loads with it."""

import subprocess
import sys

import pytest

import sim

VERBS = {
    "backtest",
    "calibrate",
    "compare",
    "forecast",
    "leave_one_out",
    "load_record",
    "load_run",
    "load_scenario",
    "score",
    "sensitivity",
    "simulate",
    "sweep",
}
NOUNS = {
    *(
        "Backtest",
        "Comparison",
        "Forecast",
        "LeaveOneOut",
        "Posterior",
        "Precision",
        "Record",
        "Run",
        "Scenario",
        "Sensitivity",
        "Sweep",
    ),
    "TrackRecord",
}
NAMES = VERBS | NOUNS | {"indicators", "UserError"}
MOST = 300
"""Characters of a result's repr: one line in a notebook or a traceback."""


def test_dir_shows_the_public_names():
    """These and no others; each is there and says in its documentation what it is."""
    assert set(dir(sim)) == NAMES
    for name in NAMES:
        assert getattr(sim, name).__doc__


@pytest.mark.parametrize(
    ("name", "now"),
    [
        ("estimates", "summary"),
        ("per_replication", "property of the run"),
        ("figures", "plot"),
        ("simulate_all", "simulate"),
    ],
)
def test_former_names_say_what_to_use_now(name, now):
    """As an attribute and in an import."""
    with pytest.raises(ImportError, match=now):
        getattr(sim, name)
    with pytest.raises(ImportError, match=now):
        exec(f"from sim import {name}")


def test_other_names_are_unknown():
    """As of any module."""
    with pytest.raises(AttributeError, match="'sim' has no attribute 'simulation'"):
        _ = sim.simulation


def test_the_package_loads_nothing_heavy():
    """`import sim` loads neither pandas nor scipy nor pydantic: completion in a notebook is quick."""
    code = "import sim, sys; dir(sim); print({'pandas', 'scipy', 'numpy', 'pydantic'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_the_table_of_indicators():
    """A row for each, with what it is."""
    table = sim.indicators()
    assert {"name", "title", "unit", "formula"} <= set(table.columns)
    assert "pending_end" in set(table["name"])


def test_what_analysts_hold_is_shown_in_one_line():
    """Scenarios, runs, comparisons, sweeps and records, however much is in them."""
    scenario = sim.load_scenario("scenarios/status-quo.yaml")
    run = sim.simulate(scenario, replications=2)
    held = [
        scenario,
        run,
        sim.compare([run, scenario.replace({"staffing.legal.headcount": 16}, name="more-lawyers")]),
        sim.sweep(scenario, {"staffing.legal.headcount": [8, 16]}, replications=2),
        sim.load_record("scenarios/record"),
    ]
    for noun in held:
        assert "\n" not in repr(noun)
        assert len(repr(noun)) < MOST, repr(noun)
    assert scenario.name in repr(run)
    assert str(len(held[-1].strands)) in repr(held[-1])

"""A simulator of regulators' enforcement workflow: scenarios in, forecasts with their uncertainty out.

from sim import load_scenario, simulate, compare, calibrate, backtest, load_run, load_record, pictures
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.errors import UserError
    from sim.experiments.compare import compare
    from sim.experiments.precision import Precision
    from sim.experiments.simulate import simulate
    from sim.experiments.sweep import sweep
    from sim.inference.backtest import backtest
    from sim.inference.calibrate import calibrate
    from sim.record.files import load_record
    from sim.results.measures import estimates, per_replication
    from sim.results.run import Run
    from sim.results.store import load_run
    from sim.scenario.loading import load_scenario
    from sim.view.pictures import gallery as pictures

__version__ = "0.1.0"
__all__ = [
    "Precision",
    "Run",
    "UserError",
    "backtest",
    "calibrate",
    "compare",
    "estimates",
    "load_record",
    "load_run",
    "load_scenario",
    "per_replication",
    "pictures",
    "simulate",
    "sweep",
]

_HOMES = {
    "Precision": "sim.experiments.precision",
    "Run": "sim.results.run",
    "UserError": "sim.errors",
    "backtest": "sim.inference.backtest",
    "calibrate": "sim.inference.calibrate",
    "compare": "sim.experiments.compare",
    "estimates": "sim.results.measures",
    "load_record": "sim.record.files",
    "load_run": "sim.results.store",
    "load_scenario": "sim.scenario.loading",
    "per_replication": "sim.results.measures",
    "simulate": "sim.experiments.simulate",
    "sweep": "sim.experiments.sweep",
}


def __getattr__(name: str) -> Any:
    """Import on first use: `sim --help` needs none of it."""
    if name == "pictures":
        return import_module("sim.view.pictures.gallery")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}")

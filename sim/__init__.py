"""A simulator of regulators' enforcement workflow: scenarios in, forecasts with their uncertainty out.

from sim import load_scenario, simulate, compare, calibrate, backtest, load_run, load_record, pictures
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.backtesting.origins import backtest
    from sim.calibration.posterior import calibrate
    from sim.comparison import compare
    from sim.errors import UserError
    from sim.experiment import simulate, simulate_all
    from sim.measures import estimates, per_replication
    from sim.precision import Precision
    from sim.record_files import load_record
    from sim.run import Run
    from sim.scenario.loading import load_scenario
    from sim.store import load_run
    from sim.sweeps import sweep
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
    "simulate_all",
    "sweep",
]

_HOMES = {
    "Precision": "sim.precision",
    "Run": "sim.run",
    "UserError": "sim.errors",
    "backtest": "sim.backtesting.origins",
    "calibrate": "sim.calibration.posterior",
    "compare": "sim.comparison",
    "estimates": "sim.measures",
    "load_record": "sim.record_files",
    "load_run": "sim.store",
    "load_scenario": "sim.scenario.loading",
    "per_replication": "sim.measures",
    "simulate": "sim.experiment",
    "simulate_all": "sim.experiment",
    "sweep": "sim.sweeps",
}


def __getattr__(name: str) -> Any:
    """Import on first use: `sim --help` needs none of it."""
    if name == "pictures":
        return import_module("sim.view.pictures.gallery")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}")

"""A simulator of regulators' enforcement workflow: scenarios in, forecasts with their uncertainty out.

>>> from sim import load_scenario, simulate
>>> scenario = load_scenario("scenarios/status-quo.yaml", {"staffing.legal.headcount": 16})
>>> run = simulate(scenario, replications=200, jobs=2)

Verbs return nouns: `load_scenario` a Scenario, `simulate` and `load_run` a Run, `compare` a Comparison, `sweep` a
Sweep, `sensitivity` a Sensitivity, `calibrate` a Posterior, `backtest` a Backtest, `leave_one_out` a LeaveOneOut,
`forecast` a Forecast, `score` a TrackRecord, `load_record` a Record. `indicators` lists what runs are measured by.
Users' errors are UserError.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.errors import UserError
    from sim.experiments.compare import Comparison, compare
    from sim.experiments.precision import Precision
    from sim.experiments.sensitivity import Sensitivity, sensitivity
    from sim.experiments.simulate import simulate
    from sim.experiments.sweep import Sweep, sweep
    from sim.inference.backtest import Backtest, backtest
    from sim.inference.calibrate import calibrate
    from sim.inference.forecasts import Forecast, forecast
    from sim.inference.leave_one_out import LeaveOneOut, leave_one_out
    from sim.inference.track_record import TrackRecord, score
    from sim.record.files import load_record
    from sim.record.model import Record
    from sim.results.catalogue import indicators
    from sim.results.run import Run
    from sim.results.store import load_run
    from sim.scenario.loading import load_scenario
    from sim.scenario.schema import Scenario

__version__ = "0.1.0"
__all__ = [
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
    "TrackRecord",
    "UserError",
    "backtest",
    "calibrate",
    "compare",
    "forecast",
    "indicators",
    "leave_one_out",
    "load_record",
    "load_run",
    "load_scenario",
    "score",
    "sensitivity",
    "simulate",
    "sweep",
]

_MODULES = {
    "sim.errors": ("UserError",),
    "sim.experiments.compare": ("Comparison", "compare"),
    "sim.experiments.precision": ("Precision",),
    "sim.experiments.sensitivity": ("Sensitivity", "sensitivity"),
    "sim.experiments.simulate": ("simulate",),
    "sim.experiments.sweep": ("Sweep", "sweep"),
    "sim.inference.backtest": ("Backtest", "backtest"),
    "sim.inference.calibrate": ("calibrate",),
    "sim.inference.posterior": ("Posterior",),
    "sim.inference.forecasts": ("Forecast", "forecast"),
    "sim.inference.leave_one_out": ("LeaveOneOut", "leave_one_out"),
    "sim.inference.track_record": ("TrackRecord", "score"),
    "sim.record.files": ("load_record",),
    "sim.record.model": ("Record",),
    "sim.results.catalogue": ("indicators",),
    "sim.results.run": ("Run",),
    "sim.results.store": ("load_run",),
    "sim.scenario.loading": ("load_scenario",),
    "sim.scenario.schema": ("Scenario",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}
_FORMER = {
    "estimates": "call summary() of the run",
    "per_replication": "it is a property of the run",
    "figures": "call plot() of the run, comparison, sweep, ...",
    "simulate_all": "call simulate() for each scenario, or compare() and sweep() with several",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that `sim --help` loads neither pandas nor scipy."""
    if name in _MODULE_OF:
        return getattr(import_module(_MODULE_OF[name]), name)
    if name in _FORMER:  # an ImportError, because `from sim import` hides the message of an AttributeError
        raise ImportError(f"sim.{name} is no more: {_FORMER[name]}")
    raise AttributeError(f"module 'sim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__

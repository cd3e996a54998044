"""A simulator of regulators' enforcement workflow: scenarios in, forecasts with their uncertainty out.

from sim import load_scenario, simulate, load_run, load_record
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.experiment import simulate
    from sim.record_files import load_record
    from sim.run import Run
    from sim.scenario.loading import load_scenario
    from sim.store import load_run

__version__ = "0.1.0"
__all__ = ["Run", "load_record", "load_run", "load_scenario", "simulate"]

_HOMES = {
    "Run": "sim.run",
    "load_record": "sim.record_files",
    "load_run": "sim.store",
    "load_scenario": "sim.scenario.loading",
    "simulate": "sim.experiment",
}


def __getattr__(name: str) -> Any:
    """Import on first use: `sim --help` needs none of it."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sim' has no attribute {name!r}")

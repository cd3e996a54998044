"""Two small runs that the tests of the views share."""

import pytest
from small_scenarios import BARE, SMALL

from sim import simulate
from sim.results.run import Run
from sim.scenario.loading import load_scenario


def simulated(text: str, folder) -> Run:
    """The stored run of the scenario in a text."""
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return simulate(load_scenario(path), results=folder / "results")


@pytest.fixture(scope="session")
def small_run(tmp_path_factory) -> Run:
    """A run with everything: probes in strands, some resolved, one to come; forks, loops, targets, what is uncertain.

    Stored in two parts (replications 0 to 24, and 25 to 39).
    """
    return simulated(SMALL, tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def bare_run(tmp_path_factory) -> Run:
    """A run of one queue: no probes, no targets, no roles' or stages' milestones, nothing uncertain."""
    return simulated(BARE, tmp_path_factory.mktemp("bare"))

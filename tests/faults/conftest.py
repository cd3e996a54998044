"""The scenario and its undisturbed run, made once."""

from pathlib import Path

import pytest
from runs import content, write_scenario

from sim import load_scenario, simulate


@pytest.fixture(scope="session")
def scenario_file(tmp_path_factory) -> Path:
    """A scenario that takes seconds."""
    return write_scenario(tmp_path_factory.mktemp("scenario"))


@pytest.fixture(scope="session")
def undisturbed(scenario_file, tmp_path_factory) -> dict[str, str]:
    """The hashes of what the scenario gives when nothing happens to it."""
    results = tmp_path_factory.mktemp("undisturbed")
    simulate(load_scenario(scenario_file), results=results)
    return content(results)

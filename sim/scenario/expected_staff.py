"""The staff that a scenario expects, where it is uncertain how many there are."""

from sim.scenario import paths
from sim.scenario.checks import with_values
from sim.scenario.schema import Scenario, Uncertain
from sim.scenario.staffing import Pool


def expected_staffing(scenario: Scenario) -> dict[str, Pool]:
    """The pools by role, with the uncertain parameters that concern them at their means.

    Headcounts and shares are in proportion to such a parameter, so that these are their own means.
    """
    means = {
        name: scenario.margin(name).mean_value()
        for name, parameter in scenario.uncertain.items()
        if any(keys[0] == "staffing" for keys in places_of(scenario, parameter))
    }
    return with_values(scenario, means).staffing


def places_of(scenario: Scenario, parameter: Uncertain) -> list[paths.Keys]:
    """The settings that an uncertain parameter changes."""
    return [keys for path in parameter.sets or parameter.scales or [] for keys in paths.expand(scenario, path)]

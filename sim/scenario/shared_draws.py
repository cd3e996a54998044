"""Draws of uncertain parameters that would be lost, or shared by all replications."""

from sim.scenario import paths
from sim.scenario.findings import Finding
from sim.scenario.schema import Scenario


def lost_draws(scenario: Scenario) -> list[Finding]:
    """Uncertain parameters of whose draws another one, or they themselves, leave nothing, or which count twice.

    Parameters are applied in the order of the file: one may scale what an earlier one sets.
    """
    findings: list[Finding] = []
    changed: dict[paths.Keys, str] = {}
    for name, parameter in scenario.uncertain.items():
        word = "sets" if parameter.sets else "scales"
        places = [keys for path in parameter.sets or parameter.scales or [] for keys in paths.expand(scenario, path)]
        for place, keys in enumerate(places):
            where = paths.joined(keys)
            if keys in places[:place]:
                findings.append(Finding(("uncertain", name, word), f"names {where} twice"))
            lost = [other for done, other in changed.items() if parameter.sets and _touch(done, keys)]
            if lost:
                message = f"sets {where}, which {lost[0]!r} has changed before: its draw would be lost"
                findings.append(Finding(("uncertain", name, word), message))
        changed |= dict.fromkeys(places, name)
    return findings


def _touch(one: paths.Keys, other: paths.Keys) -> bool:
    """Whether two places are the same, or one is a part of the other."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def too_few(scenario: Scenario) -> list[Finding]:
    """That all of several replications would have one draw of the uncertain parameters."""
    most = scenario.replications
    if not 1 < most < scenario.replications_per_draw:
        return []
    return [Finding(("replications_per_draw",), f"must be at most the number of replications, {most}")]

"""Titles: no two things of a kind may have one, or readers of figures and tables could not tell them apart."""

from collections.abc import Mapping

from sim.scenario.findings import Finding, Path_
from sim.scenario.names import look
from sim.scenario.schema import Scenario

BLANK = "must not be empty: it is what readers see"


def problems(scenario: Scenario) -> list[Finding]:
    """Titles of stages and exits, roles, uncertain parameters and targets that are empty, or those of another one too.

    What has no title of its own is called by its name.
    """
    procedure = scenario.procedure
    states: dict[Path_, str] = {("procedure", "stages", n, "title"): s.title for n, s in procedure.stages.items()}
    states |= {("procedure", "exits", name): title for name, title in procedure.exits.items()}
    roles: dict[Path_, str] = {
        ("staffing", role, *(["title"] if pool.title else [])): pool.title or role
        for role, pool in scenario.staffing.items()
    }
    parameters: dict[Path_, str] = {
        ("uncertain", name, *(["title"] if one.title else [])): one.title or name
        for name, one in scenario.uncertain.items()
    }
    targets: dict[Path_, str] = {
        ("targets", n, *(["title"] if t.title else [])): t.title
        or f"{t.milestone} within {t.within_days:g} days of {t.of}"
        for n, t in enumerate(scenario.targets)
    }
    of_all: dict[Path_, str] = {("title",): scenario.title, ("procedure", "title"): procedure.title}
    blank = [Finding(path, BLANK) for path, title in of_all.items() if title and not title.strip()]
    return [*blank, *(finding for titles in (states, roles, parameters, targets) for finding in _shared(titles))]


def _shared(titles: Mapping[Path_, str]) -> list[Finding]:
    findings: list[Finding] = []
    first: dict[str, Path_] = {}
    for path, title in titles.items():
        other = first.setdefault(look(title), path)
        of_names = [len(each) == 2 and each[0] != "targets" for each in (path, other)]
        if all(of_names):  # whatever is wrong with them is told of the names
            continue
        if not title.strip():
            findings.append(Finding(path, BLANK))
        elif other != path:
            where = ".".join(str(part) for part in other if part not in {"procedure", "title"})
            findings.append(Finding(path, f"{title!r} is the title of {where} too; readers could not tell them apart"))
    return findings

"""Errors that a file of the right shape can still have: unknown names, routes, dates, impossible teams."""

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

import numpy as np
from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from sim.errors import suggestion
from sim.record.model import EVENTS, MILESTONES
from sim.scenario import cycles, feasible, idle, names, paths, posterior, shared_draws, titles, workload
from sim.scenario.cycles import targets_of
from sim.scenario.findings import Finding, Path_, unknown
from sim.scenario.idle import Own
from sim.scenario.schema import Effort, Platform, Procedure, Route, Routes, Scenario, Team, Wave
from sim.scenario.settings import Settings
from sim.scenario.shares import given_shares, left_by_probabilities, takes_rest
from sim.scenario.staffing import capacity, millionths

TOLERANCE = 1e-9
"""How far probabilities may be from adding to one."""
NOTHING_LEFT = 1e-12
"""What the route that takes the rest must have at least: less is the rounding of a sum of 1."""
EXTREMES = (0.001, 0.999)
"""Quantiles of an uncertain parameter at which the scenario must still be valid."""


def problems(scenario: Scenario) -> list[Finding]:
    """All errors of a scenario that its shape does not show, in no particular order."""
    findings = before_record(scenario)
    if not findings:
        findings = _reachable(scenario) + _fines(scenario) + cycles.endless_cases(scenario) + _uncertain(scenario)
        findings += feasible.problems(scenario)
    if not findings:
        findings = workload.too_much(scenario)
    return findings


def slips(
    scenario: Scenario, own: Own = lambda path: True, designated: Mapping[str, Platform] | None = None
) -> list[Finding]:
    """What a scenario could be run with, but would not mean: what does nothing, draws for all, titles of two things.

    `own` and `designated` as of `sim.scenario.idle`.
    """
    return idle.problems(scenario, own, designated or {}) + titles.problems(scenario) + shared_draws.too_few(scenario)


def before_record(scenario: Scenario) -> list[Finding]:
    """Errors in names, dates, routes and teams: those to report before a record is read."""
    findings = [Finding(("procedure", *f.path), f.message, f.at_key) for f in procedure_problems(scenario.procedure)]
    findings += names.problems(scenario)
    unreachable = workload.dates(scenario)
    findings += _dates(scenario) + unreachable
    findings += [] if unreachable else _roles(scenario)  # which follow the staff from the first day to the last
    findings += _entries(scenario)
    findings += _targets(scenario)
    return findings


def procedure_problems(procedure: Procedure) -> list[Finding]:
    """All errors within a procedure."""
    findings = names.procedure_problems(procedure)
    for name, stage in procedure.stages.items():
        at = ("stages", name)
        findings += _routes(procedure, stage.next, (*at, "next"))
        for index, other in enumerate(stage.next_when):
            findings += _routes(procedure, other.next, (*at, "next_when", index, "next"))
        for index, other_stage in enumerate(stage.limit.including if stage.limit else []):
            findings += unknown(other_stage, procedure.stages, "stage", (*at, "limit", "including", index))
    findings += idle.procedure_problems(procedure)
    return findings + _headline(procedure) + _record_events(procedure) or cycles.endless(procedure)


def _record_events(procedure: Procedure) -> list[Finding]:
    """Events that no record has, and events of two stages: a case of the record is in one of them, and in which?"""
    findings, stage_of = list[Finding](), dict[str, str]()
    for name, stage in procedure.stages.items():
        if stage.record_event is None:
            continue
        path = ("stages", name, "record_event")
        findings += unknown(stage.record_event, EVENTS, "event of a record", path)
        other = stage_of.setdefault(stage.record_event, name)
        if other != name:
            message = f"{stage.record_event!r} is the record_event of {other!r} already: give it to the stage in which"
            findings.append(Finding(path, f"{message} a case of the record is then, and leave it out in the other"))
    return findings


def _headline(procedure: Procedure) -> list[Finding]:
    """The stage from which cases count must exist, and what comes before it needs a name."""
    headline = procedure.headline
    if headline is None:
        return []
    findings = unknown(headline.stage, procedure.stages, "stage", ("headline", "stage"))
    if not findings and not headline.before and headline.stage != next(iter(procedure.stages)):
        message = f"needs before, the title of cases in the stages before {headline.stage!r}"
        findings.append(Finding(("headline",), message, True))
    return findings


def _routes(procedure: Procedure, routes: Routes, at: tuple[str | int, ...]) -> list[Finding]:
    places = [*procedure.stages, *procedure.exits]
    findings = []
    for name, route in routes.items():
        path = (*at, name, "to") if route.to else (*at, name)
        findings += unknown(route.to or name, places, "stage or exit", path, not route.to)
    open_ended, total = takes_rest(routes), sum(given_shares(routes).values())
    if len(open_ended) > 1:
        findings.append(Finding(at, f"only one route can take the rest, not {' and '.join(open_ended)}"))
    elif open_ended and left_by_probabilities(routes) < NOTHING_LEFT:
        findings.append(Finding(at, f"probabilities add to {total:g}; nothing is left for {open_ended[0]!r}"))
    elif not open_ended and abs(total - 1) > TOLERANCE:
        findings.append(Finding(at, f"probabilities add to {total:g}, not to 1; one route may be 'rest'"))
    return findings


def _dates(scenario: Scenario) -> list[Finding]:
    findings = []
    if scenario.horizon <= scenario.start:
        findings.append(Finding(("horizon",), f"the horizon must lie after the start, {scenario.start}"))
        return findings
    for name, probe in scenario.probes.items():
        if probe.arrives and probe.arrives < scenario.start:
            findings.append(
                Finding(
                    ("probes", name, "arrives"),
                    f"{probe.arrives} is before the start, {scenario.start}; a case in progress has `since`",
                )
            )
        for strand, settings in probe.strands.items() if probe.arrives else ():
            findings += [
                Finding(
                    ("probes", name, "strands", strand, key),
                    f"is for a case in progress; {name!r} arrives on {probe.arrives}, and its strands begin where it"
                    " forks: leave it out",
                )
                for key in ("stage", "since")
                if getattr(settings, key) is not None
            ]
        for path, since in [((), probe.since), *((("strands", s), v.since) for s, v in probe.strands.items())]:
            if since and since > scenario.start:
                since_path = ("probes", name, *path, "since")
                findings.append(Finding(since_path, f"{since} is after the start, {scenario.start}; use `arrives`"))
    for name, stream in scenario.arrivals.items():
        if isinstance(stream, Wave) and not scenario.start <= stream.on <= scenario.horizon:
            message = f"{stream.on} is not between the start, {scenario.start}, and the horizon, {scenario.horizon}"
            findings.append(Finding(("arrivals", name, "on"), message))
    return findings


def _roles(scenario: Scenario) -> list[Finding]:
    """Roles that nobody has, and teams that can never be complete."""
    findings = []
    days = scenario.horizon_days
    most = {
        role: max(capacity(pool, scenario.calendar, scenario.start, days).fte) if days > 0 else inf
        for role, pool in scenario.staffing.items()
    }
    for name, stage in scenario.procedure.stages.items():
        for path, steps in names.all_steps(stage, ("procedure", "stages", name)):
            for step_name, step in steps.items():
                at = (*path, step_name)
                if isinstance(step, Effort):
                    for role in step.fte_days:
                        findings += unknown(role, most, "role", (*at, "fte_days", role), True)
                        if days > 0 and role in most and not millionths(most[role]):
                            message = f"the work needs {role}, but their headcount is always 0"
                            findings.append(Finding((*at, "fte_days", role), message))
                    for role in step.most_fte:
                        findings += unknown(role, step.fte_days, "role of this step", (*at, "most_fte", role), True)
                elif isinstance(step, Team):
                    for role, fte in step.fte.items():
                        findings += unknown(role, most, "role", (*at, "fte", role), True)
                        if days > 0 and role in most and millionths(fte) > millionths(most[role]):
                            message = f"the team needs {fte:.9g} {role}, but at most {most[role]:.9g} are available"
                            findings.append(Finding((*at, "fte", role), message))
    return findings


def _entries(scenario: Scenario) -> list[Finding]:
    """Stages, topics and platforms that probes and arrivals name."""
    procedure, findings = scenario.procedure, []
    for name, probe in scenario.probes.items():
        at: tuple[str | int, ...] = ("probes", name)
        findings += unknown(probe.stage, procedure.stages, "stage", (*at, "stage"))
        if probe.topic and procedure.topics:
            findings += unknown(probe.topic, procedure.topics, "topic", (*at, "topic"))
        for strand_name, strand in probe.strands.items():
            if strand.stage:
                findings += unknown(strand.stage, procedure.stages, "stage", (*at, "strands", strand_name, "stage"))
            if strand.topic and procedure.topics:
                findings += unknown(strand.topic, procedure.topics, "topic", (*at, "strands", strand_name, "topic"))
    for name, stream in scenario.arrivals.items():
        findings += unknown(stream.stage, procedure.stages, "stage", ("arrivals", name, "stage"))
        if not stream.obligations.mean_value():
            findings.append(Finding(("arrivals", name, "obligations"), "must be more than 0"))
        for topic in stream.topics if procedure.topics else ():
            if list(stream.topics) != ["any"]:
                findings += unknown(topic, procedure.topics, "topic", ("arrivals", name, "topics", topic), True)
    return findings


def _targets(scenario: Scenario) -> list[Finding]:
    """Targets of what there is not, and of milestones that no case reaches, or has reached as counting begins."""
    procedure = scenario.procedure
    places = [*procedure.stages, *procedure.exits]
    findings: list[Finding] = []
    if scenario.answer == "targets" and not scenario.targets:
        findings.append(Finding(("answer",), "there are no targets to answer the question: add `targets`"))
    for index, target in enumerate(scenario.targets):
        at = ("targets", index, "milestone")
        unknown_names = [
            *unknown(target.milestone, places, "stage or exit", at),
            *unknown(target.of, procedure.stages, "stage", ("targets", index, "of")),
        ]
        findings += unknown_names
        if unknown_names:
            continue
        if target.milestone == target.of:
            message = f"is reached when counting begins: name what comes after {target.of!r}"
            findings.append(Finding(at, message))
        elif target.milestone not in idle.after(procedure, target.of):
            message = f"no case comes to {target.milestone!r} from {target.of!r}: no route leads there"
            findings.append(Finding(at, message))
    return findings


def _reachable(scenario: Scenario) -> list[Finding]:
    """Stages that no case can come to: not an entry, and on no route from one."""
    stages = scenario.procedure.stages
    reached = {name for name, stage in stages.items() if stage.record_event in MILESTONES}
    reached |= {stream.stage for stream in scenario.arrivals.values()}
    for probe in scenario.probes.values():
        reached |= {probe.stage, *(strand.stage for strand in probe.strands.values() if strand.stage)}
    while True:
        more = {t for name in reached if name in stages for t in targets_of(stages[name])} - reached
        if not more:
            break
        reached |= more
    return [
        Finding(
            ("procedure", "stages", name),
            f"no case ever reaches the stage {name!r}: no route leads to it, and no case arrives in it",
            True,
        )
        for name in stages
        if name not in reached
    ]


def _fines(scenario: Scenario) -> list[Finding]:
    """Platforms that may be fined but whose turnover nobody gave."""
    if not any(stage.fine for stage in scenario.procedure.stages.values()):
        return []
    named: dict[tuple[str | int, ...], str] = {}
    for name, probe in scenario.probes.items():
        named["probes", name, "platform"] = probe.platform
    for name, stream in scenario.arrivals.items():
        named |= {("arrivals", name, "platforms", p): p for p in stream.platforms}
    known = [name for name, platform in scenario.platforms.items() if platform.turnover_eur_bn is not None]
    message = "{!r} may be fined, but platforms gives no turnover_eur_bn for it{}"
    return [
        Finding(path, message.format(platform, suggestion(platform, known, listed=0)))
        for path, platform in named.items()
        if platform not in known
    ]


def _uncertain(scenario: Scenario) -> list[Finding]:
    """Uncertain parameters whose paths name nothing, or whose extremes make no valid scenario."""
    findings = []
    for name, parameter in scenario.uncertain.items():
        word = "sets" if parameter.sets else "scales"
        at = ("uncertain", name, word)
        for path in parameter.sets or parameter.scales or []:
            if path.split(".")[0] in (
                "uncertain",
                "seed",
                "replications",
                "replications_per_draw",
                "posterior",
                "name",
                "start",
                "horizon",
            ):
                findings.append(Finding(at, f"{path!r} cannot be uncertain"))
                continue
            try:
                paths.expand(scenario, path)
            except KeyError as error:
                findings.append(Finding(at, str(error.args[0])))
    findings = findings or shared_draws.lost_draws(scenario)
    if findings:
        return findings
    for name, parameter in scenario.uncertain.items():
        wrong = [_invalid_at(scenario, name, float(v)) for v in parameter.value.quantile(np.array(EXTREMES))]
        findings += next(filter(None, wrong), [])
    return findings or _shares_together(scenario) + (posterior.problems(scenario) or _draws(scenario))


def _draws(scenario: Scenario) -> list[Finding]:
    """Joint draws beyond the extremes at which parameters are checked in any case that make no valid scenario."""
    draws, findings = scenario.posterior, list[Finding]()
    for column, name in enumerate(draws.columns if draws else ()):
        least, most = scenario.uncertain[name].value.quantile(np.array(EXTREMES)).tolist()
        values = [row[column] for row in draws.rows] if draws else []
        for value in {v for v in (min(values), max(values)) if not least <= v <= most}:
            at: Path_ = ("posterior", "rows", values.index(value), column)
            findings += _invalid_at(scenario, name, value, at)
    return findings


def _shares_together(scenario: Scenario) -> list[Finding]:
    """Uncertain shares of one stage's routes that are valid each by itself, and together leave nothing for the rest."""
    base, findings = dict(_left(scenario)), []
    lowest: dict[Path_, dict[str, float]] = {path: {} for path in base}
    for name, parameter in scenario.uncertain.items():
        extremes = [float(value) for value in parameter.value.quantile(np.array(EXTREMES))]
        left = {value: dict(_left(with_values(scenario, {name: value}))) for value in extremes}
        for path, usual in base.items():
            value = min(extremes, key=lambda value: left[value][path])
            if left[value][path] != usual:
                lowest[path][name] = value
    for path, values in lowest.items():
        if len(values) > 1 and dict(_left(with_values(scenario, values)))[path] < NOTHING_LEFT:
            *others, last = values
            message = (
                f"with {', '.join(map(repr, others))} it may leave nothing for the route that takes the rest of"
                f" {paths.joined(path)}"
            )
            findings.append(Finding(("uncertain", last, "value"), message))
    return findings


def _left(scenario: Scenario) -> Iterator[tuple[Path_, float]]:
    """What the probabilities of each stage leave where a route takes the rest: the path of the routes, and the share.

    It falls as any of them rises, so that the extremes of parameters one by one are the extremes of all together.
    """
    for name, stage in scenario.procedure.stages.items():
        at: Path_ = ("procedure", "stages", name)
        others = (((*at, "next_when", index, "next"), other.next) for index, other in enumerate(stage.next_when))
        for path, routes in (((*at, "next"), stage.next), *others):
            if takes_rest(routes):
                yield path, left_by_probabilities(routes)


def _invalid_at(scenario: Scenario, name: str, value: float, draw: Path_ | None = None) -> list[Finding]:
    """What is wrong with the scenario where one parameter has an extreme value, which a `draw` has or any may have."""
    at, what = (draw, f"{name} is") if draw else (("uncertain", name, "value"), "it may be")
    try:
        extreme = with_values(scenario, {name: value})
        Scenario.model_validate({**_written(extreme, scenario), "posterior": None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        return [Finding(at, f"{what} {value:.3g}, where the scenario is wrong: {where}: {first['msg']}")]
    except (TypeError, ValueError) as error:
        word = "sets" if scenario.uncertain[name].sets else "scales"
        return [Finding(("uncertain", name, word), f"{error}{_number_of_route(scenario, name)}")]
    # Most of the time goes into the procedure, which parameters of other things, and of complexity, leave as it is.
    other_stages = extreme.procedure.stages is not scenario.procedure.stages
    wrong = (procedure_problems(extreme.procedure) if other_stages else []) + _roles(extreme)
    return [Finding(at, f"{what} {value:.3g}, where the scenario is wrong: {w.message}") for w in wrong[:1]]


def _written(changed: Any, usual: Any) -> Any:
    """Settings as a file would say them, but for all that is the same object as usual: that is known to be valid."""
    if changed is usual:
        return changed
    if isinstance(changed, Settings) and type(changed) is type(usual):
        return {name: _written(getattr(changed, name), getattr(usual, name)) for name in type(changed).model_fields}
    if isinstance(changed, dict) and isinstance(usual, dict):
        return {key: _written(value, usual.get(key)) for key, value in changed.items()}
    if isinstance(changed, list) and isinstance(usual, list):
        return [_written(*both) for both in zip(changed, usual, strict=True)]
    return to_jsonable_python(changed)


def _number_of_route(scenario: Scenario, name: str) -> str:
    """Where the number of a route is, if an uncertain parameter names the route, as the end of a message."""
    parameter = scenario.uncertain[name]
    for path in parameter.sets or parameter.scales or []:
        for route in (paths.value_at(scenario, keys) for keys in paths.expand(scenario, path)):
            if isinstance(route, Route):
                return f"; of a route name {path}.{'probability' if route.of_rest is None else 'of_rest'}"
    return ""


def with_values(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """The scenario with its uncertain parameters at these values.

    Raises TypeError where a parameter's path leads to something that is not a number.
    """
    for name, value in values.items():
        parameter = scenario.uncertain[name]
        for path in parameter.sets or parameter.scales or []:
            for keys in paths.expand(scenario, path):
                old = paths.value_at(scenario, keys)
                new = paths.set_value(old, value) if parameter.sets else paths.scale_value(old, value)
                scenario = paths.replaced(scenario, keys, new)
    return scenario

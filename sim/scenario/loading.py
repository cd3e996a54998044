"""A scenario file, what it extends, its procedure, its record and the command's own settings -> one Scenario."""

from collections.abc import Collection, Mapping
from datetime import date
from os.path import relpath
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from yaml import MappingNode, Node, ScalarNode

from sim.errors import Problem, UserError, suggestion
from sim.record.files import load_record
from sim.record.model import Record, in_progress
from sim.scenario import checks, posterior, recency, services
from sim.scenario.doubts import doubts
from sim.scenario.findings import Finding, Path_
from sim.scenario.idle import Own
from sim.scenario.parameters import rows
from sim.scenario.paths import joined, part
from sim.scenario.posterior import Layers, TableFile, with_draws, without_removed
from sim.scenario.schema import InFlight, Platform, Probe, Procedure, Scenario, Strand
from sim.scenario.settings import MOST_PROBLEMS, Settings
from sim.scenario.sources import SETTING, Source, declared_at, overridden, without_sources, written, written_sources
from sim.scenario.yaml_nodes import find, is_null, locate, merge, node_of, plain, problem, put, read, split, without

Model = TypeVar("Model", bound=Settings)

WHOLE_PROCEDURE = ("name", "title", "stages", "exits")
"""What a procedure cannot do without."""
PRIORS: Mapping[str, Any] = {"posterior": None}
"""The setting that makes a scenario draw its uncertain parameters from their priors."""
LONGEST_CHAIN = 20
"""The most files that are built one on another; three or four are usual."""


def load_scenario(path: Path | str, settings: Mapping[str, Any] | None = None, **former: Any) -> Scenario:
    """Read a scenario file and all that it is built on; the scenario needs no other file any more.

    Parameters
    ----------
    path
        The scenario file.
    settings
        Values that replace those of the file, by dotted path, such as `{"staffing.legal.headcount": 16}`; a part of
        a path with dots of its own stands in quotes. A value is a number, text, date, list or dict.

    Returns
    -------
    Scenario
        Complete and checked. What was pending on the first day is taken from the record, as it was known on that
        day, and stands among the probes.

    Raises
    ------
    UserError
        With all the errors in the files and the settings, each with file, line and column.
    """
    own, tree, scenario = _read_scenario(path, _checked_settings("load_scenario", settings, former))
    recorded: dict[str, Source] = {}
    designated: dict[str, Platform] = {}
    if scenario.in_flight is not None:
        _raise(tree, checks.before_record(scenario))
        folder = _record_folder(tree, scenario.in_flight.record)
        record = load_record(folder)
        recorded = _record_sources(folder, scenario.start, Path(path).parent)
        designated = platforms_of(record)
        _raise(tree, services.problems(scenario, record))
        scenario = _with_record(scenario, tree, scenario.in_flight, record).with_record_folder(folder)
    _raise(tree, checks.problems(scenario) or checks.slips(scenario, _written_by(own, tree), designated))
    return _with_sources(scenario, tree, Path(path).parent, recorded)


def load_undated(path: Path | str) -> tuple[Scenario, Path | None]:
    """The scenario in a file without the state on its first day, and the folder of the record that would give it.

    For those who set other first days on the same assumptions: without the posterior of any day, since that knows what
    came later. Raises UserError with every problem found but those
    that show only in a record.
    """
    _, tree, scenario = _read_scenario(path, PRIORS)
    _raise(tree, checks.before_record(scenario))
    record, scenario = scenario.in_flight, _with_sources(scenario, tree, Path(path).parent)
    if record is None:
        return scenario, None
    return scenario.model_copy(update={"in_flight": None}), _record_folder(tree, record.record)


def _read_scenario(path: Path | str, settings: Mapping[str, Any]) -> tuple[MappingNode, MappingNode, Scenario]:
    """The tree of a scenario's own files, the whole one, and the scenario, whose first day is not looked up yet."""
    layers = Layers()
    own = _extended(Path(path), layers=layers)
    tree = with_draws(_with_settings(_with_procedure(own), settings))
    scenario = without_removed(_validated(Scenario, tree), tree, layers)
    _raise(tree, posterior.overridden(scenario, tree, layers))
    return own, tree, scenario


def _written_by(own: MappingNode, tree: MappingNode) -> Own:
    """Tells of a path whether a scenario's own files, or a command's settings, have it, and not a procedure's file."""

    shared, _ = locate(own, ("procedure", "shared"))
    whole = isinstance(shared, ScalarNode) and shared.value == "true"  # as `sim show` prints a procedure from a file

    def is_own(path: Path_) -> bool:
        at, own_at = (locate(root, path)[0].start_mark for root in (tree, own))
        here = (at.name, at.line, at.column) == (own_at.name, own_at.line, own_at.column)
        return (here and not (whole and path[0] == "procedure")) or at.name.startswith(SETTING)

    return is_own


def replace(scenario: Scenario, settings: Mapping[str, Any], name: str | None = None) -> Scenario:
    """The scenario with other settings, validated again; see `Scenario.replace`."""
    tree = node_of(part(scenario, ""), "")
    assert isinstance(tree, MappingNode)
    settings = dict(_checked_settings("replace", settings, {}))
    if name is not None:
        settings = {"title": "", **settings, "name": name}
    tree = with_draws(_with_settings(tree, settings))
    changed = _validated(Scenario, tree)
    _raise(tree, posterior.overridden(changed, tree, Layers()))
    before = checks.slips(scenario)  # the file of its procedure may have some, of which only another one is told
    new = [slip for slip in checks.slips(changed) if slip not in before]
    _raise(tree, checks.problems(changed) or new)
    return changed.model_copy(update={"sources": overridden(scenario.sources, settings)})


def _checked_settings(verb: str, settings: Any, former: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings, if they are a dict. Raises TypeError for the strings that earlier versions took."""
    if former.keys() - {"sets"}:
        raise TypeError(f"{verb}() has no argument {next(iter(former))!r}")
    if former or not isinstance(settings, Mapping | None):
        example = '{"staffing.legal.headcount": 16}'
        raise TypeError(f"{verb}() takes `settings` as a dict from dotted paths to values, such as {example}")
    return settings or {}


def load_procedure(path: Path | str) -> Procedure:
    """The procedure in a file, checked. Raises UserError with every problem found."""
    tree = _extended_procedure(Path(path))
    procedure = _validated(Procedure, tree)
    _raise(tree, checks.procedure_problems(procedure))
    return procedure


def is_procedure(path: Path) -> bool:
    """Whether a file holds a procedure and not a scenario."""
    tree = read(path)
    return find(tree, "stages") is not None and find(tree, "procedure") is None


def _extended(path: Path, seen: tuple[Path, ...] = (), layers: Layers | None = None) -> MappingNode:
    """A file's tree laid on the tree of the file it extends, and so on.

    To `layers` go all the files, each after those on which it is built.
    """
    tree = without_sources(read(path))
    layers = Layers() if layers is None else layers
    base = find(tree, "extends")
    if base is None:
        layers.add(tree)
        return tree
    if not isinstance(base, ScalarNode):
        raise UserError(problem(base, "extends must be the name of one file"))
    seen = (*seen, path.resolve())
    found = _beside(base, base.value, "scenarios")
    if found.resolve() in seen:
        raise UserError(problem(base, f"{base.value!r} extends this file in turn"))
    if len(seen) > LONGEST_CHAIN:
        message = f"is number {len(seen) + 1} of the files that are built one on another; at most {LONGEST_CHAIN}"
        raise UserError(problem(base, f"{base.value!r} {message} may be"))
    extended = _extended(found, seen, layers)
    layers.add(tree)
    _check_procedure(extended, tree)
    merged = merge(extended, without(tree, "extends"))
    assert isinstance(merged, MappingNode)
    return merged


def _check_procedure(base: MappingNode, over: MappingNode) -> None:
    """Raise UserError for a part of a procedure that stands in the place of the name of a whole one."""
    name, part = find(base, "procedure"), find(over, "procedure")
    if not isinstance(name, ScalarNode) or not isinstance(part, MappingNode) or find(part, "extends") is not None:
        return
    if any(find(part, key) is None for key in WHOLE_PROCEDURE):
        whole, folder = _beside(name, name.value, "procedures"), Path(part.start_mark.name).parent
        path = Path(relpath(whole, folder))
        path = Path(path.stem) if path.parent == Path("procedures") else path
        message = f"is only a part of a procedure; for the rest begin it with `extends: {path.as_posix()}`"
        raise UserError(problem(part, f"procedure: {message}"))


def _extended_procedure(path: Path) -> MappingNode:
    return _extended(path)


def _with_procedure(tree: MappingNode) -> MappingNode:
    """The tree with the procedure's own tree in the place of its name."""
    node = find(tree, "procedure")
    if isinstance(node, ScalarNode):
        return _replaced(tree, _shared(_extended_procedure(_beside(node, node.value, "procedures"))))
    base = find(node, "extends") if node is not None else None
    if isinstance(node, MappingNode) and isinstance(base, ScalarNode):
        found = _shared(_extended_procedure(_beside(base, base.value, "procedures")))
        return _replaced(tree, merge(found, without(node, "extends")))
    return tree


def _shared(procedure: Node) -> Node:
    """A procedure from a file of its own, which other scenarios may use too."""
    return put(procedure, ["shared"], node_of(True, procedure.start_mark.name), procedure.start_mark.name)


def _replaced(tree: MappingNode, procedure: Node) -> MappingNode:
    changed = put(tree, ["procedure"], procedure, "procedure")
    assert isinstance(changed, MappingNode)
    return changed


def _beside(node: Node, name: str, kind: str) -> Path:
    """The file that a name in another file means: a path beside that file, or a name in its folder.

    Procedures are looked for in the folder `procedures` beside it.
    """
    if is_null(node) or not name:
        raise UserError(problem(node, f"must be the name of a {kind.removesuffix('s')} or its file, not empty"))
    folder = Path(node.start_mark.name).parent
    path = folder / name
    if not name.endswith((".yaml", ".yml")):
        path = (folder / "procedures" if kind == "procedures" else folder) / f"{name}.yaml"
    if path.is_file():
        return path
    known = sorted(found.stem for found in path.parent.glob("*.yaml"))
    raise UserError(problem(node, f"there is no file {path}{suggestion(path.stem, known)}"))


def _with_settings(tree: MappingNode, settings: Mapping[str, Any]) -> MappingNode:
    """The tree with other values at dotted paths."""
    for path, value in settings.items():
        name, keys = f"{SETTING}{path}", split(path)
        if not keys:
            raise UserError(f"{name}: must be a path, such as staffing.case_handlers.headcount")
        if twice := [other for other in settings if other != path and split(other) == keys]:
            raise UserError(f"{name}: is set twice, also as {twice[0]}")
        if "*" in keys:
            raise UserError(f"{name}: names one setting at a time; a * is for the paths of uncertain parameters")
        if keys == ["procedure"] and isinstance(value, str):
            raise UserError(f"{name}: set a part of the procedure, or write a scenario with another one")
        changed = put(tree, keys, node_of(value, name), name)
        assert isinstance(changed, MappingNode)
        tree = changed
    return tree


def _validated(model: type[Model], tree: MappingNode) -> Model:
    try:
        return model.model_validate(plain(tree))
    except ValidationError as error:
        problems = sorted({_located(tree, e) for e in error.errors(include_url=False)[:MOST_PROBLEMS]})
        if error.error_count() >= MOST_PROBLEMS:
            problems.append(Problem(message=f"these are the first {len(problems)} problems; there may be more"))
        raise UserError(*problems) from None


def _located(tree: MappingNode, error: Any) -> Problem:
    """A pydantic error as a problem in its file and line."""
    loc, message = error["loc"], error["msg"]
    of_key = error["type"] in ("unknown_setting",)
    if error["type"] == "missing":
        node, known = locate(tree, loc[:-1])
        return _placed(node, known, f"{loc[-1]!r} is missing")
    node, known = _place(tree, loc, of_key)
    if of_key:
        known = known[:-1]
    return _placed(node, known, message)


def _place(tree: Node, path: Path_, of_key: bool = False) -> tuple[Node, list[str]]:
    """As `locate`; what is in a table of its own file has its place there, and none in the tree."""
    node, known = locate(tree, path, of_key)
    return (node.at(path[1:]), []) if isinstance(node, TableFile) else (node, known)


def _placed(node: Node, known: list[str], message: str) -> Problem:
    where = ".".join(known)
    setting = node.start_mark.name.removeprefix(SETTING)
    is_named = node.start_mark.name.startswith(SETTING) and f"{setting}.".startswith(f"{where}.")
    return problem(node, f"{where}: {message}" if where and not is_named else message)


def _raise(tree: Node, found: list[Finding]) -> None:
    if found:
        raise UserError(*_problems(tree, found))


def _problems(tree: Node, found: list[Finding]) -> list[Problem]:
    """Findings in their files and lines, in order, each once."""
    problems = set()
    for finding in found:
        node, known = _place(tree, finding.path, finding.at_key)
        problems.add(_placed(node, [str(part) for part in finding.path] if known else [], finding.message))
    return sorted(problems)


def _with_sources(
    scenario: Scenario, tree: MappingNode, folder: Path, others: Mapping[str, Source] | None = None
) -> Scenario:
    """The scenario with the sources of all numbers that its files say, and of `others`."""
    written = written_sources(tree, rows(scenario), folder)
    return scenario.model_copy(update={"sources": {**(others or {}), **written}})


def located_notes(path: Path | str, settings: Mapping[str, Any], scenario: Scenario) -> list[Problem]:
    """What is legal in a scenario of this file and these settings but hardly meant, each in its line."""
    _, tree, _ = _read_scenario(path, settings)
    return _problems(tree, doubts(scenario))


def behind_record(path: Path | str, record: Record) -> list[Problem]:
    """What the scenario in a file lacks to be as recent as a record, each in its line.

    Raises UserError if the scenario cannot be read.
    """
    _, tree, scenario = _read_scenario(path, {})
    return _problems(tree, recency.findings(scenario, record))


def notes(scenario: Scenario) -> list[str]:
    """What is legal in a scenario but hardly meant; see `Scenario.notes`."""
    return sorted({f"{joined(finding.path)}: {finding.message}" for finding in doubts(scenario)})


def unsourced(path: Path | str) -> list[Problem]:
    """The numbers in a scenario's files that have no source, or none with a basis, each in its line.

    Raises UserError if the scenario cannot be read.
    """
    _, tree, scenario = _read_scenario(path, {})
    found = set()
    for keys, numbers in rows(scenario):
        for number in numbers:
            node = written(tree, number)
            if node is not None and (declared_at(node) or Source()).basis is None:
                found.add(problem(node, f"{joined(keys)}: has no source; sources beside it say where it comes from"))
    return sorted(found)


def _record_sources(record: Path, day: date, folder: Path) -> dict[str, Source]:
    """The sources of what is taken from a record."""
    location = Path(relpath(record, folder))
    return {
        "probes": Source(
            basis="derived", reason=f"the public record, as it was known on {day}", location=location.as_posix()
        ),
        "platforms": Source(
            basis="source", reason="the public record", location=(location / "turnover.csv").as_posix()
        ),
    }


def _with_record(scenario: Scenario, tree: MappingNode, pending: InFlight, whole: Record) -> Scenario:
    """The scenario with the platforms of the record, and what was pending on its first day among the probes.

    It names no record any more: it says all that it takes from it, so that it means the same wherever it is written to
    and has the same results wherever the record lies.
    """
    node, _ = locate(tree, ("in_flight", "record"))
    record = whole.known_on(scenario.start)
    names = pending_names(record, scenario.start)
    _raise(tree, [_not_pending(n, index, names) for index, n in enumerate(pending.without) if n not in names])
    try:
        probes = pending_probes(scenario, record, pending.without)
    except KeyError as error:
        raise UserError(problem(node, str(error.args[0]))) from None
    platforms = {**platforms_of(record), **scenario.platforms}
    update = {"probes": {**probes, **scenario.probes}, "platforms": platforms, "in_flight": None}
    return scenario.model_copy(update=update)


def _not_pending(name: str, index: int, pending: list[str]) -> Finding:
    """That a case to be left out is not pending on the first day."""
    message = f"nothing called {name!r} is pending in the record on the first day{suggestion(name, pending)}"
    return Finding(("in_flight", "without", index), message)


def _record_folder(tree: MappingNode, folder: str) -> Path:
    node, _ = locate(tree, ("in_flight", "record"))
    path = Path(node.start_mark.name).parent / folder
    if not path.is_dir():
        raise UserError(problem(node, f"there is no folder {path} with a record"))
    return path


def platforms_of(record: Record) -> dict[str, Platform]:
    """The record's services with their providers' turnover; a case on two services of one provider has both names."""
    found = {
        name: Platform(
            provider=platform.provider,
            sector=platform.sector,
            turnover_eur_bn=record.turnover.get(platform.provider),
        )
        for name, platform in record.platforms.items()
    }
    joint = {strand.platform for strand in record.strands if ";" in strand.platform}
    return {**found, **{name: found[name.split(";")[0]] for name in sorted(joint)}}


def pending_names(record: Record, day: date) -> list[str]:
    """The names of what was pending on a day: proceedings, and requests that none has taken up."""
    return list(dict.fromkeys(case.parent or case.name for case in in_progress(record, day)))


def pending_probes(scenario: Scenario, record: Record, without: Collection[str] = ()) -> dict[str, Probe]:
    """What was pending on the first day, as probes under way; strands of one proceeding together.

    `without`: names of those to leave out. Raises KeyError if the procedure has no stage for a milestone of the record.
    """
    stage_of = {s.record_event: name for name, s in scenario.procedure.stages.items() if s.record_event}
    probes: dict[str, Probe] = {}
    for case in in_progress(record, scenario.start):
        if (case.parent or case.name) in without:
            continue
        if case.milestone not in stage_of:
            raise KeyError(
                f"{case.name} stands after {case.milestone!r} in the record, but no stage of the procedure has that"
                f" record_event; write record_event: {case.milestone} in the stage that begins with it, or leave the"
                " case out (in_flight.without)"
            )
        stage = stage_of[case.milestone]
        common: dict[str, Any] = {
            "stage": stage,
            "since": case.since,
            "topic": case.topic,
            "obligations": case.obligations or 1,
        }
        if not case.parent:
            probes[case.name] = Probe(platform=case.platform, **common)
            continue
        before = probes.get(case.parent)
        strands = {**(before.strands if before else {}), case.strand: Strand(**common)}
        probes[case.parent] = Probe(platform=case.platform, strands=strands, **common)
    return probes


def read_headings(path: Path) -> dict[str, str]:
    """The title, question and description of a scenario file, without loading it in full; empty if it has none."""
    tree = _extended(path)
    nodes = {key: find(tree, key) for key in ("title", "name", "question", "description")}
    words = {key: " ".join(str(node.value).split()) if node is not None else "" for key, node in nodes.items()}
    return {"title": words["title"] or words["name"], **{key: words[key] for key in ("question", "description")}}


def base_of(path: Path) -> Path | None:
    """The file that a scenario file extends; None if it extends none. Raises UserError if it cannot be read."""
    base = find(read(path), "extends")
    return _beside(base, base.value, "scenarios") if isinstance(base, ScalarNode) else None

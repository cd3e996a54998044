"""Commands about scenario files: validate, schema, list, show, new."""

from dataclasses import asdict
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from sim.characters import one_line
from sim.cli.app import FILES, RUN, SHARE, app, tell_notes
from sim.cli.diagram import draw
from sim.cli.options import AsJson, Full, Results, Sets
from sim.cli.output import display, say, say_json, tell
from sim.cli.runs import as_data, show_run
from sim.errors import UserError

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario


@app.command(rich_help_panel=FILES)
def validate(
    files: Annotated[list[Path], typer.Argument(help="Scenario or procedure files.", metavar="FILE...")],
    sources: Annotated[bool, typer.Option("--sources", help="A number without a source is an error.")] = False,
    set_: Sets = None,
) -> None:
    """Check scenario and procedure files without running anything; all errors are reported together.

    Example: sim validate scenarios/*.yaml
    """
    from sim.scenario.loading import is_procedure, load_procedure, load_scenario, unsourced
    from sim.scenario.settings import parse_settings
    from sim.view.words import plural

    problems, settings = [], parse_settings(set_ or ())
    for path in files:
        try:
            if is_procedure(path):
                procedure = load_procedure(path)
                say(f"{one_line(str(path))}: a valid procedure with {plural(len(procedure.stages), 'stage')}")
            else:
                scenario = load_scenario(path, settings)
                tell_notes(path, settings, scenario)
                problems += unsourced(path) if sources else []
                counted = [
                    plural(len(named), what)
                    for what, named in (("probe", scenario.probes), ("stream", scenario.arrivals))
                    if named
                ]
                say(f"{one_line(str(path))}: a valid scenario{'; ' * bool(counted)}{', '.join(counted)}")
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(*problems)


@app.command(rich_help_panel=FILES)
def schema(
    procedure: Annotated[bool, typer.Option("--procedure", help="The schema of procedure files.")] = False,
) -> None:
    """Print the JSON Schema of scenario files, for editors.

    Example: sim schema > scenarios/scenario.schema.json
    """
    from sim.scenario.json_schema import procedure_schema, scenario_schema

    say_json(procedure_schema() if procedure else scenario_schema(), indent=1)


@app.command("list", rich_help_panel=RUN)
def list_(
    folder: Annotated[Path, typer.Argument(help="Folder of scenario files.")] = Path("scenarios"),
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """List the scenarios with the question that each asks, the baseline of the others first, and the stored runs.

    Example: sim list
    """
    from sim.results.store import list_runs

    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such folder")
    files = _headings(folder)
    runs = {str(path): manifest for path, manifest in list_runs(results, lambda problem: tell(str(problem)))}
    if as_json:
        for file in files:
            if "error" in file:
                tell(file["error"])
        stored = [{"folder": p, "replications": m.replications, "seed": m.seed} for p, m in runs.items()]
        say_json({"scenarios": [file for file in files if "error" not in file], "runs": stored})
        return
    from sim.view.terminal.tables import Column, Grid, sections

    asked = [[one["file"], one.get("error") or one["question"] or one["title"] or one["description"]] for one in files]
    parts = [Grid([Column("scenario"), Column("question", words=True)], asked)]
    if runs:
        stored_runs = [[path, f"{one.replications:,}", str(one.seed)] for path, one in runs.items()]
        parts.append(Grid([Column("stored run"), Column("simulations"), Column("seed")], stored_runs))
    display(sections(parts))


def _headings(folder: Path) -> list[dict[str, str]]:
    """The scenario files of a folder: what others extend first, what extends it below, then those by themselves.

    One that cannot be read has an `error`, and hides no others: it is being written, or of another program.
    """
    from sim.scenario.loading import base_of, read_headings

    found: dict[Path, dict[str, str]] = {}
    bases: dict[Path, Path | None] = {}
    for file in sorted(folder.glob("*.yaml")):
        try:
            base, found[file] = base_of(file), {"file": str(file), **read_headings(file)}
            bases[file] = next((one for one in folder.glob("*.yaml") if base and one.resolve() == base.resolve()), None)
        except UserError as error:
            bases[file], found[file] = None, {"file": str(file), "error": str(error.problems[0])}

    def built_on(base: Path | None) -> list[Path]:
        mine = [file for file in found if bases[file] == base]
        return sorted(mine, key=lambda file: -sum(other == file for other in bases.values()))

    def below(base: Path | None) -> list[Path]:
        return [one for file in built_on(base) for one in (file, *below(file))]

    return [found[file] for file in below(None)]


@app.command(rich_help_panel=SHARE)
def show(
    what: Annotated[Path, typer.Argument(help="A scenario file, or the folder of a stored run.", metavar="WHAT")],
    words: Annotated[
        list[str] | None,
        typer.Argument(help="Only its numbers with all these words, and where they come from.", metavar="[WORD...]"),
    ] = None,
    path: Annotated[str, typer.Option("--path", help="Only this part of a scenario, such as staffing.legal.")] = "",
    sources: Annotated[bool, typer.Option("--sources", help="Its numbers in words, and where they come from.")] = False,
    diagram: Annotated[bool, typer.Option("--diagram", help="Its procedure as a drawing (SVG).")] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.svg", help="Where to write the diagram.")
    ] = None,
    set_: Sets = None,
    full: Full = False,
    as_json: AsJson = False,
) -> None:
    """Show a scenario in full, with all that it takes from other files, or the answer of a stored run.

    What is shown of a whole scenario is itself a scenario file, which loads anywhere and means the same. With words it
    is the numbers that have them in their name, path, value or source, also of a stored run: what each is based on,
    whether it is varied, and in which line it stands; with --sources all of them. With --diagram it is a drawing of its
    stages and routes, which has the numbers of a stored run.

    Example: sim show scenarios/status-quo.yaml --path staffing.legal

    Example: sim show scenarios/status-quo.yaml legal decision

    Example: sim show scenarios/dma.yaml --diagram -o procedure.svg
    """
    if diagram:
        if sources or words or path or as_json:
            raise UserError("--diagram is shown by itself: leave out words, --sources, --path and --json")
        draw(what, set_, out)
    elif out:
        raise UserError("-o is where to write the diagram: give --diagram as well")
    elif sources or words:
        _show_numbers(_scenario_of(what, set_), " ".join(words or ()), path, as_json)
    elif what.is_dir():
        from sim.results.store import load_run

        finished = load_run(what)
        if as_json:
            say_json(as_data(finished))
        else:
            show_run(finished, full)
    elif full:
        raise UserError("--full is for a stored run; a scenario is always shown in full")
    else:
        _show_scenario(_scenario_of(what, set_), path, as_json)


def _show_scenario(scenario: "Scenario", path: str, as_json: bool) -> None:
    """A scenario in full, or the part of it at a path."""
    from sim.scenario.paths import part
    from sim.scenario.yaml_nodes import text

    try:
        shown = part(scenario, path)
    except KeyError as error:
        raise UserError(f"--path {path}: {error.args[0]}") from None
    if as_json:
        say_json(shown)
    else:
        say(text(shown), end="")


def _scenario_of(what: Path, sets: list[str] | None) -> "Scenario":
    """The scenario in a file, or that of a stored run."""
    from sim.results.store import load_run
    from sim.scenario.loading import load_scenario
    from sim.scenario.settings import parse_settings

    return load_run(what).scenario if what.is_dir() else load_scenario(what, parse_settings(sets or ()))


def _show_numbers(scenario: "Scenario", words: str, path: str, as_json: bool) -> None:
    """The parameters at a path or below it that have some words, with their sources."""
    from sim.scenario.parameters import matching, with_sums
    from sim.scenario.paths import expand, joined

    try:
        below = tuple(joined(keys) for keys in expand(scenario, path)) if path else ()
    except KeyError as error:
        raise UserError(f"--path {path}: {error.args[0]}") from None
    found = with_sums(scenario)
    listed = [p for p in found if not path or f"{p.path}.".startswith(tuple(f"{b}." for b in below))]
    listed = matching(listed, words)
    if as_json:
        say_json([asdict(parameter) for parameter in listed])
        return
    from sim.view.terminal.numbers import numbers

    display(numbers(listed, len(found)))


@app.command(rich_help_panel=FILES)
def new(
    file: Annotated[Path, typer.Argument(help="The scenario file to write.")],
    base: Annotated[Path, typer.Option("--from", help="The scenario to build on.")] = Path("scenarios/status-quo.yaml"),
) -> None:
    """Write a new scenario built on another one, ready to be edited.

    Example: sim new scenarios/my-question.yaml --from scenarios/status-quo.yaml
    """
    from sim.scenario.loading import load_scenario
    from sim.scenario.template import new_scenario

    scenario = load_scenario(base)
    if file.suffix not in (".yaml", ".yml"):
        raise UserError(f"{file}: a scenario file ends in .yaml")
    text = new_scenario(file, base, scenario)
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise UserError(f"{file}: exists already; choose another name or delete it first") from None
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror}") from None
    say(one_line(f"wrote {file}; try: sim run {quote(str(file))}"))

"""Commands about the public record."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.characters import one_line
from sim.cli.app import INFER, app, check_figures, day_of, write_figures
from sim.cli.options import AsJson, Figures, RecordFolder, renamed_option
from sim.cli.output import display, say, say_json, tell
from sim.errors import UserError, suggestion

if TYPE_CHECKING:
    from sim.record.model import Record

DEFAULT = Path("scenarios/record")
commands = typer.Typer(name="record", invoke_without_command=True, rich_markup_mode=None)
app.add_typer(commands, rich_help_panel=INFER)


@commands.callback()
def record(
    context: typer.Context,
    folder: Annotated[Path, typer.Option("--record", help="Folder of a record, any regulator's.")] = DEFAULT,
    as_of: Annotated[
        str, typer.Option(metavar="DAY", help="The day of knowledge: as known at its end; default: the record's last.")
    ] = "",
    table: Annotated[str, typer.Option(metavar="NAME", help="One table in full, such as strands or stages.")] = "",
    figures: Figures = None,
    as_json: AsJson = False,
    until: Annotated[str, renamed_option("--until", "--as-of")] = "",
) -> None:
    """Show what the public record says: strands, durations and cases in progress, requests, clearance rate.

    Every number is given with its rows of the record (--table, --json), and these with their sources (--table sources).

    Example: sim record --as-of 2024-12-31 --table stages
    """
    if context.invoked_subcommand:
        _refuse_options(context)
        return
    from sim.view.as_json import of_record as as_json_of
    from sim.view.terminal.record import one_table, summary

    check_figures(figures)
    known = _known(folder, as_of, table)
    if as_json:
        say_json(as_json_of(folder, known, table))
    else:
        display(one_table(known, table) if table else summary(folder, known), whole_lines=table == "sources")
    if figures:
        from sim.view.figures.files import made_by
        from sim.view.figures.gallery import of_record

        title = f"The public record, as known on {known.last_day}"
        made = made_by(record=folder.resolve().name, until=str(known.last_day))
        write_figures(figures, title, of_record(known, known.last_day), made)


def _known(folder: Path, as_of: str, table: str) -> "Record":
    """A record as it was known on a day. Raises UserError for a bad record, day or name of a table."""
    from sim.record.files import load_record
    from sim.record.tables import TABLES

    if table and table not in TABLES:
        raise UserError(f"--table {table}: there is no such table{suggestion(table, TABLES)}")
    day = day_of("--as-of", as_of) if as_of else None
    whole = load_record(folder)
    if day and whole.until and day > whole.until:
        raise UserError(
            f"--as-of {day}: the record in {folder} ends on {whole.until}; choose that day or an earlier one"
        )
    return whole.known_on(day or whole.last_day)


def _refuse_options(context: typer.Context) -> None:
    """Raise UserError for options before a subcommand, which has its own."""
    command, sources = context.invoked_subcommand, map(context.get_parameter_source, context.params)
    if any(source and source.name != "DEFAULT" for source in sources):
        raise UserError(f"sim record {command}: its options stand after it; see sim record {command} --help")


@commands.command()
def check(
    scenario: Annotated[
        Path | None, typer.Argument(help="A scenario that should be as recent as its record.", metavar="[SCENARIO]")
    ] = None,
    folder: RecordFolder = None,
) -> None:
    """Check that a record is complete, and a scenario as recent as its record: a line for each gap, with what to write.

    What would make a forecast wrong is an error; what a complete record would have as well is a note.

    Example: sim record check scenarios/status-quo.yaml
    """
    from sim.record.completeness import gaps
    from sim.record.files import load_record
    from sim.scenario.loading import behind_record, load_undated
    from sim.view.words import plural

    named = load_undated(scenario)[1] if scenario and not folder else DEFAULT
    if named is None:
        raise UserError(f"{scenario}: names no record (in_flight); give one with --record FOLDER")
    place = folder or named
    found = gaps(place)
    record = load_record(place)
    notes = [*found.notes, *(behind_record(scenario, record) if scenario else [])]
    for note in notes:
        tell(f"note: {note}")
    if found.errors:
        raise UserError(*found.errors)
    missing = plural(len(notes), "note") if notes else "nothing is missing"
    say(f"{one_line(str(place))}: a record to {record.last_day}; {missing}")

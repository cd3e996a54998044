"""Commands about the public record."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.app import app, check_figures, write_figures
from sim.cli.options import AsJson, Figures, renamed_option
from sim.cli.output import display, say_json


@app.command()
def record(
    folder: Annotated[Path, typer.Option("--record", help="Folder of a record, any regulator's.")] = Path(
        "scenarios/record"
    ),
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
    from sim.view.terminal.record import as_data, one_table, read_as_of, summary

    check_figures(figures)
    shown = read_as_of(folder, as_of, table)
    if as_json:
        say_json(as_data(shown, table))
    else:
        display(one_table(shown, table) if table else summary(shown), whole_lines=table == "sources")
    if figures:
        from sim.view.figures.files import made_by
        from sim.view.pictures.gallery import of_record

        title = f"The public record, as known on {shown.as_of}"
        made = made_by(record=shown.folder.resolve().name, until=str(shown.as_of))
        write_figures(figures, title, of_record(shown.record, shown.as_of), made)

"""Commands about the public record."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.app import AsJson, Figures, app, check_figures, console, keep_figures


@app.command()
def record(
    folder: Annotated[Path, typer.Option("--record", help="Folder of a record, any regulator's.")] = Path(
        "scenarios/record"
    ),
    until: Annotated[
        str, typer.Option(metavar="DATE", help="As known at the end of this day; default: its last.")
    ] = "",
    table: Annotated[str, typer.Option(metavar="NAME", help="One table in full, such as strands or stages.")] = "",
    figures: Figures = None,
    as_json: AsJson = False,
) -> None:
    """Show what the public record says: strands, durations with what is pending, requests, clearance rate.

    Every number has its rows of the record beside it (--table, --json), and these their sources (--table sources).

    Example: sim record --until 2024-12-31 --table stages
    """
    from sim.view.terminal.record import as_data, one_table, read, summary

    check_figures(figures)
    found = read(folder, until, table)
    if as_json:
        print(json.dumps(as_data(found, table)))
    else:
        console().print(one_table(found, table) if table else summary(found), soft_wrap=table == "sources")
    if figures:
        from sim.view.pictures.gallery import of_record
        from sim.view.pictures.kept import provenance

        title = f"The public record, as known on {found.until}"
        made = provenance(record=found.folder.resolve().name, until=str(found.until))
        keep_figures(figures, title, of_record(found.record, found.until), made)

"""`sim dashboard`: the runs in a browser."""

from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.app import SHARE, app, cores
from sim.cli.options import Jobs, RecordBeside, Results
from sim.cli.output import tell
from sim.errors import UserError

NEEDED = ("dash", "dash_mantine_components", "openpyxl", "waitress")


@app.command(rich_help_panel=SHARE)
def dashboard(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders of stored runs to begin with, the baseline first.", metavar="RUN..."),
    ] = None,
    results: Results = Path("results"),
    scenarios: Annotated[
        Path, typer.Option(help="Folder of scenario files: what-ifs are saved there.", metavar="FOLDER")
    ] = Path("scenarios"),
    record: RecordBeside = None,
    host: Annotated[str, typer.Option(help="Address to serve from.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to serve from; 0: any free one.")] = 8050,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A further host name to answer under, such as that of a proxy; repeatable."),
    ] = None,
    jobs: Jobs = None,
) -> None:
    """Serve the dashboard: stored runs to filter and compare, and what-ifs that are run in the background.

    Everything that it shows comes from this machine. The address of a page holds its view, and can be shared.

    Example: sim dashboard results/status-quo-* results/more-staff-*
    """
    if any(find_spec(name) is None for name in NEEDED):
        raise UserError("the dashboard needs further packages: pip install 'dsa-enforcement-sim[dashboard]'")
    from sim.record.files import load_record
    from sim.view.dashboard.access import Names
    from sim.view.dashboard.app import make_app, serve
    from sim.view.dashboard.cache import RunCache
    from sim.view.dashboard.jobs import Jobs as WhatIfs

    names = Names(host, allow_host or ())
    folders = [_folder_of(run, results) for run in runs or ()]
    cache = RunCache(results, folders, load_record(record) if record else None, scenarios)
    what_ifs = WhatIfs(results, jobs or cores())
    if not _is_this_machine(host):
        tell(f"warning: {host} can be reached by others, and whoever reaches it can run what-ifs and save scenarios")
    app_ = make_app(cache, what_ifs, names)
    serve(app_, what_ifs, host, port, lambda address: tell(f"{address} (Ctrl-C ends it)"))


def _folder_of(run: Path, results: Path) -> Path:
    """The folder of a run that is named by its folder, or by its name in the results folder."""
    for folder in (run, results / run):
        if (folder / "manifest.json").is_file():
            return folder.resolve()
    raise UserError(f"{run}: holds no finished run; `sim list --results {results}` lists the runs")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

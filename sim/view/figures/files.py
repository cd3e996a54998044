"""Figures of an analysis as files, so that what took minutes to compute is shown later: in a report, a dashboard.

A folder holds NNN-NAME.json for each figure, which is plotly's own JSON (`plotly.io.read_json` reads it), and
NNN-NAME.csv, the data behind it. The words around a figure stand in its `layout.meta`, which plotly leaves to its
users: title, subtitle, caption, the title of the analysis, and what made it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

import sim
from sim.characters import file_name
from sim.errors import RunFailed, UserError
from sim.files import atomic_write
from sim.scenario.schema import Scenario
from sim.view.figures.picture import Picture
from sim.view.spreadsheets import csv, from_csv

FILE = re.compile(r"\d{3}-[a-z0-9-]+\.(json|csv)")
"""Name of a file in such a folder; nothing else is read or replaced."""
FORMER_SUFFIX = ".figures.json"
"""Of a single file in which earlier versions stored the figures of an analysis."""
NO_FILE_NAME = "[^a-z0-9]+"
WORDS = ("name", "title", "subtitle", "caption")
AGAIN = "run the command again with --figures FOLDER"

MadeBy = dict[str, str | int]
"""What made figures: the scenario, its seed, the versions, ..."""


class Analysis(NamedTuple):
    """The figures of a folder in their order, with their common title and what made them."""

    title: str
    made_by: MadeBy
    pictures: list[Picture]


def made_by(scenario: Scenario | None = None, **more: str | int) -> MadeBy:
    """What made figures: the scenario and its seed, if they are of one; other settings; the versions of packages."""
    of_scenario: MadeBy = {"scenario": scenario.name, "seed": scenario.seed} if scenario else {}
    names = ("numpy", "scipy", "simpy", "pandas", "plotly")
    versions = ", ".join([f"sim {sim.__version__}", *(f"{name} {version(name)}" for name in names)])
    return {**of_scenario, **more, "versions": versions}


def check_folder(folder: Path) -> None:
    """Raise UserError if figures cannot be written there: before the work, not after it."""
    if folder.name.endswith(FORMER_SUFFIX):
        raise UserError(f"{folder}: --figures names a folder, such as {str(folder).removesuffix(FORMER_SUFFIX)}")
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; --figures names a folder")
    others = [path.name for path in folder.glob("*") if not FILE.fullmatch(path.name)]
    if others:
        raise UserError(f"{folder}: holds other files than figures, such as {min(others)}; name a folder of its own")


def write_figures(folder: Path, title: str, pictures: Sequence[Picture], made_by: Mapping[str, str | int]) -> None:
    """Write the figures of an analysis to a folder; older figures in it are replaced.

    Parameters
    ----------
    folder : is made if need be.
    title : of the analysis.
    made_by : see the function of this name.

    Raises
    ------
    UserError
        For a bad folder, or without pictures.
    RunFailed
        Where the files cannot be written.
    """
    check_folder(folder)
    if not pictures:
        raise UserError(f"{folder}: is not written, because this analysis has nothing that a figure could show")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for former in folder.iterdir():
            former.unlink()
        for number, picture in enumerate(pictures, 1):
            stem = f"{number:03d}-{re.sub(NO_FILE_NAME, '-', file_name(picture.name))}"
            _write(folder / f"{stem}.csv", csv(picture.table))
            _write(folder / f"{stem}.json", _to_json(picture, title, made_by))
    except OSError as error:
        raise RunFailed(f"{folder}: cannot be written: {error.strerror or error}") from None


def _write(path: Path, content: str) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(content, encoding="utf-8")


def _to_json(picture: Picture, analysis: str, made_by: Mapping[str, str | int]) -> str:
    """The figure with its title and subtitle inside for other programs, and all its words in `layout.meta` for `_read`.

    `bare` is what of the layout makes room for the title: pages have the title beside the figure instead.
    """
    layout = picture.figure.layout
    meta = {
        **{name: getattr(picture, name) for name in WORDS},
        "bare": {"height": layout.height, "margin": layout.margin.to_plotly_json()},
        "analysis": analysis,
        "made_by": dict(made_by),
    }
    text: str = picture.whole().update_layout(meta=meta).to_json()
    return text


def figure_folders(results: Path) -> list[Path]:
    """The folders beside stored runs that hold figures of analyses."""
    return sorted({path.parent for path in results.glob("*/*.json") if FILE.fullmatch(path.name)})


def read_figures(folder: Path) -> Analysis:
    """The figures in a folder. Raises UserError for a folder that holds none, or files that cannot be read."""
    if folder.name.endswith(FORMER_SUFFIX):
        raise UserError(f"{folder}: is of an earlier version, and figures are in folders now; {AGAIN}")
    paths = sorted(path for path in folder.glob("*.json") if FILE.fullmatch(path.name))
    if not paths:
        raise UserError(f"{folder}: is no folder of figures; {AGAIN}")
    try:
        read = [_read(path) for path in paths]
        meta = read[0][1]
        return Analysis(str(meta["analysis"]), dict(meta["made_by"]), [picture for picture, _ in read])
    except OSError as error:
        raise UserError(f"{folder}: cannot be read: {error.strerror or error}") from None
    except (ValueError, TypeError, KeyError, RecursionError) as error:  # of json, plotly and pandas: other content
        words = " ".join(str(error).split())[:100]
        raise UserError(f"{folder}: holds something else than figures and their data ({words}); {AGAIN}") from None


def _read(path: Path) -> tuple[Picture, dict[str, Any]]:
    """A figure as it was, with its table, in which days are text; and its meta."""
    written = json.loads(path.read_text(encoding="utf-8"))
    figure, meta = go.Figure(written), written["layout"]["meta"]
    figure.update_layout(title=None, meta=None, **meta["bare"])
    name, title, subtitle, caption = (str(meta[name]) for name in WORDS)
    data = path.with_suffix(".csv")
    table = from_csv(pd.read_csv(data, keep_default_na=False, na_values=[""]))
    return Picture(name, title, subtitle, caption, figure, table), meta

"""Figures of an analysis as files, so that what took minutes to compute is shown later: in a report, a dashboard.

A folder holds NNN-NAME.json for each figure, which is plotly's own JSON (`plotly.io.read_json` reads it), and
NNN-NAME.csv, the data behind it. The words around a figure stand in its `layout.meta`, which plotly leaves to its
users: title, subtitle, caption, the title of the analysis, and what made it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
from pydantic import BaseModel, ConfigDict, ValidationError

import sim
from sim.characters import file_name
from sim.errors import RunFailed, UserError
from sim.files import atomic_write
from sim.scenario.schema import Scenario
from sim.view.figures.figure import Figure
from sim.view.spreadsheets import csv, from_csv

FILE = re.compile(r"\d{3}-[a-z0-9-]+\.(json|csv)")
"""Name of a file in such a folder; nothing else is read or replaced."""
FORMER_SUFFIX = ".figures.json"
"""Of a single file in which earlier versions stored the figures of an analysis."""
NO_FILE_NAME = "[^a-z0-9]+"
AGAIN = "run the command again with --figures FOLDER"

MadeBy = dict[str, str | int]
"""What made figures: the scenario, its seed, the versions, ..."""


class _Bare(BaseModel):
    """What of the layout makes room for the title, as it is without one: pages have the title beside the figure."""

    model_config = ConfigDict(strict=True, extra="forbid")

    height: float | None
    margin: dict[str, float | bool]


class _Meta(BaseModel):
    """What stands in `layout.meta` of a figure."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    title: str
    subtitle: str
    caption: str
    bare: _Bare
    analysis: str
    made_by: MadeBy
    data: str  # hash of the file of data


class Analysis(NamedTuple):
    """The figures of a folder in their order, with their common title and what made them."""

    title: str
    made_by: MadeBy
    figures: list[Figure]


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


def write_figures(folder: Path, title: str, figures: Sequence[Figure], made_by: Mapping[str, str | int]) -> None:
    """Write the figures of an analysis to a folder; older figures in it are replaced.

    Parameters
    ----------
    folder : is made if need be.
    title : of the analysis.
    made_by : see the function of this name.

    Raises
    ------
    UserError
        For a bad folder, or without figures.
    RunFailed
        Where the files cannot be written.
    """
    check_folder(folder)
    if not figures:
        raise UserError(f"{folder}: is not written, because this analysis has nothing that a figure could show")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for former in folder.iterdir():
            former.unlink()
        for number, figure in enumerate(figures, 1):
            stem = f"{number:03d}-{re.sub(NO_FILE_NAME, '-', file_name(figure.name))}"
            data = csv(figure.table)
            _write(folder / f"{stem}.csv", data)
            _write(folder / f"{stem}.json", _to_json(figure, title, made_by, data))
    except OSError as error:
        raise RunFailed(f"{folder}: cannot be written: {error.strerror or error}") from None


def _write(path: Path, content: str) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(content, encoding="utf-8")


def _to_json(figure: Figure, analysis: str, made_by: Mapping[str, str | int], data: str) -> str:
    """The figure with its title and subtitle inside for other programs, and its words in `layout.meta` for `_read`."""
    layout = figure.chart.layout
    meta = _Meta(
        name=figure.name,
        title=figure.title,
        subtitle=figure.subtitle,
        caption=figure.caption,
        bare=_Bare(height=layout.height, margin=layout.margin.to_plotly_json()),
        analysis=analysis,
        made_by=dict(made_by),
        data=_hash(data),
    )
    text: str = figure.whole().update_layout(meta=meta.model_dump()).to_json()
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
    read = [_read(path) for path in paths]
    first = read[0][1]
    for path, (_, meta) in zip(paths, read, strict=True):
        if (meta.analysis, meta.made_by) != (first.analysis, first.made_by):
            raise UserError(f"{path}: is of another analysis than {paths[0].name}; name a folder of one analysis")
    return Analysis(first.analysis, first.made_by, [figure for figure, _ in read])


def _read(path: Path) -> tuple[Figure, _Meta]:
    """A figure as it was, with its table, in which days are text; and its meta. Raises UserError."""
    data = path.with_suffix(".csv")
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        figure, meta = go.Figure(written), _Meta.model_validate(written["layout"]["meta"])
        figure.update_layout(title=None, meta=None, **meta.bare.model_dump())
        text = data.read_bytes().decode()
        table = from_csv(pd.read_csv(StringIO(text), keep_default_na=False, na_values=[""]))
    except OSError as error:
        raise UserError(f"{error.filename or path}: cannot be read: {error.strerror or error}") from None
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise UserError(f"{path}: is no figure that sim wrote (layout.meta.{where}); {AGAIN}") from None
    except (ValueError, TypeError, KeyError, RecursionError) as error:  # of json, plotly and pandas: other content
        words = " ".join(str(error).split())[:100]
        raise UserError(f"{path}: is no figure with its data ({words}); {AGAIN}") from None
    if _hash(text) != meta.data:
        raise UserError(f"{data}: was changed since it was written, or is of another figure; {AGAIN}")
    return Figure(meta.name, meta.title, meta.subtitle, meta.caption, figure, table), meta


def _hash(data: str) -> str:
    """The hash of a text, whichever system ended its lines."""
    return blake2b(data.replace("\r\n", "\n").encode(), digest_size=16).hexdigest()

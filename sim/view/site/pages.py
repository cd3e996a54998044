"""The pages of a site, each as text by its path in it: the same inputs give the same text."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from markupsafe import Markup

from sim import __version__
from sim.characters import file_name
from sim.inference.track_record import TrackRecord
from sim.record.model import Record
from sim.results.run import Run
from sim.view import colophon, verdicts, words
from sim.view.brief import fared
from sim.view.report import content, embed, packing, page
from sim.view.report.chapters import Chapters, called
from sim.view.report.content import Report
from sim.view.site import tables
from sim.view.site.groups import Group, groups
from sim.view.site.notebooks import Notebook

PLOTLY, STYLE = "assets/plotly.js", "assets/site.css"
"""What the pages share."""


class Entry(NamedTuple):
    """A scenario on the first page: its report, and the path of that."""

    title: str
    report: Report
    path: str


class Kept(NamedTuple):
    """A kept forecast: its file in the site, the scenario, the days of making and scoring, and what came of it."""

    path: str
    scenario: str
    made: str
    scored: str
    table: Any
    notes: list[str]


class Shared(NamedTuple):
    """What every page of a site says and has: `pages` are the title and path of those that all others lead to."""

    title: str
    pages: list[tuple[str, str]]
    source: str
    citation: str


def pages(
    runs: Sequence[Run],
    records: Mapping[str, Record],
    track_record: TrackRecord | None,
    notebooks: Sequence[Notebook] = (),
    *,
    title: str = "",
) -> dict[str, bytes]:
    """All files of a site by their paths.

    `records`: by the names of the scenarios; `title`: instead of that of the first procedure. Raises UserError if there
    is no run, or if two have the same name.
    """
    content.check_names([run.scenario.name for run in runs])
    grouped = groups(runs)
    first, together = grouped[0].base, [_entries(group, records, track_record) for group in grouped]
    places = [("Scenarios", "index.html")]
    places += [("The public record", "record.html")] if records else []
    places += [("How forecasts fared", "scores.html")] if track_record else []
    source = colophon.of_analysis(words.plural(len(runs), "run"))
    shared = Shared(title or first.scenario.procedure.title, places, source, colophon.citation(runs))
    made = {
        "index.html": _page(shared, "index", "index.html", groups=together, notebooks=notebooks),
        **{
            one.path: page.html(one.report, shared=f"../{PLOTLY}", home="../index.html")
            for group in together
            for one in group
        },
        **{
            f"notebooks/{one.name}.html": _page(shared, "notebook", f"notebooks/{one.name}.html", notebook=one)
            for one in notebooks
        },
    }
    if records:
        in_order = [run for group in grouped for run in (group.base, *group.others)]
        made["record.html"] = _record_page(shared, in_order, records)
    if track_record:
        made["scores.html"] = _scores_page(shared, track_record)
        kept = track_record.folder
        made |= {_kept_path(one.file): (kept / one.file).read_text("utf-8") for one in track_record.files}
    made[STYLE] = packing.own("report.css") + (files("sim.view.site") / "site.css").read_text("utf-8")
    made[PLOTLY] = f'document.getElementById("plotly").textContent = "{packing.library()}";\n'
    return {path: text.encode() for path, text in made.items()}


def _entries(group: Group, records: Mapping[str, Record], track_record: TrackRecord | None) -> list[Entry]:
    """The reports of a group: of the baseline, and of each what-if with it."""
    entries = []
    for runs in ([group.base], *([group.base, other] for other in group.others)):
        report = content.report(runs, records, track_record=track_record)
        entries.append(Entry(called(runs[-1]), report, f"reports/{file_name(runs[-1].scenario.name)}.html"))
    return entries


def _record_page(shared: Shared, runs: Sequence[Run], records: Mapping[str, Record]) -> str:
    """The public record, or each of several; beside the first run that has it."""
    chapters = Chapters()
    chapters.records(runs, records)
    different: list[Record] = []
    for run in runs:
        if (record := records.get(run.scenario.name)) is not None and record not in different:
            different.append(record)
    shown = [
        (chapter, record, [tables.strands(record), chapter.acts])
        for chapter, record in zip(chapters.made, different, strict=True)
    ]
    return _page(shared, "record", "record.html", figures=True, shown=shown)


def _scores_page(shared: Shared, record: TrackRecord) -> str:
    chapters = Chapters()
    chapters.track_record(record)
    kept = [
        Kept(
            _kept_path(one.file),
            one.scenario,
            words.date_of(one.made),
            words.date_of(one.scored_on) if one.scored_on else "",
            tables.forecasts(record, one.file),
            one.notes,
        )
        for one in record.files
    ]
    return _page(
        shared,
        "scores",
        "scores.html",
        figures=True,
        chapters=chapters.made,
        kept=kept,
        fared=fared(record),
        verdicts=verdicts.fared(record),
    )


def _kept_path(file: str) -> str:
    return f"forecasts/{file_name(file)}"


def _page(shared: Shared, name: str, path: str, *, figures: bool = False, **shown: Any) -> str:
    """A page from its template; `figures`: it has some, which its script draws."""
    rules = page.environment("sim.view.site", "sim.view.report")
    rules.filters["date_of"] = words.date_of
    script = packing.own(*page.SCRIPTS) if figures else ""
    return rules.get_template(f"{name}.html.j2").render(
        shared=shared,
        path=path,
        root="../" * path.count("/"),
        version=__version__,
        policy=packing.policy(script, shared=True),
        script=Markup(script),
        config=packing.settings(),
        embed=packing.packed(embed.form()),
        packed=packing.packed,
        drawing=packing.drawing,
        linked=lambda: Markup,
        **shown,
    )

"""The diagram of a procedure: its stages and routes, with the numbers of a run or as the scenario declares them."""

from collections.abc import Mapping, Sequence
from math import isfinite, isinf
from textwrap import wrap
from typing import NamedTuple

import pandas as pd

from sim.results.run import Run
from sim.results.summary import AT_START, FURTHER_STRANDS, IN_PROGRESS, NEW, REMAINING, Layout
from sim.scenario.schema import Procedure, Scenario
from sim.scenario.shares import shares
from sim.view import words
from sim.view.charts import diagram
from sim.view.charts import process as charts
from sim.view.charts.diagram import Arrow, Box, Kind
from sim.view.charts.looks import looks
from sim.view.charts.svg import svg as as_svg
from sim.view.figures.figure import Figure
from sim.view.figures.listed import place_titles

SVG_WIDTH = 860
"""Pixels of a drawing: what a page of text has room for."""
STOPS = 4
"""Stages and exits that the title names."""
SOME = "some"
"""Label of a route that only some cases take, as the scenario says; which share of all they are is not known."""
_TO, _FROM = ("target", "source"), ("source", "target")


class Diagram(NamedTuple):
    """A procedure with numbers, and what is said of it; see `sim.view.figures.figure.Figure`."""

    title: str
    subtitle: str
    caption: str
    boxes: dict[str, Box]
    arrows: list[Arrow]
    legend: dict[Kind, str]


def process(run: Run) -> Figure | None:
    """The procedure with how many cases come to each stage, for how long, and where they go; None without cases."""
    made = of_run(run)
    if made is None:
        return None
    chart = charts.process(made.boxes, made.arrows, made.legend)
    return Figure("process", made.title, made.subtitle, made.caption, chart, _table(run), numbers="chance")


def svg(made: Diagram) -> str:
    """The diagram as an SVG drawing with its words."""
    heading = [
        (line, size, bold)
        for text, size, bold in ((made.title, 17, True), (made.subtitle, 13, False), (made.caption, 13, False))
        for line in wrap(text, int(SVG_WIDTH / (size * (diagram.BOLD if bold else diagram.LETTER))))
    ]
    drawn = diagram.drawing(made.boxes, made.arrows, made.legend, SVG_WIDTH)
    return as_svg(drawn, SVG_WIDTH, made.title, made.caption, heading)


def of_scenario(scenario: Scenario) -> Diagram:
    """The procedure as a scenario declares it: routes with the shares of cases of which nothing else is said."""
    procedure = scenario.procedure
    arrows = []
    for name, state in Layout(scenario).routes:
        routes = procedure.stages[name].next
        declared = [share for key, share in shares(routes).items() if (routes[key].to or key) == state]
        share = sum(declared) if declared else None
        arrows.append(Arrow(name, state, share, SOME if share is None else words.share(share)))
    also = any(stage.next_when for stage in procedure.stages.values())
    return Diagram(
        procedure.title,
        f"As in the scenario {words.quoted(scenario.title or scenario.name)}",
        "Boxes are stages, arrows the routes between them with the share of the cases that take each."
        + (f" Some cases have other shares, or routes of their own (“{SOME}”)." if also else ""),
        *_ends_apart(_boxes(procedure, {}, {}), arrows, {}),
        _legend(procedure),
    )


def of_run(run: Run) -> Diagram | None:
    """The procedure with the numbers of a run; None if no case comes to any stage."""
    flows, days = run.table("flows"), _medians(run)
    came = flows[flows["source"] != flows["target"]].groupby("target")["value"].sum().to_dict()
    if not any(came.get(stage, 0) > 0 for stage in run.layout.stages):
        return None
    titles, routes = place_titles(run), _routes(run)
    arrows, ends = [], {}
    for source, target, cases, share in routes.to_numpy():
        ends[source, target] = _cases(cases)
        tip = (f"{titles[source]} → {titles[target]}", f"{ends[source, target]} in a simulation, {words.share(share)}")
        arrows.append(Arrow(source, target, share, words.share(share), tip))
    lines = {stage: [_cases(came.get(stage, 0.0)), *_days(days.get(stage))] for stage in days}
    boxes = _boxes(run.scenario.procedure, lines, {stage: _more(run, flows, stage) for stage in days})
    return Diagram(
        _title(run, routes, days),
        words.of_run(run),
        "Boxes: how many cases reach a stage in a simulation, on average, and the median days of a visit. Arrows: the"
        " share of the cases leaving a stage that take the route.",
        *_ends_apart(boxes, arrows, ends),
        _legend(run.scenario.procedure),
    )


def _medians(run: Run) -> dict[str, float]:
    """The median days of a visit to each stage; infinite or missing as in the table of durations."""
    table = run.table("durations")
    return dict(zip(table["stage"].astype(str), table["median"].astype(float), strict=True))


def _boxes(procedure: Procedure, lines: Mapping[str, list[str]], more: Mapping[str, list[str]]) -> dict[str, Box]:
    """All stages and exits, with lines in them and further ones that show by pointing at them."""
    look = looks({name: stage.title for name, stage in procedure.stages.items()})
    headline = procedure.headline.stage if procedure.headline else None
    counted = procedure.headline_stages()
    boxes = {}
    for name, stage in procedure.stages.items():
        kind: Kind = (
            "first" if name == headline else "resolved" if stage.resolved else "open" if name in counted else "before"
        )
        known = [text for text in (stage.milestone, stage.legal_basis) if text]
        boxes[name] = Box(stage.title, kind, lines.get(name, ()), look[name].colour, [*known, *more.get(name, ())])
    return boxes | {name: Box(title, "exit") for name, title in procedure.exits.items()}


def _ends_apart(
    boxes: Mapping[str, Box], arrows: Sequence[Arrow], lines: Mapping[tuple[str, str], str]
) -> tuple[dict[str, Box], list[Arrow]]:
    """Each route to an exit with an end of its own, so that no arrow is long; `lines`: written in it, by route."""
    shown = {key: box for key, box in boxes.items() if box.kind != "exit"}
    moved = []
    for arrow in arrows:
        source, target = arrow.source, arrow.target
        if boxes[target].kind == "exit":
            target = f"{target}\n{source}"
            line = lines.get((source, arrow.target))
            shown[target] = boxes[arrow.target]._replace(lines=[line] if line else [])
        moved.append(arrow._replace(target=target))
    return shown, moved


def _legend(procedure: Procedure) -> dict[Kind, str]:
    """What the kinds of boxes mean that there are."""
    legend: dict[Kind, str] = {}
    if procedure.headline:
        legend["first"] = f"from here on: {procedure.headline.title}"
        if procedure.headline.before:
            legend["before"] = f"before: {procedure.headline.before}"
    if any(stage.resolved for stage in procedure.stages.values()):
        legend["resolved"] = "resolved, though work may go on"
    return legend


def _cases(value: float) -> str:
    """A mean number of cases in words."""
    number = words.whole(value)
    return f"{number} case" if number in ("1", "fewer than 1") else f"{number} cases"


def _days(median: float | None) -> list[str]:
    """The median of visits as a line; nothing for exits, and where too few were observed."""
    if median is None or not (isfinite(median) or isinf(median)):
        return []
    return [f"{median:,.0f} days" if isfinite(median) else "most unfinished"]


def _more(run: Run, flows: pd.DataFrame, stage: str) -> list[str]:
    """Where the cases of a stage come from that come from no other, and how many are there at the end."""
    start, horizon = run.scenario.start, run.scenario.horizon
    to_it, from_it = (flows[flows[end] == stage].set_index(other)["value"] for end, other in (_TO, _FROM))
    asked = (
        (to_it, AT_START, f"in it on {start}"), (to_it, NEW, "new"),
        (to_it, FURTHER_STRANDS, "further strands of cases that split"), (from_it, stage, "times once more"),
        (from_it, IN_PROGRESS, f"in it on {horizon}"), (from_it, REMAINING, f"in it on {horizon}"),
    )  # fmt: skip
    return [f"{words.whole(float(among[key]))} {what}" for among, key, what in asked if among.get(key, 0.0) > 0]


def _routes(run: Run) -> pd.DataFrame:
    """All routes of the procedure: source, target, cases per simulation and their share of those that leave."""
    flows = run.table("flows").set_index(["source", "target"])["value"]
    routes = pd.DataFrame(run.layout.routes, columns=["source", "target"])
    routes["cases"] = [float(flows.get(route, 0.0)) for route in run.layout.routes]
    leaving = routes.groupby("source")["cases"].transform("sum")
    return routes.assign(share=(routes["cases"] / leaving.where(leaving > 0)).fillna(0.0))


def _title(run: Run, routes: pd.DataFrame, days: Mapping[str, float]) -> str:
    """The way along the most common routes, from where headline cases begin."""
    titles, place = place_titles(run), run.scenario.procedure.headline_stages()[0]
    said: list[str] = []
    passed: set[str] = set()
    while place in run.layout.open_stages and place not in passed:
        passed.add(place)
        took = _days(days.get(place))
        said.append(words.quoted(titles[place]) + (f" ({took[0]})" if took else ""))
        onward = routes[(routes["source"] == place) & (routes["target"] != place) & (routes["cases"] > 0)]
        place = str(onward.sort_values("cases")["target"].iloc[-1]) if len(onward) else ""
    said += [words.quoted(titles[place])] if place in titles else []
    if len(said) > STOPS:
        said[STOPS - 1 : -1] = ["…"]
    return f"The most common route: {', then '.join(said)}"


def _table(run: Run) -> pd.DataFrame:
    """The data behind the diagram: a row for each route, with the days in the stage that it leaves."""
    titles, days = place_titles(run), _medians(run)
    return pd.DataFrame(
        {
            "from": (routes := _routes(run))["source"].map(titles),
            "to": routes["target"].map(titles),
            "cases": routes["cases"].round(2),
            "share": routes["share"].round(3),
            "median days in the stage": routes["source"].map(days).round(1),
        }
    )

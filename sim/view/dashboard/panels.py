"""What a tab holds beside figures: sentences, questions with their answers, method and data as text and tables."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from sim.results.run import Run
from sim.scenario.parameters import Parameter, count_by_basis, with_sums
from sim.view import provenance
from sim.view.answers import Number
from sim.view.brief import Brief, question
from sim.view.dashboard.card import table
from sim.view.method import method
from sim.view.questions import Answer


def answer(brief: Brief, what: str) -> Component:
    """What is asked, the answer, and what it is worth; `what`: of what it is the answer."""
    worth: list[list[Any]] = [[text] for text in (brief.ends, brief.happened) if text]
    if brief.fared:
        worth.append([f"{brief.fared} ", _turn("record", "See each forecast")])
    worth.append([f"{brief.assumptions} ", _turn("method", "Where each comes from")])
    parts = [html.H2(brief.question), html.P(brief.answer, className="answer"), *map(_number, brief.numbers)]
    said = html.Ul([html.Li(text) for text in worth], className="sentences")
    return html.Section([html.P(what, className="subtitle"), *parts, said], className="card wide brief")


def _turn(tab: str, title: str) -> Component:
    """A button that turns to another tab."""
    return html.Button(title, id={"turn": tab}, n_clicks=0, className="link")


def changes(compared: tuple[str, Sequence[Number]], runs: Sequence[Run], total: int = 0) -> Component:
    """What the others of some runs change against the first, each over as many simulations.

    `total`: how many there will be of each, if these are only the first.
    """
    sentence, numbers = compared
    base, *others = (run.scenario for run in runs)
    asked = next((one for one in others if one.question and one.question != base.question), None)
    title = question(asked) if asked else "What does it change?"
    of = f"{runs[0].replications:,} simulations of each, with the same cases and the same luck"
    first = f"Provisional, after {runs[0].replications:,} of {total:,} simulations: " if total else ""
    parts = [html.H2(title), html.P([first, sentence], className="answer"), *map(_number, numbers)]
    kind = f"card wide brief{' provisional' if total else ''}"
    return html.Section([html.P(of, className="subtitle"), *parts], className=kind)


def _number(number: Number) -> Component:
    return html.P([html.Strong(number.value), html.Span(number.meaning)], className="number")


def of_platform(platform: str) -> Component:
    """That what follows is of the cases on one platform."""
    text = f"Cases on {platform} only; for staff, the part of them who work on these cases."
    return html.P(text, className="subtitle wide")


def more() -> Component:
    """The place of further sentences, which are made when it is opened."""
    summary = html.Summary("More in words: further findings, and questions the simulation answers", id="more",
                           n_clicks=0)  # fmt: skip
    return html.Details([summary, html.Div(id="more-words")], className="card wide")


def in_words(findings: Sequence[str], answers: Sequence[Answer]) -> list[Component]:
    """Findings, and the questions of policy researchers that runs answer."""
    terms = [part for one in answers for part in (html.Dt(one.question), html.Dd(one.answer))]
    return [html.Ul([html.Li(text) for text in findings], className="sentences"), html.Dl(terms)]


def method_and_data(runs: Sequence[Run]) -> list[Component]:
    """How the numbers of runs were made, from what, and by what."""
    base = runs[0].scenario
    changes = [provenance.changed_settings(base, run.scenario) for run in runs[1:]]
    terms = [part for term, text in method(runs[0]) for part in (html.Dt(term), html.Dd(text))]
    return [
        _panel("Numbers and their sources", _numbers(with_sums(base))),
        _panel("Method", [html.Dl(terms)]),
        *(_panel(one.title, [table(one.columns, one.rows)]) for one in (*changes, provenance.run_table(runs))),
        _panel("The scenario in full", [html.Pre(provenance.in_full(base), tabIndex=0)]),
    ]


def _numbers(found: Sequence[Parameter]) -> list[Component]:
    """The numbers of a scenario as a table, and a field to search it."""
    status: dict[str, Any] = {"role": "status"}
    search = [
        html.Label("Search the numbers", htmlFor="wanted"),
        dcc.Input(id="wanted", type="search", value="", placeholder="people", autoComplete="off"),
        html.Span(id="found", **status),
    ]
    head = html.Thead(html.Tr([html.Th(heading, scope="col") for heading in provenance.NUMBERS]))
    shown = html.Table([head, html.Tbody(id="numbers")])  # the browser makes its rows, as Dash would take seconds
    data = dcc.Store(id="all-numbers", data=[_row(one) for one in found])
    legend = html.P([f"{count_by_basis(found)} {provenance.LEGEND}"], className="subtitle")
    return [html.P(search, className="search"), html.Div(shown, className="table", tabIndex=0), legend, data]


def _row(one: Parameter) -> list[str]:
    reason = one.reason if one.url else one.source
    return [one.name, f"{one.path}\n{one.location}", one.quantity, one.basis or "", reason, one.url, one.used]


def _panel(title: str, parts: list[Component]) -> Component:
    return html.Section([html.H2(title), *parts], className="card wide")

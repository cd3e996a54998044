"""What a tab holds beside figures: sentences, questions with their answers, method and data as text and tables."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from sim.results.run import Run
from sim.view import provenance
from sim.view.dashboard.card import table
from sim.view.method import method
from sim.view.questions import Answer


def findings(sentences_: list[str], platform: str) -> Component:
    """The key findings of a run, or of its part on a platform."""
    of = [html.P(f"Of the cases on {platform} alone; of staff, the part that works on them.", className="subtitle")]
    return sentences("Key findings", sentences_, of if platform else [])


def sentences(title: str, texts: list[str], before: Sequence[Component] = ()) -> Component:
    """A list of sentences under a title."""
    return _panel(title, [*before, html.Ul([html.Li(text) for text in texts], className="sentences")])


def questions(answers: Sequence[Answer]) -> Component | None:
    """The questions of policy researchers that runs answer, to be opened; they are about all platforms together."""
    if not answers:
        return None
    texts = [part for one in answers for part in (html.Dt(one.question), html.Dd(one.answer))]
    summary = html.Summary(f"{len(answers)} questions that policy researchers ask, and what the simulation answers")
    return html.Section(html.Details([summary, html.Dl(texts)]), className="card wide")


def method_and_data(runs: Sequence[Run]) -> list[Component]:
    """How the numbers of runs were made, from what, and by what."""
    base = runs[0].scenario
    changes = [provenance.changed_settings(base, run.scenario) for run in runs[1:]]
    terms = [part for term, text in method(runs[0]) for part in (html.Dt(term), html.Dd(text))]
    tables = [*provenance.parameter_tables(base), *changes, provenance.run_table(runs)]
    return [
        _panel("Method", [html.Dl(terms)]),
        *(_panel(one.title, [table(one.columns, one.rows)]) for one in tables),
        _panel("The scenario in full", [html.Pre(provenance.in_full(base), tabIndex=0)]),
    ]


def _panel(title: str, parts: list[Component]) -> Component:
    return html.Section([html.H2(title), *parts], className="card wide")

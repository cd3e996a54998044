"""What a tab holds beside pictures: findings, the form of a what-if, parameters and provenance."""

from collections.abc import Callable, Sequence

from dash import html
from dash.development.base_component import Component

from sim.view import provenance
from sim.view.dashboard import form, layout
from sim.view.dashboard.tabs import View, pictures
from sim.view.findings import findings, findings_of_comparison
from sim.view.method import method
from sim.view.questions import Answer, answers
from sim.view.tables import Table


def content(view: View) -> list[Component]:
    """What the view's tab shows."""
    parts = [*BEFORE.get(view.state.tab, _nothing)(view)]
    parts += [found.part for found in pictures(view)]
    return parts or [layout.message("There is nothing to show here for this choice.", "gray")]


def _nothing(view: View) -> list[Component]:
    return []


def _overview(view: View) -> list[Component]:
    """The key findings of the baseline."""
    platform = view.state.platform
    of = [html.P(f"Of the cases on {platform} alone; of staff, the part that works on them.", className="subtitle")]
    said = view.said("findings", lambda: findings(view.base))
    asked = [] if platform else view.said("answers", lambda: answers(view.runs[:1]))
    return [_sentences("Key findings", said, of if platform else []), *_questions(asked)]


def _questions(found: Sequence[Answer]) -> list[Component]:
    """The questions of policy researchers that runs answer, to be opened; they are about all platforms together."""
    told = [part for one in found for part in (html.Dt(one.question), html.Dd(one.answer))]
    summary = html.Summary(f"{len(found)} questions that policy researchers ask, and what the simulation answers")
    return [html.Section(html.Details([summary, html.Dl(told)]), className="card wide")] if found else []


def _sentences(title: str, sentences: list[str], before: Sequence[Component] = ()) -> Component:
    return _card(title, [*before, html.Ul([html.Li(text) for text in sentences], className="sentences")])


def _compare(view: View) -> list[Component]:
    if len(view.runs) > 1:
        said = view.said_of_all("differences in words", lambda: findings_of_comparison(view.runs))
        asked = [] if view.state.platform else view.said_of_all("answers", lambda: answers(view.runs))
        return [_sentences("What differs", said), *_questions(asked)]
    return [layout.message("Choose another scenario at the top to compare the baseline with.", "blue")]


def _what_if(view: View) -> list[Component]:
    return [form.form(view.base.scenario, view.state.what_if)]


def _method(view: View) -> list[Component]:
    """How the numbers were made, from what, and by what."""
    base = view.base.scenario
    tables = [*provenance.parameters(base), *(provenance.changes(base, run.scenario) for run in view.runs[1:])]
    return [
        _card(
            "Method", [html.Dl([part for term, text in method(view.base) for part in (html.Dt(term), html.Dd(text))])]
        ),
        *(_card(table.title, [_table(table)]) for table in [*tables, provenance.table(view.runs)]),
        _card("The scenario in full", [html.Pre(provenance.in_full(base), tabIndex=0)]),
    ]


def _card(title: str, parts: list[Component]) -> Component:
    return html.Section([html.H2(title), *parts], className="card wide")


def _table(table: Table) -> Component:
    head = html.Thead(html.Tr([html.Th(name, scope="col") for name in table.columns]))
    rows = [html.Tr([html.Td(str(value)) for value in row]) for row in table.rows]
    return html.Div(html.Table([head, html.Tbody(rows)]), className="table", tabIndex=0)


BEFORE: dict[str, Callable[[View], list[Component]]] = {
    "overview": _overview,
    "compare": _compare,
    "what-if": _what_if,
    "method": _method,
}

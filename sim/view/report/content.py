"""What a report says: findings, answers, chapters of figures, method, parameters and provenance, in plain data."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from sim.errors import UserError
from sim.experiments.pairing import made_otherwise
from sim.record.model import Record
from sim.results.run import Run
from sim.scenario.parameters import Parameter, with_sums
from sim.view import colophon, findings, method, provenance, questions, words
from sim.view.brief import Brief, brief
from sim.view.figures.comparison import distinct
from sim.view.report import glossary
from sim.view.report.chapters import Chapter, Chapters, Shown, called
from sim.view.tables import Table

if TYPE_CHECKING:
    from sim.inference.track_record import TrackRecord
    from sim.view.figures.files import Analysis


class Answered(NamedTuple):
    """A question with its answers, and with each the figure that shows it if one does."""

    question: str
    answers: list[tuple[str, Shown | None]]


class Report(NamedTuple):
    """Everything that a page says, in the page's order; texts are plain, pairs are terms with their explanations."""

    title: str
    kind: str
    brief: Brief
    facts: str
    findings: list[str]
    notes: list[str]
    answers: list[Answered]
    chapters: list[Chapter]
    method: list[tuple[str, str]]
    numbers: list[Parameter]
    provenance: Table
    scenarios: list[tuple[str, str]]
    glossary: list[tuple[str, str]]
    source: str
    citation: str

    def figures(self) -> list[Shown]:
        """All figures of the page in order."""
        return [shown for chapter in self.chapters for shown in chapter.figures()]

    @property
    def first(self) -> Shown | None:
        """The figure beside the answer, which does not come again in its chapter."""
        return next((shown for chapter in self.chapters for shown in chapter.figures()), None)

    def has(self, key: str) -> bool:
        """Whether there is a chapter of that key."""
        return any(chapter.key == key for chapter in self.chapters)


def report(
    runs: Sequence[Run],
    records: Mapping[str, Record] = MappingProxyType({}),
    analyses: "Sequence[Analysis]" = (),
    *,
    title: str = "",
    track_record: "TrackRecord | None" = None,
) -> Report:
    """The report of runs; the first is the baseline of the others.

    `records`: the public record to show beside each scenario that has one, by its name; `analyses`: figures of other
    analyses; `track_record`: how earlier forecasts fared; `title`: instead of the scenarios' own. Raises UserError if
    there is no run, or if two runs have the same name.
    """
    check_names([run.scenario.name for run in runs])
    written, runs = [run.scenario for run in runs], distinct(runs)
    scenarios, answer = [run.scenario for run in runs], brief(runs, records.get(runs[0].scenario.name), track_record)
    compared = len(runs) > 1 and not answer.not_compared
    chapters = _chapters(runs, records, analyses, track_record, compared)
    return Report(
        title=title or _title(runs, compared),
        kind="A comparison of simulated scenarios" if compared else "A simulation",
        brief=answer,
        facts=_facts(runs, records),
        findings=findings.findings_of_comparison(runs) if compared else findings.findings(runs[0]),
        notes=[*([] if answer.not_compared else made_otherwise(runs)), *_blocked(runs[0 if compared else 1 :])],
        answers=_answers(runs if compared else runs[:1], chapters),
        chapters=chapters,
        method=method.method(runs[0]),
        numbers=with_sums(scenarios[0]),
        provenance=provenance.run_table(runs),
        scenarios=[(scenario.name, provenance.in_full(scenario)) for scenario in written],
        glossary=glossary.words(scenarios[0]),
        source=colophon.of_runs(runs),
        citation=colophon.citation(runs),
    )


def _chapters(
    runs: Sequence[Run],
    records: Mapping[str, Record],
    analyses: "Sequence[Analysis]",
    track_record: "TrackRecord | None",
    compared: bool,
) -> list[Chapter]:
    """The chapters that have something to show."""
    chapters = Chapters()
    chapters.runs(runs, records, paired=compared)
    chapters.records(runs, records)
    if track_record is not None:
        chapters.track_record(track_record)
    for number, one in enumerate(analyses, 1):
        chapters.analysis(number, one)
    return [chapter for chapter in chapters.made if chapter.parts or chapter.changes]


def _blocked(runs: Sequence[Run]) -> list[str]:
    """That teams wait in vain, for the runs whose findings do not say it."""
    return [f"{called(run)}: {sentence}" for run in runs for sentence in words.blocked(run)]


def check_names(names: Sequence[str]) -> None:
    """Raise UserError if there is no scenario, or if two have the same name: the page could not distinguish them."""
    if not names:
        raise UserError("a report needs at least one run: a scenario file, or the folder of a stored run")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"two of the runs are of a scenario named {twice[0]}: give one of them another name")


def _title(runs: Sequence[Run], compared: bool) -> str:
    first, *others = map(called, runs)
    if not others:
        return first
    rest = words.listing(others) if len(others) < 3 else f"{len(others)} other scenarios"
    return f"{first}, {'compared with' if compared else 'and'} {rest}"


def _facts(runs: Sequence[Run], records: Mapping[str, Record]) -> str:
    without = [called(run) for run in runs if run.scenario.name not in records] if records else []
    first, same = runs[0].scenario, len({run.replications for run in runs}) == 1
    of = "" if len(runs) == 1 else " of each scenario" if same else " of the first scenario"
    facts = [
        f"{words.date_of(first.start)} to {words.date_of(first.horizon)}",
        f"{words.plural(runs[0].replications, 'simulation')}{of}",
        f"seed {first.seed}",
        *dict.fromkeys(map(colophon.record_to, records.values())),
        *(f"no public record beside {title}" for title in without),
    ]
    return " · ".join(facts)


def _answers(runs: Sequence[Run], chapters: Sequence[Chapter]) -> list[Answered]:
    """The answers by question, each with the first figure of its name: the baseline's before that of others."""
    shown: dict[str, Shown] = {}
    for one in (shown for chapter in chapters for shown in chapter.figures()):
        shown.setdefault(one.figure.name, one)
    asked: dict[str, list[tuple[str, Shown | None]]] = {}
    for answer in questions.answers(runs):
        asked.setdefault(answer.question, []).append((answer.answer, shown.get(answer.figure)))
    return [Answered(question, answers) for question, answers in asked.items()]

"""Runs in which there is hardly anything to show: no case, no stage in which cases are in progress, one replication."""

import pytest
from rich.console import Console

from sim import simulate
from sim.results.run import Run, platforms
from sim.results.tables import TABLES
from sim.scenario.schema import Scenario
from sim.view import api, findings, questions, words
from sim.view.brief import brief
from sim.view.figures import caseload, chances, comparison, durations, staffing, timelines
from sim.view.terminal.brief import summary

STAGES = {
    "ask": {
        "title": "Ask",
        "steps": {"letter": {"step": "wait", "reason": "party", "days": 20}},
        "next": {"examine": 0.5, "closed": 0.5},
    },
    "examine": {
        "title": "Examine",
        "limit": {"cases": 2},
        "steps": {"work": {"step": "effort", "fte_days": {"staff": 10}}},
        "next": {"decided": 1},
    },
    "decided": {
        "title": "Decided",
        "resolved": True,
        "fine": {"share_of_turnover": 0.01, "most": 0.06},
        "steps": {"term": {"step": "wait", "reason": "procedure", "days": 30}},
        "next": {"done": 1},
    },
}
PROCEDURE = {"name": "p", "title": "P", "exits": {"done": "Done", "closed": "Closed"}, "stages": STAGES}
MONITORING = {
    "name": "m",
    "title": "M",
    "exits": {"done": "Done"},
    "stages": {"monitored": {**STAGES["decided"], "fine": None}},
}
RARE = {"rare": {"kind": "random", "stage": "ask", "per_year": 0.0001, "platforms": {"A": 1, "B": 1}}}
HEADLINE = {"stage": "examine", "title": "proceedings", "before": "requests"}


def scenario(**changes: object) -> Scenario:
    """A scenario to which hardly a case ever comes, with some settings replaced."""
    settings = {
        "name": "edge",
        "start": "2024-01-01",
        "horizon": "2026-01-01",
        "replications": 3,
        "seed": 5,
        "procedure": PROCEDURE | {"headline": HEADLINE},
        "staffing": {"staff": {"headcount": 2}},
        "arrivals": RARE,
        "costs": {"fte_year_eur": 100_000, "fee_eur_m": 1},
    }
    return Scenario.model_validate(settings | changes)


def probe(stage: str, **changes: object) -> Scenario:
    """A scenario of one case."""
    return scenario(**{"arrivals": {}, "probes": {"case": {"stage": stage, "arrives": "2024-03-01"}}, **changes})


TARGETS = [{"milestone": "decided", "of": "examine", "within_days": 60}]
DRAWN = {"head": {"sets": "staffing.staff.headcount", "value": {"distribution": "uniform", "low": 1, "high": 2}}}
EDGES = {
    "no case": scenario(targets=TARGETS),
    "no case, one replication": scenario(targets=TARGETS, replications=1),
    "no case, no headline": scenario(procedure=PROCEDURE),
    "no case, one draw": scenario(uncertain=DRAWN, replications=2, replications_per_draw=2),
    "one case, one replication": probe("ask", replications=1, targets=TARGETS),
    "one case on the last day but one": probe("ask", probes={"case": {"stage": "ask", "arrives": "2025-12-31"}}),
    "all resolved": probe("decided", probes={"case": {"stage": "decided", "since": "2023-12-20"}}, targets=TARGETS),
    "no open stage": probe("monitored", procedure=MONITORING),
    "no open stage, with a target": probe(
        "monitored", procedure=MONITORING, targets=[{"milestone": "done", "of": "monitored", "within_days": 3}]
    ),
    "no open stage, no case": scenario(
        procedure=MONITORING, arrivals={"rare": {"kind": "random", "stage": "monitored", "per_year": 0.0001}}
    ),
}
PICTURES = (
    timelines.timelines, chances.probabilities, caseload.pending, caseload.where_cases_go,
    durations.where_days_go, durations.durations, staffing.delay_by_role, staffing.work,
    staffing.staff_over_time,
)  # fmt: skip


@pytest.fixture(scope="module", params=EDGES, ids=lambda name: name.replace(" ", "-"))
def runs(request) -> list[Run]:
    """A run, and what is seen of it through cases that it does not have."""
    run = simulate(EDGES[request.param])
    parts = [run.filter(origin="nowhere")]
    if "B" in platforms(run.scenario):
        parts.append(run.filter(platform="B"))
    return [run, *parts]


@pytest.mark.filterwarnings("error")
def test_every_table_and_indicator(runs):
    """Each table has its columns, be it without rows; indicators without a value are not in the summary."""
    for run in runs:
        for name, declared in TABLES.items():
            assert set(declared.columns) <= set(run.table(name).columns), name
        assert run.summary()["value"].notna().all()
        assert len(run.per_replication) == run.replications


@pytest.mark.filterwarnings("error")
def test_every_picture_and_sentence(runs, tmp_path):
    """Drawn, or None if there is nothing to draw; report and terminal too."""
    for run in runs:
        for draw in PICTURES:
            draw(run)
        for draw in (comparison.differences, comparison.resolutions, comparison.pending):
            draw([run, run])
        assert findings.findings(run)
        questions.answers([run, run])
        assert set(api.names(run))
        run.to_html(tmp_path / "report.html")
        console = Console(width=140, record=True, quiet=True)
        console.print(summary(run, brief([run]), full=True))


def test_that_no_case_comes_is_said():
    """In the findings of the report and on the terminal, instead of tables of nothing; of a part of the cases too."""
    run = simulate(EDGES["no case"])
    told = words.no_cases(run)
    assert findings.findings(run) == [told]
    console = Console(width=140, record=True, file=None, quiet=False)
    with console.capture() as capture:
        console.print(summary(run, brief([run]), full=True))
    assert told in capture.get()
    assert "Where the days" not in capture.get()
    assert findings.findings(run.filter(platform="B"))[0].startswith("No case on B is in progress")


def test_nobody_is_the_busiest_where_nobody_has_anything_to_do():
    """A figure of roles at 0% would rank them all the same."""
    assert staffing.delay_by_role(simulate(EDGES["no case"])) is None
    assert "busiest" in staffing.delay_by_role(simulate(probe("examine"))).title


def test_a_target_that_cannot_be_told_is_said():
    """No case is followed for the 1,000 days that it allows: no percentage, and no word of `-` in a sentence."""
    allowed = [{"milestone": "decided", "of": "ask", "within_days": 1000, "title": "In 1,000 days"}]
    run = simulate(probe("ask", targets=allowed, probes={"case": {"stage": "ask", "arrives": "2025-12-20"}}))
    (told,) = [sentence for sentence in findings.findings(run) if "1,000 days" in sentence and "met" in sentence]
    assert "is not known: too few cases are followed from the start" in told
    console = Console(width=140)
    with console.capture() as capture:
        console.print(summary(run, brief([run]), full=True))
    assert "too few cases are followed from the start for that long" in " ".join(capture.get().split())

"""Pictures of single cases say what the summary and the event log say of them."""

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from sim.experiments.simulate import simulate_each
from sim.record.model import Record, RecordedStrand, Service
from sim.results.summary import IN_PROGRESS
from sim.view.charts import cases as charts
from sim.view.figures import cases
from sim.view.figures.gallery import milestones_asked_for
from sim.view.figures.listed import chosen, names

OPEN = ["agora-2023-06/minors", "agora-2023-06/adverts", "babel-2023-09", "corso-2024-03/a", "corso-2024-03/b"]
ADVERTS = "agora-2023-06/adverts"


def strand(name: str, findings: date | None, outcome: str | None = None, ended: date | None = None) -> RecordedStrand:
    """A strand of the first proceeding."""
    return RecordedStrand(
        "agora-2023-06", name, "Agora", ("minors",), ("1",), date(2023, 6, 1), findings, outcome, ended, None
    )


RECORD = Record(
    (),
    (strand("adverts", date(2023, 12, 1)), strand("minors", date(2024, 5, 1), "non_compliance", date(2024, 9, 1))),
    {"Agora": Service("Agora", "Agora Holding", "VLOP", date(2023, 1, 1), None, "", "")},
    {},
)
"""What happened in truth, some of it after the first day."""


def resolved(run, case):
    """When a case is resolved in each replication."""
    return run.first_reached(case, run.layout.resolving)


def bars(figure, title):
    """The bars of one name: (row, from, to)."""
    (trace,) = [trace for trace in figure.chart.data if trace.type == "bar" and trace.name == title]
    begins = pd.to_datetime(pd.Series(trace.base))
    ends = begins + pd.to_timedelta(np.array(trace.x, dtype=float), unit="ms")
    return [(y, b.date(), e.date()) for y, b, e in zip(trace.y, begins, ends, strict=True)]


@pytest.mark.parametrize("of", [cases.timelines, cases.probabilities])
def test_a_run_without_probes_has_no_pictures_of_them(of, bare_run):
    """Where no case is listed, or none of those asked for, there is nothing to show."""
    assert of(bare_run) is None
    assert cases.decisions(bare_run, "nobody") is None
    assert cases.one_case(bare_run, "nobody") is None


@pytest.mark.parametrize("of", [cases.timelines, cases.probabilities])
def test_unknown_cases_are_left_out(of, small_run):
    """A case that nobody has is not among those shown."""
    assert of(small_run, cases=["nobody"]) is None
    assert set(of(small_run, cases=["nobody", ADVERTS]).table["case"]) == {"Agora: adverts"}


def test_names(small_run):
    """A case is called by its services and strand, and by its key where two would be called the same."""
    called = names(small_run)
    assert called[ADVERTS].whole == "Agora: adverts"
    assert called["babel-2023-09"].whole == "babel-2023-09"
    assert called["corso-request"].whole == "Corso"


def test_open_cases_are_shown(small_run):
    """Without a choice the open cases of the headline are shown."""
    assert chosen(small_run, None) == OPEN


def test_the_past_is_of_the_record_as_known_on_the_first_day(small_run):
    """Stages follow one another up to the first day; what the record learned later is not there."""
    figure = cases.timelines(small_run, RECORD)
    start = small_run.scenario.start
    assert bars(figure, "Preliminary findings") == [(1, date(2023, 12, 1), start)]
    assert bars(figure, "Formal proceedings") == [
        (0, date(2023, 6, 1), start),
        (1, date(2023, 6, 1), date(2023, 12, 1)),
        (2, date(2023, 9, 15), start),
    ]
    known = cases.timelines(small_run, RECORD.known_on(start))
    assert known.chart.to_json() == figure.chart.to_json()


def test_without_a_record_a_row_begins_with_the_present_stage(small_run):
    """The scenario says since when a case is in its stage; a case that is to come has a mark on its day."""
    figure = cases.timelines(small_run)
    assert bars(figure, "Formal proceedings") == [
        (0, date(2023, 6, 1), small_run.scenario.start),
        (2, date(2023, 9, 15), small_run.scenario.start),
    ]
    (coming,) = [trace for trace in figure.chart.data if trace.name == "Is to come"]
    assert list(coming.y) == [3, 4]


def test_forecasts_are_the_quantiles(small_run):
    """Interval and median of the resolution are those of the replications; beyond the horizon nothing is told."""
    table = cases.timelines(small_run).table
    rows = table[table["milestone"] == "Resolved"].set_index("case")
    found = small_run.table("resolutions").set_index("case")
    start = pd.Timestamp(small_run.scenario.start)
    for case in OPEN:
        row = rows.loc[names(small_run)[case].whole]
        for column, quantile in (("80% from", "q10"), ("date", "median"), ("80% to", "q90")):
            days = found.loc[case, quantile]
            assert row[column] is pd.NaT if np.isinf(days) else (row[column] - start).days == int(days)
        assert row["probability by the horizon"] == round(float(np.isfinite(resolved(small_run, case)).mean()), 3)
    assert rows["80% to"].isna().any()


def test_a_median_beyond_the_horizon_is_an_arrow():
    """Where half of the replications resolve a case later, an arrow stands at the horizon."""
    day, horizon = pd.Timestamp("2024-03-01"), date(2024, 12, 31)
    table = pd.DataFrame(
        [("a", "forecast", charts.RESOLVED, day, pd.NaT, pd.NaT, 0.3, "later"),
         ("b", "forecast", charts.RESOLVED, day, day, pd.NaT, 0.6, "soon")],
        columns=cases.COLUMNS,
    )  # fmt: skip
    figure = charts.timelines(table, {"a": "A", "b": "B"}, date(2024, 1, 1), horizon, {})
    (arrow,) = [trace for trace in figure.data if trace.name == "Median later"]
    assert (arrow.marker.symbol, list(arrow.x), list(arrow.customdata)) == (
        "arrow-right",
        [pd.Timestamp(horizon)],
        ["later"],
    )
    (median,) = [trace for trace in figure.data if trace.name == "Median"]
    assert list(median.customdata) == ["soon"]


def test_titles_of_timelines(small_run):
    """The title counts the cases that are more likely than not resolved by the horizon."""
    soon = [case for case in OPEN if np.isfinite(resolved(small_run, case)).mean() >= 0.5]
    assert cases.timelines(small_run).title.startswith(
        f"{'All' if len(soon) == 5 else f'{len(soon)} of the'} 5 open cases"
    )
    one = cases.timelines(small_run, cases=[ADVERTS])
    assert one.title == "Agora: adverts is resolved by 2024-06-30 in half of the replications"


def test_probabilities_are_shares_of_replications(small_run):
    """At each date the probability is the share resolved by then; it never falls, and lies in its interval."""
    table = cases.probabilities(small_run).table.groupby("case")
    for case in OPEN:
        rows = table.get_group(names(small_run)[case].whole)
        for time, value in zip(small_run.layout.times, rows["probability"], strict=True):
            assert value == round(float((resolved(small_run, case) <= time).mean()), 3)
        assert (rows["probability"].diff().dropna() >= 0).all()
        assert ((rows["95% from"] <= rows["probability"]) & (rows["probability"] <= rows["95% to"])).all()


def test_many_curves_are_grey_but_the_extremes(small_run, monkeypatch):
    """Where there are more curves than colours tell apart, the most and least likely stand out and are named."""
    monkeypatch.setattr(charts, "MAX_COLOURED", 3)
    monkeypatch.setattr(cases, "OUTSTANDING", 1)
    figure = cases.probabilities(small_run)
    grey = [trace for trace in figure.chart.data if trace.line.color == charts.UNCOLOURED]
    assert len(grey) == 3
    assert len(figure.chart.layout.annotations) == 2
    assert "the 1 most and least likely of 5" in figure.caption


def test_decisions_of_a_case(small_run):
    """Each milestone ahead that is not rare has its curve, and the title gives the probability of being resolved."""
    figure = cases.decisions(small_run, "agora-2023-06/minors")
    last = figure.table.groupby("milestone")["probability"].last()
    assert last["Preliminary findings sent"] == np.isfinite(
        small_run.first_reached("agora-2023-06/minors", ["findings"])
    ).mean().round(3)
    assert "Proceedings opened" not in last.index
    assert f"with probability {last['Resolved, whichever way']:.0%}" in figure.title


def test_one_case_is_its_visits(small_run):
    """Every replication is a row of visits that follow one another, and rows are in the order of resolution."""
    case = "agora-2023-06/minors"
    figure = cases.one_case(small_run, case, replications=30)
    table, start = figure.table, pd.Timestamp(small_run.scenario.start)
    order = list(dict.fromkeys(table["replication"]))
    assert sorted(order) == list(range(30))
    times = resolved(small_run, case)[order]
    assert all(one <= other for one, other in pairwise(times))
    ends = table.groupby("replication")["to"].last()
    for number in order:
        time = resolved(small_run, case)[number]
        assert (ends[number] - start).days == int(min(time, small_run.scenario.horizon_days))
    pending = table[table["the case ends in"] == IN_PROGRESS]["replication"].nunique()
    assert pending == np.isinf(resolved(small_run, case)[:30]).sum()
    assert f"{pending} are still in progress at the horizon" in figure.caption


def test_one_case_of_a_run_that_is_not_stored(small_run):
    """A run in memory shows the same."""
    unstored = small_run.in_memory()
    one, other = (cases.one_case(run, ADVERTS, 30) for run in (small_run, unstored))
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.title == other.title


def test_a_case_that_forks_goes_on_as_strands(small_run):
    """A case still whole is shown until it forks."""
    figure = cases.one_case(small_run, "corso-request", 40)
    assert set(figure.table["stage"]) == {"Request for information"}
    assert "go on as strands in “Formal proceedings”" in figure.caption


def test_a_run_without_events_has_no_single_case(small_run, tmp_path):
    """The points of a sweep are stored without events; the figure is left out, the others are there."""
    [run] = simulate_each([small_run.scenario.model_copy(update={"replications": 4})], results=tmp_path)
    assert cases.one_case(run, ADVERTS) is None
    assert cases.timelines(run) is not None


def test_size(small_run):
    """The figures are small enough to be sent."""
    for figure in (
        cases.timelines(small_run, RECORD),
        cases.probabilities(small_run),
        cases.one_case(small_run, ADVERTS),
    ):
        assert len(figure.whole().to_json()) < 300_000


def test_the_probability_of_a_milestone_is_of_those_who_can_still_come_to_it(small_run):
    """Asked of one milestone, a curve ends at the share of replications that reach it; cases beyond it are left out."""
    place = milestones_asked_for(small_run.scenario)[0]
    figure = cases.probabilities(small_run, place=place)
    assert figure.name == f"probabilities-{place}"
    last = figure.table.groupby("case", sort=False)["probability"].last()
    called = {case: name.whole for case, name in names(small_run).items()}
    for case in small_run.layout.open_cases:
        first = small_run.first_reached(case, [place])
        if first.min() > 0 and np.isfinite(first).any():
            assert last[called[case]] == pytest.approx(np.isfinite(first).mean(), abs=5e-4)
        else:
            assert called[case] not in last
    assert len(last) > 0
    stage = next(iter(small_run.layout.stages))
    assert cases.probabilities(small_run, place=stage) is None

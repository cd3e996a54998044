"""Pictures of single cases say what the summary and the event log say of them."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from sim.experiments.simulate import simulate_each
from sim.record.model import Record, RecordedStrand, Service
from sim.results.summary import IN_PROGRESS
from sim.view.figures import chances, one_case, timelines
from sim.view.figures.listed import chosen, in_order, milestones_asked_for, names

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
    date(2024, 9, 30),
)
"""What happened in truth, some of it after the first day."""


def resolved(run, case):
    """When a case is resolved in each replication."""
    return run.first_reached(case, run.layout.resolving)


def bars(figure, title):
    """The first bars of one name, which are of the past: (row, from, to)."""
    trace, *_ = [trace for trace in figure.chart.data if trace.type == "bar" and trace.name == title]
    begins = pd.to_datetime(pd.Series(trace.base))
    ends = begins + pd.to_timedelta(np.array(trace.x, dtype=float), unit="ms")
    return [(y, b.date(), e.date()) for y, b, e in zip(trace.y, begins, ends, strict=True)]


@pytest.mark.parametrize("of", [timelines.timelines, chances.probabilities])
def test_a_run_without_probes_has_no_pictures_of_them(of, bare_run):
    """Where no case is listed, or none of those asked for, there is nothing to show."""
    assert of(bare_run) is None
    assert one_case.one_case(bare_run, "nobody") is None


@pytest.mark.parametrize("of", [timelines.timelines, chances.probabilities])
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
    """Stages follow one another up to the first day, with the longest open case on top."""
    figure = timelines.timelines(small_run, RECORD)
    start = small_run.scenario.start
    assert bars(figure, "Preliminary findings") == [(1, date(2023, 12, 1), start)]
    assert bars(figure, "Formal proceedings") == [
        (0, date(2023, 6, 1), start),
        (1, date(2023, 6, 1), date(2023, 12, 1)),
        (2, date(2023, 9, 15), start),
    ]


def test_what_really_happened_is_marked(small_run):
    """What the record knows beyond the first day is marked, counted in the title and in the table; before, nothing."""
    figure = timelines.timelines(small_run, RECORD)
    marks = [(list(trace.x), list(trace.y)) for trace in figure.chart.data if trace.name == "What really happened"]
    assert marks == [(["2024-05-01"], [0]), (["2024-09-01"], [0])]
    assert "; 1 really was by September 2024" in figure.title
    assert len(figure.caption.split()) <= 40
    rows = figure.table[figure.table["what"] == "happened since"]
    assert rows["milestone"].tolist() == ["Preliminary findings sent", "Decision adopted"]
    known = timelines.timelines(small_run, RECORD.known_on(small_run.scenario.start))
    assert "really" not in known.title + known.caption
    assert not any(trace.name == "What really happened" for trace in known.chart.data)


def test_the_date_of_each_case_stands_beside_it(small_run, tmp_path):
    """The month of the table's median, 'after' the horizon if it is later; in bold what really came, and when."""
    said = [text.split("<br>") for text in timelines.timelines(small_run, RECORD).chart.layout.yaxis2.ticktext]
    medians = small_run.table("resolutions").set_index("case")["median"]
    start = pd.Timestamp(small_run.scenario.start)
    days = [start + pd.Timedelta(days=int(medians[case])) for case in in_order(small_run, RECORD)]
    assert [forecast for forecast, *_ in said] == [f"{day:%b %Y}" for day in days]
    assert [truth for _, *truth in said] == [["<b>◆ decision, Sep 2024</b>"], *4 * [[]]]
    short = small_run.scenario.model_copy(update={"replications": 4, "horizon": date(2024, 1, 3)})
    [run] = simulate_each([short], results=tmp_path)
    assert set(timelines.timelines(run).chart.layout.yaxis2.ticktext) == {"after Jan 2024"}


def test_cases_are_listed_by_service(small_run):
    """All of a service's cases together, services by their first opening: as the record knows it, or the scenario."""
    probes = small_run.scenario.probes
    twice = {name: probe.model_copy(update={"platform": "Agora"}) for name, probe in probes.items() if "corso" in name}
    run = replace(small_run, scenario=small_run.scenario.model_copy(update={"probes": {**probes, **twice}}))
    assert in_order(run, None) == [*OPEN[:2], *OPEN[3:], OPEN[2]]
    earlier = replace(RECORD, strands=tuple(replace(one, opened=date(2023, 10, 1)) for one in RECORD.strands))
    assert in_order(run, earlier) == [OPEN[2], *OPEN[:2], *OPEN[3:]]


def test_how_each_case_ends_stands_beside_it(small_run):
    """The parts of a row are the shares of the table of endings, and add up to one."""
    figure = timelines.timelines(small_run)
    ends = small_run.table("endings")
    ends = ends[ends["date"] == small_run.scenario.horizon]
    parts = [trace for trace in figure.chart.data if trace.type == "bar" and trace.xaxis == "x2"]
    for row, case in enumerate(OPEN):
        drawn = [trace.x[list(trace.y).index(row)] for trace in parts if row in trace.y]
        assert drawn == pytest.approx(ends[ends["case"] == case]["value"].tolist(), abs=1e-4)
        assert sum(drawn) == pytest.approx(1)


def test_without_a_record_a_row_begins_with_the_present_stage(small_run):
    """The scenario says since when a case is in its stage; a case that is to come has a mark on its day."""
    figure = timelines.timelines(small_run)
    assert bars(figure, "Formal proceedings") == [
        (0, date(2023, 6, 1), small_run.scenario.start),
        (2, date(2023, 9, 15), small_run.scenario.start),
    ]
    (coming,) = [trace for trace in figure.chart.data if trace.name == "Is to come"]
    assert list(coming.y) == [3, 4]


def test_forecasts_are_the_quantiles(small_run):
    """Interval and median of the resolution are those of the replications; beyond the horizon nothing is told."""
    table = timelines.timelines(small_run).table
    rows = table[(table["what"] == "forecast") & (table["milestone"] == "Resolved")].set_index("case")
    found = small_run.table("resolutions").set_index("case")
    start = pd.Timestamp(small_run.scenario.start)
    for case in OPEN:
        row = rows.loc[names(small_run)[case].whole]
        for column, quantile in (("80% from", "q10"), ("date", "median"), ("80% to", "q90")):
            days = found.loc[case, quantile]
            assert row[column] is pd.NaT if np.isinf(days) else (row[column] - start).days == int(days)
        assert row["probability by the horizon"] == round(float(np.isfinite(resolved(small_run, case)).mean()), 3)
    assert rows["80% to"].isna().any()


def test_titles_of_timelines(small_run):
    """The title counts the cases that are more likely than not resolved by the horizon."""
    soon = [case for case in OPEN if np.isfinite(resolved(small_run, case)).mean() >= 0.5]
    assert timelines.timelines(small_run).title.startswith(
        f"{'Each of the' if len(soon) == 5 else f'{len(soon)} of the'} 5 proceedings by strand"
    )
    one = timelines.timelines(small_run, cases=[ADVERTS])
    assert one.title == "Agora: adverts is more likely than not resolved by June 2024"


def test_a_case_that_is_resolved_on_the_first_day_has_no_forecast(small_run):
    """Nothing is said of the future of what is over, even if it is asked for."""
    over = [case for case in small_run.layout.tracked if resolved(small_run, case).max() <= 0]
    assert over
    assert timelines.timelines(small_run, cases=over) is None
    assert chances.probabilities(small_run, cases=over) is None


def test_chances_are_shares_of_replications(small_run):
    """By each date the chance is the share resolved by then, and it never falls."""
    table = chances.probabilities(small_run).table
    table = table[table["milestone"] == "Resolved"].set_index(["case", "by"])["probability"]
    for case in OPEN:
        mine = table[names(small_run)[case].whole]
        assert mine.is_monotonic_increasing
        assert mine[small_run.scenario.horizon] == pytest.approx(
            np.isfinite(resolved(small_run, case)).mean(), abs=5e-4
        )
        assert mine.iloc[0] == pytest.approx((resolved(small_run, case) <= 365.25).mean(), abs=5e-4)


def test_the_likeliest_stand_on_top(small_run):
    """The rows of the heat table go from the likeliest to the least likely, in each of its panels."""
    first, *others = chances.probabilities(small_run).chart.data
    last = [row[-1] for row in first.z]
    assert last == sorted(last, reverse=True)
    assert all(list(other.y) == list(first.y) for other in others)


def test_the_title_tells_the_groups_apart(small_run):
    """Cases at different stages are told apart on average, at the date at which they differ most."""
    title = chances.probabilities(small_run).title
    stage = small_run.layout.present_stage(ADVERTS)[0]
    assert f"for the one in {small_run.scenario.procedure.stages[stage].title}" in title


def test_the_chance_of_a_milestone_is_of_those_who_can_still_come_to_it(small_run):
    """Cases beyond a milestone are left out of its panel."""
    place = milestones_asked_for(small_run.scenario)[0]
    table = chances.probabilities(small_run).table
    title = small_run.scenario.procedure.stages[place].milestone
    last = table[table["milestone"] == title].groupby("case", sort=False)["probability"].last()
    called = {case: name.whole for case, name in names(small_run).items()}
    for case in small_run.layout.open_cases:
        first = small_run.first_reached(case, [place])
        if first.min() > 0 and np.isfinite(first).any():
            assert last[called[case]] == pytest.approx(np.isfinite(first).mean(), abs=5e-4)
        else:
            assert called[case] not in last
    assert len(last) > 0


def test_one_case_is_its_visits(small_run):
    """Every replication is a row of visits that follow one another, and rows are in the order of resolution."""
    case = "agora-2023-06/minors"
    figure = one_case.one_case(small_run, case, replications=30)
    table, start = figure.table, pd.Timestamp(small_run.scenario.start)
    order = list(dict.fromkeys(table["simulation"]))
    assert sorted(order) == list(range(30))
    times = resolved(small_run, case)[order]
    assert all(one <= other for one, other in pairwise(times))
    ends = table.groupby("simulation")["to"].last()
    for number in order:
        time = resolved(small_run, case)[number]
        assert (ends[number] - start).days == int(min(time, small_run.scenario.horizon_days))
    pending = table[table["the case ends in"] == IN_PROGRESS]["simulation"].nunique()
    assert pending == np.isinf(resolved(small_run, case)[:30]).sum()
    assert f"{pending} still in progress" in figure.caption


def test_one_case_of_a_run_that_is_not_stored(small_run):
    """A run in memory shows the same."""
    unstored = small_run.in_memory()
    one, other = (one_case.one_case(run, ADVERTS, 30) for run in (small_run, unstored))
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.title == other.title


def test_a_case_that_forks_goes_on_as_strands(small_run):
    """A case still whole is shown until it forks."""
    figure = one_case.one_case(small_run, "corso-request", 40)
    assert set(figure.table["stage"]) == {"Request for information"}
    assert "as strands in “Formal proceedings”" in figure.caption


def test_a_run_without_events_has_no_single_case(small_run, tmp_path):
    """The points of a sweep are stored without events; the figure is left out, the others are there."""
    [run] = simulate_each([small_run.scenario.model_copy(update={"replications": 4})], results=tmp_path)
    assert one_case.one_case(run, ADVERTS) is None
    assert timelines.timelines(run) is not None


def test_size(small_run):
    """The figures are small enough to be sent."""
    for figure in (
        timelines.timelines(small_run, RECORD),
        chances.probabilities(small_run),
        one_case.one_case(small_run, ADVERTS),
    ):
        assert len(figure.whole().to_json()) < 300_000

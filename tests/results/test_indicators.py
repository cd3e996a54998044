"""Indicators against textbooks, hand-made logs and identities that must hold exactly."""

from collections import Counter
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sim.results.measures import measures

from sim.dates import YEAR_DAYS
from sim.experiments.simulate import simulate
from sim.results import indicators
from sim.results.events import DELAY_PREFIX, EFFORT_PREFIX, REASON_COLUMNS
from sim.results.run import Run
from sim.results.summarise import summarise
from sim.results.summary import Layout
from sim.scenario.loading import load_scenario

FORKING = """\
name: forking
start: 2024-01-01
horizon: 2026-01-01
replications: 8
seed: 4
procedure:
  name: forking
  title: Requests, proceedings that fork, decisions
  exits: {closed: Closed, ended: Ended}
  stages:
    request:
      title: Request
      steps:
        ask: {step: wait, reason: party, days: {distribution: exponential, mean: 30}}
        read: {step: team, fte: {clerks: 1}, days: {distribution: exponential, mean: 20}}
      next: {proceedings: 0.4, request: 0.1, closed: rest}
    proceedings:
      title: Proceedings
      fork: {strands: {1: 1, 2: 2, 3: 1}}
      limit: {cases: 4}
      steps:
        hold: {step: wait, reason: hold, days: 40, probability: 0.3}
        consult: {step: wait, reason: procedure, working_days: 10}
        work: {step: effort, fte_days: {clerks: 40}, most_fte: {clerks: 2}}
      next: {decision: 0.6, closed: rest}
    decision:
      title: Decision
      resolved: true
      steps:
        follow: {step: team, fte: {clerks: 0.5}, days: 100}
      next: {ended: 1}
calendar: {working_days_per_year: 215}
staffing:
  clerks: {headcount: 9}
probes:
  old: {stage: request, since: 2023-12-01}
  split:
    stage: proceedings
    since: 2023-10-01
    strands: {a: {}, b: {stage: decision, since: 2023-12-15}}
  soon: {stage: proceedings, arrives: 2024-02-01, strands: {x: {}, y: {}}}
arrivals:
  cases: {kind: random, stage: request, per_year: 30}
"""
DETERMINISTIC = """\
name: deterministic
start: 2024-01-01
horizon: 2024-04-10
replications: 2
seed: 1
procedure:
  name: queue
  title: One queue
  exits: {closed: Closed}
  stages:
    service:
      title: In service
      steps:
        reply: {step: wait, reason: party, days: 5}
        work: {step: team, fte: {clerks: 1}, days: 20}
      next: {decision: 1}
    decision:
      title: Decided
      resolved: true
      next: {closed: 1}
staffing:
  clerks: {headcount: 1}
  idle: {headcount: 2}
probes:
  one: {stage: service, arrives: 2024-01-01}
  two: {stage: service, arrives: 2024-01-01}
  three: {stage: service, arrives: 2024-03-31}
targets:
  - {milestone: decision, of: service, within_days: 25}
  - {milestone: decision, of: service, within_days: 45}
  - {milestone: closed, of: service, within_days: 24}
"""


def scenario(text, folder):
    """The scenario in a text."""
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path)


@pytest.fixture(scope="module")
def forking(tmp_path_factory):
    """A run with forks, loops, limits and cases under way."""
    return simulate(scenario(FORKING, tmp_path_factory.mktemp("forking")))


@pytest.fixture(scope="module")
def deterministic(tmp_path_factory):
    """A run in which nothing is left to chance: three cases, one clerk."""
    return simulate(scenario(DETERMINISTIC, tmp_path_factory.mktemp("deterministic")))


# identities of a run


def test_throughput_adds_up(forking):
    """What was pending and came in is what was resolved and is pending: exactly, with forks, loops and limits."""
    row = indicators.throughput(forking).iloc[0]
    years = forking.scenario.horizon_days / 365
    before = row.pending_start + row.incoming * years
    after = row.pending_end + row.resolved * years
    assert round(before * forking.replications, 6) == round(after * forking.replications, 6)
    assert row.clearance_rate == pytest.approx(row.resolved / row.incoming)
    assert row.disposition_time == pytest.approx(365 * row.pending_end / row.resolved)
    assert row.resolved > 5


def test_flows_add_up(forking):
    """In every replication as many cases come to a stage as leave it or are there at the horizon; forks included."""
    layout, total = forking.summary.layout, forking.summary.total
    for stage in layout.stages:
        came = sum(total(f"{what}:{stage}") for what in ("new", "under_way", "forked"))
        came = came + sum(total(f"went:{a}|{b}") for a, b in layout.routes if b == stage)
        gone = total(f"there:{stage}") + sum(total(f"went:{a}|{b}") for a, b in layout.routes if a == stage)
        assert came.tolist() == gone.tolist()
        assert came.any()
    came = sum(total(f"{what}:{stage}") for what in ("new", "forked") for stage in layout.stages)
    assert came.tolist() == total("incoming").tolist()
    assert sum(total(f"there:{stage}") for stage in layout.open_stages).tolist() == total("pending_end").tolist()
    assert total("forked:proceedings").min() >= 1
    assert total("forked:decision").sum() == total("forked:request").sum() == 0


def test_flows_are_the_logs(forking):
    """Each flow is the number of its rows in the log, over the replications; three probes were there or come split."""
    table = indicators.flows(forking).set_index(["source", "target"])
    events, replications = forking.events, forking.replications
    for (stage, outcome), rows in events.groupby(["stage", "outcome"], observed=True):
        assert table.loc[(stage, outcome), "mean"] == pytest.approx(len(rows) / replications)
    assert table.loc[("under way", "decision"), "mean"] == 1
    assert table.loc[("under way", "proceedings"), "mean"] == 1
    assert table.loc[("new", "proceedings"), "mean"] == 1
    inside = events[events["left"].isna() & (events["stage"] == "proceedings")]
    assert table.loc[("proceedings", "still pending"), "mean"] == pytest.approx(len(inside) / replications)
    assert ("decision", "still pending") not in table.index
    assert table.loc[("decision", "still there"), "mean"] > 0
    assert (table["low"] <= table["high"]).all()
    assert ("request", "ended") not in table.index


def test_work_is_told_by_stage_and_role(forking):
    """It is the work of the log; the shares of a role add up to one, and work after the resolution is there, too."""
    table, events = indicators.effort(forking), forking.events
    days = forking.scenario.calendar.working_days_per_year * forking.scenario.horizon_days / YEAR_DAYS
    for stage, role, fte, low, high, _ in table.itertuples(index=False):
        done = events.loc[events["stage"] == stage].groupby("replication")[f"{EFFORT_PREFIX}{role}"].sum()
        assert fte == pytest.approx(done.sum() / days / forking.replications)
        assert low <= high
    assert table.groupby("role")["share"].sum().to_numpy() == pytest.approx(1)
    assert "decision" in set(table["stage"])


def test_work_is_told_by_how_cases_end(forking):
    """Against the log, case by case: later work counts, and each strand has its share of the work before the fork."""
    roles = [f"{EFFORT_PREFIX}{role}" for role in forking.scenario.staffing]
    expected: Counter[tuple[str, str]] = Counter()
    for _, events in forking.events.groupby("replication"):
        work = events.assign(work=events[roles].sum(axis=1)).groupby("case", observed=True)["work"].sum()
        parents = events.dropna(subset="parent").drop_duplicates("case").set_index("case")["parent"].to_dict()
        strands = Counter(parents.values())
        ends = events[events["outcome"].isin(["decision", "closed"]) & events["stage"].isin(["request", "proceedings"])]
        for case, stage, outcome in ends[["case", "stage", "outcome"]].itertuples(index=False):
            parent = parents.get(case)
            shared = work[parent] / strands[parent] if parent in work.index else 0.0
            expected[stage, outcome] += work[case] + shared
    table = indicators.effort_by_ending(forking)
    whole = sum(expected.values())
    assert {(a, b): share for a, b, share in table[["source", "target", "share"]].itertuples(index=False)} == {
        route: pytest.approx(work / whole) for route, work in expected.items()
    }
    assert table["share"].sum() == pytest.approx(1)
    assert len(parents) > len(set(parents.values())) > 0


def test_pending_at_the_end_is_the_stages_sum(forking):
    """The series of pending cases by stage end with what throughput says is pending."""
    series = indicators.pending(forking)
    assert set(series["stage"]) == {"request", "proceedings"}
    last = series[series["time"] == forking.scenario.horizon_days]
    assert last["mean"].sum() == pytest.approx(indicators.throughput(forking).iloc[0].pending_end)


def test_pending_is_counted_case_by_case(forking):
    """At any time of the series the mean is the number of visits that have begun and not ended, over replications."""
    series, events = indicators.pending(forking), forking.events
    for time in np.unique(series["time"])[[1, 7, 15]]:
        here = (events["requested"] <= time) & ~(events["left"] <= time)
        for stage in ("request", "proceedings"):
            expected = (here & (events["stage"] == stage)).sum() / forking.replications
            found = series[(series["stage"] == stage) & (series["time"] == time)]["mean"].item()
            assert found == pytest.approx(expected)


def test_bands_of_pending_are_quantiles_of_the_counts(forking):
    """The bounds of the central 80% and 50% at the horizon are those of the replications' own counts."""
    last = indicators.pending(forking).query("time == @forking.scenario.horizon_days").set_index("stage")
    open_visits = forking.events[forking.events["left"].isna() & (forking.events["stage"] == "request")]
    counts = open_visits.groupby("replication").size().reindex(range(forking.replications), fill_value=0)
    for column, p in {"low": 0.1, "low_50": 0.25, "median": 0.5, "high_50": 0.75, "high": 0.9}.items():
        assert last.loc["request", column] == counts.quantile(p, interpolation="inverted_cdf")


def test_open_cases_are_beyond_the_first_stage(forking):
    """Of the listed cases a request and a strand that is decided are left out."""
    assert indicators.listed_cases(forking) == ["old", "split/a", "split/b", "soon/x", "soon/y"]
    assert indicators.open_listed(forking) == ["split/a", "soon/x", "soon/y"]
    assert indicators.present_stage(forking, "split/b") == ("decision", date(2023, 12, 15))
    assert indicators.present_stage(forking, "split/a") == ("proceedings", date(2023, 10, 1))
    assert indicators.present_stage(forking, "soon/x") == ("proceedings", None)


def test_open_cases_where_nothing_forks(deterministic):
    """All cases that are not resolved are worth a line where no stage forks."""
    assert indicators.open_listed(deterministic) == ["one", "two", "three"]


def test_delay_adds_up(forking):
    """Work, staff, party, procedure, holds and dormancy add up to the days of a visit, in every stage."""
    table = indicators.delay(forking).set_index("stage")
    parts = table[["work", "staff", "party", "procedure", "hold", "dormancy"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(table["days"].to_numpy())
    assert table.to_numpy().min() > -1e-6
    assert table.loc["proceedings", "hold"] > 1
    assert table.loc["proceedings", "queue"] > 0.1
    assert table.loc["request", "party"] > 10


def test_delay_by_role_adds_up(forking):
    """Over roles it is the delay due to staffing, of a stage and per case; where one role works, all of it is its."""
    table, known = indicators.delay_by_role(forking), measures(forking.summary)
    for stage, rows in table.groupby("stage"):
        whole = known["delay_per_case" if stage == "all" else f"staff_delay:{stage}"].values().mean()
        assert rows["days"].sum() == pytest.approx(whole, abs=1e-9)
        assert rows["share"].item() == 1 or whole == pytest.approx(0, abs=1e-9)
        assert (rows["low"] <= rows["high"]).all()
    assert set(table["stage"]) == {"all", "request", "proceedings", "decision"}
    assert (table.loc[table["stage"].isin(["all", "proceedings"]), "days"] > 0.1).all()
    assert known["role_delay:clerks"].values() == pytest.approx(known["delay_per_case"].values())


def test_utilisation_stays_below_one(forking):
    """Nobody works more than there is to work with, and effort in the log is what utilisation counts."""
    row = indicators.utilisation(forking).iloc[0]
    assert row.fte_days_available == pytest.approx(9 * forking.scenario.horizon_days * 215 / 365)
    assert 0.1 < row.low <= row["mean"] <= row.high <= 1 + 1e-9
    done = forking.events["effort_clerks"].sum() / forking.replications
    assert row["mean"] == pytest.approx(done / row.fte_days_available)


# a run without chance


def test_deterministic_stage(deterministic):
    """One clerk, cases of 5 + 20 days: the first takes 25 days, the second 45, the third is seen for 10 days."""
    table = indicators.stage_durations(deterministic).set_index("stage")
    service = table.loc["service"]
    assert service["visits"] == 3
    assert service["ended"] == pytest.approx(2 / 3)
    assert (service["low"], service["median"], service["high"]) == (25, 25, 45)
    assert service["mean_365"] == pytest.approx((25 + 45) / 2)


def test_deterministic_utilisation(deterministic):
    """The clerk works 20 + 20 days on the first two and 5 days on the third of 100; the others idle."""
    table = indicators.utilisation(deterministic).set_index("role")
    assert table.loc["clerks", "fte_days_available"] == 100
    assert table.loc["clerks", ["mean", "low", "high"]].tolist() == pytest.approx([0.45] * 3)
    assert table.loc["idle", ["fte_days_available", "mean"]].tolist() == [200, 0]


def test_deterministic_delay(deterministic):
    """Means over three visits: 5 days the party's, 20 days' waiting of the second, the rest work."""
    row = indicators.delay(deterministic).set_index("stage").loc["service"]
    assert row["days"] == pytest.approx((25 + 45 + 10) / 3)
    assert row["party"] == pytest.approx(5)
    assert row["staff"] == pytest.approx(20 / 3)
    assert row["work"] == pytest.approx((20 + 20 + 5) / 3)


def test_deterministic_delay_by_role(deterministic):
    """The clerk keeps the second of three cases waiting for 20 days; nobody waits for those who idle."""
    table = indicators.delay_by_role(deterministic).set_index(["stage", "role"])
    assert table.loc[("service", "clerks")].tolist() == pytest.approx([20 / 3, 1, 20 / 3, 20 / 3])
    assert table.loc[("service", "idle")].tolist() == [0, 0, 0, 0]
    assert table.loc[("all", "clerks"), "days"] == pytest.approx(20 / 3)
    assert table.loc[("decision", "clerks"), "days"] == 0
    assert np.isnan(table.loc[("decision", "clerks"), "share"])


def test_deterministic_resolutions_and_milestones(deterministic):
    """The cases are resolved on days 25, 45 and beyond the horizon; a year is beyond it, too."""
    table = indicators.resolutions(deterministic).set_index("case")
    assert table["median"].tolist() == [25, 45, np.inf]
    assert table["within_1y"].isna().all()
    reached = indicators.milestones(deterministic).set_index(["case", "place"])
    assert reached.loc[("one", "decision"), "median"] == 25
    assert reached.loc[("two", "closed"), "probability"] == 1
    assert ("three", "decision") not in reached.index
    assert reached.loc[("three", "service"), "undecided"] == 1


def test_deterministic_targets(deterministic):
    """Of cases of 25 and 45 days and one of unknown length: within 25 days a half of those who can be told."""
    table = indicators.targets(deterministic)
    assert table["cases"].tolist() == [3, 3, 3]
    assert table["met"].tolist() == pytest.approx([0.5, 1, 0])


def test_deterministic_flows(deterministic):
    """Three new cases, two decided and closed, one still pending; nothing else occurs."""
    table = indicators.flows(deterministic)
    assert table[["source", "target", "mean", "low", "high"]].to_numpy().tolist() == [
        ["new", "service", 3, 3, 3],
        ["service", "decision", 2, 2, 2],
        ["decision", "closed", 2, 2, 2],
        ["service", "still pending", 1, 1, 1],
    ]


def test_deterministic_throughput(deterministic):
    """Three come in within 100 days, two are resolved, one is pending."""
    row = indicators.throughput(deterministic).iloc[0]
    assert [row.pending_start, row.pending_end] == [0, 1]
    assert [row.incoming, row.resolved] == pytest.approx([3 * 3.65, 2 * 3.65])


# targets against a log made by hand


def by_hand(deterministic, rows):
    """A run with a log of (case, stage, entered, left, outcome), one replication."""
    events = pd.DataFrame(rows, columns=["case", "stage", "entered", "left", "outcome"])
    events = events.assign(replication=0, visit=1, parent="", requested=events["entered"], fine_eur_m=0.0)
    roles = [f"{prefix}{role}" for prefix in (EFFORT_PREFIX, DELAY_PREFIX) for role in ("clerks", "idle")]
    numbers = ("unconstrained_days", *REASON_COLUMNS, *roles)
    table = pa.Table.from_pandas(events.assign(**dict.fromkeys(numbers, 0.0)))
    for name in ("case", "parent", "stage", "outcome"):
        coded = table.column(name).cast(pa.string()).dictionary_encode()
        table = table.set_column(table.schema.get_field_index(name), name, coded)
    summary = summarise(Layout(deterministic.scenario), table, range(1), deterministic.arrays)
    return Run(deterministic.scenario, summary, lambda: events)


def met(run):
    """The share that meets the first target: decision within 25 days of service."""
    return indicators.targets(run).iloc[0]["met"]


def test_target_by_hand(deterministic):
    """Two of four in time, one late, one ended otherwise: a half, and the other end is no success."""
    run = by_hand(
        deterministic,
        [
            ("a", "service", 0.0, 10.0, "decision"),
            ("a", "decision", 10.0, 10.0, "closed"),
            ("b", "service", 5.0, 30.0, "decision"),
            ("b", "decision", 30.0, 30.0, "closed"),
            ("c", "service", 0.0, 40.0, "decision"),
            ("c", "decision", 40.0, 40.0, "closed"),
            ("d", "service", 0.0, 15.0, "closed"),
        ],
    )
    assert met(run) == pytest.approx(0.5)


def test_target_with_censoring_by_hand(deterministic):
    """One decided at 10, one seen for 15 days only, one decided at 20: 1/3 + 2/3 x 1."""
    run = by_hand(
        deterministic,
        [
            ("a", "service", 0.0, 10.0, "decision"),
            ("a", "decision", 10.0, 10.0, "closed"),
            ("b", "service", 85.0, np.nan, np.nan),
            ("c", "service", 0.0, 20.0, "decision"),
            ("c", "decision", 20.0, 20.0, "closed"),
        ],
    )
    assert met(run) == pytest.approx(1)


def test_target_with_late_entry_by_hand(deterministic):
    """A case that was 12 days old on the first day is not at risk of what happened to others at 10."""
    run = by_hand(
        deterministic,
        [
            ("a", "service", 0.0, 10.0, "decision"),
            ("a", "decision", 10.0, 10.0, "closed"),
            ("b", "service", 0.0, 60.0, "decision"),
            ("b", "decision", 60.0, 60.0, "closed"),
            ("old", "service", -12.0, 8.0, "decision"),
            ("old", "decision", 8.0, 8.0, "closed"),
        ],
    )
    assert met(run) == pytest.approx(1 / 2 + 1 / 2 * 1 / 2)

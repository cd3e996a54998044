"""Indicators and tables: one number for one question, exact identities, runs counted by hand or in pandas."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from counted import product_limit
from logs import LAW, law, rows_of, run_of

from sim import load_scenario, simulate
from sim.dates import YEAR_DAYS
from sim.errors import UserError
from sim.results.catalogue import CELLS, INDICATORS, indicators
from sim.results.estimates import check_label
from sim.results.events import EFFORT_PREFIX
from sim.results.run import Run
from sim.results.summary import GOES_ON, VARIABLES, head
from sim.results.tables import TABLES
from sim.scenario.schema import Scenario

IN_PROGRESS = "still in progress"
WAITS = ["party", "procedure", "hold", "dormancy"]


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    """Runs of shipped scenarios, and of LAW with and without a headline."""
    few = {"replications": 6}
    shipped = {name: load_scenario(f"scenarios/{name}.yaml").model_copy(update=few) for name in ("status-quo", "dma")}
    everything = {name: value for name, value in LAW.items() if name != "headline"}
    runs = {name: simulate(scenario) for name, scenario in shipped.items()}
    return runs | {"law": simulate(law()), "everything": simulate(law(procedure=everything))}


EVERY = ["status-quo", "dma", "law", "everything"]


@pytest.fixture
def run(runs) -> Run:
    """The run of LAW."""
    return runs["law"]


# one number for one question


@pytest.mark.parametrize("name", ["status-quo", "law"])
def test_the_share_that_meets_a_target_is_one_number(runs, name):
    """The table, the summary, what is compared and a product limit over the log say the same."""
    run = runs[name]
    table, summary = run.table("targets"), run.summary().set_index("indicator")
    compared = 0
    for position, (key, target) in enumerate(zip(run.layout.targets, run.scenario.targets, strict=True)):
        sample = run.samples[f"target_met:{key}"]
        rows = run.arrays["duration_curve"] == len(run.layout.stages) + position
        spells = zip(*(run.arrays[f"duration_{what}"][rows] for what in ("days", "entry", "end")), strict=True)
        met = [share for age, _, share in product_limit(spells) if age <= target.within_days]
        assert sample.value == pytest.approx(met[-1] if met else 0.0, abs=1e-12)
        assert table.loc[position, "met"] == sample.value == summary.loc[sample.label, "value"]
        assert sample.by_replication.mean() == pytest.approx(sample.value, abs=1e-12)
        bounds = ["ci_low", "ci_high"]
        assert table.loc[position, bounds].tolist() == summary.loc[sample.label, bounds].tolist()
        compared += 0 < sample.value < 1
    assert compared


@pytest.mark.parametrize("name", EVERY)
def test_tables_and_indicators_agree(runs, name):
    """Throughput and utilisation are the indicators; a clearance rate is the ratio of two others, and so on."""
    run = runs[name]
    summary = run.summary().set_index("indicator")["value"]
    throughput = run.table("throughput").set_index("population")
    assert list(throughput.index) == run.layout.populations
    for population, row in throughput.iterrows():
        suffix = "" if population == "headline" else f":{population}"
        for column, value in row.items():
            assert value == pytest.approx(summary[f"{column}{suffix}"], rel=1e-12)
        assert row["clearance_rate"] == pytest.approx(row["resolved"] / row["incoming"], rel=1e-12)
        assert row["disposition_time"] == pytest.approx(YEAR_DAYS * row["pending_end"] / row["resolved"], rel=1e-12)
    for _, row in run.table("utilisation").iterrows():
        assert row["value"] == pytest.approx(summary[f"utilisation:{row['role']}"], rel=1e-12)
        assert row["value"] == pytest.approx(
            run.events[f"{EFFORT_PREFIX}{row['role']}"].sum() / run.replications / row["fte_days_available"], rel=1e-9
        )


def test_each_estimate_is_the_mean_of_its_values(runs):
    """Of every indicator: comparisons take differences of what the summary gives as estimates."""
    for run in runs.values():
        for label, sample in run.samples.items():
            if np.isfinite(sample.value):
                assert sample.by_replication.shape == (run.replications,)
                assert sample.by_replication.mean() == pytest.approx(sample.value, rel=1e-9, abs=1e-9), label
            else:
                assert np.isnan(sample.by_replication).all(), label


def test_a_ratio_is_that_of_the_means(run):
    """And the central 80% is that of single replications which have one."""
    resolved, incoming = (run.arrays[name][:, 0] for name in ("resolved", "incoming"))
    row = run.summary().set_index("indicator").loc["clearance_rate"]
    assert row["value"] == pytest.approx(resolved.sum() / incoming.sum())
    assert row["value"] != pytest.approx((resolved / incoming).mean())
    assert [row["q10"], row["q90"]] == pytest.approx(np.quantile(resolved / incoming, [0.1, 0.9]))


def test_a_wider_level_gives_wider_intervals_of_the_same_values(run):
    """The level is of the confidence interval alone."""
    wide, narrow = run.summary(0.99), run.summary(0.8)
    same = ["indicator", "value", "q10", "q90"]
    pd.testing.assert_frame_equal(wide[same], narrow[same])
    assert (wide["ci_low"] <= narrow["ci_low"]).all()
    assert (wide["ci_high"] - wide["ci_low"] > narrow["ci_high"] - narrow["ci_low"]).sum() > 20


# populations


@pytest.mark.parametrize("name", EVERY)
def test_cases_add_up_in_every_population(runs, name):
    """What was in progress and came is what left and is in progress: in each replication, exactly."""
    data = runs[name].data
    before, after = data["pending_start"] + data["incoming"], data["pending_end"] + data["resolved"]
    np.testing.assert_array_equal(before, after)
    assert (data["resolved"].sum("replication") > 0).all()


def test_cases_are_not_lost_between_populations(runs):
    """With a headline or without: the same cases are in progress, all of whose days and ages are counted once."""
    parts, whole = runs["law"].data, runs["everything"].data
    assert list(parts["population"].to_numpy()) == ["headline", "before"]
    assert list(whole["population"].to_numpy()) == ["headline"]
    for name in ("pending_start", "pending_end"):
        np.testing.assert_array_equal(parts[name].sum("population"), whole[name].sum("population"))
    np.testing.assert_allclose(parts["pending_days"].sum("population"), whole["pending_days"].sum("population"))


def test_without_a_headline_the_numbers_are_of_all_cases(runs):
    """Counted in pandas: every case that comes is incoming, and no indicator asks for another population."""
    run = runs["everything"]
    events = run.events.astype({"case": str, "parent": str, "stage": str, "outcome": str})
    firsts = events.drop_duplicates(["replication", "case"]).query("requested >= 0")
    forked = firsts[[parent in set(events["case"]) for parent in firsts["parent"]]]
    parents = forked.groupby("replication")["parent"].nunique().sum()
    reopened = ((events["stage"] == "decision") & (events["outcome"] == "proceedings")).sum()
    assert reopened > 0
    assert run.data["incoming"].sum() == len(firsts) - parents + reopened
    assert not [label for label in run.samples if label.endswith(":before")]


def test_the_headline_counts_strands(run):
    """Of a case that forks into k strands k are in progress; requests before are cases of their own."""
    rows = [
        {"case": "a", "stage": "request", "entered": 2.0, "left": 10.0, "outcome": "proceedings"},
        {"case": "a", "stage": "proceedings", "entered": 10.0, "left": 30.0, "outcome": "findings"},
        *({"case": f"a/{n}", "parent": "a", "stage": "findings", "entered": 30.0} for n in range(3)),
        {"case": "b", "stage": "request", "entered": 5.0},
    ]
    rows[3] |= {"left": 90.0, "outcome": "closed"}
    made = run_of(run.scenario, rows, 1)
    counts = {
        name: made.data[name].sel(replication=0).to_numpy().tolist()
        for name in ("pending_start", "incoming", "resolved", "pending_end", "resolved_days")
    }
    horizon = run.scenario.horizon_days
    assert counts["incoming"] == [3, 2]  # the proceeding and two further strands; two requests
    assert counts["resolved"] == [1, 1]
    assert counts["resolved_days"] == [80, 8]  # strands are as old as the proceeding
    assert counts["pending_end"] == [2, 1]
    assert made.samples["age_end"].value == horizon - 10
    assert made.samples["age_end:before"].value == horizon - 5


def test_a_case_that_is_taken_up_again_comes_anew(run):
    """It was resolved after 50 days, and after 20 more in its second life; between them it is nobody's."""
    rows = [
        {"case": "a", "stage": "proceedings", "entered": 10.0, "left": 60.0, "outcome": "decision"},
        {"case": "a", "stage": "decision", "entered": 60.0, "left": 100.0, "outcome": "proceedings"},
        {"case": "a", "stage": "proceedings", "visit": 2, "entered": 100.0, "left": 120.0, "outcome": "closed"},
    ]
    made = run_of(run.scenario, rows, 1)
    assert made.data["incoming"].to_numpy().tolist() == made.data["resolved"].to_numpy().tolist() == [[2, 0]]
    assert made.samples["days_to_resolution"].value == (50 + 20) / 2
    assert made.samples["pending_mean"].value * run.scenario.horizon_days == pytest.approx(70)
    assert made.samples["days_to:decision"].value == 50
    assert made.samples["days_to:closed"].value == 20


# how cases end


@pytest.mark.parametrize("name", EVERY)
def test_shares_of_endings_add_up_to_one(runs, name):
    """For all headline cases and for each tracked case that comes up, on each date."""
    table = runs[name].table("endings")
    sums = table.groupby(["case", "date"])["value"].sum()
    assert sums.to_numpy() == pytest.approx(1)
    assert table["value"].between(0, 1).all()
    assert (table["ci_low"] <= table["value"] + 1e-12).all()
    assert (table["ci_high"] >= table["value"] - 1e-12).all()


@pytest.mark.parametrize("name", ["status-quo", "dma", "law"])
def test_endings_are_those_of_the_log(runs, name):
    """All headline cases, counted in pandas: those resolved by the date, by what they came to, and those still open."""
    run = runs[name]
    procedure, table = run.scenario.procedure, run.table("endings").query("case == 'all'")
    stages = list(procedure.stages)
    headline = [s for s in stages[stages.index(procedure.headline.stage) :] if not procedure.stages[s].resolved]
    ends = [s for s in stages if procedure.stages[s].resolved] + list(procedure.exits)
    events = run.events.astype({"stage": str, "outcome": str})
    events = events[events["stage"].isin(headline)]
    for date, shares in table.groupby("date"):
        day = (date - run.scenario.start).days
        ended = events[(events["left"] <= day) & events["outcome"].isin(ends)]["outcome"].value_counts().to_dict()
        still = ((events["requested"] <= day) & ~(events["left"] <= day)).sum()
        expected = {**ended, IN_PROGRESS: still}
        given = shares.set_index("state")["value"]
        assert given[given > 0].to_dict() == pytest.approx(
            {state: n / sum(expected.values()) for state, n in expected.items() if n}
        )
    at_end = table[table["date"] == run.scenario.horizon].set_index("state")["value"]
    cases = sum(expected.values()) / run.replications
    assert at_end[IN_PROGRESS] * cases == pytest.approx(run.samples["pending_end"].value)


@pytest.mark.parametrize("name", ["status-quo", "law"])
def test_endings_of_tracked_cases_are_those_of_the_log(runs, name):
    """Of each case: its first resolution, or that it went on as strands, over the replications in which it comes up."""
    run = runs[name]
    rows, procedure = rows_of(run), run.scenario.procedure
    ends = {s for s, stage in procedure.stages.items() if stage.resolved} | set(procedure.exits)
    table = run.table("endings").set_index(["case", "date", "state"])["value"]
    seen = 0
    for case in run.layout.tracked:
        mine = [[r for r in rows if r["case"] == case and r["replication"] == n] for n in range(run.replications)]
        forks = [any(r["parent"] == case and r["replication"] == n for r in rows) for n in range(run.replications)]
        comes = sum(map(bool, mine))
        for day in run.layout.dates:
            counts: Counter[str] = Counter()
            for visits, forked in zip(mine, forks, strict=True):
                first = [(r["entered"], r["stage"]) for r in visits if r["stage"] in ends and r["entered"] <= day]
                first += [(r["left"], r["outcome"]) for r in visits if r["outcome"] in ends and r["left"] <= day]
                otherwise = GOES_ON if forked and visits[-1]["left"] <= day else IN_PROGRESS
                counts[min(first)[1] if first else otherwise] += bool(visits)
            date = run.scenario.start + timedelta(days=float(day))
            assert ((case, date) in table.index.droplevel("state")) == (comes > 0)
            for state, count in counts.items():
                if count:
                    assert table[case, date, state] == pytest.approx(count / comes)
                    seen += 1
    assert seen > 10


def test_a_decision_that_ends_at_once_is_a_decision(run):
    """A case that passes a stage in no time has come to two ends on one day, and ended by the first."""
    rows = [
        {"case": "old", "stage": "findings", "entered": -5.0, "left": 25.0, "outcome": "decision"},
        {"case": "old", "stage": "decision", "entered": 25.0, "left": 25.0, "outcome": "ended"},
    ]
    table = run_of(run.scenario, rows, 1).table("endings").query("case == 'old'")
    assert set(table["state"]) == {"decision"}
    assert table["value"].tolist() == [1] * len(run.layout.dates)


def test_a_case_that_does_not_come_up_is_not_in_progress(run):
    """In one of two replications it was over before the first day: nothing is said of that one."""
    rows = [{"case": "old", "stage": "request", "entered": -5.0, "left": 25.0, "outcome": "closed", "replication": 1}]
    made = run_of(run.scenario, rows, 2)
    table = made.table("endings")
    assert table[table["case"] == "old"]["state"].unique().tolist() == ["closed"]
    assert "split/a" not in set(table["case"])
    assert made.samples["resolved_by_horizon:old"].value == 1
    assert made.samples["resolution:old"].value == 25
    assert np.isnan(made.samples["resolution:split/a"].value)
    resolutions = made.table("resolutions").set_index("case")
    assert resolutions.loc["old", ["median", "within_1y"]].tolist() == [25, 1]
    assert resolutions.loc["split/a"].isna().all()


@pytest.mark.parametrize("name", EVERY)
def test_chances_of_resolution_are_one_number(runs, name):
    """The indicator is the sum of the shares of all ends at the horizon, over the replications in which it comes up."""
    run = runs[name]
    table = run.table("endings")
    ends = table["state"].isin(run.layout.resolving) & (table["date"] == run.scenario.horizon)
    last = table[ends].groupby("case")["value"].sum()
    for case in run.layout.tracked:
        chance = run.samples[f"resolved_by_horizon:{case}"].value
        if np.isfinite(chance):
            assert chance == pytest.approx(last.get(case, 0.0))
            time = run.first_reached(case, run.layout.resolving)
            comes = run.data["open_at_end"].sel(case=case).to_numpy() | np.isfinite(
                run.first_reached(case, run.layout.states)
            )
            assert chance == pytest.approx(np.isfinite(time[comes]).mean())


# flows, work and delay


@pytest.mark.parametrize("name", EVERY)
def test_flows_add_up(runs, name):
    """In every replication as many cases come to a stage as leave it or are there at the horizon; forks included."""
    data = runs[name].data
    stages = data["stage"].to_numpy()
    came = data["came"].sum("source") + data["went"].sel(state=stages).sum("stage").rename(state="stage")
    gone = data["went"].sum("state") + data["remaining"]
    np.testing.assert_array_equal(came.transpose(*gone.dims), gone)
    assert set(runs[name].layout.routes) >= {
        (stage, state)
        for stage in stages
        for state in data["state"].to_numpy()
        if data["went"].sel(stage=stage, state=state).any()
    }


def test_flows_are_the_logs(run):
    """Each flow is the number of its rows in the log, over the replications; three probes were there or come split."""
    table = run.table("flows").set_index(["source", "target"])["value"]
    events, replications = run.events, run.replications
    for (stage, outcome), rows in events.groupby(["stage", "outcome"], observed=True):
        assert table[stage, outcome] == pytest.approx(len(rows) / replications)
    assert table["in progress", "request"] == table["in progress", "findings"] == table["in progress", "decision"] == 1
    assert table["new", "findings"] == 1
    inside = events[events["left"].isna() & (events["stage"] == "proceedings")]
    assert table["proceedings", IN_PROGRESS] == pytest.approx(len(inside) / replications)
    assert ("decision", IN_PROGRESS) not in table.index
    assert table["decision", "still there"] > 0
    assert ("request", "ended") not in table.index


def test_work_is_that_of_the_log(run):
    """By stage and role; the shares of a role add up to one, and work after the resolution is included."""
    table, events = run.table("effort"), run.events
    days = run.scenario.calendar.working_days_per_year * run.scenario.horizon_days / YEAR_DAYS
    for role in run.scenario.staffing:
        rows = table[table["role"] == role].set_index("stage")
        done = events.groupby("stage", observed=True)[f"{EFFORT_PREFIX}{role}"].sum() / days / run.replications
        assert rows["value"].to_dict() == pytest.approx(done[done > 0].to_dict())
        assert rows["share"].sum() == pytest.approx(1)
    whole = table[table["role"] == "all"]
    assert whole["value"].sum() == pytest.approx(run.samples["fte"].value)
    assert "decision" in set(whole["stage"])


def test_work_by_how_cases_end_is_that_of_the_log(run):
    """Case by case: later work counts, and each strand has its share of the work before the fork."""
    roles = [f"{EFFORT_PREFIX}{role}" for role in run.scenario.staffing]
    expected: Counter[tuple[str, str]] = Counter()
    for _, events in run.events.groupby("replication"):
        work = events.assign(work=events[roles].sum(axis=1)).groupby("case", observed=True)["work"].sum()
        parents = events[events["parent"] != ""].drop_duplicates("case").set_index("case")["parent"].to_dict()
        strands = Counter(parents.values())
        ends = events[events["outcome"].isin(["decision", "closed"]) & (events["stage"] != "decision")]
        for case, stage, outcome in ends[["case", "stage", "outcome"]].itertuples(index=False):
            parent = parents.get(case)
            shared = work[parent] / strands[parent] if parent in work.index else 0.0
            expected[stage, outcome] += work[case] + shared
    table = run.table("effort_by_ending").set_index(["source", "target"])
    whole = sum(expected.values())
    assert table["share"].to_dict() == pytest.approx({route: work / whole for route, work in expected.items()})
    assert table["share"].sum() == pytest.approx(1)


@pytest.mark.parametrize("name", EVERY)
def test_days_of_visits_add_up(runs, name):
    """Work, staff and the waits add up to the days of a visit, in every stage; nothing is negative."""
    table = runs[name].table("delay").set_index("stage")
    assert table[["work", "staff", *WAITS]].sum(axis=1).to_numpy() == pytest.approx(table["days"].to_numpy())
    assert table.to_numpy().min() > -1e-6
    assert runs[name].table("share_of_days")["value"].sum() == pytest.approx(1)


@pytest.mark.parametrize("name", EVERY)
def test_delay_by_role_adds_up(runs, name):
    """Over roles it is the delay due to staffing, of a stage and per case."""
    run = runs[name]
    table = run.table("delay_by_role")
    for stage, rows in table.groupby("stage"):
        whole = run.samples["delay_per_case" if stage == "all" else f"staff_delay:{stage}"].value
        assert rows["value"].sum() == pytest.approx(whole, abs=1e-9)
        if whole > 1e-9:
            assert rows["share"].sum() == pytest.approx(1)
    assert set(run.scenario.staffing) == set(table["role"])


def test_people_who_hold_cases_up_are_charged(run):
    """A clerk and a lawyer: whose days of delay stand in the log is whose they are in the table."""
    rows = [
        {
            "case": "a",
            "stage": "proceedings",
            "entered": 0.0,
            "left": 50.0,
            "outcome": "closed",
            "unconstrained_days": 20.0,
        }
        | {"delay_clerks": 30.0, "effort_clerks": 5.0, "effort_lawyers": 2.0},
        {
            "case": "b",
            "stage": "proceedings",
            "entered": 0.0,
            "left": 20.0,
            "outcome": "closed",
            "unconstrained_days": 10.0,
        }
        | {"delay_lawyers": 10.0, "effort_lawyers": 3.0},
    ]
    made = run_of(run.scenario, rows, 1)
    delay = made.table("delay_by_role").set_index(["stage", "role"])["value"]
    assert delay["proceedings", "clerks"] == made.samples["role_delay:clerks"].value == 15
    assert delay["proceedings", "lawyers"] == made.samples["role_delay:lawyers"].value == 5
    effort = made.table("effort").set_index(["stage", "role"])["value"]
    assert effort["proceedings", "clerks"] == effort["proceedings", "lawyers"] == effort["proceedings", "all"] / 2
    available = made.table("utilisation").set_index("role")["fte_days_available"]
    assert made.samples["utilisation:lawyers"].value == pytest.approx(5 / available["lawyers"])
    assert available["clerks"] == pytest.approx(6 * run.scenario.horizon_days * 215 / 365)


# series


def test_cases_in_progress_are_counted_case_by_case(run):
    """At any time of the series the mean is the number of visits that have begun and not ended, over replications."""
    series, events = run.table("pending"), run.events
    for time in np.unique(series["time"])[[1, 7, 15, -1]]:
        inside = (events["requested"] <= time) & ~(events["left"] <= time)
        for stage in run.layout.open_stages:
            expected = (inside & (events["stage"] == stage)).sum() / run.replications
            given = series[(series["stage"] == stage) & (series["time"] == time)]["mean"].item()
            assert given == pytest.approx(expected)


@pytest.mark.parametrize("name", EVERY)
def test_series_end_with_what_the_indicators_say(runs, name):
    """Cases in progress of each population, their age, and those beyond each target's time, at the horizon."""
    run = runs[name]
    last = run.table("backlog").query("time == @run.scenario.horizon_days").set_index("series")
    for population in run.layout.populations:
        suffix = "" if population == "headline" else f":{population}"
        assert last.loc[population, "mean"] == pytest.approx(run.samples[f"pending_end{suffix}"].value)
        assert last.loc[population, "age"] == pytest.approx(run.samples[f"age_end{suffix}"].value)
    for key in run.layout.targets:
        assert last.loc[key, "mean"] == pytest.approx(run.samples[f"backlog:{key}"].value)
    stages = run.table("pending").query("time == @run.scenario.horizon_days")
    assert stages["mean"].sum() == pytest.approx(last.loc[run.layout.populations, "mean"].sum())


def test_bands_of_a_series_are_quantiles_of_the_counts(run):
    """The bounds of the central 80% and 50% at the horizon are those of the replications' own counts."""
    last = run.table("pending").query("time == @run.scenario.horizon_days").set_index("stage")
    open_visits = run.events[run.events["left"].isna() & (run.events["stage"] == "request")]
    counts = open_visits.groupby("replication").size().reindex(range(run.replications), fill_value=0)
    for column, p in {"q10": 0.1, "q25": 0.25, "median": 0.5, "q75": 0.75, "q90": 0.9}.items():
        assert last.loc["request", column] == counts.quantile(p, interpolation="inverted_cdf")


# a run without chance

DETERMINISTIC = {
    "name": "deterministic",
    "start": "2024-01-01",
    "horizon": "2024-04-10",
    "replications": 2,
    "seed": 1,
    "procedure": {
        "name": "queue",
        "title": "One queue",
        "exits": {"closed": "Closed"},
        "stages": {
            "service": {
                "title": "In service",
                "steps": {
                    "reply": {"step": "wait", "reason": "party", "days": 5},
                    "work": {"step": "team", "fte": {"clerks": 1}, "days": 20},
                },
                "next": {"decision": 1},
            },
            "decision": {"title": "Decided", "resolved": True, "next": {"closed": 1}},
        },
    },
    "staffing": {"clerks": {"headcount": 1}, "idle": {"headcount": 2}},
    "probes": {
        "one": {"stage": "service", "arrives": "2024-01-01"},
        "two": {"stage": "service", "arrives": "2024-01-01"},
        "three": {"stage": "service", "arrives": "2024-03-31"},
    },
    "targets": [
        {"milestone": "decision", "of": "service", "within_days": 25},
        {"milestone": "decision", "of": "service", "within_days": 45},
        {"milestone": "closed", "of": "service", "within_days": 24},
    ],
}


@pytest.fixture(scope="module")
def deterministic() -> Run:
    """A run in which nothing is left to chance: three cases, one clerk, cases of 5 + 20 days."""
    return simulate(Scenario.model_validate(DETERMINISTIC))


def test_deterministic_durations(deterministic):
    """The first takes 25 days, the second 45, the third is seen for 10 days."""
    service = deterministic.table("durations").set_index("stage").loc["service"]
    assert service["visits"] == 3
    assert service["ended"] == pytest.approx(2 / 3)
    assert (service["q10"], service["median"], service["q90"]) == (25, 25, 45)
    assert service["mean_365"] == pytest.approx((25 + 45) / 2)


def test_deterministic_utilisation(deterministic):
    """The clerk works 20 + 20 days on the first two and 5 days on the third of 100; the others idle."""
    table = deterministic.table("utilisation").set_index("role")
    assert table.loc["clerks", "fte_days_available"] == 100
    assert table.loc["clerks", ["value", "ci_low", "ci_high", "q10", "q90"]].tolist() == pytest.approx([0.45] * 5)
    assert table.loc["idle", ["fte_days_available", "value"]].tolist() == [200, 0]
    assert deterministic.samples["utilisation:idle"].value == 0


def test_deterministic_delay(deterministic):
    """Means over three visits: 5 days the party's, 20 days' waiting of the second, the rest work."""
    row = deterministic.table("delay").set_index("stage").loc["service"]
    assert row["days"] == pytest.approx((25 + 45 + 10) / 3)
    assert row["party"] == pytest.approx(5)
    assert row["staff"] == pytest.approx(20 / 3)
    assert row["work"] == pytest.approx((20 + 20 + 5) / 3)
    table = deterministic.table("delay_by_role").set_index(["stage", "role"])
    assert table.loc[("service", "clerks")].tolist() == pytest.approx([20 / 3, 1, *[20 / 3] * 4])
    assert table.loc[("service", "idle"), "value"] == 0
    assert table.loc[("all", "clerks"), "value"] == pytest.approx(20 / 3)


def test_deterministic_resolutions_and_milestones(deterministic):
    """The cases are resolved on days 25, 45 and beyond the horizon; a year is beyond it, too."""
    table = deterministic.table("resolutions").set_index("case")
    assert table["median"].tolist() == [25, 45, np.inf]
    assert table["within_1y"].isna().all()
    reached = deterministic.table("milestones").set_index(["case", "state"])
    assert reached.loc[("one", "decision"), "median"] == 25
    assert reached.loc[("two", "closed"), "probability"] == 1
    assert ("three", "decision") not in reached.index
    assert reached.loc[("three", "service"), "undecided"] == 1
    assert deterministic.samples["resolution:three"].value == 100
    endings = deterministic.table("endings").set_index(["case", "state"])["value"]
    assert endings["all", "decision"] == pytest.approx(2 / 3)
    assert (endings["one", "decision"], endings["three", IN_PROGRESS]) == (1, 1)


def test_deterministic_targets(deterministic):
    """Of cases of 25 and 45 days and one of unknown length: within 25 days a half of those who can be told."""
    table = deterministic.table("targets")
    assert table["cases"].tolist() == [3, 3, 3]
    assert table["met"].tolist() == pytest.approx([0.5, 1, 0])


def test_deterministic_flows(deterministic):
    """Two cases come on the first day and one later; two are decided and closed, one is still in progress."""
    table = deterministic.table("flows")
    assert table[["source", "target", "value", "q10", "q90"]].to_numpy().tolist() == [
        ["new", "service", 1, 1, 1],
        ["in progress", "service", 2, 2, 2],
        ["service", "decision", 2, 2, 2],
        ["decision", "closed", 2, 2, 2],
        ["service", IN_PROGRESS, 1, 1, 1],
    ]


def test_deterministic_throughput(deterministic):
    """Two come on the first day and one later, two are resolved, one is in progress for 10 days."""
    row = deterministic.table("throughput").iloc[0]
    assert [row["pending_start"], row["pending_end"], row["age_end"]] == [2, 1, 10]
    assert [row["incoming"], row["resolved"]] == pytest.approx([3.65, 2 * 3.65])
    known = deterministic.samples
    assert known["days_to_resolution"].value == (25 + 45) / 2
    assert known["pending_mean"].value == pytest.approx((25 + 45 + 10) / 100)
    assert known["fte_years"].value == pytest.approx(45 / 365 / 2)


# targets against logs made by hand: decision within 60 days of findings


def met(rows) -> float:
    """The share that meets the first target of LAW."""
    return run_of(law(), rows, 1).table("targets").loc[0, "met"]


def findings(case: str, entered: float, left: float = np.nan, outcome: str | None = None) -> list[dict[str, object]]:
    """The visit of a case to the findings, and the decision that it came to."""
    rows = [{"case": case, "stage": "findings", "entered": entered, "left": left, "outcome": outcome}]
    return rows + [{"case": case, "stage": "decision", "entered": left}] * (outcome == "decision")


def test_target_by_hand():
    """Two of four in time, one of them on the last day, one late, one ended otherwise: a half."""
    rows = findings("a", 0, 10, "decision") + findings("b", 5, 65, "decision")
    assert met(rows + findings("c", 0, 75, "decision") + findings("d", 0, 15, "closed")) == pytest.approx(0.5)


def test_target_with_censoring_by_hand():
    """One decided at 10, one seen for 15 days only, one decided at 20: 1/3 + 2/3 x 1."""
    horizon = law().horizon_days
    rows = findings("a", 0, 10, "decision") + findings("b", horizon - 15) + findings("c", 0, 20, "decision")
    assert met(rows) == pytest.approx(1)


def test_target_with_late_entry_by_hand():
    """Cases in progress on the first day are at risk only from the age that they had then (Aalen and Johansen).

    At 10 days four are at risk, of whom one is decided: 1/4, and 3/4 go on. At 20, after one was lost from sight at 15
    and one came under observation at 12, three, of whom one is closed: 1/2 go on. At 22 two, of whom one is decided:
    1/4 more. At 24 the last. The case of 70 days on the first day was never at risk within 60.
    """
    horizon = law().horizon_days
    rows = findings("a", 0, 10, "decision") + findings("b", 0, 20, "closed") + findings("c", 0, 24, "decision")
    rows += (
        findings("d", horizon - 15)
        + findings("in-progress", -12, 10, "decision")
        + findings("older", -70, 8, "decision")
    )
    assert met(rows) == pytest.approx(1 / 4 + 1 / 4 + 1 / 4)
    assert run_of(law(), rows, 1).data["begun"].to_numpy()[0, 0] == 6


def test_target_that_nobody_was_followed_for():
    """Within 60 days of findings, where the horizon comes after 30: unknown, and not in the summary."""
    short = law(horizon="2024-01-31")
    run = run_of(short, findings("a", 0, 10, "decision") + findings("b", 5), 1)
    label = f"target_met:{run.layout.targets[0]}"
    assert np.isnan(run.table("targets").loc[0, "met"])
    assert label not in set(run.summary()["indicator"])


def test_backlog_by_hand():
    """Beyond the target's 60 days and in progress at the horizon: neither younger ones nor those that ended late."""
    horizon = law().horizon_days
    rows = findings("a", horizon - 61) + findings("b", horizon - 60) + findings("c", 0, 400, "closed")
    run = run_of(law(), rows, 1)
    assert run.samples[f"backlog:{run.layout.targets[0]}"].value == 1


# the catalogue


def test_the_catalogue_declares_each_number_once():
    """Names are unique, each has a title, a formula in words and a formula; arrays and tables say what they are."""
    table = indicators()
    assert table["name"].is_unique
    assert list(table["name"]) == [indicator.name for indicator in INDICATORS]
    assert {"name", "title", "unit", "formula", "better", "of", "source"} == set(table.columns)
    for indicator in (*INDICATORS, *CELLS.values()):
        assert indicator.title
        assert indicator.formula
        assert (indicator.over is None) == (indicator.curve is not None)
    assert all(variable.meaning for variable in VARIABLES.values())


@pytest.mark.parametrize("name", EVERY)
def test_tables_have_the_columns_that_they_declare(runs, name):
    """In this order or another: no column without its meaning."""
    for table, declared in TABLES.items():
        assert set(runs[name].table(table).columns) == set(declared.columns), table


def test_labels_are_checked(run):
    """Every label of a run is accepted; another is refused with the nearest one."""
    for label in run.samples:
        check_label(run.scenario, label)
    with pytest.raises(UserError, match="'clearence_rate'; did you mean 'clearance_rate'"):
        check_label(run.scenario, "clearence_rate")
    with pytest.raises(UserError, match="no table 'duration'"):
        run.table("duration")


def test_the_first_replications_are_a_run_of_their_own(run):
    """The summary of the first four is that of a run of four."""
    four, first = simulate(law(replications=4)), head(run.data, 4)
    for name in set(VARIABLES) - {"frequency", "age_sum"}:
        np.testing.assert_array_equal(first[name], four.data[name], err_msg=name)


def test_a_run_is_short_to_look_at(run):
    """One line of text; a table of headline indicators in a notebook."""
    assert repr(run) == "<Run 'law': 2024-01-01 to 2026-01-01, 10 replications, seed 4>"
    assert "clearance rate" in run._repr_html_()
    assert len(run._repr_html_()) < 20_000


def test_per_replication_has_a_column_for_each_indicator(run):
    """What comparisons and analysts take: the replications' own values of everything that is no ratio."""
    table = run.per_replication
    assert list(table.columns) == ["replication", *run.samples]
    pending = [
        run.events.query("replication == @n and left.isna() and stage != 'decision'") for n in range(run.replications)
    ]
    total = table["pending_end"] + table["pending_end:before"]
    assert total.tolist() == [len(visits) for visits in pending]


def test_uncertain_parameters_are_given_by_replication():
    """A column for each, a row for each replication; those that share a draw have the same."""
    uncertain = {
        "pace": {
            "scales": ["procedure.complexity.effort_scale"],
            "value": {"distribution": "uniform", "low": 1, "high": 2},
        }
    }
    table = simulate(law(uncertain=uncertain, replications=4, replications_per_draw=2)).parameters
    assert table["replication"].tolist() == [0, 1, 2, 3]
    assert table["pace"].tolist() == [table["pace"][0]] * 2 + [table["pace"][2]] * 2
    assert table["pace"].nunique() == 2

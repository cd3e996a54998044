"""The engine against queueing theory, each system a scenario file; 99.9% intervals over replications, fixed seeds.

One system of each kind is in the quick suite, that which tells most mistakes apart; its neighbours are slow.
"""

import numpy as np
import pytest
from formulas import (
    cobham,
    erlang_c,
    mm1_time,
    mmc_wait,
    pollaczek_khinchine,
    processor_sharing,
)
from measured import (
    WARM_UP,
    check,
    events,
    means,
    number_waiting,
    scenario,
    settled,
    time_in_stage,
    waiting,
)
from scipy import stats

YEAR = 365.0
slow = pytest.mark.slow


def test_the_formulas_give_textbook_values() -> None:
    """Erlang C of 2 servers at load 1 is 1/3; M/M/1 at 0.8 waits 4; one class of Cobham is M/M/1."""
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert mmc_wait(1, 0.8) == pytest.approx(4.0)
    assert pollaczek_khinchine(0.8, 1.0) == pytest.approx(4.0)
    assert cobham([0.8]) == pytest.approx([4.0])


@pytest.mark.parametrize("servers", [pytest.param(1, marks=slow), 3, pytest.param(10, marks=slow)])
@pytest.mark.parametrize(
    ("rho", "arrivals", "replications", "precision"),
    [
        pytest.param(0.5, 40_000, 10, 0.35, marks=slow),
        (0.8, 24_000, 16, 0.15),
        pytest.param(0.95, 30_000, 24, 0.35, marks=slow),
    ],
)
def test_mmc_waiting_time_and_queue_length(
    servers: int, rho: float, arrivals: int, replications: int, precision: float
) -> None:
    """Mean wait and mean number waiting of M/M/c are Erlang's."""
    rate = servers * rho
    made = scenario(
        "mmc",
        f"arrivals.cases.per_year={rate * YEAR}",
        f"staffing.server.headcount={servers}",
        f"horizon={np.datetime64('2001-01-01') + int(arrivals / rate)}",
    )
    log = events(made, replications)
    check(means(settled(log, made), waiting), mmc_wait(servers, rho), precision)
    done = log[log["left"].notna()]
    queue = number_waiting(done, WARM_UP * made.horizon_days, 0.9 * made.horizon_days)
    check(queue, rate * mmc_wait(servers, rho), precision)


@pytest.mark.parametrize(
    ("service", "cv"),
    [
        pytest.param("1", 0.0, marks=slow),
        pytest.param("{distribution: gamma, mean: 1, cv: 0.5}", 0.5, marks=slow),
        ("{distribution: lognormal, mean: 1, cv: 1.5}", 1.5),
    ],
)
def test_mg1_is_pollaczek_khinchine(service: str, cv: float) -> None:
    """Mean wait of M/G/1 at load 0.7 depends on the variance of service as Pollaczek and Khinchine say."""
    made = scenario(
        "mg1",
        "arrivals.cases.per_year=255.5",
        "horizon=2071-01-01",
        f"procedure.stages.service.steps.serve.days={service}",
    )
    check(means(settled(events(made, 20), made), waiting), pollaczek_khinchine(0.7, cv), 0.2)


def test_priorities_are_cobhams() -> None:
    """Mean waits of three classes with non-preemptive priorities, loads 0.2, 0.3 and 0.3."""
    made = scenario("priorities")
    log = settled(events(made, 24), made)
    for name, theory in zip(("first", "second", "third"), cobham([0.2, 0.3, 0.3]), strict=True):
        of_class = log[log["case"].astype("str").str.startswith(name)]
        check(means(of_class, waiting), theory, 0.25)


@pytest.mark.parametrize(
    "work",
    [
        pytest.param("1", marks=slow),
        pytest.param("{distribution: exponential, mean: 1}", marks=slow),
        "{distribution: lognormal, mean: 1, cv: 2}",
    ],
)
def test_processor_sharing_is_insensitive(work: str) -> None:
    """Mean time in M/G/1 processor sharing at load 0.7 is E[S]/(1 - rho), whatever the distribution of work."""
    made = scenario("processor-sharing", f"procedure.stages.service.steps.serve.fte_days.server={work}")
    check(means(settled(events(made, 20), made), time_in_stage), processor_sharing(0.7), 0.12)


def test_constant_work_tells_sharing_from_queueing() -> None:
    """With constant work a shared server takes 1/(1 - rho), a queue 1.2 days less: its wait is half of that."""
    queue = scenario("mg1", "arrivals.cases.per_year=255.5", "procedure.stages.service.steps.serve.days=1")
    mean = means(settled(events(queue, 10), queue), time_in_stage).mean()
    assert mean < 0.75 * processor_sharing(0.7)


@slow
def test_tandem_queues_are_independent_mm1() -> None:
    """Each of two queues in tandem is M/M/1 by itself (Burke)."""
    made = scenario("tandem")
    log = settled(events(made, 20), made)
    for stage, mean in (("service", 1.0), ("second", 0.8)):
        check(means(log[log["stage"] == stage], time_in_stage), mm1_time(0.7, mean), 0.2)


def test_a_jackson_network_with_feedback() -> None:
    """Three in ten go back: both queues see 0.5/0.7 arrivals a day and behave as M/M/1 (Jackson 1957)."""
    made = scenario("jackson")
    log = settled(events(made, 24), made)
    rate = 0.5 / 0.7
    for stage, mean in (("service", 1.0), ("second", 0.8)):
        check(means(log[log["stage"] == stage], time_in_stage), mm1_time(rate, mean), 0.2)


def test_mm_infinity_is_poisson() -> None:
    """The number in progress without limits is Poisson of mean 10: mean and variance, at points 60 days apart."""
    made = scenario("ample")
    log = events(made, 12)
    points = np.arange(200.0, made.horizon_days - 60, 60.0)
    counts = []
    for _, one in log.groupby("replication"):
        entered = np.searchsorted(np.sort(one["entered"].to_numpy()), points)
        left = np.searchsorted(np.sort(one["left"].dropna().to_numpy()), points)
        counts.append(entered - left)
    seen = np.concatenate(counts)
    half = stats.norm.ppf(0.9995) * np.sqrt(10 / len(seen))
    assert abs(seen.mean() - 10) < half < 0.5
    # The dispersion of n Poisson counts times n - 1 is chi-squared with n - 1 degrees of freedom.
    dispersion = seen.var(ddof=1) / seen.mean() * (len(seen) - 1)
    low, high = stats.chi2.ppf([0.0005, 0.9995], len(seen) - 1)
    assert low < dispersion < high


def left_of(name: str, *sets: str) -> dict[str, float]:
    """When each case of a scenario without chance leaves."""
    log = events(scenario(name, *sets), 1)
    return dict(zip(log["case"].astype("str"), log["left"], strict=True))


def test_teams_at_work_slow_down_when_people_leave() -> None:
    """Teams of two, ten days of work; six people, three from day 4, nine from day 10.

    a and b work alone on 4 of 6 people until day 2, c joins. On day 4 six are at work but three are there: half speed.
    a and b have done 4 days, c 2. By day 10 they have done 3 more: 7, 7 and 5. Then there are nine: d, waiting since
    day 5, starts on day 10; a and b end on day 13, c on 15, d on 20.
    """
    assert left_of("falling") == pytest.approx({"a": 13, "b": 13, "c": 15, "d": 20}, abs=1e-6)


def test_shared_effort_follows_a_changing_headcount() -> None:
    """Two items of 8 FTE-days, at most two people each; three people, one from day 2, ten from day 8.

    a alone has two people on day 0 to 1: 2 done. b comes, three people share: 1.5 each until day 2: a 3.5, b 1.5 done.
    One person until day 8: half each, 3 more: a 6.5, b 4.5. Then two each: a ends at 8.75, b at 9.75.
    """
    assert left_of("shared-falling") == pytest.approx({"a": 8.75, "b": 9.75}, abs=1e-6)


def test_whole_teams_in_order() -> None:
    """Four servers and a clerk. a and b take a server each for days 0 to 4.

    c wants three servers and the clerk on day 1: two servers and the clerk are reserved. d, on day 2, may not
    overtake. `urgent`, a team like c's, comes on day 3 with the same priority and queues behind. On day 4 a and b
    leave: c has its third server until day 9 and d the fourth until day 8; urgent has its team from day 9.
    """
    done = left_of("teams")
    assert done == pytest.approx({"a": 4, "b": 4, "c": 9, "d": 8, "urgent": 14}, abs=1e-9)


def test_priority_takes_back_what_is_reserved() -> None:
    """As before, but the others have priority 1: urgent takes the clerk reserved for c and goes first, on day 4.

    The fourth server stays free until day 9, since c is before d; then c and d start together.
    """
    sets = [f"probes.{name}.priority=1" for name in "abcd"]
    done = left_of("teams", *sets)
    assert done == pytest.approx({"a": 4, "b": 4, "urgent": 9, "c": 14, "d": 13}, abs=1e-9)


def test_a_large_team_is_not_starved_by_small_ones() -> None:
    """A team of all ten servers starts although single ones keep coming: nobody who came later is before it."""
    made = scenario(
        "mmc",
        "staffing.server.headcount=10",
        "arrivals.cases.per_year=2920",
        "horizon=2001-12-31",
        "procedure.stages.service.steps.serve.days=1",
        "procedure.stages.large={title: Large, next: {done: 1}, "
        "steps: {serve: {step: team, fte: {server: 10}, days: 1}}}",
        "probes.large={stage: large, arrives: 2001-06-01}",
    )
    log = events(made, 1)
    large = log[log["stage"] == "large"].iloc[0]
    assert large["left"] - large["entered"] < 3.0
    later = log[(log["entered"] > large["entered"]) & log["left"].notna()]
    assert ((later["left"] - later["unconstrained_days"]) >= large["left"] - 1.0 - 1e-9).all()


def test_first_come_first_served_order_of_starts() -> None:
    """In one queue starts are in the order of arrival, also where a stack or a lottery would give the same means."""
    made = scenario("mmc", "arrivals.cases.per_year=328.5", "horizon=2004-01-01")
    log = events(made, 1)
    log = log[log["left"].notna()].sort_values("entered")
    starts = (log["left"] - log["unconstrained_days"]).to_numpy()
    assert (np.diff(starts) >= -1e-9).all()
    assert (waiting(log) > 1).mean() > 0.5


def test_what_remains_of_a_wait_is_drawn_given_the_time_spent() -> None:
    """Residuals of waits in progress for 30 days follow the conditional law (Kolmogorov-Smirnov, level 0.001)."""
    for value, law in (
        ("{distribution: exponential, mean: 40}", stats.expon(scale=40)),
        ("{distribution: uniform, low: 0, high: 90}", stats.uniform(0, 90)),
        ("{distribution: weibull, mean: 40, cv: 0.5}", None),
    ):
        made = scenario(
            "ample",
            f"procedure.stages.service.steps.serve.days={value}",
            "probes.x={stage: service, since: 2000-12-02}",
            "arrivals.cases.per_year=0",
        )
        left = events(made, 400)["left"].to_numpy()
        if law is None:
            distribution = made.procedure.stages["service"].steps["serve"].days
            cdf = np.vectorize(distribution.cdf)
        else:
            cdf = law.cdf
        below = cdf(30.0)
        assert stats.kstest(left, lambda x, cdf=cdf, below=below: (cdf(x + 30.0) - below) / (1 - below)).pvalue > 0.001


def test_what_remains_of_several_steps_is_the_law_of_those_still_in_progress() -> None:
    """A wait and then an effort, in progress for 40 days: as the stages begun anew of which 40 days were not enough."""
    steps = (
        "procedure.stages.service.steps={"
        "wait: {step: wait, reason: party, days: {distribution: exponential, mean: 20}}, "
        "work: {step: effort, fte_days: {server: {distribution: gamma, mean: 25, cv: 0.6}}, most_fte: {server: 1}}}"
    )
    common = ("ample", steps, "arrivals.cases.per_year=0", "staffing.server.headcount=50")
    resumed = events(scenario(*common, "probes.x={stage: service, since: 2000-11-22}"), 600)["left"].to_numpy()
    anew = events(scenario(*common, "seed=8", "probes.x={stage: service, arrives: 2001-01-01}"), 1500)[
        "left"
    ].to_numpy()
    expected = anew[anew > 40] - 40
    assert len(expected) > 400
    assert stats.ks_2samp(resumed, expected).pvalue > 0.001

"""The engine against rivals on one workload: ratios measured in one alternating run.

    python benchmarks/engine.py            the table
    python benchmarks/engine.py --quick    fewer rounds

Four stages with whole teams from three pools, 60 Poisson cases a year over ten years (w2.yaml). Before anything is
timed, every engine that can express it must give the same trace on the same draws, and all the same indicators. Each
timed replication draws its own random numbers. Needs the extra `bench`; engines that are not installed are left out.
"""

import gc
import statistics
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from benchmarks.rivals import bare_heap, best, per_case, textbook, workload  # noqa: E402
from sim.model.engine import BASE_COLUMNS, run  # noqa: E402
from sim.model.plan import Plan, compile_plan  # noqa: E402
from sim.scenario.loading import load_scenario  # noqa: E402
from sim.scenario.settings import parse_settings  # noqa: E402

ROUNDS, QUICK_ROUNDS = 15, 5
REPLICATIONS = 10
SLOW = 1  # replications a round of engines that take more than 10 ms
TRACES = 20
REFERENCE, BEST, TEXTBOOK = "per_case", "best", "textbook"


def plan(*sets: str) -> Plan:
    """The workload as a scenario of the public language."""
    return compile_plan(load_scenario(HERE / "w2.yaml", parse_settings(sets)))


def draws_of(made: Plan, number: int) -> workload.Draws:
    """The random numbers of one of our replications, for the rivals."""
    sim = run(made, number)
    source = sim.cases[0].source
    for stage in made.stages:
        sim.draw(source, 0, "", stage, 1, stage.routing)
    rows = [source.rows[stage.number].all or [] for stage in made.stages]
    return workload.Draws(
        list(source.times),  # type: ignore[attr-defined]
        [(a[1], b[1], c[1], d[1]) for a, b, c, d in zip(*rows, strict=True)],
        [(a[0], b[0]) for a, b in zip(rows[0], rows[1], strict=True)],
    )


def trace(made: Plan, number: int) -> list[tuple[int, int, float, float]]:
    """Our finished visits: case, stage, requested, ended."""
    log = run(made, number).log
    rows = (log[start : start + BASE_COLUMNS] for start in range(0, len(log), BASE_COLUMNS))
    return sorted((int(r[0]), int(r[1]), r[3], r[5]) for r in rows if r[5] == r[5])


def check_traces(made: Plan) -> None:
    """The same trace as every SimPy program and the bare heap, to the last bit."""
    for number in range(TRACES):
        ours, draws = trace(made, number), draws_of(made, number)
        for rival in (best, per_case, bare_heap, textbook):
            theirs = sorted((case, stage, asked, ended) for case, stage, asked, _, ended in rival.run(draws))
            assert ours == theirs, f"{rival.NAME}: another trace in replication {number}"
    print(f"same trace in {TRACES} replications, to the last bit: this engine, {best.NAME}, {per_case.NAME},")
    print(f"  {bare_heap.NAME}, {textbook.NAME}")


def installed() -> list[Any]:
    """The rivals that can be run here."""
    found: list[Any] = [best, per_case, bare_heap, textbook]
    for name in ("ciw_nearest", "salabim_teams"):
        try:
            found.append(import_module(f"benchmarks.rivals.{name}"))
        except ImportError:
            print(f"{name}: not installed (pip install -e '.[bench]')")
    return found


def check_indicators(made: Plan, rivals: list[Any]) -> None:
    """Mean time to decision and utilisation by each engine, on our draws."""
    print(f"\n{'indicators, mean of ' + str(TRACES) + ' replications':58} to decision  util. handlers  data sc.  legal")
    for rival in rivals:
        found = [workload.indicators(rival.run(draws_of(made, n))) for n in range(TRACES)]
        mean = {key: statistics.fmean(row[key] for row in found) for key in found[0]}
        values = "  ".join(
            f"{mean[key]:9.3f}" for key in list(mean) if key.startswith(("mean_days", "util", "days_to"))
        )
        print(f"{rival.NAME[:58]:58} {values}{'' if rival.TEAMS_EXACT else '   (nearest)'}")


def milliseconds(job: Callable[[int], object], first: int, count: int) -> float:
    """Mean time of a replication, the garbage of the last one cleared away outside the clock."""
    total = 0.0
    for number in range(first, first + count):
        begun = time.perf_counter()
        result = job(number)
        total += time.perf_counter() - begun
        del result
        gc.collect(0)
    return total / count * 1e3


def measure(jobs: dict[str, Callable[[int], object]], rounds: int) -> dict[str, list[float]]:
    """Times of all engines in alternating rounds."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    gc.collect()
    gc.freeze()
    gc.disable()
    for turn in range(rounds):
        for name, job in jobs.items():
            slow = name in (TEXTBOOK, "ciw_nearest", "salabim_teams")
            times[name].append(milliseconds(job, turn * REPLICATIONS, SLOW if slow else REPLICATIONS))
    gc.enable()
    gc.unfreeze()
    return times


def print_times(times: dict[str, list[float]], names: dict[str, str], notes: dict[str, str]) -> None:
    """The table: median times, and ratios of each round's times against this engine's of the same round."""
    print(f"\n{'engine':62} {'ms':>8} {'against this engine':>20}")
    for name, row in times.items():
        ratio = statistics.median(t / mine for t, mine in zip(row, times["engine"], strict=True))
        print(f"{names[name][:62]:62} {statistics.median(row):8.2f} {ratio:20.2f}   {notes[name]}")
    print()
    for what, rival, bar in (
        ("this engine over the best SimPy program for this alone (at most 1.5)", BEST, 1.5),
        ("this engine over a plain good SimPy program, a generator per case", REFERENCE, None),
    ):
        ratio = statistics.median(mine / t for t, mine in zip(times[rival], times["engine"], strict=True))
        verdict = "" if bar is None else ("   met" if ratio <= bar else "   NOT met")
        print(f"{what:68} {ratio:8.2f}{verdict}")
    for rival, bar in ((TEXTBOOK, 5), ("ciw_nearest", 5), ("salabim_teams", 40)):
        if rival in times:
            ratio = statistics.median(t / mine for t, mine in zip(times[rival], times["engine"], strict=True))
            verdict = "met" if ratio >= bar else "NOT met"
            print(f"{f'{rival} over this engine (at least {bar})':68} {ratio:8.2f}   {verdict}")


def per_case_cost(cases: int, *, overload: bool) -> float:
    """Microseconds per case of a run of about so many cases; overloaded, nearly all of them queue for the lawyers."""
    factor = cases / 600
    lawyers = 20 * factor * (0.05 if overload else 1)
    made = plan(
        f"arrivals.cases.per_year={60 * factor}",
        f"staffing.handlers.headcount={max(round(120 * factor), 40)}",
        f"staffing.data_scientists.headcount={max(round(30 * factor), 10)}",
        f"staffing.legal.headcount={max(round(lawyers), 2)}",
    )
    times = []
    for number in range(max(3, 3000 // cases)):
        gc.collect()
        gc.disable()  # as the runner does
        begun = time.perf_counter()
        sim = run(made, number)
        times.append((time.perf_counter() - begun) / len(sim.cases))
        del sim
        gc.enable()
    return statistics.median(times) * 1e6


def print_scale() -> None:
    """Cost per case over three orders of magnitude, and with long queues."""
    print("\ncost per case, microseconds")
    for overload in (False, True):
        sizes = (100, 1_000, 10_000, 100_000)
        costs = [per_case_cost(cases, overload=overload) for cases in sizes]
        row = "  ".join(f"{cases:>7,}: {cost:6.1f}" for cases, cost in zip(sizes, costs, strict=True))
        spread = max(costs) / min(costs)
        label = "long queues" if overload else "short queues"
        print(f"  {label:14} {row}   greatest over least {spread:.2f} (at most 1.5)")


def main() -> None:
    """Check, measure, print."""
    made, rivals = plan(), installed()
    check_traces(made)
    check_indicators(made, rivals)
    jobs: dict[str, Callable[[int], object]] = {"engine": lambda n: run(made, n)}
    names, notes = {"engine": "this engine, data-driven (w2.yaml)"}, {"engine": ""}
    for rival in rivals:
        key = rival.__name__.rsplit(".", 1)[1]
        jobs[key] = lambda n, rival=rival: rival.run(workload.draw(n))
        names[key], notes[key] = rival.NAME, rival.NOTE
    measure(jobs, 1)
    print_times(measure(jobs, QUICK_ROUNDS if "--quick" in sys.argv else ROUNDS), names, notes)
    print_scale()


if __name__ == "__main__":
    main()

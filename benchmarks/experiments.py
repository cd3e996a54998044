"""What the runner costs, how far two processes go, how much memory runs take, what common random numbers save.

python benchmarks/experiments.py [--rounds 3] [--replications 200] [--memory 500 2000] [--pairs 400]

Times are CPU seconds unless they say otherwise; ratios are of runs that alternate. `--memory 1000 100000` takes most of
an hour on two cores.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from sim import compare, load_scenario, simulate
from sim.experiments.chunks import ChunkRunner
from sim.model.engine import replicate
from sim.scenario.schema import Scenario

ROOT = Path(__file__).resolve().parents[1]
SCENARIO = ROOT / "scenarios" / "three-probes.yaml"
BOUND = ("arrivals.cases.per_year=90", "staffing.data_scientists.headcount=45", "staffing.legal.headcount=40")
"""What makes the workload w2.yaml handler-bound."""
MOST_MEMORY = 1.5 * 2**30


def model_alone(scenario: Scenario) -> float:
    """CPU seconds of the replications themselves, with their parameters: nothing is kept."""
    runner = ChunkRunner(scenario)
    began = time.process_time()
    for number in range(scenario.replications):
        replicate(runner.plan_of(number), number)
    return time.process_time() - began


def run_stored(scenario: Scenario) -> float:
    """CPU seconds of the same in chunks that are summed up and stored, in one process."""
    with TemporaryDirectory() as folder:
        began = time.process_time()
        simulate(scenario, results=folder)
        return time.process_time() - began


def wall(scenario: Scenario, jobs: int) -> float:
    """Seconds of a stored run on so many processes."""
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        simulate(scenario, jobs=jobs, results=folder)
        return time.perf_counter() - began


def command(replications: int, jobs: int) -> tuple[float, float, float]:
    """`sim run` as a process: CPU seconds with its workers, seconds, and the peak memory of its largest process."""
    with TemporaryDirectory() as folder:
        call = [sys.executable, "-m", "sim", "run", str(SCENARIO), "-n", str(replications), "--jobs", str(jobs)]
        began = time.perf_counter()
        process = subprocess.Popen([*call, "--results", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, f"{call} failed"
        # ru_maxrss of a waited-for process counts its own children, too: the largest single process
        return usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss * 1024.0


def alternating(rounds: int, *measured: Callable[[], float]) -> list[list[float]]:
    """Each measured once a round, in turn."""
    found: list[list[float]] = [[] for _ in measured]
    for _ in range(rounds):
        for values, measure in zip(found, measured, strict=True):
            values.append(measure())
    return found


def ratio(one: list[float], other: list[float]) -> float:
    """The median over rounds of the ratio within a round."""
    return statistics.median(a / b for a, b in zip(one, other, strict=True))


def line(what: str, value: str, bar: str, met: bool) -> None:
    """One line of the table."""
    print(f"{what:<74} {value:>14}   {bar:<14} {'met' if met else 'NOT met'}", flush=True)


def costs(rounds: int, replications: int) -> None:
    """What chunks and storing cost beside the model, and what two processes gain."""
    scenario = load_scenario(SCENARIO, {"replications": replications})
    model, stored = alternating(rounds, lambda: model_alone(scenario), lambda: run_stored(scenario))
    overhead = ratio(stored, model) - 1
    line(
        "runner (chunks, summing up, storing) over the model alone",
        f"{overhead:.1%}",
        "below 15%",
        overhead < 0.15,
    )
    larger = scenario.model_copy(update={"replications": 2 * replications})
    one, two = alternating(rounds, lambda: wall(larger, 1), lambda: wall(larger, 2))
    gain = ratio(one, two)
    line(f"throughput of two processes over one, {2 * replications} replications", f"{gain:.2f}", "1.7", gain >= 1.7)


def whole_command(replications: int) -> None:
    """`sim run` from start to end beside the model alone."""
    scenario = load_scenario(SCENARIO, {"replications": replications})
    cpu, seconds, _ = command(replications, 2)
    rest = cpu / model_alone(scenario) - 1
    line(
        f"sim run, {replications:,} replications: the rest over the model alone",
        f"{rest:.1%}",
        "below 100%",
        rest < 1,
    )
    line(f"sim run, {replications:,} replications, two processes: seconds", f"{seconds:.1f}", "30", seconds < 30)


def memory(numbers: list[int]) -> None:
    """The peak memory of the largest process, for several numbers of replications."""
    for replications in numbers:
        _, seconds, peak = command(replications, 2)
        what = f"sim run, {replications:,} replications ({seconds:,.0f} s): peak memory of a process"
        line(what, f"{peak / 2**20:,.0f} MiB", "1,536 MiB", peak < MOST_MEMORY)


def common_random_numbers(pairs: int) -> None:
    """How much smaller the variance of a paired difference is than with independent seeds."""
    scenarios = [
        load_scenario(
            ROOT / "benchmarks" / "w2.yaml",
            [*BOUND, f"staffing.handlers.headcount={n}", f"name=w2-{n}", f"replications={pairs}"],
        )
        for n in (120, 123, 150)
    ]
    runs = [simulate(scenario, jobs=2) for scenario in scenarios]
    table = compare(runs, ["days_to:decided"]).table
    what = "mean time to decision, variance against independent seeds, handlers"
    for number, bar in enumerate((40, 1.6)):
        row = table.iloc[number]
        name = f"{what} 120, {row['scenario'][3:]}"
        gain = row["variance_reduction"]
        line(name, f"{gain:.1f} x", f"{bar} x", gain >= bar)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--memory", type=int, nargs="*", default=[500, 2000])
    parser.add_argument("--pairs", type=int, default=400)
    options = parser.parse_args()
    print(f"{'what':<74} {'seen':>14}   {'bar':<14}")
    costs(options.rounds, options.replications)
    whole_command(1000)
    memory(options.memory)
    common_random_numbers(options.pairs)


if __name__ == "__main__":
    main()

"""Queueing theory: the numbers that the engine is held to.

References: Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (4th ed., 2008); Kleinrock, Queueing
Systems (1975, 1976); Cobham, Priority assignment in waiting line problems (1954).
"""

from math import factorial


def erlang_c(servers: int, load: float) -> float:
    """Probability that an arrival waits in M/M/c, `load` = arrival rate x mean service (Erlang 1917; Gross 2.3)."""
    rho = load / servers
    top = load**servers / factorial(servers) / (1 - rho)
    return top / (sum(load**k / factorial(k) for k in range(servers)) + top)


def mmc_wait(servers: int, rho: float) -> float:
    """Mean waiting time in M/M/c with mean service 1 (Gross 2.3)."""
    return erlang_c(servers, servers * rho) / (servers * (1 - rho))


def pollaczek_khinchine(rho: float, cv: float) -> float:
    """Mean waiting time in M/G/1 with mean service 1 and coefficient of variation cv (Gross 5.1)."""
    return rho * (1 + cv**2) / (2 * (1 - rho))


def cobham(loads: list[float]) -> list[float]:
    """Mean waiting times by class in M/M/1 with non-preemptive priorities, mean service 1 (Cobham 1954)."""
    residual, above, waits = sum(loads), 0.0, []
    for load in loads:
        waits.append(residual / ((1 - above) * (1 - above - load)))
        above += load
    return waits


def processor_sharing(rho: float) -> float:
    """Mean time in M/G/1 processor sharing with mean work 1, whatever its distribution (Kleinrock 1976, 4.4)."""
    return 1 / (1 - rho)


def mm1_time(rate: float, mean: float) -> float:
    """Mean time in M/M/1."""
    return mean / (1 - rate * mean)

"""Keyed random numbers: functions of their key alone, uniform, without collisions."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from sim.model.streams import Streams, counter

LEVEL = 1e-3
"""Of each test of uniformity; seeds are fixed, so it passes or fails for good."""


def numbers(seed: int = 1, replication: int = 0, group: str = "g", name: str = "n", count: int = 8) -> np.ndarray:
    """The beginning of a stream, from generators made for it alone."""
    streams = Streams(seed, replication)
    return streams.uniforms(streams.group(group), counter(name), count)


def test_a_stream_is_a_function_of_its_key():
    """The same key gives the same numbers, whatever was drawn before and in between."""
    streams = Streams(5, 2)
    first = streams.uniforms(streams.group("a"), counter("x"), 10).copy()
    streams.uniforms(streams.group("b"), counter("y"), 3)
    streams.uniforms(streams.group("a"), counter("z"), 1)
    again = streams.uniforms(streams.group("a"), counter("x"), 10)
    assert np.array_equal(first, again)
    assert np.array_equal(first, numbers(5, 2, "a", "x", 10))


def test_streams_do_not_share_state():
    """Drawing from one replication's streams leaves another's as they were."""
    one, other = Streams(1, 0), Streams(1, 1)
    expected = numbers(1, 0, count=5)
    other.uniforms(other.group("g"), counter("n"), 7)
    assert np.array_equal(one.uniforms(one.group("g"), counter("n"), 5), expected)


def test_a_returned_stretch_is_not_overwritten():
    """Numbers handed out stay as they are when more are drawn."""
    streams = Streams(1, 0)
    first = streams.uniforms(streams.group("g"), counter("n"), 4)
    kept = first.copy()
    streams.uniforms(streams.group("g"), counter("m"), 4)
    assert np.array_equal(first, kept)


@pytest.mark.parametrize(
    "other",
    [{"seed": 2}, {"replication": 1}, {"group": "h"}, {"name": "m"}, {"seed": 2**64 - 1}, {"replication": 10**9}],
    ids=str,
)
def test_every_part_of_the_key_matters(other):
    """Another seed, replication, group or name gives other numbers, none of them shared."""
    assert not set(numbers(count=64)) & set(numbers(count=64, **other))


def test_seed_and_replication_are_not_exchanged():
    """Seed 1 in replication 2 is another stream than seed 2 in replication 1."""
    assert not np.array_equal(numbers(1, 2), numbers(2, 1))


def test_group_and_name_are_not_joined():
    """A group and a name do not run into one another: ("ab", "c") is not ("a", "bc")."""
    assert not np.array_equal(numbers(group="ab", name="c"), numbers(group="a", name="bc"))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 1000])
def test_a_longer_stretch_begins_like_a_shorter_one(count):
    """The first numbers of a stream do not depend on how many are drawn."""
    assert np.array_equal(numbers(count=1024)[:count], numbers(count=count))


def test_distinct_keys_do_not_collide():
    """Over 30,000 streams no counter, no first number and no stretch of four is met twice."""
    names = [f"{step}{mark}" for step, mark in product([f"step {n}" for n in range(1500)], ["", "?", "*", ">", ":a"])]
    assert len({counter(name) for name in names}) == len(names)
    firsts: set[float] = set()
    drawn = 0
    for replication in range(2):
        streams = Streams(9, replication)
        for place in range(2000):
            group = streams.group(f"stream complaints|{place % 3}|rfi|{place}")
            for name in ("route", "reply", "analyse:legal", "analyse*"):
                stretch = streams.uniforms(group, counter(name), 2)
                firsts.update(stretch.tolist())
                drawn += 2
    assert len(firsts) == drawn == 32_000


def test_no_stretch_of_a_stream_lies_in_another():
    """Streams of one group are far apart in the counter: 20 streams of 10,000 numbers share none."""
    streams = Streams(4, 0)
    group = streams.group("g")
    drawn = [streams.uniforms(group, counter(f"n{n}"), 10_000) for n in range(20)]
    assert len(np.unique(np.concatenate(drawn))) == 200_000


def test_numbers_lie_in_the_unit_interval():
    """Numbers are at least 0 and below 1, so that every quantile function takes them."""
    drawn = numbers(count=100_000)
    assert drawn.min() >= 0.0
    assert drawn.max() < 1.0


@pytest.mark.parametrize("name", ["route", "reply", "gap", "analyse:case_handlers", "ä", ""])
def test_along_a_stream_numbers_are_uniform(name):
    """Kolmogorov-Smirnov on 20,000 numbers of one stream, at the stated level."""
    assert kstest(numbers(seed=20240314, name=name, count=20_000), "uniform").pvalue > LEVEL


@pytest.mark.parametrize("vary", ["replication", "group", "name", "seed"])
def test_across_streams_first_numbers_are_uniform(vary):
    """Kolmogorov-Smirnov on the first numbers of 4,000 streams that differ in one part of the key."""
    keys = range(4000) if vary in ("replication", "seed") else map(str, range(4000))
    first = [numbers(**{vary: key}, count=1)[0] for key in keys]
    assert kstest(first, "uniform").pvalue > LEVEL


@pytest.mark.parametrize("vary", ["replication", "group", "name"])
def test_neighbouring_streams_are_independent(vary):
    """First numbers of streams with keys next to one another fill the square evenly (chi-square, 10 by 10)."""
    keys = range(10_000) if vary == "replication" else map(str, range(10_000))
    first = np.array([numbers(**{vary: key}, count=1)[0] for key in keys])
    counts, _, _ = np.histogram2d(first[0::2], first[1::2], bins=10, range=[[0, 1], [0, 1]])
    assert chisquare(counts.ravel()).pvalue > LEVEL


def test_columns_of_a_visit_are_not_correlated():
    """Draws of two steps of the same visits are uncorrelated (4,000 visits, at the stated level)."""
    streams = Streams(11, 0)
    group = streams.group("stream complaints||rfi|1")
    columns = [streams.uniforms(group, counter(name), 4000) for name in ("route", "reply", "analyse*", "analyse:legal")]
    found = np.corrcoef(columns)[np.triu_indices(4, 1)]
    assert np.abs(found).max() < 3.8 / np.sqrt(4000)  # two-sided 1e-3 over six pairs: 3.76 standard errors


def test_the_global_generator_is_not_used():
    """Drawing neither reads nor moves numpy's global state."""
    before = np.random.get_state()[1].copy()  # noqa: NPY002  # the very state that must not move
    numbers(count=100)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002

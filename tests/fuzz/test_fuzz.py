"""Damaged inputs of every kind are refused in a line for their user, or work; none ends in a traceback or hangs."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from mutations import damaged, mutated
from trials import KINDS

FUZZ = Path(__file__).with_name("fuzz.py")
QUICK = {"scenarios": 40, "procedures": 25, "settings": 60, "records": 60, "results": 40, "addresses": 80}
LONG = {"scenarios": 150, "procedures": 60, "settings": 150, "records": 200, "results": 150, "addresses": 300}


def fuzzed(kind: str, count: int, seed: int) -> tuple[int, str]:
    """Try in a process of its own, whose time and memory are limited; its exit code, and what it says last."""
    words = [sys.executable, str(FUZZ), kind, "--count", str(count), "--seed", str(seed)]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=3600, check=False)
    return ended.returncode, ended.stdout[-6000:] + ended.stderr[-2000:]


@pytest.mark.parametrize("kind", KINDS)
def test_few(kind):
    """Enough to find what breaks often."""
    code, told = fuzzed(kind, QUICK[kind], seed=1)
    assert code == 0, told
    assert f"{QUICK[kind]} tried" in told


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many(kind):
    """Enough to find what breaks seldom."""
    code, told = fuzzed(kind, LONG[kind], seed=2)
    assert code == 0, told
    assert f"{LONG[kind]} tried" in told


def test_a_trial_can_be_repeated():
    """The same number of the same seed makes the same input, in any order and in any process."""
    tree = {"a": {"b": 1, "c": [1, 2, {"d": "x"}]}, "e": "y"}
    for number in range(50):
        assert repr(mutated(tree, Random(f"k 1 {number}"))) == repr(mutated(tree, Random(f"k 1 {number}")))
        assert damaged(b"a,b\nc,d\n", Random(f"k 1 {number}")) == damaged(b"a,b\nc,d\n", Random(f"k 1 {number}"))
    assert tree == {"a": {"b": 1, "c": [1, 2, {"d": "x"}]}, "e": "y"}, "the original is left as it is"

"""Damage to settings, tables and bytes, as people and broken disks do it; every choice comes from one generator."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 0.5, 1e-300, 1e300, 1e9, 10**20, float("inf"), float("nan"), "", " ", "0", "1e3",
    "1_000", "12:30", "2024-02-30", "2024-13-01", "01.02.2024", "2024-02-01", "9999-12-31", "0001-01-01", "rest",
    "all", "replication", "stage", "still pending", "{x}", "{", "%s", "[/47]", "[bold]x", "=1+1", "@x", "<b>x</b>",
    "</script>", "x" * 300, "a\nb", "a\tb", "\x1b[31mred", "\u202eabc", "\ud800", "Zürich ü", "日本", "../x", "a/b",
    "a|b", "a.b", "a:b", [], {}, [1, 2], ["a", ["b"]], {"a": 1}, {"": 1}, {1: 2}, {"distribution": "uniform"},
    {"distribution": "lognormal", "mean": 1, "cv": 1e9}, {"distribution": "exponential", "mean": 1e300},
    {"distribution": "uniform", "low": 0, "high": 1e12}, {"distribution": "constant", "value": 3},
)  # fmt: skip
"""Values that somebody, or a program that writes files, puts where another is meant."""
SNIPPETS: tuple[tuple[str, Any], ...] = (
    ("fork", {"strands": {1: 1, 3: 1}}),
    ("limit", {"cases": 1}),
    ("resolved", True),
    ("priority", 3),
    ("probability", 0.5),
    ("of_rest", 0.5),
    ("posterior", "effort\n1\n2\n"),
    ("posterior", "effort,share\n0.9,0.4\n1.2,0.5\n"),
    ("posterior", "nothing.csv"),
    ("when", {"visit": 2}),
    ("when", {"platform": "Nobody"}),
    ("next_when", [{"when": {"visit": 2}, "next": {"done": 1}}]),
    ("multitasking", {"loss": 0.5, "floor": 0}),
    ("ramp_up", {"days": 90}),
    ("casework_share", 0.5),
    ("silent", True),
    ("strands", {"a": {}, "b": {}}),
    ("most_fte", {"handlers": 0.1}),
    ("working_days", 10),
    ("minimum_days", 30),
    ("priority_weights", {0: 1e17, 1: 1}),
    ("headline", {"stage": "request", "title": "x", "before": "y"}),
    ("replications_per_draw", 7),
)
"""Settings of the language, to be put also where they do not belong."""

Place = tuple[Any, Any]
"""A mapping or list, and the key of one of its values."""


def places(tree: Any) -> list[Place]:
    """Every value of a tree of mappings and lists, as where it hangs."""
    if isinstance(tree, dict):
        keys: list[Any] = list(tree)
    elif isinstance(tree, list):
        keys = list(range(len(tree)))
    else:
        return []
    return [(tree, key) for key in keys] + [place for key in keys for place in places(tree[key])]


def mutated(tree: dict[Any, Any], rng: Random, times: int = 0) -> tuple[dict[Any, Any], list[str]]:
    """A copy of a tree with some (`times`, or 1 to 3) things wrong, and what was done."""
    tree, done = deepcopy(tree), []
    for _ in range(times or rng.choice((1, 1, 1, 2, 3))):
        found = places(tree)
        if not found:
            break
        done.append(rng.choice(CHANGES)(rng, found))
    return tree, done


def _name(place: Place) -> str:
    return repr(place[1])[:40]


def _delete(rng: Random, found: list[Place]) -> str:
    node, key = rng.choice(found)
    del node[key]
    return f"left out {key!r:.40}"


def _odd(rng: Random, found: list[Place]) -> str:
    place = rng.choice(found)
    value = rng.choice(ODD)
    place[0][place[1]] = deepcopy(value)
    return f"{_name(place)} is {value!r:.60}"


def _splice(rng: Random, found: list[Place]) -> str:
    """A value of another place of the same file: right somewhere, and often of the right kind."""
    place, (other, key) = rng.choice(found), rng.choice(found)
    place[0][place[1]] = deepcopy(other[key])
    return f"{_name(place)} as {key!r:.40}: {other[key]!r:.60}"


def _like(rng: Random, found: list[Place]) -> str:
    """Another value of the same kind: a name for a name, a number for a number."""
    node, key = rng.choice(found)
    same = [n[k] for n, k in found if type(n[k]) is type(node[key]) and n[k] != node[key]]
    if same:
        node[key] = deepcopy(rng.choice(same))
    return f"{key!r:.40} is {node[key]!r:.60}"


def _rename(rng: Random, found: list[Place]) -> str:
    mappings = [(node, key) for node, key in found if isinstance(node, dict)]
    if not mappings:
        return "nothing"
    node, key = rng.choice(mappings)
    new = (
        _typo(str(key), rng) if rng.random() < 0.6 else rng.choice([k for _, k in mappings] + ["all", "", "x y", "{x}"])
    )
    _rekey(node, key, new)
    return f"{key!r:.40} is called {new!r:.40}"


def _typo(word: str, rng: Random) -> str:
    at = rng.randrange(len(word) + 1)
    return rng.choice((word[:at] + word[at + 1 :], word[:at] + rng.choice("aesx_ ") + word[at:], word.swapcase()))


def _rekey(node: dict[Any, Any], key: Any, new: Any) -> None:
    """Call a value otherwise, at its place in the order."""
    pairs = [(new if k == key else k, v) for k, v in node.items() if k == key or k != new]
    node.clear()
    node.update(pairs)


def _shuffle(rng: Random, found: list[Place]) -> str:
    node = rng.choice(found)[0]
    if isinstance(node, dict):
        pairs = list(node.items())
        rng.shuffle(pairs)
        node.clear()
        node.update(pairs)
    else:
        rng.shuffle(node)
    return f"other order of {list(node)!r:.60}"


def _scale(rng: Random, found: list[Place]) -> str:
    numbers = [(n, k) for n, k in found if isinstance(n[k], (int, float)) and not isinstance(n[k], bool)]
    if not numbers:
        return "nothing"
    node, key = rng.choice(numbers)
    node[key] *= rng.choice((-1, 0, 0.001, 0.1, 0.5, 2, 10, 100, 1000, 1e6, 1e12))
    if rng.random() < 0.3 and node[key] == node[key] and abs(node[key]) < 1e15:
        node[key] = round(node[key])
    return f"{key!r:.40} is {node[key]!r}"


def _insert(rng: Random, found: list[Place]) -> str:
    mappings = [node for node, _ in found if isinstance(node, dict)]
    key, value = rng.choice(SNIPPETS)
    if mappings:
        rng.choice(mappings)[key] = deepcopy(value)
    return f"with {key}: {value!r:.60}"


def _copy(rng: Random, found: list[Place]) -> str:
    node, key = rng.choice(found)
    if isinstance(node, list):
        node.append(deepcopy(node[key]))
    else:
        node[f"{key}2"] = deepcopy(node[key])
    return f"{key!r:.40} twice"


CHANGES: tuple[Callable[[Random, list[Place]], str], ...] = (
    _delete, _odd, _odd, _splice, _like, _like, _rename, _rename, _shuffle, _scale, _scale, _insert, _copy,
)  # fmt: skip


def damaged(content: bytes, rng: Random) -> tuple[bytes, str]:
    """Bytes as a broken disk, an editor or a wrong encoding leaves them, and what was done."""
    if not content:
        return b"\x00", "a byte in an empty file"
    at = rng.randrange(len(content))
    to = min(len(content), at + rng.choice((1, 1, 3, 20, 200)))
    kind = rng.choice(("flip", "cut", "drop", "twice", "insert", "empty", "encoding", "lines"))
    if kind == "flip":
        return content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :], f"bit at {at}"
    if kind == "cut":
        return content[:at], f"cut at {at}"
    if kind == "drop":
        return content[:at] + content[to:], f"without {at} to {to}"
    if kind == "twice":
        return content[:to] + content[at:], f"{at} to {to} twice"
    if kind == "insert":
        new = rng.choice(
            (b"\x00", b"\xff\xfe", b"\t", b"\r", b"{", b"]", b"&a *a", b"<<: ", b"!!int ", b": ", b"\xc3", b"- ")
        )
        return content[:at] + new + content[at:], f"{new!r} at {at}"
    if kind == "empty":
        return b"", "empty"
    if kind == "encoding":
        name = rng.choice(("utf-16", "utf-8-sig", "latin-1"))
        return content.decode("utf-8", "replace").encode(name, "replace"), name
    lines = content.splitlines(keepends=True)
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines), f"lines {one} and {other} exchanged"

"""Shared effort against its exact values: weights far apart, few people, and work that ends as the people go."""

from fractions import Fraction

import pytest
from measured import one_office


def ends(work: dict[str, int], weights: dict[int, float]) -> dict[str, float]:
    """When each item ends that begins on the first day, by the name of its stage; their priorities in this order."""
    stages = {
        name: {"title": name, "priority": rank, "steps": {"do": {"step": "effort", "fte_days": {"clerk": days}}}}
        for rank, (name, days) in enumerate(work.items())
    }
    log = one_office(stages, {"clerk": {"headcount": 1}}, dict.fromkeys(work), priority_weights=weights)
    return dict(zip(log["case"], log["left"], strict=True))


def shared(work: list[int], weights: list[float]) -> list[Fraction]:
    """The same by generalised processor sharing in exact arithmetic."""
    left, now, found = [Fraction(days) for days in work], Fraction(0), [Fraction(0)] * len(work)
    open_, exact = set(range(len(work))), [Fraction(w) for w in weights]
    while open_:
        total = sum(exact[i] for i in open_)
        first = min(open_, key=lambda i: left[i] / exact[i])
        span = left[first] / exact[first] * total
        left = [rest - span * exact[i] / total if i in open_ else rest for i, rest in enumerate(left)]
        now += span
        found[first] = now
        open_.remove(first)
    return found


@pytest.mark.parametrize(
    "weights", [[1e17, 1], [1, 1e17], [1e6, 1], [3, 1], [1e12, 1e6, 1], [1, 1e300, 1e-300], [1e-9, 1e9, 1]], ids=str
)
def test_weights_however_far_apart_share_as_generalised_processor_sharing(weights: list[float]) -> None:
    """Each end is that of exact arithmetic to a nanosecond; with weights far apart it is strict priority."""
    work = {"a": 10, "b": 7, "c": 12}
    work = dict(list(work.items())[: len(weights)])
    found = ends(work, dict(enumerate(weights)))
    exact = shared(list(work.values()), weights)
    assert found == pytest.approx(dict(zip(work, map(float, exact), strict=True)), rel=1e-12)


@pytest.mark.parametrize("people", [0.4, 0.0004, 0.00004, 0.33335, 12.345678])
def test_few_people_work_at_their_pace(people: float) -> None:
    """Work of a fortieth of a year of the people there are takes a fortieth of a year, however few they are."""
    stages = {"a": {"title": "A", "steps": {"do": {"step": "effort", "fte_days": {"clerk": people * 9.125}}}}}
    log = one_office(stages, {"clerk": {"headcount": people}}, {"a": None})
    assert log["left"].tolist() == pytest.approx([9.125])

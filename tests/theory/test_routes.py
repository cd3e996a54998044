"""The shares of routes: of all cases, and of those that the routes before leave."""

import numpy as np
import pytest
from measured import LEVEL, events
from scipy import stats
from small_queue import QUEUE, STAGE, queue

from sim.model.engine import drawn_parameters
from sim.scenario.checks import problems, with_values
from sim.scenario.schema import Routes, Scenario
from sim.scenario.shares import shares

EXITS = {name: name.capitalize() for name in ("a", "b", "c", "d", "done")}


def office(routes: dict[str, object], **more: object) -> Scenario:
    """An office whose cases leave by these routes; not checked."""
    stage = STAGE | {"next": routes, "steps": {"wait": {"step": "wait", "reason": "hold", "days": 1}}}
    return queue(procedure=QUEUE["procedure"] | {"exits": EXITS, "stages": {"work": stage}}, **more)


def branching(routes: dict[str, object], **more: object) -> Scenario:
    """The same, and checked."""
    made = office(routes, **more)
    assert problems(made) == []
    return made


def routes_of(scenario: Scenario) -> Routes:
    return scenario.procedure.stages["work"].next


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ({"a": 0.8, "b": {"of_rest": 0.5}, "c": {"of_rest": 0.5}, "shelved": {"to": "c"}}, [0.8, 0.1, 0.05, 0.05]),
        ({"a": {"of_rest": 0.2}, "b": {"of_rest": 0.5}, "done": "rest"}, [0.2, 0.4, 0.4]),
        ({"a": {"of_rest": 0.2}, "b": 0.5, "c": {"of_rest": 0.5}, "done": "rest"}, [0.2, 0.5, 0.15, 0.15]),
        ({"done": "rest", "a": 0.6, "b": {"of_rest": 0.25}}, [0.3, 0.6, 0.1]),  # the rest comes last wherever it stands
        ({"a": 0.6, "b": {"of_rest": 1}}, [0.6, 0.4]),
    ],
)
def test_cases_take_routes_in_the_shares_of_a_broken_stick(routes: dict[str, object], expected: list[float]) -> None:
    """The products, and the engine's numbers beside them by a chi-squared test."""
    made = branching(routes, arrivals={"cases": {"kind": "random", "stage": "work", "per_year": 3000}})
    assert list(shares(routes_of(made)).values()) == pytest.approx(expected)
    log = events(made, 3)
    ends: dict[str, float] = {}
    for (name, route), share in zip(routes_of(made).items(), expected, strict=True):
        ends[route.to or name] = ends.get(route.to or name, 0.0) + share
    seen = [int((log["outcome"] == end).sum()) for end in ends]
    assert sum(seen) > 8000
    assert stats.chisquare(seen, sum(seen) * np.array(list(ends.values()))).pvalue > 1 - LEVEL


def test_independent_betas_of_the_rest_make_a_dirichlet() -> None:
    """Means, variances and covariances of the shares are those of Dirichlet(2, 3, 5) (Connor and Mosimann, 1969)."""
    alpha = np.array([2.0, 3.0, 5.0])
    at, beta = "procedure.stages.work.next", {"distribution": "beta"}
    made = branching(
        {"a": {"of_rest": 0.2}, "b": {"of_rest": 0.4}, "done": "rest"},
        uncertain={
            "first": {"sets": f"{at}.a.of_rest", "value": beta | {"mean": 2 / 10, "observations": 10}},
            "second": {"sets": f"{at}.b.of_rest", "value": beta | {"mean": 3 / 8, "observations": 8}},
        },
    )
    number = 4000
    drawn = [with_values(made, drawn_parameters(made, n)) for n in range(number)]
    found = np.array([list(shares(routes_of(one)).values()) for one in drawn])
    theory = stats.dirichlet(alpha)
    away = found - theory.mean()
    tolerance = stats.norm.ppf((1 + LEVEL) / 2) / np.sqrt(number)
    assert (np.abs(away.mean(axis=0)) < tolerance * found.std(axis=0)).all()
    products = away[:, :, None] * away[:, None, :]
    assert (np.abs(products.mean(axis=0) - theory.cov()) < tolerance * products.std(axis=0)).all()


def test_uncertain_shares_of_the_rest_cannot_leave_too_little() -> None:
    """However near to 1 they may be, where probabilities as uncertain are refused."""
    wide = {"distribution": "beta", "mean": 0.9, "observations": 1}

    def uncertain(word: str) -> dict[str, object]:
        at = "procedure.stages.work.next"
        return {name: {"sets": f"{at}.{name}.{word}", "value": wide} for name in ("a", "b")}

    rest = office({"a": {"of_rest": 0.9}, "b": {"of_rest": 0.9}, "done": "rest"}, uncertain=uncertain("of_rest"))
    assert problems(rest) == []
    of_all = office({"a": 0.4, "b": 0.4, "done": "rest"}, uncertain=uncertain("probability"))
    refused = [finding.message for finding in problems(of_all)]
    assert (
        refused
        == ["it may be 1, where the scenario is wrong: probabilities add to 1.4; nothing is left for 'done'"] * 2
    )

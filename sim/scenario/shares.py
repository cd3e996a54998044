"""The shares of the routes out of a stage."""

from sim.scenario.schema import Routes


def given_shares(routes: Routes) -> dict[str, float]:
    """The share of all cases that takes each route with a number, in the order of the file.

    A `probability` is of all cases; an `of_rest` of those that take none of the routes with a number before it, as one
    breaks a stick: q1, (1 - q1) q2, (1 - q1)(1 - q2) q3. If the q are independent betas, the shares are a generalised
    Dirichlet (Connor and Mosimann, 1969, Journal of the American Statistical Association 64): with the last route as
    the rest, a Dirichlet(a1, a2, a3) where they are Beta(a1, a2 + a3) and Beta(a2, a3).

    Shares of the rest never add to more than one, whatever they are; a probability after them may be too much.
    """
    left, shares = 1.0, {}
    for name, route in routes.items():
        if route.of_rest is not None:
            shares[name] = route.of_rest * max(left, 0.0)
        elif route.probability is not None:
            shares[name] = route.probability
        left -= shares.get(name, 0.0)
    return shares


def shares(routes: Routes) -> dict[str, float]:
    """The share of all cases that takes each route: where one has no number, it takes what the others leave."""
    given = given_shares(routes)
    left = max(1.0 - sum(given.values()), 0.0)
    return {name: given.get(name, left) for name in routes}


def takes_rest(routes: Routes) -> list[str]:
    """The routes without a number; there may be one, which takes what all others leave, wherever it is written."""
    return [name for name, route in routes.items() if route.probability is None and route.of_rest is None]


def left_by_probabilities(routes: Routes) -> float:
    """The least that is left of all cases where a route with a probability has had its share; below 0: too much.

    A share of the rest may leave next to nothing, and is none of the mistakes that this shows.
    """
    given, left, least = given_shares(routes), 1.0, 1.0
    for name, share in given.items():
        left -= share
        if routes[name].of_rest is None and share:
            least = min(least, left)
    return least

"""Posteriors with a formula, by hand; and when they apply."""

from datetime import date

import pytest
import small_authority

from sim.inference.as_of import load_basis, past_scenario
from sim.inference.conjugate import beta_binomial, exact, gamma_poisson
from sim.scenario.distributions import Beta, Gamma


def test_beta_binomial_by_hand():
    """Beta(2, 6) after 3 of 4 is Beta(5, 7)."""
    posterior = beta_binomial(Beta(distribution="beta", mean=0.25, observations=8), 3, 1)
    assert posterior.shape() == pytest.approx((5, 7))


def test_gamma_poisson_by_hand():
    """Gamma(4, rate 2) after 5 in 3 years is Gamma(9, rate 5)."""
    posterior = gamma_poisson(Gamma(distribution="gamma", mean=2, cv=0.5), 5, 3.0)
    shape, scale = posterior.parameters()
    assert (shape, 1 / scale) == pytest.approx((9, 5))


def found(tmp_path, until: date, text: str = small_authority.SCENARIO):
    """The parameters with a formula, at the end of a day."""
    file = small_authority.write(tmp_path)
    file.write_text(text, encoding="utf-8")
    basis = load_basis(file)
    return exact(basis.scenario, basis.record.known_on(until), past_scenario(basis, until, 100))


def test_openings_are_counted(tmp_path):
    """From the first opening on: four more in 2021, in 355 days."""
    posterior = found(tmp_path, date(2021, 12, 31))
    assert list(posterior) == ["rate"]
    assert posterior["rate"].counted == "4 openings in 355 days"
    assert posterior["rate"].value.mean_value() == pytest.approx((4 + 4) / (4 / 6 + 355 / 365))


BETA_SHARE = small_authority.SCENARIO.replace(
    "{distribution: uniform, low: 0.3, high: 0.75}", "{distribution: beta, mean: 0.5, observations: 40}"
)


def test_a_share_is_counted_only_if_every_strand_has_left(tmp_path):
    """While some have not, the quick routes are seen first; the share is then left to simulation."""
    assert "share" not in found(tmp_path / "pending", date(2021, 12, 31), BETA_SHARE)
    counted = found(tmp_path / "left", date(2021, 4, 30), BETA_SHARE)
    assert "share" not in counted


def test_a_complete_share(tmp_path):
    """Two of three strands had findings, and all have left."""
    history = (
        ("a", "2021-01-10", "2021-05-02", "", ""),
        ("b", "2021-02-20", "", "closed", "2021-06-01"),
        ("c", "2021-03-20", "2021-06-11", "", ""),
    )
    file = small_authority.write(tmp_path, history)
    file.write_text(BETA_SHARE, encoding="utf-8")
    basis = load_basis(file)
    until = date(2021, 12, 31)
    posterior = exact(basis.scenario, basis.record.known_on(until), past_scenario(basis, until, 100))
    assert posterior["share"].counted == "2 of 3 strands"
    assert posterior["share"].value.shape() == pytest.approx((22, 21))

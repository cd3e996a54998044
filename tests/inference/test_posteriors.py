"""Posteriors at the edges: few draws, one parameter, shares near 0 and 1, parameters of what is not known yet."""

from dataclasses import replace
from datetime import date
from io import StringIO

import numpy as np
import pandas as pd
import pytest
import small_authority
from rich.console import Console
from scipy.stats import norm

from sim.errors import UserError
from sim.inference.calibrate import calibrate
from sim.inference.normal import Normal
from sim.inference.posterior import Posterior, rounded
from sim.inference.regression import fit, normalised
from sim.scenario.distributions import Beta, Lognormal, Uniform
from sim.scenario.loading import load_scenario
from sim.view import as_json
from sim.view.terminal.calibration import summary
from sim.view.verdicts import THIN

END = date(2022, 12, 31)
UNCERTAIN = "uncertain:\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Posterior:
    """The small authority calibrated with few draws."""
    return calibrate(small_authority.write(tmp_path_factory.mktemp("small")), END, draws=150)


def worth_one(posterior: Posterior) -> Posterior:
    """The same so far out that all weight is on one draw."""
    normal = Normal(posterior.normal.mean + 4000.0, posterior.normal.covariance)
    return replace(posterior, normal=normal)


def printed(posterior) -> str:
    """What a wide terminal shows of it, in one line."""
    console = Console(width=200, file=StringIO())
    console.print(summary(posterior))
    return " ".join(console.file.getvalue().split())


def test_a_posterior_worth_one_draw_is_not_written(small, tmp_path):
    """Nor one worth no more draws than it has parameters; the file is not there then."""
    file = small.basis.file.parent / "one.yaml"
    one = worth_one(small)
    assert not one.rests_on_draws
    with pytest.raises(UserError, match=r"150 draws are worth 1.0, and the informed parameters \(3\) need at least 4"):
        one.save(file)
    assert not file.exists()
    assert small.rests_on_draws
    assert small.save(file) == file


def test_a_posterior_of_few_draws_is_told(small):
    """On the terminal, in words that say what to do."""
    assert THIN in printed(worth_one(small))
    assert THIN not in printed(small)


@pytest.mark.parametrize("mean", [-9.0, -5.0, 0.0, 5.0, 9.0])
@pytest.mark.parametrize(
    "prior",
    [
        Beta(distribution="beta", mean=0.5, observations=10),
        Beta(distribution="beta", mean=0.999, observations=2),
        Uniform(distribution="uniform", low=0.0, high=1.0),
        Uniform(distribution="uniform", low=0.0, high=2 / 3),
        Lognormal(distribution="lognormal", median=1, cv=0.5),
    ],
)
def test_draws_stay_within_the_prior(prior, mean):
    """However far out the record is: no farther than draws are told apart, and no number rounds to an end."""
    scores = mean + 0.05 * np.random.default_rng(1).normal(size=200)
    values = np.array(rounded(prior, scores))
    np.testing.assert_allclose(values, prior.quantile(np.clip(norm.cdf(scores), 1e-6, 1 - 1e-6)), rtol=1e-5)
    least, most = prior.quantile(np.array([0.0, 1.0]))
    assert ((least <= values) & (values <= most)).all()
    short = np.array([float(f"{value:.6g}") for value in values])
    assert (values == short)[(least < short) & (short < most)].all()
    if isinstance(prior, Uniform | Lognormal):
        assert ((least < values) & (values < most)).all()


def test_a_scenario_that_is_not_valid_is_not_left_behind(small, monkeypatch):
    """What would be written is read first; the message has the name of the file."""
    file = small.basis.file.parent / "invalid.yaml"
    wrong = pd.DataFrame({"effort": [1.0, 1.0], "share": [0.5, 1.5]})
    monkeypatch.setattr(Posterior, "draws", lambda self: wrong)
    with pytest.raises(UserError, match=r"invalid\.csv:8:5: share is 1.5, and its `value` goes from 0.3 to 0.75"):
        small.save(file)
    assert not list(file.parent.glob("*invalid*"))


def test_one_parameter_has_no_correlation(small):
    """None either where each is informed by statistics of its own."""
    apart = replace(small, normal=Normal(small.normal.mean, np.diag(np.diag(small.normal.covariance))))
    assert apart.strongest_correlation == ([], 0.0)
    assert as_json.of_calibration(apart)["strongest_correlation"]["parameters"] == []
    assert "Strongest" in printed(small)
    assert "Strongest" not in printed(apart)


def test_a_parameter_that_the_statistics_give_exactly_has_a_posterior():
    """Its spread is not zero, so that draws can be weighted."""
    scores = np.random.default_rng(1).normal(size=(200, 1))
    regression = fit(scores, 2 * scores)
    posterior, prior_ = regression.normal(regression.mean(2 * scores[:1])[0]), Normal.standard(1)
    weights = normalised(posterior.log_density(scores) - prior_.log_density(scores))
    assert weights[0] == pytest.approx(1.0)
    prior = Lognormal(distribution="lognormal", median=1, cv=0.5)
    draws = rounded(prior, 0.3 + np.sqrt(regression.covariance[0, 0]) * scores[:, 0])
    assert draws == pytest.approx([float(prior.quantile(norm.cdf(np.array([0.3])))[0])] * 200, rel=1e-3)


@pytest.mark.parametrize(
    ("added", "sets", "as_of"),
    [
        ("probes:\n  x: {stage: proceedings, arrives: 2022-06-01, platform: Video}\n", "probes.x.obligations", END),
        ("targets:\n  - {milestone: decision, of: proceedings, within_days: 300}\n", "targets.0.within_days", END),
        ("", "staffing.clerks.headcount.2022-06-01", date(2022, 3, 1)),
        ("costs: {fte_year_eur: 1000}\n", "costs.fte_year_eur", END),
    ],
)
def test_a_parameter_of_what_the_past_has_not_keeps_its_prior(tmp_path, added, sets, as_of):
    """A listed case, a target or a later headcount is not in the past; its parameter is drawn and not informed."""
    file = small_authority.write(tmp_path)
    row = f"  later: {{title: Later, sets: {sets}, value: {{distribution: uniform, low: 4, high: 9}}}}\n"
    text = file.read_text(encoding="utf-8").replace(UNCERTAIN, added + UNCERTAIN + row)
    file.write_text(text, encoding="utf-8")
    plain = calibrate(small_authority.write(tmp_path / "plain"), as_of, draws=100)
    posterior = calibrate(file, as_of, draws=100, results=tmp_path / "results")
    assert "later" not in posterior.informed
    first, of_plain = (Posterior.of(one.basis, as_of, one.priors) for one in (posterior, plain))
    assert first.informed == of_plain.informed
    assert posterior.priors.statistics.tobytes() == plain.priors.statistics.tobytes()
    assert load_scenario(posterior.save(tmp_path / "out.yaml")).uncertain["later"].sets == [sets]

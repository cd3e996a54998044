"""Pictures of a calibration say what the posterior says, also where the record says nothing."""

import json
from dataclasses import replace
from datetime import date

import pytest
import small_authority

from sim.inference.as_of import load_basis
from sim.inference.calibrate import calibrate
from sim.inference.posterior import Posterior
from sim.record.spans import OPENED
from sim.view.figures import calibration as figures
from sim.view.verdicts import verdict
from sim.view.words import share

DAY = date(2022, 12, 31)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The scenario file of the small authority."""
    return small_authority.write(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def posterior(file):
    """What its whole record says."""
    return calibrate(file, DAY, draws=200)


def test_parameters_stand_on_the_scale_of_their_priors(posterior):
    """The share of the prior below the posterior's median, for each parameter of which the record says anything."""
    figure = figures.parameters(posterior)
    now = next(trace for trace in figure.chart.data if trace.name == "now (posterior), 80%")
    table = posterior.table
    informed = table[table["informed"]]
    priors = posterior.basis.scenario.uncertain
    medians = zip(informed["parameter"], informed["median"], strict=True)
    places = [priors[name].value.cdf(value) for name, value in medians]
    assert list(now.x) == pytest.approx(places, abs=1e-4)
    assert len(figure.table) == len(table) == 3
    assert len(figure.whole().to_json()) < 300_000


def test_a_parameter_of_which_nothing_is_said_has_no_bar(posterior):
    """It is said so in the figure, once for each, and in the table."""
    table = posterior.table
    uninformed = int((~table["informed"]).sum())
    figure = figures.parameters(posterior)
    assert sum("the record is silent" in row for row in figure.chart.layout.yaxis.ticktext) == uninformed
    assert (figure.table["informed by the record"] == "no").sum() == uninformed


def test_where_there_is_no_past(file):
    """On the priors alone: nothing is claimed to be narrower, and there are no statistics to show."""
    found = Posterior.prior(load_basis(file), date(2021, 1, 10), 100)
    figure = figures.parameters(found)
    assert figure.title.startswith("The record says nothing about the 3 uncertain parameters")
    assert figures.statistics(found) is None
    assert figures.curves(found) is None


def test_statistics_stand_where_they_lie_among_the_simulated_ones(posterior):
    """The place of the record before and now; the title is the verdict of the console."""
    figure = figures.statistics(posterior)
    checks = posterior.checks
    for name, column in (("before (prior)", "prior_below"), ("now (posterior)", "below")):
        marks = next(trace for trace in figure.chart.data if trace.name == name)
        assert list(marks.x) == pytest.approx(checks[column].tolist(), abs=1e-4)
    assert f"{figure.title}." == verdict(posterior)
    assert f"{checks['inside80'].sum()} within 80% of those now" in figure.caption
    json.loads(figure.whole().to_json())


def test_curves_say_in_which_share_of_the_ages_the_record_lies_in_the_band(posterior):
    """The title is computed from the curves, from the first age on at which anything had ended."""
    table, figure = posterior.curves, figures.curves(posterior)
    own = table[(table["stage"] == OPENED) & ((table["record"] < 1) | (table["q10"] < 1))]
    inside = ((own["record"] >= own["q10"] - 1e-9) & (own["record"] <= own["q90"] + 1e-9)).mean()
    assert f"{share(inside)} of the ages in Proceedings" in figure.title
    record = next(trace for trace in figure.chart.data if trace.name == "the record")
    assert list(record.y) == pytest.approx(table.loc[table["stage"] == OPENED, "record"].tolist(), abs=1e-4)
    assert posterior.plot("calibration-curves").layout.title.text


def moved(posterior: Posterior, by: float) -> Posterior:
    """The same whose record took so many days more to each act."""
    real = posterior.reference.real
    later = replace(real, findings=real.findings + by, resolved=real.resolved + by)
    return replace(posterior, reference=replace(posterior.reference, real=later))


def test_a_record_outside_the_band_is_told(posterior):
    """A record in which nothing ends lies above the band; the title says so."""
    figure = figures.curves(moved(posterior, 1e6))
    assert figure.title.startswith("Model and record disagree: the record lies in the model's 80% band at only")
    assert "slower than its median" in figure.title

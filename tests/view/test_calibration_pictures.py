"""Pictures of a calibration say what the posterior says, also where the record says nothing."""

import json
from datetime import date

import numpy as np
import pytest
import small_authority

from sim.inference.as_of import load_basis
from sim.inference.calibrate import Posterior, calibrate
from sim.view.pictures import calibration as pictures
from sim.view.verdicts import verdict

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
    picture = pictures.parameters(posterior)
    now = next(trace for trace in picture.figure.data if trace.name == "now, median")
    table = posterior.table
    informed = table[table["informed"]]
    priors = posterior.basis.scenario.uncertain
    medians = zip(informed["parameter"], informed["median"], strict=True)
    places = [priors[name].value.cdf(value) for name, value in medians]
    assert list(now.x) == pytest.approx(places, abs=1e-4)
    assert len(picture.table) == len(table) == 3
    assert len(picture.whole().to_json()) < 300_000


def test_a_parameter_of_which_nothing_is_said_has_no_bar(posterior):
    """It is said so in the figure, once for each, and in the table."""
    table = posterior.table
    uninformed = int((~table["informed"]).sum())
    picture = pictures.parameters(posterior)
    notes = [note.text for note in picture.figure.layout.annotations]
    assert notes.count("the record is silent") == uninformed
    assert (picture.table["informed by the record"] == "no").sum() == uninformed


def test_where_there_is_no_past(file):
    """On the priors alone: nothing is claimed to be narrower, and there are no statistics to show."""
    found = Posterior.prior(load_basis(file), date(2021, 1, 10), 100)
    picture = pictures.parameters(found)
    assert picture.title.startswith("The record says nothing of the 3 uncertain parameters")
    assert pictures.statistics(found) is None


def test_statistics_are_differences_in_standard_deviations(posterior):
    """The real record's place among the simulated ones; the title is the verdict of the console."""
    picture = pictures.statistics(posterior)
    table = posterior.statistics
    table = table[table["sd"] > 0]
    real = next(trace for trace in picture.figure.data if trace.name == "the real record")
    assert np.array(real.x, dtype=float) == pytest.approx((table["real"] - table["mean"]) / table["sd"], abs=1e-3)
    assert f"{picture.title}." == verdict(posterior)
    json.loads(picture.whole().to_json())

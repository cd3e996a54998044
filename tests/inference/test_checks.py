"""The record among the simulated ones: intervals and places, by hand, and of a record that the model itself made."""

from datetime import date

import numpy as np
import pytest
import small_authority

from sim.inference.calibrate import calibrate
from sim.inference.checks import compared, curve_bands
from sim.inference.histories import PENDING, Histories
from sim.inference.posterior import Posterior
from sim.record.spans import FINDINGS, OPENED

END = date(2022, 12, 31)


def pending_until(ends: list[list[float]], end: float = 500.0) -> Histories:
    """Histories of strands opened on the first day, with findings after so many days."""
    findings = np.array(ends)
    never = np.full(findings.shape, np.inf)
    how = np.full(findings.shape, PENDING)
    names = tuple(f"{number}/one" for number in range(findings.shape[1]))
    return Histories(names, np.zeros(len(names)), findings, never, how, np.zeros(len(findings)), end)


MADE = pending_until([[100.0 * k, 600.0, 600.0, 600.0] for k in range(1, 5)] + [[600.0] * 4])
REAL = pending_until([[200.0, 600.0, 600.0, 600.0]])
WEIGHTS = np.array([0.05, 0.45, 0.45, 0.05, 0.0])


def test_places_and_intervals_by_hand():
    """Of five simulated records, four have findings; the weights leave out the fifth."""
    rows = compared(REAL, MADE, MADE, WEIGHTS).set_index("statistic")
    number = rows.loc["number of findings"]
    assert number[["record", "prior_q05", "prior_median", "prior_q95"]].tolist() == [1.0, 0.0, 1.0, 1.0]
    assert number[["q10", "median", "q90"]].tolist() == [1.0, 1.0, 1.0]
    assert number[["prior_below", "below"]].tolist() == pytest.approx([1 / 5 + 4 / 5 / 2, 1 / 2])
    pending = rows.loc["still pending after 250 days"]
    assert pending[["record", "q10", "median", "q90"]].tolist() == [0.75, 0.75, 0.75, 1.0]
    assert pending["prior_below"] == pytest.approx(2 / 5 / 2)
    assert "closed after findings" not in rows.index  # nowhere, and not in the record


def test_what_no_simulated_record_shows_is_outside():
    """A record whose four strands all have findings; one of these statistics is the same in all that is simulated."""
    rows = compared(pending_until([[50.0] * 4]), MADE, MADE, WEIGHTS).set_index("statistic")
    assert not rows.loc["number of findings", ["inside90", "inside80"]].any()
    assert rows.loc["number of findings", "below"] == pytest.approx(1.0)


def test_bands_of_curves_by_hand():
    """The record's curve steps down at 200 days; so do, by their own days, the weighted ones."""
    rows = curve_bands(REAL, MADE, MADE, WEIGHTS)
    assert set(rows["stage"]) == {OPENED}  # fewer than four have findings
    at = rows.set_index("age")
    assert at["record"].loc[[0.0, 195.0, 200.0, 500.0]].tolist() == [1.0, 1.0, 0.75, 0.75]
    assert at.loc[250.0, ["q10", "median", "q90"]].tolist() == [0.75, 0.75, 1.0]
    assert at.loc[150.0, ["q10", "median", "q90"]].tolist() == [1.0, 1.0, 1.0]
    assert at.index.max() == 500.0


def test_records_that_the_model_made_lie_inside_as_often_as_said(tmp_path):
    """Each of 60 simulated records taken for the real one: 90% lie within the 90% of the priors, 4 standard errors.

    They share one set of simulated records, and each has 16 statistics or more that move together; so the standard
    error is that of the means by record.
    """
    known = calibrate(small_authority.write(tmp_path), END, draws=300).reference
    equal, shares = np.full(300, 1 / 300), []
    for number in range(60):
        one = Histories(
            known.simulated.names,
            known.simulated.opened,
            *(getattr(known.simulated, name)[[number]] for name in ("findings", "resolved", "how", "openings")),
            known.simulated.end,
        )
        shares.append(compared(one, known.simulated, known.simulated, equal)["inside90"].mean())
    error = np.std(shares) / np.sqrt(len(shares))
    assert np.mean(shares) >= 0.9 - 4 * error  # ends of intervals are values that are inside, so that more lie there


def test_checks_of_a_posterior(tmp_path):
    """Those of its histories and weights; the record's curve is that of the record, and nothing without a past."""
    posterior = calibrate(small_authority.write(tmp_path), END, draws=100)
    known = posterior.reference
    assert posterior.checks.equals(compared(known.real, posterior.priors.simulated, known.simulated, posterior.weights))
    assert posterior.checks["record"].tolist()[0] == pytest.approx(np.exp(known.observed[0, 0]))
    assert set(posterior.curves["stage"]) <= {OPENED, FINDINGS}
    nothing = Posterior.prior(posterior.basis, END, 100)
    assert nothing.checks.empty
    assert nothing.curves.empty

"""Calibration and backtests of other authorities: procedures without a fork, or with one elsewhere."""

from datetime import date

import numpy as np
import pytest
import small_authority

from sim import simulate
from sim.inference.calibrate import calibrate
from sim.inference.regression import SPREAD
from sim.scenario.loading import load_scenario

END = date(2022, 12, 31)
FORK = "      fork: {strands: {1: 1}}\n"
FINDINGS = "      record_event: preliminary_findings\n"


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    """Calibrates the small authority with its fork somewhere else, or nowhere."""

    def of(name: str, *changes: tuple[str, str]):
        file = small_authority.write(tmp_path_factory.mktemp(name))
        text = file.read_text(encoding="utf-8")
        for old, new in changes:
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
        return calibrate(file, END, draws=200)

    return of


def test_a_procedure_without_a_fork_is_calibrated_as_with_one(calibrated):
    """Each strand of the record moves by itself, so that the simulated records and the posterior are the same."""
    forking, plain = calibrated("fork"), calibrated("plain", (FORK, ""))
    spread = plain.reference.statistics.std(axis=0)
    assert spread[spread > SPREAD].min() > 0.1
    constant = [name for name, varies in zip(plain.reference.names, spread > SPREAD, strict=True) if not varies]
    assert constant == ["non-compliance without findings", "commitments after findings"]  # no route leads there
    np.testing.assert_array_equal(plain.reference.statistics, forking.reference.statistics)
    np.testing.assert_array_equal(plain.weights, forking.weights)


def test_a_fork_at_the_findings_changes_nothing_of_the_past(calibrated):
    """The strands of a record are those of its openings, wherever the procedure forks."""
    forking, later = calibrated("fork"), calibrated("later", (FORK, ""), (FINDINGS, FINDINGS + FORK))
    np.testing.assert_array_equal(later.reference.statistics, forking.reference.statistics)


def test_strands_in_progress_move_in_a_procedure_without_a_fork(tmp_path):
    """What a record had in progress on the first day goes on strand by strand."""
    file = small_authority.write(tmp_path)
    file.write_text(file.read_text(encoding="utf-8").replace(FORK, ""), encoding="utf-8")
    run = simulate(load_scenario(file, {"replications": 20}))
    reached = run.data["first_reached"].sel(case=["b/one", "d/one", "e/one"], state=["closed", "done"]).min("state")
    assert (np.isfinite(reached).mean("replication") > 0.2).all()

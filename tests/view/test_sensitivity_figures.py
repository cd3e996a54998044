"""Which parameters matter, and parameter uncertainty beside what is stochastic."""

from dataclasses import replace

import pytest

from sim.experiments.sensitivity import sensitivity as analyse
from sim.view.charts.labels import lines
from sim.view.figures import sensitivity


@pytest.fixture(scope="module")
def screened(small_run):
    """A screening with few points."""
    return analyse(small_run.scenario, points=2, replications=3)


@pytest.fixture(scope="module")
def shared(small_run):
    """Sobol indices from few points."""
    return analyse(small_run.scenario, method="sobol", points=2, replications=2)


def bars_of(figure):
    """The bars that are in the legend, without the texts at their ends."""
    return [trace for trace in figure.chart.data if trace.name]


def test_tornado_goes_right_where_more_raises(screened):
    """Each parameter is one bar of the size of its effects, to the side of their sign."""
    figure = sensitivity.tornado(screened, "delay_per_case")
    rows = screened.table[screened.table["indicator"] == "delay_per_case"]
    ends = {row: value for trace in bars_of(figure) for row, value in zip(trace.y, trace.x, strict=True)}
    known = {lines(row.parameter_title, 22): row.mu_star * (1 if row.mu >= 0 else -1) for row in rows.itertuples()}
    assert ends == pytest.approx(known, rel=1e-4)
    assert rows.iloc[0]["parameter_title"] in figure.caption
    assert len(figure.table) == len(rows)


def test_verdicts_are_counted(screened):
    """The title claims that something matters only if its interval says so."""
    table = screened.table.assign(verdict="open")
    unsure = sensitivity.tornado(replace(screened, table=table), "pending_end")
    assert unsure.title.endswith("no parameter is known to matter yet")
    assert "Of 2 parameters, 2 are inconclusive so far." in unsure.caption
    sure = sensitivity.tornado(replace(screened, table=table.assign(verdict="matters")), "pending_end")
    assert sure.title.endswith("matter most")


def test_sobol_bars_are_shares(shared):
    """First and total indices are two bars a parameter, within 0 and 1, with intervals."""
    figure = sensitivity.sobol(shared, "delay_per_case")
    assert figure is not None
    first, total = bars_of(figure)
    assert all(0 <= value <= 1 for value in (*first.x, *total.x))
    assert len(first.error_x.array) == len(first.x)


def test_no_indices_no_picture(screened):
    """An indicator without a value in some runs, or that never varies, has no figure."""
    assert sensitivity.tornado(replace(screened, table=screened.table.assign(undefined=1)), "pending_end") is None
    assert sensitivity.tornado(replace(screened, table=screened.table.assign(sd=0.0)), "pending_end") is None
    assert sensitivity.tornado(screened, "fines") is None


def test_a_split_has_a_bar_for_each_number(small_run):
    """As long as the share of parameter uncertainty; the title counts the verdicts."""
    found = analyse(small_run.scenario, method="split")
    figure = sensitivity.split(found)
    (bars,) = bars_of(figure)
    assert list(bars.x) == pytest.approx(found.table["share_parameter"].tolist(), abs=1e-4)
    sure = found.table[found.table["verdict"] != "open"]
    if len(sure):
        assert figure.title.startswith(
            f"Of {len(found.table)} numbers, {(found.table['verdict'] == sure['verdict'].iloc[0]).sum()}"
        )
    assert sensitivity.split(replace(found, table=found.table.iloc[:0])) is None

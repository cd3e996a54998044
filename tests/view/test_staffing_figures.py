"""Who is busy, who is waited for, and the staff beside the caseload."""

from dataclasses import replace

import pandas as pd
import pytest

from sim.results.tables import TABLES
from sim.view.figures import staffing


def waits(**shares):
    """A table of delays as the indicator gives it, of all stages and of the last one."""
    rows = [
        ("all" if whole else "findings", role, 10 * share, share, 0.0, 20 * share)
        for whole in (True, False)
        for role, share in shares.items()
    ]
    return pd.DataFrame(rows, columns=["stage", "role", "value", "share", "q10", "q90"])


def test_utilisation_is_the_indicator(small_run):
    """Each role has the indicator's number, and the busiest is named in the title."""
    figure = staffing.delay_by_role(small_run)
    known = small_run.table("utilisation").sort_values("value", ascending=False)
    titles = staffing.role_titles(small_run)
    shown = figure.table.set_index("role")["utilisation"]
    assert shown[known["role"].map(titles)].tolist() == known["value"].round(3).tolist()
    first = titles[known["role"].iloc[0]]
    assert figure.title.endswith(f"; busiest: {first} ({known['value'].iloc[0]:.0%})")
    assert f" {known['value'].iloc[0]:.0%}" in figure.chart.data[-1].text


def test_only_the_roles_asked_for(small_run):
    """A filter leaves the other roles out; a role that nobody has gives no figure."""
    assert staffing.delay_by_role(small_run, ["lawyers"]).table["role"].tolist() == ["Legal service"]
    assert staffing.delay_by_role(small_run, ["astronauts"]) is None


def test_work_is_the_indicator(small_run):
    """The bars add up to the people at work; with one role asked for, the others are left out."""
    figure, known = staffing.work(small_run), small_run.table("effort").groupby("role")["value"].sum()
    assert figure.table["in all, FTE"].sum() == pytest.approx(known["all"], abs=0.05)
    assert figure.table["stage"].iloc[-1] == "Non-compliance decision"
    assert "of it comes after resolution" in figure.caption
    lawyers = staffing.work(small_run, ["lawyers"])
    assert list(lawyers.table)[1:3] == ["Legal service, FTE", "in all, FTE"]
    assert lawyers.table["in all, FTE"].sum() == pytest.approx(known["lawyers"], abs=0.05)
    assert staffing.work(small_run, ["astronauts"]) is None


def made_of(run, monkeypatch, table):
    """The run with this table of delays instead of its own."""
    monkeypatch.setitem(TABLES, "delay_by_role", replace(TABLES["delay_by_role"], make=lambda _: table))
    return replace(run)  # which has made no table yet


def test_bottleneck_is_told_from_the_delays(small_run, monkeypatch):
    """The role that is waited for most comes first; shares below 1% are no words."""
    figure = staffing.delay_by_role(made_of(small_run, monkeypatch, waits(handlers=0.2, lawyers=0.8)))
    assert figure.title.startswith("Of the delay due to staffing, 80% is for Legal service and 20% for Case handlers; ")
    assert figure.table["role"].tolist() == ["Legal service", "Case handlers"]
    run = made_of(small_run, monkeypatch, waits(handlers=0.999, lawyers=0.001))
    assert staffing.bottleneck(run) == "Of the delay due to staffing, >99% is for Case handlers"


def test_delays_are_the_indicator(small_run):
    """The figure has the days of the indicator, and they add up to the delay due to staffing per case."""
    table = staffing.delay_by_role(small_run).table
    known = small_run.samples["delay_per_case"].value
    assert table["days of delay per case"].sum() == pytest.approx(known, abs=0.02)
    assert table["share of the delay"].sum() == pytest.approx(1, abs=0.002)


def test_no_delay_is_said_or_left_out(small_run, monkeypatch):
    """With staff for everything nobody is the bottleneck; how busy they are is shown."""
    run = made_of(small_run, monkeypatch, waits(handlers=0.0, lawyers=0.0).assign(share=float("nan")))
    figure = staffing.delay_by_role(run)
    assert figure.title.startswith("No case waits for staff; busiest: ")
    assert [note.text for note in figure.chart.layout.annotations] == ["<b>Share of capacity used</b>"]
    assert staffing.bottleneck(run) == "No case waits for staff"


def test_staff_stands_on_the_time_axis_of_the_cases(small_run):
    """Headcounts are those of the scenario on each day, and the title has the first and last sum."""
    figure, table = staffing.staff_over_time(small_run), small_run.table("staff")
    whole = table[table["role"] == "all"].set_index("time")[["people", "fte"]]
    assert table[table["role"] != "all"].groupby("time")[["people", "fte"]].sum().equals(whole)
    heads = figure.table.set_index("day")["Case handlers"]
    assert heads[: pd.Timestamp("2024-12-31")].unique().tolist() == [5]
    assert heads[pd.Timestamp("2025-01-02") :].unique().tolist() == [7]
    assert figure.title.startswith(
        "Until January 2026 the number of full-time staff grows from 6 to 8, and the number of "
    )
    assert figure.table["full-time staff"].iloc[[0, -1]].tolist() == [6, 8]
    assert figure.table["full-time staff available for cases"].iloc[[0, -1]].tolist() == [6, 8]
    assert figure.caption == "All 7 full-time staff on average are available for cases."
    axes = {trace.xaxis for trace in figure.chart.data}
    assert figure.chart.layout.xaxis.matches in axes | {"x2"}


def test_constant_staff(bare_run):
    """A queue with one clerk: the staff stays, and the roles have their keys for titles."""
    figure = staffing.staff_over_time(bare_run)
    assert figure.title.startswith("Until January 2025 the number of full-time staff stays at 1,")
    assert "clerks" in figure.table
    assert staffing.delay_by_role(bare_run).table["role"].tolist() == ["clerks"]

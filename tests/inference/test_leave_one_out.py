"""Proceedings left out one after another: nothing of what is left out is used, and nothing later than the day."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
import small_authority
from record_rows import cut, read_tables, write_tables

from sim.errors import UserError
from sim.inference.backtest import FORECASTERS, MODEL, PRIORS
from sim.inference.baselines import durations, kaplan_meier_forecast
from sim.inference.leave_one_out import groups, leave_one_out
from sim.inference.posterior import Posterior
from sim.inference.scores import score
from sim.inference.statistics import statistics
from sim.record.files import load_record
from sim.record.spans import FINDINGS
from sim.view import as_json
from sim.view.figures.gallery import flat, of_leave_one_out

DRAWS = 200
TWINS = (
    *small_authority.HISTORY,
    ("h", "2022-03-03", "", "", ""),  # on the day of g, for the same topic
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The small authority with two proceedings of one day."""
    return small_authority.write(tmp_path_factory.mktemp("small"), TWINS)


@pytest.fixture(scope="module")
def small(file):
    """Its proceedings left out one after another."""
    return leave_one_out(file, draws=DRAWS)


def test_proceedings_of_one_day_and_topic_are_one_group(file, small):
    """By their opening and topics, whatever they are called; on other topics they are two."""
    assert list(small.posteriors) == ["a", "b", "c", "d", "e", "f", "g and 1 more"]
    known = load_record(file.parent / "record")
    other = [replace(one, topics=("other",)) if one.proceeding == "h" else one for one in known.strands]
    assert list(groups(replace(known, strands=tuple(other))))[-2:] == ["g", "h"]
    assert small.by_group["strands"].tolist() == [1, 1, 1, 1, 1, 1, 2]


def test_every_strand_is_forecast_from_its_opening(small):
    """Findings and outcome, by everybody; the truth in days since the opening."""
    model = small.table[small.table["forecaster"] == MODEL].set_index(["strand", "milestone"])
    assert len(model) == 2 * 8
    assert (small.table.groupby("forecaster").size() == len(model)).all()
    assert set(small.table["forecaster"]) == set(FORECASTERS)
    row = model.loc[("d/one", FINDINGS)]
    assert (row["origin"], row["truth"]) == (date(2021, 7, 7), date(2022, 2, 1))
    assert row["days"] == (date(2022, 2, 1) - date(2021, 7, 7)).days
    assert row["days_ahead"] == (date(2022, 12, 31) - date(2021, 7, 7)).days
    assert np.isinf(model.loc[("c/one", FINDINGS), "days"])


def test_what_is_left_out_says_nothing(small):
    """The posterior without a group is that of histories without its strands, in the record and where simulated."""
    whole = small.whole.reference
    without = [name for name in whole.real.names if name not in ("g/one", "h/one")]
    reference = small.posteriors["g and 1 more"].reference
    assert list(reference.real.names) == list(reference.simulated.names) == without
    assert reference.simulated.findings.shape == (DRAWS, len(without))
    _, observed = statistics(whole.real.without(["g/one", "h/one"]))
    assert reference.observed.tobytes() == observed.tobytes()
    strange = whole.real.findings.copy()
    strange[:, whole.real.names.index("g/one")] = 1.0
    changed = replace(whole, real=replace(whole.real, findings=strange)).without(["g/one", "h/one"])
    again = Posterior.of(small.basis, small.truth, changed)
    assert again.weights.tobytes() == small.posteriors["g and 1 more"].weights.tobytes()
    assert again.weights.tobytes() != small.whole.weights.tobytes()


def test_forecasts_are_weighted_times_and_baselines_of_the_others(small):
    """The probability is the weight of the times by the last day; Kaplan-Meier knows the other strands alone."""
    rows = small.table[(small.table["strand"] == "d/one") & (small.table["milestone"] == FINDINGS)]
    at = rows.set_index("forecaster")["probability"]
    days = small.whole.reference.simulated.days_to("d/one", FINDINGS)
    came = np.isfinite(days)
    assert at[MODEL] == pytest.approx(small.posteriors["d"].weights[came].sum())
    assert at[PRIORS] == pytest.approx(np.isfinite(small.whole.priors.simulated.days_to("d/one", FINDINGS)).mean())
    known = small.basis.record.known_on(small.truth)
    others = replace(known, strands=tuple(one for one in known.strands if one.proceeding != "d"))
    curve = kaplan_meier_forecast(
        durations(others, "proceedings_opened", FINDINGS), 0.0, int(rows["days_ahead"].iloc[0])
    )
    row = rows[rows["forecaster"] == "kaplan-meier"].iloc[0]
    assert row[["brier", "crps"]].to_dict() == pytest.approx(
        {name: value for name, value in score(curve, row["days"]).items() if name in ("brier", "crps")}
    )


def test_groups_are_resampled_as_wholes(small):
    """The pooled scores are means over forecasts; their intervals are of groups."""
    scores = small.scores.set_index("forecaster")
    assert scores.loc[MODEL, "crps"] == pytest.approx(
        small.table.loc[small.table["forecaster"] == MODEL, "crps"].mean()
    )
    assert small.moving_apart == 7
    apart = replace(small, table=small.table.assign(group=small.table["proceeding"]))
    assert apart.moving_apart == 8
    assert apart.scores.set_index("forecaster").loc[MODEL, "crps_ci_low"] != scores.loc[MODEL, "crps_ci_low"]


def test_removing_what_came_later_changes_no_bit(tmp_path, file):
    """Scored on an earlier day: the same to the last bit without the later rows of the record."""
    day = date(2022, 4, 30)
    known = small_authority.write(tmp_path, TWINS)
    write_tables(known.parent / "record", cut(read_tables(known.parent / "record"), str(day)))
    (known.parent / "record" / "until.txt").write_text(f"{day}\n", encoding="utf-8")
    one, other = (leave_one_out(each, day, draws=100) for each in (file, known))
    assert len(other.basis.record.acts) < len(one.basis.record.acts)
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    pd.testing.assert_frame_equal(one.by_group, other.by_group, check_exact=True)
    for name in ("checks", "curves"):
        pd.testing.assert_frame_equal(getattr(one.whole, name), getattr(other.whole, name), check_exact=True)


def test_it_is_shown(small, monkeypatch):
    """A short text, the groups in a notebook, strict JSON, and figures by name."""
    assert len(repr(small)) < 300
    assert small._repr_html_().count("<tr") == 1 + 7
    data = json.loads(json.dumps(as_json.of_backtest(small), allow_nan=False))
    assert [row["group"] for row in data["by_group"]][-1] == "g and 1 more"
    assert data["by_group"][0]["opened"] == "2021-01-10"
    names = [figure.name for figure in flat(of_leave_one_out(small))]
    assert names == small.plots == ["backtest-scores", "backtest-coverage", "backtest-pit"]
    assert "8 strands in 8 proceedings" in flat(of_leave_one_out(small))[0].subtitle
    assert small.plot().to_json() == small.plot("backtest-scores").to_json()


def test_the_command_says_what_the_table_has(sim, file, small):
    """The same numbers as JSON, and a table of groups for people."""
    options = ("backtest", "--leave-one-out", "--scenario", file, "--draws", DRAWS, "--jobs", 1)
    code, out, err = sim(*options, "--json")
    assert code == 0, err
    assert json.loads(out)["by_group"] == as_json.of_backtest(small)["by_group"]
    code, out, err = sim(*options)
    assert code == 0, err
    assert "g and 1 more" in out
    assert "groups resampled" in " ".join(out.split())


def test_one_proceeding_cannot_be_left_out(tmp_path):
    """Nothing would be left to learn from; told before anything is simulated."""
    with pytest.raises(UserError, match="has only a; with that left out there is nothing to learn from"):
        leave_one_out(small_authority.write(tmp_path, TWINS[:1]), date(2021, 12, 31))

"""Pictures of a backtest say what its tables say, and claim no more than the intervals bear."""

import json
import re
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
import small_authority

from sim.inference.backtest import FORECASTERS, MODEL, backtest
from sim.inference.scores import FEWEST_CLUSTERS
from sim.view import words
from sim.view.figures import backtest as figures
from sim.view.figures import scores
from sim.view.titles import NAMES, TITLES
from sim.view.verdicts import conclusion

ALL_OF_THEM = [figures.forecasts, scores.coverage, scores.pit, scores.scores, figures.totals]


@pytest.fixture(scope="module")
def rolling(tmp_path_factory):
    """A rolling backtest of the small authority."""
    file = small_authority.write(tmp_path_factory.mktemp("small"))
    return backtest(file, date(2021, 6, 30), rolling_months=6, draws=200)


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    """A backtest of one day."""
    file = small_authority.write(tmp_path_factory.mktemp("single"))
    return backtest(file, date(2021, 6, 30), draws=100)


@pytest.mark.parametrize("of", ALL_OF_THEM)
@pytest.mark.parametrize("which", ["rolling", "single"])
def test_any_backtest_has_the_picture(of, which, request):
    """Words without missing numbers, a small valid figure, and its table without infinite numbers."""
    figure = of(request.getfixturevalue(which))
    assert len(json.dumps(json.loads(figure.whole().to_json()))) < 300_000
    assert len(figure.caption.split()) <= 40
    assert not re.search(r"\b(nan|inf|NaT|None)\b", " ".join(figure[1:4]))
    assert not np.isinf(figure.table.select_dtypes("number").to_numpy(dtype=float)).any()


def model_rows(found):
    """The model's own forecasts."""
    return found.table[found.table["forecaster"] == MODEL]


def test_the_forecasts_are_counted_as_they_are(single):
    """Expected, come, and inside of their 80% intervals, as the table of forecasts has them."""
    figure, rows = figures.forecasts(single), model_rows(single)
    came = rows[rows["truth"].notna()]
    inside = int(((came["days"] >= came["q10"]) & (came["days"] <= came["q90"])).sum())
    assert figure.title.startswith("From June 2021 to ")
    for milestone, mine in rows.groupby("milestone"):
        counts = f"{mine['probability'].sum():.0f} expected, {mine['truth'].notna().sum()} came"
        assert f"{TITLES[milestone].lower()}: {counts}" in figure.title
    assert figure.title.endswith(f"; {inside} of the {len(came)} inside their 80% intervals")
    assert len(figure.table) == len(rows)
    assert (figure.table["inside"] == "no").sum() == len(came) - inside
    happened = [trace for trace in figure.chart.data if trace.name == "what happened"]
    shown = sorted(day for trace in happened for day in trace.x)
    assert shown == sorted(f"{day}" for day in came["truth"])


def test_nothing_came(single):
    """Where nothing happened by the last day the title says so."""
    nothing = single.table.assign(truth=None, days=np.inf)
    figure = figures.forecasts(replace(single, table=nothing))
    assert figure.title.endswith(" expected, 0 came")
    assert set(figure.table["inside"]) == {""}


def test_one_of_several_days(rolling):
    """Of several days the one after which most happened, or the one that is asked for; no other day has a figure."""
    happened = model_rows(rolling).groupby("origin")["truth"].count()
    assert f"Forecast of {words.date_of(happened.idxmax())}" in figures.forecasts(rolling).subtitle
    last = rolling.origins[-1]
    figure = figures.forecasts(rolling, last)
    assert set(figure.table["forecast of"]) == {pd.Timestamp(last)}
    assert figures.forecasts(rolling, date(2020, 1, 1)) is None


def test_coverage_is_that_of_the_tables(rolling):
    """By forecaster and level, with the same interval as the pooled scores have for 80%."""
    table = scores.coverage(rolling).table.set_index(["forecaster", "interval"])
    for _, row in rolling.scores.iterrows():
        name = NAMES[row["forecaster"]]
        for level in (50, 80, 95):
            held = table.loc[(name, level / 100), "share of the truth that it holds"]
            assert held == pytest.approx(row[f"cover{level}"], abs=1e-4)
        assert table.loc[(name, 0.8), "95% interval, low"] == pytest.approx(row["cover80_ci_low"], abs=1e-4)


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (0.3, "significantly fewer than they should"),
        (1.0, "significantly more than they should"),
        (0.8, "as they should"),
    ],
)
def test_the_verdict_on_coverage(rolling, held, words):
    """Too narrow, too wide and right intervals are called so."""
    changed = replace(rolling, table=rolling.table.assign(cover80=held))
    assert words in scores.coverage(changed).title


def few_proceedings(found):
    """The backtest with the forecasts of so few proceedings that nothing can be judged."""
    few = found.table["proceeding"].unique()[: FEWEST_CLUSTERS - 1]
    return replace(found, table=found.table[found.table["proceeding"].isin(few)])


def test_too_few_proceedings_to_judge(rolling):
    """Neither coverage nor the histogram is judged, and no interval is drawn."""
    few = few_proceedings(rolling)
    assert "too few proceedings to judge" in scores.coverage(few).title
    assert "too few to judge" in scores.pit(few).title
    assert "no intervals" in scores.scores(few).subtitle
    assert scores.scores(few).table["95% interval, low"].isna().all()


def test_the_histogram_is_that_of_the_pooled_forecasts(rolling):
    """Its shares add to one, and the band of sampling variation holds the flat line."""
    table = scores.pit(rolling).table
    assert table["share of truths"].tolist() == pytest.approx(rolling.pit_histogram().tolist(), abs=1e-4)
    assert table["share of truths"].sum() == pytest.approx(1, abs=1e-3)
    assert (table["sampling band, from"] <= 0.1).all()
    assert (table["sampling band, to"] >= 0.1).all()


def forecasts_of(uniforms, strands):
    """Forecasts that give each day the same probability up to the last, and truths at these places of them."""
    probability = 0.9
    came = uniforms < probability
    return pd.DataFrame(
        {
            "forecaster": MODEL,
            "proceeding": [f"p{number}" for number in strands],
            "strand": [f"p{number}/a" for number in strands],
            "milestone": "resolution",
            "origin": date(2021, 6, 30),
            "probability": probability,
            "truth": [date(2022, 1, 1) if is_there else None for is_there in came],
            "pit_low": np.where(came, uniforms, probability),
            "pit_high": np.where(came, uniforms, 1.0),
        }
    )


@pytest.mark.slow
def test_the_sampling_band_holds_true_forecasts(rolling):
    """Of 200 histograms of true forecasts, about 95% lie in the band as a whole; forecasts that are off do not."""
    generator, strands, inside = np.random.default_rng(5), np.arange(60), 0
    for _ in range(200):
        found = replace(rolling, table=forecasts_of(generator.random(60), strands))
        inside += not found.pit_classes["outside"].any()
    assert 180 <= inside <= 198
    early = replace(rolling, table=forecasts_of(generator.random(60) ** 4, strands))
    assert scores.pit(early).title.startswith("The truths lie less evenly in the model's forecasts than")


def test_the_scores_say_who_is_better(rolling):
    """The title is the console's conclusion; the panels hold every forecaster."""
    figure = scores.scores(rolling)
    assert f"{figure.title}." == conclusion(rolling)
    assert figure.table.groupby("measure").size().tolist() == [5, 5, 4]


def test_scores_by_day(rolling, single):
    """A line for each forecaster over the days; one day has none."""
    assert scores.by_origin(single) is None
    figure = scores.by_origin(rolling)
    assert {trace.name for trace in figure.chart.data if trace.name} == {NAMES[name] for name in FORECASTERS}
    assert len(figure.table) == 3
    mean = model_rows(rolling).groupby("origin")["crps"].mean()
    assert figure.table[NAMES[MODEL]].tolist() == pytest.approx(mean.tolist(), abs=1e-4)


def test_the_counts_inside_are_counted(rolling):
    """As many as lie inside the intervals; the farthest of the others is named."""
    rows = rolling.totals[rolling.totals["forecaster"] == MODEL]
    inside = int(((rows["q10"] <= rows["truth"]) & (rows["truth"] <= rows["q90"])).sum())
    figure = figures.totals(rolling)
    assert figure.title.startswith(f"{inside} of {len(rows)} counts")
    assert len(figure.table) == len(rolling.totals)
    missed = replace(rolling, totals=rolling.totals.assign(truth=99.0))
    assert "and 99 happened" in figures.totals(missed).caption

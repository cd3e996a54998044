"""The figure of the track record, its chapter in a report, and the section of the README."""

import importlib.util
from datetime import date
from pathlib import Path

import pytest
import small_authority

from sim import forecast, load_scenario, score, simulate
from sim.inference.backtest import MODEL
from sim.inference.forecast_scores import FORECASTERS
from sim.view.figures import gallery, track_record
from sim.view.report import content
from sim.view.verdicts import fared

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """The folder of a small authority with forecasts of two days."""
    file = small_authority.write(tmp_path_factory.mktemp("authority"))
    for start in ("2022-01-01", "2022-06-30"):
        scenario = load_scenario(file, {"start": start, "replications": 40})
        forecast(scenario).save(file.parent / "forecasts")
    return file.parent


def test_each_forecast_and_all_of_them_are_shown(authority):
    """A row for each file, one for all, one for each milestone; four forecasters in each; scores as in the tables."""
    record = score(authority / "forecasts")
    figure = track_record.by_forecast(record)
    names = ["2022-01-01", "2022-06-30", "all together", "Preliminary findings", "Decision, commitments or closure"]
    assert list(dict.fromkeys(figure.table["forecast of"])) == names
    assert (figure.table.groupby("forecast of").size() == len(FORECASTERS)).all()
    shown = figure.table.set_index(["forecast of", "forecaster"])["CRPS"]
    assert shown["2022-06-30", "the model"] == pytest.approx(record.by_file.loc[1, MODEL], abs=1e-4)
    pooled = record.scores.set_index("forecaster").loc["exponential", "crps"]
    assert shown["all together", "constant rates of the record"] == pytest.approx(pooled, abs=1e-4)
    overall, *kinds = f"{figure.title}.".split(". ")
    assert f"{overall}." == fared(record)[0]
    assert kinds == ["Decision, commitments or closure alone: significantly worse than Kaplan-Meier curves."]


def test_a_kept_forecast_stands_beside_what_happened(authority):
    """The one after which most happened: a row for each milestone that was ahead, with the truth where it is known."""
    record = score(authority / "forecasts")
    figure = track_record.forecasts(record)
    mine = record.table[(record.table["forecaster"] == MODEL) & (record.table["file"] == "2022-01-01.json")]
    assert figure.subtitle.startswith("Forecast of 1 January 2022, of 2 kept")
    assert figure.table["what happened"].notna().sum() == mine["truth"].notna().sum() > 0
    assert sorted(figure.table["strand"]) == sorted(mine["strand"])
    rows = [row for axis in figure.chart.select_yaxes() for row in axis.ticktext]
    assert sorted(rows) == sorted(mine["strand"]), "their keys, as all are called alike"


def test_without_scores_there_is_no_picture(authority):
    """On the day of the first forecast, nothing has happened."""
    record = score(authority / "forecasts", truth=date(2022, 1, 1))
    assert gallery.of_track_record(record) == []
    assert record.plots == []


def test_sentences_name_what_waits(authority):
    """Of two forecasts one can be scored, and one cannot yet."""
    sentences = fared(score(authority / "forecasts", truth=date(2022, 6, 30)))
    kept = "2 forecasts kept, of 1 January 2022 and 30 June 2022; not yet scored: 30 June 2022."
    assert sentences[-1] == kept


def test_a_report_has_a_chapter_of_it(authority):
    """With its sentences and figures, after the simulation; none without kept forecasts that can be scored."""
    run, record = simulate(authority / "small.yaml", replications=5), score(authority / "forecasts")
    (chapter,) = [one for one in content.report([run], track_record=record).chapters if one.key == "track-record"]
    assert list(chapter.findings) == fared(record)
    assert [shown.figure.name for shown in chapter.figures()] == ["track-record-forecasts", "track-record"]
    too_early = score(authority / "forecasts", truth=date(2022, 1, 1))
    for nothing in (None, too_early):
        assert "track-record" not in [one.key for one in content.report([run], track_record=nothing).chapters]


def test_the_section_of_the_readme_is_current():
    """It is what docs/track_record.py writes from the forecasts and the record of today."""
    spec = importlib.util.spec_from_file_location("track_record_page", ROOT / "docs" / "track_record.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    readme = page.README.read_text(encoding="utf-8")
    section = page.section(score(page.FORECASTS))
    assert section in readme
    assert page.written(readme, section) == readme

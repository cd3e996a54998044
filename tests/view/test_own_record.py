"""The record that is shown beside a run is the one that its scenario names, and no other."""

from pathlib import Path
from shutil import copytree

import pytest
import small_authority
from small_scenarios import BARE

from sim import load_run, simulate
from sim.scenario.loading import load_scenario

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A project with two authorities of their own records, and one without any, beside a record that nobody names."""
    here = tmp_path_factory.mktemp("project")
    copytree(ROOT / "scenarios" / "record", here / "scenarios" / "record")
    small_authority.write(here / "one")
    file = small_authority.write(here / "two", small_authority.HISTORY[:5], until="2022-06-30")
    file.write_text(file.read_text(encoding="utf-8").replace("small-authority", "other"), encoding="utf-8")
    (here / "bare.yaml").write_text(BARE, encoding="utf-8")
    return here


@pytest.fixture
def told(places, sim, monkeypatch):
    """What `sim report` says of the scenarios in these files, and the page that it writes."""
    monkeypatch.chdir(places)

    def call(*files: str) -> tuple[str, str]:
        code, _, told = sim("report", *files, "-o", "out.html", *(() if "results" in files[0] else ("-n", 8)), "-j", 1)
        assert code == 0, told
        return told.splitlines()[-1].rpartition("MB; ")[2], Path("out.html").read_text(encoding="utf-8")

    return call


def test_a_report_shows_the_record_that_the_scenario_names(told):
    """A scenario of another authority stands beside its own record."""
    note, page = told("one/small.yaml")
    assert note == "public record one/record to 2022-12-31"
    assert "The public record" in page


def test_a_scenario_without_a_record_has_none_beside_it(told):
    """The record in the folder of the scenarios is of another law."""
    note, page = told("bare.yaml")
    assert note == "no public record beside it"
    assert "What really happened, as far as it is public" not in page


def test_scenarios_of_two_authorities_have_two_records(told):
    """Each is beside its own, and the page has a chapter of each record."""
    note, page = told("one/small.yaml", "two/small.yaml", "bare.yaml")
    assert note == (
        "public record one/record to 2022-12-31; public record two/record to 2022-06-30;"
        " no public record beside bare"
    )  # fmt: skip
    assert "The public record beside small-authority" in page
    assert "The public record beside other" in page


def test_a_stored_run_knows_its_record(places, told):
    """Also where the whole project was moved; a record that is gone is told as such."""
    scenario = load_scenario(places / "one" / "small.yaml", {"replications": 8})
    run = simulate(scenario, results=places / "results")
    assert load_run(run.folder).scenario.record_folder == places / "one" / "record"
    folder = f"results/{run.folder.name}"
    assert told(folder)[0] == "public record one/record to 2022-12-31"
    (places / "one" / "record").rename(places / "one" / "away")
    assert told(folder)[0].endswith("no public record beside it: one/record is not there any more")
    (places / "one" / "away").rename(places / "one" / "record")


def test_the_dashboard_shows_the_record_that_the_scenario_names(places):
    """The one given for all runs instead, if there is one."""
    pytest.importorskip("dash")
    from sim.view.dashboard.cache import RunCache

    cache, scenario = RunCache(places / "results"), load_scenario(places / "two" / "small.yaml")
    assert cache.record_of(scenario).last_day.isoformat() == "2022-06-30"
    assert cache.record_of(load_scenario(places / "bare.yaml")) is None

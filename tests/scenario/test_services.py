"""Services of a scenario against those of its record."""

from pathlib import Path

import pytest
import small_authority

from sim.errors import UserError
from sim.scenario.loading import load_scenario

LATER = "Later,Media Inc,large,2022-03-01,,,,,social,,made up\n"
FINE = "{title: Decision, fine: {share_of_turnover: 0.02, most: 0.06}, "


def scenario(folder: Path, platforms: str, fined: bool) -> Path:
    """The small authority with a stream to these services, and a service designated after the first day."""
    file = small_authority.write(folder)
    with (folder / "record" / "platforms.csv").open("a", encoding="utf-8") as rows:
        rows.write(LATER)
    text = file.read_text(encoding="utf-8").replace("per_year: 6}", f"per_year: 6, platforms: {platforms}}}")
    file.write_text(text.replace("{title: Decision, ", FINE) if fined else text, encoding="utf-8")
    return file


def test_a_service_not_known_on_the_first_day_is_told_as_such(tmp_path):
    """It has a turnover in the record, which nobody knew; from when on it is known, and what to write."""
    file = scenario(tmp_path, "{Video: 1, Later: 1}", fined=True)
    message = (
        r"small\.yaml:\d+:\d+: arrivals\.openings\.platforms\.Later: the record does not know 'Later' on the first day,"
        r" 2022-01-01, but from 2022-03-01 on; leave it out, or write it under platforms with its turnover_eur_bn$"
    )
    with pytest.raises(UserError, match=message):
        load_scenario(file)
    assert load_scenario(file, {"start": "2022-03-01"}).platforms["Later"].turnover_eur_bn == 1
    given = {"platforms.Later": {"provider": "Media Inc", "turnover_eur_bn": 1}}
    assert load_scenario(file, given).platforms["Later"].turnover_eur_bn == 1


def test_a_service_that_cannot_be_fined_may_come_later(tmp_path):
    """Nothing is needed of it."""
    assert "Later" not in load_scenario(scenario(tmp_path, "{Video: 1, Later: 1}", fined=False)).platforms


@pytest.mark.parametrize(("written", "meant"), [("Vidoe", "Video"), ("later", "Later")])
def test_a_misspelt_service_is_told(tmp_path, written, meant):
    """Also where the one that is meant is not known yet; a name like none of them is a service of its own."""
    with pytest.raises(UserError, match=f"has a service '{written}'; did you mean '{meant}'"):
        load_scenario(scenario(tmp_path, f"{{Video: 1, {written}: 1}}", fined=False))
    assert load_scenario(scenario(tmp_path / "own", "{Video: 1, Cinema: 1}", fined=False)).arrivals

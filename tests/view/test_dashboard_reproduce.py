"""What makes a view again: the command and the script are run, and give what was on screen."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from small_scenarios import SMALL

from sim import load_run, simulate
from sim.errors import UserError
from sim.scenario.loading import load_scenario
from sim.view.dashboard.reproduce import recipe
from sim.view.dashboard.whatif import read


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder of scenarios whose name has to be quoted."""
    folder = tmp_path / "my scenarios"
    folder.mkdir()
    (folder / "small.yaml").write_text(SMALL, encoding="utf-8")
    return folder


@pytest.fixture
def base(folder):
    """Its scenario, as it is run in these tests."""
    return load_scenario(folder / "small.yaml").model_copy(update={"replications": 8, "seed": 3})


def what_if(base, **inputs):
    """The scenario of a what-if."""
    scenario = read(base, inputs).scenario
    assert scenario is not None
    return scenario


@pytest.mark.parametrize("inputs", [{}, {"staff": "20", "staff.lawyers": "50"}])
def test_the_command_runs_the_same(folder, base, inputs, tmp_path):
    """To the identity of the run: the folder has the same name."""
    scenario = what_if(base, **inputs) if inputs else base
    command = recipe([scenario], folder).command.replace("sim run", f"{sys.executable} -m sim run")
    subprocess.run(f"{command} \\\n  --results {tmp_path / 'run'}", shell=True, check=True, capture_output=True)
    [again] = (tmp_path / "run").iterdir()
    assert again.name == simulate(scenario, results=tmp_path / "here").folder.name


def test_the_script_gives_the_same(folder, base, tmp_path):
    """Of two runs what differs between them, on the platform that was shown."""
    scenario = what_if(base, staff="20")
    script = recipe([base, scenario], folder, "Agora").python
    assert script.splitlines()[0] == "from sim import compare, load_scenario, simulate"
    script += "    import json\n    print(json.dumps([run.data['incoming'].values.tolist() for run in runs]))\n"
    (tmp_path / "again.py").write_text(script, encoding="utf-8")
    done = subprocess.run([sys.executable, tmp_path / "again.py"], check=True, capture_output=True, text=True)
    expected = [simulate(one).filter(platform="Agora").data["incoming"].values.tolist() for one in (base, scenario)]
    assert json.loads(done.stdout.splitlines()[-1]) == expected


def test_a_stored_what_if_is_found_by_its_name(folder, base, tmp_path):
    """Also where only its run is left."""
    run = simulate(what_if(base, staff="20"), results=tmp_path / "results")
    assert "--set staffing.handlers.headcount.2025-01-01=8.4" in recipe([load_run(run.folder).scenario], folder).command


def test_what_cannot_be_said_by_settings_is_told(folder, base, small_run, tmp_path):
    """A scenario of another folder, and cases that a file lists."""
    with pytest.raises(UserError, match=r"No file in .* is the scenario 'small'"):
        recipe([base], tmp_path)
    with pytest.raises(UserError, match="save it as a scenario first"):
        recipe([what_if(base, without="babel-2023-09")], folder)

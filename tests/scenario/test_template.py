"""New scenario files: valid whatever the files and roles are called."""

import os

import pytest
from small_scenarios import BARE

from sim.errors import UserError
from sim.scenario.loading import load_scenario
from sim.scenario.template import new_scenario

NAMES = ["a: b", "x #y", "2024", "null", "1e3", "-", "'q\"", "two\nlines", "ä", "{x} %s", "- a", "&a *b !c", "n" * 240]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("role", ["no: #x", "- y", "{z}", "it's"])
def test_odd_names_of_files_and_roles(tmp_path, name, role):
    """The new file is a scenario that builds on the other one, and nothing of a name gets out of its comment."""
    base, file = tmp_path / f"{name} base.yaml", tmp_path / f"{name}.yaml"
    base.write_text(BARE, encoding="utf-8")
    scenario = load_scenario(base)
    pools = {role: next(iter(scenario.staffing.values()))}
    file.write_text(new_scenario(file, base, scenario.model_copy(update={"staffing": pools})), encoding="utf-8")
    made = load_scenario(file)
    assert made.procedure == scenario.procedure
    assert made.name == made.title
    commented = file.read_text("utf-8").partition("# staffing:\n")[2]
    assert all(line.startswith("#  ") for line in commented.splitlines())
    uncommented = "".join(f"{line[2:]}\n" for line in f"# staffing:\n{commented}".splitlines())
    assert role in load_staffing(uncommented)


def load_staffing(text):
    """The staffing that the comment shows."""
    from sim.scenario.yaml_nodes import parse, plain

    return plain(parse(text, "comment"))["staffing"]


@pytest.mark.skipif(os.name == "nt", reason="names of files are text there")
def test_a_base_that_no_file_can_name(tmp_path):
    """A name that is no text is refused."""
    base = tmp_path / os.fsdecode(b"\xff.yaml")
    base.write_text(BARE, encoding="utf-8")
    with pytest.raises(UserError, match="no file can name it"):
        new_scenario(tmp_path / "new.yaml", base, load_scenario(base))

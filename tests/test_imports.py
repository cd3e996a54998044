"""The direction of imports, and the pinned versions."""

import re
from pathlib import Path

from importlinter.api import read_configuration
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parents[1]


def test_imports_go_one_way(monkeypatch, capsys):
    """The contracts of pyproject.toml hold: layers, who may import simpy, who knows tables."""
    monkeypatch.chdir(ROOT)
    assert len(read_configuration("pyproject.toml")["contracts_options"]) >= 3
    status = lint_imports(config_filename="pyproject.toml", no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_constraints_are_pinned_versions():
    """constraints.txt holds lines of the form name==version, each name once, and nothing else."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*==\d[\w.]*", line)] == []
    names = [re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in lines]
    assert len(set(names)) == len(names)

"""Where the numbers of a report come from: words about its parameters, scenarios in full, how the runs were made."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.record.model import Record
from sim.results.manifest import read_manifest
from sim.results.run import Run
from sim.scenario.parameters import parameters
from sim.scenario.paths import part
from sim.scenario.schema import Scenario
from sim.scenario.sources import BASES
from sim.scenario.yaml_nodes import text
from sim.view import words
from sim.view.tables import Table

NUMBERS = ("number", "value", "based on", "source or reasoning", "in the simulations")
"""Headings of the table of a scenario's numbers (`sim.scenario.parameters`)."""
LEGEND = (
    f"{'; '.join(f'{basis.capitalize()}: {meaning}' for basis, meaning in BASES.items())}. Ranges hold 80% of the"
    " values with which simulations are made; fixed: the same in all of them."
)
"""What the words in it mean."""
WORDS = {"name", "title", "description", "question", "answer", "sources"}
"""What a scenario has for readers only: it changes no number."""


def acts_table(record: Record) -> Table:
    """The acts of a public record, each with its source."""
    rows = [
        (str(act.date), act.platform, act.event.replace("_", " "), act.detail or act.topic, act.source)
        for act in record.acts
    ]
    return Table("The acts of the record", ("date", "service", "act", "what", "source"), rows)


def run_table(runs: Sequence[Run]) -> Table:
    """What made the runs, a column for each, so that anyone can make them again."""
    columns = [_made(run) for run in runs]
    names = dict.fromkeys(name for column in columns for name in column)
    rows = [(name, *(column.get(name, "") for column in columns)) for name in names]
    return Table("What made the runs", ("", *(run.scenario.name for run in runs)), rows)


def _made(run: Run) -> dict[str, str]:
    scenario = run.scenario
    made = {
        "first day": str(scenario.start),
        "horizon": str(scenario.horizon),
        "seed": str(scenario.seed),
        "simulations": f"{run.replications:,}",
        "parameters": words.of_parameters(scenario) if scenario.uncertain else "all fixed",
        "simulations that share a draw of the parameters": str(scenario.replications_per_draw),
    }
    if run.folder is None:
        return made
    manifest = read_manifest(run.folder)
    return {
        **made,
        "stored as": run.folder.name,
        "commit of the code": manifest.commit or "not known",
        "hash of the code": manifest.code,
        "versions": ", ".join(f"{name} {version}" for name, version in manifest.versions.items()),
        "hash of the rounding": manifest.rounding,
        **{f"hash of {name}": hashed for name, hashed in manifest.content.items() if "/" not in name},
    }


def in_full(scenario: Scenario) -> str:
    """The scenario with all that it takes from other files: itself a scenario file."""
    return text(part(scenario, ""))


def changed_settings(base: Scenario, other: Scenario) -> Table:
    """The settings in which a scenario differs from another: numbers in words, the others as they are."""
    settings = _differing(*(_all_settings(one) for one in (base, other)))
    in_words = _differing(*({p.path: p.value for p in parameters(one)} for one in (base, other)))
    numbers = [one for one in in_words if any(_within(path, one[0]) for path, *_ in settings)]  # not of a title alone
    others = [(path, *pair) for path, *pair in settings if not any(_within(path, number[0]) for number in numbers)]
    return Table(f"What {other.name} changes", ("setting", base.name, other.name), [*numbers, *others])


def _all_settings(scenario: Scenario) -> dict[str, Any]:
    """Every setting by its path; the table of a posterior in words."""
    settings = dict(_settings(scenario.model_dump(mode="json", exclude=WORDS)))
    return {**settings, "posterior": str(scenario.posterior) if scenario.posterior else None}


def _differing(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    paths = [path for path in {**ours, **theirs} if ours.get(path) != theirs.get(path)]
    return [(path, _setting_text(ours.get(path)), _setting_text(theirs.get(path))) for path in paths]


def _within(path: str, other: str) -> bool:
    """Whether one of two paths is below the other, or both are the same."""
    return f"{path}.".startswith(f"{other}.") or f"{other}.".startswith(f"{path}.")


def _settings(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every single setting with its path."""
    if isinstance(data, dict) and data:
        for name, value in data.items():
            yield from _settings(value, f"{path}.{name}" if path else str(name))
    else:
        yield path, data


def _setting_text(value: Any) -> str:
    return "-" if value is None else value if isinstance(value, str) else json.dumps(value)

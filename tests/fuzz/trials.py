"""What is tried with each kind of input: it is refused in a line for its user, or what it gives is right.

A trial is a function of a generator. It makes an input and uses it as users do. It returns what was done to the input
and whether it was accepted; anything but `UserError` that it raises is a fault.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from math import isfinite
from pathlib import Path
from random import Random
from typing import Any

import yaml
from invariants import assert_all, uncoded
from mutations import ODD, damaged, mutated
from pydantic import BaseModel
from small_scenarios import BARE, SMALL

from sim.characters import one_line
from sim.errors import UserError
from sim.experiments.simulate import simulate
from sim.record.files import load_record
from sim.record.tables import TABLES as RECORD_TABLES
from sim.results.run import Run
from sim.results.store import list_runs, load_run
from sim.results.tables import TABLES
from sim.scenario.loading import load_procedure, load_scenario
from sim.scenario.parameters import rows
from sim.scenario.paths import value_at
from sim.scenario.schema import Scenario
from sim.scenario.settings import parse_settings

ROOT = Path(__file__).parents[2]
ONE = {"replications": 1, "replications_per_draw": 1}
LOG_CHECKED = 5_000
"""Rows of an event log that are checked at most: the checks go through them one by one, and take seconds for more."""


@dataclass(frozen=True)
class Trial:
    """What was tried, and how it ended: `messages` are those of a refusal, none if it was accepted."""

    done: str
    messages: tuple[str, ...] = ()
    input: str = ""


@contextmanager
def noted(done: str) -> Iterator[None]:
    """Add what was tried to any fault."""
    try:
        yield
    except BaseException as fault:
        fault.add_note(f"tried: {done}")
        raise


def refused(done: str, error: UserError, content: str = "") -> Trial:
    """A refusal, whose messages must be fit to be shown: one line each, and of a readable length."""
    messages = tuple(one_line(str(problem)) for problem in error.problems)
    assert messages, "refused without a message"
    for message in messages:
        assert message.strip(), "an empty message"
        assert len(message) < 2000, f"a message of {len(message)} characters: {message[:200]!r}"
    return Trial(done, messages, content)


def used(run: Run) -> None:
    """Every table and indicator of a run can be made, and its event log keeps what every log must keep."""
    if len(run.events) <= LOG_CHECKED:
        assert_all(run.scenario, uncoded(run.events))
    run.summary()
    for name in TABLES:
        run.table(name)


def called(*arguments: str) -> tuple[int, str, str]:
    """The command, called in this process: exit code, standard output, standard error."""
    import sys

    from sim import cli

    out, err, before, code = StringIO(), StringIO(), sys.argv, 0
    sys.argv = ["sim", *arguments]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            cli.main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.argv = before
    return code, out.getvalue(), err.getvalue()


# Scenarios and procedures


@cache
def _tree(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def _bases(folder: Path) -> list[Path]:
    """Scenario files to begin with: those of the project, in a folder of their own with what they refer to."""
    if not (folder / "scenarios").exists():
        shutil.copytree(ROOT / "scenarios", folder / "scenarios")
        (folder / "scenarios" / "small.yaml").write_text(SMALL, "utf-8")
        (folder / "scenarios" / "bare.yaml").write_text(BARE, "utf-8")
    small = [folder / "scenarios" / name for name in ("small.yaml", "bare.yaml")]
    return small * 6 + sorted((folder / "scenarios").glob("[!_]*.yaml"))


def _written(tree: Any, path: Path) -> str:
    # Every value is written as YAML would quote it; what cannot be, as an escape.
    content = yaml.safe_dump(tree, sort_keys=False, allow_unicode=False, width=10_000)
    path.write_text(content, "utf-8")
    return content


def _run_of(path: Path, done: str, content: str) -> Trial:
    with noted(done):
        return _used_file(path, done, content)


def _used_file(path: Path, done: str, content: str) -> Trial:
    try:
        scenario = load_scenario(path)
        used(simulate(load_scenario(path, ONE), jobs=1))
    except UserError as error:
        return refused(done, error, content)
    _shown_is_the_same(scenario, path)
    return Trial(done, input=content)


def _shown_is_the_same(scenario: Scenario, path: Path) -> None:
    """What `sim show` prints of a scenario is that scenario."""
    code, out, err = called("show", str(path))
    assert code == 0, err
    copy = path.with_name("_shown.yaml")
    copy.write_text(out, "utf-8")
    assert load_scenario(copy) == scenario, "sim show prints another scenario"


def scenario(rng: Random, folder: Path) -> Trial:
    """A scenario file with something wrong, validated and run once; now and then by the command, and as a report."""
    base = rng.choice(_bases(folder))
    path = folder / "scenarios" / "_mutant.yaml"
    if rng.random() < 0.2:
        data, done = damaged(base.read_bytes(), rng)
        path.write_bytes(data)
        return _run_of(path, f"{base.name}: {done}", data.decode("utf-8", "replace"))
    tree, steps = mutated(_tree(base), rng)
    content = _written(tree, path)
    done = f"{base.name}: {'; '.join(steps)}"
    if rng.random() < 0.1:
        with noted(done):
            return _by_command(path, folder, done, content)
    return _run_of(path, done, content)


def _by_command(path: Path, folder: Path, done: str, content: str) -> Trial:
    """`sim run` and `sim report` of a file: exit code 0, or 2 and a line for each problem."""
    for words in (["run"], ["report", "-o", str(folder / "page.html")]):
        code, out, err = called(*words, str(path), "-n", "2", "-j", "1", "--results", str(folder / "results"))
        assert code in (0, 2), f"exit code {code}: {err[-500:]}"
        assert "\x1b" not in out + err, "escapes in the output"
        if code == 2:
            return refused(done, UserError(*(err.splitlines() or [""])), content)
    return Trial(done, input=content)


def procedure(rng: Random, folder: Path) -> Trial:
    """A procedure file with something wrong, validated by itself and as the procedure of scenarios."""
    _bases(folder)
    file = rng.choice(sorted((folder / "scenarios" / "procedures").glob("*.yaml")))
    path = folder / "scenarios" / "_with_mutant.yaml"
    tree, steps = mutated(_tree(file), rng)
    mutant = folder / "scenarios" / "procedures" / "_mutant.yaml"
    content = _written(tree, mutant)
    scenario = "dma.yaml" if file.stem == "dma" else rng.choice(("three-probes.yaml", "status-quo.yaml"))
    path.write_text(f"extends: {scenario}\nname: with-mutant\nprocedure: _mutant\n", "utf-8")
    done = f"{file.name}: {'; '.join(steps)}"
    with noted(done):
        try:
            load_procedure(mutant)
        except UserError as error:
            return refused(done, error, content)
    return _run_of(path, done, content)


def settings(rng: Random, folder: Path) -> Trial:
    """Settings as on the command line: paths of the scenario or typing errors of them, with odd values."""
    base = rng.choice(_bases(folder))
    of = _loaded(base)
    keys_known = [keys for keys, _ in rows(of)]
    texts = [
        f"{_path(keys_known, rng)}{rng.choice('===:')}{_text(of, keys_known, rng)}"
        for _ in range(rng.choice((1, 1, 2)))
    ]
    done = f"{base.name}: {texts}"[:300]
    with noted(done):
        try:
            used(simulate(load_scenario(base, parse_settings(texts) | ONE), jobs=1))
        except UserError as error:
            return refused(done, error)
    return Trial(done)


def _path(known: Sequence[Any], rng: Random) -> str:
    path = ".".join(map(str, rng.choice(known)))
    return path if rng.random() < 0.7 else damaged(path.encode(), rng)[0].decode("utf-8", "replace")


def _text(of: Scenario, known: Sequence[Any], rng: Random) -> str:
    """A number of the scenario or a multiple of it, or something odd, as it would be written."""
    value = value_at(of, rng.choice(known)) if rng.random() < 0.6 else rng.choice(ODD)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value *= rng.choice((1, 1, 0.5, 2, 10, 1000))
    if isinstance(value, (str, BaseModel)) or any(
        isinstance(one, BaseModel) for one in getattr(value, "values", list)()
    ):
        return str(value)
    return yaml.safe_dump(value, default_flow_style=True).removesuffix("...\n").strip()


@cache
def _loaded(path: Path) -> Scenario:
    return load_scenario(path)


# Records


def record(rng: Random, folder: Path) -> Trial:
    """A record with something wrong: refused, or every table of it can be made, today and as of a day."""
    source = rng.choice((ROOT / "docs" / "example-record", ROOT / "scenarios" / "record"))
    copy = folder / "record"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(source, copy)
    file = rng.choice(sorted(path for path in copy.iterdir() if path.suffix in (".csv", ".txt")))
    data, done = (damaged if rng.random() < 0.5 else _other_cell)(file.read_bytes(), rng)
    file.write_bytes(data)
    done = f"{source.name}/{file.name}: {done}"
    with noted(done):
        try:
            found = load_record(copy)
            for table in RECORD_TABLES.values():
                table(found)
                table(found, found.last_day)
        except UserError as error:
            return refused(done, error)
    return Trial(done)


def _other_cell(content: bytes, rng: Random) -> tuple[bytes, str]:
    """A table with another cell: an odd value, or that of another row."""
    lines = content.decode("utf-8").splitlines()
    at = rng.randrange(len(lines))
    cells = lines[at].split(",")
    column = rng.randrange(len(cells))
    new = str(rng.choice(ODD)) if rng.random() < 0.5 else rng.choice(rng.choice(lines).split(","))
    cells[column] = new
    lines[at] = ",".join(cells)
    return "\n".join(lines).encode("utf-8", "replace"), f"line {at + 1}, cell {column + 1}: {new!r:.50}"


# Results folders


@cache
def _stored(folder: Path) -> tuple[Path, dict[str, Any]]:
    """A stored run, and the tables that it gives."""
    path = folder / "scenarios" / "small.yaml"
    _bases(folder)
    run = simulate(load_scenario(path, {"replications": 6}), jobs=1, results=folder / "sound")
    assert run.folder is not None
    return run.folder, _tables(run)


def _tables(run: Run) -> dict[str, Any]:
    return {"events": run.events, "summary": run.summary()} | {name: run.table(name) for name in TABLES}


def results(rng: Random, folder: Path) -> Trial:
    """A stored run that was damaged: refused with its place, or all that it gives is what it gave before."""
    sound, expected = _stored(folder)
    copy = folder / "damaged" / sound.name
    shutil.rmtree(copy.parent, ignore_errors=True)
    shutil.copytree(sound, copy)
    shutil.copytree(sound, copy.parent / "neighbour")
    files = sorted(path for path in copy.rglob("*") if path.is_file())
    file = rng.choice([*files, copy / "manifest.json", copy / "manifest.json"])
    done = f"{file.relative_to(copy)}: {_damage(file, files, rng)}"
    with noted(done):
        return _read_back(copy, expected, done)


def _read_back(copy: Path, expected: dict[str, Any], done: str) -> Trial:
    heard: list[Any] = []
    listed = [path.name for path, _ in list_runs(copy.parent, heard.append)]
    assert "neighbour" in listed, "a damaged run hides its neighbour"
    assert copy.name in listed or heard or not (copy / "manifest.json").exists(), "a damaged run is hidden in silence"
    try:
        found = _tables(load_run(copy))
    except UserError as error:
        return refused(done, error)
    for name, table in expected.items():
        assert found[name].equals(table), f"{name} is another one"
    return Trial(done)


def _damage(file: Path, files: Sequence[Path], rng: Random) -> str:
    kind = rng.random()
    if kind < 0.1:
        file.unlink()
        return "gone"
    if kind < 0.2:
        other = rng.choice(files)
        file.write_bytes(other.read_bytes() if other.exists() else b"")
        return f"holds what {other.name} holds"
    if kind < 0.25:
        file.unlink()
        file.mkdir()
        return "is a folder"
    if kind < 0.6 and file.name == "manifest.json":
        tree, steps = mutated(json.loads(file.read_text("utf-8")), rng)
        content = rng.choice((tree, tree, tree, [], None, 1, "x", {}))
        file.write_text(json.dumps(content), "utf-8")
        return "; ".join(steps) if content is tree else f"is {content!r}"
    data, done = damaged(file.read_bytes(), rng)
    file.write_bytes(data)
    return done


# The dashboard


@cache
def _dashboard(folder: Path) -> tuple[Any, list[dict[str, Any]], list[str]]:
    """A client of a dashboard, its callbacks, and names that exist in it."""
    from sim.view.dashboard.app import make_app
    from sim.view.dashboard.cache import RunCache
    from sim.view.dashboard.jobs import Jobs

    sound, _ = _stored(folder)
    results = folder / "shown"
    shutil.copytree(sound, results / sound.name)
    app = make_app(RunCache(results, scenarios=folder / "saved"), Jobs(results, 1))
    client = app.server.test_client()
    client.get("/")
    callbacks = [one for one in client.get("/_dash-dependencies").get_json() if not one.get("clientside_function")]
    names = [
        sound.name,
        "Agora",
        "request",
        "handlers",
        "lawyers",
        "babel-2023-09",
        "overview",
        "staff",
        "compare",
        "0" * 32,
    ]
    return client, callbacks, names


class Logged(logging.Handler):
    """Keeps what a program logs as an error: faults that its users are not shown."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message with its traceback."""
        self.messages.append(logging.Formatter().format(record))


def address(rng: Random, folder: Path) -> Trial:
    """An address or a callback's values that no page would send: an answer, and never a fault of the server."""
    client, callbacks, names = _dashboard(folder)
    logged = Logged()
    logging.getLogger().addHandler(logged)
    try:
        if rng.random() < 0.4:
            done, response = _open(client, callbacks, names, rng)
        else:
            done, response = _call(client, rng.choice(callbacks), names, rng)
    finally:
        logging.getLogger().removeHandler(logged)
    assert response.status_code < 500, f"{response.status_code}: {done}\n{response.text[:300]}"
    assert not logged.messages, f"{done}\n{logged.messages[0][-1500:]}"
    return Trial(done, () if response.status_code < 400 else (f"HTTP {response.status_code}",))


def _value(names: Sequence[str], rng: Random) -> Any:
    """A value of a control: a name that exists, several of them, or something odd."""
    kind = rng.random()
    if kind < 0.4:
        return rng.choice(names)
    if kind < 0.55:
        return [rng.choice(names) for _ in range(rng.randrange(4))]
    if kind < 0.6:
        return {rng.choice(names): _value(names, rng)}
    if kind < 0.65:
        return {"points": [{"y": rng.choice((0, 1e9, -1, None, "x")), "x": 0}]}
    return rng.choice([value for value in ODD if not isinstance(value, float) or isfinite(value)])


def _open(client: Any, callbacks: Sequence[Any], names: Sequence[str], rng: Random) -> tuple[str, Any]:
    from urllib.parse import urlencode

    keys = ("run", "tab", "platform", "stage", "role", "case", "if.handlers", "if.x", "zzz")
    pairs = [(rng.choice(keys), _value(names, rng)) for _ in range(rng.randrange(6))]
    query = "?" + urlencode([(key, str(value).encode("utf-8", "surrogatepass")) for key, value in pairs])
    if rng.random() < 0.2:
        query = damaged(query.encode(), rng)[0].decode("latin-1")
    opening = next(one for one in callbacks if one["inputs"][0]["id"] == "address" and "page.children" in one["output"])
    inputs = [{**wanted, "value": query} for wanted in opening["inputs"]]
    return f"opened {query[:200]!r}", _post(client, opening, inputs, [])


def _call(client: Any, callback: Any, names: Sequence[str], rng: Random) -> tuple[str, Any]:
    filled = [[{**wanted, "value": _value(names, rng)} for wanted in callback[kind]] for kind in ("inputs", "state")]
    done = f"{callback['output'][:60]} of {[one['value'] for kind in filled for one in kind]!r}"[:400]
    return done, _post(client, callback, *filled)


def _post(client: Any, callback: Any, inputs: list[Any], state: list[Any]) -> Any:
    outputs = [_output(part) for part in callback["output"].strip(".").split("...")]
    several = callback["output"].startswith("..")
    payload = {
        "output": callback["output"],
        "outputs": outputs if several else outputs[0],
        "inputs": inputs,
        "state": state,
        "changedPropIds": [f"{one['id']}.{one['property']}" for one in inputs[:1]],
    }
    text = json.dumps(payload, ensure_ascii=True)
    return client.post("/_dash-update-component", data=text, content_type="application/json")


def _output(part: str) -> dict[str, Any]:
    name, _, prop = part.rpartition(".")
    return {"id": json.loads(name) if name.startswith("{") else name, "property": prop.partition("@")[0]}


KINDS: dict[str, Callable[[Random, Path], Trial]] = {
    "scenarios": scenario,
    "procedures": procedure,
    "settings": settings,
    "records": record,
    "results": results,
    "addresses": address,
}
"""What is tried, by name."""

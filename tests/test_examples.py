"""What the documentation shows is run: commands, snippets, generated pages."""

import importlib.util
import inspect
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from urllib.request import urlopen

import pytest
from processes import CATCH_SIGINT, sim_command

import sim as package
from sim import load_record, load_scenario, simulate

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTALL = "pip install -c constraints.txt -e . && sim run scenarios/three-probes.yaml"
TEST = 'pip install -c constraints.txt -e ".[dev]" && pytest'
Command = Callable[..., tuple[int, str, str]]
"""The fixture that calls `sim` in this process: arguments in; exit code, stdout and stderr out."""
PYTHON = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
EXPERIMENTS = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")


def blocks(kind: str, page: str = README) -> list[str]:
    """The code blocks of one kind in a page."""
    return re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)


def module(path: Path) -> ModuleType:
    """A script of the docs as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the scenarios, in which commands may write; the folder in which they are called."""
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def small(line: str) -> list[str]:
    """The words of a command line, with few replications (the last `-n` counts) and few days of a rolling backtest."""
    words = shlex.split(line.replace("--rolling 3M", "--rolling 12M"), comments=True)
    if "--precision" in words:
        return [*words, "--floor", "25", "--ceiling", "25"]
    if words[1] in ("run", "compare", "sweep", "report", "site", "forecast"):
        return [*words, "-n", "3"]
    if words[1] == "sensitivity":
        return [*words, "-n", "4", "--points", "2", "--set", "replications=4"]
    return [*words, "--draws", "100"] if words[1] in ("calibrate", "backtest") else words


def served(folder: Path) -> None:
    """The dashboard answers once, and ends well when Ctrl-C stops it."""
    command = sim_command("dashboard", "--port", "0", before=CATCH_SIGINT)
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+", line)
            if address:
                with urlopen(address[0], timeout=60) as answer:
                    assert answer.status == 200
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()  # where Ctrl-C did not end it, leaving the block would wait for it for ever
    assert address, line + errors
    assert process.returncode == 0, errors


def all_answer(page: str, folder: Path, sim: Command) -> int:
    """Each line of a page that calls `sim` exits with 0, in their order; gives how many there are.

    One that needs a browser has a message where there is none.
    """
    lines = [line for block in blocks("sh", page) for line in block.splitlines() if re.search("(^|&& )sim ", line)]
    for line in lines:
        _, *words = small(line.rpartition("&& ")[2])
        if words[0] == "dashboard":
            served(folder)
            continue
        code, _, errors = sim(*words)
        draws = "--images" in words or any(word.endswith((".pptx", ".docx")) for word in words)
        if draws and not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
            assert (code, "browser" in errors) == (2, True)
        else:
            assert code == 0, f"{line}: {errors}"
    return len(lines)


def script(text: str, folder: Path) -> str:
    """Run Python as a file in a folder; gives what it prints, and nothing may go to stderr."""
    (folder / "script.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_readme_has_both_commands() -> None:
    """The two commands that a fresh machine needs stand in the README and in .ci/run as they are."""
    assert INSTALL in README
    assert TEST in README
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert INSTALL.replace("pip install", "pip install --quiet") in script
    assert TEST.replace("pip install", "pip install --quiet") in script


@pytest.mark.slow
def test_every_command_of_the_readme_works(checkout: Path, sim: Command) -> None:
    """The set-up command without pip, and each other line that calls `sim`."""
    assert all_answer(README, checkout, sim) >= 15


@pytest.mark.parametrize(
    ("name", "least"),
    [
        pytest.param("experiments", 5, marks=pytest.mark.slow),
        pytest.param("report", 4, marks=pytest.mark.slow),
        pytest.param("site", 1, marks=pytest.mark.slow),
        ("forecasts", 2),
        ("dashboard", 1),
    ],
)
def test_every_command_of_a_page_works(checkout: Path, sim: Command, name: str, least: int) -> None:
    """Each line of the page that calls `sim`."""
    assert all_answer((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8"), checkout, sim) >= least


@pytest.mark.slow
def test_the_python_snippet_of_the_report_runs(checkout: Path) -> None:
    """The Python block writes the page of a run."""
    (block,) = blocks("python", (ROOT / "docs" / "report.md").read_text(encoding="utf-8"))
    assert "replications=200" in block
    script(block.replace("replications=200", "replications=3"), checkout)
    assert (checkout / "status-quo.html").stat().st_size > 1e6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "fewer"),
    [
        ("compare", {'"replications": 50': '"replications": 26'}),
        ("sweep", {"replications=20": "replications=4"}),
        ("sensitivity", {"points=8": "points=2, replications=3"}),
    ],
)
def test_the_python_snippets_of_the_experiments_run(checkout: Path, names: str, fewer: dict[str, str]) -> None:
    """Each gives its table, on one process or more, from a script without a guard."""
    (block,) = [block for block in blocks("python", EXPERIMENTS) if f"{names}(" in block]
    for long, short in fewer.items():
        assert long in block
        block = block.replace(long, short)
    assert ("variance_reduction" in script(block, checkout)) == (names == "compare")


def test_the_scenario_in_the_readme_is_valid_and_its_error_has_the_message_shown(checkout: Path, sim: Command) -> None:
    """The YAML block validates, and a misspelt setting in it gives the README's message to the letter."""
    (block,) = blocks("yaml")
    path = checkout / "scenarios" / "mine.yaml"
    path.write_text(block, encoding="utf-8")
    assert sim("validate", "scenarios/mine.yaml")[0] == 0
    (message,) = re.findall(r"```\n(scenarios/mine.yaml.*?)\n```", README)
    path.write_text(block.replace("headcount", "headcuont"), encoding="utf-8")
    code, _, errors = sim("validate", "scenarios/mine.yaml")
    assert code == 2
    assert message in errors


def test_the_python_snippets_of_the_readme_run(checkout: Path) -> None:
    """The first prints when each case is resolved and writes the page; the second prints differences."""
    first, second = blocks("python")
    done = script(first.replace("jobs=2", "replications=6"), checkout)
    assert "within_2y" in done
    assert (checkout / "report.html").stat().st_size > 1e6
    assert "replications=200" in second
    assert "disposition time" in script(second.replace("replications=200", "replications=6"), checkout)


@pytest.mark.slow
def test_the_python_snippet_of_the_api_runs(checkout: Path) -> None:
    """Every verb and noun of the page does what the snippet shows."""
    (block,) = blocks("python", PYTHON)
    for long, short in (("draws=500", "draws=100"), ("=200", "=12"), ("=50", "=4"), ("[8, 12, 16]", "[8, 16]")):
        assert long in block
        block = block.replace(long, short)
    assert "proceedings" in script(f"{block}print(run.table('durations'))\n", checkout)
    assert (checkout / "report.html").stat().st_size > 1e6
    assert load_scenario(checkout / "scenarios" / "calibrated.yaml").posterior


def test_the_page_of_the_api_has_every_name_and_parameter() -> None:
    """Its tables list the verbs with the parameters that they have, what these mean, and the nouns."""
    sections = dict(part.split("\n", 1) for part in PYTHON.split("\n## ")[1:])
    verbs = {name for name in package.__all__ if inspect.isfunction(getattr(package, name))}
    listed = dict(re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", sections["Verbs"].partition("\n\n")[0], re.MULTILINE))
    assert set(listed) == verbs
    common = ("replications", "seed", "jobs", "cluster", "results", "progress")
    for verb, words in listed.items():
        named = {*re.findall(r"`(\w+)`", words), *(common if "the common ones" in words else ())}
        assert named == set(inspect.signature(getattr(package, verb)).parameters) - {"former"}, verb
        for name in named - {"scenario", "path", "folder", "runs"}:
            assert re.search(rf"^\|[^|]*`{name}`[^|]*\| [^|]+ \|$", sections["Verbs"], re.MULTILINE), name
    nouns = set(re.findall(r"^\| `(\w+)` \|", sections["Nouns"], re.MULTILINE))
    assert nouns == set(package.__all__) - verbs - {"UserError", "Precision"}


def test_the_generated_reference_is_current() -> None:
    """The pages that docs/reference.py writes are what it writes from the code of today."""
    for name, page in module(ROOT / "docs" / "reference.py").PAGES.items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == page(), name


def test_the_page_of_first_results_can_be_written_and_is_of_this_scenario() -> None:
    """The page names every strand, and the committed one has this scenario's seed and strands."""
    first = module(ROOT / "docs" / "first_results.py")
    run = simulate(load_scenario(first.SCENARIO, {"replications": 4}))
    future = simulate(load_scenario(first.STATUS_QUO, {"replications": 4}))
    text = first.page(run, future, simulate(first.past_with_posterior(4)), load_record(first.RECORD))
    committed = (ROOT / "docs" / "first-results.md").read_text(encoding="utf-8")
    strands = re.findall(r"^\| (\S+/\S+) \|", text, re.MULTILINE)
    assert len(set(strands)) == 8
    for strand in strands:
        assert f"| {strand} |" in committed
    assert f"seed\n{run.scenario.seed}" in committed


@pytest.mark.slow
def test_the_page_of_the_validation_can_be_written_and_is_of_this_scenario() -> None:
    """With few draws the page has the sections, parameters and strands that the committed one has."""
    from sim import backtest, calibrate, leave_one_out, score

    written = module(ROOT / "docs" / "validation.py")
    few = {"draws": 100, "jobs": 2}
    one = backtest(written.FIRST, written.AS_OF, **few)
    rolling = backtest(written.SCENARIO, date(2026, 3, 31), rolling_months=3, **few)
    other = backtest(written.FIRST, written.EXAMPLE_AS_OF, record=written.EXAMPLE, **few)
    end = calibrate(written.SCENARIO, rolling.truth, **few)
    apart = leave_one_out(written.SCENARIO, rolling.truth, **few)
    alternatives = dict.fromkeys((file.stem for file in written.ALTERNATIVES.glob("*.yaml")), apart)
    check = end.reference.simulation_based_calibration(20, 1)
    queue = written.Queue("one queue", 1.0, 1.01, 0.02)
    record = load_record(written.RECORD)
    text = written.page([queue], one, rolling, end, check, apart, alternatives, score(), other, record)
    committed = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    pages = [re.sub(r"[\d,]", "", page) for page in (text, committed)]
    for pattern in (r"^#+ [^(\n]*", r"^\| (\S+/\S+) \|"):
        made, shown = (set(re.findall(pattern, page, re.MULTILINE)) for page in pages)
        assert len(made) >= 8
        assert made == shown


def test_links_in_the_documentation_lead_somewhere() -> None:
    """Every relative link of the README and the docs names a file that exists."""
    pages = [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "notebooks" / "README.md",
        ROOT / "results" / "README.md",
        *(ROOT / "docs").glob("*.md"),
    ]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"

"""What the documentation shows is run: commands, snippets, generated pages."""

import importlib.util
import re
import shlex
import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import ModuleType
from urllib.request import urlopen

import pytest

from sim import load_scenario, simulate
from sim.record.files import load_record

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTALL = "pip install -c constraints.txt -e . && sim run scenarios/three-probes.yaml"
TEST = 'pip install -c constraints.txt -e ".[dev]" && pytest'


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
def checkout(tmp_path: Path) -> Path:
    """A copy of the scenarios, in which commands may write."""
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    return tmp_path


def sim(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command line of `sim` in a folder, with few replications."""
    words = shlex.split(line, comments=True)
    if "--precision" in words:
        words += ["--floor", "25", "--ceiling", "25"]
    elif words[1] in ("run", "compare", "sweep", "report"):
        words += ["-n", "3"]  # the last -n counts
    elif words[1] == "sensitivity":
        words += ["-n", "2", "--points", "2"]
    elif words[1] in ("calibrate", "backtest"):
        words += ["--draws", "100"]
    if words[1] == "dashboard":
        return served(words, folder)
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )


def served(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the dashboard until it has answered once, then stop it as Ctrl-C does."""
    command = [sys.executable, "-m", *words, "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        if found:
            with urlopen(found[0], timeout=60) as answer:
                assert answer.status == 200
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode if found else 1, out, said + errors)


def answered(line: str, folder: Path) -> None:
    """The line exits with 0; one that needs a browser says so where there is none."""
    done = sim(line, folder)
    if "--images" in line and not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        assert done.returncode == 2
        assert "browser" in done.stderr
    else:
        assert done.returncode == 0, f"{line}: {done.stderr}"


def test_the_readme_has_both_commands() -> None:
    """The two commands that a fresh machine needs stand in the README and in .ci/run as they are."""
    assert INSTALL in README
    assert TEST in README
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert INSTALL.replace("pip install", "pip install --quiet") in script
    assert TEST.replace("pip install", "pip install --quiet") in script


def test_every_command_of_the_readme_works(checkout: Path) -> None:
    """Each line that calls `sim` exits with 0, in the order of the README."""
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("sim ")]
    lines.insert(0, INSTALL.rpartition("&& ")[2])
    assert len(lines) >= 8
    for line in lines:
        answered(line, checkout)


@pytest.mark.parametrize(("name", "least"), [("experiments", 5), ("report", 2), ("dashboard", 1)])
def test_every_command_of_a_page_works(checkout: Path, name: str, least: int) -> None:
    """Each line of the page that calls `sim` exits with 0."""
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    lines = [line for block in blocks("sh", page) for line in block.splitlines() if line.startswith("sim ")]
    assert len(lines) >= least
    for line in lines:
        answered(line, checkout)


def test_the_python_snippet_of_the_report_runs(checkout: Path) -> None:
    """The Python block writes the page of the stored run."""
    assert sim("sim run scenarios/status-quo.yaml", checkout).returncode == 0
    (block,) = blocks("python", (ROOT / "docs" / "report.md").read_text(encoding="utf-8"))
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=checkout, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (checkout / "status-quo.html").stat().st_size > 1e6


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
    script = checkout / "script.py"
    script.write_text(block)
    done = subprocess.run(
        [sys.executable, script.name], cwd=checkout, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert ("variance_reduction" in done.stdout) == (names == "compare")


def test_the_scenario_in_the_readme_is_valid_and_its_mistake_is_told_as_shown(checkout: Path) -> None:
    """The YAML block validates, and a misspelt setting in it gives the README's message to the letter."""
    (block,) = blocks("yaml")
    path = checkout / "scenarios" / "mine.yaml"
    path.write_text(block, encoding="utf-8")
    assert sim("sim validate scenarios/mine.yaml", checkout).returncode == 0
    (message,) = re.findall(r"```\n(scenarios/mine.yaml.*?)\n```", README)
    path.write_text(block.replace("headcount", "headcuont"), encoding="utf-8")
    done = sim("sim validate scenarios/mine.yaml", checkout)
    assert done.returncode == 2
    assert message.split(":", 3)[3] in done.stderr


def test_the_python_snippet_of_the_readme_runs(checkout: Path) -> None:
    """The Python block prints a mean for each stage."""
    (block,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=checkout, capture_output=True, text=True, check=True, timeout=120
    )
    assert "proceedings" in done.stdout


def test_the_generated_reference_is_current() -> None:
    """The pages that docs/reference.py writes are what it writes from the code of today."""
    for name, page in module(ROOT / "docs" / "reference.py").PAGES.items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == page(), name


def test_the_page_of_first_results_can_be_written_and_is_of_this_scenario() -> None:
    """The page names every strand, and the committed one has this scenario's seed and strands."""
    first = module(ROOT / "docs" / "first_results.py")
    run = simulate(load_scenario(first.SCENARIO, {"replications": 4}))
    text = first.page(run, load_record(first.RECORD))
    committed = (ROOT / "docs" / "first-results.md").read_text(encoding="utf-8")
    strands = re.findall(r"^\| (\S+/\S+) \|", text, re.MULTILINE)
    assert len(set(strands)) == 8
    for strand in strands:
        assert f"| {strand} |" in committed
    assert f"seed\n{run.scenario.seed}" in committed


def test_the_page_of_the_validation_can_be_written_and_is_of_this_scenario() -> None:
    """With few draws the page has the sections, parameters and strands that the committed one has."""
    from sim import backtest, calibrate

    written = module(ROOT / "docs" / "validation.py")
    few = {"draws": 100, "jobs": 2}
    one = backtest(written.SCENARIO, written.AS_OF, **few)
    rolling = backtest(written.SCENARIO, date(2025, 6, 30), rolling_months=3, **few)
    other = backtest(written.SCENARIO, written.EXAMPLE_AS_OF, record=written.EXAMPLE, **few)
    end = calibrate(written.SCENARIO, rolling.truth, **few)
    queue = written.Queue("one queue", 1.0, 1.01, 0.02)
    record = load_record(written.RECORD)
    text = written.page([queue], one, rolling, end, end.reference.simulation_based_calibration(20, 1), other, record)
    committed = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    pages = [re.sub(r"[\d,]", "", page) for page in (text, committed)]
    for pattern in (r"^#+ [^(\n]*", r"^\| (\S+/\S+) \|"):
        found, shown = (set(re.findall(pattern, page, re.MULTILINE)) for page in pages)
        assert len(found) >= 8
        assert found == shown


def test_links_in_the_documentation_lead_somewhere() -> None:
    """Every relative link of the README and the docs names a file that exists."""
    pages = [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "notebooks" / "README.md",
        *(ROOT / "docs").glob("*.md"),
    ]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"

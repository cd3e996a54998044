"""The notebooks run from a clean checkout, and use what others can use."""

import ast
import re
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

import sim

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FEW = {"replications": 12, "sweep_replications": 6, "draws": 100, "backtest_draws": 100}
"""The parameters of the notebooks, small: the test is that they work, not what they find."""
OTHERS = {"pandas", "plotly", *sys.stdlib_module_names}
"""What notebooks may import beside the public names of `sim`."""
SECONDS, LARGEST = 60, 1_500_000
FIGURE, IMAGE = "application/vnd.plotly.v1+json", "image/png"

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> NotebookNode:
    """A notebook, checked against the format."""
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    return book


def code(book: NotebookNode) -> list[NotebookNode]:
    """The cells with code."""
    return [cell for cell in book.cells if cell.cell_type == "code"]


def with_solutions(book: NotebookNode) -> NotebookNode:
    """The notebook with the solutions of its exercises as cells."""
    solutions = re.findall(r"```python\n(.*?)\n```", book.cells[-1].source, re.DOTALL)
    book.cells += [nbformat.v4.new_code_cell(source) for source in solutions]
    return book


def with_few(book: NotebookNode) -> NotebookNode:
    """The notebook with small numbers in its cell of parameters, of which there is one."""
    (cell,) = [cell for cell in code(book) if "parameters" in cell.metadata.get("tags", [])]
    names = [statement.targets[0].id for statement in ast.parse(cell.source).body]
    cell.source = "\n".join(f"{name} = {FEW[name]}" for name in names)
    return book


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the notebooks need of a checkout, without results."""
    for folder in ("notebooks", "scenarios", "docs/example-record"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_there_are_notebooks() -> None:
    """From a first run to a regime of one's own."""
    assert len(NOTEBOOKS) == 5


@each_notebook
def test_a_notebook_has_nothing_about_the_machine(path: Path) -> None:
    """No versions, times or paths of the machine; cells have names that say what they are."""
    book = read(path)
    assert (book.nbformat, book.nbformat_minor) == (4, 5)
    assert book.metadata == {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for cell in book.cells:
        assert re.fullmatch(r"[a-z][a-z-]+", cell.id), f"a cell's id says what it is, not {cell.id!r}"
        assert set(cell.metadata) <= {"tags"}
    outputs = nbformat.writes(nbformat.from_dict({**book, "cells": code(book)}))
    assert not re.findall(r"/(?:home|root|tmp|Users|var)/", outputs)


@each_notebook
def test_a_notebook_is_committed_with_its_outputs(path: Path) -> None:
    """As `python notebooks/execute.py` saves it: all cells in order, without errors, and a picture for each figure.

    Pictures are images, which any place shows that shows notebooks, and are described by the finding.
    """
    book = read(path)
    assert [cell.execution_count for cell in code(book)] == list(range(1, len(code(book)) + 1))
    for cell in code(book):
        kinds = {output.output_type for output in cell.outputs}
        assert "error" not in kinds, cell.id
        assert not [output for output in cell.outputs if output.get("name") == "stderr"], cell.id
        images = [output for output in cell.outputs if IMAGE in output.get("data", {})]
        assert len(images) == (".plot(" in cell.source.splitlines()[-1]), cell.id
        assert all(image.metadata[IMAGE].alt for image in images), cell.id
        assert not [output for output in cell.outputs if FIGURE in output.get("data", {})], cell.id
    assert path.stat().st_size < LARGEST


@each_notebook
def test_a_notebook_begins_with_question_and_answer_and_ends_with_solutions(path: Path) -> None:
    """The question is in bold below the title; exercises are numbered, and their solutions folded."""
    first, *_, last = read(path).cells
    assert re.match(r"# [^\n]+\n\n\*\*[^*]+\?\*\* \w", first.source), first.source
    assert last.id == "exercises"
    asked = re.findall(r"^\*\*(\d)\.\*\* ", last.source, re.MULTILINE)
    assert asked == [str(number) for number in range(1, len(asked) + 1)]
    assert last.source.count("<details><summary>Solution</summary>\n\n") == last.source.count("\n\n</details>") > 2


@each_notebook
def test_a_notebook_uses_the_public_names_only(path: Path) -> None:
    """It imports from `sim` what that offers, and else only pandas, plotly and Python's own modules."""
    for cell in code(read(path)):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= OTHERS, ast.unparse(node)
            elif isinstance(node, ast.ImportFrom) and node.module == "sim":
                assert {alias.name for alias in node.names} <= set(sim.__all__), ast.unparse(node)
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] in OTHERS, ast.unparse(node)


@pytest.mark.parametrize(
    "path",
    [NOTEBOOKS[0], *(pytest.param(path, marks=pytest.mark.slow) for path in NOTEBOOKS[1:])],
    ids=lambda path: path.stem,
)
def test_a_notebook_runs_from_a_clean_checkout(path: Path, checkout: Path) -> None:
    """All cells and solutions run, quickly, without a warning; its figures need no network and have no upload."""
    book = with_solutions(with_few(read(path)))
    where = {"metadata": {"path": str(checkout / "notebooks")}}
    NotebookClient(book, timeout=SECONDS, kernel_name="python3", resources=where).execute()
    outputs = [output for cell in code(book) for output in cell.outputs]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
    shown = [output.data for output in outputs if "data" in output]
    figures = [data[FIGURE] for data in shown if FIGURE in data]
    assert len(figures) >= 2
    assert all(figure["config"]["showSendToCloud"] is False for figure in figures)
    assert not [data for data in shown if "<script" in data.get("text/html", "")]


@each_notebook
def test_the_readme_leads_to_every_notebook(path: Path) -> None:
    """The README to the list of notebooks, and that to each of them."""
    assert "(notebooks/README.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"({path.name})" in (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")

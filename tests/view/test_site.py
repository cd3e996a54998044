"""The static site: whole, the same from the same inputs, linked within itself only, never in another folder's place."""

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag

import nbformat
import pytest

from sim.errors import RunFailed, UserError
from sim.inference.track_record import score
from sim.record.files import load_record
from sim.results.run import Run
from sim.view.site import folder, notebooks, pages
from sim.view.site.groups import groups

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "scenarios" / "record"
HREF = re.compile(r'\b(?:href|src)="([^"]*)"')


def called(run: Run, **changes) -> Run:
    """The same run of a scenario that is said otherwise."""
    return replace(run, scenario=run.scenario.model_copy(update=changes))


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """A folder with two executed notebooks: a picture, a script, links."""
    made = tmp_path_factory.mktemp("notebooks")
    output = nbformat.v4.new_output(
        "display_data",
        {"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "text/plain": "A finding"},
    )
    table = nbformat.v4.new_output("display_data", {"text/html": "<table></table>"})
    running = nbformat.v4.new_output("display_data", {"text/html": "<script>alert(1)</script>", "text/plain": "plain"})
    cells = [
        nbformat.v4.new_markdown_cell("# First steps\n\n[next](b.ipynb#The-end), [docs](../docs/method.md)"),
        nbformat.v4.new_code_cell("run", outputs=[output, table, running]),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), made / "a.ipynb")
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# The end")]), made / "b.ipynb")
    return made


@pytest.fixture(scope="module")
def made(small_run, bare_run, notebook):
    """The files of a site: a baseline with a what-if, another scenario, the record, kept forecasts, notebooks."""
    other = called(small_run, name="other", title="A what-if", question="Does <b> & $x$ matter?")
    runs = [small_run, bare_run, other]
    records = {"small": load_record(RECORD), "other": load_record(RECORD)}
    return pages.pages(runs, records, score(ROOT / "scenarios" / "forecasts"), notebooks.read(notebook))


def text(made, path):
    return made[path].decode()


def test_every_scenario_has_its_answer_and_a_report(made):
    index = text(made, "index.html")
    for name, title in (("small", "A small authority"), ("other", "A what-if"), ("bare", "bare")):
        assert f'href="reports/{name}.html">{title}</a>' in index
        assert f"reports/{name}.html" in made
    assert index.index("A small authority") < index.index("A what-if") < index.index("reports/bare.html")
    assert "Does &lt;b&gt; &amp; $x$ matter?" in index
    assert "How past forecasts fared" in index
    assert "A small authority, compared with A what-if" in text(made, "reports/other.html")


def test_every_link_leads_to_a_file_and_a_place_of_the_site(made):
    """Links are relative; those to other places are sources, which are followed and not fetched."""
    seen = 0
    for path, content in made.items():
        if not path.endswith(".html"):
            continue
        page = re.sub(r"<script.*?</script>", "", content.decode(), flags=re.DOTALL)
        for link in map(unescape, HREF.findall(page)):
            if link.startswith(("https://", "http://", "data:")):
                continue
            to, place = urldefrag(link)
            target = (Path(path).parent / unquote(to)).as_posix() if to else path
            target = str(Path("/", target).resolve().relative_to("/"))
            assert target in made, f"{path}: {link}"
            assert not place or f'id="{place}"' in text(made, target), f"{path}: {link}"
            seen += 1
    assert seen > 50


def test_nothing_is_asked_of_any_other_place(made):
    for path, content in made.items():
        if path.endswith(".html"):
            page = content.decode()
            policy = unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1])
            assert "default-src 'none'" in policy, path
            assert "http" not in policy, path
            parts = re.findall(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="([^"]*)"', page)
            assert not [part for part in parts if part.startswith(("http", "//"))], path
    assert not re.search(r"url\((?!data:)|@import", text(made, pages.STYLE))


def test_plotly_is_in_the_site_once(made):
    sizes = {path: len(content) for path, content in made.items()}
    assert sizes[pages.PLOTLY] > 1_000_000
    assert max(size for path, size in sizes.items() if path != pages.PLOTLY) < 1_000_000


def test_the_same_inputs_give_the_same_bytes(small_run, made, notebook):
    records, kept = {"small": load_record(RECORD)}, score(ROOT / "scenarios" / "forecasts")
    first, second = (pages.pages([small_run], records, kept, notebooks.read(notebook)) for _ in range(2))
    assert first == second


def test_the_record_has_every_act_with_its_source(made):
    page = text(made, "record.html")
    record = load_record(RECORD)
    table = page.partition("The acts of the record, with their sources")[2]
    assert table.count("<tr>") == len(record.acts) + 1
    for act in record.acts:
        if act.source.startswith("https://"):
            assert f'href="{act.source}"'.replace("&", "&amp;") in table
    assert "Last updated: 8 October 2026" in page


def test_every_kept_forecast_is_there_as_it_was_kept(made):
    page = text(made, "scores.html")
    for file in (ROOT / "scenarios" / "forecasts").glob("*.json"):
        assert made[f"forecasts/{file.name}"] == file.read_bytes()
        assert f'href="forecasts/{file.name}"' in page
    assert "nothing can be scored yet" in page


def test_notebooks_are_still_pages(made):
    page = text(made, "notebooks/a.html")
    assert "<title>First steps" in page
    assert 'href="b.html#The-end"' in page
    assert "method.md" not in page
    assert "alert(1)" not in page
    assert 'alt="A finding"' in page
    assert re.search(r'tabindex="0" role="region" aria-label="Output" class="output_html ', page)
    assert 'href="notebooks/a.html">First steps</a>' in text(made, "index.html")


def test_without_record_forecasts_and_notebooks_there_are_only_reports(bare_run):
    made = pages.pages([bare_run], {}, None)
    assert sorted(made) == ["assets/plotly.js", "assets/site.css", "index.html", "reports/bare.html"]


def test_scenarios_stand_below_the_baseline_from_which_they_differ_least(small_run, bare_run):
    def staffed(name, role):
        scenario = small_run.scenario
        pool = scenario.staffing[role].model_copy(update={"headcount": {scenario.start: 9.0}})
        return called(small_run, name=name, staffing={**scenario.staffing, role: pool})

    first, *others = list(small_run.scenario.staffing)
    one, two = staffed("one", first), staffed("two", others[0])
    found = groups([bare_run, one, two, small_run])
    assert [(group.base, group.others) for group in found] == [(small_run, [one, two]), (bare_run, [])]


def test_names_that_differ_in_signs_have_reports_of_their_own(small_run):
    with pytest.raises(UserError, match="two of the runs are of a scenario named small"):
        pages.pages([small_run, small_run], {}, None)


def test_a_site_is_replaced_and_nothing_else_is(tmp_path):
    out = tmp_path / "site"
    folder.write({"index.html": b"1", "old.html": b"1"}, out)
    folder.write({"index.html": b"2"}, out)
    assert {path.name for path in out.iterdir()} == {"index.html", folder.MARK}
    assert (out / "index.html").read_bytes() == b"2"
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"holds files that sim site did not make, such as notes\.txt"):
        folder.write({"index.html": b"3"}, out)
    mine = tmp_path / "mine"
    mine.mkdir()
    folder.write({"index.html": b"1"}, tmp_path / "new" / "site")
    folder.write({"index.html": b"1"}, mine)  # an empty folder holds nothing that could be lost
    for content in ("{", "[]", "{}", json.dumps({"made_by": "another", "files": ["index.html"]})):
        (mine / folder.MARK).write_text(content)
        with pytest.raises(UserError, match="is not a site that sim site made"):
            folder.check_folder(mine)


def test_a_site_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    out = tmp_path / "site"
    folder.write({"index.html": b"older"}, out)
    rename = Path.rename

    def full(self, target):
        if Path(target) == out and self.name.startswith(".site") and (self / "new.html").exists():
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(RunFailed, match="cannot be written: No space left"):
        folder.write({"index.html": b"newer", "new.html": b""}, out)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    assert (out / "index.html").read_bytes() == b"older"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["RUN", "-o", "file"], "file: is a file; name a folder for the site"),
        (["RUN", "-o", "file/site"], "file is a file; name another folder"),
        (["RUN", "-o", "."], ".: is not a site that sim site made, and is not replaced; name another folder"),
        (["RUN", "-o", "site", "--notebooks", "."], ".: holds no notebook (no .ipynb)"),
        (["RUN", "RUN", "-o", "site"], "two of the runs are of a scenario named small"),
    ],
)
def test_mistakes_are_told_in_one_line(words, told, small_run, sim, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    code, _, error = sim("site", *(word.replace("RUN", str(small_run.folder)) for word in words))
    assert (code, error.count("\n")) == (2, 1)
    assert told in error
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_without_nbconvert_notebooks_are_left_out_with_a_note(small_run, notebook, sim, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(notebooks, "find_spec", lambda _name: None)
    code, _, told = sim("site", small_run.folder, "-o", "site", "--notebooks", notebook)
    assert code == 0
    assert f"note: {notebooks.MISSING}" in told
    assert re.search(r"site: 4 files, 2\.\d MB; no public record beside it; open site/index\.html", told)
    assert not Path("site/notebooks").exists()

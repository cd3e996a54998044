"""Names that a page or plotly would interpret are shown as they are, in every figure and in a report."""

import html
import json
import re

import pytest
from small_scenarios import SMALL

from sim import compare, simulate
from sim.scenario.loading import load_scenario
from sim.view.charts.labels import label, lines
from sim.view.figures import gallery
from sim.view.figures.files import read_figures, write_figures
from sim.view.report import content, page

ODD = '<i>{x}</i> </script> & $a$ %{y} "q"'
"""Tags, an entity, a formula, a value to be put in, quotes."""
TITLES = (
    "A small authority", "Request for information", "Request sent", "Formal proceedings", "Proceedings opened",
    "Preliminary findings", "Preliminary findings sent", "Non-compliance decision", "Decision adopted",
    "Binding commitments", "Commitments made binding", "Case handlers", "Legal service", "Effort of all work",
    "Share of requests that lead to proceedings", "Decision within 12 months of opening",
    "Findings within 6 months of opening", "Closed without a finding", "Decision complied with",
)  # fmt: skip
PLOTLY_TAGS = re.compile(r"</?(br|b|span)\b[^<>]*>")


@pytest.fixture(scope="module")
def odd_run(tmp_path_factory):
    """A run in which every title, and a platform, has what would be interpreted."""
    text, folder = SMALL, tmp_path_factory.mktemp("odd")
    for title in TITLES:
        text = re.sub(rf"(?<=: ){re.escape(title)}(?=[,}}\n])", lambda _, t=title: json.dumps(f"{t} {ODD}"), text)
    text = re.sub(r"\bBabel\b(?! Group)", lambda _: json.dumps("Babel <i>since</i> $b$ %{z}"), text)
    path = folder / "odd.yaml"
    path.write_text(text, encoding="utf-8")
    return simulate(load_scenario(path), results=folder / "results")


def figures(run):
    """All figures of a run and of its comparison with another one."""
    other = simulate(run.scenario.replace({"staffing.lawyers.headcount": 2}, name="other"))
    return gallery.flat([*gallery.of_run(run), *gallery.of_comparison(compare([run, other]).runs)])


def test_names_in_figures_are_no_markup(odd_run):
    """In no figure is there a tag but the program's own, a formula, or a value that plotly would put in."""
    found = figures(odd_run)
    assert len(found) > 10
    seen = 0
    for figure in found:
        data = json.loads(figure.whole().to_json())
        for place, text in texts(data):
            assert "<" not in PLOTLY_TAGS.sub("", text.replace("<extra>", "").replace("</extra>", "")), (place, text)
            assert "$a$" not in text, (place, text)
            assert "%{y} " not in text, (place, text)
            assert "%{z}" not in text, (place, text)
            seen += "&lt;i&gt;" in text
    assert seen > 50


def texts(data, place=""):
    """All text in a figure, with its place."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from texts(value, f"{place}.{name}")
    elif isinstance(data, list):
        for value in data:
            yield from texts(value, place)
    elif isinstance(data, str) and not place.endswith(".legendgroup"):  # which is not shown
        yield place, data


def test_figures_in_files_keep_names(tmp_path, odd_run):
    """What is in the words of a figure comes back from its file as it was."""
    first, *_ = figures(odd_run)
    write_figures(tmp_path / "f", ODD, [first], {"scenario": ODD})
    back = read_figures(tmp_path / "f")
    assert (back.title, back.made_by["scenario"]) == (ODD, ODD)
    assert back.figures[0][:4] == first[:4]


def test_names_in_a_report_are_no_markup(odd_run):
    """The page holds no tag of a name, and all that it says."""
    made = page.html(content.report([odd_run], title=f"{ODD} {'word' * 50}"))
    assert "<i>" not in made
    assert "{x}</i>" not in made
    assert made.count("</script>") == made.count("<script")
    assert html.escape(ODD, quote=False).replace('"', "&#34;") in made
    assert "{x}" in made


def test_label():
    """Text as plotly shows it."""
    assert label("a < b & c") == "a &lt; b &amp; c"
    assert label("$x$ %{y} 5%") == "&#36;x&#36; &#37;{y} 5%"
    assert label("\u202ea\x1b") == r"\u202ea\x1b"
    assert lines("one two three four", 8) == "one two<br>three<br>four"
    assert lines("one two three four", 8, 2) == "one two<br>three…"

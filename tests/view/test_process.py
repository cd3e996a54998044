"""The diagram of a procedure shows all stages and routes, with the numbers of the tables."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sim import simulate
from sim.scenario.loading import load_scenario
from sim.view.figures import process

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
ODD = 'A <b>bold</b> & "$x$" %{y} ]]> name'


def texts(svg):
    """All that is written in a drawing, without what pointing shows."""
    return [element.text or element[-1].tail for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_every_stage_and_every_route_is_drawn(small_run):
    """A box for each stage, an arrow for each route; an exit stands below each stage that leads to it."""
    made, layout = process.of_run(small_run), small_run.layout
    assert [key for key in made.boxes if "\n" not in key] == layout.stages
    assert [(arrow.source, arrow.target.split("\n")[0]) for arrow in made.arrows] == layout.routes
    assert {arrow.target for arrow in made.arrows} >= {key for key in made.boxes if "\n" in key}


def test_numbers_are_those_of_the_tables(small_run):
    """Cases of a box are all that come to it, its days the median of visits; shares are of those that leave."""
    made, flows = process.of_run(small_run), small_run.table("flows")
    median = small_run.table("durations").set_index("stage")["median"]
    for stage in small_run.layout.stages:
        came = flows.loc[(flows["target"] == stage) & (flows["source"] != stage), "value"].sum()
        cases, *days = made.boxes[stage].lines
        assert abs(float(cases.split()[0]) - came) <= 0.5
        if math.isfinite(median[stage]):
            assert days == [f"{median[stage]:,.0f} days"]
        leaving = [arrow.share for arrow in made.arrows if arrow.source == stage]
        assert sum(leaving) == pytest.approx(1.0)


def test_the_headline_stage_is_marked(small_run):
    """The stage from which on cases count is one kind, those before it another, resolved ones a third."""
    boxes, procedure = process.of_run(small_run).boxes, small_run.scenario.procedure
    assert [key for key, box in boxes.items() if box.kind == "first"] == [procedure.headline.stage]
    for name, stage in procedure.stages.items():
        assert (boxes[name].kind == "resolved") == stage.resolved
        assert (boxes[name].kind == "before") == (name not in procedure.headline_stages())


def test_the_figure_has_its_texts_and_its_data(small_run):
    """The table has a row for each route; the most common way begins where headline cases do."""
    figure = process.process(small_run)
    assert len(figure.table) == len(small_run.layout.routes)
    first = small_run.scenario.procedure.stages[small_run.scenario.procedure.headline.stage].title
    assert figure.title.startswith(f"The most common route: “{first}”")
    written = {note.text.replace("<b>", "").replace("</b>", "") for note in figure.chart.layout.annotations}
    assert {arrow.label for arrow in process.of_run(small_run).arrows} <= written


def test_no_numbers_and_no_picture_without_cases(small_run):
    """A run in which nothing comes has no diagram."""
    nobody = small_run.scenario.replace({"probes": {}, "arrivals": {}, "replications": 2}, name="nobody")
    assert process.process(simulate(nobody)) is None


def test_declared_shares(tmp_path):
    """Without a run each arrow has the share that the procedure gives it, and none where only some cases go."""
    made = process.of_scenario(load_scenario(ROOT / "scenarios" / "status-quo.yaml"))
    label = {(arrow.source, arrow.target.split("\n")[0]): arrow.label for arrow in made.arrows}
    assert label["proceedings", "preliminary_findings"] == "75%"
    assert label["proceedings", "commitments"] == "10%"
    assert label["proceedings", "closed"] == "15%"
    assert label["proceedings", "interim_measures"] == "some"
    assert not any(box.lines for box in made.boxes.values())


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda path: path.stem)
def test_any_scenario_is_drawn(path):
    """All that is shipped: well-formed, with title and description for those who cannot see it, the same every time."""
    scenario = load_scenario(path)
    drawn = process.svg(process.of_scenario(scenario))
    root = ElementTree.fromstring(drawn)
    assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
    assert root.find(f"{SVG}title").text == scenario.procedure.title
    assert root.find(f"{SVG}desc").text
    assert drawn == process.svg(process.of_scenario(scenario))


def test_odd_names_are_shown_as_they_are(small_run):
    """Names with what XML or plotly would obey."""
    named = small_run.scenario.replace({"procedure.stages.proceedings.title": ODD, "replications": 2}, name="odd")
    made = process.of_run(simulate(named))
    assert ODD in " ".join(texts(process.svg(made)))
    drawn = json.loads(process.process(simulate(named)).chart.to_json())
    assert not [note for note in drawn["layout"]["annotations"] if re.search(r"<b>bold|\$x|%\{", note["text"])]


def test_texts_stay_inside_the_drawing(small_run):
    """No mark of the drawing lies outside it."""
    root = ElementTree.fromstring(process.svg(process.of_run(small_run)))
    wide, high = (float(root.get(name)) for name in ("width", "height"))
    for element in root.iter(f"{SVG}text"):
        assert 0 < float(element.get("x")) < wide
        assert 0 < float(element.get("y")) < high


def test_the_drawing_of_the_docs_is_the_present_one(tmp_path):
    """docs/procedure.svg is what the command in docs/method.md writes."""
    command = "sim show scenarios/status-quo.yaml --diagram -o docs/procedure.svg"
    method = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    assert "(procedure.svg)" in method
    assert command in method
    out = tmp_path / "procedure.svg"
    subprocess.run([sys.executable, "-m", *command.split()[:-1], str(out)], cwd=ROOT, check=True, capture_output=True)
    assert out.read_text(encoding="utf-8") == (ROOT / "docs" / "procedure.svg").read_text(encoding="utf-8")

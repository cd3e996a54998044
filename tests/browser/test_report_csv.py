"""What the page of a report saves as CSV."""

import csv as csv_files
import json
from io import StringIO
from pathlib import Path

import pandas as pd
from odd_cells import FORMULAS, HARMLESS

from sim.view.spreadsheets import csv

SCRIPT = Path(__file__).parents[2] / "sim" / "view" / "report" / "save.js"


def test_the_page_of_a_report_writes_the_cells_of_the_dashboard(watched):
    """Its script makes text of formulas as the dashboard does, and leaves all other cells alone."""
    words = [*FORMULAS, *HARMLESS]
    code = SCRIPT.read_text("utf-8")
    part = code[code.index("const FORMULA") : code.index("/* As spreadsheets.py writes it")]
    page = watched().new_page()
    out = page.evaluate(f"() => {{ {part}\nreturn {json.dumps(words)}.map(quoted).join('\\r\\n'); }}")
    cells = [line[0] if line else "" for line in csv_files.reader(StringIO(out, newline=""))]
    expected = csv_files.reader(StringIO(csv(pd.DataFrame({"a": words, "b": "x"})), newline=""))
    assert cells == [line[0] for line in expected][1:]

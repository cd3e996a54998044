"""Writes docs/record.md from the code that reads a record and makes tables of it.

python docs/record_reference.py
"""

import inspect
import io
from pathlib import Path

from rich.console import Console

from sim.record import rows as record_rows
from sim.record import tables as record_tables
from sim.record.files import load_record
from sim.record.model import CONFIDENCES, EVENTS, IN_PROCEEDINGS, OUTCOMES
from sim.view.terminal.record import summary

DOCS = Path(__file__).resolve().parent
EXAMPLE = DOCS / "example-record"
INTRODUCTION = """\
# A record of enforcement, and what `sim record` shows of it

Written by `python docs/record_reference.py` from the code. Do not edit.

A record is what a regulator made public of its enforcement: dated acts, each with its source. It gives a scenario its platforms and
what was pending on its first day, and a backtest what happened afterwards; `sim record` shows it as tables. The European Commission's
under the Digital Services Act is in [scenarios/record](../scenarios/record/README.md). `sim record --record FOLDER` takes any other
in the same format.

```sh
sim record                                   # the Commission's, to its last day
sim record --as-of 2024-03-14                # as it was known at the end of that day
sim record --table stages                    # one table, with the rows of the record behind each number
sim record --table sources                   # what each row rests on
sim record --json > record.json              # everything, for programs
sim record --record docs/example-record      # another regulator's
sim record check                             # what it lacks to be complete
```

## Format

A folder with the four files below. UTF-8 (a byte order mark does no harm), commas between cells, one row a line, double quotes around
a cell that holds a comma, empty lines left out. All columns must be there, in any order, and no others; a cell marked *needed* must be
filled. Several values in one cell have `;` between them.

A fifth file, `until.txt`, may hold one line: the last day up to which the record was kept, such as 2026-10-08. What is pending is
counted until then. Without it the day of the last act is the last day, unless `--as-of` gives a later one.

| kind | what a cell may say |
|---|---|
| day | year-month-day, such as 2024-03-14 |
| number | from 0 up, with a point for decimals |
| number or bound | a number, also `>45` or `<20` |
| address | `http://` or `https://`, without spaces |
| list | one item or several |
| word | one of the words below |
| name | text without double quotes, doubled spaces and characters that nobody sees, spelt in one way; no slash in a proceeding or strand, no semicolon in a service or topic |
| text | anything |
"""
FILES = {
    "events.csv": "one row for each dated public act and service",
    "strands.csv": "one row for each group of grievances that moves on its own",
    "platforms.csv": "one row for each service",
    "turnover.csv": "one row for each provider",
}
MEANING = {
    "events.csv": {
        "date": "day of the act",
        "platform": "the service concerned, as in platforms.csv",
        "provider": "the company behind it, the same as in platforms.csv",
        "case_id": "the authority's own number or numbers, if published",
        "proceeding": "the formal proceeding to which the act belongs, if any; see below",
        "event": "what happened; the words are below",
        "topic": "what the act is about, a word of your own list, the same in events.csv and strands.csv",
        "articles": "the obligations concerned. For a request these are the duties asked about; the power used is named in `detail`",
        "detail": "remarks; nothing is computed from them, since they may be written with hindsight",
        "source_url": "address of the source. May be empty if `source_kind` and `detail` say what the row rests on",
        "source_kind": "`commission`, `court`, `law_firm`, `press`, `civil_society`, or another word",
        "confidence": "of day, event and service. The list of articles is often inferred, and `detail` says so",
    },
    "strands.csv": {
        "proceeding": "the proceeding, as in events.csv",
        "strand": "name of the strand, unique in its proceeding",
        "platform": "the service; or several of one provider that are pursued as one case, `Facebook;Instagram`",
        "topics": "the first is the topic of the case",
        "articles": "the obligations in scope: their number is the size of the case",
        "opened": "the day of `proceedings_opened` in events.csv",
        "preliminary_findings": "day, empty if not reached",
        "outcome": "empty if not reached",
        "outcome_date": "day of the outcome; filled if and only if `outcome` is",
        "fine_eur": "the fine in EUR, only with `non_compliance`",
        "note": "remarks, not used",
    },
    "platforms.csv": {
        "service": "name; no two services may differ only in punctuation or capitals",
        "provider": "the company behind it",
        "type": "`VLOP`, `VLOSE`, `part` for a part of a service; another law has other words",
        "designation_date": "a service without a designation is known from its first act",
        "designation_ended": "not before the designation",
        "part_of": "the designated service of which this one is a part: its designation counts for both",
        "eu_monthly_active_recipients_m": "users in the EU, million",
        "mau_as_of": "what that number is",
        "sector": "for grouping",
        "source_url": "the source; or a note on what the row rests on",
        "note": "one of the two must be filled",
    },
    "turnover.csv": {
        "provider": "as in platforms.csv; every provider of that file has a row, and no other",
        "worldwide_turnover_eur_bn": "worldwide turnover a year of the group, EUR billion: the base of the cap on fines",
        "year": "the year of the figure",
        "confidence": "of the figure",
        "note": "what the figure rests on",
    },
}
RULES = """\
### The words

`confidence` is one of {confidences}; `assumed` marks what is not a fact. `outcome` is one of {outcomes}. `event` is one of

- in a proceeding, which must then be named: {in_proceedings};
- otherwise: {others}.

Another law has other names for the same steps. Enter an act under the word with the same role: an information notice of the United
Kingdom's Online Safety Act under `rfi`, its provisional notice of contravention under `preliminary_findings`, its confirmation decision
under `non_compliance_decision`.

### What is checked

All errors are reported together, each with `file:line:column`, where the column is the character of that line at which the cell begins, from 1.

- Each cell is of its kind, and filled if needed. No cell holds a control character. Every row of events.csv and platforms.csv says what it rests on.
- Nothing occurs twice: services, providers, strands, and acts that agree in day, service, proceeding, event, topic and detail.
- Services and providers are the same in all files, and an act's provider is the one of its service.
- A service has no `rfi` and no opening before its designation. A `closed_without_proceedings` closes an `rfi` to that service on that
  topic.
- Every proceeding named has its `proceedings_opened`, one for each service concerned, and no act in it is earlier. An `rfi` may be tied
  to a proceeding that was opened later.
- Every opening has at least one strand. A strand's services belong to one provider; its milestones are in order, and each is an act
  of the proceeding in events.csv on the same day, where it has its source.
- No act is later than the day in `until.txt`.

`sim record check` finds what can be read and is not complete, such as findings that no strand has yet, and says what to write:
[update-the-record.md](update-the-record.md).

## What was known on a day

`--as-of` and a forecast's first day see only: acts up to that day; strands opened by then, without their later findings, outcome
and fine; services designated or acted upon by then; ties to proceedings open by then. Two things are not dated and are read as they are:
the split of a proceeding into strands, and turnover.

In progress on a day are the strands opened by then and not closed, each since its latest milestone (after a decision or commitments too,
since compliance must be watched; `sim record` counts these as resolved), and the requests for information that

- did not lead to a proceeding open by then. A request sent into an open proceeding is part of it if it is on a topic of one of its
  strands, and a concern of its own if not;
- were not closed without proceedings. Several requests to one service on one topic are one concern. A scenario names it after the
  first of them and counts its stage from the latest; durations of the record begin with the first.
"""
TABLES = """\
## The tables

`sim record --table NAME`, or in Python, with pandas tables as results:

```python
from pathlib import Path
from sim import load_record
from sim.record import tables as record_tables

record = load_record(Path("scenarios/record"))
print(record_tables.stages(record))
```

{introduction}
"""
ANOTHER = """\
## Another regulator's record: a small example

[docs/example-record](example-record) is invented: a media authority with two large services, Agora and Bazaar.
"""


KIND = {"bound": "number or bound"}
"""Names of kinds of cells that need more than one word."""


def columns(file: str) -> str:
    """The table of a file's columns. KeyError if one is not described, AssertionError if one too many is."""
    form, meaning = record_rows.FORMAT[file], MEANING[file]
    assert meaning.keys() == form.keys(), f"{file}: {meaning.keys() ^ form.keys()}"
    rows = (
        f"| `{name}` | {KIND.get(kind, kind)} | {'needed' if needed else ''} | {meaning[name]} |"
        for name, (kind, needed) in form.items()
    )
    return f"### {file}: {FILES[file]}\n\n| column | kind | | meaning |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def quoted(names: tuple[str, ...]) -> str:
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)


def table(name: str) -> str:
    """What a table is, from its function."""
    text = inspect.getdoc(record_tables.TABLES[name]) or ""
    return f"### {name}\n\n{text}\n"


def example() -> str:
    """The example's files and what the command prints of it."""
    files = (f"{path.name}\n\n```\n{path.read_text('utf-8')}```\n" for path in sorted(EXAMPLE.iterdir()))
    out = io.StringIO()
    known = load_record(EXAMPLE)
    Console(file=out, width=110, highlight=False).print(summary(EXAMPLE, known.known_on(known.last_day)))
    printed = "\n".join(
        line.rstrip() for line in out.getvalue().replace(str(EXAMPLE), "docs/example-record").splitlines()
    )
    return "\n".join(files) + f"\n`sim record --record docs/example-record` prints\n\n```\n{printed.rstrip()}\n```\n"


def page() -> str:
    """docs/record.md."""
    others = tuple(event for event in EVENTS if event not in IN_PROCEEDINGS)
    rules = RULES.format(
        confidences=quoted(CONFIDENCES),
        outcomes=quoted(tuple(OUTCOMES)),
        in_proceedings=quoted(IN_PROCEEDINGS),
        others=quoted(others),
    )
    introduction = (record_tables.__doc__ or "").partition("\n\n")[2].strip()
    tables = [TABLES.format(introduction=introduction), *(table(name) for name in record_tables.TABLES)]
    return "\n".join(
        [INTRODUCTION, *(columns(file) for file in record_rows.FORMAT), rules, *tables, ANOTHER, example()]
    )


if __name__ == "__main__":
    (DOCS / "record.md").write_text(page(), encoding="utf-8")

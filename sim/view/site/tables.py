"""The tables of a site that no report has: the strands of the record, kept forecasts with what came of them."""

from sim.inference.backtest import MODEL
from sim.inference.track_record import TrackRecord
from sim.record.model import OUTCOMES, Record
from sim.view import words
from sim.view.tables import Table
from sim.view.titles import OUTCOMES as OUTCOME_TITLES
from sim.view.titles import TITLES


def strands(record: Record) -> Table:
    """The strands of a public record with their milestones."""
    rows = [
        (
            strand.proceeding,
            strand.strand.replace("-", " "),
            strand.platform.replace(";", ", "),
            str(strand.opened),
            str(strand.preliminary_findings or ""),
            OUTCOME_TITLES[OUTCOMES[strand.outcome] if strand.outcome else ""],
            str(strand.outcome_date or ""),
        )
        for strand in record.strands
    ]
    columns = ("proceeding", "strand", "service", "opened", "preliminary findings", "outcome", "outcome on")
    return Table("The strands of the proceedings", columns, rows)


def forecasts(record: TrackRecord, file: str) -> Table:
    """What a kept forecast said of each milestone, and what happened."""
    own = record.table[(record.table["file"] == file) & (record.table["forecaster"] == MODEL)]
    rows = [
        (
            row["strand"],
            TITLES[row["milestone"]],
            words.share(row["probability"]),
            f"{row['q10'] or 'later'} to {row['q90'] or 'later'}",
            str(row["truth"] or "not yet"),
        )
        for row in own.astype(object).where(own.notna(), None).to_dict("records")
    ]
    columns = ("strand", "milestone", "chance that it had come", "range meant to hold 80%", "came on")
    return Table("What was forecast, and what came", columns, rows)

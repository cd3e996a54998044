"""A small authority with a made-up record: quick to simulate, and of a size at which all can be looked through."""

from pathlib import Path

SCENARIO = """\
name: small-authority
start: 2022-01-01
horizon: 2023-01-01
replications: 100
seed: 7
procedure:
  name: small
  title: Small
  exits: {closed: Closed, done: Done}
  stages:
    proceedings:
      title: Proceedings
      record_event: proceedings_opened
      fork: {strands: {1: 1}}
      steps:
        work: {step: effort, fte_days: {clerks: {distribution: lognormal, median: 100, cv: 0.6}}, most_fte: {clerks: 1}}
      next: {preliminary_findings: 0.6, commitments: 0.2, closed: rest}
    preliminary_findings:
      title: Findings
      record_event: preliminary_findings
      steps:
        more: {step: effort, fte_days: {clerks: {distribution: lognormal, median: 60, cv: 0.6}}, most_fte: {clerks: 1}}
      next: {decision: 0.7, closed: rest}
    decision: {title: Decision, record_event: non_compliance_decision, resolved: true, next: {done: 1}}
    commitments: {title: Commitments, record_event: commitments_binding, resolved: true, next: {done: 1}}
staffing:
  clerks: {headcount: {2020-01-01: 3, 2022-06-01: 6}}
in_flight: {record: record}
arrivals:
  openings: {kind: random, stage: proceedings, per_year: 6}
uncertain:
  effort:
    title: Effort
    sets: procedure.complexity.effort_scale
    value: {distribution: lognormal, median: 1, quantiles: {0.95: 2.5}}
  rate:
    title: Openings a year
    sets: arrivals.openings.per_year
    value: {distribution: gamma, mean: 6, cv: 0.5}
  share:
    title: Share with findings
    sets: procedure.stages.proceedings.next.preliminary_findings.probability
    value: {distribution: uniform, low: 0.3, high: 0.75}
"""
EVENTS = "date,platform,provider,case_id,proceeding,event,topic,articles,detail,source_url,source_kind,confidence"
STRANDS = "proceeding,strand,platform,topics,articles,opened,preliminary_findings,outcome,outcome_date,fine_eur,note"
PLATFORMS = (
    "service,provider,type,designation_date,designation_ended,part_of,eu_monthly_active_recipients_m,mau_as_of,"
    "sector,source_url,note"
)
OUTCOMES = {"non_compliance": "non_compliance_decision", "commitments": "commitments_binding", "closed": "closed"}
HISTORY = (
    # name, opened, findings, outcome, its day
    ("a", "2021-01-10", "2021-05-02", "non_compliance", "2021-09-01"),
    ("b", "2021-02-20", "2021-08-15", "", ""),
    ("c", "2021-04-01", "", "commitments", "2021-11-20"),
    ("d", "2021-07-07", "2022-02-01", "non_compliance", "2022-06-15"),
    ("e", "2021-10-30", "", "", ""),
    ("f", "2022-01-15", "2022-07-01", "", ""),
    ("g", "2022-03-03", "", "closed", "2022-12-01"),
)


def write(folder: Path, history: tuple[tuple[str, ...], ...] = HISTORY, until: str = "2022-12-31") -> Path:
    """The scenario file in a folder, beside a record with this history."""
    record = folder / "record"
    record.mkdir(parents=True)
    acts = [("2020-12-01", "", "designation")]
    strands = []
    for name, opened, findings, outcome, ended in history:
        acts.append((opened, name, "proceedings_opened"))
        if findings:
            acts.append((findings, name, "preliminary_findings"))
        if outcome:
            acts.append((ended, name, OUTCOMES[outcome]))
        strands.append(f"{name},one,Video,minors,1,{opened},{findings},{outcome},{ended},,")
    rows = [f"{day},Video,Media Inc,,{name},{event},minors,1,,,made up,assumed" for day, name, event in sorted(acts)]
    rows = [row.replace(",,,made up,assumed", ",made up,,example,assumed") for row in rows]
    (record / "events.csv").write_text("\n".join([EVENTS, *rows]) + "\n", encoding="utf-8")
    (record / "strands.csv").write_text("\n".join([STRANDS, *strands]) + "\n", encoding="utf-8")
    (record / "platforms.csv").write_text(
        f"{PLATFORMS}\nVideo,Media Inc,large,2020-12-01,,,,,social,,made up\n", encoding="utf-8"
    )
    (record / "turnover.csv").write_text(
        "provider,worldwide_turnover_eur_bn,year,confidence,note\nMedia Inc,1,2021,assumed,made up\n", encoding="utf-8"
    )
    (record / "until.txt").write_text(f"{until}\n", encoding="utf-8")
    file = folder / "small.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    return file

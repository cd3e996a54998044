"""Two more authorities with made-up records, unlike the shipped one in all that an authority may have of its own.

`competition`: complaints, a fork, limits, several stages in which cases are resolved, fines, stages that no record
knows. `privacy`: no fork, no stage for requests although its record has some, other roles, working days and holidays.
"""

from pathlib import Path

from small_authority import EVENTS, OUTCOMES, PLATFORMS, STRANDS

TURNOVER = "provider,worldwide_turnover_eur_bn,year,confidence,note"
Case = tuple[str, str, str, str, str, str, str]
"""Proceeding, strand, service, day of the opening, of the findings, outcome, its day."""

COMPETITION = """\
name: competition
title: Competition Council
start: 2022-07-01
horizon: 2024-07-01
replications: 40
replications_per_draw: 2
seed: 11
procedure: competition-act
calendar: {working_days_per_year: 220, slow: [{first: 08-01, last: 08-31, share: 0.4}]}
staffing:
  rapporteurs: {title: Rapporteurs, headcount: {2020-01-01: 6, 2023-01-01: 9}}
  economists: {title: Economists, headcount: 3, casework_share: 0.8}
in_flight: {record: record}
arrivals:
  complaints:
    {kind: random, stage: complaint, per_year: 12, platforms: {Market One: 2, "Søk": 1}, topics: {ranking: 2, fees: 1}}
  own initiative: {kind: random, stage: inquiry, per_year: 1, platforms: {Market One: 1, Bazar: 1}, priority: 1}
uncertain:
  work: {title: Effort, sets: procedure.complexity.effort_scale, value: {distribution: lognormal, median: 1, cv: 0.5}}
  share:
    title: Share with a statement
    sets: procedure.stages.inquiry.next.statement.probability
    value: {distribution: beta, mean: 0.4, observations: 30}
  rate: {title: Complaints, scales: arrivals.complaints.per_year, value: {distribution: gamma, mean: 1, cv: 0.4}}
targets:
  - {title: Decision in 18 months, milestone: decision, of: inquiry, within_days: 550}
"""
COMPETITION_ACT = """\
name: competition-act
title: Competition Act
exits: {dismissed: Dismissed, complied: Complied with, upheld: Decision upheld}
headline: {stage: inquiry, title: inquiries, before: complaints}
topics: [ranking, fees, bundling]
priority_weights: {0: 1, 1: 3}
stages:
  complaint:
    title: Complaint
    record_event: rfi
    steps: {read: {step: effort, fte_days: {rapporteurs: 5}, most_fte: {rapporteurs: 1}, at_least: 10}}
    next: {inquiry: 0.2, dismissed: {silent: true}}
  inquiry:
    title: Inquiry
    milestone: Inquiry opened
    record_event: proceedings_opened
    fork: {strands: {1: 3, 2: 1}}
    limit: {cases: 8, including: [assessment]}
    steps:
      gather:
        step: effort
        fte_days: {rapporteurs: {distribution: lognormal, median: 80, cv: 0.5}, economists: 20}
        most_fte: {rapporteurs: 2, economists: 1}
    next: {assessment: 0.2, statement: 0.4, commitments: 0.1, dismissed: rest}
  assessment:
    title: Economic assessment
    steps: {model: {step: effort, fte_days: {economists: 30}, most_fte: {economists: 1}}}
    next: {statement: 0.7, dismissed: rest}
  statement:
    title: Statement of objections
    record_event: preliminary_findings
    steps:
      reply: {step: wait, reason: party, days: {distribution: pert, low: 30, mode: 60, high: 120}}
      hearing: {step: team, fte: {rapporteurs: 2, economists: 0.5}, days: 3}
    next: {decision: 0.7, commitments: 0.1, dismissed: rest}
  decision:
    title: Decision
    record_event: non_compliance_decision
    resolved: true
    fine: {share_of_turnover: {distribution: uniform, low: 0.01, high: 0.05}, most: 0.1}
    next: {appeal: 0.5, complied: rest}
  commitments:
    title: Commitments
    record_event: commitments_binding
    resolved: true
    steps: {watch: {step: wait, reason: procedure, days: 300}}
    next: {complied: 1}
  appeal:
    title: Appeal
    record_event: judgment
    resolved: true
    steps: {plead: {step: effort, fte_days: {rapporteurs: 20}, most_fte: {rapporteurs: 1}, at_least: 200}}
    next: {upheld: 1}
"""
PRIVACY = """\
name: privacy
title: Privacy Office
start: 2022-07-01
horizon: 2023-12-31
replications: 40
seed: 5
procedure: privacy-act
calendar: {working_days_per_year: 230, holidays: [2022-12-26, 2023-05-01]}
staffing: {caseworkers: {title: Caseworkers, headcount: 4}, engineers: {title: Engineers, headcount: 1.5}}
in_flight: {record: record, without: [rfi-2021-01-02-chat]}
arrivals:
  breaches: {kind: random, stage: investigation, per_year: 5}
  sweep: {kind: wave, stage: investigation, on: 2022-10-03, platforms: {Chat: 1, Fotos: 1}}
uncertain:
  work: {title: Effort, sets: procedure.complexity.effort_scale, value: {distribution: lognormal, median: 1, cv: 0.5}}
"""
PRIVACY_ACT = """\
name: privacy-act
title: Privacy Act
exits: {no breach: No breach, done: Done}
stages:
  investigation:
    title: Investigation
    record_event: proceedings_opened
    steps:
      notice: {step: wait, reason: procedure, working_days: 10}
      look: {step: effort, fte_days: {caseworkers: {distribution: gamma, mean: 60, cv: 0.6}, engineers: 10}}
    next: {draft: 0.6, no breach: rest}
  draft:
    title: Draft decision
    record_event: preliminary_findings
    steps:
      consult: {step: wait, reason: party, working_days: 20}
      write: {step: effort, fte_days: {caseworkers: 30}, most_fte: {caseworkers: 2}}
    next: {reprimand: 0.8, no breach: rest}
  reprimand: {title: Reprimand, record_event: non_compliance_decision, resolved: true, next: {done: 1}}
"""
COMPETITION_CASES: tuple[Case, ...] = (
    ("2020-market", "ranking", "Market One", "2020-03-02", "2020-11-16", "non_compliance", "2021-06-01"),
    ("2020-market", "fees", "Market One", "2020-03-02", "2021-02-01", "", ""),
    ("2020-sok", "bundling", "Søk", "2020-09-15", "", "commitments", "2021-10-10"),
    ("2021-bazar", "fees", "Bazar", "2021-02-01", "2021-12-20", "non_compliance", "2022-05-05"),
    ("2021-joint", "ranking", "Market One;Bazar", "2021-08-08", "", "", ""),
    ("2022-sok", "ranking", "Søk", "2022-01-17", "2022-11-11", "", ""),
    ("2022-late", "fees", "Bazar", "2022-09-01", "", "closed", "2023-02-02"),
)
PRIVACY_CASES: tuple[Case, ...] = (
    ("IN-1", "consent", "Chat", "2021-01-04", "2021-05-03", "non_compliance", "2021-09-06"),
    ("IN-2", "minors", "Fotos", "2021-03-01", "", "closed", "2021-08-02"),
    ("IN-3", "consent", "Fotos", "2021-06-07", "2021-12-06", "", ""),
    ("IN-4", "security", "Chat", "2021-11-01", "2022-08-15", "non_compliance", "2022-12-12"),
    ("IN-5", "minors", "Chat", "2022-02-07", "", "", ""),
    ("IN-6", "security", "Fotos", "2022-05-02", "2022-10-10", "", ""),
)


def competition(folder: Path) -> Path:
    """The scenario of the competition authority in a folder, beside its procedure and its record."""
    requests = (("2020-01-07", "Market One", "ranking", "2020-market"), ("2022-04-04", "Bazar", "bundling", ""))
    owners = {"Market One": "One plc", "Bazar": "One plc", "Søk": "Søk AS"}
    _record(folder / "record", owners, COMPETITION_CASES, requests, "2023-06-30")
    return _scenario(folder, "competition", COMPETITION, COMPETITION_ACT)


def privacy(folder: Path) -> Path:
    """The scenario of the privacy authority in a folder, beside its procedure and its record."""
    owners = {"Chat": "Chat BV", "Fotos": "Fotos SA"}
    _record(folder / "record", owners, PRIVACY_CASES, (("2021-01-02", "Chat", "consent", ""),), "2022-12-31")
    return _scenario(folder, "privacy", PRIVACY, PRIVACY_ACT)


AUTHORITIES = {"competition": competition, "privacy": privacy}


def _scenario(folder: Path, name: str, scenario: str, procedure: str) -> Path:
    (folder / "procedures").mkdir()
    (folder / "procedures" / f"{name}-act.yaml").write_text(procedure, encoding="utf-8")
    file = folder / f"{name}.yaml"
    file.write_text(scenario, encoding="utf-8")
    return file


def _record(
    folder: Path, owners: dict[str, str], cases: tuple[Case, ...], requests: tuple[tuple[str, ...], ...], until: str
) -> None:
    folder.mkdir(parents=True)
    acts = [(day, service, proceeding, "rfi", topic) for day, service, topic, proceeding in requests]
    strands = []
    for proceeding, strand, services, opened, findings, outcome, ended in cases:
        days = [(opened, "proceedings_opened"), (findings, "preliminary_findings"), (ended, OUTCOMES.get(outcome, ""))]
        for service in services.split(";"):
            acts += [(day, service, proceeding, event, strand) for day, event in days if day]
        strands.append(f"{proceeding},{strand},{services},{strand},1;2,{opened},{findings},{outcome},{ended},,")
    opened_once = {(service, proceeding): row for row in reversed(acts) for _, service, proceeding, event, _ in [row]
                   if event == "proceedings_opened"}  # fmt: skip
    kept = [row for row in acts if row[3] != "proceedings_opened" or opened_once[row[1], row[2]] == row]
    rows = [
        f"{day},{service},{owners[service]},,{proceeding},{event},{topic},1,made up,,example,assumed"
        for day, service, proceeding, event, topic in sorted(kept)
    ]
    files = {
        "events.csv": [EVENTS, *rows],
        "strands.csv": [STRANDS, *strands],
        "platforms.csv": [PLATFORMS, *(f"{s},{o},large,2020-01-01,,,,,web,,made up" for s, o in owners.items())],
        "turnover.csv": [TURNOVER, *(f"{o},2,2020,assumed,made up" for o in dict.fromkeys(owners.values()))],
        "until.txt": [until],
    }
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

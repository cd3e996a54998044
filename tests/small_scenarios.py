"""Scenarios of small authorities, as texts of files: one with everything that views show, and one without."""

SMALL = """\
name: small
title: A small authority
start: 2024-01-01
horizon: 2026-01-01
replications: 40
replications_per_draw: 2
seed: 7
procedure:
  name: small
  title: Requests, proceedings that fork, findings, decisions
  headline: {stage: proceedings, title: proceedings by strand, before: requests for information}
  topics: [minors, advertising]
  exits: {closed: Closed without a finding, complied: Decision complied with}
  stages:
    request:
      title: Request for information
      milestone: Request sent
      legal_basis: Art. 1
      record_event: rfi
      steps:
        reply: {step: wait, reason: party, days: {distribution: exponential, mean: 25}}
        read: {step: effort, fte_days: {handlers: 8}, most_fte: {handlers: 1}}
      next: {proceedings: 0.25, request: 0.15, closed: {silent: true}}
    proceedings:
      title: Formal proceedings
      milestone: Proceedings opened
      record_event: proceedings_opened
      fork: {strands: {1: 1, 2: 1}}
      steps:
        dormant: {step: wait, reason: dormancy, days: 120, probability: 0.3}
        assess:
          step: effort
          fte_days: {handlers: 90, lawyers: 10}
          scale: {distribution: lognormal, mean: 1, cv: 0.5}
          most_fte: {handlers: 2, lawyers: 0.5}
      next: {findings: 0.7, commitments: 0.15, closed: rest}
    findings:
      title: Preliminary findings
      milestone: Preliminary findings sent
      record_event: preliminary_findings
      steps:
        observations: {step: wait, reason: party, days: {distribution: exponential, mean: 60}}
        draft: {step: effort, fte_days: {handlers: 60, lawyers: 12}, most_fte: {handlers: 2, lawyers: 0.5}}
        adopt: {step: wait, reason: procedure, working_days: 20}
        hold: {step: wait, reason: hold, days: 90, probability: 0.3}
      next: {decision: 0.8, closed: rest}
    decision:
      title: Non-compliance decision
      milestone: Decision adopted
      record_event: non_compliance_decision
      resolved: true
      fine: {share_of_turnover: {distribution: lognormal, median: 0.005, quantiles: {0.95: 0.03}}, most: 0.06}
      steps:
        follow: {step: team, fte: {handlers: 0.5}, days: 100}
      next: {complied: 1}
    commitments:
      title: Binding commitments
      milestone: Commitments made binding
      record_event: commitments_binding
      resolved: true
      next: {complied: 1}
calendar: {working_days_per_year: 215}
staffing:
  handlers: {title: Case handlers, headcount: {2023-01-01: 5, 2025-01-01: 7}}
  lawyers: {title: Legal service, headcount: 1}
platforms:
  Agora: {provider: Agora Holding, turnover_eur_bn: 10}
  Babel: {provider: Babel Group, turnover_eur_bn: 40}
  Corso: {provider: Corso, turnover_eur_bn: 2}
probes:
  agora-2023-06:
    platform: Agora
    stage: proceedings
    since: 2023-06-01
    topic: minors
    strands: {minors: {}, adverts: {topic: advertising, stage: findings, since: 2023-12-01}}
  babel-2023-09: {platform: Babel, stage: proceedings, since: 2023-09-15, topic: advertising}
  babel-2023-02: {platform: Babel, stage: decision, since: 2023-11-20, topic: minors}
  corso-2024-03: {platform: Corso, stage: proceedings, arrives: 2024-03-01, topic: minors, strands: {a: {}, b: {}}}
  corso-request: {platform: Corso, stage: request, since: 2023-12-10, topic: advertising}
arrivals:
  complaints:
    kind: random
    stage: request
    per_year: 24
    origin: complaint
    platforms: {Agora: 2, Babel: 1, Corso: 1}
    topics: {minors: 1, advertising: 1}
uncertain:
  effort:
    title: Effort of all work
    sets: procedure.complexity.effort_scale
    value: {distribution: lognormal, median: 1, quantiles: {0.95: 1.8}}
    source: assumption
  openings:
    title: Share of requests that lead to proceedings
    sets: procedure.stages.request.next.proceedings.probability
    value: {distribution: beta, mean: 0.25, observations: 40}
    source: assumption
costs: {fte_year_eur: 100000, fee_eur_m: 2}
targets:
  - {title: Decision within 12 months of opening, milestone: decision, of: proceedings, within_days: 365}
  - {title: Findings within 6 months of opening, milestone: findings, of: proceedings, within_days: 182}
"""
BARE = """\
name: bare
start: 2024-01-01
horizon: 2025-01-01
replications: 25
seed: 3
procedure:
  name: queue
  title: A queue
  exits: {done: Done}
  stages:
    service:
      title: In service
      steps:
        work: {step: team, fte: {clerks: 1}, days: {distribution: exponential, mean: 9}}
      next: {done: 1}
staffing:
  clerks: {headcount: 1}
arrivals:
  cases: {kind: random, stage: service, per_year: 30}
"""

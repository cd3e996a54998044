"""The names for readers of the parts of the public record and of backtests."""

from sim.inference.backtest import MODEL, PRIORS
from sim.inference.histories import RESOLUTION
from sim.record.spans import FINDINGS
from sim.scenario.schema import Scenario

STAGES = {
    "rfi": "request to opening",
    "proceedings_opened": "opening to findings",
    "preliminary_findings": "findings to outcome",
    "opening_to_outcome": "opening to outcome",
}
PENDING = {
    "rfi": "request for information sent",
    "proceedings_opened": "proceedings opened",
    "preliminary_findings": "preliminary findings sent",
}
OUTCOMES = {
    "non_compliance_decision": "decision",
    "commitments_binding": "commitments",
    "closed": "closed",
    "": "in progress",
}
TITLES = {FINDINGS: "Preliminary findings", RESOLUTION: "Decision, commitments or closure"}
NAMES = {
    MODEL: "the model, calibrated",
    PRIORS: "the model, priors only",
    "kaplan-meier": "Kaplan-Meier of the record",
    "exponential": "constant rates of the record",
    "exponential+1/2": "constant rates, half an act added",
}
FORECASTERS = {name: title for name, title in NAMES.items() if name != PRIORS} | {MODEL: "the model"}
"""Those of kept forecasts, whose parameters are those of their scenario."""
SHORT = {
    MODEL: "model",
    "kaplan-meier": "Kaplan-Meier",
    "exponential": "constant rates",
    "exponential+1/2": "half an act added",
}
"""The same where there is little room."""


def cases_of(scenario: Scenario) -> str:
    """What the cases are called that headline indicators are of."""
    headline = scenario.procedure.headline
    return headline.title if headline else "cases"

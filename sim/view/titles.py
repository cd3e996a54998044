"""What people call the parts of the public record and of backtests, wherever they are shown."""

from sim.inference.backtest import MODEL, PRIORS
from sim.inference.histories import RESOLUTION
from sim.record.spans import FINDINGS

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
    "": "still pending",
}
TITLES = {FINDINGS: "Preliminary findings", RESOLUTION: "Decision, commitments or closure"}
NAMES = {
    MODEL: "the model, calibrated",
    PRIORS: "the model, priors only",
    "kaplan-meier": "Kaplan-Meier of the record",
    "exponential": "constant rates of the record",
    "exponential+1/2": "constant rates, half an act added",
}

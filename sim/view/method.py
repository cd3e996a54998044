"""How the numbers of a report were made, and what the model is not: short, and true of the run."""

from sim.results.run import Run
from sim.scenario.schema import Scenario
from sim.view.words import date_of, plural


def method(run: Run) -> list[tuple[str, str]]:
    """Terms with their explanations, for somebody who never saw a simulation."""
    scenario = run.scenario
    terms = [("What was done", _done(run)), ("Intervals", _intervals(run))]
    if scenario.uncertain:
        terms.append(("Stochastic variation and parameter uncertainty", _uncertainty(run)))
    terms += [("Staff", _STAFF), ("Cases that do not end", _censored(run))]
    if scenario.in_flight or any(probe.since for probe in scenario.probes.values()):
        terms.append(("The first day", _first_day(run)))
    return [*terms, ("Scenarios side by side", _PAIRED), ("What the model is not", _NOT)]


def _done(run: Run) -> str:
    procedure = run.scenario.procedure
    return (
        f"A model simulates the procedure ({procedure.title}, {plural(len(procedure.stages), 'stage')}) day by day from"
        f" {date_of(run.scenario.start)} to {date_of(run.scenario.horizon)}: cases come in, move from stage to stage,"
        f" and compete for the same people. It does so {run.replications:,} times, each time with different random"
        " numbers. One such course of events is a simulation, or replication. No single one is a forecast; all of them"
        " together are."
    )


def _intervals(run: Run) -> str:
    return (
        "Unless a figure says otherwise, a range holds the central 80% of the simulations: one in ten lies below it,"
        " one in ten above. A median is the middle: half of the simulations come earlier, half later, or not by"
        f" {date_of(run.scenario.horizon)}. A confidence interval is something else: it says how well a mean is known"
        f" from {run.replications:,} simulations."
    )


def _uncertainty(run: Run) -> str:
    scenario, shared = run.scenario, run.scenario.replications_per_draw
    together = "Intervals cover both stochastic variation and parameter uncertainty."
    apart = f" As {shared} simulations share each draw, the two can be separated." if shared > 1 else ""
    return (
        f"The parameters of the model are assumptions. {len(scenario.uncertain)} of them have a distribution that says"
        f" how far off they may be: their prior. {_drawn(scenario)} {together}{apart}"
    )


def _drawn(scenario: Scenario) -> str:
    """From what the uncertain parameters are drawn, for readers."""
    draws = scenario.posterior
    if draws is None:
        return "New values are drawn from it again and again."
    record = f"the public record up to {date_of(draws.as_of)}" if draws.as_of else "the public record"
    others = " The others are drawn from their priors." if len(draws.columns) < len(scenario.uncertain) else ""
    return (
        f"What {record} says of {len(draws.columns)} of them has been taken into account: these are drawn together,"
        f" with their correlations, from {len(draws.rows):,} draws of the posterior.{others}"
    )


def _censored(run: Run) -> str:
    return (
        f"A case still in progress on {date_of(run.scenario.horizon)} counts as lasting longer than was seen"
        " (Kaplan-Meier estimates). Leaving such cases out would make durations look too short."
    )


def _first_day(run: Run) -> str:
    return (
        f"The simulation begins on {date_of(run.scenario.start)} with the cases that were in progress then. What"
        " remains of a stage that had already begun is drawn given the time already spent in it. Cases that come from"
        " the public record are as they were known on that day."
    )


_STAFF = (
    "The people of a role share their time among the cases that need them, so load shows as slower work. Teams that"
    " are needed as a whole wait until everyone in them is free. Delay due to staffing is the time that a case would"
    " not have taken with unlimited staff."
)
_PAIRED = (
    "Every random number belongs to a case and a step of it. So scenarios with the same seed see the same cases with"
    " common random numbers: one more probe or one more lawyer leaves everybody else's unchanged, and differences are"
    " taken simulation by simulation."
)
_NOT = (
    "The model does not know what a platform will do, what a case is worth, or why a case is chosen. The effort per"
    " stage is assumed, not observed. Strands are independent except for the staff they share. The only politics in it"
    " is a hold. It says what follows from its assumptions; whether these are right is another question."
)

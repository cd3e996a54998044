"""The summary once more in plain Python: one loop over the visits for each array, slow and easy to check by eye.

Nothing is shared with `sim.results.summarise` but the labels of the dimensions.
"""

from collections import defaultdict
from collections.abc import Iterable
from math import inf, isnan, nan
from typing import Any

from sim.results.summary import AT_START, CENSORED, ENDED, FURTHER_STRANDS, NEW, OTHERWISE, Layout

Row = dict[str, Any]
MICRO = 1_000_000


class Counted:
    """The event log of one replication, and what it says when it is read case by case."""

    def __init__(self, layout: Layout, rows: Iterable[Row]) -> None:
        self.layout, self.rows = layout, list(rows)
        self.horizon = float(layout.scenario.horizon_days)
        self.stages = layout.scenario.procedure.stages
        self.cases: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            self.cases[row["case"]].append(row)
        self.strands: dict[str, list[str]] = defaultdict(list)
        for name, visits in self.cases.items():
            if visits[0]["parent"]:
                self.strands[visits[0]["parent"]].append(name)

    def open(self, stage: str) -> bool:
        """Whether a case is in progress in a stage."""
        return not self.stages[stage].resolved

    def population(self, stage: str) -> str:
        """The population to which cases in a stage belong."""
        names = list(self.stages)
        headline = self.layout.scenario.procedure.headline
        return "headline" if not headline or names.index(stage) >= names.index(headline.stage) else "before"

    def resolving(self, outcome: str | None) -> bool:
        """Whether what a visit led to is a resolution."""
        return outcome is not None and (outcome not in self.stages or not self.open(outcome))

    def previous(self, row: Row) -> Row | None:
        """The visit before, be it of the case that forked into this one."""
        visits = self.cases[row["case"]]
        position = [visit is row for visit in visits].index(True)
        if position:
            return visits[position - 1]
        return self.cases[row["parent"]][-1] if row["parent"] in self.cases else None

    def stays(self, row: Row) -> bool:
        """Whether the case was in the row's population already, and was in progress if it is so now."""
        before = self.previous(row)
        if before is None or self.population(before["stage"]) != self.population(row["stage"]):
            return False
        return self.open(before["stage"]) or not self.open(row["stage"])

    def since(self, row: Row) -> float:
        """When the case came to its population."""
        while self.stays(row):
            row = self.previous(row)
        return row["requested"]

    def ended(self, row: Row) -> bool:
        """Whether a visit ended within the horizon."""
        return not isnan(row["left"])

    def first_of_strands(self, row: Row) -> bool:
        """Whether this is the strand as which the case that forked goes on: the first of those of its parent."""
        return self.strands[row["parent"]][0] == row["case"]

    def at_start(self, row: Row) -> bool:
        """Whether a case is in progress on the first day by this visit, or is new on that very day."""
        begins = row is self.cases[row["case"]][0]
        return begins and (row["requested"] < 0 or (row["requested"] == 0 and self.previous(row) is None))

    def populations(self) -> dict[tuple[str, str], float]:
        """The arrays by population."""
        sums: dict[tuple[str, str], float] = defaultdict(float)
        for row in self.rows:
            if not self.open(row["stage"]):
                continue
            name, at_start = self.population(row["stage"]), self.at_start(row)
            begins = row is self.cases[row["case"]][0]
            strand = begins and row["parent"] in self.cases and not self.first_of_strands(row)
            sums["pending_start", name] += at_start
            sums["incoming", name] += not at_start and (not self.stays(row) or strand)
            end = row["left"] if self.ended(row) else self.horizon
            sums["pending_days", name] += end - max(row["requested"], 0.0)
            if not self.ended(row):
                sums["pending_end", name] += 1
                sums["age_end", name] += self.horizon - self.since(row)
            elif self.resolving(row["outcome"]) or self.population(row["outcome"]) != name:
                sums["resolved", name] += 1
                sums["resolved_days", name] += row["left"] - self.since(row)
        return sums

    def visits(self) -> dict[tuple[str, ...], float]:
        """The arrays by stage, with part or role."""
        sums: dict[tuple[str, ...], float] = defaultdict(float)
        for row in self.rows:
            stage = row["stage"]
            for role in self.layout.scenario.staffing:
                sums["effort", stage, role] += row[f"effort_{role}"]
                sums["delay", stage, role] += row[f"delay_{role}"]
            sums["remaining", stage] += not self.ended(row)
            if isnan(row["entered"]):
                continue
            sums["entered", stage] += row["entered"] >= 0
            sums["visits", stage] += 1
            sums["ended", stage] += self.ended(row)
            days = (row["left"] if self.ended(row) else self.horizon) - row["entered"]
            reasons = {name: row[f"{name}_days"] for name in ("party", "procedure", "hold", "dormancy")}
            sums["days", stage, "work"] += row["unconstrained_days"] - sum(reasons.values())
            sums["days", stage, "staff"] += days - row["unconstrained_days"]
            sums["days", stage, "queue"] += row["entered"] - row["requested"]
            for name, value in reasons.items():
                sums["days", stage, name] += value
        return sums

    def flows(self) -> dict[tuple[str, str, str], float]:
        """Where cases came from and went."""
        sums: dict[tuple[str, str, str], float] = defaultdict(float)
        for row in self.rows:
            if row["outcome"] is not None and self.ended(row):
                sums["went", row["stage"], row["outcome"]] += 1
            if row is not self.cases[row["case"]][0]:
                continue
            if self.at_start(row):
                sums["came", AT_START, row["stage"]] += 1
            elif row["parent"] and not self.first_of_strands(row):
                sums["came", FURTHER_STRANDS, row["stage"]] += 1
            elif row["parent"] not in self.cases:
                sums["came", NEW, row["stage"]] += 1
        return sums

    def fines(self) -> tuple[float, int]:
        """The sum of the fines set within the horizon, and how many they are."""
        fines = [row["fine_eur_m"] for row in self.rows if row["fine_eur_m"] > 0 and row["entered"] >= 0]
        return sum(fines), len(fines)

    def effort_on(self, case: str) -> float:
        """The work on a case, with its share of that on the cases that forked into it."""
        roles = self.layout.scenario.staffing
        work = sum(row[f"effort_{role}"] for row in self.cases[case] for role in roles)
        parent = self.cases[case][0]["parent"]
        return work + (self.effort_on(parent) / len(self.strands[parent]) if parent in self.cases else 0.0)

    def resolutions(self) -> dict[tuple[str, ...], float]:
        """How cases end, and the work on them."""
        sums: dict[tuple[str, ...], float] = defaultdict(float)
        for row in self.rows:
            outcome, headline = row["outcome"], self.population(row["stage"]) == "headline"
            if self.ended(row) and self.resolving(outcome):
                if headline:
                    sums["reached", outcome] += 1
                    sums["days_to", outcome] += row["left"] - self.since(row)
                if self.open(row["stage"]):
                    sums["effort_of", row["stage"], outcome] += self.effort_on(row["case"])
            for date in self.layout.dates:
                if self.open(row["stage"]) and headline:
                    gone = self.ended(row) and row["left"] <= date
                    if gone and self.resolving(outcome):
                        sums["ended_by", outcome, date] += 1
                    sums["open_on", date] += row["requested"] <= date and not gone
        return sums

    def first_reached(self, case: str) -> dict[str, float]:
        """When a case first got to each state."""
        first: dict[str, float] = defaultdict(lambda: inf)
        for row in self.cases.get(case, []):
            if not isnan(row["entered"]):
                first[row["stage"]] = min(first[row["stage"]], row["entered"])
            if row["outcome"] in self.layout.exits or (self.strands.get(case) and row["outcome"]):
                first[row["outcome"]] = min(first[row["outcome"]], row["left"])
        return first

    def open_at_end(self, case: str) -> bool:
        """Whether a case is in progress at the horizon."""
        return any(self.open(row["stage"]) and not self.ended(row) for row in self.cases.get(case, []))

    def series(self, name: str, time: float) -> int:
        """How many cases are in a series at a time."""
        count = 0
        for row in self.rows:
            inside = row["requested"] <= time and not (self.ended(row) and row["left"] <= time)
            member = name in (row["stage"], self.population(row["stage"]))
            count += inside and member and self.open(row["stage"])
        return count

    def age_sum(self, population: str, time: float) -> int:
        """Millionths of days since they came, summed over the cases in progress at a time."""
        total = 0
        for row in self.rows:
            inside = row["requested"] <= time and not (self.ended(row) and row["left"] <= time)
            if inside and self.open(row["stage"]) and self.population(row["stage"]) == population:
                total += round(time * MICRO) - round(self.since(row) * MICRO)
        return total

    def durations(self, name: str) -> list[tuple[float, float, int]]:
        """The durations of a stage or target: days, age at entry, how it ended; in order."""
        if name in self.stages:
            rows = [row for row in self.rows if row["stage"] == name and not isnan(row["entered"])]
            ends = [(row["left"], ENDED) if self.ended(row) else (self.horizon, CENSORED) for row in rows]
        else:
            return sorted((end - began, max(-began, 0.0), how) for began, end, how in self.followed(name))
        pairs = zip(rows, ends, strict=True)
        return sorted((end - row["entered"], max(-row["entered"], 0.0), how) for row, (end, how) in pairs)

    def followed(self, name: str) -> list[tuple[float, float, int]]:
        """What a target is of: when each began, its end, how it ended."""
        target = self.layout.scenario.targets[self.layout.targets.index(name)]
        rows = [r for r in self.rows if r["stage"] == target.of and r["visit"] == 1 and not isnan(r["entered"])]
        fates, instead_of_parents = [], set()
        for row in sorted(rows, key=lambda row: row["case"].count("/")):
            if row["case"] not in instead_of_parents:
                fates += self._fates(row["case"], row["entered"], target.milestone, instead_of_parents)
        return fates

    def _fates(self, case: str, began: float, milestone: str, followed: set[str]) -> list[tuple[float, float, int]]:
        """When a case reached a milestone, or else came to an end that rules it out; of its strands if it forked."""
        visits = self.cases[case]
        reached = [row["entered"] for row in visits if row["stage"] == milestone and row["entered"] >= began]
        reached += [row["left"] for row in visits if row["outcome"] == milestone and row["left"] >= began]
        ended = [r["left"] for r in visits if self._rules_out(r["outcome"], milestone) and r["left"] >= began]
        if self.strands.get(case) and not reached and not ended:
            followed.update(self.strands[case])
            return [fate for strand in self.strands[case] for fate in self._fates(strand, began, milestone, followed)]
        if reached:
            return [(began, min(reached), ENDED)]
        return [(began, min(ended), OTHERWISE) if ended else (began, self.horizon, CENSORED)]

    def _rules_out(self, state: str | None, milestone: str, passed: tuple[str, ...] = ()) -> bool:
        """Whether a resolved case that came to a state cannot get to a milestone without being taken up again."""
        if state is None or not self.resolving(state) or state == milestone:
            return False
        following = self.stages[state].next if state in self.stages else {}
        if milestone in following:
            return False
        onward = [after for after in following if self.resolving(after) and after not in passed]
        return all(self._rules_out(after, milestone, (*passed, state)) for after in onward)

    def overdue(self, name: str) -> int:
        """How many cases at the horizon are beyond a target's time and may still come to the milestone."""
        within = self.layout.scenario.targets[self.layout.targets.index(name)].within_days
        return sum(how == CENSORED and end - began > within for began, end, how in self.followed(name))


def product_limit(spells: Iterable[tuple[float, float, int]]) -> list[tuple[float, float, float]]:
    """The survival curve and the incidence, age by age: at risk is who came under observation before and is not gone.

    A visit that ended just when it came under observation was never at risk.
    """
    spells = [(days, entry, how) for days, entry, how in spells if days > entry or entry == 0]
    survival, incidence, steps = 1.0, 0.0, []
    for age in sorted({days for days, _, how in spells if how != CENSORED}):
        at_risk = sum((entry < age or entry == 0) and days >= age for days, entry, _ in spells)
        ends = sum(days == age and how == ENDED for days, _, how in spells)
        others = sum(days == age and how == OTHERWISE for days, _, how in spells)
        incidence += survival * ends / at_risk
        survival *= 1 - (ends + others) / at_risk
        steps.append((age, survival, incidence))
    return steps


def median(spells: Iterable[tuple[float, float, int]]) -> float:
    """The age by which half have ended; infinite or NaN if that is not told.

    It is told as long as 2% are at risk, and up to the age after which none is under observation while 2% are seen to
    be older; of nobody if these are more than half though all that were observed before have ended.
    """
    spells = [(days, entry, how) for days, entry, how in spells if days > entry or entry == 0]
    enough, steps, lost = max(0.02 * len(spells), 1), product_limit(spells), inf
    for gone in sorted({days for days, _, _ in spells}):
        observed = sum(entry <= gone < days for days, entry, _ in spells)
        older = sum(days > gone for days, _, _ in spells)
        if not observed and older >= enough:
            down = min((survival for age, survival, _ in steps if age <= gone), default=1.0) <= 1e-9
            if down and older > len(spells) / 2:
                return nan
            lost = gone
            break
    at_risk = [sum((entry < age or entry == 0) and days >= age for days, entry, _ in spells) for age, _, _ in steps]
    if steps and at_risk[0] < enough <= max(at_risk):
        return nan
    for (age, survival, _), observed in zip(steps, at_risk, strict=True):
        if observed < enough or age > lost:
            return inf
        if survival <= 0.5 + 1e-9:
            return age
    return inf

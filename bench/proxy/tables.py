"""What a workload found: a table of subjects and rounds, and the bar it is held against."""
from dataclasses import dataclass, field
from statistics import median

PEERS = ("nginx", "haproxy")
SPELLED = {"haproxy": "HAProxy"}


@dataclass
class Bar:
    """AT_MOST is a ratio to the better of AGAINST, or without AGAINST a plain value in the table's unit."""
    at_most: float
    against: tuple = ()
    aim: float = None
    subject: str = "bouclier"

    def words(self, unit):
        if not self.against:
            return f"<= {self.at_most:g} {unit}"
        better = "the better of " if len(self.against) > 1 else ""
        names = " and ".join(SPELLED.get(name, name) for name in self.against)
        return f"<= {float(self.at_most)} of {better}{names}"


@dataclass
class Row:
    rounds: list = field(default_factory=list)  # dicts, each with "value" unless its run was faulty altogether
    faults: list = field(default_factory=list)
    absence: str = None
    profile: list = field(default_factory=list)  # (percent of CPU time, program or library)
    beside: str = None  # the row this one is compared with, where that is not the table's reference

    def values(self):
        return {number: one["value"] for number, one in enumerate(self.rounds) if one.get("value") is not None}

    def median(self):
        values = self.values()
        return median(values.values()) if values else None

    def add(self, figures, value, faults=()):
        self.rounds.append({**figures, "value": value})
        self.faults += [f"round {len(self.rounds)}: {fault}" for fault in faults]

    def fail(self, fault):
        self.rounds.append({"value": None})
        self.faults.append(f"round {len(self.rounds)}: {fault}")

    def is_sound(self):
        return not self.faults and not self.absence and self.median() is not None


@dataclass
class Table:
    name: str
    title: str
    unit: str
    bar: Bar = None
    rows: dict = field(default_factory=dict)
    more_bars: tuple = ()

    def bars(self):
        return [self.bar, *self.more_bars] if self.bar else []

    def row(self, subject):
        return self.rows.setdefault(subject, Row())

    def reference(self, bar=None):
        """The better, by median, of those BAR (or the table's own) names; faulty ones cannot be it."""
        bar = bar or self.bar
        names = bar.against if bar else PEERS
        sound = [name for name in names if name in self.rows and self.rows[name].is_sound()]
        return min(sound, key=lambda name: self.rows[name].median(), default=None)

    def ratio(self, subject, reference):
        """The median of the ratios, each of two runs of the same round: what slows the machine slows both."""
        ours, theirs = self.rows[subject].values(), self.rows[reference].values()
        ratios = [ours[n] / theirs[n] for n in ours if theirs.get(n)]
        return median(ratios) if ratios else None


@dataclass
class Verdict:
    table: str
    words: str
    value: float = None
    outcome: str = "not measured"  # ok | missed | not measured
    why: str = ""
    aim: float = None


def judge(table, bar):
    verdict = Verdict(table.name, bar.words(table.unit), aim=bar.aim)
    ours = table.rows.get(bar.subject)
    if not ours or not ours.is_sound():
        verdict.why = f"{bar.subject}: " + ("not a subject of this run" if not ours else
                                            ours.absence or "; ".join(ours.faults[:2]) or "no figures")
        return verdict
    unsound = [name for name in bar.against if name not in table.rows or not table.rows[name].is_sound()]
    if unsound:
        verdict.why = f"no sound figures of {' and '.join(unsound)}"
        return verdict
    verdict.value = table.ratio(bar.subject, table.reference(bar)) if bar.against else ours.median()
    if verdict.value is not None:
        verdict.outcome = "ok" if verdict.value <= bar.at_most else "missed"
    return verdict

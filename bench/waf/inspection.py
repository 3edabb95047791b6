"""The cost of inspection: CPU time of a request with rules minus without, each pair of the same round."""
from proxy import generator
from proxy.generator import Faulty
from proxy.tables import Row, Table

from . import engine
from .subjects import LEVELS, NAMES, label
from .workloads import ATTACK

COUNT_MIN, COUNT_MAX = 4, 5000
PATIENCE_S = 60
WARM_S = 0.2


class Runs:
    """All rounds of one subject: figures, or None where a run gave none; what was wrong with it. Every run has a number of requests
    and ends with the last answer: stopped by a clock, what is half done would be in the cost and not in the count."""

    def __init__(self, subject):
        self.subject, self.rounds, self.faults = subject, [], []
        self.count = COUNT_MIN

    def measure(self, run, workload, expected):
        if not self.subject.is_alive():
            self.rounds.append(None)
            return
        try:
            figures = self._run(run, workload)
        except Faulty as fault:
            self.rounds.append(None)
            self.faults.append(str(fault))
            return
        self.rounds.append(figures)
        self.faults += generator.faults(figures, expected)

    def _run(self, run, workload, count=None):
        options = ["-c", workload.connections, "-n", count or self.count, "-f", run.scratch / "requests" / workload.name]
        command = generator.load_command(run.scratch, self.subject.ports["plain"], options, PATIENCE_S)
        return generator.run(self.subject, command, generator.read_load, PATIENCE_S)

    def warm(self, run, workload):
        """Also finds how many requests cost as much as a run may, and that rules are asked: a harmless request alone does not show it."""
        self.count = max(COUNT_MIN, workload.connections)
        if not self.subject.is_alive():
            return
        try:
            for seconds in (WARM_S, WARM_S, run.seconds):  # the first requests cost more than others
                each_us = self._run(run, workload)["each_us"]
                if each_us:
                    self.count = min(max(COUNT_MIN, workload.connections, round(seconds * 1e6 / each_us)), COUNT_MAX)
            if self.subject.name not in NAMES:
                self.faults += generator.faults(self._run(run, ATTACK, ATTACK.connections), ATTACK.with_rules)
        except Faulty as fault:
            self.faults.append(f"warming: {fault}")


def _difference(with_rules, without):
    row = Row(absence=with_rules.subject.absence or without.subject.absence)
    row.faults = [f"with rules: {fault}" for fault in with_rules.faults] + [f"without: {fault}" for fault in without.faults]
    for ours, base in zip(with_rules.rounds, without.rounds):
        if not ours or not base or not ours["each_us"] or not base["each_us"]:
            row.rounds.append({"value": None})
            continue
        row.add({"with_us": ours["each_us"], "without_us": base["each_us"], "status": ours["status"], "core": ours["core"]},
                ours["each_us"] - base["each_us"])
    return row


def _engine_row(run, workload, alone, rounds):
    row = Row(absence=alone.absence)
    request = (run.scratch / "requests" / workload.name).read_bytes()
    for _ in range(rounds if not alone.absence else 0):
        try:
            row.add({}, alone.request_us(request, workload.times))
        except Faulty as fault:
            row.fail(str(fault))
    return row


def measure(run, workload, party, engines, levels=LEVELS):
    """-> a table for each level, in a generator."""
    runs = {subject.name: Runs(subject) for subject in party}
    for one in runs.values():
        one.warm(run, workload)
    for _ in range(run.rounds):
        for name, one in runs.items():
            one.measure(run, workload, workload.with_rules if name not in NAMES else "200")
    for subject in party:
        subject.is_alive()  # tells why not, by now
    for level in levels:
        table = Table(f"{workload.name} PL{level}", f"{workload.title}, paranoia {level}: with rules minus without", "us CPU",
                      *workload.bars[:1], more_bars=workload.bars[1:])
        for name in NAMES:
            if name in runs:
                table.rows[name] = _difference(runs[label(name, level)], runs[name])
        if level in engines:
            table.rows[engine.NAME] = _engine_row(run, workload, engines[level], run.rounds)
        yield table

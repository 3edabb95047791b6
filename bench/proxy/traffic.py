"""Requests under full or equal load: rounds A B C A B C, so that what the machine does meanwhile hits all alike."""
from . import generator, profile
from .generator import Faulty
from .tables import Table

WARM_S = 0.3


def _command(run, workload, subject, seconds):
    port = subject.ports[workload.port]
    if workload.h2load:
        return generator.h2load_command(port, workload.port == "tls", workload.h2load, seconds)
    options = list(workload.load)
    if workload.request:
        options += ["-f", run.scratch / "requests" / workload.request]
    if workload.at_rate:
        options += ["-r", run.rate]
    return generator.load_command(run.scratch, port, options, seconds)


def _measure(run, workload, subject, seconds):
    read = generator.read_h2load if workload.h2load else generator.read_load
    return generator.run(subject, _command(run, workload, subject, seconds), read, seconds)


def _round(run, workload, subject, row):
    try:
        figures = _measure(run, workload, subject, run.seconds)
    except Faulty as fault:
        row.fail(str(fault))
        return
    found = generator.faults(figures, workload.expected, run.rate if workload.at_rate else None, workload.resumed)
    row.add(figures, figures["p99_us"] if workload.at_rate else figures["each_us"], found)


def _profile(run, workload, subject, row):
    """A run of its own: being sampled costs time, which no round is to carry."""
    try:
        return profile.take(run, subject, lambda: _measure(run, workload, subject, run.seconds))
    except Faulty as fault:
        row.faults.append(f"profile: {fault}")
        return []


def measure(run, workload, subjects):
    unit = "us p99" if workload.at_rate else "us CPU"
    rate = f", {run.rate} requests/s" if workload.at_rate else ""
    table = Table(workload.name, workload.title + rate, unit, workload.bar)
    for subject in subjects:
        row = table.row(subject.name)
        if subject.is_alive():
            try:
                _measure(run, workload, subject, WARM_S)  # connections to the origin, caches, branch predictors
            except Faulty as fault:
                row.faults.append(f"warming: {fault}")
    for _ in range(run.rounds):
        for subject in subjects:
            if subject.is_alive():
                _round(run, workload, subject, table.row(subject.name))
    for subject in subjects if run.profile else ():
        if subject.is_alive():
            table.row(subject.name).profile = _profile(run, workload, subject, table.row(subject.name))
    for subject in subjects:
        subject.is_alive()
        table.row(subject.name).absence = subject.absence
    return table

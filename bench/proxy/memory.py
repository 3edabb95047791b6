"""Memory: at rest, for each idle connection, and while a large file goes through. Each on a fresh instance, alone."""
import time

from . import generator, processes
from .generator import Faulty, Kept
from .subjects import Party, Subject
from .tables import Bar, Table
from .workloads import BASE_BAR_MIB, BULK, BULK_BAR_MIB, IDLE

WARM_S, SETTLE_S = 0.5, 1.0
BULK_PATIENCE_S = 600


def _alone(run, kind, table, measure):
    """Starts one instance of KIND, measures, stops it; what goes wrong goes into the row."""
    row = table.row(kind.name)
    with Party([Subject(kind, run.scratch)]) as (subject,):
        if subject.is_alive():
            try:
                measure(subject, row)
            except Faulty as fault:
                row.fail(str(fault))
            subject.is_alive()
        row.absence = subject.absence


def _warm(run, subject, port, options):
    """A little traffic, so that what is made once, at the first request, is not counted as an idle connection's."""
    command = generator.load_command(run.scratch, subject.ports[port], ["-c", 20, *options], WARM_S)
    figures = generator.run(subject, command, generator.read_load, WARM_S)
    time.sleep(SETTLE_S)
    return generator.faults(figures, "200")


def measure_base(run, kinds):
    table = Table("base", "memory at rest after a little traffic, one site, PSS of all processes", "MiB",
                  Bar(BASE_BAR_MIB))

    def measure(subject, row):
        found = _warm(run, subject, "plain", ())
        pids = subject.pids()
        row.add({"processes": {pid: processes.pss_kib([pid]) for pid in pids}}, processes.pss_kib(pids) / 1024, found)

    for kind in kinds:
        _alone(run, kind, table, measure)
    return table


def _hold(run, subject, port, options, row):
    found = _warm(run, subject, port, [o for o in options if o != "-2"])
    before = subject.pids()
    base_kib = processes.pss_kib(before)
    command = generator.load_command(run.scratch, subject.ports[port],
                                     ["-c", run.idle, "-i", "-S", run.sources, *options])
    kept = Kept(command)
    time.sleep(SETTLE_S)
    grown_kib = processes.pss_kib(subject.pids()) - base_kib
    figures = kept.go_on()
    figures["ended_processes"] = sorted(set(before) - set(subject.pids()))
    found += generator.faults(figures, "200", held=run.idle)
    row.add({**figures, "base_kib": base_kib, "grown_kib": grown_kib}, grown_kib / max(kept.open, 1), found)


def measure_idle(run, name, kinds):
    title, port, options, at_most = IDLE[name]
    table = Table(name, f"{title}: PSS for each of {run.idle:,} that made one request", "KiB", Bar(at_most))
    for _ in range(run.idle_rounds):
        for kind in kinds:
            if port in kind.ports:
                _alone(run, kind, table, lambda subject, row: _hold(run, subject, port, options, row))
    return table


def _transfer(run, subject, port, options, request, is_upload, row):
    found = _warm(run, subject, port, options)
    pids = subject.pids()
    before_kib = processes.rss_kib(pids)
    processes.peak_rss_forget(pids)
    transfer = ["-c", 1, "-n", 1, "-f", run.scratch / "requests" / request, *options]
    if is_upload:
        transfer += ["-u", run.bulk_bytes]
    command = generator.load_command(run.scratch, subject.ports[port], transfer, BULK_PATIENCE_S)
    figures = generator.run(subject, command, generator.read_load, BULK_PATIENCE_S)
    grown_mib = (processes.peak_rss_kib(subject.pids()) - before_kib) / 1024
    figures.pop("each_us")  # one transfer: its size says more than its being one
    figures["gib_per_s"] = run.bulk_bytes / 2**30 / figures["wall_s"]
    row.add({**figures, "before_kib": before_kib}, grown_mib, found + generator.faults(figures, "200"))


def measure_bulk(run, name, kinds):
    title, port, options, request, is_upload = BULK[name]
    size = f"{run.bulk_bytes / 2**30:g} GiB"
    table = Table(name, f"{title} of {size}: peak RSS over RSS before", "MiB", Bar(BULK_BAR_MIB))
    for kind in kinds:
        if port in kind.ports and kind.name != "relay" and (kind.streams_uploads or not is_upload):
            _alone(run, kind, table,
                   lambda subject, row: _transfer(run, subject, port, options, request, is_upload, row))
    return table

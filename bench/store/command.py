"""bench/run store: what the hub's store takes, and how fast it answers. Alone: nothing else keeps the same things in the same way."""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from proxy import report, session, workshop
from proxy.tables import Bar, Table

PROGRAM = workshop.ROOT / "build" / "tests" / "store" / "store-measure"
EVENTS = 300000
# 20,000 events a second on one core, dashboards of 30 days under 100 ms, the last 100 events of a tenant under 5 ms.
INGEST_US, DASHBOARD_MS, LAST_MS = 50, 100, 5


def read_options(arguments):
    parser = argparse.ArgumentParser(prog="bench/run store", description="What the hub's store takes and answers. Needs build/ with its tests.")
    parser.add_argument("--json", metavar="FILE", help="write all that was measured to FILE")
    parser.add_argument("--program", metavar="PATH", default=PROGRAM, help="build/tests/store/store-measure")
    parser.add_argument("--events", type=session.at_least_1, default=EVENTS, help=f"lines of the journal, over 30 days ({EVENTS}; 50000 or more)")
    parser.add_argument("--rounds", type=session.at_least_1, default=5, help="parts that they are read in (5)")
    parser.add_argument("--folder", metavar="DIR", help="where the store is made: the disk that is measured (the one of temporary files)")
    return parser.parse_args(arguments)


def _measure(run):
    with tempfile.TemporaryDirectory(prefix="bouclier-bench-", dir=run.folder) as folder:
        done = subprocess.run([run.program, folder, str(run.events), str(run.rounds)], check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"bench: {done.stderr.strip()}")
    return json.loads(done.stdout)


def _spread(table, subject, found):
    for which in ("least", "median", "most"):
        table.row(subject).add({}, found[which])


def tables_of(said):
    """SAID is what store-measure printed."""
    ingest = Table("ingest", "reading the journal, checking each line, committing rows and totals: one event", "us",
                   Bar(INGEST_US, subject="elapsed"), more_bars=(Bar(INGEST_US, subject="CPU"),))
    _spread(ingest, "elapsed", said["ingest"])
    _spread(ingest, "CPU", said["ingest_cpu"])
    yield ingest
    size = Table("size", "one event on disk", "bytes")
    size.row("as a line of the journal").add({}, said["line_bytes"])
    size.row("as a row, with its indexes").add({}, said["event_bytes"])
    yield size
    dashboard = Table("dashboard", "30 days by hour, totals of 10,000,000 events of 100 sites: decisions, reasons, sites", "ms",
                      Bar(DASHBOARD_MS, subject="of all tenants"), more_bars=(Bar(DASHBOARD_MS, subject="of one tenant"),))
    _spread(dashboard, "of all tenants", said["dashboard"])
    _spread(dashboard, "of one tenant", said["dashboard_one"])
    dashboard.row("of all tenants, first after a start").add({}, said["dashboard_first"])
    yield dashboard
    last = Table("last", f"the last 100 events, of {said['events']:,} in 30 files", "ms", Bar(LAST_MS, subject="of a busy tenant"),
                 more_bars=(Bar(LAST_MS, subject="of a quiet tenant"), Bar(LAST_MS, subject="of all tenants")))
    for subject, name in (("of a busy tenant", "last"), ("of a quiet tenant", "last_quiet"), ("of all tenants", "last_all")):
        _spread(last, subject, said[name])
    last.row("of a quiet tenant, first after a start").add({}, said["last_quiet_first"])
    yield last
    request = Table("request", "one event by the id of its request, in the oldest file", "ms")
    _spread(request, "found", said["request"])
    yield request


def main(arguments):
    run = read_options(arguments)
    if not Path(run.program).exists():
        print(f"bench: {run.program} is not there: tools/build", file=sys.stderr)
        return 2
    run.machine = report.machine()
    print(f"{run.machine['cpu']}, {run.machine['cores']} cores, kernel {run.machine['kernel']}; {run.rounds} rounds of {run.events // run.rounds:,} events",
          flush=True)
    tables = session.Tables(True)
    for table in tables_of(_measure(run)):
        tables.add(table)
    report.print_verdicts(tables.verdicts)
    if run.json:
        report.write_json(run.json, run, tables.all, tables.verdicts)
    return 1 if any(verdict.outcome != "ok" for verdict in tables.verdicts) else 0

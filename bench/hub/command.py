"""bench/run hub: the hub as it runs beside a shield: how fast it reads a journal, how fast its API answers meanwhile and afterwards, and what memory it takes."""
import argparse
import sys
import tempfile
import time
from pathlib import Path

from proxy import report, session, workshop
from proxy.tables import Bar, Table

from hub import ground

BUILD = workshop.ROOT / "build"
EVENTS, SECONDS, ASKED, STREAMS = 300000, 15, 40, 4  # four streams are what one person may have
# 20,000 events a second on one core; pages over 30 days under 100 ms.
INGEST_US, PAGE_MS = 50, 100
PAGES = {
    "now": "/api/v1/now",
    "incidents": "/api/v1/incidents?status=all&count=50",
    "last 100 events": "/api/v1/events?count=100",
    "30 days by hour": "/api/v1/totals?kind=decisions.&grain=hour&by=bucket&from={from}&to={to}",
    "health": "/api/v1/health",
}


def read_options(arguments):
    parser = argparse.ArgumentParser(prog="bench/run hub", description="What the hub takes beside a shield. Needs build/ with its tests.")
    parser.add_argument("--json", metavar="FILE", help="write all that was measured to FILE")
    parser.add_argument("--program", metavar="PATH", default=BUILD / "bouclier", help="build/bouclier, with bouclier-hub beside it")
    parser.add_argument("--events", type=session.at_least_1, default=EVENTS, help=f"lines of the journal, over 30 days ({EVENTS}; 50000 or more)")
    parser.add_argument("--folder", metavar="DIR", help="where the state is: the disk that is measured (the one of temporary files)")
    return parser.parse_args(arguments)


def _iso(at_s):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))


def _ask_pages(place, table):
    now = int(time.time())
    talk = place.connect()
    for name, path in PAGES.items():
        path = path.replace("{from}", _iso(now - 30 * 86400)).replace("{to}", _iso(now))
        spent = []
        for _ in range(ASKED):
            before = time.perf_counter()
            place.ask(path, talk)
            spent.append((time.perf_counter() - before) * 1000)
        spent.sort()
        table.row(name).add({"most": spent[-1]}, spent[len(spent) // 2])
        table.row(f"{name}, slowest of {ASKED}").add({}, spent[-1])


def _follow(place):
    talk = place.connect()
    talk.request("GET", "/api/v1/stream")
    if talk.getresponse().status != 200:
        raise SystemExit("bench: the stream is refused")
    return talk


def _ground(run, folder, prepare):
    """PREPARE fills FOLDER/state; what it says, and the shield that began with it."""
    Path(folder).chmod(0o755)
    said = prepare(str(BUILD / "tests" / "store" / "store-measure"), folder)
    return said, ground.Ground(str(run.program), folder)


def _scratch(run):
    return tempfile.TemporaryDirectory(prefix="bouclier-bench-", dir=run.folder)


def _read_journal(run):
    with _scratch(run) as folder:
        lines, place = _ground(run, folder, lambda program, to: ground.prepare_journal(program, to, run.events, SECONDS))
        try:
            place.wait_lines(lines)
            spent, cpu = time.monotonic() - place.started, place.cpu_s()
            table = Table("ingest", f"{run.events:,} events of {SECONDS} s and their counts, read by a hub that was away: rows, totals, incidents; one event", "us",
                          Bar(INGEST_US, subject="CPU"))
            table.row("CPU").add({}, cpu / run.events * 1e6)
            table.row("elapsed, with the start of the shield").add({}, spent / run.events * 1e6)
            yield table
            memory = Table("memory", "resident memory of the hub, 100 sites", "MiB")
            memory.row("after reading").add({}, place.memory("VmRSS"))
            memory.row("most").add({}, place.memory("VmHWM"))
            yield memory
        finally:
            place.end()


def _answer(run):
    with _scratch(run) as folder:
        _, place = _ground(run, folder, lambda program, to: ground.prepare_store(program, to, run.events))
        try:
            place.wait_lines(0)
            pages = Table("pages", f"the API over the unix socket; kept: {run.events:,} lines, 10,000,000 events in totals, of 30 days", "ms",
                          Bar(PAGE_MS, subject="30 days by hour"), more_bars=tuple(Bar(PAGE_MS, subject=name) for name in PAGES if name != "30 days by hour"))
            _ask_pages(place, pages)
            yield pages
            before = place.memory("VmRSS")
            streams = [_follow(place) for _ in range(STREAMS)]
            time.sleep(1)
            follow = Table("followers", f"memory of one of {STREAMS} that follow the stream", "KiB")
            follow.row("one").add({}, (place.memory("VmRSS") - before) * 1024 / len(streams))
            yield follow
        finally:
            place.end()


def measure(run):
    yield from _read_journal(run)
    yield from _answer(run)


def main(arguments):
    run = read_options(arguments)
    if not (Path(run.program).parent / "bouclier-hub").exists():
        print(f"bench: no bouclier-hub beside {run.program}: tools/build", file=sys.stderr)
        return 2
    run.machine = report.machine()
    print(f"{run.machine['cpu']}, {run.machine['cores']} cores, kernel {run.machine['kernel']}", flush=True)
    tables = session.Tables(True)
    for table in measure(run):
        tables.add(table)
    report.print_verdicts(tables.verdicts)
    if run.json:
        report.write_json(run.json, run, tables.all, tables.verdicts)
    return 1 if any(verdict.outcome != "ok" for verdict in tables.verdicts) else 0

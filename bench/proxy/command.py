"""bench/run proxy: reads the options, goes inside, measures, prints."""
import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from . import memory, namespace, profile, report, scale, subjects, traffic, workshop
from .subjects import KINDS, Origin, Party, Subject
from .tables import judge
from .workloads import BULK, IDLE, NAMES, TRAFFIC

UNITS = {"MiB": 2**20, "GiB": 2**30}


def _size(text):
    for unit, bytes_in in UNITS.items():
        if text.endswith(unit) and text[:-len(unit)].isdigit():
            return int(text[:-len(unit)]) * bytes_in
    raise argparse.ArgumentTypeError(f"{text}: a number and MiB or GiB, such as 10GiB")


def _names_of(known):
    def read(text):
        names = text.split(",")
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not among {', '.join(known)}")
        return names
    return read


def _at_least_1(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: a whole number from 1")
    return int(text)


def read_options(arguments):
    kinds = [kind.name for kind in KINDS]
    parser = argparse.ArgumentParser(prog="bench/run proxy", description="CPU time, waits and memory of Bouclier and "
                                     "its peers, side by side. Needs root, two cores and the peers from Debian.")
    parser.add_argument("--json", metavar="FILE", help="write every round of every workload to FILE")
    parser.add_argument("--rounds", type=_at_least_1, default=5, help="interleaved rounds (5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each run (2)")
    parser.add_argument("--workloads", type=_names_of(NAMES), default=NAMES, help=", ".join(NAMES))
    parser.add_argument("--subjects", type=_names_of(kinds), default=kinds, help=", ".join(kinds))
    parser.add_argument("--bouclier", metavar="PATH", default=workshop.ROOT / "build" / "bouclier",
                        help="build/bouclier")
    parser.add_argument("--rate", type=_at_least_1, default=10000, help="requests/s of the equal load (10000)")
    parser.add_argument("--connections", type=_at_least_1, default=10000, help="kept connections (10000)")
    parser.add_argument("--idle", type=_at_least_1, default=5000, help="idle connections (5000)")
    parser.add_argument("--idle-rounds", type=_at_least_1, default=2, help="fresh instances of each (2)")
    parser.add_argument("--sources", type=_at_least_1, default=250, help="client addresses of the many (250)")
    parser.add_argument("--bulk", dest="bulk_bytes", type=_size, default="10GiB", metavar="SIZE", help="10GiB")
    parser.add_argument("--profile", action="store_true", help="also say in which library the time went (Debian's linux-perf)")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder and say where it is")
    return parser.parse_args(arguments)


def main(arguments):
    run = read_options(arguments)
    inside = namespace.scratch_inside()
    if inside:
        run.scratch = Path(inside)
        return measure_all(run)
    if os.geteuid() != 0:
        print("bench: needs root (a network namespace of its own): sudo bench/run proxy", file=sys.stderr)
        return 2
    if not {subjects.PROXY_CORE, subjects.LOAD_CORE} <= os.sched_getaffinity(0):
        print("bench: needs cores 0 and 1: the proxy alone on one, generator and origin on the other", file=sys.stderr)
        return 2
    if not workshop.install():
        return 2
    if run.profile and not profile.is_possible():
        print("bench: --profile needs perf: apt-get install linux-perf", file=sys.stderr)
        return 2
    return _outside(run, arguments)


def _outside(run, arguments):
    scratch = Path(tempfile.mkdtemp(prefix="bouclier-bench-"))
    scratch.chmod(0o755)  # subjects that drop their privileges must reach their files
    try:
        workshop.fill(scratch, run.bulk_bytes)
        return namespace.run_inside(scratch, arguments)
    finally:
        if run.keep:
            print(f"kept: {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)


def _traffic(run, kinds, tables):
    """All subjects at once, each idle while another is measured."""
    chosen = [one for one in TRAFFIC if one.name in run.workloads]
    if not chosen and "connections" not in run.workloads:
        return
    with Party([Subject(kind, run.scratch) for kind in kinds]) as party:
        for workload in chosen:
            able = [s for s in party if s.name in workload.subjects and workload.port in s.ports]
            tables.add(traffic.measure(run, workload, able))
        if "connections" in run.workloads:
            tables.add(scale.measure_connections(run, [s for s in party if s.name in ("nginx", "haproxy", "bouclier")]))


def _others(run, kinds, tables):
    proxies = [kind for kind in kinds if kind.name != "relay"]
    if "sites" in run.workloads:
        tables.add(scale.measure_sites(run, kinds))
    if "base" in run.workloads:
        tables.add(memory.measure_base(run, proxies))
    for name in IDLE:
        if name in run.workloads:
            tables.add(memory.measure_idle(run, name, proxies))
    for name in BULK:
        if name in run.workloads:
            tables.add(memory.measure_bulk(run, name, proxies))


class Tables:
    """Printed as they come, so that an interrupted run has shown what it had."""

    def __init__(self, has_bars):
        self.all, self.verdicts, self.has_bars = [], [], has_bars

    def add(self, table):
        verdict = judge(table) if self.has_bars else None
        self.all.append(table)
        self.verdicts += [verdict] if verdict else []
        report.print_table(table, verdict)


def measure_all(run):
    namespace.furnish()
    os.sched_setaffinity(0, {subjects.LOAD_CORE})
    subjects.set_up(run.bouclier, run.bulk_bytes)
    kinds = [kind for kind in KINDS if kind.name in run.subjects]
    run.machine = report.machine()
    tables, origin = Tables("bouclier" in run.subjects), Origin(run.scratch)
    print(f"{run.machine['cpu']}, {run.machine['cores']} cores, kernel {run.machine['kernel']}; "
          f"{run.rounds} round{'s' * (run.rounds > 1)} of {run.seconds:g} s", flush=True)
    try:
        _traffic(run, kinds, tables)
        _others(run, kinds, tables)
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)
        return 130
    finally:
        origin.stop()
        report.print_verdicts(tables.verdicts)
        if run.json:
            report.write_json(run.json, run, tables.all, tables.verdicts)
    return 1 if any(verdict.outcome != "ok" for verdict in tables.verdicts) else 0

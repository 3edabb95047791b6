"""bench/run proxy: reads the options, goes inside, measures, prints."""
import argparse
import os
import sys

from . import memory, namespace, profile, scale, session, subjects, traffic, workshop
from .subjects import KINDS, Party, Subject
from .workloads import BULK, IDLE, NAMES, TRAFFIC

UNITS = {"MiB": 2**20, "GiB": 2**30}


def _size(text):
    for unit, bytes_in in UNITS.items():
        if text.endswith(unit) and text[:-len(unit)].isdigit():
            return int(text[:-len(unit)]) * bytes_in
    raise argparse.ArgumentTypeError(f"{text}: a number and MiB or GiB, such as 10GiB")


def read_options(arguments):
    kinds = [kind.name for kind in KINDS]
    parser = argparse.ArgumentParser(prog="bench/run proxy", description="CPU time, waits and memory of Bouclier and "
                                     "its peers, side by side. Needs root, two cores and the peers from Debian.")
    session.add_options(parser)
    parser.add_argument("--workloads", type=session.names_of(NAMES), default=NAMES, help=", ".join(NAMES))
    parser.add_argument("--subjects", type=session.names_of(kinds), default=kinds, help=", ".join(kinds))
    parser.add_argument("--rate", type=session.at_least_1, default=10000, help="requests/s of the equal load (10000)")
    parser.add_argument("--connections", type=session.at_least_1, default=10000, help="kept connections (10000)")
    parser.add_argument("--idle", type=session.at_least_1, default=5000, help="idle connections (5000)")
    parser.add_argument("--idle-rounds", type=session.at_least_1, default=2, help="fresh instances of each (2)")
    parser.add_argument("--sources", type=session.at_least_1, default=250, help="client addresses of the many (250)")
    parser.add_argument("--bulk", dest="bulk_bytes", type=_size, default="10GiB", metavar="SIZE", help="10GiB")
    parser.add_argument("--profile", action="store_true", help="also say in which library the time went (Debian's linux-perf)")
    return parser.parse_args(arguments)


def main(arguments):
    run = read_options(arguments)
    if not namespace.scratch_inside() and run.profile and not profile.is_possible():
        print("bench: --profile needs perf: apt-get install linux-perf", file=sys.stderr)
        return 2
    return session.enter(run, ["proxy", *arguments], workshop.NEEDS, lambda scratch: workshop.fill(scratch, run.bulk_bytes), measure_all)


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


def measure_all(run):
    namespace.furnish()
    os.sched_setaffinity(0, {subjects.LOAD_CORE})
    subjects.set_up(run.bouclier, run.bulk_bytes)
    kinds = [kind for kind in KINDS if kind.name in run.subjects]

    def fill(tables):
        _traffic(run, kinds, tables)
        _others(run, kinds, tables)

    return session.measure(run, "bouclier" in run.subjects, fill)

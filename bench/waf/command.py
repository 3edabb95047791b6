"""bench/run waf: what inspection by the Core Rule Set costs Bouclier, nginx with libmodsecurity and Apache with ModSecurity."""
import argparse
import os
from pathlib import Path

from proxy import namespace, session, workshop
from proxy.subjects import LOAD_CORE, Party, Subject, set_up

from . import inspection, loading, reloading, scale, subjects, workloads
from .engine import Engine
from .requests import all_requests
from .rules import RuleSet

ENGINE = "engine"


def read_options(arguments):
    names = [*subjects.NAMES, ENGINE]
    parser = argparse.ArgumentParser(prog="bench/run waf", description="The cost of inspection by CRS: CPU time of a request with rules "
                                     "minus without, side by side. Needs root, two cores and the peers from Debian.")
    session.add_options(parser)
    parser.add_argument("--workloads", type=session.names_of(workloads.NAMES), default=workloads.NAMES, help=", ".join(workloads.NAMES))
    parser.add_argument("--subjects", type=session.names_of(names), default=names, help=", ".join(names))
    parser.add_argument("--engine", metavar="PATH", default=workshop.ROOT / "build" / "tests" / "waf-case", help="build/tests/waf-case")
    parser.add_argument("--rules", metavar="DIR", help="a release of CRS as it is unpacked (Debian's package)")
    parser.add_argument("--reloads", type=session.at_least_1, default=workloads.RELOADS, help=f"under load ({workloads.RELOADS})")
    return parser.parse_args(arguments)


def _fill(scratch):
    workshop.prepare(scratch)
    for name, request in all_requests().items():
        (scratch / "requests" / name).write_bytes(request)


def main(arguments):
    needs = {name: mark for name, mark in workshop.NEEDS.items() if name in workshop.WITHOUT_THEM_NOTHING} | subjects.NEEDS
    return session.enter(read_options(arguments), ["waf", *arguments], needs, _fill, measure_all,
                         groups=("bench", "waf"))


def _engines(run, rules):
    if ENGINE not in run.subjects:
        return {}
    return {level: Engine(Path(run.engine).resolve(), run.scratch, level, rules) for level in subjects.LEVELS}


def measure_all(run):
    namespace.furnish()
    os.sched_setaffinity(0, {LOAD_CORE})
    set_up(run.bouclier, 0)
    rules = RuleSet(run.rules)
    kinds, engines = subjects.kinds(run.subjects, rules), _engines(run, rules)

    def fill(tables):
        for table in _tables(run, kinds, engines, rules):
            tables.add(table)

    return session.measure(run, "bouclier" in run.subjects, fill)


def _tables(run, kinds, engines, rules):
    by_name = {kind.name: kind for kind in kinds}
    chosen = [one for one in workloads.WORKLOADS if one.name in run.workloads]
    if chosen:
        with Party([Subject(kind, run.scratch) for kind in kinds]) as party:
            for workload in chosen:
                yield from inspection.measure(run, workload, party, engines)
    if "linear" in run.workloads:
        yield from scale.measure_linear(run, kinds, engines)
    if "exclusions" in run.workloads and "bouclier" in run.subjects:
        yield scale.measure_exclusions(run, by_name[subjects.label("bouclier", scale.LEVEL)])
    if "load" in run.workloads:
        yield from loading.measure(run, by_name, engines.get(loading.LEVEL))
        if "bouclier" in run.subjects:
            yield loading.measure_shared(run, by_name)
    if "reloads" in run.workloads and "bouclier" in run.subjects:
        yield from reloading.measure(run, by_name[subjects.label("bouclier", reloading.LEVEL)], rules)

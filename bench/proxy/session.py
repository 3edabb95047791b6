"""What every bench does around its measuring: asks for what it needs, goes inside, shows tables as they come, sums up."""
import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from . import namespace, report, subjects, workshop
from .subjects import Origin
from .tables import judge


def names_of(known):
    def read(text):
        names = text.split(",")
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not among {', '.join(known)}")
        return names
    return read


def at_least_1(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: a whole number from 1")
    return int(text)


def add_options(parser):
    """Those that every bench of rounds has."""
    add_common_options(parser)
    parser.add_argument("--rounds", type=at_least_1, default=5, help="interleaved rounds (5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each run (2)")


def add_common_options(parser):
    """Those that every bench has."""
    parser.add_argument("--json", metavar="FILE", help="write all that was measured to FILE")
    parser.add_argument("--bouclier", metavar="PATH", default=workshop.ROOT / "build" / "bouclier", help="build/bouclier")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder and say where it is")


def enter(run, arguments, needs, fill, measure, groups=("bench",)):
    """FILL(scratch) outside, then MEASURE(run) inside; the exit status. ARGUMENTS are the command line, the bench's name first."""
    inside = namespace.scratch_inside()
    if inside:
        run.scratch = Path(inside)
        return measure(run)
    if os.geteuid() != 0:
        print(f"bench: needs root (a network namespace of its own): sudo bench/run {arguments[0]}", file=sys.stderr)
        return 2
    if not {subjects.PROXY_CORE, subjects.LOAD_CORE} <= os.sched_getaffinity(0):
        print("bench: needs cores 0 and 1: the proxy alone on one, generator and origin on the other", file=sys.stderr)
        return 2
    if not workshop.install(needs, groups):
        return 2
    return _outside(run, arguments, fill)


def _outside(run, arguments, fill):
    scratch = Path(tempfile.mkdtemp(prefix="bouclier-bench-"))
    scratch.chmod(0o755)  # subjects that drop their privileges must reach their files
    try:
        fill(scratch)
        return namespace.run_inside(scratch, arguments)
    finally:
        if run.keep:
            print(f"kept: {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)


class Tables:
    """Printed as they come, so that an interrupted run has shown what it had."""

    def __init__(self, has_bars):
        self.all, self.verdicts, self.has_bars = [], [], has_bars

    def add(self, table):
        verdicts = [judge(table, bar) for bar in table.bars()] if self.has_bars else []
        self.all.append(table)
        self.verdicts += verdicts
        report.print_table(table, verdicts)


def measure(run, has_bars, fill_tables):
    """Inside: FILL_TABLES(tables) with the origin running; then the bars, and the exit status."""
    run.machine = report.machine()
    tables, origin = Tables(has_bars), Origin(run.scratch)
    print(f"{run.machine['cpu']}, {run.machine['cores']} cores, kernel {run.machine['kernel']}; "
          f"{run.rounds} round{'s' * (run.rounds > 1)} of {run.seconds:g} s", flush=True)
    try:
        fill_tables(tables)
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)
        return 130
    finally:
        origin.stop()
        report.print_verdicts(tables.verdicts)
        if run.json:
            report.write_json(run.json, run, tables.all, tables.verdicts)
    return 1 if any(verdict.outcome != "ok" for verdict in tables.verdicts) else 0

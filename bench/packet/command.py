"""bench/run packet: what a packet costs the kernel filter and its peers, and what citizens feel of a SYN flood."""
import argparse
import json
import subprocess
import sys
from pathlib import Path

from proxy import report, session, workshop
from proxy.tables import Bar, Table

from . import veth
from .cable import Link, NotHere

NEEDS = {name: mark for name, mark in workshop.NEEDS.items() if name in {"util-linux", "iproute2", "nginx"}} | {
    "nftables": "nft", "iptables": "iptables-nft", "ethtool": "ethtool"}
WORKLOADS = ("run", "denied", "limited", "syn", "citizens", "list", "egress")
PASS_NS, MEMORY_MIB, LIST_MS = 60, 220, 50
REPETITIONS = 1000000
SENDS = 100000


def read_options(arguments):
    parser = argparse.ArgumentParser(prog="bench/run packet", description="What a packet costs the kernel filter, an empty program, nftables and the "
                                     "kernel's own SYN cookies. Needs root, two cores, and build/ with its tests.")
    session.add_common_options(parser)
    parser.add_argument("--rounds", type=session.at_least_1, default=5, help="interleaved rounds (5)")
    parser.add_argument("--seconds", type=float, default=1.5, help="of each flood (1.5)")
    parser.add_argument("--workloads", type=session.names_of(WORKLOADS), default=list(WORKLOADS), help=", ".join(WORKLOADS))
    return parser.parse_args(arguments)


def main(arguments):
    return session.enter(read_options(arguments), ["packet", *arguments], NEEDS, lambda scratch: None, measure_all, groups=("build", "test", "bench"))


def _programs(run):
    return Path(run.bouclier).resolve().parent / "tests" / "packet"


def _measure_run(run):
    """BPF_PROG_TEST_RUN: no cable, no generator."""
    said = json.loads(subprocess.run([_programs(run) / "packet-measure", str(run.rounds), str(REPETITIONS)], check=True, capture_output=True,
                                     text=True).stdout)
    table = Table("run", "one packet in BPF_PROG_TEST_RUN, maps hot, beyond an empty program", "ns", Bar(PASS_NS, subject="pass"))
    memory = Table("memory", "all maps, with a million sources", "MiB", Bar(MEMORY_MIB))
    memory.row("bouclier").add({}, said.pop("memory") / 2**20)
    for name, ns in said.items():
        for which in ("least", "median", "most"):
            table.row(name).add({}, ns[which])
    return [table, memory], said


def _measure_list(run):
    """How long 100,000 networks take to be in force."""
    table = Table("list", "100,000 networks, from their file to being in force", "ms", Bar(LIST_MS))
    program = _programs(run) / "packet-list"
    if not program.exists():
        table.row("bouclier").absence = f"not built: {program}"
        return table
    for _ in range(run.rounds):
        table.row("bouclier").add({}, float(subprocess.run([program, "100000"], check=True, capture_output=True, text=True).stdout))
    return table


def _measure_egress(run):
    """What whoever sends pays for being looked at: the same send() with nothing attached, in observe, and in enforce, in turn."""
    said = json.loads(subprocess.run([_programs(run) / "packet-egress", str(run.rounds), str(SENDS)], check=True, capture_output=True, text=True).stdout)
    for case, what in (("datagram", "sendto() of a datagram"), ("connected", "send() of a connected datagram socket"), ("full", "sendto() where the ledger is full, 24 lengths of prefixes")):
        table = Table(f"egress {case}", f"{what} inside the control group, over loopback", "ns")
        for mode, rounds in said[case].items():
            for ns in rounds:
                table.row(mode).add({}, ns)
            table.row(mode).beside = None if mode == "none" else "none"
        yield table


def _tables(run):
    said = {}
    if "run" in run.workloads:
        tables, said = _measure_run(run)
        yield from tables
    if set(run.workloads) & set(veth.MEASURES):
        link = Link(_programs(run))
        try:
            for name, measure in veth.MEASURES.items():
                if name in run.workloads:
                    yield from measure(run, link, said)
        finally:
            link.close()
    if "list" in run.workloads:
        yield _measure_list(run)
    if "egress" in run.workloads:
        yield from _measure_egress(run)


def measure_all(run):
    run.machine = report.machine()
    tables = session.Tables(True)
    print(f"{run.machine['cpu']}, {run.machine['cores']} cores, kernel {run.machine['kernel']}; {run.rounds} rounds of {run.seconds:g} s", flush=True)
    try:
        for table in _tables(run):
            tables.add(table)
    except NotHere as why:
        print(f"bench: {why}", file=sys.stderr)
        return 2
    finally:
        report.print_verdicts(tables.verdicts)
        if run.json:
            report.write_json(run.json, run, tables.all, tables.verdicts)
    return 1 if any(verdict.outcome != "ok" for verdict in tables.verdicts) else 0

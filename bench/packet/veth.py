"""Over a cable: floods as fast as one core makes them, of which the receiver's work is done on the same core, so that the time of a packet is
the generator's, the cable's and the filter's, one after the other."""
import os
import time

from proxy.tables import Bar, Table

from . import nginx, rivals
from .cable import SERVER, finished

SYN = f"to {SERVER} v4 tcp 1024 {rivals.PORT} S mss 1460 sack time 7 nop scale 7"
UDP = f"to {SERVER} v4 udp 1024 9999 body 18"
FLOOD_PER_S, CITIZENS_PER_S, FLOOD_S, CITIZENS_S = 400000, 100, 6, 4
THIRD = 0.333
ARRIVED_MIN = 0.97
QUIET_CORES = 0.15  # that others may keep busy
SETTLE_S = 0.3


def _received(link):
    """Packets that came to the server's end, whoever took them there."""
    for line in link.server.run("cat", "/proc/net/dev").splitlines():
        if line.strip().startswith("near:"):
            return int(line.split(":")[1].split()[1])
    raise RuntimeError("no end of the cable")


def _flood(run, link, recipe, sources, count):
    """-> (ns of a packet, share that arrived, share that was answered)"""
    before = _received(link)
    figures = finished(link.flood(run.seconds, 0, recipe, sources, count, core=0))
    time.sleep(SETTLE_S)
    return figures["seconds"] / figures["sent"] * 1e9, (_received(link) - before) / figures["sent"], figures["answers"] / figures["sent"]


def _rounds(run, link, parties, recipe, sources, count, table):
    """Everybody in turn, in each round; the time of a packet, all of it."""
    for _ in range(run.rounds):
        for name, stand in parties.items():
            with stand(link, run.scratch):
                ns, arrived, answered = _flood(run, link, recipe, sources, count)
            table.row(name).add({"arrived": arrived, **({"answered": answered} if answered else {})}, ns,
                                [f"only {arrived:.1%} arrived"] if arrived < ARRIVED_MIN else [])
    return table


def measure_denied(run, link, said):
    table = Table("denied", "UDP from a denied network, 100,000 on the list: time of a packet with generator and cable", "ns",
                  Bar(THIRD, ("nft set",)), more_bars=(Bar(1.1, ("empty",)),))
    deny = rivals.bouclier("deny", rivals.DENIED, rivals.DENIED_COUNT // 256, "deny", "20.0.0.0", rivals.OTHERS)
    yield _rounds(run, link, {"empty": rivals.empty, "bouclier": deny, "nft set": rivals.nft_set}, UDP, rivals.DENIED, rivals.DENIED_COUNT, table)


def measure_limited(run, link, said):
    table = Table("limited", "UDP of 1,000 sources, each held to 100 a second: time of a packet with generator and cable", "ns")
    budget = rivals.bouclier("budget", rivals.INTERVAL_NS, rivals.BURST_NS, flags=rivals.HAS_UDP_BUDGET)
    parties = {"empty": rivals.empty, "bouclier": budget, "nft meter": rivals.nft_meter, "hashlimit": rivals.hashlimit}
    yield _rounds(run, link, parties, UDP, "10.1.0.0", 1000, table)


def measure_syn(run, link, said):
    """The kernel cannot be asked in BPF_PROG_TEST_RUN: what the filter costs there is held against what the kernel costs here."""
    whole = Table("syn whole", "a SYN from anywhere, answered with a cookie: time of a packet with generator and cable", "ns")
    server = nginx.start(link, run.scratch, rivals.PORT)
    link.server.set("net/ipv4/tcp_timestamps", 2)
    _rounds(run, link, {"empty": rivals.empty, "bouclier": rivals.bouclier(), "kernel": rivals.nobody}, SYN, "10.0.0.0", 1 << 24, whole)
    yield whole
    table = Table("syn", "the same beyond an empty program; run: the filter alone, in BPF_PROG_TEST_RUN", "ns", Bar(THIRD, ("kernel",)),
                  more_bars=(Bar(THIRD, ("kernel",), subject="run"),))
    empty = whole.row("empty").values()
    for name in ("bouclier", "kernel"):
        table.row(name).faults = whole.row("empty").faults + whole.row(name).faults
        for number, ns in whole.row(name).values().items():
            table.row(name).add({"total_ns": ns}, ns - empty[number])
    for _ in range(run.rounds if "syn with options" in said else 0):
        table.row("run").add({}, said["syn with options"]["median"])
    yield table
    server.terminate()
    server.wait()


def _busy_s():
    """Of the whole machine, all cores."""
    with open("/proc/stat") as stat:
        ticks = [int(word) for word in stat.readline().split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def _others_busy():
    before, begin = _busy_s(), time.monotonic()
    time.sleep(1)
    return (_busy_s() - before) / (time.monotonic() - begin)


def _attacked(link, stand, folder, has_citizens):
    """-> (what citizens felt, cores that were busy)"""
    with stand(link, folder):
        before, begin = _busy_s(), time.monotonic()
        flood = link.flood(FLOOD_S, FLOOD_PER_S, SYN)
        felt = finished(link.citizens(rivals.PORT, CITIZENS_S, CITIZENS_PER_S)) if has_citizens else None
        sent = finished(flood)["sent"]
        busy = (_busy_s() - before) / (time.monotonic() - begin)
    return felt, busy, sent / FLOOD_S


def measure_citizens(run, link, said):
    """CPU: of the whole machine, beyond the same flood before an empty program, which is the generator's and the cable's."""
    lost = Table("lost", f"citizens who did not connect under {FLOOD_PER_S:,} SYN/s", "%", Bar(0))
    wait = Table("wait", "their p99 until connected", "ms", Bar(50))
    cpu = Table("cpu", "the whole machine's cores that the flood keeps busy beyond one before an empty program", "cores", Bar(0.5, ("kernel",)))
    server = nginx.start(link, run.scratch, rivals.PORT)
    link.server.set("net/ipv4/tcp_timestamps", 2)
    for _ in range(run.rounds):
        others = _others_busy()
        _, base, _ = _attacked(link, rivals.empty, run.scratch, False)
        for name, stand in {"bouclier": rivals.bouclier(), "kernel": rivals.nobody}.items():
            felt, busy, per_s = _attacked(link, stand, run.scratch, True)
            faults = [f"only {per_s:,.0f} SYN/s were sent"] if per_s < FLOOD_PER_S * 0.95 else []
            lost.row(name).add({"per_s": per_s}, 100 * (1 - felt["connected"] / felt["tried"]), faults)
            wait.row(name).add({}, felt["connect_p99_ms"], faults)
            noise = [f"not a quiet machine: others had {others:.2f} cores"] if others > QUIET_CORES else []
            cpu.row(name).add({}, busy - base, faults + noise)
    server.terminate()
    server.wait()
    yield from (lost, wait, cpu)


MEASURES = {"denied": measure_denied, "limited": measure_limited, "syn": measure_syn, "citizens": measure_citizens}

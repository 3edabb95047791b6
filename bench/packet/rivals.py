"""Who stands before the server: our filter, an empty program, nftables, or nobody."""
import contextlib

HAS_LIST, HAS_UDP_BUDGET, HIDES_PORTS, ANSWERS_SYN, KNOWS_STATE, IS_END_HOST, HAS_TIMESTAMPS = (1 << bit for bit in (0, 3, 4, 5, 6, 7, 9))
SHIELDED = HAS_LIST | HIDES_PORTS | ANSWERS_SYN | KNOWS_STATE | IS_END_HOST | HAS_TIMESTAMPS
PORT = 8080
DENIED, DENIED_COUNT = "10.1.0.0", 65536     # where the flood comes from
OTHERS = 100000 - DENIED_COUNT               # to make it a list of 100,000
INTERVAL_NS, BURST_NS = 10_000_000, 2_000_000_000   # 100 packets a second, 200 at once


def bouclier(*more, flags=SHIELDED):
    return lambda link, folder: link.filtered(flags, PORT, *more)


@contextlib.contextmanager
def _attached(link):
    link.server.run("ip", "link", "set", "dev", "near", "xdpdrv", "obj", link.programs / "again.o", "program", "empty")
    try:
        yield
    finally:
        link.server.run("ip", "link", "set", "dev", "near", "xdpdrv", "off")


def empty(link, folder):
    return _attached(link)


@contextlib.contextmanager
def _ruled(link, folder, rules):
    folder.joinpath("rules.nft").write_text(rules)
    link.server.run("nft", "-f", folder / "rules.nft")
    try:
        yield
    finally:
        link.server.run("nft", "flush", "ruleset")


def _addresses():
    for number in range(DENIED_COUNT):
        yield f"10.1.{number >> 8}.{number & 255}"
    for number in range(OTHERS):
        yield f"20.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def nft_set(link, folder):
    return _ruled(link, folder, f"""table netdev shield {{
    set denied {{ type ipv4_addr; elements = {{ {", ".join(_addresses())} }} }}
    chain arriving {{ type filter hook ingress device near priority 0; ip saddr @denied drop; }}
}}
""")


def nft_meter(link, folder):
    return _ruled(link, folder, """table netdev shield {
    set seen { type ipv4_addr; flags dynamic; size 65536; }
    chain arriving { type filter hook ingress device near priority 0; update @seen { ip saddr limit rate over 100/second burst 200 packets } drop; }
}
""")


@contextlib.contextmanager
def _hashlimit(link):
    rule = ("PREROUTING", "-p", "udp", "-m", "hashlimit", "--hashlimit-name", "bench", "--hashlimit-mode", "srcip", "--hashlimit-above", "100/sec",
            "--hashlimit-burst", "200", "-j", "DROP")
    link.server.run("iptables-nft", "-t", "raw", "-A", *rule)
    try:
        yield
    finally:
        link.server.run("iptables-nft", "-t", "raw", "-D", *rule)


def hashlimit(link, folder):
    return _hashlimit(link)


def nobody(link, folder):
    return contextlib.nullcontext()

"""Of 100 packets in front of the shield 95 are lost. What the shield's journal says of its citizens is never more than what came through; and a probe on
the far side of that line, whose reports do not get through either, tells the truth when the line is well again."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest

from lab.origin import Origin
from lab.place import BINARY, ENVIRONMENT, HOST, WAIT, free_port, make_folder, wait_until
from lab.shield import Shield
from lab.tls import make_certificate
from test_probe import Hub, key  # noqa: F401

USUAL = 300   # requests a minute
HUB_HOST = "hub.commune.example"
# Five citizens a second, each with his patience.
CITIZENS = """
import threading, time, http.client, sys
def visit():
    try:
        http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=3).request("GET", "/")
    except OSError:
        pass
while True:
    threading.Thread(target=visit, daemon=True).start()
    time.sleep(0.2)
"""


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


class Far:
    """A network namespace behind a router that may lose packets, and our address on this side."""

    def __init__(self):
        mark = os.getpid() % 200
        self.far, self.mid = f"bcl-far-{os.getpid()}", f"bcl-mid-{os.getpid()}"
        self.near_link, self.here, self.there = f"bclp{os.getpid() % 100000}", f"10.201.{mark}.1", f"10.202.{mark}.2"
        self.hosts = pathlib.Path(f"/etc/netns/{self.far}")
        for name in (self.far, self.mid):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        self.hosts.mkdir(parents=True)
        self.hosts.joinpath("hosts").write_text(f"127.0.0.1 localhost\n{self.here} {HOST} {HUB_HOST}\n")
        run("ip", "link", "add", self.near_link, "type", "veth", "peer", "name", "near", "netns", self.mid)
        run("ip", "-n", self.mid, "link", "add", "far", "type", "veth", "peer", "name", "eth0", "netns", self.far)
        for where, link, address in ((None, self.near_link, f"{self.here}/24"), (self.mid, "near", f"10.201.{mark}.2/24"), (self.mid, "far", f"10.202.{mark}.1/24"),
                                     (self.far, "eth0", f"{self.there}/24")):
            at = ("ip", "-n", where) if where else ("ip",)
            run(*at, "address", "add", address, "dev", link)
            run(*at, "link", "set", link, "up")
        run("ip", "-n", self.far, "route", "add", "default", "via", f"10.202.{mark}.1")
        run("ip", "route", "add", f"10.202.{mark}.0/24", "via", f"10.201.{mark}.2")
        run(*self.inside(self.mid, "sysctl", "-qw", "net.ipv4.ip_forward=1"))

    def inside(self, name, *words):
        return ["ip", "netns", "exec", name, *map(str, words)]

    def lose(self, percent):
        run(*self.inside(self.mid, "nft", f"add table inet lost; add chain inet lost packets {{ type filter hook forward priority 0; }}; "
                                          f"add rule inet lost packets numgen random mod 100 < {percent} drop"))

    def mend(self):
        run(*self.inside(self.mid, "nft", "delete table inet lost"))

    def close(self):
        for name in (self.far, self.mid):
            subprocess.run(["ip", "netns", "delete", name], check=False)
        subprocess.run(["ip", "link", "delete", self.near_link], check=False, capture_output=True)
        shutil.rmtree(self.hosts)


@pytest.fixture
def far():
    if os.geteuid() != 0 or not shutil.which("nft"):
        pytest.skip("needs root and nft")
    made = Far()
    yield made
    made.close()


@pytest.fixture
def started():
    """Processes that end with the scene."""
    every = []

    def start(words):
        every.append(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **ENVIRONMENT}))
        return every[-1]
    yield start
    for one in every:
        if one.poll() is None:
            one.kill()
        one.communicate(timeout=10)


def untold(state):
    """How often the probe looked in the minutes that it could not tell."""
    return sum(site["asked"] for minute in state.glob("minute-*.json") for site in json.loads(minute.read_text())["sites"])


def end(process):
    process.send_signal(signal.SIGTERM)
    return process.communicate(timeout=20)


def test_of_a_line_that_loses_95_percent_nobody_says_more_than_5(far, started, key):  # noqa: F811
    port, hub_port, state = free_port(), free_port(), make_folder("probe-state")
    with Origin() as origin, Shield(origin, listen=[{"address": f"{far.here}:{port}", "tls": False}]) as shield:
        folder = make_folder("probe-hub")
        make_certificate(folder / "chain.pem", HUB_HOST, "localhost")
        hub = Hub(key[1], hub_port, folder, f"journal={shield.state}/journal", f"usual={USUAL}", site=f"{HOST}={HOST}", name=HUB_HOST)
        try:
            probe = ["probe", "--to", f"https://{HUB_HOST}:{hub_port}", "--hub-ca", hub.certificate, "--key", key[0], "--name", "antwerp", "--state", state]
            far.lose(95)
            citizens = started(far.inside(far.far, sys.executable, "-c", CITIZENS, HOST, port))
            looking = started(far.inside(far.far, BINARY, *probe, "--every", "10s", "--patience", "2s", f"http://{HOST}:{port}/"))
            run(BINARY, "level", HOST, "attack", "-c", str(shield.config))

            def experienced():
                found = [one for one in hub.ask("GET", "/api/v1/test/incidents")[1] if one["family"] == "attack"]
                return found[0]["citizens"] if found else None
            alone = wait_until(lambda: (seen := experienced()) and seen["minutes"] and seen, 150, "a minute of the attack")
            assert alone["vantage"] in ("shield", "unknown")
            assert alone["served_share"] is None or alone["served_share"] <= 50, alone
            assert alone["minutes_unreachable"] + alone["minutes_degraded"] >= 1 and alone["not_seen"] > alone["expected"] * 0.9
            wait_until(lambda: untold(state) >= 3, 150, "minutes that the probe could not tell")
            end(looking)
            citizens.kill()
            run(BINARY, "level", HOST, "auto", "-c", str(shield.config))
            far.mend()
            told = subprocess.run(far.inside(far.far, BINARY, *probe, "--once", f"https://{HUB_HOST}:{hub_port}/"), capture_output=True, text=True, timeout=60)
            assert not list(state.glob("minute-*.json")), told.stderr
            seen = wait_until(lambda: (seen := experienced())["vantage"] == "probe" and seen["probes"] >= 3 and seen, WAIT, "what the probe saw")
            assert seen["served_share"] <= 50 and seen["probed_minutes"] >= 1, seen
            assert seen["minutes_unreachable"] >= 1
        finally:
            hub.stop()

"""`bouclier packet bgp` with two real BIRDs, ours and the carrier's, in two network namespaces: what is added shows up at the carrier, and goes again whatever happens."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

import lab
from lab import HOST, wait_until
from lab.place import BINARY

BIRD = shutil.which("bird", path="/usr/sbin:/usr/bin:/sbin")
PERSON = "An Janssens"
PORTAL, PORTAL_V6, EMERGENCY = "198.51.100.7", "2001:db8:7::7", "198.51.100.8"
OURS = """
log stderr all;
router id 10.99.0.1;
include "{folder}/bouclier.conf";
protocol device {{}}
protocol bgp carrier {{
    local 10.99.0.1 as 65001;
    neighbor 10.99.0.2 as 65002;
    connect delay time 1;
    ipv4 {{ table bouclier_rtbh4; import none; export all; next hop self; }};
    ipv6 {{ table bouclier_rtbh6; import none; export all; next hop address 2001:db8:99::1; }};
    flow4 {{ table bouclier_flow4; import none; export all; }};
    flow6 {{ table bouclier_flow6; import none; export all; }};
}}
"""
CARRIER = """
log stderr all;
router id 10.99.0.2;
flow4 table flow4_in; flow6 table flow6_in; ipv4 table rtbh4_in; ipv6 table rtbh6_in;
protocol device {{}}
protocol bgp customer {{
    local 10.99.0.2 as 65002;
    neighbor 10.99.0.1 as 65001;
    connect delay time 1;
    ipv4 {{ table rtbh4_in; import all; export none; }};
    ipv6 {{ table rtbh6_in; import all; export none; }};
    flow4 {{ table flow4_in; import all; export none; validate off; }};
    flow6 {{ table flow6_in; import all; export none; validate off; }};
}}
"""


def why_not():
    if not BIRD:
        return "bird2 is not installed"
    if os.geteuid() or subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode:
        return "network namespaces may not be made here"
    return ""


pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)


class Bird:
    """One BIRD in a namespace of its own."""

    def __init__(self, folder, name, text):
        self.folder, self.name, self.process, self.words = folder, name, None, []
        self.space = f"bgp-{os.getpid()}-{name}"
        self.control = folder / f"{name}.ctl"
        self.config = folder / f"{name}.conf"
        self.log = folder / f"{name}.log"
        self.config.write_text(text.format(folder=folder))
        ip("netns", "add", self.space)

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(["ip", "netns", "exec", self.space, BIRD, "-f", "-c", self.config, "-s", self.control, *(self.words or ["-P", f"{self.control}.pid"])],
                                            stderr=log, stdout=log)
        wait_until(lambda: self.control.exists() and "up and running" in self.ask("show status"), what=f"BIRD {self.name}: {self.log.read_text()[-300:]}")

    def ask(self, question):
        return subprocess.run(["birdc", "-s", self.control, question], capture_output=True, text=True, timeout=10, check=False).stdout

    def kill(self):
        self.process.kill()     # ip netns exec has become BIRD itself
        self.process.wait(10)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        ip("netns", "delete", self.space)


class House:
    """Both BIRDs, a configuration, and the watch."""

    def __init__(self):
        self.folder = lab.make_folder("bgp")
        self.watch = None
        (self.folder / "bouclier.conf").write_text("")
        self.ours, self.carrier = Bird(self.folder, "ours", OURS), Bird(self.folder, "carrier", CARRIER)
        ends = [(self.ours, f"ba{os.getpid()}", 1), (self.carrier, f"bb{os.getpid()}", 2)]
        ip("link", "add", ends[0][1], "netns", ends[0][0].space, "type", "veth", "peer", "name", ends[1][1], "netns", ends[1][0].space)
        for bird, device, number in ends:
            ip("-n", bird.space, "address", "add", f"10.99.0.{number}/24", "dev", device)
            ip("-n", bird.space, "address", "add", f"2001:db8:99::{number}/64", "dev", device, "nodad")
            ip("-n", bird.space, "link", "set", device, "up")
            ip("-n", bird.space, "link", "set", "lo", "up")
        self.configure()
        self.carrier.start()

    def configure(self, **bgp):
        text = {
            "listen": [{"address": "127.0.0.1:8443", "tls": False}], "state": str(self.folder / "state"), "management": ["203.0.113.0/24"],
            "admin": {"socket": str(self.folder / "admin.sock")},
            "sites": [{"name": HOST, "origins": ["http://127.0.0.1:9"]}, {"name": "urgences.example", "origins": ["http://127.0.0.1:9"], "priority_routes": ["/"]}],
            "link": {"interface": "lo", "capacity": "1Gbit/s",
                     "served": [{"network": PORTAL, "sites": [HOST]}, {"network": PORTAL_V6, "sites": [HOST]}, {"network": EMERGENCY, "sites": ["urgences.example"]}],
                     "bgp": {"mode": "on", "socket": str(self.ours.control), "include": str(self.folder / "bouclier.conf"), "flow_from": 0, "unreachable_from": 0,
                             "routes": 4, "persons": [PERSON], **bgp}},
        }
        (self.folder / "bouclier.yaml").write_text(json.dumps(text))

    def bgp(self, *words):
        return subprocess.run([BINARY, "packet", "bgp", *words, "--config", self.folder / "bouclier.yaml"], capture_output=True, text=True, timeout=30, check=False)

    def add(self, *words):
        """The number of what was added."""
        said = self.bgp("add", *words, "--output", "json")
        assert said.returncode == 0 and "NO BGP SESSION" not in said.stderr, said
        return json.loads(said.stdout)["number"]

    def start_watch(self, *before):
        log = (self.folder / "watch.log").open("ab")
        self.watch = subprocess.Popen([*before, BINARY, "packet", "bgp", "watch", "--config", self.folder / "bouclier.yaml"], stderr=log)
        wait_until(lambda: "the watch runs" in self.bgp("list").stdout, what="the watch")

    def begin(self, *before):
        """The watch first: it writes the tables that our BIRD's configuration names."""
        self.start_watch(*before)
        wait_until(lambda: "bouclier_flow4" in (self.folder / "bouclier.conf").read_text(), what="the include file")
        self.ours.start()
        wait_until(lambda: "1 BGP session established" in self.bgp("list").stdout, 20, "the session")
        wait_until(lambda: self.bgp("list").stdout.endswith("the watch runs\n"), 5, "the watch reaches BIRD")

    def told(self, sentence):
        """The watch has said so. A busy disk takes its time: it speaks when the file is written."""
        log = self.folder / "watch.log"
        try:
            wait_until(lambda: sentence in log.read_text(), 20)
        except AssertionError:
            pytest.fail(f"\"{sentence}\" was not told: {log.read_text()}")

    def seen(self, table="flow4_in"):
        """What the carrier has of us."""
        return self.carrier.ask(f"show route table {table} all")

    def close(self):
        if self.watch and self.watch.poll() is None:
            self.watch.terminate()
            self.watch.wait(20)
        self.ours.close()
        self.carrier.close()
        shutil.rmtree(self.folder)


@pytest.fixture
def house():
    one = House()
    try:
        one.begin()
        yield one
    finally:
        one.close()


def test_flowspec_comes_and_goes(house):
    began = time.monotonic()
    number = house.add(PORTAL, "--protocol", "udp", "--source-port", "53,123", "--length", "400", "--for", "10m")
    wait_until(lambda: "198.51.100.7/32" in house.seen(), 15, "the rule at the carrier")
    print(f"added and seen at the carrier in {(time.monotonic() - began) * 1000:.0f} ms")
    seen = house.seen()
    assert "dst 198.51.100.7/32; proto 17; sport 53,123; length >= 400" in seen, seen
    assert "(generic, 0x80060000, 0x0)" in seen     # a rate of nothing
    six = house.add(PORTAL_V6, "--protocol", "udp", "--source-port", "53")
    wait_until(lambda: "2001:db8:7::7/128" in house.seen("flow6_in"), 15, "the rule of IPv6 at the carrier")
    listed = house.bgp("list").stdout
    assert f"{number}    until " in listed and "flow to=198.51.100.7/32 protocol=17 source-port=53,123 length=400" in listed
    began = time.monotonic()
    assert house.bgp("withdraw", str(number)).stdout == "1 route withdrawn\n"
    wait_until(lambda: "198.51.100.7/32" not in house.seen(), 15, "the rule has gone")
    print(f"withdrawn and gone at the carrier in {(time.monotonic() - began) * 1000:.0f} ms")
    assert "2001:db8:7::7/128" in house.seen("flow6_in")
    assert house.bgp("withdraw", "all").stdout == "1 route withdrawn\n"
    wait_until(lambda: "2001:db8:7::7/128" not in house.seen("flow6_in"), 15, "the rule of IPv6 has gone")
    assert six == number + 1


def test_unreachable_by_a_person_only(house):
    for by in ([], ["--by", "Somebody Else"]):
        said = house.bgp("add", PORTAL, "--unreachable", *by)
        assert said.returncode == 1 and "this makes the portal unreachable" in said.stderr
    said = house.bgp("add", PORTAL, "--unreachable", "--by", PERSON, "--for", "31m")
    assert said.returncode == 1 and "longer than the configuration allows" in said.stderr
    said = house.bgp("add", EMERGENCY, "--unreachable", "--by", PERSON)
    assert said.returncode == 1 and "a site with priority_routes is there" in said.stderr
    said = house.bgp("add", PORTAL, "--unreachable", "--by", PERSON)
    assert said.returncode == 0 and "THIS MAKES THE PORTAL UNREACHABLE" in said.stderr, said
    wait_until(lambda: "198.51.100.7/32" in house.seen("rtbh4_in"), 15, "the route at the carrier")
    seen = house.seen("rtbh4_in")
    assert "(65535,666)" in seen and "(65535,65281)" in seen and "10.99.0.1" in seen and seen.count("/32") == 1
    house.add(PORTAL_V6, "--unreachable", "--by", PERSON)
    wait_until(lambda: "2001:db8:7::7/128" in house.seen("rtbh6_in"), 15, "the route of IPv6 at the carrier")
    until = json.loads(house.bgp("list", "--output", "json").stdout)["routes"][0]
    assert until["by"] == PERSON and until["unreachable"] is True


def test_it_is_over_by_itself(house):
    house.add(PORTAL, "--protocol", "udp", "--source-port", "53", "--for", "3s")
    house.add(PORTAL, "--protocol", "udp", "--source-port", "123", "--for", "10m")
    wait_until(lambda: house.seen().count("dst 198.51.100.7/32") == 2, 15, "both rules at the carrier")
    wait_until(lambda: house.seen().count("dst 198.51.100.7/32") == 1, 15, "one is over")
    house.told("over: 1 route withdrawn")


def test_the_death_of_bird_withdraws_everything(house):
    house.add(PORTAL, "--protocol", "udp", "--source-port", "53", "--for", "10m")
    wait_until(lambda: "198.51.100.7/32" in house.seen(), 15, "the rule at the carrier")
    began = time.monotonic()
    house.ours.kill()
    wait_until(lambda: "198.51.100.7/32" not in house.seen(), 15, "the rule has gone with BIRD")
    print(f"gone at the carrier {(time.monotonic() - began) * 1000:.0f} ms after BIRD was killed")
    house.told(": 1 route withdrawn")   # BIRD has ended; or, where the watch had not met it yet, does not run
    assert "nothing is announced\nBIRD does not answer" in house.bgp("list").stdout
    house.ours.start()
    wait_until(lambda: "1 BGP session established" in house.bgp("list").stdout, 30, "the session again")
    time.sleep(2)
    assert "198.51.100.7/32" not in house.seen()     # what a person wanted then does not come back by itself
    house.add(PORTAL, "--protocol", "udp", "--source-port", "53")
    wait_until(lambda: "198.51.100.7/32" in house.seen(), 15, "a new rule at the carrier")


def test_the_watch_withdraws_when_it_ends_and_not_when_it_dies(house):
    house.add(PORTAL, "--protocol", "udp", "--source-port", "53", "--for", "10m")
    wait_until(lambda: "198.51.100.7/32" in house.seen(), 15, "the rule at the carrier")
    house.watch.kill()
    house.watch.wait(10)
    said = house.bgp("add", PORTAL, "--protocol", "udp", "--source-port", "123")
    assert said.returncode == 1 and "nobody would withdraw it" in said.stderr
    house.start_watch()
    time.sleep(1.5)
    assert "198.51.100.7/32" in house.seen()         # the same BIRD, and not over: it stays
    house.watch.send_signal(signal.SIGTERM)
    assert house.watch.wait(10) == 0
    wait_until(lambda: "198.51.100.7/32" not in house.seen(), 15, "the rule has gone with the watch")


def test_caps(house):
    for port in (1, 2, 3, 4):
        house.add(PORTAL, "--protocol", "udp", "--source-port", str(port))
    for words, sentence in ((["--source-port", "5"], "as many as `routes` allows"), (["--source-port", "4"], "announced already")):
        said = house.bgp("add", PORTAL, "--protocol", "udp", *words)
        assert said.returncode == 1 and sentence in said.stderr, said
    house.bgp("withdraw", "all")
    for words, sentence in (
            (["192.0.2.9", "--protocol", "udp"], "not one of `served`"), ([PORTAL, "--from", "203.0.113.9", "--protocol", "udp"], "a network of `management`"),
            ([PORTAL, "--protocol", "tcp", "--by", PERSON], "keep out those of `management`"), ([PORTAL, "--from", "192.0.0.0/16"], "larger network"),
            ([PORTAL, "--protocol", "tcp", "--port", "443"], "this makes the portal unreachable"), ([PORTAL, "--protocol", "udp", "--for", "3h"], "longer than"),
            ([PORTAL, "--port", "53"], "say which protocol")):
        said = house.bgp("add", *words)
        assert said.returncode == 1 and sentence in said.stderr, (words, said)
    house.configure(flow_from=70, unreachable_from=90)
    said = house.bgp("add", PORTAL, "--protocol", "udp")
    assert said.returncode == 1 and "the line is not full enough for that" in said.stderr, said
    assert "dst" not in house.seen()


def test_bird_refuses_its_configuration(house):
    """Somebody broke it elsewhere: nothing can be added, and what is withdrawn is gone all the same."""
    number = house.add(PORTAL, "--protocol", "udp", "--source-port", "53", "--for", "10m")
    wait_until(lambda: "198.51.100.7/32" in house.seen(), 15, "the rule at the carrier")
    good = house.ours.config.read_text()
    house.ours.config.write_text(good + "\nnonsense;\n")
    said = house.bgp("withdraw", str(number))
    assert said.returncode == 1 and "BIRD refuses its configuration" in said.stderr and "nothing of ours is announced" in said.stderr, said
    wait_until(lambda: "198.51.100.7/32" not in house.seen(), 15, "the rule has gone")
    house.ours.config.write_text(good)
    time.sleep(2)
    assert "198.51.100.7/32" not in house.seen()
    house.add(PORTAL, "--protocol", "udp", "--source-port", "53")
    wait_until(lambda: "198.51.100.7/32" in house.seen(), 15, "a rule at the carrier again")


def test_a_changed_file_is_withdrawn(house):
    house.add(PORTAL, "--protocol", "udp", "--source-port", "53", "--for", "10m")
    wait_until(lambda: "198.51.100.7/32" in house.seen(), 15, "the rule at the carrier")
    path = pathlib.Path(house.folder / "bouclier.conf")
    path.write_text(path.read_text().replace("route flow4 {", "route flow4 { "))
    house.told("changed by somebody else")
    wait_until(lambda: "dst" not in house.seen(), 15, "all of it has gone")
    house.add(PORTAL, "--protocol", "udp", "--source-port", "53", "--for", "10m")
    path.write_text(path.read_text().replace("198.51.100.7/32", "192.0.2.0/24"))     # so well that it could be our own
    house.told("not to be announced")
    assert "192.0.2.0" not in path.read_text() + house.seen()


def test_withdrawn_whatever_the_configuration_is(house):
    """Off, or broken in the middle of an attack: what was announced can be listed and taken back."""
    number = house.add(PORTAL, "--protocol", "udp", "--source-port", "53", "--for", "10m")
    house.add(PORTAL, "--protocol", "udp", "--source-port", "123", "--for", "10m")
    wait_until(lambda: house.seen().count("dst 198.51.100.7/32") == 2, 5, "both rules at the carrier")
    house.configure(mode="off")
    assert "source-port=53" in house.bgp("list").stdout
    assert "BGP is off" in house.bgp("add", PORTAL, "--protocol", "udp").stderr
    assert house.bgp("withdraw", str(number)).stdout == "1 route withdrawn\n"
    (house.folder / "bouclier.yaml").write_text("link: { bgp: [")
    place = ["--include", house.folder / "bouclier.conf", "--bird", house.ours.control]
    assert "source-port=123" in house.bgp("list", *place).stdout
    said = house.bgp("withdraw", "all", *place)
    assert said.returncode == 0 and said.stdout == "1 route withdrawn\n", said
    wait_until(lambda: "dst" not in house.seen(), 5, "all of it has gone")


def test_a_configuration_read_anew(house):
    """SIGHUP: what may not be announced any more is withdrawn, and a file with an error changes nothing."""
    house.add(PORTAL, "--protocol", "udp", "--source-port", "53", "--for", "10m")
    wait_until(lambda: "198.51.100.7/32" in house.seen(), 15, "the rule at the carrier")
    good = (house.folder / "bouclier.yaml").read_text()
    (house.folder / "bouclier.yaml").write_text("link: { bgp: [")
    house.watch.send_signal(signal.SIGHUP)
    house.told("the configuration stays as it was")
    assert "198.51.100.7/32" in house.seen() and house.watch.poll() is None
    (house.folder / "bouclier.yaml").write_text(good.replace(PORTAL, "198.51.100.9"))
    house.watch.send_signal(signal.SIGHUP)
    house.told("the configuration is read anew")
    house.told("not to be announced: 1 route withdrawn")
    wait_until(lambda: "198.51.100.7/32" not in house.seen(), 15, "the rule has gone")
    house.add("198.51.100.9", "--protocol", "udp", "--source-port", "53")
    wait_until(lambda: "198.51.100.9/32" in house.seen(), 15, "a rule about the new address")
    house.configure(mode="off")
    house.watch.send_signal(signal.SIGHUP)
    house.told("BGP is off, and what is announced is withdrawn")
    wait_until(lambda: "dst" not in house.seen(), 15, "all of it has gone")


def test_another_file_after_a_reload(house):
    house.add(PORTAL, "--protocol", "udp", "--source-port", "53", "--for", "10m")
    wait_until(lambda: "198.51.100.7/32" in house.seen(), 15, "the rule at the carrier")
    other = house.folder / "other.conf"
    other.write_text("")
    house.configure(include=str(other))
    house.watch.send_signal(signal.SIGHUP)
    house.told("the watch ends: 1 route withdrawn")
    wait_until(lambda: "198.51.100.7/32" not in house.seen(), 15, "the rule of the old file has gone")
    wait_until(lambda: "bouclier_flow4" in other.read_text(), 15, "the new file")
    assert house.watch.poll() is None


def test_the_journal_knows(house):
    """Who, what, until; and why it ended, whoever ended it."""
    with (house.folder / "run.log").open("w") as log:
        shield = subprocess.Popen([BINARY, "run", "--quiet", "--config", house.folder / "bouclier.yaml"], stdout=log, stderr=log)
    try:
        wait_until((house.folder / "admin.sock").exists, 20, "the shield")
        first = house.add(PORTAL, "--protocol", "udp", "--source-port", "53", "--for", "10m", "--by", PERSON)
        second = house.add(PORTAL, "--protocol", "udp", "--source-port", "123", "--for", "3s")
        assert house.bgp("withdraw", str(first)).stderr == ""
        house.told("over: 1 route withdrawn")

        def notices():
            out = subprocess.run([BINARY, "log", "--since", "5m", "--output", "json", "--config", house.folder / "bouclier.yaml"], capture_output=True, text=True, timeout=20, check=False).stdout
            return [(one["event.action"], one["bouclier.detail"]) for one in map(json.loads, out.splitlines()) if one.get("event.action", "").startswith("bgp-")]

        wait_until(lambda: len(notices()) == 4, 10, "four lines in the journal")
        told = dict((detail.split(" ")[0].rstrip(",") + action, detail) for action, detail in notices())
        assert told[f"{first}bgp-announced"].endswith(f", by {PERSON}: flow to=198.51.100.7/32 protocol=17 source-port=53") and " until 20" in told[f"{first}bgp-announced"]
        assert ", nobody said by whom: flow" in told[f"{second}bgp-announced"]
        assert told[f"{first}bgp-withdrawn"] == f"{first}, by a person: flow to=198.51.100.7/32 protocol=17 source-port=53"
        assert told[f"{second}bgp-withdrawn"] == f"{second}, over: flow to=198.51.100.7/32 protocol=17 source-port=123"
    finally:
        shield.terminate()
        shield.wait(30)
    said = house.bgp("add", PORTAL, "--protocol", "udp", "--source-port", "53")
    assert said.returncode == 0 and "no shield answers: it is not in the journal" in said.stderr


@pytest.mark.skipif(not shutil.which("setpriv") or subprocess.run(["getent", "group", "bird"], capture_output=True, check=False).returncode, reason="no setpriv, or no group bird")
def test_as_the_packaged_service():
    """Root without a single capability, in BIRD's group: no more is needed."""
    house = House()
    try:
        shutil.chown(house.folder, "root", "bird")
        house.folder.chmod(0o750)
        shutil.chown(house.folder / "bouclier.conf", "root", "bird")
        (house.folder / "bouclier.conf").chmod(0o640)
        house.ours.words = ["-u", "bird", "-g", "bird"]
        house.begin("setpriv", "--regid=bird", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")
        status = pathlib.Path(f"/proc/{house.watch.pid}/status").read_text()
        assert "CapEff:\t0000000000000000\n" in status and "CapBnd:\t0000000000000000\n" in status
        number = house.add(PORTAL, "--protocol", "udp", "--source-port", "53", "--for", "3s")
        wait_until(lambda: "198.51.100.7/32" in house.seen(), 15, "the rule at the carrier")
        house.told("over: 1 route withdrawn")
        wait_until(lambda: "198.51.100.7/32" not in house.seen(), 15, "it is over")
        assert (house.folder / "bouclier.conf").stat().st_mode & 0o777 == 0o640 and (house.folder / "bouclier.conf").group() == "bird" and number == 1
    finally:
        house.close()

"""The shield and the kernel filter together: whom one bans the other drops, whom one lets go the other lets in, and what was dropped is told."""
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import pytest

import lab
from test_packet_command import BOUCLIER, CITIZEN, MANAGER, SERVER, SSH, attached, ground, wait_for  # noqa: F401

PORT, METRICS = 8080, 9101
ORIGIN = """
import http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *words): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 9000), Page)
print("ready", flush=True)
server.serve_forever()
"""
ASK = """
import socket, sys
s = socket.create_connection((sys.argv[2], int(sys.argv[3])), timeout=float(sys.argv[4]), source_address=(sys.argv[1], 0))
s.sendall(b"GET / HTTP/1.1\\r\\nHost: www.test\\r\\nConnection: close\\r\\n\\r\\n")
sys.exit(0 if b" 200 " in s.recv(4096) else 1)
"""


RAW = """
import socket, struct, sys
def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff
here, there = (socket.inet_aton(one) for one in sys.argv[1:3])
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
s.bind((sys.argv[1], 0))
for i in range(3):
    parts = [45000 + i, int(sys.argv[3]), 1000, 2000, 0x50, int(sys.argv[4]), 64240, 0, 0]
    parts[7] = checksum(here + there + struct.pack("!BBH", 0, 6, 20) + struct.pack("!HHIIBBHHH", *parts))
    s.sendto(struct.pack("!HHIIBBHHH", *parts), (sys.argv[2], 0))
"""
REFLECT = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], int(sys.argv[2])))
for i in range(5):
    s.sendto(b"answer", (sys.argv[3], 4000))
"""


class Guarded:
    """The shield, its filter and the controller between them, on the server of a ground."""

    def __init__(self, ground, folder):
        self.ground, self.folder, self.ours = ground, folder, []
        ground.folder = folder
        ground.config = ground.write("bouclier.yaml", f"""
management: [{MANAGER}]
workers: 1
state: {folder}/state
listen: [{{ address: "0.0.0.0:{PORT}", tls: false }}]
admin: {{ socket: {folder}/admin.sock, metrics: "127.0.0.1:{METRICS}" }}
packet: {{ interfaces: [eth0], mode: enforce, socket: {folder}/packet.sock }}
link: {{ interface: eth0, capacity: 1Gbit/s }}
sites: [{{ name: www.test, hosts: [www.test], origins: ["http://127.0.0.1:9000"] }}]
""")
        ground.start(ground.inside(ground.server, ["/usr/bin/python3", "-c", ORIGIN]))
        self.controller = None

    def begin(self, *words):
        log = open(self.folder / f"{words[0]}.log", "a")
        one = subprocess.Popen(self.ground.inside(self.ground.server, [BOUCLIER, *words, "-c", self.ground.config]), stdout=log, stderr=log)
        self.ours.append(one)
        return one

    def control(self):
        self.controller = self.begin("packet", "run")
        assert wait_for(lambda: self.metric("bouclier_packet_filter") == 1, 10), (self.folder / "packet.log").read_text()

    def said(self, *words):
        return self.ground.run([BOUCLIER, *words, "-c", self.ground.config])

    def is_served(self, source=CITIZEN, wait_s=0.7, port=PORT):
        return self.ground.run(["/usr/bin/python3", "-c", ASK, source, SERVER, str(port), str(wait_s)], self.ground.client, check=False).returncode == 0

    def is_closed(self, port):
        """The kernel says so: the filter would say nothing."""
        words = "import socket, sys\ntry: socket.create_connection((sys.argv[1], int(sys.argv[2])), 0.5, (sys.argv[3], 0))\nexcept ConnectionRefusedError: sys.exit(7)"
        return self.ground.run(["/usr/bin/python3", "-c", words, SERVER, str(port), CITIZEN], self.ground.client, check=False).returncode == 7

    def metrics(self):
        return self.ground.run(["curl", "-s", "-m", "2", f"http://127.0.0.1:{METRICS}/metrics"], check=False).stdout

    def metric(self, name):
        return next((float(line.split()[-1]) for line in self.metrics().splitlines() if line.startswith(name + " ")), None)

    def filter(self):
        return json.loads(self.said("status", "--output", "json").stdout)["filter"]

    def dropped(self):
        return self.ground.ask("counters")["reasons"]["banned"]["packets"]

    def is_refused_at_accept(self):
        """By the shield, and by the filter no more."""
        before = self.dropped()
        return not self.is_served() and self.dropped() == before

    def close(self):
        for one in reversed(self.ours):
            one.send_signal(signal.SIGTERM)
        for one in self.ours:
            try:
                one.wait(10)
            except subprocess.TimeoutExpired:
                one.kill()


@pytest.fixture
def guarded(attached):  # noqa: F811
    folder = lab.make_folder("packet")
    one = Guarded(attached, folder)
    one.begin("run", "--quiet")
    try:
        assert wait_for(lambda: one.is_served(MANAGER), 20), (folder / "run.log").read_text()
        one.control()
        yield one
    finally:
        one.close()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_ban_reaches_the_kernel_and_its_lift_too(guarded):
    assert guarded.is_served()
    guarded.said("ban", CITIZEN, "--for", "1m")
    assert not guarded.is_served()
    assert guarded.dropped() > 0
    guarded.said("unban", CITIZEN)
    assert guarded.is_served()


def test_where_what_was_dropped_came_from(guarded):
    guarded.said("ban", CITIZEN, "--for", "1m")
    assert not guarded.is_served()
    guarded.ground.run(["/usr/bin/python3", "-c", REFLECT, MANAGER, "53", SERVER], guarded.ground.client)  # who always passes is told of by nobody
    guarded.said("unban", CITIZEN)
    guarded.ground.run(["/usr/bin/python3", "-c", REFLECT, CITIZEN, "53", SERVER], guarded.ground.client)
    top = guarded.ground.ask("counters", "--top")["reasons"]
    assert top["banned"]["networks"][0]["network"] == "10.99.1.0/24" and top["banned"]["packets"] >= top["banned"]["samples"] >= 1
    assert top["reflected"]["udp_ports"] == [{"port": 53, "samples": 5}] and top["reflected"]["packets"] == 5 and "allowed" not in top
    said = guarded.ground.packet("counters", "--top")[1]
    assert "reflected: 5 packets\n  100 %  from 10.99.1.0/24\n  100 %  of UDP from port 53\n" in said
    told = json.loads(guarded.said("report", "carrier", "--for", "1s", "--output", "json").stdout)
    assert told["sources"] == [{"network": "10.99.1.0/24", "packets": top["banned"]["packets"] + 5}] and "10.99.1.0/24" in told["message"]["en"], told


def test_what_a_reload_lets_through_is_let_through(guarded):
    """A new port and mode: observe at once; what could lock somebody out waits for a person, and is said."""
    config, ground = pathlib.Path(guarded.ground.config), guarded.ground

    def reload(old, new):
        assert old in config.read_text()
        config.write_text(config.read_text().replace(old, new))
        return guarded.said("reload").stderr

    assert "packet.expose;" in reload("mode: enforce", "mode: enforce, expose: { tcp: [443] }")
    code, out, _ = ground.packet("attach")
    assert code == ground.packet("confirm")[0] == 0 and "No controller answers" not in out
    assert guarded.is_served() and not ground.reaches(CITIZEN)
    assert reload(f'"0.0.0.0:{PORT}", tls: false }}', f'"0.0.0.0:{PORT}", tls: false }}, {{ address: "0.0.0.0:{PORT + 1}", tls: false }}') == ""
    assert guarded.is_served(port=PORT + 1)
    assert reload("tcp: [443]", f"tcp: [443, {SSH}]") == "" and wait_for(lambda: ground.reaches(CITIZEN), 3)
    ground.write("deny.txt", "192.0.2.0/24\n")
    ground.ask("deny", "load", f"{ground.folder}/deny.txt", "--undo", "2")
    assert not guarded.is_closed(PORT + 9)
    assert reload(f"tcp: [443, {SSH}]", f"tcp: [443, {PORT + 9}, {SSH}]") == "" and wait_for(lambda: guarded.is_closed(PORT + 9), 3)
    assert wait_for(lambda: not ground.ask("status")["waits"], 6)
    assert guarded.is_closed(PORT + 9)                                    # the list went, and the port stayed
    assert "management;" in reload(MANAGER, f"{MANAGER}, 192.0.2.0/24")
    assert "packet.expose;" in reload(f", {SSH}]", "]")
    assert ground.reaches(CITIZEN)                                        # to take back is a person's
    assert reload("mode: enforce", "mode: observe") == "" and wait_for(lambda: ground.ask("status")["mode"] == "observe", 3)
    assert "packet.mode, packet.strict;" in reload("mode: observe", "mode: enforce, strict: true")
    assert ground.ask("status")["mode"] == "observe"
    assert wait_for(lambda: "packet-filter-differs" in guarded.said("log", "--since", "1m").stdout, 5)
    assert ground.packet("attach")[0] == ground.packet("confirm")[0] == 0
    guarded.controller.kill()
    guarded.controller.wait()
    said = reload(f'{PORT + 1}", tls: false }}', f'{PORT + 1}", tls: false }}, {{ address: "0.0.0.0:{PORT + 2}", tls: false }}')
    assert "packet.expose, listen;" in said and not guarded.is_served(port=PORT + 2)
    guarded.control()
    assert wait_for(lambda: guarded.is_served(port=PORT + 2), 5), "it is told what it was away for"


def test_who_asks_is_no_shield(guarded):
    """The status says who is alive, and does not keep bans alive by asking."""
    before = guarded.ground.ask("status")["controller"]
    assert before["runs"] and before["shields"] == 1 and before["learned_is_asked"] and before["bans"] == 0
    assert "controller: alive since 2" in guarded.ground.packet("status")[1]
    guarded.said("ban", CITIZEN, "--for", "1m")
    guarded.ours[0].send_signal(signal.SIGKILL)
    guarded.ours[0].wait()
    assert wait_for(lambda: guarded.ground.ask("status")["controller"]["shields"] == 0, 5)
    assert wait_for(lambda: not guarded.ground.ask("status")["controller"]["learned_is_asked"], 15)
    said = guarded.ground.packet("status")[1]
    assert "shields connected: 0" in said and "bans (1) and source_budget are not asked since" in said


def test_whose_connection_died_is_told(guarded):
    """An ACK of a connection that nobody knows: the kernel answers with a reset, and one that brings a reset itself is not answered."""
    def resets():
        lines = [line.split() for line in guarded.ground.run(["cat", "/proc/net/snmp"]).stdout.splitlines() if line.startswith("Tcp:")]
        return int(dict(zip(*lines))["OutRsts"])

    def send(flags):
        guarded.ground.run(["/usr/bin/python3", "-c", RAW, CITIZEN, SERVER, str(PORT), str(flags)], guarded.ground.client)

    before, lost = resets(), guarded.ground.ask("counters")["reasons"]["out_of_state"]["packets"]
    send(0x10)
    assert wait_for(lambda: resets() == before + 3, 3)
    send(0x14)
    assert wait_for(lambda: guarded.ground.ask("counters")["reasons"]["out_of_state"]["packets"] >= lost + 3, 3)
    assert resets() == before + 3


def test_the_management_network_cannot_be_banned(guarded):
    done = guarded.ground.run([BOUCLIER, "ban", MANAGER, "--for", "1m", "-c", guarded.ground.config], check=False)
    assert done.returncode == 1 and guarded.is_served(MANAGER)


def test_what_was_dropped_is_told(guarded):
    guarded.said("ban", CITIZEN, "--for", "1m")
    assert not guarded.is_served()
    assert wait_for(lambda: 'bouclier_packets_total{reason="banned"} 0' not in guarded.metrics(), 5)
    assert wait_for(lambda: "packets-dropped" in guarded.said("log", "--since", "1m").stdout, 5)
    told = guarded.filter()
    assert told["state"] == "attached" and told["mode"] == "enforce" and told["seen"] > told["dropped"] >= told["reasons"]["banned"] > 0


def test_a_controller_that_was_away_is_told_all(guarded):
    assert guarded.said("ban", CITIZEN, "--for", "1m").stderr == ""
    guarded.controller.kill()
    guarded.controller.wait()
    assert wait_for(lambda: guarded.filter() == {"state": "away"}, 5)
    assert not guarded.is_served()                                        # the program goes on without it
    error = guarded.said("unban", CITIZEN).stderr
    assert "its controller is away" in error and "it drops what comes from there until 2" in error
    assert not guarded.is_served()                                        # nobody has told the filter
    error = guarded.said("ban", "192.0.2.66", "--for", "1m").stderr
    assert "refuses it at accept" in error and "when the controller is back" in error
    assert guarded.said("ban", "192.0.2.0/24", "--for", "1m").stderr == ""  # a whole network is no business of the filter
    guarded.said("unban", "192.0.2.0/24")
    guarded.control()
    assert wait_for(guarded.is_served, 5)


def test_without_a_controller_bans_of_the_filter_lapse(guarded):
    guarded.said("ban", CITIZEN, "--for", "1m")
    guarded.controller.kill()
    guarded.controller.wait()
    assert wait_for(guarded.is_refused_at_accept, 15)
    state = guarded.ground.ask("status")["controller"]
    assert not state["runs"] and not state["learned_is_asked"] and state["bans"] == 1 and state["heartbeat"] < state["learned_until"]
    assert "controller: none answers" in guarded.ground.packet("status")[1]
    code, _, error = guarded.ground.packet("counters", "--top")
    assert code == 1 and "no controller of the kernel filter answers" in error
    guarded.said("unban", CITIZEN)
    assert guarded.is_served()

    def is_known_to_lapse():
        guarded.said("ban", "192.0.2.66", "--for", "1m")
        return "asks for no ban since 2" in guarded.said("unban", "192.0.2.66").stderr
    assert wait_for(is_known_to_lapse, 5)


def test_the_controller_has_no_right_left(guarded):
    status = open(f"/proc/{guarded.controller.pid}/status").read()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == 0
    assert fields["NoNewPrivs"].strip() == "1" and fields["Seccomp"].strip() == "2"
    assert "0" not in fields["Uid"].split()


def test_a_message_that_is_none_ends_only_its_connection(guarded):
    path = str(guarded.folder / "packet.sock")
    for message in (b"x", b"\0" * 31, b"\xff" * 32, b"\0" * 32, b"\1" * 32 * 65):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as one:
            one.settimeout(2)
            one.connect(path)
            one.send(message)
            while one.recv(4096):                                         # news of a second, perhaps, then the end
                pass
    assert guarded.controller.poll() is None
    guarded.said("ban", CITIZEN, "--for", "1m")
    assert not guarded.is_served()


def test_detach_ends_the_controller(guarded):
    assert guarded.ground.packet("detach")[0] == 0
    assert guarded.controller.wait(5) == 0
    assert "taken off" in (guarded.folder / "packet.log").read_text()
    assert guarded.is_served()

"""`bouclier packet egress`: a real control group, in a network namespace whose destinations are all on its own loopback."""
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

BOUCLIER = os.environ["BOUCLIER"]
LISTED, ORIGIN, OTHER, MOVED, RESOLVER = "198.51.100.8", "198.51.100.9", "198.51.100.66", "198.51.100.10", "198.51.100.53"
LISTED6, OTHER6 = "2001:db8:7::8", "2001:db8:7::66"
PINS = "/sys/fs/bpf/bouclier/egress2"

HOLD = " && ".join([
    "mount --make-rprivate /", "mount -t tmpfs tmpfs /run", "mount -t bpf bpf /sys/fs/bpf", "ip link set lo up",
    *(f"ip address add {one}/32 dev lo" for one in (LISTED, ORIGIN, OTHER, MOVED, RESOLVER)),
    *(f"ip address add {one}/128 dev lo nodad" for one in (LISTED6, OTHER6)),
    "mount --bind $FOLDER/hosts /etc/hosts", "mount --bind $FOLDER/resolv.conf /etc/resolv.conf", "mount --bind $FOLDER/nsswitch.conf /etc/nsswitch.conf",
    "echo ready", "exec sleep 600"])
# Who is contacted: outside the control group. TCP is greeted, datagrams are sent back.
SERVE = """
import selectors, socket
look = selectors.DefaultSelector()
for port in (7001, 7002):
    s = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    look.register(s, selectors.EVENT_READ, "tcp")
for port in (53, 7001):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    s.bind(("::", port))
    look.register(s, selectors.EVENT_READ, "udp")
print("ready", flush=True)
kept = []
while True:
    for key, _ in look.select():
        if key.data == "tcp":
            one = key.fileobj.accept()[0]
            one.sendall(b"hello")
            kept.append(one)
        else:
            data, info, _, who = key.fileobj.recvmsg(2048, 256)
            key.fileobj.sendmsg([data], info, 0, who)
"""
# Acts on lines of its input, one at a time, inside the control group; says ok, or the name of the error.
ACT = """
import errno, select, socket, sys
kept = {}
def family(host): return socket.AF_INET6 if ":" in host else socket.AF_INET
def wait(s):
    if not select.select([s], [], [], 2)[0]: raise OSError(errno.ETIMEDOUT, "no answer")
    return s.recv(64)
def tcp(host, port, name="-", own=None):
    s = socket.socket(family(host), socket.SOCK_STREAM)
    s.settimeout(2)
    if own:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        s.bind(("0.0.0.0", int(own)))
    s.connect((host, int(port)))
    wait(s)
    if name != "-": kept[name] = s
def mapped(host, port):
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.settimeout(2)
    s.connect(("::ffff:" + host, int(port)))
    wait(s)
def udp(host, port):
    s = socket.socket(family(host), socket.SOCK_DGRAM)
    s.sendto(b"question", (host, int(port)))
    wait(s)
def connected(host, port):
    s = socket.socket(family(host), socket.SOCK_DGRAM)
    s.connect((host, int(port)))
    s.send(b"question")
    wait(s)
def aim(host, port):  # as getaddrinfo() does, to learn a source address: nothing is sent
    socket.socket(family(host), socket.SOCK_DGRAM).connect((host, int(port)))
def raw(host, protocol, port="0"):
    s = socket.socket(family(host), socket.SOCK_RAW, int(protocol))
    s.sendto(b"\\0\\0" + int(port).to_bytes(2, "big") + b"\\0" * 20, (host, 0))
def send(name):
    kept[name].sendall(b"more")
def listen(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind(("0.0.0.0", int(port)))
    s.listen()
    kept["listen" + port] = s
def accept(port):
    one = kept["listen" + port].accept()[0]
    one.sendall(b"page")
    kept["citizen"] = one
# more
print("ready", flush=True)
for line in sys.stdin:
    name, *words = line.split()
    try:
        globals()[name](*words)
        print("ok", flush=True)
    except OSError as error:
        print(errno.errorcode.get(error.errno, "ETIMEDOUT" if isinstance(error, TimeoutError) else str(error)), flush=True)
"""
CITIZEN = """
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=1.5, source_address=(sys.argv[3], 0))
s.settimeout(1.5)
print(s.recv(16).decode())
"""


def cgroup_mount():
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        if line.split()[2] == "cgroup2":
            return pathlib.Path(line.split()[1])
    return None


class Ground:
    def __init__(self, folder, mount):
        self.folder, self.started = folder, []
        self.name = f"bouclier-test-{os.getpid()}"
        self.group = mount / self.name
        self.group.mkdir()
        self.hosts(f"{ORIGIN} portal.test")
        self.write("resolv.conf", f"nameserver {RESOLVER}\n")
        self.write("nsswitch.conf", "hosts: files\n")
        self.holder = self.start(["unshare", "--net", "--mount", "sh", "-c", HOLD], env={**os.environ, "FOLDER": str(folder)})
        self.start(self.inside(["/usr/bin/python3", "-c", SERVE]))
        self.configure()
        self.actor = self.new_actor()

    def start(self, words, **options):
        one = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **options)
        self.started.append(one)
        assert one.stdout.readline().strip() == "ready"
        return one

    def inside(self, words):
        return ["nsenter", "--net", "--mount", "--target", str(self.holder.pid), "--", *words]

    def new_actor(self, more=""):
        join = f'echo $$ > "{self.group}/cgroup.procs" && exec /usr/bin/python3 -c "$0"'
        return self.start(self.inside(["sh", "-c", join, ACT.replace("# more\n", more)]), stdin=subprocess.PIPE)

    def act(self, *words):
        self.actor.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.actor.stdin.flush()
        return self.actor.stdout.readline().strip()

    def citizen(self, port):
        """What somebody outside the group, from an address that no list has, is answered at a port of ours."""
        done = subprocess.run(self.inside(["/usr/bin/python3", "-c", CITIZEN, LISTED, str(port), OTHER]), capture_output=True, text=True, timeout=30)
        return done.stdout.strip()

    def write(self, name, text):
        path = pathlib.Path(self.folder) / name
        path.write_text(text)  # in place: some of them are mounted
        return str(path)

    def hosts(self, line):
        self.write("hosts", f"127.0.0.1 localhost\n{line}\n")

    def configure(self, egress="", listen="8080"):
        allow = f'"{LISTED}:7001/tcp", "[2001:db8:7::8/127]:*/tcp", "{LISTED}:*/icmp"'
        self.config = self.write("bouclier.yaml", f"""
management: [192.0.2.0/24]
listen: [{{ address: "0.0.0.0:{listen}", tls: false }}]
packet: {{ egress: {{ cgroup: {self.name}, allow: [{allow}] {egress} }} }}
sites:
  - {{ name: www, hosts: [www.test], origins: ["http://portal.test:7002"] }}
""")

    def egress(self, *words):
        """Exit code, standard output, standard error."""
        done = subprocess.run(self.inside([BOUCLIER, "packet", "egress", *words, "-c", self.config]), capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def ask(self, *words, code=0):
        found, out, error = self.egress(*words, "-o", "json")
        assert found == code, error + out
        return json.loads(out)

    def confirm(self):
        return subprocess.run(self.inside([BOUCLIER, "packet", "confirm", "-c", self.config]), capture_output=True, text=True).returncode

    def line(self, host, port, protocol="tcp"):
        found = [one for one in self.ask("ledger")["ledger"] if (one["destination"], one["port"], one["protocol"]) == (host, port, protocol)]
        assert len(found) == 1, (host, port, protocol)
        return found[0]

    def enforce(self):
        self.ask("observe")
        self.ask("enforce", "--anyway")
        assert self.confirm() == 0

    def close(self):
        self.egress("off")
        for one in reversed(self.started):
            one.kill()
            one.wait()
        for _ in range(50):
            try:
                self.group.rmdir()
                return
            except OSError:
                time.sleep(0.1)


@pytest.fixture
def ground(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root")
    mount = cgroup_mount()
    if not mount:
        pytest.skip("no cgroup2")
    try:
        one = Ground(tmp_path, mount)
    except OSError as error:
        pytest.skip(f"no cgroup2: {error}")
    code, _, error = one.egress("observe")
    if "Operation not permitted" in error:
        one.close()
        pytest.skip("no CAP_BPF")
    try:
        assert code == 0, error
        assert one.egress("off")[0] == 0
        yield one
    finally:
        one.close()


def wait_for(question, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(0.1)
    return False


UNLISTED = [("tcp", OTHER, 7001), ("tcp", LISTED, 7002), ("mapped", OTHER, 7001), ("tcp", OTHER6, 7001), ("udp", OTHER, 7001), ("udp", OTHER6, 7001), ("udp", LISTED, 7001),
            ("connected", OTHER, 7001), ("connected", OTHER6, 7001), ("raw", OTHER, 1), ("raw", OTHER, 6, 7001), ("raw", OTHER6, 58), ("raw", LISTED, 6, 7002)]
LISTED_ACTS = [("tcp", LISTED, 7001), ("mapped", LISTED, 7001), ("tcp", LISTED6, 7001), ("tcp", ORIGIN, 7002), ("udp", RESOLVER, 53), ("connected", RESOLVER, 53), ("tcp", "127.0.0.1", 7001),
               ("tcp", "::1", 7002), ("udp", "127.0.0.1", 7001), ("raw", LISTED, 1), ("raw", LISTED, 6, 7001), ("aim", OTHER, 7001)]


def test_observed_all_passes_and_is_written_down(ground):
    answer = ground.ask("observe")
    assert answer["mode"] == "observe" and "undone_in_s" not in answer
    keys = {one["destination"]: one["key"] for one in answer["allowed"]}
    assert keys[f"{ORIGIN}/32:7002/tcp"] == "site www: origins: http://portal.test:7002"
    assert keys[f"{RESOLVER}/32:53/udp"] == "/etc/resolv.conf: nameserver" and keys["[2001:db8:7::8/127]:*/tcp"] == "packet: egress: allow"
    for act in UNLISTED + LISTED_ACTS:
        assert ground.act(*act) == "ok", act
    line = ground.line(OTHER, 7001)
    assert not line["allowed"] and line["key"] == "" and line["refused"] == 0 and line["packets"] >= 6 and line["bytes"] > 200
    assert line["process"] == "python3" and line["pid"] > 0
    assert abs(time.time() - time.mktime(time.strptime(line["last"][:19], "%Y-%m-%dT%H:%M:%S")) + time.timezone) < 60 and line["first"] <= line["last"]
    assert ground.line(ORIGIN, 7002)["key"] == "site www: origins: http://portal.test:7002" and ground.line(ORIGIN, 7002)["allowed"]
    assert ground.line(OTHER, 7001, "udp")["packets"] == 2 and ground.line(OTHER6, 0, "icmpv6")["packets"] == 1
    assert ground.line(OTHER, 0, "icmp")["process"] == "python3"
    assert ground.line("127.0.0.1", 7001)["key"] == "this machine"
    state = ground.ask("status")
    assert state["mode"] == "observe" and state["attached"] and state["complete"] and not state["enforce_advised"] and state["alarms"] == []
    assert state["unlisted"] == 8
    table = ground.egress("ledger")[1]
    assert "NOT ALLOWED" in table.splitlines()[1] and OTHER in table


def test_enforced_what_is_not_listed_is_refused(ground):
    ground.enforce()
    for act in UNLISTED:
        assert ground.act(*act) == "EPERM", act
    for act in LISTED_ACTS:
        assert ground.act(*act) == "ok", act
    line = ground.line(OTHER, 7001)
    assert line["refused"] == 3 and line["packets"] == 0 and not line["allowed"] and line["process"] == "python3"
    assert ground.line(OTHER, 7001, "udp")["refused"] == 2 and ground.line(OTHER6, 0, "icmpv6")["refused"] == 1
    assert ground.egress("off")[0] == 0
    for act in UNLISTED:
        assert ground.act(*act) == "ok", act
    assert not os.path.exists(PINS)
    code, _, error = ground.egress("off")
    assert code == 1 and "off already" in error
    assert ground.egress("ledger")[0] == 1 and ground.ask("status")["mode"] == "off"


def test_citizens_are_answered(ground):
    """Whoever they are: their connections were accepted on a port of ours. That port is no way out."""
    assert ground.act("listen", 8080) == "ok" and ground.act("listen", 9999) == "ok"
    ground.enforce()
    citizen = subprocess.Popen(ground.inside(["/usr/bin/python3", "-c", CITIZEN, LISTED, "8080", OTHER]), stdout=subprocess.PIPE, text=True)
    assert ground.act("accept", 8080) == "ok"
    assert citizen.communicate(timeout=10)[0].strip() == "page"
    assert ground.act("tcp", OTHER, 7001, "-", 8080) == "EPERM"
    assert not any(one["destination"] == OTHER and one["packets"] for one in ground.ask("ledger")["ledger"])
    assert ground.ask("status")["alarms"] == []
    assert ground.citizen(9999) == ""
    alarms = ground.ask("status", code=1)["alarms"]
    assert [one["kind"] for one in alarms] == ["answers"] and "port 9999" in alarms[0]["text"]
    ground.configure(listen="9999")
    ground.ask("refresh")
    assert ground.ask("status")["alarms"] == []
    citizen = subprocess.Popen(ground.inside(["/usr/bin/python3", "-c", CITIZEN, LISTED, "9999", OTHER]), stdout=subprocess.PIPE, text=True)
    assert ground.act("accept", 9999) == "ok" and citizen.communicate(timeout=10)[0].strip() == "page"


def test_connections_from_before_are_seen(ground):
    assert ground.act("tcp", OTHER, 7001, "old") == "ok" and ground.act("tcp", LISTED, 7001, "good") == "ok"
    ground.enforce()
    assert ground.act("send", "old") == "ok" and ground.act("send", "good") == "ok"  # into the socket's buffer
    assert wait_for(lambda: ground.line(OTHER, 7001)["refused"] >= 1, 3)
    line = ground.line(OTHER, 7001)
    assert line["packets"] == 0 and line["process"] == "" and line["pid"] == 0
    assert ground.line(LISTED, 7001)["packets"] >= 1


def test_undone_unless_confirmed(ground):
    code, _, error = ground.egress("enforce")
    assert code == 1 and "nothing was observed yet" in error and not os.path.exists(PINS)
    ground.ask("observe")
    code, _, error = ground.egress("enforce")
    assert code == 1 and "only 0 of 14 days" in error and "--anyway" in error
    assert ground.ask("enforce", "--anyway", "--dry-run")["dry_run"] and ground.act("tcp", OTHER, 7001) == "ok"
    assert ground.ask("enforce", "--anyway", "--undo", "3")["undone_in_s"] == 3
    assert ground.act("tcp", OTHER, 7001) == "EPERM" and ground.ask("status")["waits"]
    assert ground.egress("refresh")[0] == 1
    assert wait_for(lambda: ground.act("tcp", OTHER, 7001) == "ok", 6)
    assert wait_for(lambda: not ground.ask("status")["waits"], 3)
    assert ground.ask("status")["mode"] == "observe"
    ground.ask("enforce", "--anyway")
    assert ground.confirm() == 0 and ground.confirm() == 1
    # Another list is undone too, and the one before answers again.
    allow = ground.config
    ground.configure()
    text = pathlib.Path(allow).read_text()
    ground.write("bouclier.yaml", text.replace(f'"{LISTED}:7001/tcp"', f'"{OTHER}:7001/tcp"'))
    ground.ask("enforce", "--undo", "3")
    assert ground.act("tcp", OTHER, 7001) == "ok" and ground.act("tcp", LISTED, 7001) == "EPERM"
    assert wait_for(lambda: ground.act("tcp", LISTED, 7001) == "ok", 6)
    assert ground.act("tcp", OTHER, 7001) == "EPERM" and ground.ask("status")["mode"] == "enforce"
    # Taken back by hand; and off, from nothing, when nobody confirms.
    ground.ask("enforce")
    ground.ask("observe")
    assert ground.act("tcp", OTHER, 7001) == "ok" and not ground.ask("status")["waits"]
    assert ground.egress("off")[0] == 0
    ground.ask("enforce", "--anyway", "--undo", "2")
    assert wait_for(lambda: ground.ask("status", code=0)["mode"] == "off", 5)


def test_a_name_that_leads_elsewhere_raises_an_alarm(ground):
    ground.enforce()
    assert ground.act("tcp", ORIGIN, 7002) == "ok" and ground.act("tcp", OTHER, 7001) == "EPERM"
    assert ground.ask("status")["alarms"] == []
    ground.hosts(f"{MOVED} portal.test")
    assert ground.act("tcp", MOVED, 7002) == "EPERM"
    state = ground.ask("status", code=1)
    assert [one["kind"] for one in state["alarms"]] == ["moved"]
    assert f"{MOVED}:7002/tcp was refused (1 times)" in state["alarms"][0]["text"] and "site www: origins" in state["alarms"][0]["text"]
    code, out, _ = ground.egress("status")
    assert code == 1 and "ALARM: " in out
    ground.ask("refresh")
    assert ground.act("tcp", MOVED, 7002) == "ok" and ground.ask("status")["alarms"] == []
    assert ground.act("tcp", MOVED, 7001) == "EPERM"  # the origin's host, by another port
    assert [one["kind"] for one in ground.ask("status", code=1)["alarms"]] == ["host"]


def test_a_service_that_starts_anew(ground):
    ground.enforce()
    ground.actor.kill()
    ground.actor.wait()
    assert wait_for(lambda: not (ground.group / "cgroup.procs").read_text(), 5)
    for _ in range(50):
        try:
            ground.group.rmdir()
            break
        except OSError:
            time.sleep(0.1)
    ground.group.mkdir()
    ground.actor = ground.new_actor()
    assert ground.act("tcp", OTHER, 7001) == "ok"
    code, _, error = ground.egress("status")
    assert code == 1 and "a control group that is no more" in error
    assert ground.ask("refresh")["mode"] == "enforce"
    assert ground.act("tcp", OTHER, 7001) == "EPERM" and ground.ask("status")["attached"]


def test_detaching_the_filter_leaves_no_unconfirmed_enforce(ground):
    ground.ask("observe")
    ground.ask("enforce", "--anyway")
    subprocess.run(ground.inside([BOUCLIER, "packet", "detach", "-c", ground.config]), capture_output=True)
    assert ground.ask("status")["mode"] == "observe" and ground.act("tcp", OTHER, 7001) == "ok"


def test_bad_words_and_keys(ground):
    assert ground.egress("watch")[0] == 2 and ground.egress()[0] == 2
    assert ground.egress("refresh")[0] == 1
    ground.configure(egress=", mode: observe")
    assert ground.ask("refresh")["mode"] == "observe"  # a machine that has just started
    for egress, wrong in ((", allow: [198.51.100.8:0/tcp]", "allow"), (", cgroup: ../x", "cgroup")):
        text = pathlib.Path(ground.config).read_text()
        key = egress[2:].split(":")[0]
        lines = [f"packet: {{ egress: {{ {egress[2:]} }} }}" if line.startswith("packet:") else line for line in text.splitlines()]
        ground.write("bouclier.yaml", "\n".join(lines))
        code, _, error = ground.egress("observe")
        assert code == 1 and f"{key}: found" in error and wrong in error
    ground.write("bouclier.yaml", "\n".join("packet: { egress: { cgroup: no.such } }" if line.startswith("packet:") else line for line in text.splitlines()))
    code, _, error = ground.egress("observe")
    assert code == 1 and "start the service first" in error

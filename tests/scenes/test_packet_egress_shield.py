"""A shield whose contacts are enforced, and the controller beside it: who is refused is told at once, and a reload takes a new origin along."""
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

import lab
from test_packet_egress import BOUCLIER, LISTED, MOVED, ORIGIN, OTHER, PINS, ground, wait_for  # noqa: F401

PORT, WEB = 8080, 7080
PORTAL = """
import http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.server.socket.getsockname()[0].encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *words): pass
servers = [http.server.ThreadingHTTPServer((one, 7080), Page) for one in ("%s", "%s", "%s")]
import threading
print("ready", flush=True)
for one in servers: threading.Thread(target=one.serve_forever).start()
""" % (ORIGIN, MOVED, OTHER)


class Enforced:
    def __init__(self, ground, folder):  # noqa: F811
        self.ground, self.folder, self.ours, self.controller = ground, folder, [], None
        ground.start(ground.inside(["/usr/bin/python3", "-c", PORTAL]))

    def start(self):
        self.configure("portal.test")
        self.ground.enforce()
        self.shield = self.begin("run", "--quiet")
        assert wait_for(lambda: self.page() == ORIGIN, 20), self.log("run")

    def configure(self, *hosts):
        sites = "\n".join(f'  - {{ name: s{number}.test, hosts: [s{number}.test], cache: {{ mode: "off" }}, origins: ["http://{host}:{WEB}"] }}' for number, host in enumerate(hosts))
        self.ground.config = str(self.folder / "bouclier.yaml")  # where the shield's user may read it
        pathlib.Path(self.ground.config).write_text(f"""
management: [192.0.2.0/24]
workers: 1
state: {self.folder}/state
listen: [{{ address: "0.0.0.0:{PORT}", tls: false }}]
admin: {{ socket: {self.folder}/admin.sock }}
packet: {{ socket: {self.folder}/packet.sock, egress: {{ mode: enforce, cgroup: {self.ground.name}, allow: ["{LISTED}:7001/tcp"] }} }}
sites:
{sites}
""")

    def forget_off(self):
        """As a start of the machine does, with all of /run."""
        subprocess.run(self.ground.inside(["rm", "/run/bouclier-packet/egress_off"]), check=True)

    def log(self, name):
        return (self.folder / f"{name}.log").read_text()

    def begin(self, *words, inside=True):
        log = open(self.folder / f"{words[0]}.log", "a")
        join = f'echo $$ > "{self.ground.group}/cgroup.procs" && exec "$@"' if inside else 'exec "$@"'
        one = subprocess.Popen(self.ground.inside(["sh", "-c", join, "sh", BOUCLIER, *words, "-c", self.ground.config]), stdout=log, stderr=log)
        self.ours.append(one)
        return one

    def control(self):
        self.controller = self.begin("packet", "run", inside=False)
        assert wait_for(lambda: (self.folder / "packet.sock").exists(), 10), self.log("packet")

    def said(self, *words):
        done = subprocess.run(self.ground.inside([BOUCLIER, *words, "-c", self.ground.config]), capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def page(self, number=0):
        """The address of the origin that answered; the status otherwise."""
        done = subprocess.run(self.ground.inside(["curl", "-s", "-m", "5", "-w", " %{http_code}", "-H", f"Host: s{number}.test", f"http://{LISTED}:{PORT}/"]),
                              capture_output=True, text=True)
        body, code = done.stdout.rsplit(" ", 1)
        return body if code == "200" else code

    def close(self):
        for one in reversed(self.ours):
            one.send_signal(signal.SIGTERM)
        for one in self.ours:
            try:
                one.wait(10)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()


@pytest.fixture
def enforced(ground):  # noqa: F811
    folder = lab.make_folder("egress")
    one = Enforced(ground, folder)
    try:
        one.start()
        yield one
    finally:
        one.close()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_new_origin_is_reachable_at_once(enforced):
    assert enforced.ground.act("tcp", OTHER, WEB) == "EPERM"
    enforced.configure("portal.test", OTHER)
    code, out, error = enforced.said("reload")
    assert code == 0 and "is in force" in out and "list of egress" not in error
    assert enforced.page(1) == OTHER and enforced.page() == ORIGIN
    assert enforced.ground.line(OTHER, WEB)["key"].startswith("site s1.test: origins") and enforced.ground.ask("status")["mode"] == "enforce"


def test_a_reload_without_the_list_is_healed_by_the_timer(enforced):
    """SIGHUP by hand, a certificate that is renewed: an alarm at once, and what the timer's unit runs a minute later follows."""
    enforced.control()
    enforced.configure("portal.test", OTHER)
    enforced.shield.send_signal(signal.SIGHUP)
    assert wait_for(lambda: enforced.page(1) in ("502", "503"), 10)
    assert [one["kind"] for one in enforced.ground.ask("status", code=1)["alarms"]] == ["moved"]
    assert wait_for(lambda: f"ALARM: the kernel refuses the way to origin http://{OTHER}:{WEB}" in enforced.log("run"), 5)
    assert wait_for(lambda: any("egress-alarm" in line and OTHER in line for line in enforced.said("log")[1].splitlines()), 10), enforced.said("log")
    code, out, error = enforced.said("packet", "egress", "follow")
    assert (code, out) == (0, "") and f"{OTHER}:{WEB}/tcp was refused" in error and "until now" in error
    assert wait_for(lambda: enforced.page(1) == OTHER, 15) and enforced.ground.ask("status")["alarms"] == []


def test_a_reload_goes_on_where_the_list_cannot_follow(enforced):
    """Availability: said, and reloaded."""
    enforced.ground.ask("enforce", "--anyway")  # waits to be confirmed
    enforced.configure("portal.test", OTHER)
    code, out, error = enforced.said("reload")
    assert code == 0 and "is in force" in out and "the list of egress is as before" in error and "packet egress refresh" in error


def test_what_is_gone_stays_for_requests_that_are_on(enforced):
    enforced.configure(OTHER)
    assert enforced.said("reload")[0] == 0 and enforced.page() == OTHER
    line = enforced.ground.line(ORIGIN, WEB)
    assert line["allowed"] and "portal.test" in line["key"]
    enforced.ground.ask("enforce")  # a list as the configuration is, to the letter
    assert enforced.ground.confirm() == 0 and enforced.ground.act("tcp", ORIGIN, WEB) == "EPERM"


def test_a_name_that_leads_elsewhere_is_an_alarm_at_once(enforced):
    enforced.control()
    enforced.ground.hosts(f"{MOVED} portal.test")
    assert wait_for(lambda: (enforced.page(), f"ALARM: the kernel refuses the way to origin http://portal.test:{WEB}" in enforced.log("run"))[1], 60)
    assert enforced.said("packet", "egress", "follow")[0] == 0
    assert wait_for(lambda: enforced.page() == MOVED, 20)


def test_a_name_that_cannot_be_looked_up_stays_where_it_was(enforced):
    enforced.ground.hosts("192.0.2.1 nobody.test")
    code, _, error = enforced.said("packet", "egress", "refresh")
    assert code == 0 and "what it led to before stays in the list" in error
    assert enforced.page() == ORIGIN
    code, _, error = enforced.ground.egress("enforce")
    assert code == 0 and "stays in the list" in error and enforced.ground.confirm() == 0 and enforced.page() == ORIGIN


def test_who_is_refused_is_told_at_once(enforced):
    enforced.control()
    assert enforced.ground.act("tcp", OTHER, 7001) == "EPERM"
    assert wait_for(lambda: f"{OTHER}:7001/tcp was refused (1 times), which nothing in the list names; first contacted by python3" in enforced.log("packet"), 5)
    assert "ALARM" not in enforced.log("packet")
    assert enforced.ground.act("tcp", ORIGIN, 7001) == "EPERM"  # a needed host, by another port
    assert wait_for(lambda: f"ALARM: {ORIGIN}:7001/tcp was refused" in enforced.log("packet"), 5)
    # In the shield's own journal, too.
    assert wait_for(lambda: "egress-refused" in enforced.said("log")[1] and "egress-alarm" in enforced.said("log")[1], 10), enforced.said("log")
    # Told once, and it stands: a list that says the same (the timer's, each minute) ends nothing. What another one still refuses is told again.
    assert enforced.ground.act("tcp", OTHER, 7001) == "EPERM" and enforced.ground.act("tcp", ORIGIN, 7001) == "EPERM"
    assert enforced.said("packet", "egress", "follow")[0] == 0
    assert [one["kind"] for one in enforced.ground.ask("status", code=1)["alarms"]] == ["host"]
    time.sleep(2.2)  # two looks
    assert enforced.log("packet").count(f"{OTHER}:7001") == 1
    enforced.ground.ask("enforce")
    assert enforced.ground.confirm() == 0 and enforced.ground.ask("status")["alarms"] == []
    assert enforced.ground.act("tcp", OTHER, 7001) == "EPERM"
    assert wait_for(lambda: enforced.log("packet").count(f"{OTHER}:7001") == 2, 5)


def test_the_ledger_outlives_the_controller_and_the_shield(enforced):
    enforced.control()
    before = enforced.ground.line(ORIGIN, WEB)
    for one in (enforced.controller, enforced.shield):
        one.kill()
        one.wait()
    enforced.shield = enforced.begin("run", "--quiet")
    assert wait_for(lambda: enforced.page() == ORIGIN, 20)
    after = enforced.ground.line(ORIGIN, WEB)
    assert after["packets"] > before["packets"] and after["pid"] == before["pid"] and abs(int(after["first"][17:19]) - int(before["first"][17:19])) in (0, 1, 59)


def test_the_controller_cannot_turn_egress_off(enforced):
    """It listens to edges, and one that somebody took over may take it over: its descriptors of the maps are for reading, says the kernel."""
    enforced.control()
    about = [path.read_text() for path in pathlib.Path(f"/proc/{enforced.controller.pid}/fdinfo").iterdir()]
    maps = [text for text in about if "map_id:" in text]
    assert len(maps) >= 5 and all(int(text.split("flags:")[1].split()[0], 8) & 3 == 0 for text in maps), maps


def test_the_controller_ends_when_there_is_something_else_to_control(enforced):
    """It has no right to open what comes; its unit starts it again. What is taken off ends it well."""
    enforced.control()
    other = pathlib.Path(PINS).parent / "v0"
    enforced.ground.start(enforced.ground.inside(["sh", "-c", f"mkdir {other} && echo ready"])).wait()
    assert enforced.controller.wait(5) == 1 and "has to start anew" in enforced.log("packet")
    (enforced.folder / "packet.sock").unlink()
    enforced.control()
    assert enforced.ground.egress("off")[0] == 0
    assert enforced.controller.wait(5) == 0 and "nothing is left to control" in enforced.log("packet")
    code, _, error = enforced.said("packet", "run")
    assert code == 1 and "nothing is attached" in error


def test_off_holds_whatever_units_do(enforced):
    """Typed in an emergency: neither a reload, nor the timer, nor a service that starts anew undoes it."""
    off = enforced.ground.egress("off")
    assert off[0] == 0 and "until you type observe or enforce" in off[1]
    for words in (("follow", "--attached"), ("follow",)):
        assert enforced.said("packet", "egress", *words) == (0, "", "") and enforced.ground.ask("status")["mode"] == "off"
    assert enforced.said("reload")[0] == 0 and enforced.ground.ask("status")["mode"] == "off"
    assert enforced.ground.act("tcp", OTHER, 7001) == "ok"
    enforced.forget_off()  # nor does a reload begin what somebody wrote into the file
    assert enforced.said("packet", "egress", "follow", "--attached") == (0, "", "") and enforced.ground.ask("status")["mode"] == "off"
    enforced.ground.ask("observe")
    assert enforced.said("packet", "egress", "follow", "--attached") == (0, "", "") and enforced.ground.ask("status")["mode"] == "observe"
    assert enforced.ground.egress("off")[0] == 0
    enforced.ground.ask("observe")
    assert enforced.said("packet", "egress", "follow") == (0, "", "") and enforced.ground.ask("status")["mode"] == "observe"


def test_units_bring_back_what_the_configuration_says(enforced):
    """After a start of the machine nobody could confirm; and what somebody else has yet to confirm is not confirmed by it."""
    assert enforced.ground.egress("off")[0] == 0
    enforced.forget_off()
    assert enforced.said("packet", "egress", "follow") == (0, "", "")
    state = enforced.ground.ask("status")
    assert state["mode"] == "enforce" and not state["waits"] and enforced.ground.act("tcp", OTHER, 7001) == "EPERM"
    assert enforced.ground.egress("off")[0] == 0
    text = pathlib.Path(enforced.ground.config).read_text()
    pathlib.Path(enforced.ground.config).write_text(text.replace("mode: enforce, ", ""))
    assert enforced.said("packet", "egress", "follow") == (0, "", "") and enforced.ground.ask("status")["mode"] == "off"
    # Where nobody wants it the kernel is not asked: a container without rights says nothing at each start.
    done = subprocess.run(enforced.ground.inside(["setpriv", "--reuid=65534", "--clear-groups", BOUCLIER, "packet", "egress", "follow", "-c", enforced.ground.config]), capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

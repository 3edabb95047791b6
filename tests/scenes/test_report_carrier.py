"""`bouclier report carrier` in namespaces of its own: a flood over a cable that is called narrow, what is measured of it, and the message for the desk."""
import json
import pathlib
import signal
import subprocess
import tempfile
import time

import pytest
from test_packet_command import BOUCLIER, CITIZEN, MANAGER, SERVER, Ground

PORTAL = "198.51.100.7"      # as citizens and the carrier know it: the addresses of this ground are private
LINK = {"served": [PORTAL], "capacity": "4Mbit/s", "interface": "eth0", "language": "nl", "window": "3s",
        "provider": {"name": "Carrier NV", "telephone": "+32 2 555 01 02", "email": "noc@carrier.example", "contract": "BE-4711"}}
FLOOD = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], int(sys.argv[2])))
end = time.time() + float(sys.argv[4])
while time.time() < end:
    for i in range(10):
        s.sendto(b"x" * 1000, (sys.argv[3], 9))
    time.sleep(0.01)
"""


class Line(Ground):
    """The narrow cable, and a configuration that says so."""

    def say(self, **link):
        text = {"management": [MANAGER], "listen": [{"address": "127.0.0.1:8080", "public_port": 443, "tls": False}],
                "admin": {"socket": f"{self.folder}/admin.sock"},   # nobody answers there
                "packet": {"interfaces": ["eth0"], "mode": "enforce"}, "link": {**LINK, **link}}
        self.config = self.write("bouclier.yaml", json.dumps(text))

    def flood(self, seconds, port=4000):
        one = subprocess.Popen(self.inside(self.client, ["/usr/bin/python3", "-c", FLOOD, CITIZEN, str(port), SERVER, str(seconds)]))
        self.started.append(one)
        time.sleep(0.5)

    def report(self, *words):
        return self.run([BOUCLIER, "report", "carrier", "-c", self.config, *words], check=False)

    def measured(self, *words):
        said = self.report("--output", "json", *words)
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout)

    def end(self):
        for one in reversed(self.started):
            one.kill()
            one.wait()
            if one.stdout:
                one.stdout.close()


@pytest.fixture
def line():
    if subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces may not be made here")
    with tempfile.TemporaryDirectory(prefix="bouclier-line-") as folder:
        pathlib.Path(folder).chmod(0o755)
        one = Line(folder)
        try:
            one.say()
            yield one
        finally:
            one.end()


def test_calm(line):
    said = line.report("--for", "1s")
    assert said.returncode == 0 and "Nothing was sent" in said.stderr and "no shield answers" in said.stderr
    assert said.stdout.startswith("Telefoon: +32 2 555 01 02\nCarrier NV\nOns contract bij u: BE-4711\nAan: noc@carrier.example\n")
    assert f"{PORTAL}: op dit ogenblik meten wij geen aanval" in said.stdout and "\n-----\n\nTelephone: " in said.stdout
    assert "1. " not in said.stdout


def test_private_addresses_are_nobodys_targets(line):
    line.say(served=[])
    said = line.report("--for", "1s", "--language", "en")
    assert "Attacked addresses: our addresses" in said.stdout and SERVER not in said.stdout
    assert "only private addresses are known of it" in said.stderr and "served" in said.stderr


def test_a_flood_without_a_filter(line):
    line.flood(5)
    told = line.measured("--for", "2s", "--language", "fr")
    assert told["line"]["state"] == "full" and told["line"]["percent"] > 100 and told["line"]["interfaces"] == "eth0"
    assert told["targets"] == [f"{PORTAL}/32"] and told["shield_asked"] is False and told["since"] is None
    assert told["vectors"][0]["vector"] == "udp" and told["vectors"][0]["percent"] > 80
    assert list(told["message"]) == ["fr", "en"]
    assert f"1. Drop UDP to {PORTAL}" in told["message"]["en"] and f"TCP to ports 443 of {PORTAL} must stay reachable" in told["message"]["en"]
    assert f"1. Bloquez l'UDP vers {PORTAL}" in told["message"]["fr"]
    assert CITIZEN not in json.dumps(told) and SERVER not in json.dumps(told)


def test_a_reflection_that_the_filter_drops(line):
    code, _, said = line.packet("attach")
    if code:
        pytest.skip(f"no filter can be attached here: {said.strip()[-200:]}")
    line.packet("confirm")
    line.flood(5, port=53)
    told = line.measured("--for", "2s")
    assert told["filter_asked"] is True and told["line"]["state"] == "full" and told["line"]["drops_s"] == 0
    assert told["vectors"][0]["vector"] == "reflected" and told["vectors"][0]["percent"] > 80, told["vectors"]
    assert "UDP reflection" in told["message"]["en"]
    line.packet("detach")


def test_watched(line):
    with subprocess.Popen(line.inside(line.server, [BOUCLIER, "report", "carrier", "-c", line.config, "--watch", "--for", "1s"]),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watch:
        try:
            time.sleep(2.5)
            line.flood(7)
            out = [watch.stdout.readline() for _ in range(12)]   # it comes by itself
            time.sleep(1.5)
        finally:
            watch.send_signal(signal.SIGTERM)
        err = watch.stderr.read()
        watch.stdout.read()
    assert watch.returncode == 0
    assert "the line is f" in err and ": eth0: " in err and "Nothing was sent" in err
    assert out[0] == "Telefoon: +32 2 555 01 02\n" and any("De lijn loopt vol sinds" in text for text in out), out


def test_no_such_interface(line):
    line.say(interface="eth7")
    said = line.report()
    assert said.returncode == 1 and "interface eth7: there is none of that name" in said.stderr
    line.say(interface=[])
    assert "there is no default route" in line.report().stderr

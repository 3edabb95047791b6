"""The line as the running shield sees it: while a flood fills a cable that is called narrow, the journal, the status and the metrics say so."""
import json
import subprocess

import pytest
from test_packet_command import BOUCLIER, wait_for
from test_report_carrier import LINK, Line, line  # noqa: F401

METRICS = 9102


class Shielded(Line):
    """The narrow cable, and a shield at its end."""

    def say(self, **link):
        super().say(**link)
        text = json.loads(open(self.config, encoding="utf-8").read())
        text["admin"]["metrics"] = f"127.0.0.1:{METRICS}"
        text["state"] = f"{self.folder}/state"
        self.write("bouclier.yaml", json.dumps(text))

    def said(self, *words):
        return self.run([BOUCLIER, *words, "-c", self.config], check=False).stdout

    def status(self):
        told = self.said("status", "-o", "json")
        return json.loads(told).get("line") if told else None

    def metrics(self):
        lines = self.run(["curl", "-s", "-m", "2", f"http://127.0.0.1:{METRICS}/metrics"], check=False).stdout.splitlines()
        return {one.rsplit(" ", 1)[0]: float(one.rsplit(" ", 1)[1]) for one in lines if one.startswith("bouclier_link_")}

    def notices(self):
        return [one for one in map(json.loads, self.said("log", "--since", "5m", "-o", "json").splitlines()) if one.get("event.action", "").startswith("line-")]


@pytest.fixture
def shielded(line):  # noqa: F811
    line.__class__ = Shielded
    line.say()
    log = open(f"{line.folder}/run.log", "w", encoding="utf-8")
    one = subprocess.Popen(line.inside(line.server, [BOUCLIER, "run", "--quiet", "-c", line.config]), stdout=log, stderr=log)
    try:
        assert wait_for(line.status, 20), open(f"{line.folder}/run.log", encoding="utf-8").read()
        yield line
    finally:
        one.terminate()
        one.wait(20)


def test_a_line_that_fills_is_told(shielded):
    assert shielded.status()["state"] == "quiet" and shielded.status()["interfaces"] == "eth0"
    assert "  line         eth0: " in shielded.said("status") and "LINE:" not in shielded.said("status")
    shielded.flood(9)
    assert wait_for(lambda: shielded.status()["state"] == "full", 10), shielded.status()
    assert "LINE: it is full, at " in shielded.said("status") and "bouclier report carrier" in shielded.said("status")
    metrics = shielded.metrics()
    assert metrics['bouclier_link_bits_per_second{direction="in"}'] > 2e6 > metrics['bouclier_link_bits_per_second{direction="out"}']
    assert metrics["bouclier_link_capacity_bits_per_second"] == 4e6 and metrics["bouclier_link_used_ratio"] > 0.7 and metrics["bouclier_link_state"] == 2
    assert wait_for(shielded.notices, 5)
    first = shielded.notices()[0]
    assert first["event.action"] in ("line-filling", "line-full") and "of its capacity" in first["bouclier.detail"] and "bouclier report carrier" in first["bouclier.detail"]
    count = len(shielded.notices())
    shielded.said("reload")
    assert shielded.status()["state"] == "full"
    assert not wait_for(lambda: len(shielded.notices()) > count, 2)      # the same line after a reload: nobody is called twice


def test_another_line_after_a_reload(shielded):
    shielded.say(interface="lo")
    shielded.said("reload")
    assert wait_for(lambda: (shielded.status() or {}).get("interfaces") == "lo", 5)
    shielded.say(interface="eth7")
    shielded.said("reload")
    assert wait_for(lambda: not shielded.status(), 5)
    assert "the line cannot be watched: interface eth7: there is none of that name" in open(f"{shielded.folder}/run.log", encoding="utf-8").read()
    assert not shielded.metrics()

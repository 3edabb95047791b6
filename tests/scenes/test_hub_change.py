"""The configuration by way of the hub: proposed, approved by another person, put in place, gone back from; and what is refused on the way."""
import http.client
import json
import os
import re
import subprocess

import pytest

import lab
from lab import HOST, wait_until
from lab.hub import HubShield
from lab.place import BINARY, ROOT

PASSWORD = "correct horse battery"


class Person:
    def __init__(self, shield, name, code):
        self.port, self.cookie, self.csrf = shield.hub_port, None, None
        status, said = self.ask("POST", "/first-start", {"code": code, "name": name, "password": PASSWORD})
        assert status == 200, said

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        fields = {"Content-Type": "application/json"} | ({"Cookie": self.cookie} if self.cookie else {}) | ({"X-Bouclier-CSRF": self.csrf} if self.csrf else {})
        connection.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, fields)
        answer = connection.getresponse()
        said = json.loads(answer.read() or "null")
        if answer.getheader("Set-Cookie"):
            self.cookie = answer.getheader("Set-Cookie").partition(";")[0]
        self.csrf = (said or {}).get("csrf", self.csrf)
        connection.close()
        return answer.status, said

    def good(self, *words, status=200):
        got, said = self.ask(*words)
        assert got == status, said
        return said

    def refused(self, *words):
        status, said = self.ask(*words)
        assert status >= 400, said
        return status, said["error"]["code"]


@pytest.fixture
def shield():
    with lab.Portal() as portal:
        with HubShield(sites=[{"name": HOST, "origins": [f"http://127.0.0.1:{portal.port}"], "waf": {"mode": "block"}}]) as one:
            yield one


@pytest.fixture
def agnes(shield):
    return Person(shield, "agnes", wait_until(lambda: re.search(r"give this code, once: (\S+)", shield.said()), 20, "the hub prints its code")[1])


def person(shield, agnes, name, *roles, tenants=("*",)):
    """Before there is somebody who could approve it: he comes last."""
    status, said = agnes.ask("POST", "/people", {"name": name, "display": name, "roles": list(roles), "tenants": list(tenants), "language": "en"})
    assert status == 200, said
    return Person(shield, name, said["code"])


def change(shield, **site):
    """The text of the file with the site's keys changed."""
    settings = json.loads(shield.config.read_text())
    settings["sites"][0] |= site
    return json.dumps(settings)


def newest_of(shield, how):
    """The newest in the history, once it came to serve in this way: it is written a moment after the answer."""
    return wait_until(lambda: next((one for one in history(shield)[:1] if one["how"] == how), None), 20, f"the history has {how} as its newest")


def history(shield):
    done = subprocess.run([BINARY, "config", "history", "--output", "json", "--config", str(shield.config)], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)["configurations"]


def audit(agnes):
    return [(entry["who"], entry["what"]) for entry in agnes.good("GET", "/audit")["entries"]]


def propose(shield, who, text, why="the portal's search"):
    return who.good("POST", "/proposals", {"path": str(shield.config), "text": text, "why": why})


def test_proposed_approved_applied_and_back(shield, agnes):
    oscar, petra = person(shield, agnes, "oscar", "operator"), person(shield, agnes, "petra", "approver")
    first = shield.config.read_text()
    # What is no configuration is told where, and changes nothing.
    said = oscar.good("POST", "/config/check", {"path": str(shield.config), "text": first.replace('"origins"', '"orgins"')})
    assert said["ok"] is False and said["complaints"][0]["line"] >= 1 and "orgins" in json.dumps(said["complaints"])
    assert oscar.good("POST", "/config/check", {"path": str(shield.config), "text": first}) == {"ok": True, "complaints": []}
    assert oscar.refused("POST", "/config/check", {"path": "/etc/passwd", "text": "x"}) == (404, "not-found")
    text = change(shield, waf={"mode": "block", "exclusions": [{"rule": "942100", "path": "/search", "reason": "false alarm"}]})
    made = propose(shield, oscar, text)
    assert made["needs_approval"] is True and made["state"] == "waits" and "exclusions" in made["diff"] and made["author"] == "oscar"
    move = f"/proposals/{made['id']}"
    # Neither he alone, nor who only approves, nor he by approving himself.
    assert oscar.refused("POST", f"{move}/apply", {}) == (409, "needs-approval")
    assert oscar.refused("POST", f"{move}/approve", {"why": "mine"}) == (403, "forbidden")
    assert petra.refused("POST", f"{move}/apply", {}) == (403, "forbidden")
    assert shield.config.read_text() == first
    assert [one["id"] for one in petra.good("GET", "/proposals")["proposals"]] == [made["id"]]
    assert petra.good("POST", f"{move}/approve", {"why": "looked at it"})["state"] == "approved"
    assert oscar.good("POST", f"{move}/apply", {"confirm": "5m"})["state"] == "applied"
    assert shield.config.read_text() == text
    newest = newest_of(shield, "proposal")
    assert (newest["how"], newest["who"], newest["why"]) == ("proposal", "oscar, approved by petra", "the portal's search")
    assert oscar.good("GET", "/config/history")["versions"][0]["confirm_until"]
    oscar.good("POST", "/config/confirm")
    assert oscar.good("GET", "/config/history")["versions"][0]["confirm_until"] is None
    assert oscar.refused("POST", f"{move}/apply", {}) == (409, "not-possible")
    # Back: it takes the exclusion away, and so it takes a second person again.
    back = oscar.good("POST", "/config/rollback", {"to": 1, "why": "as it was"}, status=202)
    move = f"/proposals/{back['proposal']}"
    assert petra.good("POST", f"{move}/approve", {"why": "yes"})["state"] == "approved"
    assert oscar.good("POST", f"{move}/apply", {})["state"] == "applied"
    assert shield.config.read_text() == first and newest_of(shield, "rollback")["why"] == "as it was"
    # All of it is written down, by whom, and what the shield did by itself once each.
    entries = audit(agnes)
    for entry in ("oscar", "proposal.make"), ("petra", "proposal.approve"), ("oscar", "proposal.apply"), ("oscar", "config.confirm"):
        assert entry in entries
    wait_until(lambda: audit(agnes).count(("shield", "config.serves")) == 3, 20, "the hub writes down what serves")
    shield.kill_hub()
    wait_until(lambda: agnes.ask("GET", "/audit")[0] == 200, 20, "the hub is there again")
    shield.wait_followed()
    assert audit(agnes).count(("shield", "config.serves")) == 3


def test_what_harms_nobody_its_author_does_alone_but_never_over_somebody_elses_edit(shield, agnes):
    town = person(shield, agnes, "tina", "operator", tenants=("town",))
    oscar, petra = person(shield, agnes, "oscar", "operator"), person(shield, agnes, "petra", "approver")
    made = propose(shield, oscar, change(shield, rate_limits=[{"path": "/search", "limit": "5/s"}]), "slower")
    assert made["needs_approval"] is False
    # Who sees one administration neither reads nor makes any.
    assert town.refused("GET", "/proposals") == town.refused("POST", f"/proposals/{made['id']}/apply", {}) == (403, "forbidden")
    assert town.refused("GET", "/config") == (403, "forbidden")
    # The file was edited meanwhile.
    edited = shield.config.read_text() + "\n# by hand\n"
    shield.config.write_text(edited)
    assert oscar.refused("POST", f"/proposals/{made['id']}/apply", {}) == (409, "stale")
    assert shield.config.read_text() == edited
    subprocess.run([BINARY, "reload", "--socket", shield.admin_socket, "--config", str(shield.config)], check=True, timeout=60, capture_output=True)
    assert oscar.refused("POST", f"/proposals/{made['id']}/apply", {}) == (409, "stale")
    # Made from what serves now.
    text = edited.replace('"mode": "block"', '"mode": "detect"')
    assert text != edited
    made = propose(shield, oscar, text, "look first")
    assert petra.refused("POST", f"/proposals/{made['id']}/reject", {}) == (400, "bad-member")
    hub = shield.hub()
    assert oscar.good("POST", f"/proposals/{made['id']}/apply", {})["state"] == "applied"
    assert shield.config.read_text() == text and newest_of(shield, "proposal")["who"] == "oscar"
    shield.wait_hub(other_than=hub)  # what a site is, is the hub's affair too: another one takes over
    oscar.good("POST", "/config/confirm")
    number = next(each["number"] for each in history(shield) if each["how"] == "reload")
    assert oscar.good("POST", "/config/rollback", {"to": number, "why": "block again"})["to"] == number
    assert shield.config.read_text() == edited and newest_of(shield, "rollback")["who"] == "oscar"
    assert oscar.refused("POST", "/config/rollback", {"to": number, "why": "again"}) == (409, "nothing-changed")
    assert oscar.refused("POST", "/config/rollback", {"to": 4711, "why": "no"}) == (404, "not-found")
    assert ("oscar", "proposal.apply.failed") in audit(agnes)


def test_what_nobody_confirms_goes_back_and_is_an_incident(shield, agnes):
    first = shield.config.read_text()
    # Nobody else could look: he does it alone, and the log says so.
    made = propose(shield, agnes, change(shield, waf={"mode": "block", "audit_log": "relevant"}), "capture")
    assert made["needs_approval"] is False
    assert agnes.good("POST", f"/proposals/{made['id']}/apply", {"confirm": "10s"})["state"] == "applied"
    assert shield.config.read_text() != first
    wait_until(lambda: shield.config.read_text() == first, 40, "nobody confirmed")
    assert "nobody else could look at it" in [entry["detail"] for entry in agnes.good("GET", "/audit")["entries"]]
    wait_until(lambda: ("shield", "config.went-back") in audit(agnes), 30, "it is written down")
    (incident,) = wait_until(lambda: [one for one in agnes.good("GET", "/incidents")["incidents"] if one["family"] == "integrity"], 30, "an incident")
    assert "went back" in incident["sentence"]["en"]


def test_in_the_console(shield, agnes):
    for words in (["tools/install", "browser"], ["tools/console", "test"]):
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=900, stdin=subprocess.DEVNULL)
        if done.returncode:
            pytest.skip(" ".join(words) + ": " + done.stderr.strip().splitlines()[-1])
    person(shield, agnes, "oscar", "operator")
    person(shield, agnes, "petra", "approver")
    text = change(shield, waf={"mode": "block", "exclusions": [{"rule": "942100", "path": "/search", "reason": "false alarm"}]})
    shield.folder.joinpath("proposed").write_text(text)
    story = subprocess.run(["node", str(ROOT / "tests/console/change.mjs"), shield.url, PASSWORD, str(shield.folder / "proposed"), str(ROOT / "build/screenshots")], cwd=ROOT,
                           stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240)
    assert story.returncode == 0, (story.stdout + story.stderr)[-6000:]
    assert shield.config.read_text() == text
    assert newest_of(shield, "proposal")["who"] == "oscar, approved by petra"

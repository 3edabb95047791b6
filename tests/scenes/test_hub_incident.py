"""`bouclier incident`: what goes on, shown and acted on from a terminal, over the hub's socket."""
import json
import subprocess

import pytest

from lab import HOST, response, wait_until
from lab.hub import HubShield
from lab.place import BINARY


@pytest.fixture(scope="module")
def shield():
    from lab import Origin
    with Origin(lambda request: response(b"well")) as origin, HubShield(origin) as shield:
        reply = shield.ask("/level", "POST", json.dumps({"site": HOST, "level": "attack"}).encode())
        assert reply.status == 200, reply.text
        wait_until(shield.incidents, 15, "the incident is kept")
        yield shield


def incident(shield, *words):
    return subprocess.run([BINARY, "incident", *words, "--config", str(shield.config)], capture_output=True, text=True, timeout=30)


def kept(shield):
    return shield.incidents()[0]


def test_the_list(shield):
    said = incident(shield, "list")
    assert (said.returncode, said.stderr) == (0, "")
    head, line = said.stdout.splitlines()
    assert head.split()[:3] == ["id", "status", "severity"]
    assert line.split()[:3] == ["1", kept(shield)["status"], kept(shield)["severity"]] and HOST in line
    listed = json.loads(incident(shield, "list", "--output", "json").stdout)
    assert [one["id"] for one in listed["incidents"]] == [1] and listed["incidents"][0]["sites"] == [HOST]
    assert incident(shield, "list", "--site", "nobody.example").stdout == "no incidents\n"
    assert incident(shield, "list", "--status", "closed").stdout == "no incidents\n"


def test_a_page_of_one(shield):
    said = incident(shield, "show", "1")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith(f"1  {HOST} is under attack\n")
    for part in ("status", "severity", "opened", "sites", HOST, "opened"):
        assert part in said.stdout
    whole = json.loads(incident(shield, "show", "1", "--output", "json").stdout)
    assert whole["incident"]["id"] == 1 and whole["version"] >= 1


def test_what_people_do(shield):
    said = incident(shield, "acknowledge", "1", "--note", "I call the carrier")
    assert (said.returncode, said.stderr) == (0, "") and said.stdout.startswith("incident 1 is acknowledged; its owner is ")
    assert kept(shield)["status"] == "acknowledged" and kept(shield)["notes"][-1]["text"] == "I call the carrier"
    assert incident(shield, "owner", "1", "anna").stdout == "incident 1 is acknowledged; its owner is anna\n"
    assert incident(shield, "note", "1", "second line").returncode == 0
    assert [note["text"] for note in kept(shield)["notes"]] == ["I call the carrier", "second line"]
    page = incident(shield, "show", "1").stdout
    assert "owner        anna" in page and "second line" in page and "acknowledged" in page
    assert incident(shield, "contain", "1").stdout.startswith("incident 1 is contained")
    assert incident(shield, "reopen", "1").stdout.startswith("incident 1 is acknowledged")
    assert incident(shield, "close", "1").stdout.startswith("incident 1 is closed")
    assert kept(shield)["owner"] == "anna" and kept(shield)["status"] == "closed"
    # What people did is there after a kill.
    shield.kill_hub()
    wait_until(lambda: incident(shield, "show", "1").returncode == 0, 15, "the next hub answers")
    assert "owner        anna" in incident(shield, "show", "1").stdout
    assert incident(shield, "close", "1").returncode == 1
    assert incident(shield, "reopen", "1").returncode == 0


@pytest.mark.parametrize("words, code, message", [
    (("show", "99"), 1, "the hub refused (404)"),
    (("show", "x"), 2, "wants the number of an incident"),
    (("show",), 2, "wants the number of an incident"),
    (("owner", "1"), 2, "and a name"),
    (("note", "1", ""), 1, "the hub refused"),
    (("frobnicate",), 2, "not frobnicate"),
    (("list", "--count", "0"), 2, "--count is a number"),
    (("list", "--site", "a b"), 2, "--site wants a name"),
    (("list", "--hub", "/nonexistent/hub.sock"), 1, "no hub answers at /nonexistent/hub.sock"),
])
def test_what_cannot_be_done_is_said(shield, words, code, message):
    said = incident(shield, *words)
    assert (said.returncode, said.stdout) == (code, "") and message in said.stderr

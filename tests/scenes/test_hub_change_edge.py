"""Changes of the configuration whose way is cut: a fresh edge, another hub, and a hub that dies in the middle. Whoever asked is told, and what is kept is what happened."""
import json
import os
import re
import signal
import threading
import time

import pytest

import lab
from lab import HOST, wait_until
from lab.hub import HubShield
from test_hub_change import Person, audit, change, newest_of, propose

PROPOSAL = 12  # store/document.h


@pytest.fixture
def shield():
    with lab.Portal() as portal:
        with HubShield(sites=[{"name": HOST, "origins": [f"http://127.0.0.1:{portal.port}"], "waf": {"mode": "block"}}]) as one:
            yield one


@pytest.fixture
def agnes(shield):
    return Person(shield, "agnes", wait_until(lambda: re.search(r"give this code, once: (\S+)", shield.said()), 20, "the hub prints its code")[1])


def with_top(shield, text, **keys):
    return json.dumps({**json.loads(text), **keys})


def state_of(agnes, number):
    """Not faster than a session may ask."""
    time.sleep(0.2)
    return next(one["state"] for one in agnes.good("GET", "/proposals")["proposals"] if one["id"] == number)


@pytest.mark.parametrize("mode", ["block", "detect"], ids=["the same hub", "another hub"])
def test_a_fresh_edge_cuts_nobody(shield, agnes, mode):
    edge, hub = shield.edge(), shield.hub()
    text = with_top(shield, change(shield, waf={"mode": mode}), workers=3)
    made = propose(shield, agnes, text, "more workers")
    assert agnes.good("POST", f"/proposals/{made['id']}/apply", {"confirm": "0s"})["state"] == "applied"
    wait_until(lambda: shield.edge() != edge, 20, "a fresh edge")
    if mode == "detect":
        shield.wait_hub(other_than=hub)
    wait_until(lambda: agnes.ask("GET", "/proposals")[0] == 200, 20, "the hub answers")
    assert state_of(agnes, made["id"]) == "applied" and shield.config.read_text() == text
    assert newest_of(shield, "proposal")["why"] == "more workers"


def apply_and_kill(shield, agnes, number, text):
    """The hub dies while check reads what is to serve, or, seen too late, when it is written: whoever asked is cut, and nobody was told."""
    def ask():
        try:
            agnes.ask("POST", f"/proposals/{number}/apply", {"confirm": "10s"})
        except OSError:
            pass
    hub = shield.hub()
    asking = threading.Thread(target=ask)
    asking.start()
    wait_until(lambda: "check" in shield.children().values() or shield.config.read_text() == text, 20, "check reads it")
    os.kill(hub, signal.SIGKILL)
    asking.join(30)
    shield.wait_hub(other_than=hub)
    wait_until(lambda: answers(agnes), 20, "the next hub answers")


def answers(agnes):
    try:
        return agnes.ask("GET", "/proposals")[0] == 200
    except OSError:
        return False


def test_a_hub_that_dies_before_it_is_told_finds_out(shield, agnes):
    first = shield.config.read_text()
    text = change(shield, rate_limits=[{"path": "/search", "limit": "5/s"}])
    made = propose(shield, agnes, text, "slower")
    apply_and_kill(shield, agnes, made["id"], text)
    wait_until(lambda: state_of(agnes, made["id"]) == "applied", 20, "it is told as what it is")
    # Nobody confirms: what is kept says so, too.
    wait_until(lambda: shield.config.read_text() == first, 40, "it goes back")
    wait_until(lambda: state_of(agnes, made["id"]) == "went-back", 20, "it is told that it went back")
    assert agnes.refused("POST", f"/proposals/{made['id']}/apply", {}) == (409, "not-possible")
    assert ("hub", "proposal.apply.failed") not in audit(agnes)


def test_what_is_refused_may_be_tried_again(shield, agnes):
    """Check reads it well, and the shield cannot do it: it is no change that waits to be found out."""
    made = propose(shield, agnes, with_top(shield, shield.config.read_text(), state=str(shield.folder / "elsewhere")), "another disk")
    assert agnes.refused("POST", f"/proposals/{made['id']}/apply", {"confirm": "0s"}) == (409, "shield-refused")
    assert state_of(agnes, made["id"]) == "waits" and ("agnes", "proposal.apply.failed") in audit(agnes)
    kept = json.loads(shield.documents(PROPOSAL)[f"{made['id']:020}"])
    assert kept["applying_ms"] == 0

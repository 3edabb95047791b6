"""What comes again: soon, it is a second wave of the same incident; later, another one that is related to it. And who is told of it, with clocks that are short."""
import datetime
import json

import pytest

from lab import HOST, Origin, response, wait_until
from lab.hub import HubShield
from lab.receivers import Webhook

ATTACK = "/?q=1%27+OR+%271%27%3D%271%27+--+-"


@pytest.fixture
def hook():
    with Webhook(tls=False) as one:
        yield one


@pytest.fixture
def shield(hook):
    with Origin(lambda request: response(b"well"), record=False) as origin, HubShield(origin, waf={"mode": "block"}, start=False) as one:
        secret = one.folder / "secret"
        secret.write_text("0123456789abcdef0123456789abcdef\n")
        secret.chmod(0o600)
        path = {"name": "hook", "url": f"http://127.0.0.1:{hook.port}/", "insecure": True, "secret_file": str(secret), "severity": "low"}
        one.write({**one.settings, "hub": {**one.settings["hub"], "incidents": {"contained_after": "10s", "closed_after": "10s", "again_within": "40s"},
                                           "alerts": {"self_test": "off", "webhooks": [path]}}})
        one.start()
        one.wait_hub()
        yield one


def incident(shield, number):
    status, said = shield.api("GET", f"/api/v1/incidents/{number}")
    return said["incident"] if status == 200 else None


def becomes(shield, number, **wanted):
    return wait_until(lambda: (lambda one: one and all(one[name] == value for name, value in wanted.items()) and one)(incident(shield, number)), 60, f"incident {number}: {wanted}")


def counted(shield, number):
    return sum(vector["count"] for vector in incident(shield, number)["vectors"])


def wave(shield):
    """Somebody attacks, and the site is at `attack` meanwhile."""
    def level(word):
        assert shield.api("POST", f"/api/v1/sites/{HOST}/level", {"level": word, "why": "a wave"})[0] == 200
    level("attack")
    wait_until(lambda: shield.api("GET", "/api/v1/incidents?status=open")[1]["incidents"], 20, "it goes on")
    number = shield.api("GET", "/api/v1/incidents?status=open")[1]["incidents"][0]["id"]
    before = counted(shield, number)
    assert all(shield.get(ATTACK).status != 200 for _ in range(20))
    wait_until(lambda: counted(shield, number) == before + 20, 10, "they are counted")
    level("normal")
    return number


def told(hook, number):
    said = [json.loads(body) for _, body in hook.calls]
    return [one["kind"] for one in said if (one.get("incident") or {}).get("id") == number]


def test_a_second_wave_and_another_attack(shield, hook):
    assert wave(shield) == 1
    becomes(shield, 1, status="contained", waves=1)
    # Soon: the same one, with the same number, open again; whether or not it was closed.
    assert wave(shield) == 1
    one = becomes(shield, 1, waves=2)
    assert [moment["what"] for moment in one["timeline"] if moment["what"] in ("opened", "contained", "second-wave")][:3] == ["opened", "contained", "second-wave"]
    becomes(shield, 1, status="closed", waves=2)
    assert wave(shield) == 1, "closed, and within the time"
    third = becomes(shield, 1, waves=3)
    assert third["opened"] == one["opened"] and third["closed"] is None and counted(shield, 1) == 60
    closed = becomes(shield, 1, status="closed", waves=3)
    assert closed["contained"] and closed["closed"]
    # Later than that: another one, which knows the first by its fingerprint.
    wait_until(lambda: incident(shield, 1) and shield.api("GET", "/api/v1/now")[1]["at"] > later(closed["last_seen"], 42), 90, "that was long ago")
    assert wave(shield) == 2
    second = wait_until(lambda: (lambda one: one["related"] == [1] and one)(incident(shield, 2)), 30, "it is related to the first")
    assert second["waves"] == 1 and second["fingerprint"] == incident(shield, 1)["fingerprint"] and "vectors=" in second["fingerprint"]
    assert [brief["id"] for brief in shield.api("GET", "/api/v1/incidents/2")[1]["related"]] == [1]
    assert incident(shield, 1)["waves"] == 3 and incident(shield, 1)["status"] == "closed"
    becomes(shield, 2, status="contained")
    wait_until(lambda: told(hook, 2)[:1] == ["opened"] and "contained" in told(hook, 2), 20, f"the new one is told from its beginning: {hook.calls}")
    kinds = told(hook, 1)
    assert kinds[0] == "opened" and kinds.count("opened") == 1 and kinds.count("again") == 2


def later(text, seconds):
    """An RFC 3339 time, so many seconds later, to be compared with others."""
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) + datetime.timedelta(seconds=seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

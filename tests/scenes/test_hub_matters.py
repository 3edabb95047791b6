"""What needs a person and is no attack: it is one incident, told once, that ends when it is put right; and no warning beside it."""
import json
import subprocess

import pytest

from lab import HOST, Origin, make_certificate, response, wait_until
from lab.hub import HubShield
from lab.place import BINARY
from lab.receivers import Webhook


@pytest.fixture(scope="module")
def hook():
    with Webhook(tls=False) as one:
        yield one


@pytest.fixture(scope="module")
def shield(hook):
    with Origin(lambda request: response(b"well"), record=False) as origin, HubShield(origin, start=False) as one:
        secret = one.folder / "secret"
        secret.write_text("0123456789abcdef0123456789abcdef\n")
        secret.chmod(0o600)
        path = {"name": "hook", "url": f"http://127.0.0.1:{hook.port}/", "insecure": True, "secret_file": str(secret), "severity": "low"}
        one.write({**one.settings, "hub": {**one.settings["hub"], "incidents": {"contained_after": "10s", "closed_after": "10s"}, "alerts": {"self_test": "off", "webhooks": [path]}}})
        make_certificate(one.certificate, HOST, "localhost", days=5)
        one.start()
        one.wait_hub()
        yield one


def told(hook, number):
    """Kinds of what the receiver was told of the incident with NUMBER."""
    said = [json.loads(body) for _, body in hook.calls]
    return [one["kind"] for one in said if (one.get("incident") or {}).get("id") == number]


def the_one(shield, family, subject):
    found = wait_until(lambda: [one for one in shield.incidents() if one["family"] == family and one["subject"] == subject], 20, f"an incident of {subject}")
    assert len(found) == 1
    return found[0]


def becomes(shield, hook, number, status):
    wait_until(lambda: shield.api("GET", f"/api/v1/incidents/{number}")[1]["incident"]["status"] == status, 40, f"incident {number} is {status}")
    wait_until(lambda: status in told(hook, number), 20, f"it is told that it is {status}: {hook.calls}")


def warnings(shield):
    return shield.api("GET", "/api/v1/alerts")[1]["warnings"]


def test_a_certificate_that_ends_soon_until_it_is_renewed(shield, hook):
    one = the_one(shield, "certificate", str(shield.certificate))
    assert (one["severity"], one["severity_reason"], one["severity_number"]) == ("medium", "expires", 4) and [site["name"] for site in one["sites"]] == [HOST]
    wait_until(lambda: told(hook, one["id"]) == ["opened"], 20, "it is told")
    assert f"The certificate of {HOST} needs attention" in shield.api("GET", f"/api/v1/incidents/{one['id']}")[1]["sentences"]["en"]["title"]
    make_certificate(shield.certificate, HOST, "localhost", days=90)  # the keeper sees it by itself
    renewed = shield.wait_journal(lambda line: line.get("event.action") == "certificate-renewed", seconds=30)
    assert "renewed, until" in renewed["bouclier.detail"] and renewed["bouclier.site"] == HOST
    becomes(shield, hook, one["id"], "contained")
    becomes(shield, hook, one["id"], "closed")
    assert told(hook, one["id"]) == ["opened", "contained", "closed"] and warnings(shield) == []


def test_a_backup_that_fails_until_one_is_made(shield, hook):
    assert shield.ask("/backup", "POST", json.dumps({"ok": False, "path": "/nowhere"}).encode()).status == 200
    one = the_one(shield, "integrity", "backup")
    wait_until(lambda: told(hook, one["id"]) == ["opened"], 20, "it is told")
    assert warnings(shield) == [], "an incident is enough"
    assert shield.ask("/backup", "POST", json.dumps({"ok": True, "path": "/somewhere"}).encode()).status == 200
    becomes(shield, hook, one["id"], "contained")
    becomes(shield, hook, one["id"], "closed")
    assert told(hook, one["id"]) == ["opened", "contained", "closed"]


def test_a_configuration_that_goes_back(shield, hook):
    shield.config.write_text(shield.config.read_text() + "\n# second\n")
    done = subprocess.run([BINARY, "reload", "--config", str(shield.config), "--confirm", "1s", "--why", "a try"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    shield.wait_journal(lambda line: line.get("event.action") == "config-went-back")
    one = the_one(shield, "integrity", "configuration")
    becomes(shield, hook, one["id"], "contained")
    assert told(hook, one["id"])[:2] == ["opened", "contained"] and warnings(shield) == []
    assert not [body for _, body in hook.calls if json.loads(body)["kind"].startswith("warning")]

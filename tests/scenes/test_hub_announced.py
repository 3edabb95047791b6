"""What a whole hub tells everybody of its own doors, through a sender in its sandbox."""
import json
import os
import subprocess

import pytest

from lab import Origin, response
from lab.hub import HubShield
from lab.place import BINARY
from lab.receivers import Webhook
from lab.wire import get


def test_strangers_who_guess_alarm_nobody_and_a_broken_glass_does():
    """Who types wrong passwords for somebody's name would else send everybody an emergency login by that name, until no more alerts may be sent."""
    with Webhook() as hook, Origin(lambda request: response(b"well")) as origin:
        secret = hook.folder / "secret"
        secret.write_bytes(hook.secret + b"\n")
        webhook = {"name": "hook", "url": f"https://localhost:{hook.port}/", "ca": str(hook.certificate), "secret_file": str(secret)}
        with HubShield(origin, roots=[hook.folder], hub={"alerts": {"self_test": "off", "webhooks": [webhook]}}) as shield:
            def log_in(path, **body):
                return get(shield.hub_port, f"/api/v1/session{path}", "POST", json.dumps(body).encode(), host="localhost", **{"Content-Type": "application/json"}).status

            assert [log_in("", name="agnes", password="a wrong password") for _ in range(6)] == [401] * 5 + [429]
            code = shield.api("POST", "/api/v1/local/break-glass")[1]["code"]
            assert log_in("/break-glass", name="carla", code=code, why="nobody is here") == 200
            said = [json.loads(body) for _, body in hook.wait_for(1)]
            assert "carla" in said[0]["title"]["en"] if isinstance(said[0]["title"], dict) else "carla" in said[0]["title"], said
            assert not shield.api("GET", "/api/v1/alerts")[1]["waiting"] and len(hook.calls) == 1, hook.calls


@pytest.mark.skipif(os.geteuid() != 0, reason="such a code is root's")
def test_a_code_that_root_makes_is_told_as_what_it_is():
    """Nobody has logged in by it: it is no emergency login."""
    with Webhook() as hook, Origin(lambda request: response(b"well")) as origin:
        secret = hook.folder / "secret"
        secret.write_bytes(hook.secret + b"\n")
        webhook = {"name": "hook", "url": f"https://localhost:{hook.port}/", "ca": str(hook.certificate), "secret_file": str(secret)}
        with HubShield(origin, roots=[hook.folder], hub={"alerts": {"self_test": "off", "webhooks": [webhook]}}) as shield:
            assert shield.api("POST", "/api/v1/people", {"name": "carla", "roles": ["viewer"], "tenants": ["*"]})[0] == 200
            made = subprocess.run([BINARY, "hub", "code", "carla", "--config", str(shield.config)], capture_output=True, text=True, timeout=60)
            assert made.returncode == 0, made.stderr
            said = [json.loads(body) for _, body in hook.wait_for(1)]
            assert "new code for the account carla" in json.dumps(said[0]) and "mergency" not in json.dumps(said[0]), said
            enrolled = get(shield.hub_port, "/api/v1/first-start", "POST", json.dumps({"code": made.stdout.split()[0], "name": "carla", "password": "correct horse battery"}).encode(),
                           host="localhost", **{"Content-Type": "application/json"})
            assert enrolled.status == 200, "before there is any administrator"

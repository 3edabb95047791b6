"""Alerts of a real shield under a real flood, through the processes and sandboxes as they are: to Debian's exim and rsyslog, and to somebody who is called."""
import json
import os
import signal

from lab import HOST, Origin, response, wait_until
from lab.hub import HubShield
from lab.load import Load
from lab.receivers import Mail, Syslog, Webhook

SICK = response(b"sick", status="500 Internal Server Error")


def alerts_of(mail, syslog, hook):
    secret = hook.folder / "secret"
    secret.write_text("0123456789abcdef\n")
    secret.chmod(0o600)
    box = {"server": f"smtp://localhost:{mail.port}", "ca": str(mail.certificate), "from": "shield@commune.example"}
    return {"self_test": "off", "escalate_to": ["mayor"], "mail": [{**box, "name": "it", "to": "it@commune.example"}, {**box, "name": "mayor", "to": "mayor@commune.example"}],
            "syslog": {"address": f"tls://localhost:{syslog.port}", "ca": str(syslog.ca), "certificate": str(syslog.client)},
            "webhooks": {"url": f"https://localhost:{hook.port}/", "ca": str(hook.certificate), "secret_file": str(secret)}}



def path(shield, name):
    return next(one for one in shield.api("GET", "/api/v1/alerts")[1]["paths"] if one["path"] == name)


def kill(shield, role):
    before = shield.role(role)
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: shield.role(role) not in (None, before), 15, f"another {role}")


def test_a_flood_is_told_once_whoever_is_killed():
    with Mail() as mail, Syslog() as syslog, Webhook() as hook, Origin(lambda request: SICK) as origin, HubShield(
            origin, hub={"alerts": alerts_of(mail, syslog, hook)}, roots=[mail.folder, syslog.folder, hook.folder]) as shield:
        with Load(shield.plain, threads=8, path="/sick"):
            first = wait_until(mail.messages, 20, "a mail")[0]
        assert f"{HOST} is under attack" in str(first["subject"]) and first["to"].addresses[0].addr_spec == "it@commune.example"
        called = json.loads(hook.wait_for(1)[0][1])
        assert hook.is_signed(hook.calls[0]) and called["kind"] == "opened" and called["incident"]["id"] == 1
        assert syslog.wait_for(1)[0]["msgid"] == "opened"
        # Killed between, both of them: nothing is told again, and what is decided afterwards is.
        kill(shield, "hub")
        kill(shield, "send")
        shield.wait_hub()
        wait_until(lambda: shield.api("GET", "/api/v1/incidents/1")[0] == 200, 15, "the next hub answers")
        version = shield.api("GET", "/api/v1/incidents/1")[1]["version"]
        status, said = shield.api("POST", "/api/v1/incidents/1/acknowledge", {"version": version})
        assert status == 200 and said["incident"]["status"] == "acknowledged", said
        for name in ("it", "webhook", "syslog"):
            assert shield.api("POST", "/api/v1/alerts/test", {"path": name})[0] // 100 == 2
            wait_until(lambda: path(shield, name)["waiting"] == 0 and path(shield, name)["state"] == "ok", 20, f"the test of {name}")
        kinds = [json.loads(body)["kind"] for _, body in hook.calls]
        assert kinds.count("opened") == 1 and kinds[-1] == "test"
        assert len({str(one["message-id"]) for one in mail.messages()}) == len(mail.messages())
        assert {one["to"].addresses[0].addr_spec for one in mail.messages()} == {"it@commune.example"}, "acknowledged: nobody else is told"

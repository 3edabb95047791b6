"""What a whole hub tells everybody of its own doors, through a sender in its sandbox."""
import json

from lab import Origin, response
from lab.hub import HubShield
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

"""The hub's API beside a real shield: what is told is so, orders arrive, and answers are as docs/api/openapi.yaml says."""
import json
import os
import pathlib
import re
import signal
import subprocess

import jsonschema
import pytest
import yaml

from lab import HOST, Origin, response, wait_until
from lab.hub import HubShield
from lab.place import BINARY

DOCUMENT = yaml.safe_load((pathlib.Path(__file__).resolve().parents[2] / "docs/api/openapi.yaml").read_text())


@pytest.fixture(scope="module")
def shield():
    with Origin(lambda request: response(b"well")) as origin, HubShield(origin) as shield:
        for _ in range(5):
            assert shield.get("/page").status == 200
        wait_until(lambda: len(shield.api("GET", "/api/v1/events?q=path%3D/page")[1]["events"]) == 5, 20, "the requests are rows")
        wait_until(lambda: shield.api("GET", "/api/v1/now")[1]["hub"]["edge"] == "up", 20, "the hub has looked at the shield")
        yield shield


def check(operation, status, body):
    """BODY is what the document says that OPERATION answers."""
    for item in DOCUMENT["paths"].values():
        for found in item.values():
            if not isinstance(found, dict) or found.get("operationId") != operation:
                continue
            answer = found["responses"].get(str(status), found["responses"]["default"])
            while "$ref" in answer:
                answer = DOCUMENT["components"]["responses"][answer["$ref"].split("/")[-1]]
            schema = {"components": DOCUMENT["components"], **answer["content"]["application/json"]["schema"]}
            jsonschema.Draft202012Validator(schema).validate(body)
            return body
    raise AssertionError(operation)


def ask(shield, operation, path, method="GET", body=None, wanted=200):
    status, answer = shield.api(method, path, body)
    assert status == wanted, answer
    return check(operation, status, answer)


@pytest.mark.parametrize("operation, path", [
    ("getNow", "/api/v1/now"), ("listIncidents", "/api/v1/incidents"), ("listEvents", "/api/v1/events"), ("listSites", "/api/v1/sites"), ("getSite", f"/api/v1/sites/{HOST}"),
    ("getProtection", "/api/v1/protection"), ("getHealth", "/api/v1/health"), ("getTotals", "/api/v1/totals?kind=events&grain=minute"), ("getConfig", "/api/v1/config"), ("getConfigSchema", "/api/v1/config/schema"),
    ("getDocument", "/api/v1/openapi.json"),
])
def test_answers_are_as_the_document_says(shield, operation, path):
    ask(shield, operation, path)


def test_keys_are_told_as_the_command_tells_them(shield):
    """Limits too: the console shows them while somebody writes."""
    told = shield.api("GET", "/api/v1/config/schema")[1]
    assert told == json.loads(subprocess.run([BINARY, "dump", "--schema"], check=True, capture_output=True, timeout=60).stdout)
    assert re.fullmatch(r"a duration from \S+ to \S+ with its unit .*", told["properties"]["hub"]["properties"]["keep"]["properties"]["events"]["x-value"])
    assert told["properties"]["workers"]["x-restart"] is True


def test_processes_are_told_as_status_tells_them(shield):
    """What each takes, since when, and how often it ended."""
    def rows():
        told = {row["name"]: row for row in ask(shield, "getHealth", "/api/v1/health")["processes"]}
        return told if {"edge", "keeper", "hub", "send"} <= told.keys() and all("memory_bytes" in row for row in told.values()) else None
    before = wait_until(rows, 20, "the keeper has looked")
    os.kill(before["send"]["pid"], signal.SIGKILL)
    after = wait_until(lambda: (told := rows()) and told["send"]["deaths"] == before["send"]["deaths"] + 1 and told["send"]["state"] == "up" and told, 30, "another send")
    status = shield.status()
    assert after["send"]["pid"] == status["hub"]["send_pid"] != before["send"]["pid"] and after["send"]["since"] > before["send"]["since"]
    assert after["hub"]["pid"] == status["hub"]["pid"] and after["hub"]["since"] == status["hub"]["started"] and after["keeper"]["since"] == status["keeper_started"]
    for name in ("edge", "keeper", "hub", "send"):
        assert 100_000 < after[name]["memory_bytes"] < 1 << 30 and after[name]["state"] == "up", name
    text = subprocess.run([BINARY, "status", "--socket", shield.admin_socket], capture_output=True, text=True, timeout=30).stdout
    for line in (r"keeper       up \d+ \w+, \S+ \w+ of memory", rf"hub          running, process {after['hub']['pid']}, up \d+ \w+, .* of memory", rf"send         running, process {after['send']['pid']}, up \d+ \w+, .* of memory, died \d+ time"):
        assert re.search(line, text), text


def test_errors_are_as_the_document_says(shield):
    for path in ("/api/v1/incidents/99", "/api/v1/sites/no.such.example", "/api/v1/incidents?no_such=1", "/api/v1/events?q=(", "/api/v1/nothing"):
        status, answer = shield.api("GET", path)
        assert 400 <= status < 500
        jsonschema.Draft202012Validator({"components": DOCUMENT["components"], **DOCUMENT["components"]["schemas"]["Error"]}).validate(answer)


def test_requests_are_found_and_explained(shield):
    events = ask(shield, "listEvents", "/api/v1/events?q=path%3D/page&count=2")
    assert len(events["events"]) == 2 and events["next"]
    more = ask(shield, "listEvents", f"/api/v1/events?q=path%3D/page&after={events['next']}")
    ids = {event["bouclier.request_id"] for event in events["events"] + more["events"]}
    assert len(ids) == 5
    told = ask(shield, "explainRequest", f"/api/v1/requests/{ids.pop()}")
    assert told["decision"] == "allow" and told["site"] == HOST


def test_an_export_is_whole(shield):
    lines = shield.ask_hub("/api/v1/events/export?q=path%3D/page").text.splitlines()
    assert len(lines) == 6
    assert json.loads(lines[-1]) == {"bouclier.export": {"lines": 5, "is_whole": True}}


def test_a_site_is_told_as_it_is(shield):
    site = ask(shield, "getSite", f"/api/v1/sites/{HOST}")
    assert site["origin"] == {"state": "up", "up": 1, "total": 1}
    assert site["reachable"]["state"] in ("served", "unknown")  # until a minute is over nobody knows


def test_orders_are_seen_at_once_and_written_down(shield):
    why = "a test of the API"
    ask(shield, "ban", "/api/v1/bans", "POST", {"network": "203.0.113.0/24", "for": "1h", "why": why})
    bans = ask(shield, "getProtection", "/api/v1/protection")["bans"]
    assert [(ban["network"], ban["reason"]) for ban in bans] == [("203.0.113.0/24", why)]
    ask(shield, "setLevel", f"/api/v1/sites/{HOST}/level", "POST", {"level": "attack", "why": why})
    assert ask(shield, "getNow", "/api/v1/now")["level"] == "attack"
    ask(shield, "setLevel", f"/api/v1/sites/{HOST}/level", "POST", {"level": "auto", "why": why})
    ask(shield, "beginMaintenance", f"/api/v1/sites/{HOST}/maintenance", "POST", {"for": "1h", "why": why, "message": "back soon"})
    assert shield.get("/page").status == 503
    assert ask(shield, "getSite", f"/api/v1/sites/{HOST}")["reachable"]["state"] == "maintenance"
    ask(shield, "endMaintenance", f"/api/v1/sites/{HOST}/maintenance?why=done", "DELETE")
    assert shield.get("/page").status == 200
    ask(shield, "unban", "/api/v1/bans/203.0.113.0%2F24?why=done", "DELETE")
    assert ask(shield, "getProtection", "/api/v1/protection")["bans"] == []
    said = [(entry["what"], entry["object"]) for entry in ask(shield, "listAudit", "/api/v1/audit")["entries"]]
    assert [("ban.lift", "203.0.113.0/24"), ("maintenance.end", HOST), ("maintenance.begin", HOST), ("level.set", HOST), ("level.set", HOST), ("ban.add", "203.0.113.0/24")] == said[:6]


def test_what_the_shield_refuses_is_told(shield):
    error = ask(shield, "ban", "/api/v1/bans", "POST", {"network": "127.0.0.1", "why": "never"}, wanted=409)["error"]
    assert error["code"] == "shield-refused" and "never banned" in error["text"]


def test_an_incident_is_acted_on(shield):
    shield.api("POST", f"/api/v1/sites/{HOST}/level", {"level": "attack", "why": "a test"})
    wait_until(lambda: shield.api("GET", "/api/v1/incidents?status=open")[1]["incidents"], 20, "an incident")
    brief = ask(shield, "listIncidents", "/api/v1/incidents?status=open")["incidents"][0]
    path = f"/api/v1/incidents/{brief['id']}"
    whole = ask(shield, "acknowledgeIncident", f"{path}/acknowledge", "POST", {"version": brief["version"], "note": "I look"})
    assert whole["incident"]["status"] == "acknowledged"
    ask(shield, "closeIncident", f"{path}/close", "POST", {"version": brief["version"]}, wanted=409)
    ask(shield, "closeIncident", f"{path}/close", "POST", {"version": whole["version"]})
    ask(shield, "getIncidentTotals", f"{path}/totals")
    assert ask(shield, "getIncident", path)["incident"]["status"] == "closed"

"""What is wrong with the shield and its hub, told as warnings; and what one shield tells, and is told, of another."""
import json
import socket
import subprocess

import pytest

from lab import Origin, response, wait_until, wire
from lab.hub import HubShield
from lab.place import BINARY, free_port, make_folder
from test_watch import Watch


@pytest.fixture(scope="module")
def disk():
    """A disk of 64 MiB."""
    folder = make_folder("disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=0755", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def shield(disk):
    with Origin(lambda request: response(b"well")) as origin, HubShield(origin, site={"watchable": True}, hub={"state": str(disk / "hub")}, roots=[disk]) as shield:
        shield.hub_state = disk / "hub"
        yield shield


def ask_hub(shield, method, path, body=None):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(20)
        sock.connect(str(shield.hub_state / "hub.sock"))
        stream = wire.Stream(sock, 20)
        fields = [("Content-Type", "application/json")] if body is not None else []
        stream.send(wire.request(path, *fields, method=method, body=None if body is None else json.dumps(body).encode(), host="localhost"))
        reply = wire.read_response(stream, method)
    return reply.status, json.loads(reply.text) if reply.text else None


def warnings(shield):
    return {(one["warning"], one["subject"]) for one in ask_hub(shield, "GET", "/api/v1/alerts")[1]["warnings"]}


def until(shield, warning, is_on=True):
    wait_until(lambda: (warning in warnings(shield)) == is_on, 20, f"{warning} {'on' if is_on else 'over'}: {warnings(shield)}")


def test_a_disk_that_fills(shield, disk):
    low = ("disk-low", str(shield.hub_state))
    assert low not in warnings(shield)
    (disk / "ballast").write_bytes(bytes(60 << 20))
    until(shield, low)
    (disk / "ballast").unlink()
    until(shield, low, is_on=False)


def test_a_chain_that_is_broken(shield):
    """By somebody who writes the file; the next hub finds it without being asked."""
    assert ask_hub(shield, "POST", "/api/v1/watch", {"peer": "x.example", "what": "portal", "state": "ok"})[0] == 204  # an entry
    said = ask_hub(shield, "GET", "/api/v1/audit/verify")[1]
    assert said["intact"] is True and said["entries"] >= 1 and said["broken_at"] is None
    path = shield.hub_state / "audit/audit-00000000000000000001.jsonl"
    good = path.read_bytes()
    path.write_bytes(good.replace(b"x.example", b"y.example"))
    assert ask_hub(shield, "GET", "/api/v1/audit/verify")[1]["intact"] is False
    until(shield, ("audit-broken", ""))
    path.write_bytes(good)
    shield.kill_hub()
    until(shield, ("audit-broken", ""), is_on=False)


def test_what_watch_tells_is_of_this_machine(shield):
    for body in ({}, {"peer": "a", "what": "shield"}, {"peer": "a b", "what": "shield", "state": "dead"}, {"peer": "a", "what": "shield", "state": "failing"},
                 {"peer": "a", "what": "shield", "state": "dead", "more": 1}, {"peer": "a" * 300, "what": "shield", "state": "dead"}):
        assert ask_hub(shield, "POST", "/api/v1/watch", body)[0] == 400


def test_a_neighbour_that_dies_is_told_by_the_hub(shield):
    with Origin(lambda request: response(b"well")) as origin, HubShield(origin, wait=False) as neighbour:
        peer = f"localhost:{neighbour.tls}"
        watch = Watch("--hub", shield.hub_state / "hub.sock", f"https://{peer}/", trust=neighbour.certificate)
        try:
            assert watch.states(3) == {("shield", "ok"), ("portal", "ok"), ("certificate", "ok")}, "and it says nothing of its alerts: nobody made it watchable"
            neighbour.process.terminate()
            neighbour.process.wait(20)
            until(shield, ("peer-dead", f"{peer}: shield"))
            neighbour.start()
            until(shield, ("peer-dead", f"{peer}: shield"), is_on=False)
        finally:
            assert watch.stop() == 0


def alive(shield):
    return shield.get("/.well-known/bouclier/alive")


def test_whether_its_alerts_go_out(shield):
    """No path, one that works, one that fails, and one again: a reload changes them, the status page and who watches see it."""
    wait_until(lambda: shield.status().get("alerts", {}).get("paths") == 0, 20, "the hub has told the shield")
    reply = alive(shield)
    assert reply.status == 200 and json.loads(reply.text) == {"shield": "alive", "alerts": "unknown", "since": None}
    said = subprocess.run([BINARY, "status", "--socket", shield.admin_socket], capture_output=True, text=True, timeout=20).stdout
    assert "alerts       nobody is told" in said
    path = {"name": "hook", "url": f"http://127.0.0.1:{free_port()}/", "insecure": True, "secret_file": str(shield.folder / "secret")}
    (shield.folder / "secret").write_text("0123456789abcdef0123456789abcdef\n")
    hub = shield.hub()
    shield.apply({**shield.settings, "hub": {**shield.settings["hub"], "alerts": {"self_test": "off", "webhooks": [path]}}})
    shield.wait_hub(other_than=hub)
    wait_until(lambda: json.loads(alive(shield).text)["alerts"] == "ok", 20, "there is a path")
    assert set(json.loads(alive(shield).text)) == {"shield", "alerts", "since"}
    said = subprocess.run([BINARY, "status", "--socket", shield.admin_socket], capture_output=True, text=True, timeout=20).stdout
    assert "alerts       ok, 1 path" in said
    watch = Watch(f"https://localhost:{shield.tls}/", trust=shield.certificate)
    try:
        assert watch.states(4) == {("shield", "ok"), ("portal", "ok"), ("certificate", "ok"), ("alerts", "ok")}
        assert shield.ask("/alerts", "POST", b'{"state":"failing","paths":1,"failing":1}').status == 200
        said = [watch.line(), watch.line()]
        assert [(one["what"], one["state"]) for one in said] == [("alerts", "failing"), ("alerts", "dead")]
    finally:
        assert watch.stop() == 0


def test_it_is_asked_for_what_is_told(shield):
    for body in (b"", b"{}", b'{"state":"well"}', b'{"state":"ok","paths":1,"failing":2}', b'{"state":"ok","paths":1001}'):
        assert shield.ask("/alerts", "POST", body).status == 400


def test_nobody_asks_who_is_not_watchable():
    with Origin(lambda request: response(b"of the origin")) as origin, HubShield(origin, wait=False) as plain:
        assert alive(plain).text == "of the origin"

"""The hub: starts beside the shield, follows, and dies without anybody noticing; a kill loses nothing and doubles nothing."""
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter

import pytest

from lab import HOST, response, wait_until
from lab.hub import HubShield
from lab.load import Load
from lab.place import BINARY, make_folder
from lab.shield import Shield


@pytest.fixture
def start(start_origin):
    shields = []

    def begin(**keywords):
        origin = start_origin(lambda request: response(b"well"))
        shields.append(HubShield(origin, log={"requests": "all", "rate": "100000/s"}, **keywords))
        return shields[-1]
    yield begin
    for shield in shields:
        shield.stop()


def level(shield, word):
    reply = shield.ask("/level", "POST", json.dumps({"site": HOST, "level": word}).encode())
    assert reply.status == 200, reply.text


def requests(lines):
    return [line for line in lines if line["event.dataset"] == "bouclier.request"]


def assert_exact(shield):
    """Rows are the journal's lines, each once; totals are the counts'."""
    shield.wait_followed()
    rows = Counter(row["event.sequence"] for row in shield.rows())
    assert set(rows.values()) == {1}
    assert rows.keys() == {line["event.sequence"] for line in shield.journal()}

    def has_totals():
        counted = sum(max(line["bouclier.counts.events"] for line in shield.journal("counts") if line.get("bouclier.site") == site)
                      for site in {line.get("bouclier.site") for line in shield.journal("counts") if "bouclier.counts.events" in line})
        return shield.total("events") == counted
    wait_until(has_totals, 10, "the totals are those of the counts")


def test_it_follows(start):
    shield = start()
    for number in range(20):
        assert shield.get(f"/page{number}").status == 200
    wait_until(lambda: len(requests(shield.journal())) == 20, what="the journal has them")
    assert_exact(shield)
    assert shield.incidents() == []
    for pid, role in shield.children().items():
        if role in ("hub", "send"):
            name = os.readlink(f"/proc/{pid}/exe")
            assert name.endswith("/bouclier-hub")


def test_what_it_may(start):
    """No rights, no way out but unix sockets, and of the state folder its own part."""
    shield = start()
    for role in ("hub", "send"):
        status = dict(line.split(":\t", 1) for line in open(f"/proc/{shield.role(role)}/status").read().splitlines())
        assert int(status["CapEff"], 16) == 0 and status["NoNewPrivs"] == "1"
        if "build-asan" not in shield.binary:
            assert status["Seccomp"] == "2"
    assert shield.hub_folder.stat().st_mode & 0o7777 == 0o750
    socket = shield.hub_folder / "hub.sock"
    assert socket.stat().st_mode & 0o7777 == 0o660


def test_kills_lose_and_double_nothing(start):
    shield = start()
    with Load(shield.plain, threads=4, retries=True, pause=0.002) as load:
        for turn in range(6):
            time.sleep(0.7)
            if turn % 3 == 2:
                edge = shield.edge()
                os.kill(edge, signal.SIGKILL)
                wait_until(lambda: shield.edge() not in (None, edge) and shield.is_ready(), 15, "another edge serves")
            else:
                shield.kill_hub()
    del load
    time.sleep(1.5)
    assert_exact(shield)
    assert shield.hub_status()["deaths"] == 4
    assert len(shield.journal()) > 1000


def test_an_attack_is_one_incident_through_kills(start):
    shield = start()
    level(shield, "attack")
    first = wait_until(shield.incidents, 15, "the incident is kept")
    with Load(shield.plain, threads=2, pause=0.01):
        for _ in range(3):
            time.sleep(1)
            shield.kill_hub()
    shield.signal(signal.SIGHUP)
    wait_until(lambda: shield.status()["reloads"] == 1, 15, "the reload")
    edge = shield.edge()
    os.kill(edge, signal.SIGKILL)
    wait_until(lambda: shield.edge() not in (None, edge) and shield.is_ready(), 15, "another edge serves")
    time.sleep(3)
    kept = shield.incidents()
    assert [one["id"] for one in kept] == [first[0]["id"]]
    assert kept[0]["family"] == "attack" and kept[0]["status"] == "new" and kept[0]["waves"] == 1
    assert [site["name"] for site in kept[0]["sites"]] == [HOST]
    assert kept[0]["opened"] == first[0]["opened"]
    assert [moment["what"] for moment in kept[0]["timeline"]].count("opened") == 1
    # What was counted in it is what the counts have grown by since it was opened, whoever was killed meanwhile.
    level(shield, "auto")
    time.sleep(4)
    opened = shield.incidents()[0]["opened"]
    seconds = [line for line in shield.journal("counts") if line.get("bouclier.site") == HOST]
    before = max((line["bouclier.counts.events"] for line in seconds if line["@timestamp"][:19] < opened[:19]), default=0)
    grown = max(line["bouclier.counts.events"] for line in seconds) - before
    counted = sum(shield.incidents()[0]["decisions"].values())
    assert grown > 100 and counted == grown


def test_the_portal_is_served_without_it(start_origin):
    """Not installed: said once, and in status; nothing else differs."""
    folder = make_folder("alone")
    binary = folder / "bouclier"
    shutil.copy(BINARY, binary)
    binary.chmod(0o755)
    try:
        with HubShield(start_origin(lambda request: response(b"well")), binary=str(binary), wait=False) as shield:
            assert shield.get("/").status == 200
            wait_until(lambda: shield.hub_status()["state"] == "absent", what="it is said to be absent")
            assert shield.reload()[0]
            assert shield.said().count("bouclier-hub is not installed") == 1
            text = subprocess.run([BINARY, "status", "--socket", shield.admin_socket], capture_output=True, text=True, timeout=30).stdout
            assert "NOT INSTALLED" in text
    finally:
        shutil.rmtree(folder)


def test_it_dies_again_and_again(start):
    """The shield neither waits nor stumbles; the pause grows."""
    shield = start()
    edge, killed = shield.edge(), set()
    with Load(shield.plain, threads=2, pause=0.01) as load:
        end = time.monotonic() + 6
        while time.monotonic() < end:
            hub = shield.hub()
            if hub and hub not in killed:
                os.kill(hub, signal.SIGKILL)
                killed.add(hub)
            time.sleep(0.05)
    assert shield.edge() == edge and not load.failures
    died = len(killed)
    assert 2 <= died <= 7, "each pause is longer than the one before"
    shield.wait_hub(seconds=30)
    assert shield.hub_status()["deaths"] == died
    text = subprocess.run([BINARY, "status", "--socket", shield.admin_socket], capture_output=True, text=True, timeout=30).stdout
    assert re.search(rf"^  hub          running, process {shield.hub()}, up \S+.*, died {died} times", text, re.M) and re.search(r"^  send         running, process \d+, up ", text, re.M), text


def test_what_a_reload_changes(start):
    shield = start()
    hub = shield.hub()
    shield.apply()
    time.sleep(0.5)
    assert shield.hub() == hub, "nothing of the hub changed"
    shield.apply({**shield.settings, "hub": {**shield.settings["hub"], "keep": {"events": "90d"}}})
    other = shield.wait_hub(other_than=hub)
    assert shield.hub_status()["deaths"] == 0, "it was asked to"
    without = {name: value for name, value in shield.settings.items() if name != "hub"}
    shield.apply(without)
    wait_until(lambda: shield.hub_status()["state"] == "none" and shield.role("hub") is None and shield.role("send") is None, what="it ended")
    assert not os.path.exists(f"/proc/{other}")


def test_its_address_is_taken(start_origin):
    with Shield(start_origin(lambda request: response(b"well"))) as other:
        with HubShield(start_origin(lambda request: response(b"well")), hub={"listen": f"127.0.0.1:{other.plain}"}) as shield:
            assert shield.get("/").status == 200
            assert shield.hub_status()["listening"] is False
            assert "the hub cannot listen on" in shield.said()
            shield.apply({**shield.settings, "hub": {"listen": f"127.0.0.1:{shield.hub_port}"}})
            wait_until(lambda: shield.hub_status()["listening"], what="another address")


def test_it_ends_with_the_keeper(start):
    shield = start()
    pids = [shield.role("hub"), shield.role("send")]
    os.kill(shield.keeper, signal.SIGKILL)
    shield.process.wait(10)
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), what="they ended with it")
    shield.start()
    shield.wait_hub()


def test_an_upgrade_has_a_hub(start):
    shield = start()
    hub, edge = shield.hub(), shield.edge()
    shield.signal(signal.SIGUSR2)
    wait_until(lambda: shield.edge() not in (None, edge) and shield.is_ready(), 30, "the new binary serves")
    shield.wait_hub(other_than=hub)
    assert not os.path.exists(f"/proc/{hub}")
    assert shield.get("/").status == 200
    wait_until(lambda: requests(shield.journal()), what="the journal has it")
    assert_exact(shield)

"""The level of a site: seen by status and journal, moved by what comes and by a person, kept through reloads and deaths of the edge."""
import json
import os
import signal
import subprocess
import time

import pytest

from lab import HOST, response, wait_until
from lab.load import Load
from lab.place import BINARY

SICK = response(b"sick", status="500 Internal Server Error")


@pytest.fixture
def shield(start_shield, start_origin):
    origin = start_origin(lambda request: SICK if request.target.startswith("/sick") else response(b"well"))
    return start_shield({"sites": [{"name": HOST, "origins": [origin.url]}]})


def level(shield):
    return shield.status()["sites"][0]["level"]


def order(shield, word, site=HOST, *options):
    """`bouclier level SITE WORD`, as a person types it."""
    return subprocess.run([BINARY, "level", site, word, "--socket", shield.admin_socket, *options], capture_output=True, text=True, timeout=30)


def flood(shield):
    return Load(shield.plain, threads=8, path="/sick", kept=True)


def test_a_calm_site_is_normal(shield):
    with Load(shield.plain, threads=1, pause=0.1):
        time.sleep(3)
    assert level(shield) == {"is": "normal", "for": "", "forced": False}


def test_a_flood_is_seen_and_told(shield):
    with flood(shield):
        begun = time.monotonic()
        wait_until(lambda: level(shield)["is"] == "attack", 8, "the level is attack")
        took = time.monotonic() - begun
    assert took < 6, f"{took:.1f} s until the flood was seen: aim 3, and a busy machine"
    assert "errors" in level(shield)["for"] and "requests" in level(shield)["for"]
    told = shield.event(event_action="level")
    assert told["bouclier.site"] == HOST
    assert " to " in told["bouclier.detail"] and "errors" in told["bouclier.detail"]


def test_it_lasts_through_a_reload_and_the_death_of_the_edge(shield):
    assert order(shield, "attack").returncode == 0
    shield.apply()
    assert level(shield) == {"is": "attack", "for": "person", "forced": True}
    edge, shield.may_die = shield.edge(), True
    os.kill(edge, signal.SIGKILL)
    wait_until(lambda: shield.edge() not in (None, edge) and shield.is_ready(), what="a new edge serves")
    assert level(shield) == {"is": "attack", "for": "person", "forced": True}


def test_a_person_says_so_and_takes_it_back(shield):
    said = order(shield, "elevated")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == f"{HOST} is at level elevated, and stays there; leave it to the detector with: bouclier level {HOST} auto\n"
    said = order(shield, "auto", HOST, "--output", "json")
    assert json.loads(said.stdout)["level"]["forced"] is False
    assert level(shield)["forced"] is False
    assert shield.event(event_action="level")["bouclier.detail"] == "from normal to elevated: person"


@pytest.mark.parametrize("site, word, message", [
    ("nobody.example", "attack", "there is no site nobody.example"),
    (HOST, "panic", "\"level\" is normal, elevated, attack or auto"),
    (HOST, "", "\"level\" is normal, elevated, attack or auto"),
])
def test_what_cannot_be_done_is_said(shield, site, word, message):
    said = order(shield, word, site)
    assert said.returncode == 1 and said.stdout == ""
    assert message in said.stderr
    assert level(shield)["is"] == "normal"


def how(shield, *words):
    return subprocess.run([BINARY, "level", *words, "--socket", shield.admin_socket], capture_output=True, text=True, timeout=30)


def test_the_question(shield):
    assert how(shield).stdout == how(shield, HOST).stdout == f"{HOST:40} normal\n"
    assert order(shield, "attack").returncode == 0
    assert how(shield, HOST).stdout == f"{HOST:40} attack: person, until a person says auto\n"
    said = how(shield, HOST.replace("commune", "comune"))
    assert said.returncode == 1 and f"did you mean {HOST}?" in said.stderr


def test_the_floor(start_shield, start_origin):
    """At the start, over a person's word, and gone with a reload; each move is told."""
    origin = start_origin(lambda request: response(b"well"))
    shield = start_shield({"sites": [{"name": HOST, "origins": [origin.url], "level_floor": "elevated"}]})
    assert level(shield) == {"is": "elevated", "for": "floor", "forced": False, "floor": "elevated"}
    assert shield.event(event_action="level")["bouclier.detail"] == "from normal to elevated: floor"
    assert how(shield).stdout == f"{HOST:40} elevated: floor (never under elevated: level_floor in its file)\n"
    assert order(shield, "normal").stdout.startswith(f"{HOST} is at level elevated (never under elevated: level_floor in its file), and stays there")
    assert order(shield, "auto").returncode == 0
    time.sleep(2)  # the detector is calm, and does not move it
    assert level(shield)["is"] == "elevated"
    shield.site()["level_floor"] = "attack"
    shield.apply()
    assert level(shield) == {"is": "attack", "for": "floor", "forced": False, "floor": "attack"}
    edge, shield.may_die = shield.edge(), True
    os.kill(edge, signal.SIGKILL)
    wait_until(lambda: shield.edge() not in (None, edge) and shield.is_ready(), what="a new edge serves")
    assert level(shield)["is"] == "attack"
    del shield.site()["level_floor"]
    shield.apply()
    assert level(shield) == {"is": "normal", "for": "", "forced": False}


def test_a_body_that_is_no_order(shield):
    for body in (b"", b"[]", b"{", b'{"site": 1, "level": "attack"}', b'{"site": "' + HOST.encode() + b'", "level": ["attack"]}'):
        assert shield.ask("/level", "POST", body).status in (400, 404)
    assert level(shield)["is"] == "normal"

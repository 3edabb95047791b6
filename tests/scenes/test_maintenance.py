"""`bouclier maintenance`: a site closed until a time, but for some; kept through reloads and deaths of the edge; ended by itself."""
import datetime
import json
import os
import re
import signal
import subprocess
import time

import pytest

from lab import HOST, response, wait_until
from lab.load import Load
from lab.place import BINARY

OTHER = "other.commune.example"
VISITOR = ("X-Forwarded-For", "198.51.100.7")
PERSON = ("Accept", "text/html")


@pytest.fixture
def shield(start_shield, start_origin):
    origin = start_origin(lambda request: response(b"the portal"))
    return start_shield({"trusted_proxies": ["127.0.0.1"],
                         "sites": [{"name": HOST, "origins": [origin.url], "contact": "mailto:help@commune.example"},
                                   {"name": OTHER, "origins": [origin.url]}]})


def order(shield, *words, **environment):
    return subprocess.run([BINARY, "maintenance", *words, "--socket", shield.admin_socket], capture_output=True, text=True, timeout=30,
                          env={**os.environ, **environment})


def is_closed(shield, *fields, host=HOST):
    return shield.get("/", VISITOR, *fields, host=host).status == 503


def site(shield, name=HOST):
    return next(each for each in shield.status()["sites"] if each["site"] == name)


def end_of(said):
    return datetime.datetime.fromisoformat(re.search(r"until (\S+)Z;", said.stdout)[1] + "+00:00").timestamp()


def test_closed_and_open_again(shield):
    said = order(shield, HOST, "on", "--until", "2h", "--message", 'Back <b>soon</b> & "better"')
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.endswith(f"end it before with: bouclier maintenance {HOST} off\n")
    assert abs(end_of(said) - time.time() - 7200) < 20
    answer = shield.get("/", VISITOR, PERSON)
    assert answer.status == 503 and 7100 < int(answer.get("Retry-After")) <= 7200
    assert "&lt;b&gt;soon&lt;/b&gt; &amp; " in answer.text and "<b>soon" not in answer.text
    assert "You can try again in 2 hours." in answer.text and "help@commune.example" in answer.text
    assert answer.get("x-request-id") in answer.text and answer.get("Cache-Control") == "no-store"
    assert not is_closed(shield, host=OTHER)
    event = shield.event_of(answer)
    assert (event["bouclier.decision"], event["bouclier.reasons"]) == ("limit", ["maintenance"])
    told = shield.event(event_action="maintenance")
    assert told["bouclier.site"] == HOST and 'Back <b>soon</b> & "better"' in told["bouclier.detail"]
    assert order(shield, HOST, "off").stdout == f"{HOST} is open again\n"
    assert shield.get("/", VISITOR).text == "the portal"
    assert "a person ended it" in shield.event(event_action="maintenance-over")["bouclier.detail"]


@pytest.mark.parametrize("language, words", [
    ("nl-BE", ("Onderhoud", "Er wordt aan dit portaal gewerkt", "over 7 dagen")), ("fr", ("<title>Maintenance", "est en maintenance", "dans 7 jours")),
    ("de", ("Wartungsarbeiten", "wird gearbeitet", "in 7 Tagen")), ("en", ("<title>Maintenance", "being worked on", "in 7 days"))])
def test_the_page_in_four_languages(shield, language, words):
    assert order(shield, HOST, "on", "--until", "6d", "--message", "Nieuw loket").returncode == 0
    answer = shield.get("/", VISITOR, PERSON, ("Accept-Language", language))
    for word in (*words, "Nieuw loket", f'<html lang="{language[:2]}">'):
        assert word in answer.text
    # the page is kept for the next one; other words are another page
    assert order(shield, HOST, "on", "--until", "6d", "--message", "Le guichet").returncode == 0
    again = shield.get("/", VISITOR, PERSON, ("Accept-Language", language)).text
    assert "Le guichet" in again and "Nieuw loket" not in again


def test_who_goes_on(shield):
    assert order(shield, HOST, "on", "--until", "1h", "--allow", "192.0.2.0/24", "--allow", "2001:db8::/48").returncode == 0
    for address, status in (("192.0.2.7", 200), ("2001:db8::7", 200), ("192.0.3.7", 503), ("2001:db8:1::7", 503)):
        assert shield.get("/", ("X-Forwarded-For", address)).status == status, address
    assert site(shield)["maintenance"]["allow"] == ["192.0.2.0/24", "2001:db8::/48"]


def test_it_is_shown(shield):
    assert order(shield).stdout == "no site is in maintenance by a command\n"
    assert order(shield, HOST, "on", "--until", "1h", "--allow", "192.0.2.0/24", "--message", "new servers").returncode == 0
    for command in (["status"], ["top", "--once"]):
        said = subprocess.run([BINARY, *command, "--config", shield.config], capture_output=True, text=True, timeout=30).stdout
        assert "MAINTENANCE until" in said and f"{HOST}; let in: 192.0.2.0/24: new servers" in said, said
    listed = order(shield).stdout
    assert listed.startswith(HOST) and listed.endswith("lets in 192.0.2.0/24  new servers\n")
    assert json.loads(order(shield, "--output", "json").stdout)["sites"][0]["message"] == "new servers"
    assert "maintenance" not in site(shield, OTHER)
    assert "\nbouclier_maintenances 1\n" in shield.ask("/metrics").text


def test_it_lasts_through_a_reload_and_the_death_of_the_edge(shield):
    assert order(shield, HOST, "on", "--until", "1h", "--message", "still here").returncode == 0
    shield.apply()
    assert is_closed(shield)
    edge, shield.may_die = shield.edge(), True
    os.kill(edge, signal.SIGKILL)
    wait_until(lambda: shield.edge() not in (None, edge) and shield.is_ready(), what="a new edge serves")
    assert is_closed(shield) and "still here" in shield.get("/", VISITOR, PERSON).text
    assert order(shield, HOST, "off").returncode == 0
    assert not is_closed(shield)


def test_it_ends_by_itself(shield):
    assert order(shield, HOST, "on", "--until", "3s").returncode == 0
    assert is_closed(shield)
    wait_until(lambda: not is_closed(shield), 6, "it is open again")
    assert "its time has come" in shield.event(event_action="maintenance-over", bouclier_site=HOST)["bouclier.detail"]
    assert "maintenance" not in site(shield)


def test_no_alarm(shield):
    """Thousands who ask again and again: no attack, and nothing is learned of them."""
    assert order(shield, HOST, "on", "--until", "1h").returncode == 0
    with Load(shield.plain, threads=8, kept=True):
        time.sleep(5)
    assert site(shield)["reasons"]["maintenance"] > 1000
    assert site(shield)["level"] == {"is": "normal", "for": "", "forced": False}
    assert not [line for line in shield.journal() if line.get("event.action") == "level"]


def test_until_a_time(shield):
    """By the clock of whoever types it, and as the standard writes it."""
    at = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0) + datetime.timedelta(hours=30)
    for text, zone in ((at.strftime("%Y-%m-%d %H:%M"), "UTC"), (at.strftime("%Y-%m-%dT%H:%M:00Z"), "UTC"),
                       ((at + datetime.timedelta(hours=5)).strftime("%Y-%m-%d %H:%M"), "ABC-5"),
                       ((at + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:00+01:00"), "ABC-5")):
        said = order(shield, HOST, "on", "--until", text, TZ=zone)
        assert said.returncode == 0 and end_of(said) == at.timestamp(), (text, zone, said)


@pytest.mark.parametrize("words, code, message", [
    (("nobody.example", "on", "--until", "1h"), 1, "there is no site nobody.example"),
    (("www.comune.example", "on", "--until", "1h"), 1, f"there is no site www.comune.example (did you mean {HOST}?)"),
    ((HOST, "off"), 1, f"{HOST} is not in maintenance"),
    ((HOST, "on"), 2, "a maintenance always ends"),
    ((HOST,), 2, "wants SITE on, SITE off"),
    ((HOST, "maybe"), 2, "wants SITE on, SITE off"),
    ((HOST, "off", "--until", "1h"), 2, "go with SITE on"),
    (("--message", "x"), 2, "go with SITE on"),
    ((HOST, "on", "--until", "2"), 2, "--until is a duration from 1s to 31d (2h), or a time"),
    ((HOST, "on", "--until", "32d"), 2, "--until is a duration from 1s to 31d"),
    ((HOST, "on", "--until", "2026-02-30 06:00"), 2, "--until is a duration"),
    ((HOST, "on", "--until", "2020-01-01 06:00"), 2, "has gone by already"),
    ((HOST, "on", "--until", "2400-01-01T00:00:00Z"), 2, "more than 31 days from now"),
    ((HOST, "on", "--until", "9999-12-31T23:59:59Z"), 2, "more than 31 days from now"),
    ((HOST, "on", "--until", "1970-01-01T00:00:00Z"), 2, "--until is a duration"),
    ((HOST, "on", "--until", "1h", "--allow", "192.0.2.1/24"), 2, "--allow wants an address or a network"),
    ((HOST, "on", "--until", "1h", *["--allow", "192.0.2.1"] * 17), 2, "--allow is given more than 16 times"),
    ((HOST, "on", "--until", "1h", "--message", "x" * 401), 1, '"message" has 401 bytes, 400 at most'),
    ((HOST, "on", "--until", "1h", "--message", "a\nb"), 1, '"message" has a control character, a line break'),
])
def test_what_cannot_be_done_is_said(shield, words, code, message):
    said = order(shield, *words)
    assert (said.returncode, said.stdout) == (code, "") and message in said.stderr, said
    assert not is_closed(shield)


@pytest.mark.parametrize("body", [
    b"", b"[]", b"{", b'{"site": 1}', b'{"site": "%s"}', b'{"site": "%s", "until_ms": "x"}', b'{"site": "%s", "until_ms": 1}',
    b'{"site": "%s", "until_ms": 99999999999999}', b'{"site": "%s", "until_ms": %d, "allow": [1]}', b'{"site": "%s", "until_ms": %d, "allow": {"a": 1}}'])
def test_a_body_that_is_no_order(shield, body):
    body = body.replace(b"%s", HOST.encode()).replace(b"%d", str(int(time.time() * 1000) + 60000).encode())
    assert shield.ask("/maintenance", "POST", body).status in (400, 404)
    assert not is_closed(shield)


def test_the_file_says_so_too(shield):
    """`maintenance: true` closes for everybody, and `off` says where it is written."""
    shield.site()["maintenance"] = True
    shield.apply()
    said = order(shield, HOST, "off")
    assert said.returncode == 1 and "because its file says maintenance: true" in said.stderr
    assert shield.get("/", VISITOR).get("Retry-After") == "600"

"""`bouclier admit`: a citizen who was refused telephones, reads out the reference of his page, and is let in; nobody else is, but who shares his connection."""
import json
import os
import re
import signal
import subprocess
import time
from collections import Counter

import pytest

from lab import HOST, response, wait_until
from lab.place import BINARY

CITIZEN, OTHER, PHONE = "203.0.113.7", "198.51.100.9", "2001:db8:1:2::3"
SMALL = {"requests": "1/s", "requests_burst": 3, "errors": "10/s", "errors_burst": 1000}
WIDE = {"requests": "100000/s", "requests_burst": 100000, "errors": "100000/s", "errors_burst": 100000}
PERSON = (("Accept", "text/html"), ("User-Agent", "a browser"), ("Sec-Fetch-Dest", "document"))


@pytest.fixture
def shield_of(start_shield, start_origin):
    origin = start_origin(lambda request: response(b"the portal"))

    def start(budgets=SMALL, **site):
        site = {"name": HOST, "origins": [origin.url], "contact": "tel:+3225550100", **site}
        return start_shield({"trusted_proxies": ["127.0.0.1"], "source_budgets": budgets, "sites": [site]})

    return start


def ask(shield, source=CITIZEN, path="/", *fields):
    return shield.get(path, ("X-Forwarded-For", source), *PERSON, *fields)


def order(shield, *words):
    return subprocess.run([BINARY, *words, "--socket", shield.admin_socket], capture_output=True, text=True, timeout=30)


def refused(shield, source=CITIZEN, path="/", status=429):
    """Asks until it is refused: the page."""
    for _ in range(200):
        answer = ask(shield, source, path)
        if answer.status == status:
            return answer
    raise AssertionError(f"{source} is not refused")


def reference(page):
    return re.search(r"<code>([0-9a-f]{32})</code>", page.text)[1]


def is_complete(page):
    """Language, how long, whom to call, and the reference."""
    return ('<html lang="en">' in page.text and "try again in" in page.text and "+3225550100" in page.text and reference(page) == page.get("x-request-id"))


def statuses(shield, source=CITIZEN, count=20, path="/"):
    return Counter(ask(shield, source, path).status for _ in range(count))


def test_too_many_requests(shield_of):
    shield = shield_of()
    page = refused(shield)
    assert is_complete(page)
    assert statuses(shield, OTHER, 30)[429] > 0
    said = order(shield, "admit", reference(page), "--for", "30m")
    assert (said.returncode, said.stderr) == (0, "")
    assert f" by {HOST} (budget): let in until " in said.stdout
    assert statuses(shield, count=100) == {200: 100}
    assert ask(shield, OTHER).status in (403, 429), "nobody else is let in"
    assert order(shield, "admit").stdout.startswith(reference(page) + " until ")
    status = subprocess.run([BINARY, "status", "--socket", shield.admin_socket], capture_output=True, text=True, timeout=30).stdout
    assert "ADMITTED: 1 sources are let in" in status and "\nbouclier_admitted 1\n" in shield.ask("/metrics").text
    # what is written names the reference, and nobody's address
    told = shield.event(event_action="admit")
    assert reference(page) in told["bouclier.detail"] and told["bouclier.site"] == HOST
    for text in (json.dumps(told), said.stdout, order(shield, "admit").stdout):
        assert CITIZEN not in text
    # and back
    assert "not let in any more" in order(shield, "admit", reference(page), "--off").stdout
    assert 200 not in statuses(shield, count=5)
    assert order(shield, "admit").stdout == "nobody is let in by a reference\n"
    assert order(shield, "admit", reference(page), "--off").returncode == 1


def test_a_rate_limit(shield_of):
    shield = shield_of(WIDE, rate_limits=[{"path": "/login", "limit": "1/m", "burst": 1}])
    page = refused(shield, path="/login")
    assert is_complete(page)
    assert order(shield, "admit", reference(page)).returncode == 0
    assert statuses(shield, path="/login") == {200: 20}
    assert refused(shield, OTHER, "/login")


def test_a_ban_of_the_machine_is_lifted(shield_of):
    shield = shield_of()
    page = refused(shield, status=403)
    assert is_complete(page)
    said = order(shield, "admit", reference(page).upper(), "--for", "1h")
    assert said.returncode == 0 and "(banned)" in said.stdout
    assert order(shield, "bans").stdout == "nobody is banned\n"
    assert statuses(shield, count=100) == {200: 100}
    assert order(shield, "bans").stdout == "nobody is banned\n"


@pytest.mark.parametrize("network", [CITIZEN, "203.0.113.0/24"])
def test_a_ban_of_a_person_is_not(shield_of, network):
    shield = shield_of()
    assert order(shield, "ban", network, "--for", "1h").returncode == 0
    page = ask(shield)
    assert page.status == 403 and is_complete(page)
    said = order(shield, "admit", reference(page))
    assert said.returncode == 1 and "a person banned the source of" in said.stderr and CITIZEN not in said.stderr
    assert ask(shield).status == 403


def test_a_browser_has_it_in_writing(shield_of):
    """On another connection too, and there in the lane of those who moved: a page, and no question."""
    shield = shield_of(WIDE, challenge="always")
    page = ask(shield)
    assert page.status == 503 and "+3225550100" in page.text
    assert order(shield, "admit", reference(page), "--for", "10m").returncode == 0
    answer = ask(shield)
    assert answer.status == 200
    cookie = answer.get("Set-Cookie")
    assert 0 < int(re.search(r"Max-Age=(\d+)", cookie)[1]) <= 600
    assert ask(shield, PHONE).status == 503
    assert ask(shield, PHONE, "/", ("Cookie", cookie.partition(";")[0])).status == 200
    # who shares his connection is let in, and does not get more of these than a network gets
    given = sum(ask(shield).get("Set-Cookie") is not None for _ in range(200))
    assert given < 140


def test_it_lasts_through_the_death_of_the_edge(shield_of):
    shield = shield_of()
    page, other = refused(shield), refused(shield, OTHER)
    time.sleep(0.2)
    for what in (page, other):
        edge, shield.may_die = shield.edge(), True
        os.kill(edge, signal.SIGKILL)
        wait_until(lambda: shield.edge() not in (None, edge) and shield.is_ready(), what="a new edge serves")
        assert order(shield, "admit", reference(what)).returncode == 0
        shield.apply()
    assert statuses(shield) == statuses(shield, OTHER) == {200: 20}


def test_it_ends_by_itself(shield_of):
    shield = shield_of()
    page = refused(shield)
    assert order(shield, "admit", reference(page), "--for", "3s").returncode == 0
    begun = time.monotonic()
    assert statuses(shield, count=60) == {200: 60}
    wait_until(lambda: ask(shield).status == 429, 8, "he is refused again")
    assert time.monotonic() - begun > 2
    # and owes nothing for what he asked meanwhile
    assert statuses(shield, count=3) == {429: 3} and order(shield, "bans").stdout == "nobody is banned\n"


def test_what_shows_nobody_a_reference_keeps_none(shield_of):
    """The page of a picture is seen by nobody: it pushes nothing out."""
    shield = shield_of()
    page = refused(shield)
    for _ in range(20):
        picture = shield.get("/", ("X-Forwarded-For", CITIZEN), ("User-Agent", "a browser"), ("Sec-Fetch-Dest", "image"))
    assert picture.status in (403, 429)
    assert order(shield, "admit", picture.get("x-request-id")).returncode == 1
    assert order(shield, "admit", reference(page)).returncode == 0


@pytest.mark.parametrize("words, code, message", [
    (["0" * 32], 1, "no refusal of the last 12 hours that admit could help with has the reference " + "0" * 32),
    (["0" * 31], 2, "a reference is the 32 hexadecimal digits at the foot of the page"),
    (["g" * 32], 2, "a reference is the 32 hexadecimal digits"),
    (["0" * 32, "--for", "25h"], 2, "--for is a duration with its unit, from 1s to 24h (30m), not 25h"),
    (["0" * 32, "--for", "1h", "--off"], 2, "--off stands alone"),
    (["--off"], 2, "--for and --off go with a REFERENCE"),
    (["0" * 32, "--off"], 1, "nobody is let in by the reference"),
])
def test_what_cannot_be_done_is_said(shield_of, words, code, message):
    said = order(shield_of(), "admit", *words)
    assert (said.returncode, said.stdout) == (code, "") and message in said.stderr, said


def test_what_was_served_has_no_reference(shield_of):
    shield = shield_of()
    served = ask(shield)
    said = order(shield, "admit", served.get("x-request-id"))
    assert served.status == 200 and said.returncode == 1 and "bouclier explain" in said.stderr


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"reference": 1}', b'{"reference": "%s", "for_ms": 0}', b'{"reference": "%s", "for_ms": 86400001}',
                                  b'{"reference": "%s", "for_ms": "x"}'])
def test_a_body_that_is_no_order(shield_of, body):
    assert shield_of().ask("/admit", "POST", body.replace(b"%s", b"0" * 32)).status == 400

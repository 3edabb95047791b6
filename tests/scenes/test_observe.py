"""`guard: observe`: what would be refused, challenged, kept waiting or banned is decided, counted and written down, and goes on all the same."""
import json
import os
import signal
import socket
import ssl
import subprocess
import time
from collections import Counter
from urllib.parse import quote, urlencode

import pytest

from lab import BINARY, CRASHING, HOST, Shield, free_port, h2, make_certificate, response, trusting, wait_until

from test_challenge import ADMIT, FORM, PAGE, is_page, sealed_form, told
from test_queue import Crowd, ONE as ONE_PLACE, Portal, stage
from test_sources import SMALL, WIDE, ask, bans, knock, statuses, shield_of  # noqa: F401

ONE, OTHER = "203.0.113.7", "198.51.100.9"
TELLS = {"requests": "all", "client_ip": {"allowed": "full", "refused": "full"}}


def command(shield, *words):
    done = subprocess.run([BINARY, *words, "--socket", shield.admin_socket], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


def guard(shield, site=HOST):
    code, out, err = command(shield, "guard", site, "--output", "json")
    assert code == 0, err
    return json.loads(out)["guard"]


def would(shield):
    """{(action, reason): (requests, sources, known)}"""
    return {(row["action"], row["reason"]): (row["requests"], row["sources"], row["known"]) for row in guard(shield).get("would", [])}


def kill_edge(shield):
    edge = shield.edge()
    os.kill(edge, signal.SIGKILL)
    wait_until(lambda: shield.edge() not in (None, edge) and shield.is_ready(), 15, "another edge serves")


LOGIN = {"rate_limits": [{"path": "/login", "limit": "1/h", "burst": 1}]}


def test_a_rate_limit_is_only_told(shield_of):
    shield = shield_of({**LOGIN, "guard": "observe"}, log=TELLS)
    replies = [ask(shield, source, "/login") for source in (ONE, ONE, OTHER, ONE, OTHER)]
    assert [reply.status for reply in replies] == [200] * 5 and not any(reply.get("retry-after") for reply in replies)
    first, second = shield.event_of(replies[0]), shield.event_of(replies[1])
    assert first["bouclier.decision"] == "allow" and "bouclier.would" not in first
    assert (second["bouclier.decision"], second["bouclier.reasons"]) == ("log", ["rate-limit"])
    assert (second["bouclier.would"], second["bouclier.would_for"]) == ("limit", "rate-limit")
    assert would(shield) == {("limit", "rate-limit"): (3, 2, 0)}
    assert (guard(shield)["requests"], guard(shield)["sources"]) == (5, 2)


def test_it_is_turned_on_by_a_reload(shield_of):
    shield = shield_of({**LOGIN, "guard": "observe"})
    assert statuses(shield, ONE, 3, "/login") == {200: 3}
    shield.site()["guard"] = "on"
    shield.apply()
    assert statuses(shield, ONE, 2, "/login") == {429: 2}, "what was owed is owed"
    assert guard(shield) == {"mode": "on"}
    shield.site()["guard"] = "observe"
    shield.apply()
    assert statuses(shield, ONE, 2, "/login") == {200: 2}
    assert would(shield) == {("limit", "rate-limit"): (2, 1, 0)}, "it begins anew"


def test_the_standard_for_all_sites(start_shield, start_origin):
    origin = start_origin(lambda request: response(b"well"))
    sites = [{"name": name, "hosts": [name], "origins": [origin.url], **LOGIN} for name in ("a.example", "b.example")]
    sites[1]["guard"] = "on"
    shield = start_shield({"defaults": {"guard": "observe"}, "sites": sites})
    for name, expected in (("a.example", [200, 200]), ("b.example", [200, 429])):
        assert [shield.get("/login", host=name).status for _ in range(2)] == expected
    code, out, err = command(shield, "guard")
    assert code == 0 and out.splitlines()[0].startswith("a.example") and "b.example                                on\n" in out


def test_budgets_and_bans_are_only_told(shield_of):
    """Nobody is banned; that he would be is remembered as a ban is, also by the next edge, and no other site knows it."""
    shield = shield_of({"guard": "observe"}, source_budgets=SMALL, log=TELLS, may_die=True)
    replies = [ask(shield, ONE) for _ in range(80)]
    assert {reply.status for reply in replies} == {200} and not bans(shield)
    found = would(shield)
    assert found["limit", "budget"][0] > 10 and found["block", "banned"][0] > 5 and found["ban", "budget"] == (1, 1, 0)
    assert 55 <= found["limit", "budget"][0] + found["block", "banned"][0] <= 70, found
    told = shield.event_of(replies[-1])
    assert (told["bouclier.decision"], told["bouclier.would"], told["bouclier.would_for"]) == ("log", "block", "banned")
    kill_edge(shield)
    assert ask(shield, ONE).status == 200
    # Counted when the request is over, which its answer may be a moment before.
    wait_until(lambda: would(shield)["block", "banned"] == (found["block", "banned"][0] + 1, 1, 0), 5, "the table and what is remembered outlive the edge")
    after = would(shield)
    assert after["limit", "budget"] == found["limit", "budget"]
    assert knock(shield.plain, "127.0.0.9") is None
    shield.apply()
    assert would(shield) == after, "and a reload"


def test_what_a_person_says_holds(shield_of):
    shield = shield_of({"guard": "observe", "denylist": [{"networks": [OTHER], "reason": "a test"}]})
    assert ask(shield, OTHER).status == 403
    assert command(shield, "ban", ONE, "--for", "1h")[0] == 0 and ask(shield, ONE).status == 403
    assert command(shield, "ban", "127.0.0.9", "--for", "1h")[0] == 0 and knock(shield.plain, "127.0.0.9") == b""
    assert command(shield, "ban", "2001:db8::/32", "--for", "1h")[0] == 0 and ask(shield, "2001:db8::1").status == 403
    assert would(shield) == {}


def test_a_ban_of_the_machine_holds_elsewhere_only(start_shield, start_origin):
    """He is banned for what he asked of a site that acts. The one that observes lets him in, from an address that would be cut at accept."""
    origin = start_origin(lambda request: response(b"well"))
    sites = [{"name": name, "hosts": [name], "origins": [origin.url]} for name in ("acts.example", "looks.example")]
    sites[1]["guard"] = "observe"
    shield = start_shield({"source_budgets": SMALL, "sites": sites})

    def say(host, count=1):
        with socket.create_connection(("127.0.0.1", shield.plain), timeout=5, source_address=("127.0.0.9", 0)) as sock:
            for _ in range(count):
                sock.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: one\r\n\r\n".encode())
                head = sock.recv(65536)
            return int(head.split()[1])

    assert say("looks.example", 80) == 200 and say("acts.example") == 429, "what is asked of one counts for the budgets of all"
    wait_until(lambda: say("acts.example") == 403, 10, "he goes on, and is banned: each of his connections ends with that")
    assert say("looks.example") == 200 and say("acts.example") == 403
    code, out, err = command(shield, "guard", "looks.example", "--output", "json")
    assert "banned" in out


def test_who_is_banned_shakes_no_hands_elsewhere(start_shield, start_origin):
    """He names a site in his ClientHello: one that observes has him in, one that acts does not compute anything for him."""
    origin = start_origin(lambda request: response(b"well"))
    sites = [{"name": name, "hosts": [name], "origins": [origin.url], "certificate": "both.pem"} for name in ("acts.example", "looks.example")]
    sites[1]["guard"] = "observe"
    shield = start_shield({"source_budgets": SMALL, "sites": sites}, {"start": False})
    make_certificate(shield.folder / "both.pem", "acts.example", "looks.example")
    shield.start()
    context = trusting()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def say(host, count=1):
        with socket.create_connection(("127.0.0.1", shield.tls), timeout=5, source_address=("127.0.0.9", 0)) as tcp:
            try:
                with context.wrap_socket(tcp, server_hostname=host) as sock:
                    for _ in range(count):
                        sock.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: one\r\n\r\n".encode())
                        head = sock.recv(65536)
                    return int(head.split()[1])
            except OSError:
                return 0

    assert say("acts.example", 80) == 403
    assert say("acts.example") == 0 and say("looks.example") == 200
    assert shield.wait_journal(lambda line: line.get("bouclier.detail") == "a banned source")["bouclier.decision"] == "drop"


def test_a_connection_that_came_in_pays_once_when_its_site_is_turned_on(start_shield, start_origin):
    origin = start_origin(lambda request: response(b"well"))
    site = {"name": HOST, "hosts": [HOST, "localhost"], "origins": [origin.url], "guard": "observe", "certificate": "site.pem"}
    shield = start_shield({"source_budgets": {**WIDE, "connections": "1/m", "connections_burst": 2}, "sites": [site]})
    for _ in range(6):
        with socket.create_connection(("127.0.0.1", shield.plain), timeout=5, source_address=("127.0.0.9", 0)) as sock:
            sock.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            assert sock.recv(65536).startswith(b"HTTP/1.1 200")  # each is counted before the next one comes
    with h2.Client(shield.tls, True, source="127.0.0.9") as client:
        assert [client.get().status for _ in range(2)] == [200, 200]
        shield.site()["guard"] = "on"
        shield.apply()
        assert [client.get().status for _ in range(3)] == [429, 200, 200]


def test_connections_beyond_a_budget_come_in(start_shield, start_origin, tmp_path):
    origin = start_origin(lambda request: response(b"well"))
    sites = [{"name": name, "hosts": [name], "origins": [origin.url], "acme": str(tmp_path)} for name in ("acts.example", "looks.example")]
    sites[1]["guard"] = "observe"
    shield = start_shield({"source_budgets": {**WIDE, "connections": "1/m", "connections_burst": 3}, "sites": sites, "log": TELLS})

    def say(host, path="/"):
        with socket.create_connection(("127.0.0.1", shield.plain), timeout=5, source_address=("127.0.0.9", 0)) as sock:
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            return int(sock.recv(65536).split()[1])

    assert [say("looks.example") for _ in range(6)] == [200] * 6
    assert say("acts.example") == 429
    assert say("nobodys.example") == 429, "nor is there an answer to whom has no site"
    assert say("acts.example", "/.well-known/acme-challenge/token") == 429 and say("looks.example", "/.well-known/acme-challenge/token") == 404
    assert shield.wait_journal(lambda line: "bouclier.would" in line)["bouclier.would_for"] == "budget"


def test_who_comes_in_is_led_on_to_https(start_shield, start_origin):
    """His connection is beyond its budget. Where his site acts he pays for that at the door that only redirects, too."""
    origin = start_origin(lambda request: response(b"well"))
    sites = [{"name": name, "hosts": [name], "origins": [origin.url]} for name in ("acts.example", "looks.example")]
    sites[1]["guard"] = "observe"
    door = free_port()
    shield = start_shield({"source_budgets": {**WIDE, "connections": "1/m", "connections_burst": 3}, "sites": sites, "log": TELLS,
                           "redirect_http": [f"127.0.0.1:{door}"]})

    def say(host):
        with socket.create_connection(("127.0.0.1", door), timeout=5, source_address=("127.0.0.9", 0)) as sock:
            sock.sendall(f"GET /page HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            head = sock.recv(65536).decode()
            return int(head.split()[1]), f"https://{host}" in head

    assert [say("looks.example") for _ in range(6)] == [(308, True)] * 6
    assert say("acts.example") == (429, False) and say("looks.example") == (308, True)
    # Nobody screens at that door, so nothing would have been done to what is led on.
    line = shield.wait_journal(lambda line: line.get("http.response.status_code") == 308)
    assert line["bouclier.decision"] == "allow" and line["bouclier.reasons"] == ["redirect"] and "bouclier.would" not in line


@pytest.mark.skipif(not os.access(CRASHING, os.X_OK), reason="no build that dies on demand (tools/build crash)")
def test_what_killed_an_edge_is_refused_all_the_same(origin):
    """Quarantine is no decision of guard/: it is carried out, and its line says that, although a limit would have refused it first."""
    site = {"guard": "observe", "rate_limits": [{"path": "/killer", "limit": "1/h", "burst": 1}]}
    with Shield(origin, binary=CRASHING, may_die=True, env={"BOUCLIER_CRASH_PATH": "/killer"}, site=site, log=TELLS) as shield:
        for number in range(2):
            with pytest.raises(OSError):
                shield.get(f"/killer?{number}", port=shield.plain)
            wait_until(shield.is_ready, 15, "another edge serves")
        assert [shield.get("/killer", port=shield.plain).status for _ in range(2)] == [503, 503]
        line = shield.wait_journal(lambda line: line.get("http.response.status_code") == 503)
        assert (line["bouclier.decision"], line["bouclier.reasons"]) == ("block", ["quarantine"]) and "bouclier.would" not in line
        assert not any("/killer" in request.target for request in origin.requests)
        wait_until(lambda: guard(shield).get("requests") == 2, 5, "they are counted, as what befell them and not as what would have")
        assert would(shield) == {}


def test_nobody_is_challenged(shield_of):
    shield = shield_of({"guard": "observe", "challenge": "always"}, log=TELLS)
    reply = ask(shield, ONE, "/", *PAGE[:2])
    assert reply.status == 200 and not reply.get("set-cookie")
    posted = shield.get("/", ("X-Forwarded-For", ONE), method="POST", body=b"{}")
    assert posted.status == 200
    assert (shield.event_of(reply)["bouclier.would"], shield.event_of(posted)["bouclier.would"]) == ("challenge", "limit")
    assert would(shield) == {("challenge", "challenged"): (1, 1, 0), ("limit", "challenged"): (1, 1, 0)}


def test_who_was_asked_while_it_was_on_is_let_go(shield_of):
    """His page has a wait of a few seconds, or work to do; his form lies in his browser. Where nobody is asked any more, neither keeps him."""
    shield = shield_of({"challenge": "always"}, log=TELLS)
    page = ask(shield, ONE, "/page", *PAGE[:2])
    form = shield.get("/form", ("X-Forwarded-For", OTHER), *PAGE, *FORM, method="POST", body=b"name=one")
    assert is_page(page) and is_page(form)
    asked, (action, fields) = told(page)["ask"], sealed_form(form)
    waits = f"{ADMIT}?ask={asked}&to={quote('/page')}"
    assert is_page(ask(shield, ONE, waits, *PAGE[:2])), "too early"
    shield.site()["guard"] = "observe"
    shield.apply()
    reply = ask(shield, ONE, waits, *PAGE[:2])
    assert (reply.status, reply.get("location")) == (303, "/page")
    assert shield.get(f"{ADMIT}?ask={asked}&work=1.2", ("X-Forwarded-For", ONE), method="POST").status == 204
    back = shield.get(action, ("X-Forwarded-For", OTHER), *PAGE, *FORM, method="POST", body=urlencode(fields).encode())
    assert back.status == 200 and back.body == ask(shield, OTHER).body


def test_nobody_waits_and_nobody_is_refused_for_want_of_a_place():
    """One place, three seconds' worth of work at once: the origin has it all, and it is told who would have waited and who would have been late."""
    with stage(Portal(at_once=64, seconds=0.4), guard="observe", concurrency=ONE_PLACE, shield={"log": TELLS}) as (shield, origin):
        for _ in range(2):
            assert shield.get("/", ("X-Forwarded-For", ONE)).status == 200
        answers = Crowd(shield, 24).answers()
        assert Counter(status for status, _, _ in answers) == {200: 24}
        assert origin.most >= 16, "nobody waited here"
        found = would(shield)
        assert found["limit", "queue-full"][0] >= 5 and found["queue", ""][0] >= 1, found
        state = shield.origin(origin.url)
        assert state["held"] == 0 and state["waiting"] == 0
        level = shield.status()["sites"][0]["level"]
        assert level["is"] in ("normal", "elevated", "attack")

        def told():
            return Counter(line.get("bouclier.would") for line in shield.journal() if line.get("url.domain") == HOST)

        wait_until(lambda: told()["limit"] == found["limit", "queue-full"][0] and told()["queue"] == found["queue", ""][0], 5, "each of them has its line")


def test_what_is_said_to_a_person(shield_of):
    shield = shield_of({**LOGIN, "guard": "observe"})
    assert statuses(shield, ONE, 3, "/login") == {200: 3}
    code, out, err = command(shield, "guard", HOST)
    assert code == 0 and not err
    assert out.startswith(f"{HOST:40} observe since 20") and "Too early to tell: it observes for 0 hours" in out
    assert any(line.split() == ["limit", "rate-limit", "2", "requests", "1", "sources", "0", "known", "citizens"] for line in out.splitlines()), out
    status = command(shield, "status")[1]
    assert "OBSERVING: guard refuses nothing on 1 site; safe to turn on: 0" in status and "only observes" in status
    assert "OBSERVING" in command(shield, "top", "--once")[1]
    code, out, err = command(shield, "guard", HOST.replace("commune", "comune"))
    assert code == 1 and f"did you mean {HOST}?" in err
    for body in (b"", b"[]", b"{", b'{"site": 1}'):
        assert shield.ask("/guard", "POST", body).status in (400, 404)


def test_queries_know_the_words(shield_of):
    shield = shield_of({**LOGIN, "guard": "observe"})
    statuses(shield, ONE, 2, "/login")

    def log(query):
        done = subprocess.run([BINARY, "log", "--config", str(shield.config), "-q", query], capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout, done.stderr

    told = shield.wait_journal(lambda line: line.get("bouclier.would") == "limit")
    done = subprocess.run([BINARY, "explain", told["bouclier.request_id"], "--config", str(shield.config)], capture_output=True, text=True, timeout=30)
    assert "guard only observes there; turned on it would have refused it: more came than one of the site's rate_limits lets pass" in done.stdout
    assert "/login" in log("would=limit and would_for=rate-limit")[1] and not log("would=block")[1]
    code, _, err = log("would=limt")
    assert code == 2 or code == 1 and "limit" in err


@pytest.mark.parametrize("value", ["off", "detect", "true", "", 1, ["on"], {"mode": "on"}])
def test_other_words_are_none(shield_of, value):
    shield = shield_of()
    shield.site()["guard"] = value
    shield.write(shield.settings)
    done = subprocess.run([BINARY, "check", "--config", str(shield.config)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "guard" in done.stderr, done.stderr

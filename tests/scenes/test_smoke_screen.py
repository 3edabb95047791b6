"""A flood that hides an attack: rules see some of what guard/ refused, when the answer has gone; the journal names it, and nothing follows from it."""
import contextlib
import json
import socket
import subprocess
import time

import pytest

from lab import BINARY, HOST, Shield, h2, sanitized, wait_until

from test_challenge import PAGE
from test_sources import ask, bans, shield_of  # noqa: F401

ONE, OTHER = "203.0.113.7", "198.51.100.9"
RULES = """
SecRuleEngine On
SecRequestBodyAccess On
SecRule ARGS:q "@streq attack" "id:1,phase:2,deny,status:403,msg:'an attack'"
SecRule REQUEST_BODY "@contains attack" "id:2,phase:2,deny,status:403"
SecRule ARGS:q "@streq slow" "id:3,phase:1,pass,pause:5000"
SecAction "id:4,phase:1,nolog,pass,initcol:ip=%{REMOTE_ADDR}"
SecRule ARGS:q "@streq mark" "id:5,phase:2,pass,nolog,setvar:ip.marked=1"
SecRule IP:marked "@eq 1" "id:6,phase:1,deny,status:403"
SecRule REQUEST_BODY_LENGTH "@eq 0" "id:7,phase:2,pass,nolog,chain"
SecRule REQUEST_METHOD "@streq POST" "t:none"
"""
TELLS = {"requests": "all", "client_ip": {"allowed": "full", "refused": "full"}}
LOGIN = {"rate_limits": [{"path": "/login", "limit": "1/h", "burst": 1, "per": "route"}]}


@pytest.fixture
def fronted(origin):
    started = []

    def start(site=None, waf=None, rules=RULES, **top):
        top = {"trusted_proxies": ["127.0.0.1"], "log": TELLS, **top}
        started.append(Shield(origin, site={**LOGIN, **(site or {})}, rules=rules, waf=waf or {}, **top))
        assert ask(started[-1], ONE, "/login").status == 200  # the one that the limit lets pass
        return started[-1]

    yield start
    for shield in started:
        shield.stop()


def line_of(shield, reply):
    return shield.event_of(reply)


def counts(shield):
    """The newest totals of the site."""
    lines = [line for line in shield.journal("counts") if line.get("bouclier.site") == HOST]
    return lines[-1] if lines else {}


@pytest.mark.parametrize("mode", ["block", "detect"])
def test_an_attack_in_a_flood_is_named(fronted, mode):
    shield = fronted(waf={"mode": mode})
    clean, attack = ask(shield, ONE, "/login?q=1"), ask(shield, OTHER, "/login?q=attack")
    assert (clean.status, attack.status) == (429, 429)
    assert line_of(shield, clean)["bouclier.after"] == "clean"
    line = line_of(shield, attack)
    assert (line["bouclier.decision"], line["bouclier.reasons"], line["bouclier.after"]) == ("limit", ["rate-limit"], "attack")
    assert [rule["id"] for rule in line["bouclier.rules"]] == [1] and line["http.response.status_code"] == 429
    found = subprocess.run([BINARY, "log", "--config", str(shield.config), "-q", "after=attack and rule=1"], capture_output=True, text=True, timeout=30)
    assert "/login" in found.stdout, found.stderr


def test_challenged_and_banned_ones_too(fronted):
    shield = fronted(site={"challenge": "always"})
    page = ask(shield, ONE, "/page?q=attack", *PAGE[:2])
    assert page.status == 503 and line_of(shield, page)["bouclier.after"] == "attack"
    assert line_of(shield, page)["bouclier.reasons"] == ["challenged"]
    ask(shield, OTHER)
    ask(shield, OTHER, agent="another")  # who shares an address gets a page
    done = subprocess.run([BINARY, "ban", OTHER, "--for", "1h", "--socket", shield.admin_socket], capture_output=True, timeout=30)
    assert done.returncode == 0
    banned = ask(shield, OTHER, "/?q=attack")
    assert banned.status == 403 and line_of(shield, banned)["bouclier.after"] == "attack"
    assert line_of(shield, banned)["bouclier.reasons"] == ["banned"]


def test_over_http2(fronted):
    shield = fronted()
    with h2.Client(shield.tls, True) as client:
        for query in ("attack", "1", "attack"):
            assert client.get(f"/login?q={query}").status == 429

    def seen():
        return sorted(line.get("bouclier.after", "") for line in shield.journal() if line.get("http.version") == "2")

    wait_until(lambda: seen() == ["attack", "attack", "clean"], 5, "rules saw all three")


def test_a_connection_that_ends_first(fronted):
    """One segment: a request that is refused, the end of one that was before, a frame too many, and the end. The connection is gone before rules see them."""
    shield = fronted(binary=sanitized())
    edge = shield.edge()
    for _ in range(4):
        with h2.Peer(shield.h2c, False) as peer:
            peer.begin()
            peer.headers(peer.head(method="POST", path="/login?q=attack"), 1, h2.END_HEADERS)
            while not peer.read().ended:
                pass
            sent, peer.send = [], lambda data: sent.append(data)
            peer.headers(peer.head(path="/login?q=3"), 3)
            peer.data(b"x", 1)
            peer.data(b"x", 1)
            peer.tcp.send(b"".join(sent), socket.MSG_MORE)
            peer.tcp.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                while peer.tcp.recv(65536):
                    pass
        time.sleep(0.3)

    def seen():
        return [line["bouclier.after"] for line in shield.journal() if line.get("http.version") == "2" and "bouclier.after" in line]

    wait_until(lambda: len(seen()) >= 4, 5, "rules saw some of them")
    assert ask(shield, OTHER).status == 200 and shield.edge() == edge


def test_a_connection_over_http2_comes_to_rest(fronted):
    """Its last request was over when rules had seen it: a moment after its stream."""
    shield = fronted(site={"timeouts": {"keep_alive": "1s"}})
    with h2.Client(shield.tls, True) as client:
        assert client.get("/login?q=attack").status == 429
        while client.step(6) is not None:
            pass
        assert client.last_goaway.code == h2.NO_ERROR


def test_a_flood_of_one_site_leaves_the_others_theirs(origin):
    """A hundred requests in a moment are more than a worker's share; of the other site rules see the first all the same."""
    sites = [{"name": name, "hosts": [name], "origins": [origin.url], "certificate": "site.pem", **LOGIN} for name in ("loud.example", "quiet.example")]
    with Shield(sites=sites, rules=RULES, waf={}, workers=1, log=TELLS) as shield:
        for name in ("loud.example", "quiet.example"):
            assert shield.get("/login", host=name).status == 200
        with socket.create_connection(("127.0.0.1", shield.plain), timeout=5) as sock:
            sock.sendall(b"GET /login HTTP/1.1\r\nHost: loud.example\r\n\r\n" * 100)
            got = b""
            while got.count(b"HTTP/1.1 429") < 100:
                piece = sock.recv(65536)
                assert piece, got[-300:]
                got += piece
        reply = shield.get("/login?q=attack", host="quiet.example")
        assert reply.status == 429 and line_of(shield, reply)["bouclier.after"] == "attack"


def test_no_more_than_ten_a_second(fronted):
    shield = fronted()
    began = time.monotonic()
    for number in range(120):
        assert ask(shield, ONE, f"/login?q={'attack' if number % 4 == 0 else number}").status == 429
    seconds = time.monotonic() - began
    time.sleep(1.5)  # the last totals are written
    lines = [line for line in shield.journal() if "bouclier.after" in line]
    assert 10 <= len(lines) <= 10 * (int(seconds) + 2), (len(lines), seconds)
    assert len(lines) < 120 or seconds > 10
    attacks = sum(line["bouclier.after"] == "attack" for line in lines)
    assert (counts(shield)["bouclier.counts.after"], counts(shield).get("bouclier.counts.after_attacks", 0)) == (len(lines), attacks)
    metrics = shield.ask("/metrics").text
    assert f'bouclier_refused_inspected_total{{site="{HOST}"}} {len(lines)}' in metrics


def test_it_delays_nothing_and_reads_no_body(fronted):
    """A rule that pauses for five seconds; a body that is announced and never comes."""
    shield = fronted()
    began = time.monotonic()
    slow = ask(shield, ONE, "/login?q=slow")
    assert slow.status == 429 and time.monotonic() - began < 2
    head = f"POST /login HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-For: {ONE}\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\nattack".encode()
    began = time.monotonic()
    posted = shield.send(head)
    assert posted.status == 429 and time.monotonic() - began < 2
    assert line_of(shield, posted)["bouclier.after"] == "clean"


def test_nothing_follows_from_it(fronted):
    """No history of rules counts it, nothing is kept in their collections, nobody is banned."""
    shield = fronted()
    for _ in range(6):
        assert ask(shield, ONE, "/login?q=attack").status == 429
    assert ask(shield, ONE, "/login?q=mark").status == 429
    assert ask(shield, ONE).status == 200, "what a rule wrote down of the refused request is gone"
    assert ask(shield, OTHER, "/?q=mark").status == 200
    wait_until(lambda: ask(shield, OTHER).status == 403, 5, "what a rule wrote down of one that went on, behind its answer")
    done = subprocess.run([BINARY, "rules", "tune", HOST, "--socket", shield.admin_socket, "--output", "json"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert '"rule":1,' not in done.stdout.replace(" ", "") and not bans(shield)


@pytest.mark.parametrize("site, waf", [({}, {"mode": "off"}), ({"guard": "observe"}, {})], ids=["without rules", "observed"])
def test_where_nobody_is_asked(fronted, site, waf):
    """Without rules there is nobody to ask. Where guard only observes the request goes on, and rules see it before."""
    shield = fronted(site=site, waf=waf)
    reply = ask(shield, ONE, "/login?q=attack")
    assert reply.status == (403 if site else 429) and "bouclier.after" not in line_of(shield, reply)
    assert json.dumps(line_of(shield, reply)).count("rate-limit") == 1

"""Who asks, and what becomes of him for that: lists, bans, rate limits and budgets. Many addresses come through a trusted proxy's
X-Forwarded-For; those of 127.0.0.0/8 other than 127.0.0.1 come by themselves."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time
from collections import Counter

import pytest

from lab import BINARY, HOST, Shield, by_path, free_port, response, wait_until

ONE, OTHER, THIRD = "203.0.113.7", "198.51.100.9", "2001:db8:1:2::3"
WIDE = {"requests": "100000/s", "requests_burst": 100000, "errors": "100000/s", "errors_burst": 100000}
SMALL = {"requests": "5/s", "requests_burst": 5, "errors": "2/s", "errors_burst": 5}


@pytest.fixture
def shield_of(origin):
    """shield_of(site keys, **keys of the file): behind a proxy on this machine that is trusted."""
    started = []

    def start(site=None, may_die=False, **top):
        top = {"trusted_proxies": ["127.0.0.1"], "source_budgets": WIDE, "log": {"client_ip": {"allowed": "full", "refused": "full"}}, **top}
        started.append(Shield(origin, site=site or {}, may_die=may_die, **top))
        return started[-1]

    yield start
    for shield in started:
        shield.stop()


def ask(shield, source, path="/", *fields, agent="a browser"):
    return shield.get(path, ("X-Forwarded-For", source), ("User-Agent", agent), *fields)


def statuses(shield, source, count, path="/", **options):
    return Counter(ask(shield, source, path, **options).status for _ in range(count))


def command(shield, *words):
    done = subprocess.run([BINARY, *words, "--config", str(shield.config)], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


def bans(shield):
    code, out, err = command(shield, "bans", "--output", "json")
    assert code == 0, err
    return {ban["network"]: ban for ban in json.loads(out)["bans"]}


def metric(shield, name):
    text = shield.ask("/metrics").text
    return next(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"bouclier_{name} "))


def knock(port, source):
    """What a client at SOURCE, which says nothing, hears: b"" when it is cut, None when it may speak."""
    with socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(source, 0)) as sock:
        sock.settimeout(1)
        try:
            return sock.recv(1)
        except TimeoutError:
            return None
        except ConnectionError:
            return b""


# -- rate limits --


def test_a_rate_limit_is_each_sources_own(shield_of):
    shield = shield_of({"rate_limits": [{"path": "/login", "limit": "1/s", "burst": 2}]})
    assert statuses(shield, ONE, 2, "/login") == {200: 2}
    refused = ask(shield, ONE, "/login")
    assert refused.status == 429 and refused.get("Retry-After") == "1" and refused.get("Cache-Control") == "no-store"
    assert "You can try again in 2 seconds." in refused.text
    line = shield.event_of(refused)
    assert (line["bouclier.decision"], line["bouclier.reasons"]) == ("limit", ["rate-limit"])
    assert ask(shield, OTHER, "/login").status == 200 and ask(shield, ONE, "/").status == 200
    assert ask(shield, ONE, "/x/../%6cogin").status == 429, "every spelling of a path is that path"
    time.sleep(1.1)
    assert ask(shield, ONE, "/login").status == 200


def test_an_ipv6_64_is_one_source(shield_of):
    shield = shield_of({"rate_limits": [{"path": "/login", "limit": "2/m"}]})
    assert [ask(shield, f"2001:db8:1:2::{number}", "/login").status for number in range(3)] == [200, 200, 429]
    assert ask(shield, "2001:db8:1:3::1", "/login").status == 200


def test_one_limit_for_all(shield_of):
    shield = shield_of({"rate_limits": [{"path": "/search", "limit": "6/m", "burst": 3, "per": "route"}]})
    assert [ask(shield, source, "/search").status for source in (ONE, OTHER, THIRD, "192.0.2.1")] == [200, 200, 200, 429]
    refused = ask(shield, ONE, "/search")
    assert 1 <= int(refused.get("Retry-After")) <= 10


def test_what_is_owed_survives_the_edge_and_a_reload(shield_of):
    shield = shield_of({"rate_limits": [{"path": "/login", "limit": "2/m"}]}, may_die=True)
    assert statuses(shield, ONE, 3, "/login") == {200: 2, 429: 1}
    shield.apply()
    assert ask(shield, ONE, "/login").status == 429
    kill_edge(shield)
    assert ask(shield, ONE, "/login").status == 429 and ask(shield, OTHER, "/login").status == 200


# -- lists --


def test_lists(shield_of, origin):
    shield = shield_of({"rate_limits": [{"limit": "1/h"}],
                        "denylist": [{"networks": ["203.0.113.0/24", "2001:db8::/32"], "reason": "a test"}],
                        "allowlist": [{"networks": ["203.0.113.128/25"]}]})
    denied = ask(shield, ONE, "/", ("Accept-Language", "nl"))
    assert denied.status == 403 and "Toegang niet toegestaan" in denied.text and not origin.requests
    line = shield.event_of(denied)
    assert (line["bouclier.decision"], line["bouclier.reasons"]) == ("block", ["denylist"])
    assert ask(shield, THIRD).status == 403
    assert statuses(shield, "203.0.113.200", 5) == {200: 5}, "the narrower network decides, and no limit concerns a partner"
    assert statuses(shield, OTHER, 2) == {200: 1, 429: 1}


@pytest.mark.parametrize("rule, sentence", [
    ({"countries": ["RU"], "until": "2099-01-01T00:00:00Z"}, "says its reason"),
    ({"countries": ["RU"], "reason": "x"}, "says until when"),
    ({"countries": ["FR"], "reason": "x", "until": "2099-01-01T00:00:00Z"}, "even_eu: true"),
])
def test_a_country_needs_reasons(shield_of, rule, sentence):
    shield = shield_of()
    shield.site()["denylist"] = [rule]
    shield.write(shield.settings)
    worked, text = shield.reload()
    assert not worked and sentence in text and "bouclier.yaml:" in text


def test_without_a_database_nobody_is_anywhere(shield_of):
    rule = {"countries": ["RU"], "reason": "x", "until": "2099-01-01T00:00:00Z"}
    shield = shield_of({"denylist": [rule]}, countries="/nowhere/countries.db")
    assert ask(shield, ONE).status == 200
    assert "countries and autonomous systems of allowlist and denylist never match" in shield.said()


@pytest.mark.skipif(not pathlib.Path("/var/lib/location/database.db").exists(), reason="Debian's libloc-database is not installed")
def test_a_country_and_a_network_operator(shield_of):
    """Looked up once: the second time the answer lies in the source's entry."""
    country = {"countries": ["BE"], "reason": "a test", "until": "2099-01-01T00:00:00Z", "even_eu": True}
    shield = shield_of({"denylist": [country, {"asns": ["AS15169"]}], "allowlist": ["193.190.198.28"]})
    for _ in range(2):
        assert [ask(shield, source).status for source in ("193.190.198.27", "8.8.8.8", "193.190.198.28", ONE)] == [403, 403, 200, 200]
    shield.site()["denylist"] = [{**country, "until": "2020-01-01T00:00:00Z"}]
    shield.apply()
    assert ask(shield, "193.190.198.27").status == 200, "it has ended"


# -- bans by a person --


def kill_edge(shield):
    edge = shield.edge()
    os.kill(edge, signal.SIGKILL)
    wait_until(lambda: shield.edge() not in (None, edge) and shield.is_ready(), 10, "another edge serves")


def test_ban_unban_bans(shield_of):
    shield = shield_of(may_die=True)
    assert command(shield, "bans") == (0, "nobody is banned\n", "")
    code, out, err = command(shield, "ban", ONE, "--for", "1h", "--reason", "a test")
    assert code == 0 and f"{ONE} is banned until" in out.replace("/32", ""), (out, err)
    refused = ask(shield, ONE, "/", ("Accept-Language", "fr"))
    assert refused.status == 403 and "essayer dans 60 minutes." in refused.text
    assert 3590 <= int(refused.get("Retry-After")) <= 3601
    assert shield.event_of(refused)["bouclier.reasons"] == ["banned"]
    assert "a test" in shield.event(event_action="ban")["bouclier.detail"]
    assert ask(shield, OTHER).status == 200
    (network, ban), = bans(shield).items()
    assert network.startswith(ONE) and ban["reason"] == "by-hand" and ban["times"] == 1
    assert metric(shield, "bans") == 1 and metric(shield, "sources") >= 2
    shield.apply()
    assert ask(shield, ONE).status == 403, "it survives a reload"
    kill_edge(shield)
    assert ask(shield, ONE).status == 403 and bans(shield), "and the death of the edge"
    code, out, err = command(shield, "unban", ONE)
    assert code == 0 and "is not banned any more" in out, err
    assert ask(shield, ONE).status == 200 and not bans(shield)
    code, out, err = command(shield, "unban", ONE)
    assert code == 1 and "is not banned" in err


def test_a_network_is_banned(shield_of):
    shield = shield_of(may_die=True)
    assert command(shield, "ban", "203.0.113.0/24", "--for", "2s", "--reason", "half a street")[0] == 0
    assert bans(shield)["203.0.113.0/24"]["reason"] == "half a street" and metric(shield, "banned_networks") == 1
    assert ask(shield, ONE).status == 403 and ask(shield, OTHER).status == 200
    code, _, err = command(shield, "unban", ONE)
    assert code == 1 and "203.0.113.0/24, which it is in" in err
    wait_until(lambda: ask(shield, ONE).status == 200, 5, "it ends by itself")
    assert command(shield, "ban", "2001:db8::/48", "--for", "1h")[0] == 0
    kill_edge(shield)
    assert ask(shield, "2001:db8:0:7::1").status == 403 and ask(shield, THIRD).status == 200
    assert command(shield, "unban", "2001:db8::/48")[0] == 0 and ask(shield, "2001:db8:0:7::1").status == 200


@pytest.mark.parametrize("target, sentence", [
    ("192.0.2.55", "192.0.2.0/24 of management"),
    ("192.0.2.0/23", "192.0.2.0/24 of management"),
    ("192.0.0.0/16", "192.0.2.0/24 of management"),
    ("10.9.9.9", "10.0.0.0/8 of trusted_proxies"),
    ("127.0.0.1", "this machine itself"),
    ("0.0.0.0/0", "too much to ban"),
    ("::/8", "too much to ban"),
])
def test_some_are_never_banned(shield_of, target, sentence):
    shield = shield_of(management=["192.0.2.0/24"], trusted_proxies=["10.0.0.0/8"])
    code, out, err = command(shield, "ban", target, "--for", "1h")
    assert code == 1 and sentence in err and not out
    assert not bans(shield)


def test_a_ban_ends_when_management_names_it(shield_of):
    shield = shield_of()
    assert command(shield, "ban", ONE, "--for", "1h")[0] == 0 and ask(shield, ONE).status == 403
    shield.settings["management"] = [ONE]
    shield.apply()
    assert ask(shield, ONE).status == 200 and not bans(shield)


def test_a_partner_and_a_bypass_pass_by_a_ban(shield_of):
    shield = shield_of({"allowlist": [OTHER]})
    for source in (ONE, OTHER):
        assert command(shield, "ban", source, "--for", "1h")[0] == 0
    assert ask(shield, ONE).status == 403 and ask(shield, OTHER).status == 200
    assert command(shield, "bypass", HOST, "--for", "1m", "--reason", "a test")[0] == 0
    assert ask(shield, ONE).status == 200


# -- at accept --


def test_a_banned_peer_is_cut_at_accept(shield_of):
    shield = shield_of()
    assert knock(shield.plain, "127.0.0.9") is None
    assert command(shield, "ban", "127.0.0.9", "--for", "1h")[0] == 0
    assert knock(shield.plain, "127.0.0.9") == b"" and knock(shield.tls, "127.0.0.9") == b""
    line = shield.wait_journal(lambda line: line.get("bouclier.reasons") == ["banned"])
    assert (line["source.ip"], line["bouclier.decision"], line["bouclier.detail"]) == ("127.0.0.9", "drop", "a banned source")
    assert knock(shield.plain, "127.0.0.10") is None and shield.get().status == 200
    assert command(shield, "unban", "127.0.0.9")[0] == 0 and knock(shield.plain, "127.0.0.9") is None


def test_who_comes_by_proxy_protocol_is_cut(shield_of):
    """The proxy itself is never cut, also where it is banned: only whom it names."""
    shield = shield_of()
    port = free_port()
    shield.settings["listen"].append({"address": f"127.0.0.1:{port}", "tls": False, "proxy_protocol": True})
    shield.apply()

    def come_as(source):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
            sock.sendall(f"PROXY TCP4 {source} 192.0.2.1 5555 80\r\nGET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            try:
                return sock.recv(65536)
            except ConnectionError:
                return b""

    assert come_as(ONE).startswith(b"HTTP/1.1 200")
    assert command(shield, "ban", OTHER, "--for", "1h")[0] == 0
    assert come_as(OTHER) == b"" and come_as(ONE).startswith(b"HTTP/1.1 200")


def say(port, source, agent):
    with socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(source, 0)) as sock:
        sock.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: {agent}\r\nConnection: close\r\n\r\n".encode())
        return sock.recv(65536)


def test_a_shared_address_is_owed_a_page(shield_of):
    shield = shield_of()
    assert all(say(shield.plain, "127.0.0.9", agent).startswith(b"HTTP/1.1 200") for agent in ("one", "another"))
    assert command(shield, "ban", "127.0.0.9", "--for", "1h")[0] == 0
    assert say(shield.plain, "127.0.0.9", "one").startswith(b"HTTP/1.1 403")


# -- budgets --


def test_who_takes_too_much_is_limited_then_banned(shield_of):
    shield = shield_of(source_budgets=SMALL)
    told = [ask(shield, ONE) for _ in range(80)]
    counts = Counter(reply.status for reply in told)
    first = [reply.status for reply in told]
    assert first[:9] == [200] * 9 and counts[429] and first[-1] == 403, counts
    limited = next(reply for reply in told if reply.status == 429)
    assert int(limited.get("Retry-After")) >= 1 and shield.event_of(limited)["bouclier.reasons"] == ["budget"]
    (network, ban), = bans(shield).items()
    assert network.startswith(ONE) and ban["reason"] == "requests" and ban["cut"]
    assert ask(shield, OTHER).status == 200


def test_a_shared_address_is_limited_and_not_banned(shield_of):
    shield = shield_of(source_budgets=SMALL)
    counts = sum((statuses(shield, ONE, 1, agent=f"browser {number % 3}") for number in range(200)), Counter())
    assert counts[429] and set(counts) == {200, 429} and not bans(shield)


def test_errors_without_end_are_banned(shield_of, origin):
    origin.answer = by_path({"/wp-login.php": response(b"", "404 Not Found")})
    shield = shield_of(source_budgets={**WIDE, "errors": "2/s", "errors_burst": 5})
    seen = statuses(shield, ONE, 100, "/wp-login.php")
    assert seen[403] and seen[404] and {ban["reason"] for ban in bans(shield).values()} == {"errors"}
    assert ask(shield, OTHER).status == 200


def test_a_portal_in_trouble_is_nobodys_fault(shield_of, origin):
    origin.answer = response(b"", "503 Service Unavailable")
    shield = shield_of(source_budgets={**WIDE, "errors": "2/s", "errors_burst": 5})
    assert statuses(shield, ONE, 100) == {503: 100} and not bans(shield)


@pytest.mark.parametrize("top", [{"management": [ONE]}, {"source_budgets": "off"}], ids=["management", "off"])
def test_whom_budgets_do_not_concern(shield_of, top):
    shield = shield_of(**{"source_budgets": SMALL, **top})
    assert statuses(shield, ONE, 120) == {200: 120} and not bans(shield)


def test_a_partner_has_no_budget(shield_of):
    shield = shield_of({"allowlist": [ONE]}, source_budgets=SMALL)
    assert statuses(shield, ONE, 120) == {200: 120} and not bans(shield)


def test_forty_citizens_behind_one_address(origin):
    """A calm day, the standard budgets: forty at once, each a page with nine files, two of them the same browser."""
    replies, lock = Counter(), threading.Lock()
    with Shield(origin, trusted_proxies=["127.0.0.1"]) as shield:
        def citizen(number):
            for part in range(10):
                status = ask(shield, ONE, f"/part{part}", agent=f"browser {number // 2}").status
                with lock:
                    replies[status] += 1

        threads = [threading.Thread(target=citizen, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert replies == {200: 400} and not bans(shield)


# -- a proxy that nobody named --


def test_a_forgotten_proxy_is_told_once(shield_of):
    shield = shield_of()
    for number in range(1200):
        ask(shield, ONE, agent=f"browser {number % 5}")
    line = shield.event(event_action="proxy-suspected")
    assert ONE in line["bouclier.detail"] and line["bouclier.site"] == HOST and not bans(shield)
    time.sleep(2)
    assert len([one for one in shield.journal() if one.get("event.action") == "proxy-suspected"]) == 1


def test_an_ordinary_day_suspects_nobody(shield_of):
    shield = shield_of()
    for number in range(1200):
        ask(shield, f"203.0.113.{number % 100}", agent=f"browser {number % 5}")
    time.sleep(1.5)
    assert "is this a proxy" not in shield.said()

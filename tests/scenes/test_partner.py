"""Partners with tokens: an administrator gives one, the program goes first and is asked for nothing, nobody else sees it, and it ends."""
import datetime
import hashlib
import json
import os
import re
import stat
import subprocess
from collections import Counter

import pytest

import lab
from lab import BINARY, HOST, Origin, Shield, response, wait_until
from lab.h2 import Peer
from test_challenge import is_page

FIELD = "Bouclier-Partner"
PROGRAM = (("Accept", "application/json"), ("User-Agent", "register/4"))
PAGE = (("Accept", "text/html"), ("Sec-Fetch-Dest", "document"), ("User-Agent", "Mozilla/5.0"))


@pytest.fixture
def shield_of():
    """shield_of(keys of the site, **keys of the file): it challenges everybody, behind a proxy on this machine that is trusted."""
    started = []

    def start(site=None, **top):
        origin = Origin(lambda request: response(b"well", "200 OK", "Content-Type: text/html"))
        started.append(origin)
        top = {"trusted_proxies": ["127.0.0.1"], "log": {"requests": "all"}, "workers": 2, **top}
        started.append(Shield(origin, site={"challenge": "always", "cache": "off", **(site or {})}, **top))
        return started[-1], origin

    yield start
    for each in reversed(started):
        each.close() if isinstance(each, Origin) else each.stop()


def command(shield, *words):
    done = subprocess.run([BINARY, "partner", *words, "--config", str(shield.config)], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def add(shield, name="region", *words):
    code, out, err = command(shield, "add", name, "--site", HOST, *words, "--output", "json")
    assert code == 0, err
    return json.loads(out)


def ask(shield, token, path="/", fields=PAGE, source="198.51.100.7", **options):
    return shield.get(path, *fields, (FIELD, token), ("X-Forwarded-For", source), **{"context": lab.trusting(), **options})


def test_a_token_is_given_shown_and_taken_back(shield_of):
    shield, origin = shield_of()
    mode = stat.S_IMODE(os.stat(shield.config).st_mode)
    assert command(shield) == (0, "no partner has a token\n", "")
    told = add(shield, "region", "--for", "30d")
    token, until = told["token"], datetime.datetime.fromisoformat(told["until"])
    assert re.fullmatch(r"partner-[\w-]{32}", token) and told["partner"] == "region" and told["site"] == HOST
    assert abs((until - datetime.datetime.now(datetime.timezone.utc)).total_seconds() - 30 * 86400) < 60
    assert ask(shield, token).status == 200 and is_page(shield.get("/", *PAGE, ("X-Forwarded-For", "198.51.100.8"), context=lab.trusting()))
    line = shield.event_of(ask(shield, token, fields=PROGRAM))
    assert line["bouclier.partner"] == "region" and line["bouclier.decision"] == "allow"
    code, out, _ = command(shield)
    assert code == 0 and out.startswith(f"{HOST} region until 20") and token not in out
    assert stat.S_IMODE(os.stat(shield.config).st_mode) == mode
    assert command(shield, "end", "region", "--site", HOST)[0] == 0
    assert is_page(ask(shield, token)), "it holds no more when the command is done"
    actions = lambda: [each["event.action"] for each in shield.journal("") if each.get("event.action", "").startswith("partner")]
    wait_until(lambda: actions() == ["partner", "partner-over"], what="both are in the journal")
    assert command(shield)[1] == "no partner has a token\n"


def test_nobody_else_sees_it(shield_of):
    """Not the origin, not the configuration, not the journal, the audit log, nor what is said; also of a request that is refused."""
    shield, origin = shield_of({"waf": {"mode": "block", "ruleset": "crs"}})
    token = add(shield)["token"]
    assert ask(shield, token).status == 200 and ask(shield, token, "/?q=<script>alert(1)</script>").status == 403
    raw = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n{FIELD}: {token}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
    assert shield.send(raw.encode()).status == 400
    shield.event_of(ask(shield, token))
    assert token.encode() not in origin.bytes and FIELD.lower().encode() not in origin.bytes.lower()
    secret = token.encode()
    for folder, _, names in os.walk(shield.folder):
        for name in names:
            path = os.path.join(folder, name)
            assert not os.path.isfile(path) or secret not in open(path, "rb").read(), path
    assert token not in shield.said()


def test_the_origin_sees_no_token_behind_a_body(shield_of):
    """Trailers, over both versions; and what only begins with the name is another field, which the portal gets."""
    shield, origin = shield_of({"challenge": "off"})
    token, own = add(shield)["token"], f"{FIELD}-Id"
    end = f"0\r\nX-Sum: 42\r\n{FIELD}: {token}\r\n{own}: 7\r\n\r\n"
    raw = f"POST /one HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n{own}: 8\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nup\r\n{end}"
    assert shield.send(raw.encode()).status == 200
    assert origin.requests[-1].get(own) == "8" and origin.requests[-1].raw_body == f"2\r\nup\r\n0\r\nX-Sum: 42\r\n{own}: 7\r\n\r\n".encode()
    with Peer(shield.h2c, False) as peer:
        peer.begin()
        peer.post()
        peer.data(flags=0)
        peer.headers([("x-sum", "42"), (FIELD.lower(), token), (own.lower(), "7")])
        peer.answered()
    assert b"x-sum: 42\r\n" in origin.requests[-1].raw_body and f"{own.lower()}: 7\r\n".encode() in origin.requests[-1].raw_body
    assert token.encode() not in origin.bytes


def test_what_only_begins_with_the_name_spoils_no_token(shield_of):
    shield, _ = shield_of()
    token = add(shield)["token"]
    assert shield.get("/", *PAGE, (FIELD, token), (f"{FIELD}-Id", "7"), ("X-Forwarded-For", "198.51.100.7"), context=lab.trusting()).status == 200


def test_what_proves_nothing(shield_of):
    shield, _ = shield_of(trusted_proxies=[])
    token = add(shield)["token"]
    assert ask(shield, token).status == 200
    assert is_page(ask(shield, token[:-1] + ("A" if token[-1] != "A" else "B"))) and is_page(ask(shield, "")) and is_page(ask(shield, token + "x"))
    assert is_page(shield.get("/", *PAGE, (FIELD, token), (FIELD, token), context=lab.trusting())), "of two nobody knows which is meant"
    assert is_page(ask(shield, token, context=None)), "in clear anybody on the way could have read it"
    shield.settings["sites"][0]["partners"] = [{"name": "old", "token": "0" * 64, "until": "2001-01-01T00:00:00Z"}]
    shield.apply()
    assert is_page(ask(shield, token)) and "old over since 2001-01-01T00:00:00Z" in command(shield)[1]


def test_an_end_far_ahead(shield_of):
    shield, _ = shield_of()
    token = add(shield)["token"]
    shield.settings["sites"][0]["partners"] = [{"name": "region", "token": hashlib.sha256(token.encode()).hexdigest(), "until": "9999-12-31T23:59:59Z"}]
    shield.apply()
    assert ask(shield, token).status == 200 and command(shield)[1] == f"{HOST} region until 9999-12-31T23:59:59Z\n"
    assert "that ends at 9999-12-31T23:59:59.000Z holds from now on" in shield.said()


def stint(shield, token):
    """One request an hour is all that it may."""
    hashed = hashlib.sha256(token.encode()).hexdigest()
    shield.settings["sites"][0]["partners"] = [{"name": "region", "token": hashed, "until": "2099-01-01T00:00:00Z", "requests": "1/h", "requests_burst": 1}]
    shield.apply()


def test_limits_and_budgets(shield_of):
    """What others of its class or behind its address take is not its own, within its budgets; what it asks of a route is."""
    limits = [{"path": "/api", "limit": "2/h", "per": "kind"}, {"path": "/all", "limit": "5/h", "per": "route"}]
    shield, _ = shield_of({"rate_limits": limits}, source_budgets={"requests": "1/m", "requests_burst": 5, "errors": "5/s", "errors_burst": 100})
    token = add(shield)["token"]
    assert Counter(ask(shield, "", "/api", PROGRAM, source=f"203.0.113.{number}").status for number in range(6))[429] == 4
    assert Counter(ask(shield, token, "/api", PROGRAM).status for _ in range(40)) == {200: 40}
    assert Counter(ask(shield, token, "/all", PROGRAM).status for _ in range(9)) == {200: 5, 429: 4}
    assert ask(shield, token, "/", PROGRAM).status == 200 and ask(shield, "", "/", PROGRAM).status == 429
    stint(shield, token)
    assert ask(shield, token, "/", PROGRAM).status in (200, 429) and ask(shield, token, "/", PROGRAM).status == 429, "what its address owes counts beyond it"


def test_beyond_its_budget_it_is_not_refused(shield_of):
    shield, _ = shield_of()
    token = add(shield)["token"]
    stint(shield, token)
    assert Counter(ask(shield, token, "/", PAGE).status for _ in range(20)) == {200: 20}, "it waits behind everybody, when somebody waits"


def test_it_survives_a_restart(shield_of):
    shield, _ = shield_of(may_die=True)
    token = add(shield)["token"]
    os.kill(shield.edge(), 9)
    wait_until(lambda: ask(shield, token).status == 200, what="another edge serves")


@pytest.mark.parametrize("words, sentence", [
    (("add",), "wants a NAME and --site SITE"), (("add", "region"), "wants a NAME and --site SITE"),
    (("give", "region", "--site", HOST), "add or end, not give"), (("add", "a b", "--site", HOST), "a name is of letters, digits"),
    (("add", "region", "--site", HOST, "--for", "10m"), "from 1h to 731d"), (("end", "region", "--site", HOST, "--for", "1d"), "--for goes with add"),
    (("end", "region", "--site", HOST), "no partner region of it"), (("add", "region", "--site", "nobody.example"), "there is no site nobody.example"),
    (("--site", HOST), "--for and --site go with add or end"),
])
def test_misuse(shield_of, words, sentence):
    shield, _ = shield_of()
    before = shield.config.read_bytes()
    code, out, err = command(shield, *words)
    assert code in (1, 2) and sentence in err and not out, (code, out, err)
    assert shield.config.read_bytes() == before


def test_a_name_is_given_once(shield_of):
    shield, _ = shield_of()
    add(shield)
    before = shield.config.read_bytes()
    code, _, err = command(shield, "add", "region", "--site", HOST)
    assert code == 1 and re.search(r"yaml:\d+:\d+: error: there is one of that name already: it has to go first\n", err) and "by hand" not in err and shield.config.read_bytes() == before

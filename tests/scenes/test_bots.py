"""Good bots: whom DNS proves is never challenged nor banned; whom it does not is a stranger. The name server is the scene's own."""
import json
import subprocess
import time
from collections import Counter

import pytest

import lab
from lab import BINARY, HOST, Shield, response, wait_until
from lab.names import NameServer, reverse

PAGE = (("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("Sec-Fetch-Dest", "document"))
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
WIDE = {"requests": "100000/s", "requests_burst": 100000, "errors": "100000/s", "errors_burst": 100000}


def shield_of(origin, names, site=None, **top):
    """Challenges every stranger, behind a proxy on this machine that is trusted."""
    keys = {"challenge": "always", **(site or {})}
    shield = Shield(origin, site=keys, start=False, may_die=True, **{"trusted_proxies": ["127.0.0.1"], "log": {"requests": "all"}, "source_budgets": WIDE, **top})
    shield.words = names.words(shield.folder)
    shield.start()
    return shield


@pytest.fixture(scope="module")
def origin():
    with lab.Origin(response(b"<h1>Town</h1>", "200 OK", "Content-Type: text/html")) as one:
        yield one


@pytest.fixture(scope="module")
def names():
    one = NameServer()
    yield one
    one.close()


@pytest.fixture(scope="module")
def shield(origin, names):
    bots = [{"name": "Zoek", "agent": "ZoekBot", "domains": ["zoek.example"]}]
    with shield_of(origin, names, {"verified_bots": bots}) as one:
        yield one


def ask(shield, source, agent=GOOGLEBOT, path="/", *fields):
    return shield.get(path, *PAGE, ("User-Agent", agent), ("X-Forwarded-For", source), *fields, context=lab.trusting())


def is_challenged(reply):
    return reply.status == 503 and "bouclier/admit" in reply.text


def is_proven(shield, source, agent=GOOGLEBOT):
    return ask(shield, source, agent).status == 200


def wait_until_proven(shield, source, agent=GOOGLEBOT):
    wait_until(lambda: is_proven(shield, source, agent), what=f"{source} is proven")


def metric(shield, name):
    text = shield.ask("/metrics").text
    return next(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"bouclier_{name} "))


@pytest.mark.parametrize("source, agent, name, bot", [
    ("66.249.66.1", GOOGLEBOT, "crawl-66-249-66-1.googlebot.com", "Googlebot"),
    ("2001:4860:4801:10::1f", "Googlebot-Image/1.0", "Crawl-1.Geo.GoogleBot.com", "Googlebot"),
    ("157.55.39.1", "mozilla/5.0 (compatible; BINGBOT/2.0)", "msnbot-157-55-39-1.search.msn.com", "Bingbot"),
    ("203.0.113.50", "ZoekBot/1", "a.b.zoek.example", "Zoek"),
])
def test_whom_dns_proves_is_not_challenged(shield, names, source, agent, name, bot):
    names.is_called(source, name)
    names.records.setdefault((name.lower(), "AAAA" if ":" in source else "A"), source)
    first = ask(shield, source, agent)
    assert is_challenged(first), "a stranger until it is proven"
    assert "bouclier.bot" not in shield.event_of(first)
    wait_until_proven(shield, source, agent)
    reply = ask(shield, source, agent, "/page")
    assert reply.status == 200 and not reply.get("set-cookie")
    line = shield.event_of(reply)
    assert line["bouclier.bot"] == bot and "bouclier.impostor" not in line
    assert all(ask(shield, source, agent).status == 200 for _ in range(20)) and names.asks_about(source) == 1
    assert is_challenged(ask(shield, source, BROWSER)), "somebody else from there is a stranger"


@pytest.mark.parametrize("source, name, has", [
    ("192.0.2.1", None, None),                                         # no name
    ("192.0.2.2", "crawl-66-249-66-2.googlebot.com", False),           # a name that is not there
    ("192.0.2.3", "crawl-66-249-66-3.googlebot.com", "66.249.66.3"),   # another's
    ("192.0.2.4", "crawl.evilgooglebot.com", "192.0.2.4"),
    ("192.0.2.5", "crawl.googlebot.com.evil.example", "192.0.2.5"),
    ("192.0.2.6", "msnbot-1.search.msn.com", "192.0.2.6"),             # another bot than it says
    ("2001:db8::7", "crawl-7.googlebot.com", "66.249.66.7"),
])
def test_whom_dns_refutes_is_a_stranger(shield, names, source, name, has):
    if name:
        names.is_called(source, name, has=has)
    assert is_challenged(ask(shield, source))

    def is_refuted():
        reply = ask(shield, source)
        assert is_challenged(reply)
        return shield.event_of(reply).get("bouclier.impostor") == "Googlebot"
    wait_until(is_refuted, what="it is refuted")
    assert names.asks_about(source) == 1
    reply = ask(shield, source, BROWSER)
    assert is_challenged(reply) and "bouclier.impostor" not in shield.event_of(reply)
    assert not json.loads(subprocess.run([BINARY, "bans", "--output", "json", "--config", str(shield.config)], capture_output=True, text=True,
                                         check=True).stdout)["bans"]
    assert shield.event(event_action="bot-impostors")["bouclier.detail"].endswith("served as strangers")


@pytest.mark.parametrize("source, ill", [
    ("198.51.100.1", "reverse fails"), ("198.51.100.2", "reverse is silent"), ("198.51.100.3", "forward fails"), ("198.51.100.4", "forward is silent")])
def test_without_an_answer_nothing_is_proved_and_nobody_waits(shield, names, source, ill):
    name = f"crawl-{source.replace('.', '-')}.googlebot.com"
    names.is_called(source, name)
    where = reverse(source) if ill.startswith("reverse") else name
    (names.failing if ill.endswith("fails") else names.silent).add(where)
    failed = metric(shield, "bot_questions_failed_total")
    began = time.monotonic()
    assert is_challenged(ask(shield, source)) and time.monotonic() - began < 0.8
    wait_until(lambda: metric(shield, "bot_questions_failed_total") > failed, what="the question has failed")
    reply = ask(shield, source)
    assert is_challenged(reply) and not {"bouclier.bot", "bouclier.impostor"} & set(shield.event_of(reply))
    assert names.asks_about(source) == 1, "not again for a while"


def test_a_reload_keeps_what_was_proved(shield, names):
    names.is_called("66.249.66.30", "crawl-66-249-66-30.googlebot.com")
    names.is_called("203.0.113.60", "one.spider.example")
    wait_until_proven(shield, "66.249.66.30")
    ask(shield, "203.0.113.60")
    wait_until(lambda: names.asks_about("203.0.113.60"))
    wait_until(lambda: shield.event_of(ask(shield, "203.0.113.60")).get("bouclier.impostor"), what="it is refuted")
    kept = shield.site()["verified_bots"]
    try:
        shield.site()["verified_bots"] = [*kept, {"name": "Spider", "agent": "Googlebot", "domains": ["spider.example"]}]
        shield.apply()
        assert is_proven(shield, "66.249.66.30") and is_proven(shield, "203.0.113.60"), "what was asked holds for what is written now"
        shield.site()["verified_bots"] = "off"
        shield.apply()
        asked = len(names.asked)
        reply = ask(shield, "66.249.66.30")
        assert is_challenged(reply) and "bouclier.bot" not in shield.event_of(reply)
        assert is_challenged(ask(shield, "66.249.66.31")) and len(names.asked) == asked
    finally:
        shield.site()["verified_bots"] = kept
        shield.apply()
    assert is_proven(shield, "66.249.66.30") and not is_proven(shield, "203.0.113.60")
    assert names.asks_about("66.249.66.30") == 1 and names.asks_about("203.0.113.60") == 1


def test_in_an_attack_it_gets_pages_and_an_impostor_does_not(shield, names):
    names.is_called("66.249.66.40", "crawl-66-249-66-40.googlebot.com")
    wait_until_proven(shield, "66.249.66.40")
    assert subprocess.run([BINARY, "level", HOST, "attack", "--config", str(shield.config)], capture_output=True, check=True).returncode == 0
    try:
        told = [(ask(shield, "66.249.66.40").status, ask(shield, "192.0.2.40").status) for _ in range(20)]
        assert told == [(200, 503)] * 20
    finally:
        subprocess.run([BINARY, "level", HOST, "auto", "--config", str(shield.config)], capture_output=True, check=True)


def test_a_tenant_may_switch_them_off_and_add_none(origin):
    shield = Shield(origin, start=False)
    files = shield.folder / "sites.d" / "north"
    files.mkdir(parents=True)
    shield.settings["include"] = "sites.d/*/*.yaml"
    shield.settings["tenants"] = [{"name": "north", "files": "sites.d/north", "hosts": ["*.north.example"], "origins": ["127.0.0.0/8"]}]
    shield.write(shield.settings)
    told = []
    for bots in ([{"name": "Mine", "agent": "MineBot", "domains": ["north.example"]}], "off"):
        site = {"name": "www.north.example", "origins": ["http://127.0.0.1:1"], "verified_bots": bots}
        files.joinpath("site.yaml").write_text(json.dumps({"sites": [site]}))
        done = subprocess.run([BINARY, "check", "-c", str(shield.config)], capture_output=True, text=True, check=False)
        told.append(done.stdout + done.stderr)
    shield.stop()
    assert "agent is for the administrator's own sites, not for those of tenant north" in told[0] and "tenant north" not in told[1], told


def test_its_word_counts_only_from_whom_the_proxy_names(shield, names):
    """From the connection's other end where no trusted proxy is; what is written in between is not looked at."""
    names.is_called("66.249.66.45", "crawl-66-249-66-45.googlebot.com")
    wait_until_proven(shield, "66.249.66.45")
    assert is_challenged(ask(shield, "66.249.66.45, 192.0.2.45"))


def test_a_flood_of_impostors_asks_dns_for_little(origin, names):
    with shield_of(origin, names) as shield:
        names.is_called("66.249.66.50", "crawl-66-249-66-50.googlebot.com")
        wait_until_proven(shield, "66.249.66.50")
        names.asked.clear()
        began = time.monotonic()
        assert all(is_challenged(ask(shield, f"10.{n // 200}.{n % 200}.1")) for n in range(300))
        took = time.monotonic() - began
        time.sleep(0.5)
        assert len([one for one in names.asked if one[1] == "PTR"]) <= 40 + 20 * (took + 1)
        assert metric(shield, "bot_questions_left_out_total") > 0
        assert all(is_proven(shield, "66.249.66.50") for _ in range(20))
        said = subprocess.run([BINARY, "status", "--config", str(shield.config)], capture_output=True, text=True, check=True).stdout
        assert "good bots" in said and "1 addresses proven by DNS" in said and "left out as too many" in said


def test_a_good_bot_that_asks_too_much_is_limited_and_not_banned(origin, names):
    small = {"requests": "5/s", "requests_burst": 5, "errors": "2/s", "errors_burst": 5}
    names.is_called("66.249.66.60", "crawl-66-249-66-60.googlebot.com")
    with shield_of(origin, names, {"challenge": "auto"}, source_budgets=small) as shield:
        ask(shield, "66.249.66.60")
        wait_until(lambda: metric(shield, "bot_questions_total") == 1 and names.asks_about("66.249.66.60"))
        wait_until(lambda: shield.event_of(ask(shield, "66.249.66.60")).get("bouclier.bot"), what="it is proven")
        replies = [ask(shield, "66.249.66.60") for _ in range(150)]
        told = Counter(reply.status for reply in replies)
        assert set(told) == {200, 429} and told[429] > 50, told
        assert int(next(reply for reply in replies if reply.status == 429).get("Retry-After")) >= 1
        others = Counter(ask(shield, "192.0.2.60").status for _ in range(150))
        assert others[403], "whom DNS refutes is banned like anybody else who takes as much"

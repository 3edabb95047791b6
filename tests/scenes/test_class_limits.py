"""What a class of clients takes together (its kind, its JA4), where the administrator says a limit for it: requests, errors, the portal's time and bytes."""
import time
from collections import Counter

import pytest

import lab
from lab import Origin, Shield, response
from test_challenge import FORM, Client, admitted, wait_url
from test_sources import bans

TOOL = (("Accept", "*/*"), ("User-Agent", "a tool"))
OTHER_TOOL = (("User-Agent", "a tool"), ("Accept", "*/*"))  # the same words in another order
WIDE = {"requests": "100000/s", "requests_burst": 100000, "errors": "100000/s", "errors_burst": 100000}


def portal(request):
    if request.target.startswith("/wrong"):
        return response(b"no", "403 Forbidden")
    if request.target.startswith("/dear"):
        time.sleep(0.5)
    return response(bytes(40000) if request.target.startswith("/large") else b"well", "200 OK", "Content-Type: text/html")


@pytest.fixture
def shield_of():
    """shield_of(*limits, site=keys of the site, **keys of the file): behind a proxy on this machine that is trusted."""
    started = []

    def start(*limits, site=None, **top):
        site = {"rate_limits": list(limits), "cache": "off", **(site or {})}
        top = {"trusted_proxies": ["127.0.0.1"], "source_budgets": WIDE, "log": {"requests": "all"}, "workers": 1, **top}
        started.append(origin := Origin(portal))
        started.append(Shield(origin, site=site, **top))
        return started[-1]

    yield start
    for each in reversed(started):
        each.close() if isinstance(each, Origin) else each.stop()


def ask(shield, number, path, fields=TOOL, **options):
    return shield.get(path, *fields, ("X-Forwarded-For", f"198.51.100.{number}"), **options)


def crowd(shield, count, path, fields=TOOL, **options):
    """Each from an address of its own."""
    return Counter(ask(shield, number + 1, path, fields, **options).status for number in range(count))


def test_a_kind_has_one_budget_together(shield_of):
    shield = shield_of({"path": "/login", "limit": "20/m", "burst": 4, "per": "kind"})
    assert crowd(shield, 4, "/login") == {200: 4}
    refused = ask(shield, 5, "/login")
    assert refused.status == 429 and refused.get("Retry-After") in ("2", "3") and refused.get("Cache-Control") == "no-store"
    line = shield.event_of(refused)
    assert (line["bouclier.decision"], line["bouclier.reasons"]) == ("limit", ["rate-limit"])
    assert crowd(shield, 4, "/login", OTHER_TOOL) == {200: 4}, "another kind has its own"
    assert crowd(shield, 30, "/") == {200: 30}, "and elsewhere nobody has said anything"
    assert crowd(shield, 30, "/login")[429] >= 28 and not bans(shield), "a class is never banned"
    time.sleep(3.1)
    assert ask(shield, 9, "/login").status == 200


def test_nothing_is_said_of_classes_by_default(shield_of):
    shield = shield_of()
    assert crowd(shield, 100, "/login") == {200: 100}


def test_what_tls_tells_is_a_class_as_well(shield_of):
    shield = shield_of({"path": "/login", "limit": "3/h", "per": "fingerprint"}, trusted_proxies=[])
    other = lab.trusting()
    other.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256")
    assert crowd(shield, 5, "/login", context=lab.trusting()) == {200: 3, 429: 2}
    assert crowd(shield, 5, "/login", context=other) == {200: 3, 429: 2}


def test_errors_of_a_kind(shield_of):
    """What the shield itself refuses is no error of theirs: it is over when they stop."""
    shield = shield_of({"path": "/", "errors": "60/m", "errors_burst": 3, "per": "kind"})
    assert crowd(shield, 50, "/fine") == {200: 50}
    assert crowd(shield, 20, "/wrong")[403] in (3, 4)
    refused = ask(shield, 7, "/fine")
    assert refused.status == 429 and refused.get("Retry-After") == "1"
    assert ask(shield, 7, "/fine", OTHER_TOOL).status == 200
    time.sleep(1.1)
    assert ask(shield, 8, "/fine").status == 200


def test_the_portals_time_of_a_kind(shield_of):
    shield = shield_of({"path": "/dear", "cost": "100ms", "cost_burst": "900ms", "per": "kind"}, {"path": "/dear", "limit": "1000/s", "per": "route"})
    assert crowd(shield, 6, "/dear") == {200: 2, 429: 4}
    assert crowd(shield, 20, "/cheap") == {200: 20}
    assert 1 <= int(ask(shield, 7, "/dear").get("Retry-After")) <= 2
    assert ask(shield, 8, "/dear", OTHER_TOOL).status == 200


def test_bytes_of_a_source_and_of_all(shield_of):
    """The same words for whoever a limit counts: 40,000 bytes count as twice 16 KiB."""
    shield = shield_of({"path": "/large", "bytes": "16KiB/s", "bytes_burst": "96KiB", "per": "source"}, {"path": "/large", "bytes": "16KiB/s", "bytes_burst": "192KiB", "per": "route"})
    assert Counter(ask(shield, 1, "/large").status for _ in range(6)) == {200: 3, 429: 3}
    assert Counter(ask(shield, 2, "/large").status for _ in range(6)) == {200: 3, 429: 3}
    assert Counter(ask(shield, 3, "/large").status for _ in range(6)) == {429: 6}


def test_who_shows_a_token_is_not_refused_for_his_class(shield_of):
    """Two citizens and a flood with one browser: who has proved himself goes on, to what he himself may have, and no further than all together."""
    shield = shield_of({"path": "/page", "limit": "3/h", "per": "kind"}, {"path": "/page", "limit": "30/h", "per": "route"}, site={"challenge": "always"})
    house = (None, shield)
    citizen, moved = admitted(house, source="192.0.2.1"), admitted(house, source="192.0.2.2")
    flood = Counter(Client(house, source=f"198.51.100.{number + 1}").ask("/page").status for number in range(10))
    assert flood == {503: 10}, "strangers are asked, within it and beyond"
    assert [citizen.ask("/page").status for _ in range(20)] == [200] * 20
    moved.source = "192.0.2.3"
    assert moved.ask("/page").status == 503, "where it was not issued it is nobody's own, and he can have one of there"
    assert Counter(citizen.ask("/page").status for _ in range(20)) == {200: 7, 429: 13}, "all together is no class"


def test_strangers_are_asked_before_they_are_refused(shield_of):
    """Nothing is short, and the flood has used up all that a browser may: who comes now with the same one can still prove himself, with a script, by waiting, with
    cookies or without. Programs, forms and whoever shows what is not his are refused as ever."""
    shield = shield_of({"path": "/", "limit": "4/h", "per": "kind"})
    house = (None, shield)
    flood = Counter(Client(house, source=f"198.51.100.{number + 1}").ask("/page").status for number in range(10))
    assert flood == {200: 4, 503: 6}
    citizen, patient, blank = admitted(house, source="192.0.2.1"), Client(house, source="192.0.2.2"), Client(house, source="192.0.2.3", keeps=False)
    assert [citizen.ask("/page").status for _ in range(20)] == [200] * 20
    urls = [wait_url(client.ask("/page"))[1] for client in (patient, blank)]
    time.sleep(6.1)
    for client, url in zip((patient, blank), urls):
        assert client.ask(url).status == 303
        assert client.ask("/page").status == 200
    told = Counter(blank.ask("/page").status for _ in range(400))
    assert told[200] <= 360 and told[429] >= 40, "what he has for waiting ends"
    assert crowd(shield, 8, "/page") == {200: 4, 429: 4}, "a program is of another kind, and nobody reads what it would be asked"
    forms = Counter(Client(house, source=f"203.0.113.{number + 1}").ask("/page", *FORM, method="POST", body=b"name=x").status for number in range(6))
    assert forms == {200: 4, 429: 2}, "what sends a form is of another kind, too"


def test_where_nobody_is_asked_a_class_is_refused(shield_of):
    shield = shield_of({"path": "/", "limit": "4/h", "per": "kind"}, site={"challenge": "off"})
    assert Counter(Client((None, shield), source=f"198.51.100.{number + 1}").ask("/page").status for number in range(10)) == {200: 4, 429: 6}


def test_where_guard_only_observes(shield_of):
    shield = shield_of({"path": "/login", "limit": "3/h", "per": "kind"}, site={"guard": "observe"})
    assert crowd(shield, 6, "/login") == {200: 6}
    line = shield.event_of(ask(shield, 7, "/login"))
    assert (line["bouclier.would"], line["bouclier.would_for"]) == ("limit", "rate-limit")


def test_what_a_class_owes_survives_a_reload(shield_of):
    shield = shield_of({"path": "/login", "limit": "3/h", "per": "kind"})
    assert crowd(shield, 5, "/login") == {200: 3, 429: 2}
    shield.apply()
    assert crowd(shield, 5, "/login") == {429: 5}

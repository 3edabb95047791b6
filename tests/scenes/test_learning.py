"""Pages that are the same for everybody though nobody declares it: learned in peace, shared for a minute, and every page that is not."""
import json
import random
import subprocess
import threading
import time

import pytest

from lab import BINARY, HOST, h2, response, wait_until

SOURCES = [f"198.{i}.100.7" for i in range(1, 41)]  # each of a network of its own
BROWSER = (("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"), ("Accept", "text/html,*/*;q=0.8"),
           ("Accept-Language", "nl-BE,nl;q=0.9"))


RULES = """SecRuleEngine On
SecRule ARGS "@contains <script" "id:1,phase:2,deny,status:403,msg:'script'"
"""


class Portal:
    """An origin that answers by path; asked: every target, in order."""

    def __init__(self, start_origin):
        self.pages, self.asked, self.lock = {}, [], threading.Lock()
        self.origin = start_origin(self.answer)

    def answer(self, request):
        with self.lock:
            self.asked.append(request.target)
        page = self.pages.get(request.target.partition("?")[0], response(b"page"))
        return page(request) if callable(page) else page

    def count(self, path):
        with self.lock:
            return sum(target.partition("?")[0] == path for target in self.asked)


@pytest.fixture
def portal(start_origin):
    return Portal(start_origin)


@pytest.fixture
def start_town(start_shield, portal):
    def start(*, cache=None, waf=None, rules=RULES, **site):
        more = {"rules": rules, "waf": waf} if waf else {}
        return start_shield({"workers": 2, "trusted_proxies": ["127.0.0.1"],
                             "sites": [{"name": HOST, "origins": [portal.origin.url], "concurrency": "off",
                                        "cache": {"learn": True, **(cache or {})}, **site}]}, more)
    return start


@pytest.fixture
def town(start_town):
    return start_town()


def visit(town, path, source="203.0.113.1", *fields, browser=BROWSER, **more):
    return town.get(path, ("X-Forwarded-For", source), *browser, *fields, **more)


def teach(town, path, *fields, sources=SOURCES[:20]):
    return [visit(town, path, source, *fields) for source in sources]


def learned(town):
    return {route["url"] for route in town.status()["learned"]["routes"]}


def is_learned(town, path):
    return f"http://{HOST}{path}" in learned(town)


def flood(town, path, count=100):
    return [visit(town, f"{path}?q={random.random()}&p{random.randrange(10**6)}=1", f"203.0.113.{i % 200 + 1}") for i in range(count)]


def level(town, word):
    done = subprocess.run([BINARY, "level", HOST, word, "--socket", town.admin_socket], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr


def test_a_flood_of_random_parameters_costs_about_one_page(town, portal):
    teach(town, "/news", sources=SOURCES[:19])
    assert not is_learned(town, "/news")
    teach(town, "/news", sources=SOURCES[18:20])
    assert is_learned(town, "/news")
    level(town, "attack")
    before = portal.count("/news")
    replies = flood(town, "/news", 300)
    assert all(reply.status == 200 and reply.body == b"page" for reply in replies)
    assert portal.count("/news") - before == 1
    assert "detail=learned" in replies[-1].get("cache-status")
    assert town.event_of(replies[-1])["bouclier.cache"] == "hit"


def test_in_peace_no_query_is_ignored(town, portal):
    teach(town, "/news")
    for i in range(30):
        visit(town, f"/news?utm_source=brief&n={i}", SOURCES[0])
        assert portal.asked[-1] == f"/news?utm_source=brief&n={i}"
    before = portal.count("/news")
    assert [visit(town, "/news", SOURCES[0]).body for _ in range(10)] == [b"page"] * 10
    assert portal.count("/news") == before + 1


def test_above_normal_the_origin_is_asked_for_the_page_in_the_words_of_a_kind(town, portal):
    teach(town, "/news")
    level(town, "attack")
    before = len(portal.asked)
    fields = (("Referer", "http://evil.example/"), ("If-None-Match", '"x"'), ("Sec-Fetch-Site", "cross-site"), ("DNT", "0"))
    assert all(visit(town, f"/news?q={i}", "203.0.113.9", *fields).body == b"page" for i in range(50))
    assert portal.asked[before:] == ["/news"]
    last = portal.origin.last
    assert all(last.get(name) is None for name, _ in fields) and last.get("accept-language") == "nl-be,nl;q=0.9"
    assert last.get("user-agent").endswith("Firefox/140.0 Bouclier") and last.get("accept").startswith("text/html,application/xhtml+xml,")


EVIL = (("User-Agent", "Mozilla/5.0 evil"), ("Accept", "text/html,evil/x"), ("Accept-Language", "NL-be, nl;q=0.001"), ("Referer", "http://evil/"),
        ("Accept-Encoding", "evil, deflate"), ("Via", "1.1 evil"), ("CDN-Loop", "evil"), ("Connection", "accept-language, user-agent, evil"),
        ("Cache-Control", "no-store, no-cache, evil=1"), ("Pragma", "no-cache"), ("X-Forwarded-Host", "evil"), ("X-Forwarded-Proto", "http"),
        ("Forwarded", "for=evil"), ("X-Real-IP", "evil"), ("If-None-Match", '"evil"'), ("Cookie", "_ga=evil"), ("sec-ch-ua", "evil"))


def test_what_a_bot_carries_decides_nothing_of_what_others_get(town, portal):
    """The portal does what it is told by whoever asks; bots ask first, from many addresses, again and again."""
    def answer(request):
        told = [value for name, value in request.fields if "evil" in value or "0.001" in value or "deflate" in value]
        if told or request.get("host") != HOST or request.get("accept-language") is None or request.get("user-agent") is None:
            return response(b"evil", "400 Bad Request" if request.get("via") else "200 OK")
        return response(b"page")
    portal.pages["/"] = answer
    teach(town, "/")
    assert is_learned(town, "/")
    level(town, "attack")
    before = portal.count("/")
    for source in SOURCES[20:30]:
        assert visit(town, "/?evil=1", f"127.0.0.1, {source}", *EVIL, browser=(), host=HOST.upper()).body == b"page"
    for source in SOURCES[:20]:
        assert visit(town, "/?q=1", source).body == b"page"
    assert portal.count("/") - before == 1 and is_learned(town, "/")


def test_a_bot_that_the_portal_turns_away_turns_nobody_away(town, portal):
    bad = SOURCES[39]
    portal.pages["/"] = lambda request: (time.sleep(0.2), response(b"no", "403 Forbidden") if bad in request.get("x-forwarded-for") else response(b"page"))[1]
    teach(town, "/")
    level(town, "attack")
    replies = []
    threads = [threading.Thread(target=lambda i=i: replies.append(visit(town, f"/?x{i}", bad if i == 0 else SOURCES[i % 20]))) for i in range(20)]
    for thread in threads:
        thread.start()
        time.sleep(0.05 if thread is threads[0] else 0)
    for thread in threads:
        thread.join()
    assert sorted(reply.body for reply in replies) == [b"no"] + [b"page"] * 19
    assert portal.count("/") == 20 + 2 and is_learned(town, "/")


UNWILLING = {
    "head": {"method": "HEAD"},
    "no-store": {"fields": (("Cache-Control", "no-store"),)},
    "no-cache": {"fields": (("Cache-Control", "no-cache"), ("Pragma", "no-cache"))},
    "max-age-0": {"fields": (("Cache-Control", "max-age=0"),)},
    "broken": {"fields": (("Cache-Control", 'x="'),)},
    "deflate": {"fields": (("Accept-Encoding", "deflate"),)},
}


@pytest.mark.parametrize("kind", UNWILLING)
def test_who_will_have_nothing_kept_is_answered_from_here_all_the_same(start_town, portal, kind):
    town = start_town(cache={"obey_clients": True})
    more = dict(UNWILLING[kind])
    fields = more.pop("fields", ())
    portal.pages["/"] = lambda request: response(b"z", "200 OK", "Content-Encoding: deflate") if "deflate" in (request.get("accept-encoding") or "") \
        else response(b"page")
    teach(town, "/")
    level(town, "attack")
    before = portal.count("/")
    replies = [visit(town, f"/?q={i}", SOURCES[i % 40], *fields, **more) for i in range(60)]
    assert portal.count("/") - before == 1
    assert all(reply.status == 200 and reply.get("content-length") == "4" for reply in replies)
    assert {reply.body for reply in replies} == {b"" if kind == "head" else b"page"}
    assert visit(town, "/").body == b"page" and portal.count("/") - before == 1


def test_a_head_of_http_2_fetches_a_page_for_all(town, portal):
    portal.pages["/"] = lambda request: response(b"x" * 300000)
    teach(town, "/")
    level(town, "attack")
    before = portal.count("/")
    fields = [(name.lower(), value) for name, value in (("X-Forwarded-For", SOURCES[0]), *BROWSER)]
    with h2.Client(town.plain, False, host=HOST) as client:
        client.authority = HOST
        answers = [client.get("/?q=1", *fields, method="HEAD") for _ in range(3)]
    assert all(answer.status == 200 and answer.get("content-length") == "300000" for answer in answers)
    assert visit(town, "/").body == b"x" * 300000 and portal.count("/") - before == 1


def test_a_head_is_judged_like_the_page(start_town, portal):
    """Rules would have found something in the page, had they seen it."""
    town = start_town(waf={"mode": "block", "response_bodies": True}, rules="SecRuleEngine On\nSecResponseBodyAccess On\n"
                      "SecResponseBodyMimeType text/html\nSecRule RESPONSE_BODY \"@contains leak\" \"id:2,phase:4,deny,status:403\"\n")
    pages = {"now": b"page"}
    portal.pages["/"] = lambda request: response(pages["now"], "200 OK", "Content-Type: text/html")
    teach(town, "/")
    level(town, "attack")
    pages["now"] = b"a leak"
    assert [visit(town, "/", source, method="HEAD").status for source in SOURCES[:5]] == [403] * 5
    assert visit(town, "/").status == 403


def test_an_attack_in_a_query_is_inspected(start_town):
    town = start_town(waf={"mode": "block"})
    teach(town, "/news")
    assert is_learned(town, "/news")
    attack = "/news?q=%3Cscript%3E"
    assert visit(town, attack).status == 403
    level(town, "attack")
    assert visit(town, "/news").status == 200
    assert "learned" in visit(town, "/news?q=1").get("cache-status")
    assert visit(town, attack).status == 403


def test_many_at_once_cost_one_page(town, portal):
    teach(town, "/news")
    level(town, "attack")
    portal.pages["/news"] = lambda request: (time.sleep(0.3), response(b"page"))[1]
    before, replies = portal.count("/news"), []
    threads = [threading.Thread(target=lambda i=i: replies.append(visit(town, f"/news?x{i}={i}"))) for i in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 40 and all(reply.body == b"page" for reply in replies)
    assert portal.count("/news") - before == 1


def test_a_parameter_that_matters_keeps_mattering(town, portal):
    portal.pages["/search"] = lambda request: response(b"found " + request.target.encode() if "q=" in request.target else b"search")
    teach(town, "/search")
    assert is_learned(town, "/search")
    assert visit(town, "/search?q=straat").body == b"found /search?q=straat"  # the first ever
    assert not visit(town, "/search").get("cache-status")
    assert not is_learned(town, "/search")
    teach(town, "/search")
    level(town, "attack")
    for word in ("rue", "plein"):
        assert visit(town, f"/search?q={word}").body == b"found /search?q=" + word.encode()
    assert not is_learned(town, "/search")


def test_an_empty_answer_to_random_words_hides_no_found_one(town, portal):
    portal.pages["/search"] = lambda request: response(b"found" if "q=straat" in request.target else b"nothing")
    teach(town, "/search")
    for i in range(30):
        visit(town, f"/search?q={random.random()}", SOURCES[i])
    assert visit(town, "/search?q=straat").body == b"found"
    visit(town, "/search")
    level(town, "attack")
    assert visit(town, "/search?q=straat").body == b"found" and not is_learned(town, "/search")


NEVER = {
    "set-cookie": response(b"page", "200 OK", "Set-Cookie: a=b"),
    "private": response(b"page", "200 OK", "Cache-Control: private"),
    "no-store": response(b"page", "200 OK", "Cache-Control: no-store"),
    "no-cache": response(b"page", "200 OK", "Cache-Control: no-cache"),
    "pragma": response(b"page", "200 OK", "Pragma: no-cache"),
    "max-age-0": response(b"page", "200 OK", "Cache-Control: max-age=0"),
    "vary": response(b"page", "200 OK", "Vary: Accept-Language"),
    "not-found": response(b"page", "404 Not Found"),
    "error": response(b"page", "500 Internal Server Error"),
    "moved": response(b"page", "302 Found", "Location: /x"),
    "until-close": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npage",
    "too-long": response(b"x" * 70000),
}


@pytest.mark.parametrize("kind", NEVER)
def test_answers_that_are_never_learned(start_town, portal, kind):
    town = start_town(cache={"object": "64KiB"})
    portal.pages["/"] = NEVER[kind] if kind != "until-close" else lambda request: (request.connection.sendall(NEVER[kind]), None)[1]
    teach(town, "/", sources=SOURCES[:30])
    assert portal.count("/") == 30 and not learned(town)


REQUESTS = {
    "session": (("Cookie", "PHPSESSID=1"),),
    "some-cookie": (("Cookie", "lang=nl"),),
    "authorization": (("Authorization", "Basic YTpi"),),
    "range": (("Range", "bytes=0-1"),),
    "script": (("X-Requested-With", "XMLHttpRequest"),),
    "origin": (("Origin", "http://a.example"),),
    "another-language": (("Accept-Language", "fr"),),
    "another-second-language": (("Accept-Language", "nl-BE,nl;q=0.9,fr;q=0.8"),),
    "language-of-a-field": (("X-Language", "fr"),),
    "script-of-a-browser": (("Sec-Fetch-Dest", "empty"),),
    "not-to-be-followed": (("Sec-GPC", "1"),),
    "tool": (("User-Agent", "curl/8.5"),),
    "telephone": (("User-Agent", "Mozilla/5.0 (iPhone) Mobile/15E148"),),
    "robot": (("User-Agent", "Googlebot/2.1"),),
    "json": (("Accept", "application/json"),),
}


@pytest.mark.parametrize("kind", [*REQUESTS, "no-language"])
def test_requests_that_are_nobody_elses(town, portal, kind):
    fields = REQUESTS.get(kind, ())
    names = {name for name, _ in fields} | ({"Accept-Language"} if kind == "no-language" else set())
    browser = tuple(field for field in BROWSER if field[0] not in names)
    teach(town, "/")
    level(town, "attack")
    visit(town, "/")
    before = portal.count("/")
    replies = [visit(town, "/?q=1", "203.0.113.5", *fields, browser=browser) for _ in range(3)]
    assert portal.count("/") == before + 3
    assert portal.asked[-3:] == ["/?q=1"] * 3 and not any(reply.get("cache-status") for reply in replies)


def test_what_is_sent_to_be_done_is_done(town, portal):
    teach(town, "/")
    level(town, "attack")
    visit(town, "/")
    before = portal.count("/")
    assert [visit(town, "/?q=1", method="POST", body=b"a=b").status for _ in range(3)] == [200] * 3
    assert portal.count("/") == before + 3


@pytest.mark.parametrize("query", ["token=1", "a=1&api_key=2", "CODE=7", "sig=x", "ref=home", "x=token-7", "u=3f9a2c71b04d4e5f86a7",
                                   "t%6Fken=1"])
def test_links_for_one_person_are_left_alone(town, portal, query):
    teach(town, "/")
    level(town, "attack")
    visit(town, "/")
    for _ in range(2):
        visit(town, f"/?{query}")
        assert portal.asked[-1] == f"/?{query}"


def test_a_form_with_a_secret_of_its_own_is_not_learned(town, portal):
    portal.pages["/login"] = lambda request: response(b"<input type=hidden value=%d>" % random.randrange(10**9))
    replies = teach(town, "/login", sources=SOURCES)
    assert len({reply.body for reply in replies}) == 40 and not learned(town)


def test_a_page_by_address_is_not_learned(town, portal):
    portal.pages["/"] = lambda request: response(b"inside" if request.get("x-forwarded-for").startswith("198.7.") else b"outside")
    teach(town, "/", sources=SOURCES)
    assert not learned(town)


def test_who_is_inside_teaches_nothing_about_outside(town, portal):
    portal.pages["/"] = lambda request: response(b"inside") if request.get("x-forwarded-for").startswith("10.") else response(b"no", "403 Forbidden")
    teach(town, "/", sources=[f"10.1.2.{i}" for i in range(1, 26)])
    assert is_learned(town, "/") and visit(town, "/", "10.1.2.200").body == b"inside"
    assert visit(town, "/", "203.0.113.1").status == 403
    assert not learned(town)


def test_a_field_of_somebodys_own_is_not_learned(town, portal):
    portal.pages["/"] = lambda request: response(b"page", "200 OK", f"X-Csrf: {random.random()}")
    teach(town, "/", sources=SOURCES)
    assert not learned(town)


def test_fields_of_one_answer_are_given_to_nobody_else(town, portal):
    portal.pages["/"] = lambda request: response(b"page", "200 OK", f"X-Runtime: {random.random()}", "X-Kind: page")
    teach(town, "/")
    visit(town, "/", SOURCES[0])
    reply = visit(town, "/", SOURCES[0])
    assert "learned" in reply.get("cache-status") and reply.get("x-runtime") is None and reply.get("x-kind") == "page"


def test_learning_is_frozen_above_normal(town, portal):
    level(town, "elevated")
    teach(town, "/", sources=SOURCES)
    assert not learned(town) and portal.count("/") == 40
    level(town, "normal")
    teach(town, "/", sources=SOURCES[:10])
    level(town, "attack")
    teach(town, "/", sources=SOURCES[10:])
    assert not learned(town)
    level(town, "normal")
    teach(town, "/", sources=SOURCES[10:20])
    assert is_learned(town, "/")


def test_the_origin_ends_it_at_any_level(town, portal):
    teach(town, "/")
    level(town, "attack")
    portal.pages["/"] = response(b"mine", "200 OK", "Set-Cookie: a=b")
    assert visit(town, "/?q=1").body == b"mine"
    assert not learned(town)
    visit(town, "/?q=2")
    assert portal.asked[-1] == "/?q=2"


def zipped_or_plain(request):
    return response(b"z", "200 OK", "Content-Encoding: gzip") if "gzip" in (request.get("accept-encoding") or "") else response(b"page")


def test_gzip_and_plain_are_told_apart(town, portal):
    """Plain is seen only once it is an attack: by three, and then it is shared as well."""
    portal.pages["/"] = zipped_or_plain
    teach(town, "/", ("Accept-Encoding", "gzip"))
    level(town, "attack")
    before = portal.count("/")
    for i in range(20):
        assert visit(town, f"/?q={i}", SOURCES[i], ("Accept-Encoding", "br;q=0.1, gzip;q=0.2")).body == b"z"
        assert visit(town, f"/?q={i}", SOURCES[i]).body == b"page"
        assert visit(town, f"/?q={i}", SOURCES[i], ("Accept-Encoding", "zstd")).body == b"page"
    assert portal.count("/") - before <= 1 + 3 + 3


def test_who_reads_no_gzip_holds_up_nobody(town, portal):
    """He alone sees first that the page has changed, and nobody like him comes for long."""
    pages = {"now": response(b"page")}
    portal.pages["/"] = lambda request: response(b"z" + pages["now"][-1:], "200 OK", "Content-Encoding: gzip") if request.get("accept-encoding") \
        else pages["now"]
    teach(town, "/", ("Accept-Encoding", "gzip"))
    teach(town, "/", sources=SOURCES[:3])
    pages["now"] = response(b"changed")
    assert visit(town, "/", SOURCES[30]).body == b"changed"
    level(town, "attack")
    for i in range(20):
        assert visit(town, f"/?q={i}", SOURCES[i], ("Accept-Encoding", "gzip")).body == b"zd"
    before = portal.count("/")
    assert visit(town, "/?q=z", SOURCES[30], ("Accept-Encoding", "gzip")).body == b"zd" and portal.count("/") == before


def test_it_lasts_through_a_reload_and_is_purged(town, portal):
    teach(town, "/a")
    teach(town, "/b")
    town.apply()
    assert is_learned(town, "/a") and is_learned(town, "/b")
    visit(town, "/a", SOURCES[0])
    done = subprocess.run([BINARY, "purge", HOST, "/a", "--socket", town.admin_socket], capture_output=True, text=True, timeout=30)
    assert done.stdout == "1 forgotten\n"
    assert not is_learned(town, "/a") and is_learned(town, "/b")


def test_it_can_be_turned_off(start_town, portal):
    town = start_town(routes=[{"path": "/off", "cache": {"learn": False}}])
    teach(town, "/off/x", sources=SOURCES)
    teach(town, "/on/x", sources=SOURCES)
    assert learned(town) == {f"http://{HOST}/on/x"}


def test_top_and_status_show_it(town):
    teach(town, "/news")
    visit(town, "/news", SOURCES[0])
    shown = subprocess.run([BINARY, "top", "--once", "--socket", town.admin_socket, "--config", town.config], capture_output=True, text=True, timeout=30)
    assert shown.returncode == 0 and f"http://{HOST}/news" in shown.stdout
    said = json.loads(subprocess.run([BINARY, "status", "--output", "json", "--socket", town.admin_socket], capture_output=True, text=True, timeout=30).stdout)
    assert said["learned"]["pages"] == 1
    assert said["learned"]["routes"][0] | {"site": HOST, "url": f"http://{HOST}/news", "shared": 1} == said["learned"]["routes"][0]
    said = subprocess.run([BINARY, "status", "--socket", town.admin_socket], capture_output=True, text=True, timeout=30)
    assert "1 page is shared" in said.stdout

"""Answers that are given again: what is kept and what never is, who is answered with it, who waits for whom."""
import gzip
import subprocess
import threading
import time

import pytest

import lab
from lab import BINARY, HOST, Pages, h2, response, wait_until

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.fixture
def portal(start_origin):
    return Pages(start_origin, public())


@pytest.fixture
def town(start_shield, portal):
    """Two workers: what one keeps, the other gives."""
    return start_shield({"workers": 2, "sites": [{"name": HOST, "origins": [portal.url], "concurrency": "off"}]})


def public(body=b"page", *fields, age=60, status="200 OK"):
    return response(body, status, f"Cache-Control: max-age={age}", *fields)


def said(reply):
    return reply.get("cache-status") or ""


def test_a_page_is_fetched_once(town, portal):
    portal.pages["/"] = public(b"x" * 100000, 'ETag: "a"', "Cache-Tag: news")
    replies = [town.get() for _ in range(20)]
    assert portal.asked == {"/": 1}
    assert all(reply.status == 200 and reply.body == b"x" * 100000 for reply in replies)
    assert said(replies[0]).startswith("bouclier; fwd=uri-miss; stored; ttl=60")
    assert said(replies[1]).startswith("bouclier; hit; ttl=")
    assert replies[0].get("age") is None and replies[1].get("age") in ("0", "1")
    assert replies[1].get("content-length") == "100000" and replies[1].get("etag") == '"a"'
    assert all(reply.get("cache-tag") is None for reply in replies)
    assert len({reply.get("x-request-id") for reply in replies}) == 20
    line = town.event_of(replies[1])
    assert line["bouclier.cache"] == "hit" and line["bouclier.decision"] == "allow"
    assert "bouclier.origin" not in line and line["http.response.body.bytes"] == 100000
    assert town.event_of(replies[0])["bouclier.cache"] == "stored"


def test_chunked_pages_and_http2(start_shield, portal, certificates):
    town = start_shield({"workers": 1, "sites": [{"name": HOST, "origins": [portal.url], "certificate": str(certificates / "town.pem")}]})
    body = bytes(range(256)) * 1000
    pieces = b"".join(b"%x\r\n%b\r\n" % (1000, body[at:at + 1000]) for at in range(0, len(body), 1000))
    portal.pages["/"] = b"HTTP/1.1 200 OK\r\nCache-Control: s-maxage=60\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\nX-Sum: 1\r\n\r\n"
    first = town.get()
    assert first.body == body and first.get("transfer-encoding") == "chunked"
    second = town.get()
    assert second.body == body and second.get("content-length") == str(len(body))
    with h2.Client(town.plain, False) as client:
        client.authority = HOST  # with its port it would be another address
        third = client.get()
        assert third.status == 200 and bytes(third.body) == body and third.get("cache-status").startswith("bouclier; hit")
        portal.pages["/two"] = public(body)
        streams = [client.request(path="/two") for _ in range(20)]
        assert all(bytes(answer.body) == body for answer in client.wait(*streams))
        assert client.get(method="HEAD").get("content-length") == str(len(body))
    assert portal.asked == {"/": 1, "/two": 1}


def test_head_from_get(town, portal):
    assert town.get(method="HEAD").status == 200
    assert town.get().body == b"page"
    reply = town.get(method="HEAD")
    assert reply.body == b"" and reply.get("content-length") == "4" and said(reply).startswith("bouclier; hit")
    assert portal.asked == {"/": 2}


NEVER = {
    "set-cookie": (public(b"page", "Set-Cookie: a=b"), ()),
    "private": (response(b"page", "200 OK", "Cache-Control: private, max-age=60"), ()),
    "no-store": (response(b"page", "200 OK", "Cache-Control: no-store"), ()),
    "undeclared": (response(b"page", "200 OK", f"Last-Modified: {DATE}"), ()),
    "vary-all": (public(b"page", "Vary: *"), ()),
    "error": (public(b"page", status="500 Internal Server Error"), ()),
    "session": (response(b"page", "200 OK", "Cache-Control: public, s-maxage=60"), (("Cookie", "PHPSESSID=1"),)),
    "some-cookie": (public(), (("Cookie", "lang=nl"),)),
    "authorization": (response(b"page", "200 OK", "Cache-Control: public, s-maxage=60"), (("Authorization", "Basic YTpi"),)),
    "strange-coding": (public(b"page", "Content-Encoding: gzip"), ()),
    "dots": (public(), ()),
}


@pytest.mark.parametrize("kind", NEVER)
def test_what_is_never_kept(town, portal, kind):
    target = "/a/../b" if kind == "dots" else "/"
    portal.pages[target], fields = NEVER[kind]
    replies = [town.get(target, *fields) for _ in range(3)]
    assert portal.asked == {target: 3}
    assert not any(said(reply) for reply in replies)


def test_who_is_logged_in_gets_his_own(town, portal):
    assert town.get().body == b"page"
    portal.pages["/"] = response(b"mine", "200 OK", "Cache-Control: private")
    for field in (("Cookie", "wordpress_logged_in_1=x"), ("Authorization", "Bearer x"), ("Cookie", "lang=nl")):
        assert town.get("/", field).body == b"mine"
    assert town.get().body == b"page"


def test_cookies_of_a_named_application(start_shield, portal):
    town = start_shield({"workers": 1, "sites": [{"name": HOST, "origins": [portal.url], "waf": {"application": ["wordpress"]}}]})
    assert town.get("/", ("Cookie", "consent=yes")).status == 200
    assert said(town.get("/", ("Cookie", "consent=no; lang=nl"))).startswith("bouclier; hit")
    assert not said(town.get("/", ("Cookie", "consent=no; comment_author_1=me")))
    assert portal.asked == {"/": 2}


def test_vary(town, portal):
    portal.pages["/"] = lambda request: public((request.get("accept-language") or "-").encode(), "Vary: Accept-Language")
    for _ in range(3):
        for language in ("nl", "fr", "de"):
            assert town.get("/", ("Accept-Language", language)).body == language.encode()
        assert town.get().body == b"-"
    assert portal.asked == {"/": 4}
    assert "fwd=vary-miss" in said(town.get("/", ("Accept-Language", "en")))


def test_codings_are_told_apart(town, portal):
    def answer(request):
        if "gzip" in (request.get("accept-encoding") or ""):
            return public(gzip.compress(b"page"), "Content-Encoding: gzip", "Vary: Accept-Encoding")
        return public(b"page", "Vary: Accept-Encoding")
    portal.pages["/"] = answer
    assert gzip.decompress(town.get("/", ("Accept-Encoding", "gzip, deflate")).body) == b"page"
    assert town.get().body == b"page"
    assert gzip.decompress(town.get("/", ("Accept-Encoding", "gzip;q=0.5")).body) == b"page"
    assert town.get("/", ("Accept-Encoding", "gzip;q=0")).body == b"page"
    assert portal.asked == {"/": 2}


def test_conditions_and_ranges(town, portal):
    portal.pages["/"] = public(b"0123456789", 'ETag: "a"', f"Last-Modified: {DATE}", "Content-Type: text/plain")
    town.get()
    reply = town.get("/", ("If-None-Match", '"b", W/"a"'))
    assert reply.status == 304 and reply.get("etag") == '"a"' and reply.get("content-length") is None and reply.get("content-type") is None
    assert town.get("/", ("If-None-Match", '"b"')).status == 200
    assert town.get("/", ("If-Modified-Since", DATE)).status == 304
    reply = town.get("/", ("Range", "bytes=2-4"))
    assert (reply.status, reply.body, reply.get("content-range")) == (206, b"234", "bytes 2-4/10")
    reply = town.get("/", ("Range", "bytes=-3"))
    assert (reply.status, reply.body, reply.get("content-length")) == (206, b"789", "3")
    reply = town.get("/", ("Range", "bytes=10-"))
    assert (reply.status, reply.body, reply.get("content-range")) == (416, b"", "bytes */10")
    assert town.get("/", ("Range", "bytes=0-1,3-4")).body == b"0123456789"
    assert town.get("/", ("Range", "bytes=0-1"), ("If-Range", '"a"')).status == 206
    assert town.get("/", ("Range", "bytes=0-1"), ("If-Range", '"b"')).body == b"0123456789"
    assert portal.asked == {"/": 1}


def test_only_if_cached(town, portal):
    assert town.get("/", ("Cache-Control", "only-if-cached")).status == 504
    assert portal.asked == {}
    town.get()
    assert town.get("/", ("Cache-Control", "only-if-cached")).status == 200


def test_no_cache_of_a_client(start_shield, portal):
    sites = [{"name": HOST, "origins": [portal.url], "routes": [{"path": "/obeys", "cache": {"obey_clients": True}}]}]
    town = start_shield({"workers": 1, "sites": sites})
    for path, asked in (("/", 1), ("/obeys", 3)):
        town.get(path)
        for _ in range(2):
            town.get(path, ("Cache-Control", "no-cache"))
        assert portal.asked[path] == asked


def test_off_and_heuristic(start_shield, portal):
    sites = [{"name": HOST, "origins": [portal.url], "routes": [{"path": "/off", "cache": "off"}, {"path": "/old", "cache": "heuristic"}]}]
    town = start_shield({"workers": 1, "sites": sites})
    portal.pages["/old"] = response(b"page", "200 OK", f"Last-Modified: {DATE}")
    for path in ("/off", "/old") * 3:
        town.get(path)
    assert portal.asked == {"/off": 3, "/old": 1}


def test_what_is_too_long_passes(start_shield, portal):
    town = start_shield({"workers": 1, "sites": [{"name": HOST, "origins": [portal.url], "cache": {"object": "64KiB"}}]})
    body = bytes(range(256)) * 2000
    portal.pages["/known"] = public(body)
    portal.pages["/until-close"] = lambda request: request.connection.sendall(b"HTTP/1.0 200 OK\r\nCache-Control: max-age=60\r\n\r\nall?")
    portal.pages["/chunked"] = (b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                b"".join(b"%x\r\n%b\r\n" % (4000, body[at:at + 4000]) for at in range(0, len(body), 4000)) + b"0\r\n\r\n")
    for path in ("/known", "/chunked") * 2:
        assert town.get(path).body == body
    # Nobody knows whether what ends with its connection is whole.
    assert [town.get("/until-close").body for _ in range(2)] == [b"all?", b"all?"]
    assert portal.asked == {"/known": 2, "/chunked": 2, "/until-close": 2}


def test_what_is_cut_is_not_kept(town, portal):
    portal.pages["/"] = lambda request: request.connection.sendall(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100\r\n\r\nhalf")
    with pytest.raises(lab.Closed):
        town.get()
    portal.pages["/"] = public()
    assert town.get().body == b"page"
    assert portal.asked == {"/": 2}


def test_revalidation(town, portal):
    def answer(request):
        if request.get("if-none-match") == '"a"':  # without a Date: it counts from now
            return b"HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=3\r\nX-New: 1\r\n\r\n"
        return public(b"page", 'ETag: "a"', age=1)
    portal.pages["/"] = answer
    town.get()
    time.sleep(2.1)
    reply = town.get("/", ("If-None-Match", '"of-the-client"'))
    assert reply.body == b"page" and reply.get("x-new") == "1" and "fwd=stale; fwd-status=304" in said(reply)
    assert town.event_of(reply)["bouclier.cache"] == "revalidated"
    time.sleep(1.1)
    reply = town.get()
    assert reply.body == b"page" and reply.get("x-new") == "1" and "hit" in said(reply)
    assert portal.asked == {"/": 2}


def test_stale_while_revalidate(town, portal):
    portal.pages["/"] = response(b"old", "200 OK", "Cache-Control: max-age=1, stale-while-revalidate=60")
    town.get()
    time.sleep(2.1)
    may_answer = threading.Event()

    def slow(request):
        may_answer.wait(10)
        return public(b"new")
    portal.pages["/"] = slow
    first = []
    thread = threading.Thread(target=lambda: first.append(town.get()))
    thread.start()
    wait_until(lambda: portal.asked["/"] == 2)
    replies = [town.get() for _ in range(5)]
    assert all(reply.body == b"old" and "hit; ttl=-" in said(reply) for reply in replies)
    may_answer.set()
    thread.join()
    assert first[0].body == b"new"
    assert town.get().body == b"new"
    assert portal.asked["/"] == 2


def test_the_origin_is_gone(town, portal):
    portal.pages["/"] = response(b"old", "200 OK", "Cache-Control: max-age=1")
    portal.pages["/strict"] = response(b"old", "200 OK", "Cache-Control: max-age=1, must-revalidate")
    town.get()
    town.get("/strict")
    time.sleep(2.1)
    portal.pages["/"] = public(b"oops", status="503 Service Unavailable")
    assert town.get().body == b"old"
    portal.origin.close()
    reply = town.get()
    assert (reply.status, reply.body) == (200, b"old") and "detail=if-error" in said(reply)
    assert town.event_of(reply)["bouclier.cache"] == "stale-if-error"
    assert town.get("/strict").status in (502, 503)
    assert town.get("/never-seen").status in (502, 503)


def test_an_origin_that_fails_slowly_is_waited_for_by_one(start_shield, portal):
    """The others have what is kept at once, for two seconds."""
    town = start_shield({"workers": 2, "sites": [{"name": HOST, "origins": [portal.url], "timeouts": {"first_byte": "500ms"}}]})
    portal.pages["/"] = response(b"old", "200 OK", "Cache-Control: max-age=1")
    town.get()
    time.sleep(2.1)
    portal.pages["/"] = lambda request: time.sleep(1)
    assert town.get().body == b"old"
    begun = time.monotonic()
    assert all(town.get().body == b"old" for _ in range(5))
    assert time.monotonic() - begun < 0.4
    assert portal.asked["/"] == 2


def ask_together(town, count, path="/", *fields):
    replies = []

    def ask():
        replies.append(town.get(path, *fields))
    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def test_equal_requests_are_one(town, portal):
    def slow(request):
        time.sleep(0.5)
        return public(b"x" * 50000)
    portal.pages["/"] = slow
    replies = ask_together(town, 50)
    assert portal.asked == {"/": 1}
    assert len(replies) == 50 and all(reply.body == b"x" * 50000 for reply in replies)
    assert sum("collapsed" in said(reply) for reply in replies) > 40


def test_equal_requests_for_what_is_not_for_all(town, portal):
    """They wait for the first's head, once; the next ones wait for nobody."""
    def slow(request):
        time.sleep(0.3)
        return response(b"page", "200 OK", "Cache-Control: private")
    portal.pages["/"] = slow
    begun = time.monotonic()
    assert len(ask_together(town, 20)) == 20
    assert portal.asked == {"/": 20} and time.monotonic() - begun < 2
    begun = time.monotonic()
    ask_together(town, 20)
    assert time.monotonic() - begun < 0.6


def test_a_client_that_does_not_read_holds_nobody(start_shield, portal):
    """More than all sockets on the way take: what the origin sends goes into memory all the same."""
    site = {"name": HOST, "origins": [portal.url], "cache": {"object": "32MiB"}, "concurrency": "off"}
    town = start_shield({"workers": 1, "sites": [site]})
    body = b"x" * 15_000_000
    portal.pages["/"] = public(body)
    with town.connect() as lazy:
        lazy.send(lab.wire.request("/"))
        wait_until(lambda: portal.asked.get("/") == 1)
        begun = time.monotonic()
        assert town.get().body == body
        assert time.monotonic() - begun < 1.5
    assert portal.asked == {"/": 1}


def test_an_origin_that_hangs_is_asked_by_few(town, portal):
    """Nobody waits for another for more than two seconds; then the next one asks."""
    release = threading.Event()

    def hang(request):
        release.wait(20)
        return public()
    portal.pages["/"] = hang
    threading.Timer(3, release.set).start()
    assert all(reply.body == b"page" for reply in ask_together(town, 20))
    assert portal.asked["/"] <= 20 and portal.asked["/"] >= 2


def test_a_change_is_seen(town, portal):
    town.get()
    portal.pages["/"] = lambda request: public(b"new") if request.method == "GET" else response(b"done")
    assert town.get().body == b"page"
    assert town.get(method="POST", body="a=b").body == b"done"
    assert town.get().body == b"new"


def test_purge(start_shield, portal):
    town = start_shield({"workers": 2, "sites": [{"name": HOST, "origins": [portal.url]}]})
    portal.pages["/tagged"] = public(b"page", "Cache-Tag: news, home")

    def fill():
        for path in ("/", "/a", "/a?x", "/b", "/tagged"):
            town.get(path)

    def purge(what, code=0, site=HOST):
        told = subprocess.run([BINARY, "purge", site, what, "--socket", town.admin_socket], capture_output=True, text=True, timeout=30)
        assert told.returncode == code, told
        return told.stderr if code else told.stdout.strip()
    fill()
    assert purge("/a") == "1 forgotten"
    assert purge("/a") == "0 forgotten"
    assert purge("/a*") == "1 forgotten"
    assert purge("tag:home") == "1 forgotten"
    assert purge(f"http://{HOST.upper()}:{town.plain}/*") == "0 forgotten"
    assert purge(f"http://{HOST.upper()}/*") == "2 forgotten"
    assert "no site" in purge("/a", 1, "nobody.example")
    assert "begins with /" in purge("a", 1)
    asked = dict(portal.asked)
    fill()
    assert portal.asked == {path: count + 1 for path, count in asked.items()}


def test_memory_is_bounded(start_shield, portal):
    """A flood of random queries: never more than the limit, and what citizens read stays."""
    town = start_shield({"workers": 2, "cache_memory": "4MiB", "sites": [{"name": HOST, "origins": [portal.url]}]})
    pages = [f"/page/{number}" for number in range(10)]
    body = public(b"x" * 10000)
    for _ in range(4):
        for page in pages:
            portal.pages[page] = body
            town.get(page)
    for number in range(2000):
        portal.pages[f"/?{number}"] = body
        town.get(f"/?{number}")
        if number % 50 == 0:  # each page once in 5 MB of others
            town.get(pages[number // 50 % 10])
    used = int(next(line.split()[1] for line in town.ask("/metrics").text.splitlines() if line.startswith("bouclier_cache_bytes")))
    assert 2_000_000 < used <= 4 << 20
    assert sum(portal.asked[page] for page in pages) <= 12  # 10 to fill it; of 40 looks more
    town.settings["cache_memory"] = "0B"
    town.apply()
    town.get("/after")
    town.get("/after")
    assert portal.asked["/after"] == 2


def test_rules_judge_what_is_kept(start_shield, portal):
    """What rules refuse is never fetched for another, and what they would have refused is not kept."""
    rule = 'SecRuleEngine On\nSecRule ARGS "@contains attack" "id:1,phase:2,deny,status:403"\n'
    town = start_shield({"workers": 1, "sites": [{"name": HOST, "origins": [portal.url]}]}, {"rules": rule})
    assert [town.get("/?q=attack").status for _ in range(2)] == [403, 403]
    assert portal.asked == {}
    assert [said(town.get("/?q=good"))[:13] for _ in range(2)] == ["bouclier; fwd", "bouclier; hit"]
    town.site()["waf"]["mode"] = "detect"
    town.apply()
    assert [town.get("/?q=attack").status for _ in range(2)] == [200, 200]
    assert portal.asked["/?q=attack"] == 2

"""The last good copies of public pages: kept while the origin is well, given when it is gone, and never of what is somebody's own."""
import json
import os
import pathlib
import signal
import stat
import subprocess
import threading
import time

import pytest

import lab
from lab import BINARY, HOST, Pages, response, wait_until


def html(body, *fields, status="200 OK"):
    return response(body, status, "Content-Type: text/html", *fields)


@pytest.fixture
def portal(start_origin):
    return Pages(start_origin, html(b"page"))


def site(portal, mode="public", **keys):
    return {"name": HOST, "origins": [portal.url], "continuity": {"mode": mode, "refresh": "1s"}, "cache": {"stale_if_error": "0"}, **keys}


@pytest.fixture
def town(start_shield, portal):
    return start_shield({"workers": 2, "sites": [site(portal)]})


def run(town, *words, code=0):
    done = subprocess.run([BINARY, "continuity", *words, "--socket", town.admin_socket], capture_output=True, text=True, timeout=30)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


def listed(town):
    return json.loads(run(town, "list", HOST, "--output", "json"))


def copied(town, *paths, ask=None):
    """Asks for PATHS until each has a copy."""
    def all_there():
        for path in paths:
            (ask or town.get)(path)
        urls = [copy["url"] for copy in listed(town)["list"] if "made" in copy]
        return all(any(url.endswith(HOST + path) for url in urls) for path in paths)
    wait_until(all_there, 25, f"copies of {paths}")


def copied_under(town, url, ask):
    def is_there():
        ask()
        return any(copy["url"].endswith(url) for copy in listed(town)["list"] if "made" in copy)
    wait_until(is_there, 25, f"a copy of {url}")


def is_copy(reply, body=b"page"):
    return reply.status == 200 and reply.body == body and reply.get("cache-status") == "bouclier; hit; detail=continuity"


def files(town, ending=".copy"):
    return sorted(town.state.glob(f"continuity/*/*{ending}"))


def test_an_origin_that_dies_and_comes_back(town, portal):
    portal.pages["/"] = html(b"home" * 10000, "X-Own: yes", 'ETag: "a"')
    copied(town, "/")
    first = town.get()
    assert first.body == b"home" * 10000 and first.get("cache-status") is None
    portal.die()
    reply = town.get("/", ("If-None-Match", '"a"'), ("Range", "bytes=0-1"))
    assert is_copy(reply, b"home" * 10000)
    assert reply.get("cache-control") == "no-store" and reply.get("content-type") == "text/html" and reply.get("x-own") == "yes"
    assert int(reply.get("age")) >= 0 and reply.get("content-length") == "40000"
    line = town.event_of(reply)
    assert line["bouclier.cache"] == "continuity" and line["bouclier.decision"] == "allow" and line["bouclier.reasons"][0] in ("origin-connect", "no-origin")
    head = town.get(method="HEAD")
    assert head.status == 200 and head.body == b"" and head.get("content-length") == "40000"
    assert town.get("/other").status in (502, 503)
    assert town.get("/?a=b").status in (502, 503)
    assert town.get(method="POST", body=b"x").status in (502, 503)
    town.wait_journal(lambda line: line.get("event.action") == "continuity-begun")
    assert "visitors get copies" in subprocess.run([BINARY, "status", "--socket", town.admin_socket], capture_output=True, text=True).stdout
    metrics = town.ask("/metrics").text
    assert "bouclier_continuity_given_total" in metrics and "bouclier_continuity_copies 1" in metrics
    portal.come_back()
    portal.pages["/"] = html(b"new")
    wait_until(lambda: town.get().body == b"new", 20, "the origin is asked again")


def test_a_copy_is_brought_up_to_date(town, portal):
    copied(town, "/")
    portal.pages["/"] = html(b"new")
    before = files(town)[0].stat().st_mtime_ns
    wait_until(lambda: town.get().body == b"new" and files(town)[0].stat().st_mtime_ns != before, 25, "a newer copy")
    portal.die()
    assert is_copy(town.get(), b"new")


def test_an_origin_that_answers_with_errors(town, portal):
    """Its own 500 and 503 are its answers, and change no copy; a gateway's 502 and 504 say that there is no portal."""
    copied(town, "/")
    for status in ("500 Internal Server Error", "503 Service Unavailable"):
        portal.pages["/"] = html(b"broken", status=status)
        reply = town.get()
        assert reply.status == int(status[:3]) and reply.body == b"broken"
    for status in ("502 Bad Gateway", "504 Gateway Timeout"):
        portal.pages["/"] = html(b"nobody", status=status)
        assert is_copy(town.get())
        portal.pages["/x"] = html(b"nobody", status=status)
        assert town.get("/x").body == b"nobody"


NEVER = {
    "set-cookie": html(b"page", "Set-Cookie: a=b"),
    "private": html(b"page", "Cache-Control: private, max-age=60"),
    "no-store": html(b"page", "Cache-Control: no-store"),
    "must-revalidate": html(b"page", "Cache-Control: max-age=60, must-revalidate"),
    "no-cache": html(b"page", "Cache-Control: no-cache", 'ETag: "a"'),
    "s-maxage": html(b"page", "Cache-Control: s-maxage=60"),
    "vary-all": html(b"page", "Vary: *"),
    "archive": response(b"page", "200 OK", "Content-Type: application/zip"),
    "no-type": response(b"page"),
    "not-found": html(b"page", status="404 Not Found"),
    "redirect": html(b"page", "Location: /", status="302 Found"),
    "long": html(b"x" * 600000),
}


def test_what_is_never_copied(town, portal):
    portal.pages.update({f"/{name}": page for name, page in NEVER.items()})
    for _ in range(2):
        for name in NEVER:
            town.get(f"/{name}")
        town.get("/query?a=b")
        town.get("/cookie", ("Cookie", "lang=nl"))
        town.get("/authorization", ("Authorization", "Basic YTpi"))
        town.get("/range", ("Range", "bytes=0-1"))
        town.get("/head", method="HEAD")
        for number, field in enumerate((("X-Requested-With", "XMLHttpRequest"), ("Referer", "https://evil.example/"), ("Accept", "application/json"),
                                        ("User-Agent", "<script>"), ("X-Forwarded-Scheme", "x"), ("User-Agent", "Googlebot"))):
            town.get(f"/odd/{number}", field)
    copied(town, "/good")
    assert [copy["url"] for copy in listed(town)["list"]] == [f"http://{HOST}/good"]
    portal.die()
    replies = [town.get(f"/{name}") for name in NEVER]
    assert not any("continuity" in (reply.get("cache-status") or "") for reply in replies)
    assert any(reply.status in (502, 503) for reply in replies)


def test_modes(start_shield, portal):
    portal.pages["/declared"] = html(b"page", "Cache-Control: max-age=1")
    town = start_shield({"sites": [site(portal, "declared", priority_routes=["/urgences/"])]})
    copied(town, "/declared", "/urgences/a")
    town.get("/undeclared")
    town.get("/undeclared")
    time.sleep(0.3)
    assert {(copy["url"][len(f"http://{HOST}"):], copy["rank"]) for copy in listed(town)["list"]} == {("/declared", "ordinary"), ("/urgences/a", "priority")}
    town.settings["sites"][0]["continuity"] = {"mode": "public", "paths": ["/news/"], "refresh": "1s"}
    town.apply()
    copied(town, "/news/a")
    town.get("/undeclared")
    time.sleep(0.3)
    assert not any("undeclared" in copy["url"] for copy in listed(town)["list"])
    town.settings["sites"][0]["continuity"] = "off"
    town.apply()
    wait_until(lambda: not files(town), what="copies are gone")
    portal.die()
    assert town.get("/urgences/a").status in (502, 503)
    assert "keeps no copies" in run(town, "pin", HOST, "/", code=1)


def test_who_may_have_it(start_shield, portal):
    """A page in two languages, one that is told apart by cookies, and one that only some networks may see."""
    portal.pages["/"] = lambda request: html((request.get("accept-language") or "-").encode(), "Vary: Accept-Language")
    portal.pages["/shop"] = html(b"shop", "Vary: Cookie")
    town = start_shield({"sites": [site(portal, routes=[{"path": "/intranet", "allow_from": ["127.0.0.0/8"]}])]})
    for language in ("nl", "fr"):
        copied(town, "/", ask=lambda path: town.get(path, ("Accept-Language", language)))
        wait_until(lambda: town.get("/", ("Accept-Language", language)) and any(language in copy.get("variant", "") for copy in listed(town)["list"]), 25)
    copied(town, "/shop")
    town.get("/intranet")
    portal.die()
    for language in ("nl", "fr"):
        assert is_copy(town.get("/", ("Accept-Language", language)), language.encode())
    assert town.get("/", ("Accept-Language", "de")).status in (502, 503)
    assert is_copy(town.get("/", ("Accept-Language", "nl"), ("Cookie", "lang=fr")), b"nl")
    assert is_copy(town.get("/shop"), b"shop")
    assert town.get("/shop", ("Cookie", "cart=1")).status in (502, 503)
    assert town.get("/shop", ("Authorization", "Basic YTpi")).status in (502, 503)
    assert town.get("/intranet").status in (502, 503)


def test_cookies_that_an_application_is_said_not_to_look_at(start_shield, portal):
    """Naming an application makes unknown cookies count for nothing in memory; the page of somebody who has one is no copy all the same."""
    portal.pages["/"] = lambda request: html((request.get("cookie") or "anybody").encode())
    portal.pages["/shop"] = html(b"shop", "Vary: Cookie")
    town = start_shield({"sites": [site(portal, waf={"application": ["drupal"]})]})
    for _ in range(3):
        assert town.get("/", ("Cookie", "name=Jan")).body == b"name=Jan"
        time.sleep(0.5)
    assert listed(town)["list"] == []
    copied(town, "/", "/shop")
    portal.die()
    assert is_copy(town.get("/", ("Cookie", "name=Jan")), b"anybody")
    assert town.get("/shop", ("Cookie", "name=Jan")).status in (502, 503)


def test_who_fetched_is_who_counts(start_shield, portal):
    """What nobody declares, kept by `cache: heuristic`: somebody fetched it with a Referer, and anybody is given it from memory."""
    portal.pages["/"] = portal.pages["/good"] = html(b"page", "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT")
    town = start_shield({"workers": 1, "sites": [site(portal, cache={"mode": "heuristic", "stale_if_error": "0"})]})
    town.get("/", ("Referer", "https://evil.example/"))
    for _ in range(3):
        assert "hit" in town.get("/").get("cache-status")
        time.sleep(1.1)
    assert listed(town)["list"] == []
    copied(town, "/good")


def test_one_key_of_a_page(start_shield, portal):
    """Whatever a Host may be written like, a page has one copy; names that "*.x" covers get no rank by a path."""
    town = start_shield({"sites": [site(portal, priority_routes=["/urgences/"], hosts=[HOST, "*.commune.example"])]})
    for host in (HOST + ".", HOST + ":1", f"{HOST}.:{town.plain}"):
        for _ in range(2):
            assert town.get("/urgences/", host=host).status == 200
    copied(town, "/urgences/")
    run(town, "pin", HOST, "/pinned")
    for path in ("/urgences/", "/pinned"):
        town.get(path, host="a.commune.example")
    town.get("/urgences/", host=f"{HOST}:{town.plain}")
    copied(town, "/pinned")
    wait_until(lambda: len(files(town)) == 5, what="all of them")
    ranks = {copy["url"].removeprefix("http://"): copy["rank"] for copy in listed(town)["list"]}
    assert ranks == {f"{HOST}/urgences/": "priority", f"{HOST}:{town.plain}/urgences/": "priority", f"{HOST}/pinned": "pinned",
                     "a.commune.example/urgences/": "ordinary", "a.commune.example/pinned": "ordinary"}


def proxied(town, path, port, named=None):
    """As a proxy that is trusted tells it: the visitor has reached PORT, and has NAMED it, or another."""
    head = f"GET {path} HTTP/1.1\r\nHost: {HOST}:{named or port}\r\nConnection: close\r\n\r\n"
    return town.send(f"PROXY TCP4 198.51.100.7 198.51.100.1 4711 {port}\r\n{head}".encode(), port=town.h2c)


def test_a_port_that_is_mapped(start_shield, portal):
    """Visitors name the port that they reach, and the listener has another: an administrator says which, or a proxy that is trusted; a visitor does not."""
    listen = [{"address": "127.0.0.1:{plain}", "tls": False, "public_port": 8080}, {"address": "127.0.0.1:{h2c}", "tls": False, "proxy_protocol": True}]
    town = start_shield({"sites": [site(portal)], "listen": [], "trusted_proxies": ["127.0.0.1"]}, {"start": False})
    town.settings["listen"] = [{**each, "address": each["address"].format(plain=town.plain, h2c=town.h2c)} for each in listen]
    town.write(town.settings)
    town.start()
    for port in (town.plain, 8081):
        assert town.get("/no", host=f"{HOST}:{port}").status == 200
    for named in (town.h2c, 8080):
        assert proxied(town, "/no", 8443, named).status == 200
    copied_under(town, f"{HOST}:8080/mapped", lambda: town.get("/mapped", host=f"{HOST}:8080"))
    copied_under(town, f"{HOST}:8443/proxied", lambda: proxied(town, "/proxied", 8443))
    assert not any("/no" in copy["url"] for copy in listed(town)["list"])
    portal.die()
    assert is_copy(town.get("/mapped", host=f"{HOST}:8080"))


def test_what_colleagues_see_is_for_colleagues(start_shield, portal):
    """An origin that shows more to private addresses, and says nothing of it."""
    portal.pages["/"] = lambda request: html(b"staff" if request.get("x-forwarded-for").startswith("10.") else b"public")
    town = start_shield({"trusted_proxies": ["127.0.0.1"], "sites": [site(portal)]})
    staff, citizen = ("X-Forwarded-For", "10.1.2.3"), ("X-Forwarded-For", "203.0.113.5")
    copied(town, "/", ask=lambda path: town.get(path, staff))
    portal.die()
    assert town.get("/", citizen).status in (502, 503)
    assert is_copy(town.get("/", staff), b"staff")
    portal.come_back()
    wait_until(lambda: town.get("/", citizen).body == b"public" and len(files(town)) == 1 and b"public" in files(town)[0].read_bytes(), 25, "a copy for all")
    for _ in range(5):
        assert town.get("/", staff).body == b"staff"
        time.sleep(0.5)
    portal.die()
    assert is_copy(town.get("/", citizen), b"public") and is_copy(town.get("/", staff), b"public")


def test_it_survives_everything(start_shield, portal):
    """A killed edge, a restart of all, and an origin that is gone before the start."""
    portal.pages["/"] = html(b"x" * 300000)
    town = start_shield({"sites": [site(portal)]}, {"may_die": True})
    copied(town, "/")
    assert run(town, "pin", HOST, "/").startswith("pinned: 1 copy")
    portal.die()
    edge = town.edge()
    os.kill(edge, signal.SIGKILL)
    wait_until(lambda: town.edge() not in (edge, None) and town.is_ready(), 20, "another edge")
    assert is_copy(town.get(), b"x" * 300000)
    town.process.send_signal(signal.SIGTERM)
    town.process.wait(15)
    town.start()
    assert is_copy(town.get(), b"x" * 300000)
    assert listed(town)["pins"] == 1
    assert stat.S_IMODE((town.state / "continuity/key").stat().st_mode) == 0o600


def test_killed_in_the_middle(start_shield, portal):
    """Whatever is on disk afterwards, what is given is whole."""
    body = bytes(range(256)) * 1500
    town = start_shield({"sites": [site(portal)]}, {"may_die": True})
    for number in range(40):
        portal.pages[f"/{number}"] = html(body)
    for turn in range(2):  # a third death would bring the reduced edge, which keeps nothing
        for number in range(40):
            town.get(f"/{number}")
            if number == 10 * turn + 7:
                edge = town.edge()
                os.kill(edge, signal.SIGKILL)
                wait_until(lambda: town.edge() not in (edge, None) and town.is_ready(), 20, "another edge")
    copied(town, "/39")
    portal.die()
    replies = [town.get(f"/{number}") for number in range(40)]
    assert all(is_copy(reply, body) or reply.status in (502, 503) for reply in replies)
    assert sum(reply.status == 200 for reply in replies) > 20
    assert not files(town, ".part")


def test_damaged_files_are_not_given(town, portal):
    copied(town, "/", "/a")
    portal.die()
    for path in files(town):
        bytes_ = bytearray(path.read_bytes())
        bytes_[-1] ^= 1
        path.write_bytes(bytes_)
    assert town.get().status in (502, 503)
    assert town.get("/a").status in (502, 503)
    wait_until(lambda: not files(town), what="they are removed")
    wait_until(lambda: "files of continuity copies were damaged" in town.said(), what="it is said")


def test_a_key_that_others_may_read(start_shield, portal, folder):
    town = start_shield({"sites": [site(portal)]})
    copied(town, "/")
    town.process.send_signal(signal.SIGTERM)
    town.process.wait(15)
    (town.state / "continuity/key").chmod(0o644)
    town.start()
    portal.die()
    assert town.get().status in (502, 503)
    wait_until(lambda: "the shield alone may read" in town.said(), what="it is said")
    (town.state / "continuity/key").chmod(0o600)
    wait_until(lambda: is_copy(town.get()), 20, "mended while it runs")


def test_words_of_a_person(start_shield, portal):
    """Default: nothing but priority routes and what is pinned."""
    town = start_shield({"sites": [{"name": HOST, "origins": [portal.url]}]})
    town.get("/a")
    assert "no copy yet" in run(town, "pin", HOST, "/a")
    assert "no copy yet" in run(town, "list", HOST)
    copied(town, "/a")
    assert f"http://{HOST}/a" in run(town, "list", HOST) and "pinned" in run(town, "list", HOST)
    assert HOST in run(town, "list") and "1 copies" in run(town, "list")
    assert "wants list" in run(town, "list", HOST, "more", code=2)
    assert "there is no site" in run(town, "list", "elsewhere.example", code=1)
    assert "without a query" in run(town, "pin", HOST, "/a?b", code=1)
    assert "an address is" in run(town, "pin", HOST, "a", code=1)
    portal.die()
    assert is_copy(town.get("/a"))
    done = subprocess.run([BINARY, "purge", HOST, "/a", "--socket", town.admin_socket], capture_output=True, text=True)
    assert done.returncode == 0 and "1 forgotten" in done.stdout
    assert town.get("/a").status in (502, 503)
    assert listed(town)["pins"] == 1
    assert run(town, "drop", HOST, "all") == "1 dropped\n"
    assert listed(town)["list"] == [] and not files(town, ".pin")


def test_a_page_that_is_gone(town, portal):
    copied(town, "/", "/a")
    run(town, "pin", HOST, "/a")
    for path in ("/", "/a"):
        portal.pages[path] = html(b"gone", status="410 Gone")
        assert town.get(path).status == 410
    wait_until(lambda: [copy["url"] for copy in listed(town)["list"]] == [f"http://{HOST}/a"], what="only the pinned one stays")


def test_who_is_told_that_a_page_is_gone(town, portal):
    """An origin that answers 410 to odd requests and to somebody it knows: that says nothing about the page."""
    copied(town, "/")
    portal.pages["/"] = html(b"gone", status="410 Gone")
    for field in (("Cookie", "name=Jan"), ("X-Requested-With", "XMLHttpRequest"), ("Accept", "application/json")):
        assert town.get("/", field).status == 410
    time.sleep(0.5)
    assert len(listed(town)["list"]) == 1
    assert town.get("/").status == 410
    wait_until(lambda: not listed(town)["list"], what="it goes")


def test_limits_and_reload(town, portal):
    for number in range(10):
        portal.pages[f"/{number}"] = html(b"x" * 30000)
    copied(town, *(f"/{number}" for number in range(10)))
    town.settings["sites"][0]["continuity"] |= {"disk": "128KiB", "object": "64KiB"}
    town.apply()
    wait_until(lambda: sum((path.stat().st_size + 4095) // 4096 * 4096 for path in files(town)) <= 131072, what="it is smaller")
    assert files(town)
    town.settings["sites"][0]["name"] = "other.example"
    town.apply()
    wait_until(lambda: not files(town), what="the site has gone")


def test_a_full_disk(small_disk, start_shield, portal):
    """Said once; the portal is served, and copies are written again when there is room."""
    town = start_shield({"sites": [site(portal)]}, {"state": small_disk.path})
    copied(town, "/")
    filler = small_disk.path / "filler"
    filler.write_bytes(b"x" * (6 << 20))
    portal.pages["/"] = html(b"new")
    wait_until(lambda: town.get().body == b"new" and "continuity copies cannot be written" in town.said(), 30, "it is said")
    for _ in range(3):
        town.get("/b")
        time.sleep(1)
    assert town.said().count("continuity copies cannot be written") == 1
    filler.unlink()
    copied(town, "/c")
    wait_until(lambda: "continuity copies are written again" in town.said(), what="that is said, too")
    portal.die()
    assert is_copy(town.get("/c"))


def test_a_pinned_page_under_a_flood_on_its_own_route(start_shield, start_origin):
    """The places of priority routes are all taken by a flood on /urgences/ itself: citizens get the copy of it, and others wait as ever."""
    def slow(request):
        time.sleep(0.4)
        return html(b"urgences")
    origin = start_origin(slow)
    town = start_shield({"workers": 2, "log": {"rate": "100000/s"}, "sites": [{
        "name": HOST, "origins": [origin.url], "priority_routes": ["/urgences/"], "challenge": "off",
        "concurrency": {"floor": 2, "start": 2, "ceiling": 2, "queue": 2, "patience": "500ms"}}]})
    copied(town, "/urgences/")
    run(town, "pin", HOST, "/urgences/")
    stop, counts = threading.Event(), []

    def flood(number):
        while not stop.is_set():
            try:
                counts.append(town.get(f"/urgences/?{number}").status)
            except (OSError, lab.wire.Closed):
                pass
            time.sleep(0.02)
    threads = [threading.Thread(target=flood, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1)
        begin = time.monotonic()
        replies = [town.get("/urgences/") for _ in range(20)]
        took = time.monotonic() - begin
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [reply.status for reply in replies] == [200] * 20 and all(reply.body == b"urgences" for reply in replies)
    assert sum(is_copy(reply, b"urgences") for reply in replies) > 10
    assert took < 20 * 2
    assert 503 in counts
    town.wait_journal(lambda line: line.get("bouclier.cache") == "continuity")
    lines = [line for line in town.journal() if line.get("bouclier.cache") == "continuity"]
    assert all(line["bouclier.reasons"][0] in ("queue-full", "queue-late") and line["url.path"] == "/urgences/" for line in lines)


def test_nobody_gets_another_sites_copy(start_shield, start_origin):
    """Two tenants' sites: a file of one, moved to the other's folder, is nobody's."""
    portals = [Pages(start_origin, html(b"page")) for _ in range(2)]
    names = (HOST, "other.example")
    town = start_shield({"sites": [{"name": name, "origins": [portal.url], "continuity": {"mode": "public", "refresh": "1s"}}
                                   for name, portal in zip(names, portals)]}, {"may_die": True})
    portals[0].pages["/"] = html(b"first")
    portals[1].pages["/"] = html(b"second")
    copied(town, "/")
    wait_until(lambda: town.get(host=names[1]) and len(files(town)) == 2, 25)
    for portal in portals:
        portal.die()
    assert is_copy(town.get(), b"first") and is_copy(town.get(host=names[1]), b"second")
    one, two = files(town)
    theirs = {path: path.read_bytes() for path in (one, two)}
    one.write_bytes(theirs[two])
    two.write_bytes(theirs[one])
    edge = town.edge()
    os.kill(edge, signal.SIGKILL)
    wait_until(lambda: town.edge() not in (edge, None) and town.is_ready(), 20, "another edge")
    assert town.get().status in (502, 503) and town.get(host=names[1]).status in (502, 503)
    assert not pathlib.Path(one).exists() and not pathlib.Path(two).exists()


WRONG = {
    "mode": ({"mode": "all"}, "expected"),
    "path": ({"mode": "public", "paths": ["news"]}, "expected a path that can be read in one way only"),
    "two readings": ({"mode": "public", "paths": ["/a/../b"]}, "expected a path that can be read in one way only"),
    "object": ({"disk": "64KiB", "object": "1MiB"}, "longer than all of them together"),
    "refresh": ({"refresh": "8d"}, "too old (max_age) before it is written anew"),
    "unit": ({"disk": 5}, "disk"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_a_file_may_not_say(town, kind):
    keys, words = WRONG[kind]
    town.settings["sites"][0]["continuity"] = keys
    town.write(town.settings)
    worked, text = town.reload()
    assert not worked and words in text, text

"""The disk of the cache: what was asked for more than once lies there, memory may forget it, and a restart; a purge reaches it; a disk that is full, slow or
damaged costs nobody a page."""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

from lab import BINARY, ENVIRONMENT, HOST, Pages, response, sanitized, wait_until


def public(body=b"page", *fields, age=3600):
    return response(body, "200 OK", f"Cache-Control: public, max-age={age}", *fields)


@pytest.fixture
def portal(start_origin):
    return Pages(start_origin, public())


@pytest.fixture
def start_town(start_shield):
    """As start_shield, under sanitizers where they are built: the disk brings what somebody may have changed."""
    return lambda config, options=None: start_shield(config, {"binary": sanitized(), "env": ENVIRONMENT, **(options or {})})


def settings(portal, disk="16MiB", cache=None, **keys):
    return {"workers": 2, "cache_disk": disk, "sites": [{"name": HOST, "origins": [portal.url], "cache": cache or {}, **keys}]}


@pytest.fixture
def town(start_town, portal):
    return start_town(settings(portal), {"may_die": True})


def files(town):
    return sorted(town.state.glob("cache/*/*.copy"))


def holding(town, text):
    """How many files have TEXT in them."""
    found = 0
    for path in files(town):
        with contextlib.suppress(FileNotFoundError):
            found += text in path.read_bytes()
    return found


def restart(town, number=signal.SIGTERM):
    town.process.send_signal(number)
    town.process.wait(15)
    town.start()


def disk(town):
    return town.status().get("cache_disk", {})


def written(town, *paths, ask=None):
    """Asks for PATHS until each is on disk."""
    before = len(files(town))

    def are_written():
        for path in paths:
            (ask or town.get)(path)
        return len(files(town)) == before + len(paths)
    wait_until(are_written, what=f"{paths} on disk")


def purge(town, what):
    done = subprocess.run([BINARY, "purge", HOST, what, "--socket", town.admin_socket], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def is_from_disk(reply, body=b"page"):
    return reply.status == 200 and reply.body == body and reply.get("cache-status").endswith("; detail=disk")


def test_a_restart(town, portal):
    """What was asked for twice is there, with its age, its variants and parts of it; the origin is not asked."""
    body = bytes(range(256)) * 1000
    portal.pages["/"] = public(body, 'ETag: "a"', "Cache-Tag: news", "X-Own: yes")
    portal.pages["/language"] = lambda request: public(request.get("accept-language").encode(), "Vary: Accept-Language")
    written(town, "/")
    written(town, "/language", ask=lambda path: town.get(path, ("Accept-Language", "nl")))
    town.get("/once")
    asked = dict(portal.asked)
    time.sleep(2.1)
    restart(town)
    wait_until(lambda: disk(town)["answers"] == 2, what="what lies there is known")
    first = town.get()
    assert is_from_disk(first, body) and int(first.get("age")) >= 2 and first.get("x-own") == "yes" and first.get("cache-tag") is None
    assert first.get("cache-control") == "public, max-age=3600"
    assert town.get().get("cache-status").startswith("bouclier; hit; ttl=") and not is_from_disk(town.get(), body)
    part = town.get("/", ("Range", "bytes=5-9"))
    assert part.status == 206 and part.body == body[5:10]
    assert town.get("/", ("If-None-Match", '"a"')).status == 304
    assert is_from_disk(town.get("/language", ("Accept-Language", "nl")), b"nl")
    assert town.get("/language", ("Accept-Language", "fr")).body == b"fr"
    assert portal.asked == asked | {"/language": asked["/language"] + 1}
    assert disk(town)["given"] == 2
    text = subprocess.run([BINARY, "status", "--socket", town.admin_socket], capture_output=True, text=True).stdout
    assert re.search(r"cache disk   [23] answers, 0 of 16 MiB; 2 given, [01] written\n", text), text  # the address is asked for again, in French
    assert "bouclier_cache_disk_given_total 2" in town.ask("/metrics").text
    assert oct((town.state / "cache").stat().st_mode & 0o777) == "0o700" and all(oct(path.stat().st_mode & 0o777) == "0o600" for path in files(town))


def test_a_killed_edge_and_a_part_of_it(town, portal):
    """The first request of a new edge asks for a part: it is brought whole, and the part is given."""
    portal.pages["/"] = public(b"x" * 100000)
    written(town, "/")
    edge = town.edge()
    os.kill(edge, signal.SIGKILL)
    wait_until(lambda: town.edge() not in (edge, None) and town.is_ready(), 20, "another edge")
    wait_until(lambda: disk(town).get("answers") == 1, what="what lies there is known")
    part = town.get("/", ("Range", "bytes=0-3"))
    assert part.status == 206 and part.body == b"xxxx" and portal.asked == {"/": 1}
    assert town.get(method="HEAD").get("content-length") == "100000"


def test_what_memory_forgets(start_town, portal):
    """More is asked for than memory has room for: the disk has it."""
    town = start_town({**settings(portal), "cache_memory": "1MiB"})
    paths = [f"/{number}" for number in range(20)]
    for path in paths:
        portal.pages[path] = public(path.encode() * 30000)
    for path in paths:
        for _ in range(3):
            assert town.get(path).status == 200
    wait_until(lambda: disk(town)["answers"] >= 15, what="most of it on disk")
    asked = sum(portal.asked.values())
    replies = [town.get(path) for path in paths]
    assert all(reply.body == path.encode() * 30000 for reply, path in zip(replies, paths))
    assert sum("detail=disk" in reply.get("cache-status") for reply in replies) >= 5
    assert sum(portal.asked.values()) - asked <= 5


NEVER = {
    "private": (public(b"page").replace(b"public", b"private"), ()),
    "set-cookie": (response(b"page", "200 OK", "Cache-Control: max-age=3600", "Set-Cookie: a=b"), ()),
    "validated": (response(b"page", "200 OK", "Cache-Control: no-cache", 'ETag: "a"'), ()),
    "short": (response(b"page", "200 OK", "Cache-Control: max-age=30, must-revalidate"), ()),
    "agent": (public(b"page", "Vary: User-Agent"), ()),
    "reset?token=abcdef": (public(), ()),
    "routes/intranet": (public(), ()),
    "routes/memory": (public(), ()),
    "authorized": (public(), (("Authorization", "Basic YTpi"),)),
}


def test_what_never_lies_there(start_town, portal):
    town = start_town(settings(portal, routes=[{"path": "/routes/intranet", "allow_from": ["127.0.0.0/8"]},
                                                 {"path": "/routes/memory", "cache": {"disk": False}}]))
    portal.pages |= {f"/{name}": page for name, (page, _) in NEVER.items()}
    for _ in range(3):
        for name, (_, fields) in NEVER.items():
            assert town.get(f"/{name}", *fields).status == 200
    for number in range(10):
        town.get(f"/once/{number}")
    written(town, "/good")
    assert len(files(town)) == 1 and b"/good" in files(town)[0].read_bytes()


def test_revalidation(town, portal):
    """What is too old comes back from disk with its validator: the origin says that it is good still, and sends no body."""
    portal.pages["/"] = public(b"x" * 50000, 'ETag: "a"', "Age: 3598")
    written(town, "/")
    time.sleep(2.1)
    restart(town)
    wait_until(lambda: disk(town)["answers"] == 1, what="what lies there is known")
    seen = []
    portal.pages["/"] = lambda request: seen.append(request.get("if-none-match")) or response(b"", "304 Not Modified", 'ETag: "a"', "Cache-Control: public, max-age=3600")
    reply = town.get()
    assert reply.body == b"x" * 50000 and "fwd-status=304" in reply.get("cache-status") and seen == ['"a"']


def test_a_newer_answer_takes_its_place(town, portal):
    """What lies on disk is never older than what memory has."""
    town.settings["sites"][0]["cache"] = {"obey_clients": True}
    town.apply()
    written(town, "/")
    portal.pages["/"] = public(b"new")
    assert town.get("/", ("Cache-Control", "no-cache")).body == b"new"
    wait_until(lambda: not files(town), what="the older one is gone")
    restart(town)
    assert town.get().body == b"new"


def test_purges(town, portal):
    """By address, by prefix, by tag, and by a change: from memory and from disk; nothing else goes, and nothing comes back."""
    portal.pages["/tagged"] = public(b"page", "Cache-Tag: news, sport")
    written(town, "/a", "/b/1", "/b/2", "/c", "/tagged", "/d")
    assert "2 forgotten" in purge(town, "/a")  # in memory, and on disk
    assert "4 forgotten" in purge(town, "/b/*")
    assert "2 forgotten" in purge(town, "tag:sport")
    assert "0 forgotten" in purge(town, "tag:spor")
    assert len(files(town)) == 2
    assert town.get("/c", method="POST", body=b"x").status == 200
    wait_until(lambda: len(files(town)) == 1, what="what was changed is gone")
    restart(town)
    wait_until(lambda: disk(town)["answers"] == 1, what="what lies there is known")
    asked = dict(portal.asked)
    for path in ("/a", "/b/1", "/b/2", "/c", "/tagged"):
        assert "uri-miss" in town.get(path).get("cache-status")
        assert portal.asked[path] == asked[path] + 1
    assert is_from_disk(town.get("/d"))
    restart(town)
    wait_until(lambda: disk(town)["answers"] == 1, what="what lies there is known")
    assert "1 forgotten" in purge(town, "/d")  # on disk alone
    assert "uri-miss" in town.get("/d").get("cache-status")


def test_bounds(start_town, portal):
    """Bytes are bounded at every moment, and by a smaller limit after a reload; off, all of it goes."""
    town = start_town(settings(portal, "1MiB"))
    seen, is_over = [], threading.Event()

    def watch():
        while not is_over.is_set():
            sizes = []
            for path in town.state.glob("cache/*/*"):
                try:
                    sizes.append((path.stat().st_size + 4095) // 4096 * 4096)
                except FileNotFoundError:
                    pass
            seen.append(sum(sizes))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(60):
        portal.pages[f"/{number}"] = public(b"x" * 60000)
        for _ in range(2):
            town.get(f"/{number}")
    wait_until(lambda: disk(town)["written"] >= 40, what="most were written")
    is_over.set()
    watcher.join()
    assert max(seen) <= 1 << 20 and max(seen) > 700000
    town.settings["cache_disk"] = "256KiB"
    town.apply()
    wait_until(lambda: sum((path.stat().st_size + 4095) // 4096 * 4096 for path in files(town)) <= 256 << 10, what="it is smaller")
    assert files(town)
    town.settings["cache_disk"] = "0"
    town.apply()
    wait_until(lambda: not files(town), what="it is empty")
    assert town.get("/0").status == 200


def test_damaged_files(town, portal):
    """Cut, changed, foreign and half written: none is given, all are removed, and it is said."""
    paths = [f"/{number}" for number in range(6)]
    written(town, *paths)
    town.process.send_signal(signal.SIGTERM)
    town.process.wait(15)
    cut, empty, flipped, body, foreign, good = files(town)
    os.truncate(cut, cut.stat().st_size - 1)
    os.truncate(empty, 0)
    for path, at in ((flipped, 20), (body, -1)):
        text = bytearray(path.read_bytes())
        text[at] ^= 1
        path.write_bytes(text)
    foreign.write_bytes(b"#!/bin/sh\n")
    (good.parent / f"{good.name}.0123456789abcdef.part").write_bytes(b"half")
    (good.parent / "notes").write_bytes(b"somebody's")
    town.start()
    wait_until(lambda: disk(town).get("answers") == 2, what="what lies there is known")  # the body is judged when it is read
    replies = [town.get(path) for path in paths]
    assert all(reply.status == 200 and reply.body == b"page" for reply in replies)
    assert sum(is_from_disk(reply) for reply in replies) == 1
    wait_until(lambda: sorted(town.state.glob("cache/*/*")) == [good], what="the others are gone")
    assert disk(town)["damaged"] == 6
    wait_until(lambda: "files of answers on the cache's disk were damaged" in town.said(), what="it is said")


def test_an_upgrade(start_town, portal):
    """Both processes share the folder: the old one writes until it is replaced, the new one finds what it wrote."""
    town = start_town(settings(portal), {"start": False})
    program = town.folder / "bouclier"  # the edge's user tries it first, and need not reach the folder of the build
    shutil.copy(town.binary, program)
    town.binary = str(program)
    town.start()
    written(town, "/before")
    old = town.edge()
    town.signal(signal.SIGUSR2)
    wait_until(lambda: town.edge() not in (old, None) and town.is_ready(), 30, "the new edge")

    def is_found():
        seen = disk(town)  # asked once: the old one may answer the first of two, and the new one the second
        return (seen.get("answers"), seen.get("written")) == (1, 0)
    wait_until(is_found, 20, "the new edge has the folder")
    assert is_from_disk(town.get("/before"))
    written(town, "/after")
    assert portal.asked == {"/before": 1, "/after": 1}


def test_a_full_disk(small_disk, start_town, portal):
    """Said once, by status and doctor too; the portal is served; answers are written again when there is room."""
    town = start_town(settings(portal), {"state": small_disk.path})
    written(town, "/")
    filler = small_disk.path / "filler"
    filler.write_bytes(b"x" * (6 << 20))
    for number in range(3):
        for _ in range(3):
            assert town.get(f"/full/{number}").status == 200
    wait_until(lambda: "answers on the cache's disk cannot be written" in town.said(), what="it is said")
    assert town.said().count("answers on the cache's disk cannot be written") == 1
    words = subprocess.run([BINARY, "status", "--socket", town.admin_socket], capture_output=True, text=True).stdout
    assert "it does not work: No space left on device" in words
    assert "bouclier_cache_disk_failing 1" in town.ask("/metrics").text
    found = subprocess.run([BINARY, "doctor", "--config", str(town.config)], capture_output=True, text=True).stdout
    assert re.search(r"cache disk.*No space left on device", found), found
    filler.unlink()
    written(town, "/room")
    wait_until(lambda: "answers on the cache's disk are written again" in town.said(), what="that is said, too")


# -- several tenants --


def parish(portal, count):
    """A tenant of COUNT sites, and one of one."""
    names = [f"www{number}.parish.example" for number in range(count)]
    return names, {**settings(portal, "1MiB"), "tenants": [{"name": name, "files": f"{name}.d"} for name in ("parish", "town")],
                   "sites": [{"name": HOST, "origins": [portal.url], "tenant": "town"},
                             *({"name": name, "origins": [portal.url], "tenant": "parish"} for name in names)]}


@pytest.mark.parametrize("comes", ["first", "later"])
def test_a_tenant_has_its_part(start_town, portal, comes):
    """Another with many sites, whose pages are asked for more often, fills the disk: the one site of the first keeps what it has of its half, or gets it."""
    names, config = parish(portal, 4)
    town = start_town(config, {"may_die": True})
    written(town, "/known")  # now what lies there is
    portal.usual = public(b"x" * 60000)
    own = [f"/own/{number}" for number in range(7)]  # 60 KiB each, of 512
    others = [(f"/{number}", name) for number in range(12) for name in names]

    def ask(pages, times):
        for path, host in pages * times:
            assert town.get(path, host=host).status == 200

    def come():
        ask([(path, HOST) for path in own], 2)
        wait_until(lambda: holding(town, b"/own/") == len(own), what="they are on disk")

    def flood():
        ask(others, 4)
        wait_until(lambda: disk(town)["bytes"] > 900 << 10, what="the disk is full")
    for step in (come, flood) if comes == "first" else (flood, come):
        step()
    assert holding(town, b"/own/") == len(own) and disk(town)["bytes"] > 900 << 10
    kept = disk(town)["answers"]
    restart(town)
    wait_until(lambda: disk(town).get("answers", 0) >= kept, what="what lies there is known")
    asked = dict(portal.asked)
    assert all(is_from_disk(town.get(path), b"x" * 60000) for path in own)
    assert portal.asked == asked


# -- a disk that stands still --


@contextlib.contextmanager
def standing(disk, town):
    """The thread of TOWN's disk begins to write, and does not end."""
    with disk.frozen():
        for _ in range(2):
            assert town.get("/written-when-frozen").status == 200
        yield


def test_a_disk_that_is_not_waited_for(standing_disk, start_town, portal):
    """Its thread is at one thing for long: who asks meanwhile waits a moment, and who asks then does not; both get it from the origin. When the disk works
    again, it gives again."""
    town = start_town(settings(portal), {"state": standing_disk.path})
    paths = [f"/{number}" for number in range(5)]
    written(town, *paths)
    restart(town)
    wait_until(lambda: disk(town).get("answers") == 5, what="what lies there is known")
    assert disk(town)["late"] == 0
    with standing(standing_disk, town):
        took = []
        for number, path in enumerate(paths[:4]):
            began = time.monotonic()
            reply = town.get(path)
            took.append(time.monotonic() - began)
            assert reply.status == 200 and "uri-miss" in reply.get("cache-status")
            assert disk(town)["late"] == number + 1 and portal.asked[path] == 2
        assert min(took[1:]) < 0.25, took
        assert "bouclier_cache_disk_late_total 4" in town.ask("/metrics").text
    wait_until(lambda: disk(town)["written"] == 1, what="what waited is written")
    assert is_from_disk(town.get(paths[4])) and disk(town)["late"] == 4


@pytest.mark.parametrize("count, size", [(12, 1 << 20), (300, 10)], ids=["bytes", "files"])
def test_what_has_no_room_to_wait(standing_disk, start_town, portal, count, size):
    """More is to be written than may wait: it is given, it is not written, and that is told; what has waited is written when the disk works again."""
    town = start_town(settings(portal), {"state": standing_disk.path})
    written(town, "/known")
    portal.usual = public(b"x" * size)
    with standing(standing_disk, town):
        for number in range(count):
            for _ in range(2):
                assert town.get(f"/{number}").status == 200
        skipped = disk(town)["skipped"]
        assert 3 <= skipped < count and disk(town)["written"] == 1
        assert f"bouclier_cache_disk_skipped_total {skipped}" in town.ask("/metrics").text
    wait_until(lambda: disk(town)["written"] == count + 2 - skipped, what="what waited is written")


def test_a_flood_of_what_is_to_be_written(standing_disk, start_town, portal):
    """Of one tenant more is to be written than may wait; what is another's waits, and is written."""
    names, config = parish(portal, 2)
    town = start_town({**config, "cache_disk": "16MiB"}, {"state": standing_disk.path})
    own = [f"/own/{number}" for number in range(5)]
    written(town, "/known")
    with standing_disk.frozen():
        for path, host in [(f"/{number}", name) for number in range(200) for name in names] + [(path, HOST) for path in own]:
            for _ in range(2):
                assert town.get(path, host=host).status == 200
        assert disk(town)["skipped"] > 100
    wait_until(lambda: holding(town, b"/own/") == len(own), what="they are on disk")

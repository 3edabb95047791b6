"""A kind of client that floods a site is named by status, metrics and journal, and those who had another are not."""
import concurrent.futures
import subprocess
import time

import pytest

from lab import HOST, Shield, response
from lab.place import BINARY

from test_challenge import ADMIT, is_page, solve, told

BROWSER = {"User-Agent": "Mozilla/5.0", "Accept": "text/html", "Accept-Language": "nl", "Accept-Encoding": "gzip"}
TOOL = {"Accept": "text/html", "User-Agent": "Mozilla/5.0"}


@pytest.fixture
def shield(start_origin):
    with Shield(start_origin(response(b"well")), workers=1, trusted_proxies=["127.0.0.1"], log={"requests": "all"}) as shield:
        yield shield


def ask(shield, source, fields):
    return shield.get("/", *fields.items(), ("X-Forwarded-For", source), port=shield.plain)


def kinds(shield):
    return shield.status()["sites"][0]["kinds"]


def citizens(shield, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ask(shield, "192.0.2.1", BROWSER)
        time.sleep(0.03)


def flood(shield, seconds):
    until, number = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        number += 1
        last = ask(shield, f"198.51.{number // 250}.{number % 250 + 1}", TOOL)
        time.sleep(0.005)
    return last


def rows_of_top(shield):
    """What top says of each kind, without the numbers."""
    out = subprocess.run([BINARY, "top", "--once", "--socket", shield.admin_socket], capture_output=True, text=True, timeout=30).stdout
    rows = out.partition("kinds of clients")[2].partition("\n\n")[0].splitlines()[1:]
    return [[word for i, word in enumerate(row.split()) if i not in (2, 3)] for row in rows]


def test_a_kind_that_floods_is_named(shield):
    citizens(shield, 8)
    calm = kinds(shield)
    assert calm["seen"] == 1 and not calm["flooding"]
    [usual] = calm["most_frequent"]
    assert usual["a_second"] > 10 and not usual["floods"]
    assert rows_of_top(shield) == [[HOST, usual["kind"]]]
    assert subprocess.run([BINARY, "level", HOST, "elevated", "--socket", shield.admin_socket], capture_output=True, timeout=30).returncode == 0
    last = flood(shield, 5)
    assert last.status == 200, "nobody is refused for his kind"
    now = kinds(shield)
    [told] = now["flooding"]
    assert told in now["most_frequent"] and told["floods"]
    assert [kind["floods"] for kind in now["most_frequent"]].count(True) == 1
    assert [HOST, told["kind"], "floods"] in rows_of_top(shield)
    assert told["a_second"] > 10 > told["usual"]
    assert shield.event_of(last)["bouclier.kind"] == told["kind"]
    assert "bouclier.kind" not in shield.event_of(ask(shield, "192.0.2.77", BROWSER))
    assert f'bouclier_client_kinds_flooding{{site="{HOST}"}} 1' in shield.ask("/metrics").text
    shown = subprocess.run([BINARY, "status", "--socket", shield.admin_socket], capture_output=True, text=True, timeout=30).stdout
    assert f"clients of the kind {told['kind']} ask" in shown
    subprocess.run([BINARY, "level", HOST, "normal", "--socket", shield.admin_socket], capture_output=True, timeout=30)
    time.sleep(2.5)
    assert [one["kind"] for one in kinds(shield)["flooding"]] == [told["kind"]], "the next wave is not waited for"


def level(shield, name):
    assert subprocess.run([BINARY, "level", HOST, name, "--socket", shield.admin_socket], capture_output=True, timeout=30).returncode == 0


class Stranger:
    """With the flood's client, over plain HTTP: proves himself, and keeps his cookie."""

    def __init__(self, shield, source):
        self.shield, self.source, self.cookie = shield, source, None

    def ask(self, path="/", method="GET"):
        fields = [*TOOL.items(), ("X-Forwarded-For", self.source)] + ([("Cookie", self.cookie)] if self.cookie else [])
        reply = self.shield.get(path, *fields, method=method, port=self.shield.plain)
        for said in reply.all("set-cookie"):
            self.cookie = said.partition(";")[0]
        return reply

    def prove(self):
        data = told(self.ask())
        assert self.ask(f"{ADMIT}?ask={data['ask']}&work={solve(data)}", method="POST").status == 204
        return self


def test_of_the_floods_kind_pace_tells_who_is_a_person(shield):
    """The origin is idle: it is the attack that has them asked, and each page wait a moment."""
    citizens(shield, 8)
    level(shield, "elevated")
    flood(shield, 5)
    level(shield, "attack")
    assert not is_page(ask(shield, "192.0.2.77", BROWSER)), "who comes with another browser notices nothing"
    assert is_page(Stranger(shield, "192.0.2.80").ask()), "who has shown nothing is asked"
    part = shield.get("/town.css", ("Accept", "text/css"), ("User-Agent", "Mozilla/5.0"), ("X-Forwarded-For", "192.0.2.80"), port=shield.plain)
    assert part.status == 200, "not for what a page needs"
    person, program = Stranger(shield, "192.0.2.81").prove(), Stranger(shield, "192.0.2.82").prove()
    time.sleep(2.1)  # the page that follows a proof does not count as one of several at once
    for _ in range(3):
        began = time.monotonic()
        assert person.ask().status == 200 and 0.6 < time.monotonic() - began < 1.5
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda _: program.ask(), range(12)))
    # A little is spared for programs: of an origin that answers in a millisecond some answers a second.
    assert sum(reply.status == 503 for reply in replies) >= 8 and not any(is_page(reply) for reply in replies), [reply.status for reply in replies]
    assert {reply.get("retry-after") for reply in replies if reply.status == 503} == {"10"}
    level(shield, "normal")
    began = time.monotonic()
    assert Stranger(shield, "192.0.2.83").ask().status == 200 and time.monotonic() - began < 0.5

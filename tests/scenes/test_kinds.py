"""A kind of client that floods a site is named by status, metrics and journal, and those who had another are not."""
import subprocess
import time

import pytest

from lab import HOST, Shield, response
from lab.place import BINARY

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

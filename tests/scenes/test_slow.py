"""Clients that are slow on purpose, and clients that do nothing but shake hands: citizens are served beside them, and those who
only cost are cut and told of. slowhttptest and openssl from Debian, on loopback, for seconds."""
import contextlib
import re
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter

import pytest

import lab
from lab import HOST, Load, Talk, get, trusting

CROWD = 120  # connections of each kind


@pytest.fixture
def hello():
    """The first flight of a client, as OpenSSL makes it."""
    out = ssl.MemoryBIO()
    client = trusting().wrap_bio(ssl.MemoryBIO(), out, server_hostname=HOST)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return out.read()


def slowly(kind, url, *words, seconds):
    return subprocess.Popen(["slowhttptest", kind, "-u", url, "-c", str(CROWD), "-r", str(CROWD), "-l", str(seconds), "-p", "3", *words],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_slow_heads_bodies_and_readers():
    """All three at once: heads that never end, bodies of a few bytes a second, pages taken sixteen bytes at a time."""
    page = lab.response(b"x" * 3_000_000)
    timeouts = {"head": "2s", "keep_alive": "2s", "idle": "5s"}
    with lab.Origin(lambda request: page if request.target == "/large" else lab.response(), record=False) as origin, \
         lab.Shield(origin, site={"timeouts": timeouts}) as shield:
        edge, url = shield.edge(), f"http://127.0.0.1:{shield.plain}/"
        with Load(shield.plain, 2, pause=0.02) as kept, Load(shield.tls, 1, tls=True, kept=False, pause=0.05) as new:
            crowds = [slowly("-H", url, "-i", "1", seconds=8), slowly("-B", url, "-i", "1", "-x", "10", "-s", "8192", seconds=14),
                      slowly("-X", url + "large", "-n", "1", "-z", "16", "-w", "512", "-y", "1024", seconds=40)]
            said = [crowd.communicate(timeout=60)[0] for crowd in crowds]
            lab.wait_until(lambda: shield.status()["connections"]["open"] <= 8, 5, "only citizens are left")
        assert not kept.failures and not new.failures, (kept.failures + new.failures)[:3]
        assert kept.served > 200 and new.served > 50 and max(kept.longest, new.longest) < 2, (kept.longest, new.longest)
        for text in said:
            assert "YES" in text and not re.search(r"service available:\S*\s+\S*NO", text), text
        assert all("No open connections left" in text for text in said[:2]), said[:2]
        told = Counter((line.get("bouclier.detail"), line.get("http.response.status_code"), line.get("url.path"))
                       for line in shield.journal() if line.get("bouclier.reasons") == ["client-slow"])
        assert told["no whole request head in time", None, None] >= CROWD, told
        assert told[None, None, "/"] + told[None, 408, "/"] >= CROWD and told[None, 200, "/large"] >= CROWD, told
        assert shield.edge() == edge and shield.status()["edge_deaths"] == 0


def test_slow_heads_that_take_every_place(origin):
    """More of them than there are connections: those that have been at it for longest make room, and citizens come in at once."""
    with lab.Shield(origin, connections=60, site={"timeouts": {"head": "20s", "keep_alive": "20s"}}) as shield:
        crowd = slowly("-H", f"http://127.0.0.1:{shield.plain}/", "-i", "1", seconds=6)
        shield.wait_journal(lambda line: line.get("bouclier.detail") == "it said nothing, and made room for another connection")
        assert all(is_served(shield.plain) for _ in range(5)) and shield.status()["connections"]["open"] <= 60
        crowd.communicate(timeout=20)


def is_served(port, tls=False):
    try:
        return get(port, tls=tls, timeout=2).status == 200
    except OSError:  # closed without an answer, too
        return False


# -- handshakes --


def silent(stack, port, count, sent=b""):
    crowd = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5)) for _ in range(count)]
    for one in crowd:
        one.sendall(sent)
    return crowd


@pytest.mark.parametrize("part", [0, 1, 60], ids=["nothing", "a byte", "half"])
def test_who_has_not_said_hello_takes_no_place(origin, hello, part):
    """Fifty connections that say no whole hello, and places for sixteen handshakes: they have cost nothing, and keep nobody out."""
    with lab.Shield(origin, handshakes=16) as shield, contextlib.ExitStack() as stack:
        silent(stack, shield.tls, 50, hello[:part])
        lab.wait_until(lambda: shield.status()["connections"]["open"] >= 50, 5)
        for _ in range(5):
            assert get(shield.tls, tls=True).status == 200


def test_handshakes_that_are_never_ended(origin, hello):
    """Every place is taken by somebody who said hello and no more: the next are refused before they cost anything, those who are in
    are served, and the places come back with the clock of heads."""
    with lab.Shield(origin, handshakes=16, workers=1, site={"timeouts": {"head": "2s"}}) as shield, contextlib.ExitStack() as stack:
        citizen = stack.enter_context(Talk(shield.tls, True))
        assert citizen.one().status == 200
        assert {one.recv(1) for one in silent(stack, shield.tls, 16, hello)} == {b"\x16"}, "they have their ServerHello"
        for late in silent(stack, shield.tls, 5, hello):
            with contextlib.suppress(ConnectionError):
                assert late.recv(100) == b"", "no ServerHello, which would have cost a signature"
        assert citizen.one().status == 200
        shield.wait_journal(lambda line: line.get("bouclier.detail") == "too many TLS handshakes at once")
        lab.wait_until(lambda: is_served(shield.tls, True), 5, "places for handshakes again")
        shield.wait_journal(lambda line: line.get("bouclier.detail") == "no handshake in time")


def test_a_flood_of_handshakes(origin):
    """Full handshakes, one after the other from all sides, for three seconds: citizens with a connection are served quickly, new
    ones too."""
    with lab.Shield(origin) as shield:
        with Load(shield.tls, 1, tls=True, pause=0.02) as kept, Load(shield.tls, 1, tls=True, kept=False, pause=0.1) as new:
            floods = [subprocess.Popen(["openssl", "s_time", "-connect", f"127.0.0.1:{shield.tls}", "-new", "-time", "3"],
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(4)]
            counts = [int(re.search(r"(\d+) connections in \d+ real seconds", flood.communicate(timeout=30)[0]).group(1)) for flood in floods]
        assert not kept.failures and not new.failures, (kept.failures + new.failures)[:3]
        assert kept.served > 20 and new.served > 5 and kept.longest < 2, (kept.served, new.served, kept.longest)
        assert sum(counts) > 100, counts
        lab.wait_until(lambda: shield.status()["connections"]["open"] == 0, 5)
        assert shield.status()["edge_deaths"] == 0


def test_renegotiation_is_refused(shield):
    """The client asks for another handshake in the middle of TLS 1.2, which would cost us ten times what it costs it."""
    client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{shield.tls}", "-servername", HOST, "-tls1_2"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = []
    reader = threading.Thread(target=lambda: said.extend(client.stdout), daemon=True)
    reader.start()
    lab.wait_until(lambda: any("Verify return code" in line for line in said), 10, "the first handshake")
    client.stdin.write("R\n")
    client.stdin.flush()
    assert client.wait(10) != 0
    reader.join(5)
    text = "".join(said)
    assert "RENEGOTIATING" in text and "no renegotiation" in text, text[-1500:]
    assert get(shield.tls, tls=True).status == 200

"""What sites have of one shield while one of them takes all it can: places for connections, handshakes, and turns of a worker."""
import contextlib
import socket
import ssl
import threading
import time

import pytest

from lab import Origin, Shield, make_certificate, request, response, trusting, wait_until

LOUD, QUIET = "www.loud.example", "www.quiet.example"
HELD, HELD_QUIET = (f"POST /up HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\n".encode() for host in (LOUD, QUIET))  # their bodies never come
LIMIT = 80
SOURCE, OTHER = "127.0.0.9", "127.0.0.10"
MACHINE = "127.0.0.1"  # itself: shares are not kept from it


def page(host, path="/"):
    """Asks for a page, and stays."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


@pytest.fixture(scope="module")
def origin():
    with Origin(lambda message: response(b"fine"), record=False) as one:
        yield one


def shield_of(origin, site=None, **top):
    shield = Shield(start=False, workers=1, sites=[{"name": host, "hosts": [host], "certificate": "both.pem", "origins": [origin.url], **(site or {})}
                                                   for host in (LOUD, QUIET)], **top)
    make_certificate(shield.folder / "both.pem", LOUD, QUIET)
    shield.start()
    return shield


def ask(shield, host, tls=False, source=SOURCE, path="/"):
    """Status of a page on a connection of its own, read to its end; 0: it was closed."""
    status = 0
    with contextlib.suppress(ConnectionError, ssl.SSLError), \
            socket.create_connection(("127.0.0.1", shield.tls if tls else shield.plain), timeout=5, source_address=(source, 0)) as sock:
        if tls:
            context = trusting()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            sock = context.wrap_socket(sock, server_hostname=host)
        sock.sendall(request(path, host=host))
        answer = sock.recv(65536)
        status = int(answer.split()[1]) if answer else 0
        while sock.recv(65536):
            pass
    return status


def crowd(stack, shield, count, sent, source=SOURCE):
    """Connections that say SENT, one after the other, and stay."""
    found = []
    for _ in range(count):
        one = stack.enter_context(socket.create_connection(("127.0.0.1", shield.plain), timeout=5, source_address=(source, 0)))
        with contextlib.suppress(ConnectionError):
            one.sendall(sent)
        found.append(one)
    return found


def refused(connections):
    """How many were closed, or answered: nobody here is due an answer."""
    time.sleep(0.5)
    count = 0
    for one in connections:
        one.setblocking(False)
        try:
            one.recv(4096)
            count += 1
        except BlockingIOError:
            pass
        except ConnectionError:
            count += 1
    return count


def test_a_site_that_takes_all_connections(origin):
    """One site has requests on twice as many connections as there are: an eighth is not for it, and the other one's citizens come in."""
    with shield_of(origin, connections=LIMIT) as shield, contextlib.ExitStack() as stack:
        held = crowd(stack, shield, 2 * LIMIT, HELD)
        assert refused(held) == 2 * LIMIT - (LIMIT - LIMIT // 8)
        for _ in range(20):
            assert ask(shield, QUIET) == 200 and ask(shield, QUIET, tls=True) == 200
        assert ask(shield, LOUD) == 503
        assert ask(shield, LOUD, tls=True) == 0
        shield.wait_journal(lambda line: line.get("bouclier.detail") == "no place for another connection of this site")


def test_a_proxy_of_a_site_that_takes_all(origin):
    """A connection of a proxy that is trusted carries many citizens: let in once, it goes on to the loud site; none of them is let in anew."""
    with shield_of(origin, connections=LIMIT, trusted_proxies=[OTHER]) as shield, contextlib.ExitStack() as stack:
        crowd(stack, shield, LIMIT - LIMIT // 8, HELD)
        wait_until(lambda: ask(shield, LOUD) == 503, 5)
        assert ask(shield, LOUD, tls=True, source=OTHER) == 0
        kept = crowd(stack, shield, 1, page(QUIET), OTHER)[0]
        assert kept.recv(4096).startswith(b"HTTP/1.1 200")
        kept.sendall(page(LOUD))
        assert kept.recv(4096).startswith(b"HTTP/1.1 200")


def test_whom_a_site_that_takes_all_still_serves(origin, tmp_path):
    """Whom its allowlist names, and this machine itself, before they have asked too (TLS); and who checks that the site is its owner's."""
    site = {"allowlist": [{"networks": [OTHER]}], "acme": str(tmp_path)}
    with shield_of(origin, site, connections=LIMIT) as shield, contextlib.ExitStack() as stack:
        crowd(stack, shield, LIMIT - LIMIT // 8, HELD)
        wait_until(lambda: ask(shield, LOUD) == 503, 5)
        for source in (OTHER, MACHINE):
            assert ask(shield, LOUD, source=source) == 200 and ask(shield, LOUD, tls=True, source=source) == 200
        assert ask(shield, LOUD, path="/.well-known/acme-challenge/token") == 404, "there is none: that is an answer"
        assert ask(shield, LOUD) == 503 and ask(shield, LOUD, tls=True) == 0


def test_who_rests_makes_room(origin):
    """Connections of the loud site at rest: the oldest of them are closed for its newcomers, and for the other's; nobody is refused."""
    with shield_of(origin, connections=LIMIT) as shield, contextlib.ExitStack() as stack:
        quiet = crowd(stack, shield, 1, page(QUIET))[0]
        assert quiet.recv(4096).startswith(b"HTTP/1.1 200")
        for _ in range(2 * LIMIT):  # one after the other: none has a request at work when the next one comes
            assert crowd(stack, shield, 1, page(LOUD))[0].recv(4096).startswith(b"HTTP/1.1 200")
        assert ask(shield, QUIET) == 200
        quiet.sendall(page(QUIET))
        assert quiet.recv(4096).startswith(b"HTTP/1.1 200"), "it had no more than its part: it was not closed"
        assert shield.status()["connections"]["open"] <= LIMIT


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: "], ids=["nothing", "half a head"])
def test_strangers_make_room(origin, said):
    """Twice as many as there are places say nothing, or not whom they came for: the ones that did so for longest go."""
    with shield_of(origin, connections=LIMIT) as shield, contextlib.ExitStack() as stack:
        held = crowd(stack, shield, 1, HELD_QUIET)
        strangers = crowd(stack, shield, 2 * LIMIT, said)
        assert ask(shield, QUIET) == 200 and ask(shield, LOUD, tls=True) == 200
        assert refused(strangers[:LIMIT // 2]) == LIMIT // 2 and refused(strangers[-LIMIT // 2:]) == 0
        assert refused(held) == 0


@pytest.mark.parametrize("alpn", ["http/1.1", "h2"])
def test_who_shakes_hands_and_asks_nothing_makes_room(origin, alpn):
    """Twice as many as there are places, half of them for each site: the ones that did so for longest go, and nobody who asked."""
    with shield_of(origin, connections=LIMIT) as shield, contextlib.ExitStack() as stack:
        held = crowd(stack, shield, 1, HELD_QUIET) + crowd(stack, shield, 1, page(QUIET))
        assert held[1].recv(4096).startswith(b"HTTP/1.1 200")
        context, silent = trusting(alpn), []
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        for number in range(2 * LIMIT):
            sock = socket.create_connection(("127.0.0.1", shield.tls), timeout=5, source_address=(SOURCE, 0))
            silent.append(stack.enter_context(context.wrap_socket(sock, server_hostname=(LOUD, QUIET)[number % 2])))
        for host in (LOUD, QUIET):
            assert ask(shield, host) == 200 and ask(shield, host, tls=True) == 200
        assert shield.status()["connections"]["open"] <= LIMIT
        assert refused(held) == 0, "who asked stays"


def hello(host):
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ours, theirs, server_hostname=host).do_handshake()
    return theirs.read()


def test_a_site_that_takes_all_handshakes(origin):
    """Handshakes of the loud site that are never ended: its next ones are refused, the other's are not."""
    with shield_of(origin, handshakes=16) as shield, contextlib.ExitStack() as stack:
        for _ in range(40):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", shield.tls), timeout=5, source_address=(SOURCE, 0)))
            one.sendall(hello(LOUD))
        wait_until(lambda: ask(shield, LOUD, tls=True) == 0, 5)
        for _ in range(10):
            assert ask(shield, QUIET, tls=True) == 200
        assert ask(shield, LOUD) == 200, "handshakes are what it has too many of"


def test_turns(origin):
    """Hundreds of clients of the loud site ask without a pause; each page of the quiet one is there soon."""
    with shield_of(origin) as shield, contextlib.ExitStack() as stack:
        clients, over = crowd(stack, shield, 300, b"", MACHINE), threading.Event()  # whose budget has no end

        def flood():
            asked = page(LOUD, "/nowhere") * 8
            while not over.is_set():
                for one in clients:
                    one.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        one.sendall(asked)
                    with contextlib.suppress(BlockingIOError):
                        one.recv(1 << 20)

        thread = threading.Thread(target=flood)
        thread.start()
        try:
            time.sleep(0.5)
            for _ in range(20):
                begun = time.monotonic()
                assert ask(shield, QUIET) == 200
                assert time.monotonic() - begun < 2
        finally:
            over.set()
            thread.join()


# -- budgets of one source --

def opened(shield, count, source, tls=False):
    """Of so many connections, one after the other, how many were served."""
    return sum(ask(shield, QUIET, tls=tls, source=source) == 200 for _ in range(count))


def test_connections_of_one_source(origin):
    """Beyond its budget it is closed at accept; others are not; a moment later it may come again, and it was never banned."""
    with shield_of(origin, source_budgets={"connections": "10/s", "connections_burst": 20}) as shield:
        begun = time.monotonic()
        served = opened(shield, 60, SOURCE)
        assert 20 <= served <= 22 + 10 * (time.monotonic() - begun) and served < 60
        assert opened(shield, 3, OTHER) == 3 and opened(shield, 60, MACHINE) == 60, "this machine has no budget"
        shield.wait_journal(lambda line: line.get("bouclier.detail", "").startswith("more connections, or TLS handshakes"))
        time.sleep(0.5)
        assert opened(shield, 3, SOURCE) == 3


def test_handshakes_of_one_source(origin):
    """The same of handshakes: without TLS it goes on."""
    with shield_of(origin, source_budgets={"handshakes": "1/s", "handshakes_burst": 10}) as shield:
        served = opened(shield, 30, SOURCE, tls=True)
        assert 10 <= served < 25
        assert opened(shield, 30, SOURCE) == 30 and opened(shield, 3, OTHER, tls=True) == 3


def test_whom_an_allowlist_names(origin):
    """A partner of some site has no budget at the door."""
    with shield_of(origin, source_budgets={"connections": "1/s", "connections_burst": 5}, defaults={"allowlist": [{"networks": [SOURCE]}]}) as shield:
        assert opened(shield, 30, SOURCE) == 30 and opened(shield, 30, OTHER) < 30


def test_bytes_of_one_source():
    """Far more than its budget is 429 until it is even again; nobody is banned for it."""
    with Origin(lambda message: response(b"x" * 400_000), record=False) as origin, \
            shield_of(origin, source_budgets={"bytes": "64KiB/s", "bytes_burst": "512KiB"}) as shield:
        statuses = [ask(shield, QUIET, source=SOURCE) for _ in range(6)]
        assert statuses[:3] == [200] * 3 and statuses[-1] == 429, statuses
        assert ask(shield, QUIET, source=OTHER) == 200
        wait_until(lambda: ask(shield, QUIET, source=SOURCE) == 200, 20)

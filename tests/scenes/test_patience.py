"""Whose fault is it? Slow citizens get all of it, silent origins cost nobody a page, and origins that talk too much are ended."""
import contextlib
import socket
import threading
import time

import pytest

import lab
from lab import HOST, h2

BIG = 24 << 20


@contextlib.contextmanager
def stage(answer, **options):
    with lab.Origin(answer) as origin, lab.Shield(origin, binary=lab.sanitized(), workers=1, **options) as shield:
        shield.origin = origin
        yield shield


# -- slow citizens --

def slow_get(shield, seconds):
    """Reads 40 KB/s for SECONDS, then the rest; the number of bytes."""
    with socket.create_connection(("127.0.0.1", shield.plain), 20) as client:
        client.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        got, start = 0, time.monotonic()
        while time.monotonic() - start < seconds:
            got += len(client.recv(4096))
            time.sleep(0.1)
        while piece := client.recv(1 << 20):
            got += len(piece)
        return got


def test_a_slow_line_gets_all_of_it():
    """What waits in the kernel's buffers moves though nothing more fits into them: 40 KB/s is many times the minimum."""
    with stage(lambda request: lab.response(bytes(BIG))) as shield:
        assert slow_get(shield, 23) > BIG


def test_a_slow_line_is_not_idle():
    """No edge of either side's for longer than `idle`, and all the while the client takes what the kernel has."""
    with stage(lambda request: lab.response(bytes(BIG)), site={"timeouts": {"idle": "1s"}}) as shield:
        assert slow_get(shield, 6) > BIG


def test_a_line_that_moves_nothing_is_cut():
    with stage(lambda request: lab.response(bytes(BIG))) as shield, socket.create_connection(("127.0.0.1", shield.plain), 20) as client:
        client.sendall(f"GET /stuck HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        shield.wait_journal(lambda line: line.get("url.path") == "/stuck" and "client-slow" in str(line), 25)


def test_a_slow_reader_over_http2_is_not_an_origin_that_is_silent():
    """All of the answer lies here already: the clock for the origin's silence is not the client's."""
    size = 600_000
    site = {"timeouts": {"idle": "1s"}}
    with stage(lambda request: lab.response(bytes(size)), site=site) as shield, h2.Client(shield.h2c, False, reads=False) as client:
        stream = client.request()
        answer = client.answer_of(stream)
        given = h2.WINDOW
        while not answer.is_over:
            assert client.step(5) is not None
            if len(answer.body) == min(given, size) and not answer.is_over:
                time.sleep(0.3)
                client.window_update(0, 40_000)
                client.window_update(stream, 40_000)
                given += 40_000
        assert answer.code is None and len(answer.body) == size, (answer.code, len(answer.body))


def test_pings_are_no_progress():
    """Streams that stall hold places of origins. A client that takes none of its answers but chats is a client that stalls."""
    with stage(lambda request: lab.response(bytes(300_000))) as shield, h2.Client(shield.h2c, False, reads=False) as client:
        for _ in range(4):
            client.request()
        start = time.monotonic()
        with contextlib.suppress(OSError, h2.Broken):
            while time.monotonic() - start < 22:
                client.ping(b"12345678")
                client.send(b"")
                time.sleep(0.05)
                client.sock.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    if not client.sock.recv(1 << 20):
                        break
                client.sock.settimeout(10)
        assert time.monotonic() - start < 21
        shield.wait_journal(lambda line: "h2-stalled" in str(line))


# -- silent origins --

def test_an_origin_behind_a_black_hole_costs_nobody_a_page():
    """Nothing was sent to it yet: the next origin may have the request, a POST too."""
    with lab.black_hole() as hole, lab.Origin() as origin:
        site = {"origins": [f"http://127.0.0.1:{hole}", origin.url], "timeouts": {"connect": "300ms"}}
        with lab.Shield(origin, site=site, workers=1) as shield:
            for i in range(6):
                assert lab.get(shield.plain, "/", method="POST" if i % 2 else "GET", body=b"x" if i % 2 else None).status == 200
            line = shield.wait_journal(lambda line: line.get("bouclier.retries") == 1 or "retries" in str(line))
            assert line


def test_only_black_holes():
    with lab.black_hole() as hole, lab.Origin() as origin:
        with lab.Shield(origin, site={"origins": [f"http://127.0.0.1:{hole}"], "timeouts": {"connect": "200ms"}}, workers=1) as shield:
            assert lab.get(shield.plain, "/").status == 504


# -- origins that talk too much --

def hint(size):
    return b"HTTP/1.1 103 Early Hints\r\nLink: </" + b"x" * size + b">; rel=preload\r\n\r\n"


@pytest.mark.parametrize("kind", ["http1", "h2"])
def test_an_origin_that_never_gets_to_the_point(kind):
    """Interim answers without end: neither memory nor a worker is theirs, and others are served meanwhile."""
    flood, stop = hint(30) * 500, threading.Event()

    def answer(request):
        if request.target != "/endless":
            return lab.response()
        with contextlib.suppress(OSError):
            while not stop.is_set():
                request.connection.sendall(flood)
        return None

    with stage(answer) as shield:
        try:
            if kind == "http1":
                with socket.create_connection(("127.0.0.1", shield.plain), 10) as client:
                    client.sendall(f"GET /endless HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
                    time.sleep(0.5)
                    assert lab.get(shield.plain, "/", timeout=5).status == 200
                    told = b""
                    with contextlib.suppress(OSError):
                        while piece := client.recv(1 << 16):
                            told += piece
                            assert len(told) < 1 << 20
                assert b"\r\n\r\nHTTP/1.1 502 " in told, told[-300:]
            else:
                with h2.Client(shield.h2c, False) as client:
                    stream = client.request(path="/endless")
                    assert client.wait(stream)[0].status == 502
                    assert lab.get(shield.plain, "/", timeout=5).status == 200
        finally:
            stop.set()


def test_interim_answers_that_do_not_fit_leave_no_crumbs():
    """A client that reads late: an interim answer is there whole or not at all, and the answer behind it is whole."""
    def answer(request):
        request.connection.sendall(hint(55_000) * 30)
        return lab.response(b"final\n")

    with stage(answer) as shield, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)  # as on a real line: small buffers in the kernel
        client.settimeout(10)
        client.connect(("127.0.0.1", shield.plain))
        client.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        time.sleep(1)
        told = b""
        while not told.endswith(b"final\n"):
            piece = client.recv(65536)
            assert piece, told[-300:]
            told += piece
        heads = told.split(b"\r\n\r\n")
        assert all(head.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </x") and head.endswith(b"rel=preload") for head in heads[:-2])
        assert heads[-2].startswith(b"HTTP/1.1 200 OK\r\n") and heads[-1] == b"final\n"


# -- the end of a shield --

def test_a_broken_answer_does_not_keep_a_connection_from_draining():
    """After an origin broke off one of its streams, a connection is told of the end all the same."""
    site = {"timeouts": {"idle": "300ms"}}

    def stall(request):
        if request.target == "/":
            return lab.response()
        request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
        time.sleep(3)
        return None

    with stage(stall, site=site, drain="8s") as shield, h2.Client(shield.h2c, False) as client:
        assert client.wait(client.request(path="/stall"))[0].code is not None
        assert client.get("/").status == 200
        shield.signal(15)
        start = time.monotonic()
        while client.last_goaway is None:
            assert client.step(5) is not None
        assert time.monotonic() - start < 3

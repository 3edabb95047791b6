"""Requests of one HTTP/1.1 connection: in what order they are answered, how long it is kept, and what it means that one side
has finished. In the clear and over TLS."""
import contextlib
import socket
import time

import pytest

import lab
from lab import HOST, Talk, by_path, response


@pytest.fixture(scope="module")
def house():
    site = {"limits": {"body": "1MiB"}, "routes": [{"path": "/read-only", "allow_methods": ["GET"]}]}
    with lab.Origin() as origin, lab.Shield(origin, site=site) as shield:
        yield origin, shield


@pytest.fixture
def origin(house):
    house[0].answer = by_path({})
    house[0].requests.clear()
    return house[0]


# -- in what order --


def test_pipelined_in_order_behind_a_slow_one(talk, origin):
    def slow(request):
        time.sleep(0.3)
        return response(b"slow")

    origin.answer = by_path({"/slow": slow, "/quick": response(b"quick")})
    talk.send("".join(f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n" for target in ("/slow", "/quick", "/slow", "/quick")))
    assert [talk.answer().body for _ in range(4)] == [b"slow", b"quick", b"slow", b"quick"]


def test_pipelined_with_bodies_of_every_kind(talk, origin):
    origin.answer = lambda request: response(f"{request.method} {request.target} {len(request.raw_body)}".encode())
    line = f"HTTP/1.1\r\nHost: {HOST}\r\n"
    talk.send(f"POST /1 {line}Content-Length: 3\r\n\r\nabcGET /2 {line}\r\nPOST /3 {line}Transfer-Encoding: chunked\r\n\r\n"
              f"3\r\nabc\r\n0\r\n\r\n\r\nHEAD /4 {line}\r\nPOST /5 {line}Content-Length: 0\r\n\r\n")
    got = [talk.answer("HEAD" if i == 3 else "GET").body for i in range(5)]
    assert got == [b"POST /1 3", b"GET /2 0", b"POST /3 13", b"", b"POST /5 0"]


@pytest.mark.parametrize("refused, status, goes_on", [
    (f"TRACE / HTTP/1.1\r\nHost: {HOST}\r\n\r\n", 405, True),
    (f"POST /read-only HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0\r\n\r\n", 405, True),
    ("GET / HTTP/1.1\r\nHost: unknown.example\r\n\r\n", 421, True),
    (f"GET / HTTP/1.1\r\nHost: {HOST}\r\nBad Name: 1\r\n\r\n", 400, False),
    (f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 9999999\r\n\r\n", 413, False),
    (f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}\r\n\r\n", 405, False),
], ids=["trace", "method", "host", "malformed", "too large", "connect"])
def test_pipelined_with_a_refused_one_in_the_middle(talk, origin, refused, status, goes_on):
    """Answers stay in order. Behind a request whose end cannot be trusted nothing more is read."""
    good = f"GET /{{}} HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
    origin.answer = by_path({"/1": lambda request: time.sleep(0.2) or response(b"one")})
    talk.send(good.format(1) + refused + good.format(2))
    assert talk.answer().body == b"one"
    answer = talk.answer()
    assert answer.status == status and answer.get("connection") == (None if goes_on else "close")
    if goes_on:
        assert talk.answer().body == b"hello\n"
    else:
        assert talk.is_closed()
    assert [one.target for one in origin.requests] == ["/1", "/2"][:1 + goes_on]


def test_two_hundred_pipelined(talk, origin):
    """Sent in one piece before the first answer is read."""
    origin.answer = lambda request: response(request.target.encode() + b"x" * 500)
    talk.send("".join(f"GET /{i} HTTP/1.1\r\nHost: {HOST}\r\n\r\n" for i in range(200)))
    for i in range(200):
        assert talk.answer().body == b"/%d" % i + b"x" * 500
    assert [one.target for one in origin.requests] == [f"/{i}" for i in range(200)]


# -- how long a connection is kept --


@pytest.mark.parametrize("version, connection, kept, said", [
    ("1.1", None, True, None), ("1.1", "close", False, "close"), ("1.1", "keep-alive", True, None), ("1.1", "Close , x", False, "close"),
    ("1.0", None, False, "close"), ("1.0", "keep-alive", True, "keep-alive"), ("1.0", "Keep-Alive", True, "keep-alive"),
    ("1.0", "close", False, "close"), ("1.1", "keep-alive, close", False, "close"),
])
def test_keep_alive(talk, origin, version, connection, kept, said):
    fields = [f"Connection: {connection}"] if connection else []
    answer = talk.one("GET", "/", *fields, version=version)
    assert answer.body == b"hello\n" and answer.get("connection") == said and answer.version == "HTTP/1.1"
    assert origin.requests[0].get("connection") is None and origin.requests[0].version == "HTTP/1.1"
    if kept:
        assert talk.one("GET", "/again", *fields, version=version).body == b"hello\n"
    else:
        assert talk.is_closed()


@pytest.mark.parametrize("fields", [("Connection: close",), ("Connection: close", "Keep-Alive: timeout=5")])
def test_an_origin_that_closes_costs_the_client_nothing(talk, origin, fields):
    origin.answer = lambda request: request.connection.sendall(response(b"bye", "200 OK", *fields))
    for _ in range(3):
        answer = talk.one()
        assert answer.body == b"bye" and answer.get("connection") is None and answer.get("keep-alive") is None


def test_connect_and_trace_are_refused(talk, origin):
    answer = talk.one("TRACE", "/", "Cookie: secret=1")
    assert answer.status == 405 and b"secret" not in answer.body
    assert "TRACE" not in answer.get("allow") and "CONNECT" not in answer.get("allow") and "GET" in answer.get("allow")
    talk.send(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n")
    assert talk.answer().status == 405
    assert talk.is_closed() and not origin.requests


# -- one side has finished --


def test_a_client_that_has_finished_still_hears_the_answer(house, origin):
    """`printf ... | nc`: the request, and no more to say. One after the other, and many at once."""
    origin.answer = by_path({"/slow": lambda request: time.sleep(0.3) or response(b"slow")})
    with Talk(house[1].plain) as other:
        other.ask("GET", "/slow")
        other.finish()
        assert other.answer().body == b"slow" and other.is_closed()
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(Talk(house[1].plain)) for _ in range(100)]
        for one in crowd:
            one.ask("GET", "/")
            one.finish()
        assert [one.answer().body for one in crowd] == [b"hello\n"] * 100


def test_a_client_that_has_finished_waits_for_an_origin_that_is_slow_to_connect():
    """The origin's queue is full for a moment: that is no reason to forget who has said all."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as stack:
        port = listener.getsockname()[1]
        stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        shield = stack.enter_context(lab.Shield(site={"origins": [f"http://127.0.0.1:{port}"], "timeouts": {"connect": "8s"}}))
        with Talk(shield.plain) as talk:
            talk.ask("GET", "/", "Connection: close")
            talk.finish()
            assert talk.is_silent(0.5)
            stack.enter_context(listener.accept()[0])
            listener.settimeout(8)
            stack.enter_context(one := listener.accept()[0])
            one.sendall(response(b"late"))
            assert talk.answer().body == b"late"


def test_a_client_that_finishes_in_its_body_is_refused(house, origin):
    with Talk(house[1].plain) as talk:
        talk.ask("POST", "/", "Content-Length: 10", body=b"abc")
        talk.finish()
        assert talk.answer().status == 400

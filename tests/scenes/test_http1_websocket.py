"""WebSocket over HTTP/1.1: a tunnel only after the origin's own 101, then frames both ways until either side has finished. And the
Upgrades that become no tunnel."""
import base64
import contextlib
import hashlib
import os
import socket
import struct
import threading
import time

import pytest

import lab
from lab import HOST, Talk, response

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = base64.b64encode(hashlib.sha1((KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
ASK = ["Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13"]
SWITCH = "\r\n".join(["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Accept: {ACCEPT}",
                      "Sec-WebSocket-Protocol: chat", "", ""]).encode()


def frame(kind, data=b"", mask=b"", ends=True):
    """RFC 6455, 5.2."""
    size = len(data)
    length = bytes([size]) if size < 126 else b"\x7e" + struct.pack("!H", size) if size < 65536 else b"\x7f" + struct.pack("!Q", size)
    if mask:
        data = masked(data, mask)
    return bytes([kind | 0x80 * ends, length[0] | 0x80 * bool(mask)]) + length[1:] + mask + data


def masked(data, mask):
    whole = int.from_bytes(data, "big") ^ int.from_bytes((mask * (len(data) // 4 + 1))[:len(data)], "big")
    return whole.to_bytes(len(data), "big")


def read_frame(count):
    """COUNT(n) gives n bytes: (kind, data), unmasked."""
    first, second = count(2)
    size = second & 0x7f
    if size > 125:
        size = int.from_bytes(count(2 if size == 126 else 8), "big")
    mask = count(4) if second & 0x80 else b""
    data = count(size)
    return first & 0x0f, masked(data, mask) if mask else data


class Sockets(lab.Origin):
    """To an Upgrade it plays `play(stream)`, which has to say 101 or something else itself, and closes."""

    def __init__(self, play):
        self.play = play
        super().__init__(script=self.converse)

    def converse(self, stream):
        while not self.read(stream).get("upgrade"):
            stream.send(response(b"no tunnel"))
        self.play(stream)


def echo(stream):
    stream.send(SWITCH)
    while True:
        kind, data = read_frame(stream.count)
        if kind == PING:
            stream.send(frame(PONG, data))
        elif kind == CLOSE:
            stream.send(frame(CLOSE, data))
            return
        else:
            stream.send(frame(kind, data))


@pytest.fixture(scope="module")
def house():
    with Sockets(echo) as origin, lab.Shield(origin) as shield:
        yield origin, shield


@pytest.fixture
def origin(house):
    house[0].play = echo
    house[0].requests.clear()
    return house[0]


@pytest.fixture(scope="module")
def no_tunnel():
    """Before an origin that knows no Upgrade."""
    with lab.Origin() as origin, lab.Shield(origin) as shield:
        yield origin, shield


@pytest.fixture(params=["plain", "tls"])
def impatient(request):
    """A second of silence ends its tunnels: short enough to wait for, too short for the other scenes on a busy machine."""
    with Sockets(echo) as origin, lab.Shield(origin, site={"timeouts": {"tunnel": "1s"}}) as shield, \
            Talk(getattr(shield, request.param), request.param == "tls") as talk:
        yield talk


def upgrade(talk, *fields):
    answer = talk.one("GET", "/socket?room=1", *(fields or ASK))
    assert answer.status == 101, answer.first
    return answer


def test_frames_both_ways(talk, origin):
    answer = upgrade(talk, *ASK, "Sec-WebSocket-Protocol: chat, other", "Origin: https://www.commune.example", "Cookie: a=b")
    assert answer.get("sec-websocket-accept") == ACCEPT and answer.get("sec-websocket-protocol") == "chat"
    assert (answer.get("connection").lower(), answer.get("upgrade")) == ("upgrade", "websocket")
    assert answer.get("content-length") is None and answer.get("transfer-encoding") is None
    seen = origin.requests[0]
    assert seen.target == "/socket?room=1" and seen.get("sec-websocket-key") == KEY and seen.get("cookie") == "a=b"
    assert seen.get("connection").lower() == "upgrade" and seen.get("upgrade") == "websocket" and seen.get("x-forwarded-for") == "127.0.0.1"
    for kind, data in ((TEXT, "héé".encode()), (BINARY, bytes(range(256))), (TEXT, b""), (BINARY, os.urandom(70_000)), (PING, b"there?")):
        talk.send(frame(kind, data, os.urandom(4)))
        assert read_frame(talk.count) == (PONG if kind == PING else kind, data)


def test_a_mebibyte_each_way(talk, origin):
    upgrade(talk)
    data = os.urandom(1 << 20)
    talk.send(frame(BINARY, data, b"\1\2\3\4"))  # the echo reads it whole before it answers; one TLS object is not for two threads
    assert read_frame(talk.count) == (BINARY, data)


def test_many_small_frames_in_one_piece(talk, origin):
    upgrade(talk)
    talk.send(b"".join(frame(TEXT, b"%d" % i, b"mask") for i in range(1000)))
    assert [read_frame(talk.count) for _ in range(1000)] == [(TEXT, b"%d" % i) for i in range(1000)]


def test_the_client_closes(talk, origin):
    upgrade(talk)
    talk.send(frame(CLOSE, b"\x03\xe8bye", b"mask"))
    assert read_frame(talk.count) == (CLOSE, b"\x03\xe8bye")
    assert talk.is_closed()


def test_the_origin_closes(house, talk, origin):
    """With its last frame; the client is told at once, and the request is over."""
    def play(stream):
        stream.send(SWITCH + frame(TEXT, b"first") + frame(CLOSE, b"\x03\xe9"))

    origin.play = play
    upgrade(talk)
    assert read_frame(talk.count) == (TEXT, b"first") and read_frame(talk.count) == (CLOSE, b"\x03\xe9")
    assert talk.is_closed(1)
    lab.wait_until(lambda: house[1].status()["connections"]["requests_at_work"] == 0, 5)


def test_a_client_that_has_finished_still_hears_the_origin(house, origin):
    """Half of the tunnel ends: the origin sees the end, and its last words arrive."""
    def play(stream):
        stream.send(SWITCH)
        assert stream.rest() == b"all I had to say"
        stream.send(b"x" * 500_000)

    origin.play = play
    with Talk(house[1].plain) as talk:
        upgrade(talk)
        talk.send(b"all I had to say")
        talk.finish()
        assert talk.rest() == b"x" * 500_000


@pytest.mark.parametrize("reset", [False, True])
def test_a_client_that_vanishes(house, origin, reset):
    ended = threading.Event()

    def play(stream):
        stream.send(SWITCH)
        with contextlib.suppress(OSError):
            stream.count(1)
        ended.set()

    origin.play = play
    with Talk(house[1].plain) as talk:
        upgrade(talk)
        if reset:
            talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert ended.wait(1)
    lab.wait_until(lambda: house[1].status()["connections"]["open"] == 0, 5)


def test_a_silent_tunnel_ends(impatient):
    """`timeouts.tunnel` without a byte either way; a byte in time keeps it."""
    upgrade(impatient)
    for _ in range(4):
        time.sleep(0.4)
        impatient.send(frame(PING, b"", b"mask"))
        assert read_frame(impatient.count) == (PONG, b"")
    started = time.monotonic()
    assert impatient.is_closed() and 0.5 < time.monotonic() - started < 3


def test_nothing_goes_on_before_the_origin_has_switched(talk, origin):
    """What a client sends behind its Upgrade may be a request of its own to an origin that does not switch."""
    smuggled = f"GET /smuggled HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()

    def play(stream):
        if early := stream.within(0.3):
            came.append(("early", early))
        stream.send(SWITCH)
        came.append(("in time", stream.count(len(smuggled))))

    came, origin.play = [], play
    talk.ask("GET", "/", *ASK, body=smuggled)
    assert talk.answer().status == 101
    assert lab.wait_until(lambda: came, 5, "the bytes, once there is a tunnel") == [("in time", smuggled)]


@pytest.mark.parametrize("status, closes", [("403 Forbidden", False), ("426 Upgrade Required", False), ("200 OK", False), ("503 Service Unavailable", True)])
def test_refused_by_the_origin(talk, origin, status, closes):
    """Its answer is delivered as any other, and the connection goes on: with the request that followed at once, too."""
    def play(stream):
        stream.send(response(b"not here", status, *(["Connection: close"] if closes else [])))

    origin.play = play
    talk.ask("GET", "/", *ASK, body=f"GET /next HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    answer = talk.answer()
    assert (answer.status, answer.body, answer.get("connection")) == (int(status[:3]), b"not here", None)
    assert talk.answer().body == b"no tunnel"


def test_a_switch_that_nobody_asked_for(no_tunnel):
    origin, shield = no_tunnel
    origin.answer = lambda request: SWITCH if request.target == "/switch" else response()
    with Talk(shield.plain) as talk:
        assert talk.one("GET", "/switch").status == 502
        assert talk.one().status == 200


@pytest.mark.parametrize("fields, body", [
    (["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"], b""),
    (["Connection: Upgrade", "Upgrade: websocket, h2c"], b""),
    (["Connection: Upgrade", "Upgrade: H2C"], b""),
    (["Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c"], b""),
    (["HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"], b""),
    (["Connection: Upgrade", "Upgrade: websocket", "Content-Length: 3"], b"abc"),
], ids=["h2c", "h2c in a list", "H2C", "h2c in a second line", "settings alone", "with a body"])
def test_no_tunnel_is_asked_for(no_tunnel, fields, body):
    """The request goes on without its Upgrade, and is answered as if there had been none."""
    origin, shield = no_tunnel
    with Talk(shield.plain) as talk:
        answer = talk.one("POST" if body else "GET", "/", *fields, body=body)
        assert answer.status == 200 and answer.body == b"hello\n"
        seen = origin.requests[-1]
        assert not {"upgrade", "http2-settings", "connection"} & {name.lower() for name, _ in seen.fields} and seen.body == body


@pytest.mark.parametrize("fields", [["Upgrade: websocket"], ["Connection: Upgrade", "Upgrade: web socket"], ["Connection: Upgrade", "Upgrade: ,"]])
def test_malformed_upgrades(talk, origin, fields):
    assert talk.one("GET", "/", *fields).status == 400 and not origin.requests


def test_an_old_client_has_no_upgrade(talk, origin):
    answer = talk.one("GET", "/", *ASK, version="1.0")
    assert answer.status == 200 and answer.body == b"no tunnel" and origin.requests[0].get("upgrade") is None


def test_another_protocol_is_told_by_its_name(talk, origin):
    """Of several that a client offers, the answer names the one that the origin chose."""
    def play(stream):
        stream.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: two/2\r\n\r\n" + b"in two")

    origin.play = play
    answer = upgrade(talk, "Connection: Upgrade", "Upgrade: one/1, two/2")
    assert answer.get("upgrade") == "two/2" and talk.count(6) == b"in two"
    assert origin.requests[0].get("upgrade") == "one/1, two/2"


def test_tunnels_do_not_end_a_drain(house):
    """A stop waits for requests, not for ever for a chat: `drain` is the most."""
    with Sockets(echo) as origin, lab.Shield(origin, drain="1s") as shield, Talk(shield.plain) as talk:
        upgrade(talk)
        shield.process.terminate()
        talk.send(frame(TEXT, b"still here", b"mask"))
        assert read_frame(talk.count) == (TEXT, b"still here")
        assert talk.is_closed(5)
        shield.process.wait(5)

"""HTTP/2 as citizens' programs use it and abuse it: windows both ways, bodies, interim answers, tunnels, ends, budgets."""
import contextlib
import hashlib
import os
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

import lab
from lab import ENVIRONMENT, Portal, h2, pss

BIG = bytes(range(256)) * 16384  # 4 MiB


class Early(lab.Origin):
    """Answers /early before it reads the body, and closes once the other side does."""

    def read_body(self, request, stream):
        if not request.target.startswith("/early"):
            super().read_body(request, stream)

    def play(self, request):
        path = request.target
        if path.startswith("/early"):
            answer = lab.response(b"early\n", "403 Forbidden")
            if not request.get("content-length") and not request.get("transfer-encoding"):
                return answer
            request.connection.sendall(answer)
            with contextlib.suppress(OSError):
                while request.connection.recv(65536):
                    pass
            return None
        if path == "/big":
            return lab.response(BIG)
        if path == "/endless":
            with contextlib.suppress(OSError):
                request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n")
                while True:
                    request.connection.sendall(BIG)
            return None
        if path == "/hints":
            request.connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
            return lab.response(b"hinted\n")
        if path == "/trailers":
            return (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                    b"5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n")
        if path == "/nothing":
            return b"HTTP/1.1 204 No Content\r\nX-Nothing: yes\r\n\r\n"
        if path == "/same":
            return b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n"
        if path == "/head":
            return b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + (b"" if request.method == "HEAD" else b"hello")
        if path == "/late":
            time.sleep(0.5)
        return lab.response(b"hello\n")


@contextlib.contextmanager
def stage(**options):
    with Early() as origin:
        origin.answer = origin.play
        with lab.Shield(origin, workers=1, **options) as shield:
            shield.behind = origin
            yield shield


@pytest.fixture(scope="module")
def shield():
    with stage() as one:
        yield one


@pytest.fixture(params=[True, False], ids=["tls", "h2c"])
def client(shield, request):
    shield.behind.forget()
    with h2.Client(shield.tls if request.param else shield.h2c, request.param) as one:
        yield one


# -- bodies and heads --


def test_download(client):
    answer = client.get("/big")
    assert answer.status == 200 and bytes(answer.body) == BIG and answer.get("content-length") == str(len(BIG))


def test_head_204_304(client, shield):
    before = shield.behind.accepted
    for _ in range(3):
        head = client.get("/head", method="HEAD")
        assert (head.status, head.get("content-length"), bytes(head.body)) == (200, "5", b"")
        assert client.get("/nothing").get("x-nothing") == "yes"
        assert client.get("/same").status == 304
        assert bytes(client.get("/head").body) == b"hello"
    assert shield.behind.accepted - before <= 1, "the origin's connection was not kept"


def test_interim(client):
    answer = client.get("/hints")
    assert [dict(each) for each in answer.interim] == [{":status": "103", "link": "</style.css>; rel=preload"}]
    assert bytes(answer.body) == b"hinted\n"


def test_answer_trailers(client):
    answer = client.get("/trailers")
    assert bytes(answer.body) == b"hello" and answer.trailers == [("x-sum", "42")]
    assert not answer.get("transfer-encoding") and not answer.get("connection")


def test_request_trailers(client, shield):
    stream = client.request(body=b"hello", ends=False, method="POST")
    client.headers([("x-sum", "42")], stream)
    client.wait(stream)
    assert shield.behind.requests[-1].raw_body.endswith(b"0\r\nx-sum: 42\r\n\r\n"), shield.behind.requests[-1].raw_body


def test_post_lengths(client, shield):
    client.wait(client.request(body=b"hello", method="POST", length=True))
    assert shield.behind.requests[-1].get("content-length") == "5" and shield.behind.requests[-1].body == b"hello"
    client.wait(client.request(body=b"hello", method="POST"))
    assert shield.behind.requests[-1].get("transfer-encoding") == "chunked"
    assert shield.behind.requests[-1].raw_body == b"5\r\nhello\r\n0\r\n\r\n"
    client.wait(client.request(body=b"", method="POST", length=True))
    assert shield.behind.requests[-1].get("content-length") == "0"


def test_expect_continue(client, shield):
    """The body is asked for before it is sent; not when it is here already."""
    stream = client.request(("expect", "100-continue"), method="POST", ends=False)
    while not client.answer_of(stream).interim:
        client.step()
    assert client.answers[stream].interim == [[(":status", "100")]]
    client.data(b"hello", stream)
    assert client.wait(stream)[0].status == 200
    assert shield.behind.requests[-1].body == b"hello" and not shield.behind.requests[-1].get("expect")


def test_cookies_joined(client, shield):
    client.get("/", ("cookie", "a=1"), ("cookie", "b=2"))
    assert shield.behind.requests[-1].get("cookie") == "a=1; b=2"


def test_many_streams(client):
    streams = [client.request() for _ in range(100)]
    assert all(answer.status == 200 and bytes(answer.body) == b"hello\n" for answer in client.wait(*streams))


def test_a_packet_full_of_requests(client):
    """More than are begun in a row: the rest goes on by itself, and so does a download beside them."""
    large = client.request(path="/big")
    client.sock, sock = Gathering(), client.sock
    streams = [client.request(path=f"/{i}") for i in range(100)]
    client.sock, gathered = sock, client.sock.bytes
    sock.sendall(gathered)
    assert [answer.status for answer in client.wait(large, *streams)] == [200] * 101


def test_priority_means_nothing(client):
    streams = [client.request() for _ in range(3)]
    client.priority(streams[0], on=streams[2], exclusive=True)
    client.frame(0x10, 0, 0, struct.pack(">I", streams[1]) + b"u=0, i")  # PRIORITY_UPDATE, RFC 9218
    assert all(answer.status == 200 for answer in client.wait(*streams))


def test_head_too_large(client):
    """SETTINGS_MAX_HEADER_LIST_SIZE is told, and what is over it is answered."""
    most = client.settings[h2.MAX_HEADER_LIST_SIZE]
    fields = [(f"x-{i}", "x" * 4000) for i in range(most // 4000 + 1)]
    block, stream = client.encode(client.head(*fields)), client.next
    client.next += 2
    client.headers(stream=stream, flags=h2.END_STREAM, block=block[:16384])
    for at in range(16384, len(block), 16384):
        client.continuation(stream, h2.END_HEADERS if at + 16384 >= len(block) else 0, block[at:at + 16384])
    assert client.wait(stream)[0].status == 431
    assert client.get("/").status == 200
    many = [(f"x-{i}", "x") for i in range(300)]
    assert client.wait(client.request(*many))[0].status == 431


def data_segments(sock):
    """How many TCP segments with data have come: tcpi_data_segs_in of struct tcp_info."""
    return struct.unpack_from("=I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192), 152)[0]


def test_small_answers_leave_together(shield):
    """Answers of our own to requests of one write are one write: they come in one segment."""
    with h2.Client(shield.h2c, False) as client:
        assert client.get("/nowhere", method="TRACE").status == 405  # and all that begins a connection is said
        blocks, before = b"", data_segments(client.tcp)
        streams = range(3, 23, 2)
        for stream in streams:
            block = client.encode(client.head(path="/nowhere", method="TRACE"))
            blocks += len(block).to_bytes(3, "big") + bytes((h2.HEADERS, h2.END_HEADERS | h2.END_STREAM)) + struct.pack(">I", stream) + block
        client.send(blocks)
        assert [answer.status for answer in client.wait(*streams)] == [405] * 10
        assert data_segments(client.tcp) == before + 1


# -- windows --


def test_stalled_streams_cost_little():
    """100 downloads whose window never opens again: each holds what an origin's connection holds, no more."""
    with stage() as shield:
        with h2.Client(shield.h2c, False, reads=False) as client:
            client.get("/")
            before = pss(shield.edge())
            streams = [client.request(path="/endless") for _ in range(100)]
            with contextlib.suppress(h2.Broken):
                while client.step(1.5):  # until the window is used up and the origins have pushed all they can
                    pass
            grown = pss(shield.edge()) - before
            print(f"100 stalled streams: {grown / 100 / 1024:.0f} KiB each")
            assert grown < 100 * 192 * 1024
            assert sum(len(client.answer_of(each).body) for each in streams) <= h2.WINDOW
            for each in streams:
                client.rst(each)
            lab.wait_until(lambda: len(shield.behind.open) <= 1, what="the origins' connections are given back")
            client.window_update(0, h2.WINDOW)
            client.reads = True
            assert client.get("/").status == 200


def test_upload_waits_for_the_origin(client, shield):
    """The stream's window opens only as fast as the origin reads; the others live on."""
    stop = threading.Event()
    answer = shield.behind.read_body

    def slow(request, stream):
        if request.method == "PUT":
            stop.wait(10)
        answer(request, stream)
    shield.behind.read_body = slow
    try:
        before = pss(shield.edge())
        window = client.settings[h2.INITIAL_WINDOW_SIZE]
        stream = client.request(method="PUT", ends=False)
        sent, end = 0, time.monotonic() + 1
        credit = window
        while time.monotonic() < end or credit < 3:  # as much as the windows allow, for a second
            if time.monotonic() > end:
                stop.set()
            while credit >= 16384 and not stop.is_set():
                client.data(b"x" * 16384, stream, 0)
                credit -= 16384
                sent += 16384
            with contextlib.suppress(h2.Broken):
                frame = client.step(0.1)
                if frame and frame.kind == h2.WINDOW_UPDATE and frame.stream == stream:
                    credit += struct.unpack(">I", frame.payload)[0]
        assert client.get("/").status == 200, "others live on"
        assert sent < 16 * 1024 * 1024, "what the kernels hold is no more than that"
        assert pss(shield.edge()) - before < 1024 * 1024
        stop.set()
        client.data(b"end", stream)
        assert client.wait(stream)[0].status == 200
    finally:
        stop.set()
        shield.behind.read_body = answer


def test_transfers_by_curl(shield, tmp_path):
    """64 MiB up and 4 MiB down by a program that is not ours."""
    data = os.urandom(1 << 20) * 64
    (tmp_path / "up").write_bytes(data)
    before = pss(shield.edge())
    run = subprocess.run(["curl", "-sk", "--http2", "-o", tmp_path / "down", "-w", "%{http_version} %{http_code}", "-T", tmp_path / "up",
                          f"https://localhost:{shield.tls}/big"], capture_output=True, text=True, timeout=60)
    assert run.stdout == "2 200", run
    assert (tmp_path / "down").read_bytes() == BIG
    request = shield.behind.requests[-1]
    assert request.get("content-length") == str(len(data))
    assert hashlib.sha256(request.body).digest() == hashlib.sha256(data).digest()
    assert lab.at_rest(pss, shield.edge()) - before < 2 * 1024 * 1024
    shield.behind.forget()


# -- what ends early --


def test_reset_gives_the_origin_back(client, shield):
    stream = client.request(path="/endless")
    while not client.answer_of(stream).body:
        client.step()
    connections = len(shield.behind.open)
    client.rst(stream)
    lab.wait_until(lambda: len(shield.behind.open) < connections, 5, "the origin's connection is closed")
    assert client.get("/").status == 200


def test_early_answer(client):
    """Whole before the request is: the client learns that it may stop, and loses nothing."""
    stream = client.request(path="/early", method="POST", ends=False, body=b"x" * 1000)
    start = time.monotonic()
    answer = client.wait(stream)[0]
    assert answer.status == 403 and bytes(answer.body) == b"early\n"
    while answer.code is None:
        client.step()
    assert answer.code == h2.NO_ERROR and time.monotonic() - start < 1
    client.data(b"x" * 1000, stream)  # was under way
    assert client.get("/").status == 200


@pytest.mark.parametrize("late", ["length", "trailers", "window"])
def test_fault_after_early_answer(client, late):
    more, body = ((("content-length", "60000"),), b"x" * 50_000) if late == "length" else ((), None)  # a short one is waited for
    stream = client.request(*more, path="/early", method="POST", ends=False, body=body)
    client.wait(stream)
    if late == "length":
        client.data(b"x" * 10_001, stream)
    elif late == "trailers":
        client.headers([(":path", "/")], stream)
    else:
        client.window_update(stream, 2 ** 31 - 1)
        client.window_update(stream, 2 ** 31 - 1)
    while client.answers[stream].code is None:
        client.step()
    assert client.answers[stream].code == (h2.FLOW_CONTROL_ERROR if late == "window" else h2.PROTOCOL_ERROR)
    assert client.get("/").status == 200


def test_body_over_its_limit():
    with stage(site={"limits": {"body": "10000B"}}) as shield:
        with h2.Client(shield.tls, True) as client:
            assert client.wait(client.request(method="POST", body=b"x" * 10001, length=True))[0].status == 413
            stream = client.request(method="POST", body=b"x" * 9000, ends=False)
            time.sleep(0.2)
            client.data(b"x" * 1001, stream)
            assert client.wait(stream)[0].status == 413
            assert client.get("/").status == 200


def test_origin_breaks_off():
    """Half a body cannot be told from a whole one unless the stream is reset."""
    def answer(request):
        request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        return None
    with lab.Origin(answer) as origin, lab.Shield(origin) as shield, h2.Client(shield.tls, True) as client:
        broken = client.get("/")
        assert broken.code == h2.INTERNAL_ERROR and bytes(broken.body) in (b"", b"half")
        assert client.ping() is None and client.step() is not None


# -- tunnels --


def test_websocket():
    """Extended CONNECT (RFC 8441) to the demonstration portal's echo."""
    with Portal() as portal, lab.Shield(portal) as shield, h2.Client(shield.tls, True) as client:
        assert client.settings[8] == 1, "SETTINGS_ENABLE_CONNECT_PROTOCOL"
        stream = client.request((":protocol", "websocket"), ("sec-websocket-version", "13"), ("origin", f"https://{client.authority}"),
                                method="CONNECT", path="/ws", ends=False)
        while client.answer_of(stream).fields is None:
            client.step()
        answer = client.answers[stream]
        assert answer.status == 200 and not answer.get("sec-websocket-accept")

        def say(opcode, text, mask=b"abcd"):
            masked = bytes(c ^ mask[i % 4] for i, c in enumerate(text))
            client.data(bytes((0x80 | opcode, 0x80 | len(text))) + mask + masked, stream, 0)

        def hear(count):
            while len(answer.body) < count:
                client.step()
            taken = bytes(answer.body[:count])
            del answer.body[:count]
            return taken
        for text in (b"bonjour", b"goedendag", b"x" * 100):
            say(1, text)
            assert hear(2 + len(text)) == bytes((0x81, len(text))) + text
        assert client.get("/healthz").status == 200
        say(8, struct.pack(">H", 1000))
        assert hear(4) == b"\x88\x02\x03\xe8"
        client.wait(stream)
        assert answer.code in (None, h2.NO_ERROR)


def test_websocket_refused_by_the_origin(client):
    """An origin that does not upgrade: its error is handed on, its 200 would say that there is a tunnel."""
    stream = client.request((":protocol", "websocket"), ("sec-websocket-version", "13"), method="CONNECT", path="/chat", ends=False)
    assert client.wait(stream)[0].status == 502
    stream = client.request((":protocol", "websocket"), ("sec-websocket-version", "13"), method="CONNECT", path="/early", ends=False)
    answer = client.wait(stream)[0]
    assert answer.status == 403 and bytes(answer.body) == b"early\n"
    assert client.get("/").status == 200


def test_connect_refused(client):
    stream, client.next = client.next, client.next + 2
    client.headers([(":method", "CONNECT"), (":authority", "other.example:443")], stream)
    assert client.wait(stream)[0].status == 405
    assert client.get("/").status == 200


# -- the end of a connection --


def test_drain_finishes_what_runs():
    with stage() as shield, h2.Client(shield.tls, True) as client:
        client.get("/")
        stream = client.request(path="/late")
        lab.wait_until(lambda: shield.status()["connections"]["requests_at_work"] == 1, what="it runs")
        shield.signal(signal.SIGTERM)
        answer = client.wait(stream)[0]
        assert answer.status == 200 and bytes(answer.body) == b"hello\n"
        while client.step() is not None:
            pass
        assert client.last_goaway.code == h2.NO_ERROR
        assert struct.unpack(">I", client.last_goaway.payload[:4])[0] == stream
        shield.process.wait(10)


@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\nHo"], ids=["nothing yet", "half a head"])
def test_drain_answers_who_has_connected(first):
    """Also over HTTP/1.1: who is in before the end may ask once."""
    with stage() as shield, socket.create_connection(("127.0.0.1", shield.plain), timeout=5) as client:
        client.sendall(first)
        lab.wait_until(lambda: shield.status()["connections"]["open"] == 1, what="it is in")
        shield.signal(signal.SIGTERM)
        time.sleep(0.3)
        client.sendall(f"GET / HTTP/1.1\r\nHost: {lab.HOST}\r\n\r\n".encode()[len(first):])
        answer = b""
        while piece := client.recv(65536):
            answer += piece
        assert answer.startswith(b"HTTP/1.1 200 ") and b"\r\nConnection: close\r\n" in answer
        shield.process.wait(5)


def test_reload_keeps_the_connection():
    with stage() as shield, h2.Client(shield.tls, True) as client:
        stream = client.request(path="/late")
        for _ in range(3):
            worked, text = shield.reload()
            assert worked, text
        assert client.wait(stream)[0].status == 200
        assert client.get("/").status == 200 and client.last_goaway is None


# -- abuse --


@pytest.fixture(scope="module")
def attacked():
    with stage(binary=lab.sanitized(), env=ENVIRONMENT) as one:
        yield one


class Gathering:
    """A socket that keeps what is sent."""

    def __init__(self):
        self.bytes = b""

    def sendall(self, data):
        self.bytes += data


HELD_S = 10  # before an attacker is told


def flood(shield, play, rounds=2000):
    """Plays until the server takes no more of it; the code of its GOAWAY. This machine itself, 127.0.0.1, would be told at once."""
    with h2.Client(shield.tls, True, source="127.0.0.9") as client:
        for i in range(rounds):
            play(client, 1 + 2 * i)
            if i % 50 == 49:  # an attacker reads nothing; we must, to see the end, and never to open more streams than we may
                client.ping(b"in order")
                try:
                    while client.step(2).payload != b"in order":
                        assert client.last_goaway is None, "told at once, it would begin anew at once"
                except h2.Broken:
                    break
        began = time.monotonic()
        with contextlib.suppress(h2.Broken):
            while client.last_goaway is None and client.step(HELD_S + 5) is not None:
                pass
        assert client.last_goaway, "it went on"
        assert HELD_S - 5 < time.monotonic() - began < HELD_S + 4
        return client.last_goaway.code, i


def rapid_reset(client, stream):
    client.headers(client.head(path="/late"), stream)
    client.rst(stream)


def made_you_reset(client, stream):
    client.headers(client.head(("content-length", "1"), method="POST", path="/late"), stream, h2.END_HEADERS)
    client.data(b"four", stream)


def made_you_reset_by_window(client, stream):
    client.headers(client.head(path="/late"), stream)
    client.window_update(stream, 2 ** 31 - 1)


def pings(client, _stream):
    client.ping()


def settings(client, _stream):
    client.set((h2.INITIAL_WINDOW_SIZE, 65535))


def empty_data(client, stream):
    if stream == 1:
        client.post(1)
    client.data(b"", 1, 0)


def priorities(client, stream):
    client.priority(stream)


def continuations(client, stream):
    if stream == 1:
        client.headers(stream=1, flags=0)
    client.continuation(1, 0, b"")


@pytest.mark.parametrize("play", [rapid_reset, made_you_reset, made_you_reset_by_window, pings, settings, empty_data, priorities,
                                  continuations], ids=lambda play: play.__name__)
def test_flood(attacked, play):
    code, rounds = flood(attacked, play)
    assert code == h2.ENHANCE_YOUR_CALM
    assert rounds < 1500
    with h2.Client(attacked.tls, True) as client:
        assert client.get("/").status == 200, "others are served"
    assert len(attacked.behind.requests) < 5000


def test_who_has_waited_for_answers_is_told_at_once(attacked):
    """A map that is panned: some of its tiles came, most are not wanted any more."""
    with h2.Client(attacked.tls, True, source="127.0.0.9") as client:
        for _ in range(100):
            client.get("/")
        with contextlib.suppress(h2.Broken):
            for _ in range(10):
                for stream in [client.request(path="/late") for _ in range(30)]:
                    client.rst(stream)
            while client.step(5) is not None and client.last_goaway is None:
                pass
        assert client.last_goaway and client.last_goaway.code == h2.ENHANCE_YOUR_CALM


def test_bomb_with_a_shut_window(attacked):
    """CVE-2026-49975: heads that are small on the wire and large in memory, held by a window of nothing."""
    before = pss(attacked.edge())
    with h2.Client(attacked.h2c, False, reads=False) as client:
        client.set((h2.INITIAL_WINDOW_SIZE, 0))
        crumb = ("cookie", "x" * 3000)
        block = client.encode(client.head(crumb))
        for i in range(120):
            again = client.encode(client.head(*[crumb] * 20))
            client.headers(stream=1 + 2 * i, block=block if i == 0 else again)
        with contextlib.suppress(h2.Broken):
            while client.step(0.5) is not None:
                pass
        assert pss(attacked.edge()) - before < (24 if "asan" in attacked.binary else 6) * 1024 * 1024
    with h2.Client(attacked.tls, True) as client:
        assert client.get("/").status == 200


# -- programs that are not ours --


def test_h2load(shield):
    for port, scheme in ((shield.tls, "https"), (shield.h2c, "http")):
        run = subprocess.run(["h2load", "-n", "3000", "-c", "10", "-m", "20", f"{scheme}://localhost:{port}/"], capture_output=True,
                             text=True, timeout=60)
        assert "3000 succeeded, 0 failed, 0 errored, 0 timeout" in run.stdout, run.stdout
        assert "status codes: 3000 2xx" in run.stdout
    shield.behind.forget()


def test_nghttp(shield):
    run = subprocess.run(["nghttp", "-v", "--no-verify-peer", "-H", "te: trailers", f"https://localhost:{shield.tls}/trailers",
                          f"https://localhost:{shield.tls}/big"], capture_output=True, timeout=30)
    said = run.stdout.decode("latin-1")
    assert run.returncode == 0 and said.count(":status: 200") == 2 and "x-sum: 42" in said, said[-3000:]

"""Bodies on their way through: piece by piece, never gathered, never changed, both ways at once, and a gibibyte in the memory
of a small one."""
import contextlib
import gzip
import os
import queue
import socket
import threading
import time

import pytest

import lab
from lab import HOST, Talk, by_path, pss, response

GIB = 1 << 30
GROWTH = 4 << 20  # bytes that an edge may grow by, however long the body


class Streaming(lab.Origin):
    """Hands each piece of a body to `pieces` as it comes, and keeps none; /early is answered before its body is read."""

    def __init__(self):
        super().__init__()
        self.pieces, self.counted = queue.Queue(), 0

    def read_body(self, request, stream):
        stream.keeps = False
        reads = {"/early": lambda request, stream: None, "/echo": self.echo, "/count": self.count, "/pieces": self.hand_on}
        reads.get(request.target, super().read_body)(request, stream)

    def hand_on(self, request, stream):
        for piece in pieces_of(request, stream):
            self.pieces.put(piece)

    def echo(self, request, stream):
        stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %b\r\n\r\n" % request.get("content-length").encode())
        for piece in pieces_of(request, stream):
            stream.send(piece.swapcase())

    def count(self, request, stream):
        """All of the body, left in the kernel where it can be: MSG_TRUNC throws away without copying."""
        end = int(request.get("content-length", 0))
        self.counted, last, nothing = 0, b"", bytearray(1 << 20)
        if end and stream.got:
            self.counted = len(stream.some())
        while self.counted < end:
            came = stream.sock.recv_into(nothing, 0, socket.MSG_TRUNC)
            if not came:
                raise lab.Closed(b"")
            self.counted += came
        while not end and not last.endswith(b"\r\n0\r\n\r\n"):
            piece = stream.some()
            self.counted, last = self.counted + len(piece), (last + piece)[-16:]


def pieces_of(request, stream):
    """A body of a known length, as it comes."""
    left = int(request.get("content-length"))
    while left:
        piece = stream.some()
        left -= len(piece)
        yield piece


@pytest.fixture(scope="module")
def house():
    with Streaming() as origin, lab.Shield(origin) as shield:
        yield origin, shield


@pytest.fixture
def origin(house):
    house[0].answer = by_path({})
    house[0].requests.clear()
    return house[0]


# -- piece by piece --


@pytest.mark.parametrize("framing", ["chunked", "until close", "length"])
def test_events_arrive_one_by_one(talk, origin, framing):
    """Server-Sent Events: the origin does not send the next before the client has the last."""
    events = [b"id: %d\ndata: %b\n\n" % (i, b"x" * size) for i, size in enumerate((1, 40, 5000, 2, 70_000, 3))]
    heard = threading.Semaphore(0)

    def answer(request):
        fields = {"chunked": "Transfer-Encoding: chunked\r\n", "until close": "", "length": f"Content-Length: {sum(map(len, events))}\r\n"}
        request.connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{fields[framing]}\r\n".encode())
        for event in events:
            request.connection.sendall(b"%x\r\n%b\r\n" % (len(event), event) if framing == "chunked" else event)
            if not heard.acquire(timeout=5):
                return
        if framing == "chunked":
            request.connection.sendall(b"0\r\n\r\n")

    origin.answer = by_path({"/events": answer})
    talk.ask("GET", "/events", "Accept: text/event-stream")
    got = talk.head()
    assert got.get("content-type") == "text/event-stream" and got.get("content-encoding") is None
    for event in events:
        come = b""
        while len(come) < len(event):
            come += talk.count(int(talk.to(b"\r\n"), 16) + 2)[:-2] if framing != "length" else talk.count(len(event))
        assert come == event
        heard.release()
    assert framing == "length" or talk.to(b"\r\n\r\n") == b"0\r\n\r\n"
    assert talk.one("GET", "/next").body == b"hello\n"


def test_an_upload_arrives_piece_by_piece(talk, origin):
    pieces = [b"%d" % i * 1000 for i in range(10)]
    talk.ask("POST", "/pieces", f"Content-Length: {sum(map(len, pieces))}")
    for piece in pieces:
        talk.send(piece)
        come = b""
        while len(come) < len(piece):
            come += origin.pieces.get(timeout=5)
        assert come == piece
    assert talk.answer().status == 200


def test_both_ways_at_once(talk, origin):
    """An answer that is made of what comes: each piece is back before the next one is sent."""
    origin.answer = by_path({"/echo": lambda request: b""})
    talk.ask("POST", "/echo", "Content-Length: 10000")
    talk.send(b"a" * 1000)
    assert talk.head().status == 200
    for i in range(10):
        assert talk.count(1000) == b"A" * 1000
        if i < 9:
            talk.send(b"a" * 1000)
    assert talk.one("GET", "/next").body == b"hello\n"


def test_the_end_of_an_upload_reaches_an_origin_that_has_begun_to_answer():
    """The client has sent all and waits; the origin reads late, and says the end only when it has read everything. Of many
    lengths, some end just when the sockets on the way are full, and the shield has the rest."""
    class Late(lab.Origin):
        def read_body(self, request, stream):
            request.connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n")
            time.sleep(1)
            super().read_body(request, stream)

    sizes = [i * 40_000 for i in range(1, 150)]
    with Late(lambda request: b"3\r\nend\r\n0\r\n\r\n", record=False) as origin, lab.Shield(origin, site={"concurrency": "off"}) as shield, contextlib.ExitStack() as stack:
        talks = [stack.enter_context(Talk(shield.plain)) for _ in sizes]
        for talk, size in zip(talks, sizes):
            send = threading.Thread(target=talk.ask, args=("POST", "/", f"Content-Length: {size}"), kwargs={"body": b"u" * size}, daemon=True)
            send.start()
        assert [talk.answer().body for talk in talks] == [b"begunend"] * len(sizes)


# -- unchanged --


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "identity"])
def test_coded_pages_are_left_alone(talk, origin, coding, framing):
    """Byte for byte, with the fields that tell of them; a coding that no reader would take shows that there is none."""
    body = gzip.compress(os.urandom(1000) * 50, mtime=0) if coding == "gzip" else os.urandom(150_000)
    told = [f"Content-Encoding: {coding}", 'ETag: "strong"', "Vary: Accept-Encoding", "Content-Type: text/html", "Content-MD5: x"]
    page = response(body, "200 OK", *told)
    if framing == "chunked":
        page = response(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), "200 OK", "Transfer-Encoding: chunked", *told, length=False)
    origin.answer = by_path({"/": page})
    answer = talk.one("GET", "/", "Accept-Encoding: gzip, br, zstd")
    assert answer.body == body
    assert [f"{name}: {value}" for name, value in answer.fields][:len(told)] == told
    assert origin.requests[0].get("accept-encoding") == "gzip, br, zstd"


def test_a_reader_in_fits_and_starts_gets_every_byte(talk, origin):
    body = os.urandom(1 << 20) * 6
    origin.answer = by_path({"/": response(body), "/chunked": response(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), "200 OK",
                                                                       "Transfer-Encoding: chunked", length=False)})
    for target in ("/", "/chunked"):
        talk.ask("GET", target)
        time.sleep(0.3)
        assert talk.answer().body == body


# -- an answer that does not wait for the body --


@pytest.mark.parametrize("fields", [["Content-Length: 8000000"], ["Transfer-Encoding: chunked"]], ids=["length", "chunked"])
def test_an_early_answer_reaches_a_client_that_still_sends(talk, origin, fields):
    """Whole, though the client is in the middle of sending and the origin reads no more: RST must not overtake it."""
    def answer(request):
        request.connection.sendall(response(b"too large" * 1000, "413 Content Too Large", "Connection: close"))
        request.connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while request.connection.recv(65536):
                pass

    origin.answer = by_path({"/early": answer})
    talk.ask("POST", "/early", *fields)
    sender = threading.Thread(target=send_on, args=(talk, fields), daemon=True)
    sender.start()
    time.sleep(0.3)  # the client sees the answer late
    got = talk.answer()
    assert got.status == 413 and got.body == b"too large" * 1000
    sender.join(10)
    assert not sender.is_alive()


def send_on(talk, fields):
    piece = b"x" * 8000 if "Length" in fields[0] else b"1f40\r\n" + b"x" * 8000 + b"\r\n"
    with contextlib.suppress(OSError):
        for _ in range(200):
            talk.send(piece)
            time.sleep(0.002)


# -- long ones --


@contextlib.contextmanager
def little_memory(shield, seconds=60):
    """What the edge takes while this goes on, seen often: at most GROWTH more than before."""
    edge, ended, most = shield.edge(), threading.Event(), [0]
    before = pss(edge)

    def watch():
        while not ended.wait(0.05):
            most[0] = max(most[0], pss(edge))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    started = time.monotonic()
    yield
    took = time.monotonic() - started
    ended.set()
    watcher.join()
    print(f"{took:.1f} s, {(most[0] - before) >> 10} KiB more")
    assert most[0] and most[0] - before < GROWTH, f"{most[0] - before} bytes more"
    assert took < seconds


@pytest.fixture(scope="module")
def sparse(tmp_path_factory):
    path = tmp_path_factory.mktemp("sparse") / "large"
    with open(path, "wb") as file:
        file.truncate(GIB)
        file.write(b"begin")
        file.seek(GIB - 3)
        file.write(b"end")
    return path


def send_file(sock, path, count):
    with open(path, "rb") as file:
        assert sock.sendfile(file, 0, count) == count


def test_a_gibibyte_down(house, origin, sparse):
    def answer(request):
        request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIB)
        send_file(request.connection, sparse, GIB)

    origin.answer = by_path({"/large": answer})
    with Talk(house[1].plain) as talk:
        talk.one()
        with little_memory(house[1]):
            talk.ask("GET", "/large")
            assert int(talk.head().get("content-length")) == GIB
            assert talk.count(5) == b"begin"
            left, nothing = GIB - 8 - len(talk.got), bytearray(1 << 20)
            talk.got.clear()
            while left:
                got = talk.sock.recv_into(nothing, min(left, 1 << 20), socket.MSG_TRUNC)
                assert got
                left -= got
            assert talk.count(3) == b"end"
        assert talk.one().status == 200


def test_a_long_download_over_tls_in_chunks(house, origin, sparse):
    """128 MiB, both framings of it re-written."""
    def answer(request):
        request.connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(128):
            request.connection.sendall(b"100000\r\n")
            send_file(request.connection, sparse, 1 << 20)
            request.connection.sendall(b"\r\n")
        request.connection.sendall(b"0\r\n\r\n")

    origin.answer = by_path({"/large": answer})
    with Talk(house[1].tls, True) as talk:
        talk.one()
        with little_memory(house[1]):
            talk.ask("GET", "/large")
            assert talk.head().get("transfer-encoding") == "chunked"
            total, size = 0, -1
            while size:
                size = int(talk.to(b"\r\n"), 16)
                assert talk.count(size + 2).endswith(b"\r\n")
                total += size
        assert total == 128 << 20


def test_a_gibibyte_up(house, origin, sparse):
    with Talk(house[1].plain) as talk:
        talk.one()
        with little_memory(house[1]):
            talk.ask("POST", "/count", f"Content-Length: {GIB}")
            send_file(talk.sock, sparse, GIB)
            talk.sock.settimeout(30)
            assert talk.answer().status == 200
    assert origin.counted == GIB


def test_a_long_upload_over_tls_in_chunks(house, origin):
    """128 MiB, re-framed."""
    piece = b"%x\r\n%b\r\n" % (1 << 20, b"u" * (1 << 20))
    with Talk(house[1].tls, True) as talk:
        talk.one()
        with little_memory(house[1]):
            talk.ask("POST", "/count", "Transfer-Encoding: chunked")
            for _ in range(128):
                talk.send(piece)
            talk.send(b"0\r\n\r\n")
            talk.sock.settimeout(30)
            assert talk.answer().status == 200
    assert 128 << 20 < origin.counted < (128 << 20) + (1 << 20), "the body and little framing"


def test_a_client_that_goes_away_in_a_long_download(house, origin, sparse):
    """The origin is told at once, rather than read to the end for nobody."""
    told = threading.Event()

    def answer(request):
        request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIB)
        try:
            send_file(request.connection, sparse, GIB)
        except OSError:
            told.set()

    origin.answer = by_path({"/large": answer})
    with Talk(house[1].plain) as talk:
        talk.ask("GET", "/large", host=HOST)
        talk.count(100_000)
    assert told.wait(5)

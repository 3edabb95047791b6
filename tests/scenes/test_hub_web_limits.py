"""The hub's web server under those who are slow, many, or leave: what it holds is bounded, and who works is served."""
import contextlib
import json
import threading
import time

import pytest

from lab import HOST, Closed, trusting, wait_until
from lab.hub_web import Demo, resident
from lab.wire import connect

PART = f"POST /api/v1/echo HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100\r\n\r\nabc".encode()
HEAD = f"GET /api/v1/hello HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


@pytest.fixture(scope="module")
def demo():
    with Demo() as one:
        yield one


@pytest.fixture
def start():
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(Demo(**options))


def has_ended(stream):
    """Without waiting for it."""
    stream.within(0.01)
    return stream.has_ended


# -- clocks --


@pytest.mark.parametrize("clock, sent, status", [("head", HEAD[:-2], 408), ("head", b"G", 408), ("body", PART, 408), ("idle", HEAD, None)])
def test_the_slow_are_told_and_closed(start, clock, sent, status):
    """A client that says some bytes now and then does not move the clock."""
    demo = start(**{clock: 400})
    with demo.talk() as talk:
        talk.send(sent)
        if clock == "idle":
            assert talk.answer().status == 200
            assert talk.rest() == b""
            return
        answer = talk.answer()
        assert answer.status == status and json.loads(answer.body)["error"]["code"] == "too-slow"
        assert talk.rest() == b""
    demo.until(connections=1, body_bytes=0)


def test_bytes_now_and_then_do_not_move_the_clock(start):
    demo = start(head=500)
    with demo.talk() as talk:
        talk.send(HEAD[:-2] + b"X-Slow: ")
        stop = threading.Event()

        def drip():
            with contextlib.suppress(OSError):
                while not stop.wait(0.05):
                    talk.sock.send(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            assert talk.answer().status == 408
        finally:
            stop.set()
            thread.join()


def test_who_says_nothing_is_closed(start):
    demo = start(head=300)
    with demo.talk() as talk:
        assert talk.rest() == b""


def test_who_begins_no_handshake_is_closed(start):
    demo = start(tls=True, handshake=300)
    with connect(demo.tls) as stream:
        assert stream.rest() == b""


def test_who_reads_nothing_is_cut(start):
    """His answer is not kept for longer than he takes some of it."""
    demo = start(send=400)
    with demo.talk() as talk:
        talk.ask("GET", "/api/v1/long?bytes=33554432")
        demo.until(answer_bytes=33554432)
        demo.until(answer_bytes=0, connections=1)
        with pytest.raises((Closed, ConnectionError)):
            talk.count(33554432)


def test_who_reads_slowly_gets_all(start):
    """Longer than the clock in all, but never without a byte for so long."""
    demo = start(send=1000)
    with demo.talk() as talk:
        talk.ask("GET", "/api/v1/long?bytes=33554432")
        head, begin = talk.head(), time.monotonic()
        assert head.get("content-length") == "33554432"
        for _ in range(16):
            assert talk.count(2 << 20) == b"y" * (2 << 20)
            time.sleep(0.12)
        assert time.monotonic() - begin > 1.5


# -- room --


def test_three_hundred_connections(start):
    """All that there may be, and more: those that are idle go, the oldest first; who comes is served."""
    demo = start(tls=True)
    context, streams = trusting(), []
    try:
        for _ in range(300):
            stream = connect(demo.plain)
            streams.append(stream)
            stream.send(HEAD)
            assert stream.to(b"\r\n\r\n").startswith(b"HTTP/1.1 200")
        assert demo.counts()["connections"] == 129  # half of all are for this machine, and the unix socket is not counted with them
        assert [has_ended(stream) for stream in streams] == [True] * 172 + [False] * 128
        with connect(demo.tls, context) as other:
            other.send(HEAD)
            assert other.to(b"\r\n\r\n").startswith(b"HTTP/1.1 200")
    finally:
        for stream in streams:
            stream.close()


def test_one_source_has_no_more_than_its_share(start):
    demo = start(tls=True, source=4)
    context = trusting()
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(connect(demo.tls, context))
        others = [stack.enter_context(connect(demo.tls, context)) for _ in range(5)]
        assert first.rest() == b""
        demo.until(connections=5)
        others[-1].send(HEAD)
        assert others[-1].to(b"\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_who_is_being_served_is_not_closed_for_another(start):
    demo = start(connections=4)
    with contextlib.ExitStack() as stack:
        waiting = [stack.enter_context(demo.talk()) for _ in range(2)]
        for talk in waiting:
            talk.ask("GET", "/api/v1/wait")
        wait_until(lambda: demo.counts()["connections"] == 3)
        for talk in waiting:
            assert talk.is_silent(0.1)
        with contextlib.suppress(ConnectionResetError), demo.talk() as refused:  # which may be before we know that we were connected
            assert refused.within(5) == b"" and refused.has_ended
        assert demo.counts()["refused"] == 1
        assert demo.ask_locally("/api/v1/release", method="POST").status == 204  # there is room for the administrator of this machine
        for talk in waiting:
            assert talk.answer().body == b'"released"'


def test_half_heads_do_not_keep_others_out(start):
    demo = start(connections=8)
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(demo.talk()).send(b"GET / HT")
        for _ in range(5):
            assert demo.get("/api/v1/hello").status == 200


def hold_all(demo):
    """More bodies than may be held, each but for its last byte."""
    body = b"x" * (1 << 20)
    before = demo.counts()["faults"]
    with contextlib.ExitStack() as stack:
        talks = [stack.enter_context(demo.talk()) for _ in range(70)]
        for talk in talks:
            talk.ask("POST", "/api/v1/echo", f"Content-Length: {len(body)}", body=body[:-1])
        wait_until(lambda: demo.counts()["body_bytes"] > (60 << 20), what="bodies held")
        assert demo.counts()["body_bytes"] <= 64 << 20  # in all: the others are told that the hub is busy
        wait_until(lambda: demo.counts()["faults"] >= before + 6, what="refusals")
    demo.until(connections=1, body_bytes=0, answer_bytes=0)


def test_who_is_idle_goes_before_who_is_asking(start):
    demo = start(connections=8)  # four of this machine
    with contextlib.ExitStack() as stack:
        asking, idle, *waiting = [stack.enter_context(demo.talk()) for _ in range(4)]
        asking.send(HEAD[:-2])
        assert idle.one("GET", "/api/v1/hello").status == 200
        for talk in waiting:
            talk.ask("GET", "/api/v1/wait")
        wait_until(lambda: demo.counts()["connections"] == 5)
        assert demo.get("/api/v1/hello").status == 200
        assert idle.rest() == b""
        asking.send(HEAD[-2:])
        assert asking.answer().status == 200
        demo.ask_locally("/api/v1/release", method="POST")


def test_memory_comes_back(start):
    """What the allocator keeps after the first time it uses again."""
    demo = start(is_measured=True)
    hold_all(demo)
    before = resident(demo)
    for _ in range(3):
        hold_all(demo)
    assert resident(demo) < before + (16 << 20)


def test_one_source_holds_no_more_bodies_than_its_share(start):
    demo = start(tls=True)
    body = b"x" * (1 << 20)
    with contextlib.ExitStack() as stack:
        talks = [stack.enter_context(demo.talk(tls=True)) for _ in range(12)]
        for talk in talks:
            with contextlib.suppress(OSError):  # refused, and closed, while it sends
                talk.ask("POST", "/api/v1/echo", f"Content-Length: {len(body)}", body=body[:-1])
        wait_until(lambda: demo.counts()["faults"] >= 4, what="refusals")
        assert (7 << 20) < demo.counts()["body_bytes"] <= 8 << 20
        assert demo.get("/api/v1/echo", method="POST", body=body).body == body  # another source
    demo.until(body_bytes=0)


# -- who leaves --


@pytest.mark.parametrize("sent", [b"", b"GET", HEAD[:-2], PART, PART[:30]])
@pytest.mark.parametrize("reset", [False, True])
def test_who_leaves_in_the_middle_leaves_nothing(demo, sent, reset):
    talk = demo.talk()
    talk.send(sent)
    demo.until(connections=2)
    talk.close(reset)
    demo.until(connections=1, body_bytes=0, answer_bytes=0)


def test_who_leaves_while_a_long_answer_goes(demo):
    talk = demo.talk()
    talk.ask("GET", "/api/v1/long?bytes=33554432")
    demo.until(answer_bytes=33554432)
    talk.close(reset=True)
    demo.until(connections=1, answer_bytes=0)


def test_who_shuts_his_half_still_gets_what_is_there_at_once(demo):
    with demo.talk() as talk:
        talk.send(HEAD)
        talk.finish()
        assert talk.answer().status == 200
        assert talk.rest() == b""

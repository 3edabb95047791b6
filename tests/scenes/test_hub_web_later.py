"""Answers of the hub's web server that come later, in pieces, or as a stream of events."""
import contextlib
import json

import pytest

from lab import Closed, wait_until
from lab.hub_web import Demo, resident


@pytest.fixture
def start():
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(Demo(**options))


@pytest.fixture
def demo(start):
    return start()


# -- later --


def test_an_answer_comes_when_it_is_known(demo):
    with demo.talk() as talk:
        talk.ask("GET", "/api/v1/wait")
        talk.ask("GET", "/api/v1/hello")  # pipelined: it has its turn afterwards
        assert talk.is_silent(0.2)
        demo.ask_locally("/api/v1/release", method="POST")
        assert talk.answer().body == b'"released"'
        assert json.loads(talk.answer().body)["path"] == "/api/v1/hello"
    assert demo.counts()["gone"] == 0


def test_an_answer_that_is_known_at_once(demo):
    with demo.talk() as talk:
        for _ in range(3):
            assert talk.one("GET", "/api/v1/at-once").body == b'"at once"'
    assert demo.counts()["gone"] == 0


@pytest.mark.parametrize("leave", [lambda talk: talk.close(), lambda talk: talk.close(reset=True), lambda talk: talk.finish()])
def test_whoever_leaves_is_told_of(demo, leave):
    talk = demo.talk()
    talk.ask("GET", "/api/v1/wait")
    wait_until(lambda: demo.counts()["connections"] == 2)
    leave(talk)
    demo.until(gone=1, connections=1)
    demo.ask_locally("/api/v1/release", method="POST")  # it knows that there is nobody
    assert demo.get("/api/v1/hello").status == 200
    talk.close()


def test_who_waits_too_long_is_told(start):
    demo = start(wait=300)
    with demo.talk() as talk:
        answer = talk.one("GET", "/api/v1/wait")
        assert answer.status == 503 and json.loads(answer.body)["error"]["code"] == "took-too-long"
        assert demo.counts()["gone"] == 1
        assert talk.one("GET", "/api/v1/hello").status == 200  # nothing else happened to the connection


def test_the_server_may_end_while_somebody_waits(start):
    demo = start()
    with demo.talk() as talk, demo.talk() as stream:
        talk.ask("GET", "/api/v1/wait")
        stream.ask("GET", "/api/v1/stream?person=anna")
        stream.head()
        wait_until(lambda: demo.counts()["connections"] == 3)
        demo.ask_locally("/api/v1/quit", method="POST")
        assert demo.process.wait(10) == 0


# -- in pieces --


@pytest.mark.parametrize("count, size", [(0, 0), (1, 1), (3, 5), (40, 60000), (500, 0)])
def test_pieces(demo, count, size):
    with demo.talk() as talk:
        answer = talk.one("GET", f"/api/v1/pieces?count={count}&size={size}")
        assert answer.get("transfer-encoding") == "chunked" and answer.get("content-type") == "application/x-ndjson"
        assert answer.body == b"x" * (count * size)
        assert talk.one("GET", "/api/v1/hello").status == 200
    demo.until(pieces_gone=1)


def test_pieces_for_an_old_client_end_with_the_connection(demo):
    with demo.talk() as talk:
        talk.ask("GET", "/api/v1/pieces?count=3&size=5", version="1.0")
        answer = talk.answer()
        assert answer.get("transfer-encoding") is None and answer.get("connection") == "close" and answer.body == b"x" * 15


def test_pieces_that_break_off_do_not_look_whole(demo):
    with demo.talk() as talk:
        talk.ask("GET", "/api/v1/pieces?count=3&size=5&break=1")
        with pytest.raises(Closed):
            talk.answer()
    demo.until(pieces_gone=1)


def test_pieces_wait_for_the_client(start):
    """An export of 400 MB is never in memory: what is made is what is taken."""
    demo = start(is_measured=True)
    with demo.talk() as talk:
        talk.ask("GET", "/api/v1/pieces?count=8000&size=50000")
        talk.head()
        for _ in range(3):
            assert demo.get("/api/v1/hello").status == 200  # others have their turn
        assert resident(demo) < 32 << 20
        assert demo.counts()["pieces_gone"] == 0
    demo.until(pieces_gone=1, connections=1)


# -- streams --


def begin(stack, demo, person, tenant):
    talk = stack.enter_context(demo.talk())
    talk.ask("GET", f"/api/v1/stream?person={person}&tenant={tenant}")
    head = talk.head()
    assert head.status == 200 and head.get("content-type") == "text/event-stream" and head.get("cache-control") == "no-store"
    return talk


def event(talk):
    """The next event's lines; what frames the chunks is left out."""
    lines = []
    while line := talk.to(b"\n").rstrip(b"\r\n"):
        if line.startswith((b"event", b"data", b"retry", b":")):
            lines.append(line)
    if not lines:
        return event(talk)
    return lines


def test_each_hears_what_he_may(demo):
    with contextlib.ExitStack() as stack:
        one, two = begin(stack, demo, "anna", 1), begin(stack, demo, "bert", 2)
        for talk in (one, two):
            assert event(talk) == [b"retry: 2000"]
            assert event(talk) == [b"event: now", b'data: {"first":true}']
        assert demo.ask_locally("/api/v1/say?tenant=2", "POST", '{"for":2}').body == b"1"
        assert demo.ask_locally("/api/v1/say", "POST", '{"for":"all"}').body == b"2"
        assert event(one) == [b"event: incident", b'data: {"for":"all"}']
        assert event(two) == [b"event: incident", b'data: {"for":2}']
        assert event(two) == [b"event: incident", b'data: {"for":"all"}']
        assert demo.ask_locally("/api/v1/say", "POST", '{}\n\nevent: forged').body == b"0"


def test_whose_session_is_over_hears_nothing_more(demo):
    with contextlib.ExitStack() as stack:
        one, two = begin(stack, demo, "anna", 1), begin(stack, demo, "bert", 2)
        assert demo.ask_locally("/api/v1/end?tenant=1", "POST").body == b"1"
        assert demo.ask_locally("/api/v1/say", "POST", "{}").body == b"1"
        assert one.to(b"0\r\n\r\n").count(b"event:") <= 1  # in order: a browser comes again by itself
        assert one.one("GET", "/api/v1/hello").status == 200
        demo.until(streams=1, streams_gone=1)
        assert event(two) == [b"retry: 2000"] and event(two) and event(two) == [b"event: incident", b"data: {}"]


def test_so_many_of_a_person(demo):
    with contextlib.ExitStack() as stack:
        talks = [begin(stack, demo, "anna", 1) for _ in range(4)]
        with demo.talk() as fifth:
            answer = fifth.one("GET", "/api/v1/stream?person=anna")
            assert (answer.status, answer.get("retry-after"), json.loads(answer.body)["error"]["code"]) == (429, "30", "stream-limit")
        begin(stack, demo, "bert", 1)
        talks[0].close()
        demo.until(streams=4)
        begin(stack, demo, "anna", 1)


def test_who_does_not_read_is_dropped_and_others_hear_all(demo):
    text = json.dumps({"filler": "x" * 100000})
    with contextlib.ExitStack() as stack:
        begin(stack, demo, "slow", 1)
        quick, heard, said = begin(stack, demo, "quick", 1), bytearray(), 0
        while demo.counts()["streams"] == 2:
            said += int(demo.ask_locally("/api/v1/say", "POST", text).body) > 0
            heard += quick.within(0.05)
            assert said < 400
        demo.until(streams=1, streams_gone=1)
        wait_until(lambda: heard.extend(quick.within(0.05)) or heard.count(b"event: incident") >= said, what="all of it")
        assert not quick.has_ended

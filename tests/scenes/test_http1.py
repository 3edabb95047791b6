"""HTTP/1.1 as portals speak it, over real sockets: how messages end, and what is said before and instead of them. Each
scene in the clear and over TLS, for their buffers differ."""
import threading
import time

import pytest

import lab
from lab import HOST, Talk, by_path, response

SITE = {"limits": {"body": "1MiB"},
        "routes": [{"path": "/read-only", "allow_methods": ["GET"]}, {"path": "/elsewhere", "allow_from": ["192.0.2.0/24"]}]}


@pytest.fixture(scope="module")
def house():
    with lab.Origin() as origin, lab.Shield(origin, site=SITE) as shield:
        yield origin, shield


@pytest.fixture
def origin(house):
    house[0].answer = by_path({})
    house[0].requests.clear()
    return house[0]


def chunked(*pieces, end=b"0\r\n\r\n"):
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + end


def head(*fields, status="200 OK", version="1.1"):
    return "\r\n".join([f"HTTP/{version} {status}", *fields, "", ""]).encode()


CHUNKED = head("Transfer-Encoding: chunked")

# -- how messages end --


@pytest.mark.parametrize("sent, body", [
    (chunked(), b""),
    (chunked(b"x"), b"x"),
    (chunked(*[b"%d" % (i % 10) for i in range(2000)]), b"0123456789" * 200),
    (chunked(b"a" * 300_000, b"b" * 70_000), b"a" * 300_000 + b"b" * 70_000),
    (b"3;name=value\r\nabc\r\n0;last\r\n\r\n", b"abc"),
    (b"0000a\r\n0123456789\r\n000\r\n\r\n", b"0123456789"),
    (b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
], ids=["empty", "one", "crumbs", "large", "extensions", "zeros", "capital"])
def test_chunked_both_ways(talk, origin, sent, body):
    """What comes in chunks goes on in chunks of ours, the same bytes; the connection is used again."""
    origin.answer = by_path({"/": CHUNKED + sent})
    if len(body) < 100_000:
        answer = talk.one("POST", "/up", "Transfer-Encoding: chunked", body=sent)
        assert answer.status == 200
        assert origin.requests[0].body == body
        assert origin.requests[0].get("transfer-encoding") == "chunked" and origin.requests[0].get("content-length") is None
    answer = talk.one()
    assert answer.body == body and answer.get("transfer-encoding") == "chunked" and answer.get("content-length") is None
    assert talk.one().body == body


def test_chunked_for_an_old_client(talk, origin):
    """HTTP/1.0 knows no chunks: the bytes alone, and the end of the connection ends them."""
    origin.answer = by_path({"/": CHUNKED + chunked(b"abc", b"def")})
    answer = talk.one(version="1.0")
    assert (answer.body, answer.get("transfer-encoding"), answer.get("connection")) == (b"abcdef", None, "close")


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_until_close_becomes_chunked(talk, origin, version):
    """An origin that ends its page by closing does not cost the visitor the connection."""
    def answer(request):
        request.connection.sendall(head("Content-Type: text/plain", version=version) + b"first ")
        time.sleep(0.05)
        request.connection.sendall(b"last")

    origin.answer = by_path({"/": answer})
    for _ in range(2):
        got = talk.one()
        assert got.body == b"first last" and got.get("transfer-encoding") == "chunked" and got.get("connection") is None


@pytest.mark.parametrize("body", [CHUNKED + b"5\r\nabcde\r\n", head("Content-Length: 10") + b"abcde", CHUNKED + b"5\r\nabcdeXX0\r\n\r\n"],
                         ids=["no last chunk", "short", "broken chunk"])
def test_a_page_cut_short_is_seen_to_be(talk, origin, body):
    """The client must be able to tell: the connection ends before the message does."""
    origin.answer = by_path({"/": lambda request: request.connection.sendall(body)})
    talk.ask()
    with pytest.raises(OSError):
        talk.answer()


def test_trailers_both_ways(talk, origin):
    origin.answer = by_path({"/": head("Transfer-Encoding: chunked", "Trailer: Server-Timing, ETag") +
                            chunked(b"abc", end=b"0\r\nServer-Timing: db;dur=53\r\nETag: \"x\"\r\n\r\n")})
    answer = talk.one("POST", "/", "Transfer-Encoding: chunked", "Trailer: X-Checksum",
                      body=chunked(b"up", end=b"0\r\nX-Checksum: 42\r\nX-Note:  spaced \r\n\r\n"))
    assert answer.body == b"abc" and answer.trailers == [("Server-Timing", "db;dur=53"), ("ETag", '"x"')]
    assert answer.get("trailer") == "Server-Timing, ETag"
    assert origin.requests[0].raw_body == b"2\r\nup\r\n0\r\nX-Checksum: 42\r\nX-Note: spaced\r\n\r\n"
    assert talk.one("GET", "/x").body == b"hello\n"


@pytest.mark.parametrize("name", ["Content-Length", "Transfer-Encoding", "Host", "X-Forwarded-For", "Authorization", "Set-Cookie", "Cookie",
                                  "Content-Type", "If-Match", "Connection"])
def test_trailers_that_would_decide_something(talk, origin, name):
    """From a client: refused, and the origin never sees the end of it. From an origin: left out."""
    origin.answer = by_path({"/": CHUNKED + chunked(b"abc", end=f"0\r\n{name}: 1\r\nX-Fine: yes\r\n\r\n".encode())})
    assert talk.one().trailers == [("X-Fine", "yes")]
    answer = talk.one("POST", "/up", "Transfer-Encoding: chunked", body=chunked(b"abc", end=f"0\r\n{name}: 1\r\n\r\n".encode()))
    assert answer.status == 400 and answer.get("connection") == "close"
    assert [one.target for one in origin.requests] == ["/"]


def test_head_and_bodies_that_are_none(talk, origin):
    """HEAD, 204 and 304 end with their heads, whatever these announce; the next answer begins where it should."""
    origin.answer = by_path({
        "/": head("Content-Length: 1234", "ETag: \"a\""), "/chunked": CHUNKED, "/204": head("X-Is: none", status="204 No Content"),
        "/204-length": head("Content-Length: 0", status="204 No Content"),
        "/304": head("ETag: \"a\"", "Content-Length: 1234", status="304 Not Modified"), "/empty": head("Content-Length: 0")})
    assert talk.one("HEAD", "/").get("content-length") == "1234"
    assert talk.one("HEAD", "/chunked").get("content-length") is None
    assert talk.one("GET", "/204").get("content-length") is None
    assert talk.one("GET", "/204-length").get("content-length") is None
    answer = talk.one("GET", "/304", 'If-None-Match: "a"')
    assert (answer.status, answer.get("etag"), answer.get("content-length"), answer.get("transfer-encoding")) == (304, '"a"', "1234", None)
    assert origin.requests[-1].get("if-none-match") == '"a"'
    assert talk.one("GET", "/empty").get("content-length") == "0"
    assert talk.one("HEAD", "/404?").status == 200 and talk.one("GET", "/end").body == b"hello\n"


@pytest.mark.parametrize("ask, status, told", [
    (["Range: bytes=2-4"], "206 Partial Content", ["Content-Range: bytes 2-4/10", "Accept-Ranges: bytes"]),
    (["Range: bytes=0-1,5-6", 'If-Range: "v1"'], "206 Partial Content", ["Content-Type: multipart/byteranges; boundary=b"]),
    (["Range: bytes=99-"], "416 Range Not Satisfiable", ["Content-Range: bytes */10"]),
    (['If-Match: "v2"', "If-Unmodified-Since: Sat, 29 Oct 1994 19:43:31 GMT"], "412 Precondition Failed", ['ETag: "v1"']),
    (["If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT", 'If-None-Match: W/"a", "b"'], "200 OK", ["Last-Modified: Sat, 29 Oct 1994 19:43:31 GMT"]),
    (["Accept-Encoding: zstd, br;q=0.9", "Accept-Language: nl"], "299 Anything Goes", ["Vary: Accept-Encoding"]),
], ids=["range", "ranges", "416", "412", "conditional", "odd status"])
def test_passed_through(talk, origin, ask, status, told):
    """Ranges, conditions and negotiation are between client and origin: as they are, in both directions."""
    origin.answer = by_path({"/": response(b"cde", status, *told)})
    answer = talk.one("GET", "/", *ask)
    assert answer.first == f"HTTP/1.1 {status}" and answer.body == b"cde"
    sent = [f"{name}: {value}" for name, value in origin.requests[0].fields]
    assert [line for line in sent if line in ask] == ask
    assert [f"{name}: {value}" for name, value in answer.fields if f"{name}: {value}" in told] == told


# -- what is said before the answer --


def test_continue_is_said_when_the_body_is_waited_for(talk, origin):
    talk.ask("POST", "/", "Expect: 100-continue", "Content-Length: 5")
    assert talk.head().first == "HTTP/1.1 100 Continue"
    assert not origin.requests or origin.requests[0].body == b""
    talk.send(b"abcde")
    answer = talk.answer()
    assert answer.status == 200 and not answer.interim, "100 is said once"
    assert origin.requests[0].body == b"abcde" and origin.requests[0].get("expect") is None


@pytest.mark.parametrize("fields, body, version", [
    (["Content-Length: 5"], b"abcde", "1.1"),
    (["Expect: 100-continue", "Content-Length: 5"], b"abcde", "1.1"),
    (["Expect: 100-continue", "Transfer-Encoding: chunked"], b"5\r\nabcde\r\n0\r\n\r\n", "1.1"),
    (["Expect: 100-continue", "Content-Length: 0"], b"", "1.1"),
    (["Expect: 100-continue"], b"", "1.1"),
    (["Expect: 100-continue", "Content-Length: 5", "Connection: keep-alive"], b"abcde", "1.0"),
], ids=["not asked", "came at once", "chunked at once", "of no bytes", "of no body", "HTTP/1.0"])
def test_continue_is_not_said(talk, origin, fields, body, version):
    origin.answer = by_path({"/": head("Content-Length: 2", status="200 OK") + b"ok"})
    answer = talk.one("POST", "/", *fields, body=body, version=version)
    assert answer.status == 200 and not answer.interim and origin.requests[0].raw_body == body
    assert talk.one().body == b"ok", "the connection goes on"


def test_an_old_client_that_waits_is_not_told_to_continue(talk, origin):
    talk.ask("POST", "/", "Expect: 100-continue", "Content-Length: 5", version="1.0")
    assert talk.is_silent()
    talk.send(b"abcde")
    assert talk.answer().status == 200


@pytest.mark.parametrize("method, target, fields, host, status", [
    ("POST", "/", ["Content-Length: 1048577"], HOST, 413),
    ("POST", "/read-only", ["Content-Length: 5"], HOST, 405),
    ("POST", "/elsewhere", ["Transfer-Encoding: chunked"], HOST, 403),
    ("POST", "/", ["Content-Length: 5"], "unknown.example", 421),
    ("POST", "/", ["Content-Length: 5", "Expect: something-else"], HOST, 417),
], ids=["too large", "method", "source", "host", "another expectation"])
def test_refused_before_the_body(talk, origin, method, target, fields, host, status):
    """No 100, no byte to the origin, and the connection ends, for its next bytes might be the body."""
    wish = [] if any("Expect" in field for field in fields) else ["Expect: 100-continue"]
    answer = talk.one(method, target, *fields, *wish, host=host)
    assert answer.status == status and not answer.interim and answer.get("connection") == "close"
    assert talk.is_closed() and not origin.requests


def test_interim_answers_of_the_origin(talk, origin):
    """Early hints go on, each at once; 100 does not, for nobody asked the origin."""
    gate = threading.Event()

    def answer(request):
        send = request.connection.sendall
        send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n")
        send(head("Link: </a.css>; rel=preload", "Connection: X-Gone", "X-Gone: 1", "Keep-Alive: 5", status="103 Early Hints"))
        gate.wait(5)
        return head("Link: </b.css>; rel=preload", status="103 Early Hints") + response(b"page")

    origin.answer = by_path({"/": answer})
    talk.ask()
    assert talk.head().status == 102
    hint = talk.head()
    assert hint.status == 103 and hint.fields == [("Link", "</a.css>; rel=preload")]
    gate.set()
    answer = talk.answer()
    assert [one.status for one in answer.interim] == [103] and answer.body == b"page"
    assert talk.one("GET", "/x").body == b"hello\n"


def test_an_old_client_hears_no_interim_answers(talk, origin):
    """RFC 9110, 15.2: it would take 103 for the answer."""
    origin.answer = by_path({"/": head("Link: </a.css>", status="103 Early Hints") + response(b"page")})
    answer = talk.one(version="1.0")
    assert not answer.interim and answer.body == b"page"


def test_many_early_hints(talk, origin):
    """A portal may hint at many things at once."""
    links = [f"Link: </{i}.css>; rel=preload" for i in range(60)]
    origin.answer = by_path({"/": head(*links, status="103 Early Hints") + response(b"page")})
    answer = talk.one()
    assert [f"{name}: {value}" for name, value in answer.interim[0].fields] == links
    assert answer.body == b"page" and answer.get("connection") is None

"""The hub's web server as programs and browsers meet it: methods, routes, framing, files, and what it says to keep a browser safe."""
import gzip
import json
import os
import subprocess
import sys

import pytest

from lab import HOST, request
from lab.hub_web import Demo
from scenes.test_smuggling import CATALOGUE

SAFE = {"content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin", "cross-origin-embedder-policy": "require-corp",
        "permissions-policy": "camera=()"}
HTML = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def demo():
    with Demo() as one:
        yield one


def code_of(answer):
    return json.loads(answer.body)["error"]["code"]


def test_answers_and_goes_on(demo):
    with demo.talk() as talk:
        for q in range(3):
            answer = talk.one("GET", f"/api/v1/hello?q={q}")
            assert answer.status == 200 and json.loads(answer.body)["q"] == str(q)
            assert answer.get("content-type") == "application/json" and answer.get("connection") is None


def test_pipelined_requests_are_answered_in_their_order(demo):
    with demo.talk() as talk:
        talk.send(b"".join(f"GET /api/v1/hello?q={q} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode() for q in range(40)))
        assert [json.loads(talk.answer().body)["q"] for _ in range(40)] == [str(q) for q in range(40)]


def test_a_request_in_single_bytes(demo):
    with demo.talk() as talk:
        for byte in f"POST /api/v1/echo HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".encode():
            talk.send(bytes([byte]))
        assert talk.answer().body == b"abc"


@pytest.mark.parametrize("method, path, status, allow", [
    ("HEAD", "/api/v1/hello", 200, None), ("HEAD", "/", 200, None), ("HEAD", "/api/v1/pieces?count=3&size=9", 200, None), ("HEAD", "/api/v1/stream?person=a", 200, None),
    ("POST", "/api/v1/hello", 405, "GET, HEAD, OPTIONS"), ("TRACE", "/api/v1/hello", 405, "GET, HEAD, OPTIONS"), ("BREW", "/api/v1/hello", 405, "GET, HEAD, OPTIONS"),
    ("OPTIONS", "/api/v1/things/7", 204, "GET, HEAD, DELETE, OPTIONS"), ("OPTIONS", "*", 204, "OPTIONS"), ("OPTIONS", "/", 204, "GET, HEAD, OPTIONS"),
    ("POST", "/", 405, "GET, HEAD, OPTIONS"), ("GET", "/api/v1/nothing", 404, None), ("GET", "/api", 404, None), ("GET", "/api/v1/never", 403, None),
    ("GET", "/api/v1/hello/", 404, None), ("GET", "/api/v1/silent", 500, None), ("GET", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", 404, None),
])
def test_methods_and_paths(demo, method, path, status, allow):
    with demo.talk() as talk:
        answer = talk.one(method, path)
        assert (answer.status, answer.get("allow")) == (status, allow)
        assert method != "HEAD" or not answer.body
        assert talk.one("GET", "/api/v1/hello").status == 200  # the connection is still in step


def test_head_says_how_long_the_answer_would_be(demo):
    with demo.talk() as talk:
        assert talk.one("HEAD", "/index.html").get("content-length") == str(len(talk.one("GET", "/index.html").body))


@pytest.mark.parametrize("path, a, b", [
    ("/api/v1/things/10.0.0.0%2F8", "10.0.0.0/8", ""), ("/api/v1/things/x/of/y%20z", "x", "y z"), ("/api/v1/things/%E2%82%AC", "\u20ac", ""), ("/api/v1/things/a+b", "a+b", ""),
    ("http://%s/api/v1/things/7" % HOST, "7", ""),
])
def test_parts_of_paths(demo, path, a, b):
    told = json.loads(demo.get(path).body)
    assert (told["a"], told["b"]) == (a, b)


@pytest.mark.parametrize("path", ["/api/v1/things/..", "/api/v1/things/%2e%2e", "/api/v1//hello", "//hello", "/api/v1/things/a%00", "/api/v1/things/a%5cb", "/api/v1/things/..%2f..%2fx",
                                  "/api/v1/things/%ff", "/api/v1/things/%", "/./api/v1/hello", "/assets/../index.html", "/%2e%2e/%2e%2e/etc/passwd"])
def test_paths_with_two_meanings(demo, path):
    answer = demo.get(path)
    assert (answer.status, code_of(answer)) == (400, "path")


@pytest.mark.parametrize("query, status", [("q=1&q=2", 400), ("q=%00", 400), ("q=%zz", 400), ("q=%ff", 400), ("q=%E2%82%AC+1", 200)])
def test_queries(demo, query, status):
    assert demo.get(f"/api/v1/hello?{query}").status == status


@pytest.mark.parametrize("host, status", [(HOST, 200), (HOST.upper() + ".", 200), (HOST + ":8444", 200), ("localhost", 200), ("127.0.0.1", 200), ("[::1]:9", 200),
                                          ("evil.example", 421), ("10.0.0.1", 421), ("localhost.evil.example", 421), ("www.commune.example.evil.example", 421)])
def test_other_names_are_sent_away(demo, host, status):
    """A page of evil.example whose name suddenly means 127.0.0.1 (DNS rebinding) gets nothing, files neither."""
    for path in ("/api/v1/hello", "/", "/index.html"):
        assert demo.get(path, host=host).status == status


def test_an_old_request_without_host_is_sent_away(demo):
    with demo.talk() as talk:
        talk.send("GET /api/v1/hello HTTP/1.0\r\n\r\n")
        assert talk.answer().status == 421


@pytest.mark.parametrize("path", ["/api/v1/hello", "/api/v1/nothing", "/", "/nothing", "/api/v1/things/..", "/api/v1/pieces?count=1&size=1"])
def test_every_answer_keeps_a_browser_safe(demo, path):
    answer = demo.get(path)
    for name, value in SAFE.items():
        assert answer.get(name).startswith(value)
    assert answer.get("strict-transport-security") is None  # plain HTTP: RFC 6797, 7.2
    assert answer.get("server") is None
    if path != "/":
        assert answer.get("cache-control") == "no-store"


def test_no_field_can_break_a_line(demo):
    answer = demo.get("/api/v1/fields?value=a%0D%0ASet-Cookie:%20x=1")
    assert answer.status == 500 and answer.get("set-cookie") is None
    answer = demo.get("/api/v1/fields?value=fine")
    assert answer.status == 200 and answer.get("x-value") == "fine" and answer.get("cache-control") == "no-store"


def test_cookies_and_origins(demo):
    fields = {"Cookie": "a=1; bouclier_session=abc", "Origin": f"http://{HOST}"}
    told = json.loads(demo.get("/api/v1/hello", **fields).body)
    assert (told["cookie"], told["origin"]) == ("abc", "same")
    told = json.loads(demo.get("/api/v1/hello", Cookie="bouclier_session=abc; bouclier_session=def", Origin="http://evil.example").body)
    assert (told["cookie"], told["origin"]) == ("", "other")


# -- bodies --


def test_bodies(demo):
    body = bytes(range(256)) * 4096  # 1 MiB: all that there may be
    with demo.talk() as talk:
        for sent in (b"", b"x", body):
            assert talk.one("POST", "/api/v1/echo", f"Content-Length: {len(sent)}", body=sent).body == sent
        assert talk.one("POST", "/api/v1/echo").body == b""
        assert talk.one("POST", "/api/v1/echo", "Transfer-Encoding: chunked", body=b"5;a=b\r\nhello\r\n0\r\n\r\n").body == b"hello"
        assert talk.one("GET", "/api/v1/hello", "Content-Length: 2", body=b"hi").status == 200
    demo.until(body_bytes=0, answer_bytes=0)


@pytest.mark.parametrize("framing, body", [(f"Content-Length: {(1 << 20) + 1}", b""), ("Transfer-Encoding: chunked", b"100001\r\n"),
                                           ("Transfer-Encoding: chunked", b"80000\r\n" + b"x" * 0x80000 + b"\r\n80001\r\n")])
def test_bodies_that_are_too_long(demo, framing, body):
    with demo.talk() as talk:
        answer = talk.one("POST", "/api/v1/echo", framing, body=body)
        assert (answer.status, code_of(answer), answer.get("connection")) == (413, "body-long", "close")
    demo.until(body_bytes=0)


def test_continues_when_asked(demo):
    with demo.talk() as talk:
        talk.ask("POST", "/api/v1/echo", "Content-Length: 3", "Expect: 100-continue")
        assert talk.head().status == 100
        talk.send(b"abc")
        assert talk.answer().body == b"abc"
        answer = talk.one("POST", "/api/v1/echo", "Content-Length: 0", "Expect: 100-continue")  # there is nothing to wait for
        assert answer.status == 200 and not answer.interim
        answer = talk.one("POST", "/api/v1/nothing", "Content-Length: 3", "Expect: 100-continue")  # at once, and no body is asked for
        assert (answer.status, answer.get("connection")) == (404, "close") and not answer.interim


def test_a_refused_body_is_thrown_away_so_that_the_refusal_is_read(demo):
    """The client sends on while it is refused: its kernel must not throw our answer away (RFC 9112, 9.6)."""
    with demo.talk() as talk:
        talk.ask("POST", "/api/v1/nothing", "Content-Length: 200000", body=b"x" * 50000)
        assert talk.answer().status == 404
        for _ in range(3):
            talk.send(b"x" * 50000)  # would be an error after a reset
        talk.finish()
        assert talk.rest() == b""


@pytest.mark.parametrize("fields, status", [([f"X-{n}: 1" for n in range(80)], 431), (["X-Long: " + "x" * 17000], 431)])
def test_heads_that_are_too_long(demo, fields, status):
    with demo.talk() as talk:
        assert talk.one("GET", "/api/v1/hello", *fields).status == status


def test_targets_that_are_too_long(demo):
    assert demo.get("/" + "a" * 9000).status == 414


# -- smuggling --


@pytest.mark.parametrize("entry", [pytest.param(entry, id=f"{family}-{entry.name}") for family, entry in CATALOGUE
                                   if entry.is_refused and "eof" not in entry.steps and entry.name != "TRACE"])  # which is a method like another here: 405, above
def test_what_is_ambiguous_is_refused_and_nothing_behind_it_is_answered(demo, entry):
    """The catalogue of docs/smuggling.md against this server: one status, one name of the fault, then the end."""
    status, name = entry.answers[-1]
    with demo.talk() as talk:
        talk.send(entry.raw.replace(b"POST /a ", b"POST /api/v1/echo "))
        answers = [talk.answer() for _ in entry.answers]
        assert answers[-1].status == status and answers[-1].get("connection") == "close"
        assert code_of(answers[-1]) == {"unknown-host": "misdirected"}.get(name, name)
        assert talk.rest() == b""


# -- files --


def test_files(demo):
    page = demo.get("/")
    assert page.status == 200 and page.get("content-type") == "text/html; charset=utf-8" and page.get("cache-control") == "no-cache" and b"<main" in page.body
    script = demo.get("/assets/app-Bx3kQ9_a.js")
    assert script.get("cache-control") == "public, max-age=31536000, immutable" and script.get("content-type") == "text/javascript; charset=utf-8"
    packed = demo.get("/assets/app-Bx3kQ9_a.js", Accept_Encoding="gzip")
    assert packed.get("content-encoding") == "gzip" and gzip.decompress(packed.body) == script.body and packed.get("etag") != script.get("etag")
    assert demo.get("/mark.txt", Accept_Encoding="gzip").get("content-encoding") is None  # gzip would be longer
    assert demo.get("/incidents/7", Accept=HTML).body == page.body
    assert demo.get("/incidents/7").status == 404 and demo.get("/api/v1/nothing", Accept=HTML).status == 404


def test_files_that_are_known_are_not_sent_again(demo):
    with demo.talk() as talk:
        first = talk.one("GET", "/index.html")
        again = talk.one("GET", "/index.html", f"If-None-Match: {first.get('etag')}")
        assert (again.status, again.get("etag"), again.get("content-length")) == (304, first.get("etag"), None)
        assert talk.one("HEAD", "/index.html", f"If-None-Match: {first.get('etag')}").status == 304
        assert talk.one("GET", "/index.html", 'If-None-Match: "other"').status == 200


# -- the unix socket --


def test_the_kernel_says_who_asks(demo):
    told = json.loads(demo.ask_locally("/api/v1/hello").body)
    assert (told["door"], told["uid"]) == ("local", os.getuid())
    assert json.loads(demo.get("/api/v1/hello").body)["uid"] == 0xffffffff  # nobody, where the kernel does not say


@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user")
def test_the_kernel_says_who_asks_of_another_user(demo):
    os.chmod(demo.socket, 0o666)
    code = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({demo.socket!r}); s.send({request('/api/v1/hello')!r}); print(s.makefile('rb').read().decode())"
    said = subprocess.run([sys.executable, "-c", code], user=65534, group=65534, capture_output=True, text=True, check=True).stdout
    assert json.loads(said.partition("\r\n\r\n")[2] or said.partition("\n\n")[2])["uid"] == 65534

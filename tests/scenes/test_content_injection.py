"""What rules put in front of pages and behind them, in every framing; and the answers that stay as they are."""
import gzip

import pytest

from lab import Origin, Shield, request, response
from lab.h2 import Client

OWN = r'''
SecRuleEngine On
SecContentInjection On
SecRule RESPONSE_STATUS "@rx ." "id:1,phase:3,pass,nolog,prepend:'<!-- front -->',append:'<!-- back %{RESPONSE_STATUS} -->'"
'''
LATE = OWN + r'''
SecResponseBodyAccess On
SecResponseBodyMimeType text/html
SecRule RESPONSE_BODY "@contains words" "id:2,phase:4,pass,nolog,append:'<!-- late -->'"
'''
FRONT, BACK = b"<!-- front -->", b"<!-- back 200 -->"
TEXT = b"<html>" + b"words " * 40_000 + b"</html>"
HTML = "Content-Type: text/html; charset=utf-8"


def answer(message):
    path = message.target.split("?")[0]
    kinds = {
        "/plain": response(TEXT, "200 OK", HTML, 'ETag: "1"', "Accept-Ranges: bytes", "Content-MD5: x"),
        "/chunked": response(b"%x\r\n%s\r\n0\r\n\r\n" % (len(TEXT), TEXT), "200 OK", HTML, "Transfer-Encoding: chunked", length=False),
        "/closed": response(TEXT, "200 OK", HTML, "Connection: close", length=False),
        "/gzip": response(gzip.compress(TEXT, mtime=0), "200 OK", HTML, "Content-Encoding: gzip"),
        "/part": response(TEXT[:100], "206 Partial Content", HTML, "Content-Range: bytes 0-99/%d" % len(TEXT)),
        "/json": response(TEXT, "200 OK", "Content-Type: application/json"),
        "/odd": response(TEXT, "200 OK", "Content-Type: text/htmlx"),
    }
    if message.method == "HEAD":
        return response(b"", "200 OK", HTML, "Content-Length: %d" % len(TEXT), length=False)
    if path == "/closed":  # where the body ends, the connection does
        message.connection.sendall(kinds[path])
        return None
    return kinds[path]


@pytest.fixture(scope="module")
def origin():
    with Origin(answer, record=False) as origin:
        yield origin


def shield_of(origin, text, mode="block", **waf):
    return Shield(origin, rules=text, waf={"mode": mode, **waf})


@pytest.fixture(scope="module", params=["block", "detect"])
def shield(origin, request):
    with shield_of(origin, OWN, request.param) as shield:
        yield shield


@pytest.mark.parametrize("path", ["/plain", "/chunked", "/closed"])
def test_a_page_gets_both(shield, path):
    reply = shield.send(request(path))
    assert reply.status == 200 and reply.body == FRONT + TEXT + BACK
    if path == "/plain":
        assert reply.get("content-length") == str(len(reply.body)) and reply.get("etag") == '"1"'
        assert reply.get("accept-ranges") is None and reply.get("content-md5") is None
    assert shield.send(request("/plain")).body == FRONT + TEXT + BACK, "the origin's connection, and the next request, are whole"


@pytest.mark.parametrize("path, body", [("/gzip", gzip.compress(TEXT, mtime=0)), ("/part", TEXT[:100]), ("/json", TEXT), ("/odd", TEXT)], ids=["gzip", "part", "json", "odd"])
def test_what_is_no_plain_page_stays(shield, path, body):
    reply = shield.send(request(path))
    assert (gzip.decompress(reply.body) == TEXT if path == "/gzip" else reply.body == body)
    assert FRONT not in reply.body and reply.get("content-length") == str(len(reply.body))


def test_head_tells_the_origins_length(shield):
    reply = shield.send(request("/plain", method="HEAD"))
    assert reply.get("content-length") == str(len(TEXT)) and not reply.body


@pytest.mark.parametrize("path", ["/plain", "/chunked"])
def test_http2(shield, path):
    with Client(shield.h2c, False) as client:
        reply = client.get(path)
    assert bytes(reply.body) == FRONT + TEXT + BACK
    assert reply.get("content-length") == (str(len(reply.body)) if path == "/plain" else None)


def test_phase_4_adds_where_the_body_is_held(origin):
    with shield_of(origin, LATE, response_bodies=True) as shield:
        for path in ("/plain", "/chunked"):
            assert shield.send(request(path)).body == FRONT + TEXT + b"<!-- late -->", path


def test_nothing_is_added_unless_rules_say_on(origin):
    with shield_of(origin, OWN.replace("SecContentInjection On", "SecContentInjection Off")) as shield:
        assert shield.send(request("/plain")).body == TEXT

"""What the demonstration portal promises: pages in four languages, forms that refuse bad input, and answers that are
correct HTTP.
"""
import gzip
import hashlib
import re
from urllib.parse import urlencode

import pytest

from lab import connect

FORM = {"Content_Type": "application/x-www-form-urlencoded"}
HEADINGS = {"nl": "Goeiedag", "fr": "Bonjour", "de": "Guten Tag", "en": "Good day"}
PATHS = ["/", "/news", "/news/brook-walk", "/search?q=a", "/contact", "/login", "/upload"]


def raw(port, text):
    """Everything that comes back for raw bytes, until the portal closes."""
    with connect(port, wait=5) as stream:
        stream.send(text)
        return stream.rest()


@pytest.mark.parametrize("language", HEADINGS)
@pytest.mark.parametrize("path", PATHS)
def test_every_page_in_every_language(ask, language, path):
    reply = ask(f"/{language}{path}")
    assert reply.status == 200
    assert reply.headers["Content-Language"] == language
    assert f'<html lang="{language}">' in reply.text
    assert reply.text.count("<h1>") == 1
    assert "{{" not in reply.text


@pytest.mark.parametrize("accept, language", [
    (None, "nl"), ("fr", "fr"), ("de-BE,de;q=0.9,en;q=0.1", "de"), ("en;q=0.4, fr;q=0.8", "fr"), ("es,it", "nl"),
    ("fr;q=0, en;q=0.1", "en"), ("q=;;;,,=", "nl"), ("x" * 5000, "nl")])
def test_the_language_follows_the_browser(ask, accept, language):
    reply = ask("/", **({"Accept_Language": accept} if accept else {}))
    assert HEADINGS[language] in reply.text
    assert "Accept-Language" in reply.headers.get_all("Vary")


def test_search_finds_and_escapes(ask):
    assert "Zuid" not in ask("/nl/search?q=molen").text
    assert "/nl/news/brook-walk" in ask("/nl/search?q=molen").text
    nothing = ask("/en/search?" + urlencode({"q": '"><script>alert(1)</script>'})).text
    assert "<script" not in nothing and "&lt;script&gt;" in nothing
    assert ask("/en/search?" + "&".join(f"a{n}=1" for n in range(50))).status == 400


def test_contact_takes_a_good_form(ask):
    fields = {"name": "An Peeters", "email": "an@example.org", "subject": "Lamp", "message": "De lamp is stuk."}
    reply = ask("/nl/contact", "POST", urlencode(fields), **FORM)
    assert reply.status == 200
    assert re.search(r"ALD-[0-9A-F]{8}", reply.text)


@pytest.mark.parametrize("field, value", [
    ("name", ""), ("name", "x" * 101), ("email", "nobody"), ("email", "a@b"), ("email", "a b@c.be"), ("subject", " "),
    ("message", ""), ("message", "x" * 4001)])
def test_contact_says_what_is_wrong(ask, field, value):
    fields = {"name": "An", "email": "an@example.org", "subject": "S", "message": "M", field: value}
    reply = ask("/en/contact", "POST", urlencode(fields), **FORM)
    assert reply.status == 422
    assert f'href="#{field}"' in reply.text and f'id="{field}-error"' in reply.text
    assert reply.text.count('aria-invalid="true"') == 1


def test_contact_gives_back_what_was_typed_escaped(ask):
    reply = ask("/en/contact", "POST", urlencode({"name": '"<b>', "message": "</textarea><i>"}), **FORM)
    assert "&quot;&lt;b&gt;" in reply.text and "&lt;/textarea&gt;&lt;i&gt;" in reply.text


def test_a_form_that_is_too_large_or_from_elsewhere_is_refused(ask):
    assert ask("/en/contact", "POST", "message=" + "x" * 70000, **FORM).status == 413
    assert ask("/en/contact", "POST", "name=x", Origin="https://elsewhere.example", **FORM).status == 403


def test_log_in_and_out(ask):
    assert "aldersbeke-2026" in ask("/en/login").text
    assert ask("/en/login", "POST", "user=citizen&password=wrong", **FORM).status == 401
    reply = ask("/en/login", "POST", "user=citizen&password=aldersbeke-2026", X_Forwarded_Proto="https", **FORM)
    assert reply.status == 303 and reply.headers["Location"] == "/en/login"
    cookie = reply.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" in cookie
    session = cookie.split(";")[0]
    account = ask("/en/login", Cookie=session)
    assert "Your file" in account.text and account.headers["Cache-Control"] == "private, no-store"
    assert ask("/en/", Cookie=session).headers["Cache-Control"] == "private, no-store"
    assert ask("/en/logout", "POST", "", Cookie=session, **FORM).status == 303
    assert "Your file" not in ask("/en/login", Cookie=session).text


def multipart(content, name="plan.pdf"):
    head = f'--zz\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n--zz--\r\n"


@pytest.mark.parametrize("content", [b"", b"x", b"\r\n--z", b"a\r\n--zy\r\n" * 9000, bytes(range(256)) * 4096])
def test_upload_counts_what_arrived(ask, content):
    reply = ask("/en/upload", "POST", multipart(content), Content_Type="multipart/form-data; boundary=zz")
    assert f'<td class="number">{len(content)}</td>' in reply.text
    assert hashlib.sha256(content).hexdigest() in reply.text


def test_upload_in_chunks_and_with_a_hostile_name(ask):
    body = multipart(b"x" * 1000, "<img src=x>")
    pieces = (body[at:at + 7] for at in range(0, len(body), 7))
    reply = ask("/en/upload", "POST", pieces, Content_Type="multipart/form-data; boundary=zz")
    assert ">1000<" in reply.text and "<img src=x>" not in reply.text


@pytest.mark.parametrize("body, kind, status", [
    (b"--zz\r\n\r\n", "multipart/form-data; boundary=zz", 400),
    (b"nothing of the kind", "multipart/form-data; boundary=zz", 400),
    (b"x", "multipart/form-data", 400),
    (b"--zz\r\n" + b"h" * 9000, "multipart/form-data; boundary=zz", 400),
    (b"--zz\r\n\r\n\r\n" * 21 + b"--zz--", "multipart/form-data; boundary=zz", 413),
    (b"--zz--\r\n", "multipart/form-data; boundary=zz", 422)])
def test_upload_refuses_what_it_cannot_read(ask, body, kind, status):
    assert ask("/en/upload", "POST", body, Content_Type=kind).status == status


@pytest.mark.parametrize("path, method, status", [
    ("/nope", "GET", 404), ("/en/nope", "GET", 404), ("/news/nope", "GET", 404), ("/static/../portal.py", "GET", 404),
    ("/static/%2e%2e%2fportal.py", "GET", 404), ("/english", "GET", 404), ("/contact", "DELETE", 405),
    ("/slow?ms=x", "GET", 400), ("/slow?ms=60001", "GET", 400), ("/download?bytes=-1", "GET", 400)])
def test_errors_are_pages_too(ask, path, method, status):
    reply = ask(path, method)
    assert reply.status == status
    assert "<h1>" in reply.text


def test_static_files_are_revalidated_and_cut(ask):
    whole = ask("/static/town-hall.svg")
    tag = whole.headers["ETag"]
    assert ask("/static/town-hall.svg", If_None_Match=f'"x", W/{tag}').status == 304
    assert ask("/static/town-hall.svg", If_None_Match='"x"').status == 200
    part = ask("/static/town-hall.svg", Range="bytes=10-19")
    assert part.status == 206 and part.body == whole.body[10:20]
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.body)}"
    assert ask("/static/town-hall.svg", Range="bytes=-5").body == whole.body[-5:]
    assert ask("/static/town-hall.svg", Range="bytes=10-19", If_Range='"old"').body == whole.body
    assert ask("/static/town-hall.svg", Range="bytes=999999-").status == 416
    assert ask("/static/town-hall.svg", Range="bytes=9-3").status == 200


def test_gzip_where_it_is_accepted(ask):
    plain, packed = ask("/en/"), ask("/en/", Accept_Encoding="br, gzip;q=0.5")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert "Accept-Encoding" in plain.headers.get_all("Vary")
    assert ask("/en/", Accept_Encoding="gzip;q=0").headers["Content-Encoding"] is None
    svg = ask("/static/town-hall.svg", Accept_Encoding="gzip")
    assert svg.headers["ETag"] != ask("/static/town-hall.svg").headers["ETag"]


def test_streams(ask):
    assert ask("/healthz").body == b"ok\n"
    assert ask("/slow?ms=20").body == b"waited 20 ms\n"
    assert len(ask("/download?bytes=200001").body) == 200001
    assert len(ask("/download?bytes=200001&chunked=1").body) == 200001
    events = ask("/events?count=3&interval=10")
    assert events.headers["Content-Type"] == "text/event-stream"
    assert events.text.count("event: tick") == 3


def test_head_has_the_head_only(ask):
    reply = ask("/en/news", "HEAD")
    assert reply.status == 200 and int(reply.headers["Content-Length"]) > 1000 and reply.body == b""
    assert int(ask("/download?bytes=12345678", "HEAD").headers["Content-Length"]) == 12345678


def test_connections_are_kept_and_pipelined(port):
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert raw(port, one * 4 + last).count(b"ok\n") == 5


@pytest.mark.parametrize("head", [
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: -1\r\n", b"Content-Length: 1x\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n"])
def test_a_body_of_unclear_length_ends_the_connection(port, head):
    answer = raw(port, b"POST /en/contact HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"ok\n" not in answer


def test_broken_chunks_end_the_connection(port):
    head = b"POST /en/upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert raw(port, head + b"zz\r\n").startswith(b"HTTP/1.1 400 ")
    assert raw(port, head + b"3\r\nabcdef\r\n0\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_http_1_0_gets_its_events_without_chunks(port):
    answer = raw(port, b"GET /events?count=1 HTTP/1.0\r\n\r\n")
    assert b"Transfer-Encoding" not in answer and answer.endswith(b"\n\n")

"""The hub's web server over TLS: versions, names, certificates of clients."""
import json
import ssl

import pytest

from lab import HOST, client_context, der, make_certificate, trusting
from lab.hub_web import Demo
from lab.wire import connect, read_response, request, send

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.fixture(scope="module")
def demo():
    with Demo(ca=True) as one:
        theirs = make_certificate(one.folder / "theirs.pem")
        one.papers = {"none": None, "good": make_certificate(one.folder / "good.pem", "anna", issuer=one.ca),
                      "foreign": make_certificate(one.folder / "foreign.pem", "eve", issuer=theirs), "self": make_certificate(one.folder / "self.pem", "eve"),
                      "expired": make_certificate(one.folder / "expired.pem", "anna", issuer=one.ca, days=-1, ago=9)}
        yield one


def ask(demo, context, path="/api/v1/hello", name=HOST, host=HOST):
    return send(demo.tls, request(path, host=host), context=context, name=name)


@pytest.mark.parametrize("version", VERSIONS)
def test_versions(demo, version):
    answer = ask(demo, client_context(demo.folder / "chain.pem", version=version))
    assert json.loads(answer.body)["door"] == "tls" and json.loads(answer.body)["source"] == "127.0.0.1"
    assert answer.get("strict-transport-security") == "max-age=31536000"


def test_old_versions_are_refused(demo):
    context = trusting()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(demo, context)


@pytest.mark.parametrize("name, serves", [(HOST, True), ("localhost", True), (None, True), ("evil.example", False)])
def test_names(demo, name, serves):
    if serves:
        assert ask(demo, trusting(), name=name).status == 200
    else:
        with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME|unrecognized"):
            ask(demo, trusting(), name=name)


def test_a_name_that_is_not_ours_inside_tls(demo):
    assert ask(demo, trusting(), host="evil.example").status == 421


def test_http_1_only(demo):
    context = trusting("h2", "http/1.1")
    with connect(demo.tls, context) as stream:
        assert stream.sock.selected_alpn_protocol() == "http/1.1"
    with pytest.raises(ssl.SSLError):
        ask(demo, trusting("h2"))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("paper", ["none", "good", "foreign", "self", "expired"])
def test_certificates_of_clients(demo, paper, version):
    """None is fine, for there are passwords; a bad one is refused with the handshake (fails closed)."""
    context = client_context(certificate=demo.papers[paper], version=version)
    if paper in ("none", "good"):
        told = json.loads(ask(demo, context).body)
        assert told["certificate"] == (len(der(demo.papers["good"])) if paper == "good" else 0)
    else:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            ask(demo, context)


def test_plain_http_at_the_door_of_tls(demo):
    with connect(demo.tls) as stream:
        stream.send(request("/api/v1/hello"))
        assert not stream.rest().startswith(b"HTTP")


def test_long_answers_and_pieces_over_tls(demo):
    with demo.talk(tls=True) as talk:
        assert talk.one("GET", "/api/v1/long?bytes=5000000").body == b"y" * 5000000
        assert talk.one("GET", "/api/v1/pieces?count=50&size=65536").body == b"x" * 50 * 65536
        body = b"z" * (1 << 20)
        assert talk.one("POST", "/api/v1/echo", f"Content-Length: {len(body)}", body=body).body == body
        talk.send(b"".join(request(f"/api/v1/hello?q={q}").replace(b"Connection: close\r\n", b"") for q in range(30)))
        assert [json.loads(talk.answer().body)["q"] for _ in range(30)] == [str(q) for q in range(30)]


def test_streams_over_tls(demo):
    with demo.talk(tls=True) as talk:
        talk.ask("GET", "/api/v1/stream?person=anna")
        assert talk.head().status == 200
        assert demo.ask_locally("/api/v1/say", "POST", '{"a":1}').body == b"1"
        assert talk.to(b'data: {"a":1}\n\n')
    demo.until(streams=0)


def test_the_end_of_tls_is_said(demo):
    """close_notify: a body that ends with the connection is not cut by somebody between."""
    with demo.talk(tls=True) as talk:
        talk.ask("GET", "/api/v1/pieces?count=3&size=5", version="1.0")
        assert read_response(talk).body == b"x" * 15

"""Whose turn it is, and who is told about whom: slow clients before quick origins, answers that wait for room, what an origin
and the journal learn of a client, fields that administrators set.
"""
import re
import socket
import subprocess
import time

import pytest

import lab
from lab import HOST, get, h2


# -- slow clients --


@pytest.mark.parametrize("tls", [True, False], ids=["tls", "h2c"])
def test_silent_uploads_are_not_the_origins_fault(tls):
    """Six uploads that never send a byte end with 408; the origin, which would be down after a third failure, goes on."""
    with lab.Origin() as origin, lab.Shield(origin, site={"timeouts": {"idle": "1s", "first_byte": "1s"}}) as shield:
        with h2.Client(shield.tls if tls else shield.h2c, tls) as client:
            streams = [client.request(method="POST", ends=False) for _ in range(6)]
            assert [answer.status for answer in client.wait(*streams)] == [408] * 6
            assert client.get("/").status == 200
        line = shield.wait_journal(lambda line: line.get("http.response.status_code") == 408)
        assert line["bouclier.reasons"] == ["client-slow"], line


def test_silent_upload_of_http1():
    with lab.Origin() as origin, lab.Shield(origin, site={"timeouts": {"idle": "1s", "body_rate": "0B/s"}}) as shield:
        answer = lab.exchange(shield.plain, f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 10\r\n\r\nabc".encode(), 8)
        assert answer.startswith(b"HTTP/1.1 408 "), answer
        assert b"Connection: close" in answer
        assert get(shield.plain).status == 200


def test_a_trickling_upload_is_cut_though_another_is_quick():
    """One stream sends a byte a second; that another one of the same connection is quick does not help it."""
    with lab.Origin() as origin, lab.Shield(origin, workers=1) as shield:
        with h2.Client(shield.h2c, False, timeout=3) as client:
            slow = client.request(method="POST", ends=False)
            end = time.monotonic() + 14
            while not client.answer_of(slow).is_over and time.monotonic() < end:
                assert client.wait(client.request(method="POST", body=b"x" * 16384))[0].status == 200
                client.data(b"x", slow, 0)
                time.sleep(0.5)
            assert client.answer_of(slow).is_over and client.answer_of(slow).status == 408


def test_an_upload_through_an_origin_that_reads_late_is_not_the_clients_fault():
    """The origin takes nothing for longer than a window of the minimum rate: the client waits, and is not cut for it."""
    class Late(lab.Origin):
        def read_body(self, request, stream):
            if request.method == "PUT":
                time.sleep(12)
            super().read_body(request, stream)

    body = b"x" * (32 << 20)
    with Late() as origin, lab.Shield(origin) as shield:
        assert get(shield.plain, method="PUT", body=body, timeout=40).status == 200
        assert origin.requests[-1].body == body


def test_requests_behind_answers_that_had_no_room_are_read():
    """The client reads nothing until its answers fill every buffer; what it asks then is answered all the same."""
    big = lab.response(b"x" * (4 << 20))
    with lab.Origin(lambda request: big if request.target == "/big" else lab.response()) as origin:
        with lab.Shield(origin, workers=1) as shield, h2.Client(shield.h2c, False, timeout=5) as client:
            client.set((h2.INITIAL_WINDOW_SIZE, (1 << 31) - 1))
            client.window_update(0, (1 << 31) - 1 - 65535)
            client.reads = False
            first = [client.request(path="/big") for _ in range(2)]
            time.sleep(1)  # all buffers are full
            small = client.request(path="/small")
            time.sleep(0.2)
            answers = client.wait(*first, small)
            assert [answer.status for answer in answers] == [200, 200, 200]
            assert len(answers[0].body) == len(answers[1].body) == 4 << 20


# -- who is told --


def test_refusals_name_the_client_behind_a_trusted_proxy():
    with lab.Origin() as origin, lab.Shield(origin, trusted_proxies=["127.0.0.1"], log={"client_ip": {"refused": "full"}}) as shield:
        sent = "GET / HTTP/1.1\r\nHost: unknown.example\r\nX-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n"
        assert lab.exchange(shield.plain, sent.encode()).startswith(b"HTTP/1.1 421 ")
        line = shield.wait_journal(lambda line: line.get("http.response.status_code") == 421)
        assert line["source.ip"] == "203.0.113.9", line


def test_facts_of_clients_that_went_away_tell_of_their_tls():
    with lab.Origin(lambda request: time.sleep(3) or lab.response()) as origin, lab.Shield(origin) as shield:
        with h2.Client(shield.tls, True) as client:
            client.request()
            lab.wait_until(lambda: origin.requests, what="the request")
        line = shield.wait_journal(lambda line: line.get("bouclier.reasons") == ["client-gone"])
        assert line.get("tls.version") or line.get("tls.client.ja4"), line
        assert line["tls.client.server_name"], line


def test_the_origin_learns_the_address_behind_a_wildcard():
    """PROXY protocol to the origin, from a listener on 0.0.0.0: the destination is the address that was reached."""
    heads = []
    listener = socket.create_server(("127.0.0.1", 0))
    port = lab.free_port()
    with listener, lab.Shield(None, listen=[{"address": f"0.0.0.0:{port}", "tls": False}], site={"origins": [
            {"url": f"http://127.0.0.1:{listener.getsockname()[1]}", "proxy_protocol": "v1"}]}):
        with socket.create_connection(("127.0.0.2", port), 5) as client:
            client.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            taken, _ = listener.accept()
            with taken:
                heads.append(taken.recv(4096))
                taken.sendall(lab.response())
            assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert re.match(rb"PROXY TCP4 127\.0\.0\.1 127\.0\.0\.2 \d+ %d\r\n" % port, heads[0]), heads[0]


# -- what administrators set --


def test_set_fields_replace_those_of_the_shield():
    site = {"hsts": "365d", "headers": {"response": {"set": {"Date": "Thu, 01 Jan 1970 00:00:00 GMT", "Strict-Transport-Security": "max-age=1"}}}}
    with lab.Origin() as origin, lab.Shield(origin, site=site) as shield:
        answer = get(shield.tls, tls=True)
        assert answer.all("Date") == ["Thu, 01 Jan 1970 00:00:00 GMT"]
        assert answer.all("Strict-Transport-Security") == ["max-age=1"]


def test_removed_fields_do_not_come_back():
    """security_headers adds what the origin does not say, but not what an administrator removed."""
    site = {"headers": {"response": {"remove": ["X-Frame-Options"]}}}
    with lab.Origin() as origin, lab.Shield(origin, site=site) as shield:
        answer = get(shield.plain)
        assert answer.all("X-Frame-Options") == [] and answer.all("X-Content-Type-Options") == ["nosniff"]


@pytest.mark.parametrize("way, edit, said", [
    ("request", "set: { Host: other.example }", "(host, a key of the origin)"),
    ("request", "set: { X-Forwarded-For: 127.0.0.1 }", "X-Forwarded-For is the shield's own word"),
    ("request", "remove: [Via]", "Via is the shield's own word"),
    ("request", "remove: [X-Request-Id]", "X-Request-Id is the shield's own word"),
    ("request", "set: { Transfer-Encoding: chunked }", "Transfer-Encoding is about the connection"),
    ("response", "set: { X-Request-Id: mine }", "X-Request-Id is the shield's own word"),
    ("response", "remove: [Content-Length]", "Content-Length is about the connection"),
])
def test_fields_of_the_shield_cannot_be_set(tmp_path, way, edit, said):
    path = tmp_path / "bouclier.yaml"
    path.write_text(f"""\
listen: [{{ address: "127.0.0.1:1", tls: false }}]
sites:
  - name: {HOST}
    origins: ["http://127.0.0.1:2"]
    headers: {{ {way}: {{ {edit} }} }}
""")
    run = subprocess.run([lab.BINARY, "check", "--config", path], capture_output=True, text=True)
    assert run.returncode == 1 and said in run.stderr, run


def test_the_sticky_cookie_is_set_once():
    with lab.Origin() as one, lab.Origin() as two:
        with lab.Shield(None, site={"origins": [one.url, two.url], "sticky_cookie": "portal"}) as shield:
            cookie = get(shield.plain).get("Set-Cookie").split(";")[0]
            for _ in range(4):
                assert get(shield.plain, Cookie=cookie).all("Set-Cookie") == []
            assert sorted((len(one.requests), len(two.requests))) == [0, 5]
            assert get(shield.plain, Cookie="portal=0123456789abcdef").get("Set-Cookie"), "a member that is not there any more"


def test_options_for_the_whole_server_are_redirected_to_a_place():
    tls, plain = lab.free_port(), lab.free_port()
    with lab.Origin() as origin, lab.Shield(origin, listen=[f"127.0.0.1:{tls}"], redirect_http=[f"127.0.0.1:{plain}"]):
        answer = lab.exchange(plain, f"OPTIONS * HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        assert f"Location: https://{HOST}:{tls}/\r\n".encode() in answer, answer


def test_a_websocket_of_http2_passes_where_get_is_allowed():
    """An extended CONNECT is the GET of HTTP/1.1: allow_methods and methods see it as one."""
    site = {"allow_methods": ["GET"]}
    with lab.Origin(lambda request: lab.response(request.method.encode(), "403 Forbidden")) as origin:
        with lab.Shield(origin, site=site) as shield, h2.Client(shield.h2c, False) as client:
            stream = client.next
            client.next += 2
            client.headers([(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/"),
                            (":authority", HOST), ("sec-websocket-version", "13")], stream, h2.END_HEADERS)
            answer = client.wait(stream)[0]
            assert answer.status == 403 and bytes(answer.body) == b"GET", answer.fields
            assert client.get("/", method="POST").status == 405

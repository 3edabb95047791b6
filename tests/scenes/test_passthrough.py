"""TLS passed through by SNI: the origin's own certificate, every byte as it came, budgets and facts of ours."""
import ssl
import socket
import struct
import subprocess
import time

import pytest

import lab
from lab import HOST, client_context, response, server_context, wait_until

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PASSED = "passed.town.example"


def read_exactly(sock, count):
    """No byte more: what follows is TLS."""
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            raise ConnectionError("closed within a PROXY header")
        data += piece
    return data


def read_proxy(sock):
    """The addresses of a PROXY v2 header in front of a socket's bytes: (command, source, destination)."""
    head = read_exactly(sock, 16)
    assert head[:12] == SIGNATURE, head
    command, family, length = head[12], head[13], struct.unpack(">H", head[14:16])[0]
    rest = read_exactly(sock, length)
    if command == 0x20:
        return "local", None, None
    assert (command, family) == (0x21, 0x11)
    ports = struct.unpack(">HH", rest[8:12])
    return "proxy", (socket.inet_ntoa(rest[:4]), ports[0]), (socket.inet_ntoa(rest[4:8]), ports[1])


class TlsOrigin(lab.Origin):
    """Reads a PROXY header, then speaks TLS with its own certificate."""

    def __init__(self, certificate, answer=response(b"from the origin"), script=None):
        self.proxied, self.names = [], []
        super().__init__(answer, script, server_context(certificate, names=self.names), before=self.note_proxy)

    def note_proxy(self, sock):
        self.proxied.append(read_proxy(sock))


@pytest.fixture(scope="session")
def own(certificates):
    """What the origins behind a passed-through site show: not known to the shield."""
    return lab.make_certificate(certificates / "own.pem", PASSED, issuer=certificates / "ca.pem")


@pytest.fixture
def start_tls_origin(own):
    started = []

    def start(**options):
        started.append(TlsOrigin(own, **options))
        return started[-1]

    yield start
    for each in started:
        each.close()


def passed_site(*origins, **keys):
    return {"name": PASSED, "tls": {"mode": "passthrough"}, "timeouts": {"connect": "500ms"}, "origins": list(origins), **keys}


@pytest.fixture
def front(start_shield, start_tls_origin, start_origin, certificates):
    inner, plain = start_tls_origin(), start_origin(response(b"terminated"))
    made = start_shield({"sites": [passed_site(inner.url),
                                  {"name": HOST, "origins": [plain.url], "certificate": str(certificates / "town.pem")}]})
    made.inner = inner
    return made


@pytest.fixture
def trusting_ca(certificates):
    return client_context(certificates / "ca.pem")


def test_the_origins_own_certificate_reaches_the_client(front, trusting_ca, own):
    with front.connect(trusting_ca, PASSED) as stream:
        shown = ssl.DER_cert_to_PEM_cert(stream.sock.getpeercert(True))
        assert shown in own.read_text()
        mine = stream.sock.getsockname()
        stream.send(f"GET /x HTTP/1.1\r\nHost: {PASSED}\r\nX-Odd_Name:  kept  as it is\r\n\r\n".encode())
        assert lab.read_response(stream).body == b"from the origin"
    assert front.inner.proxied == [("proxy", mine, ("127.0.0.1", front.tls))]
    assert front.inner.names == [PASSED]
    assert front.inner.last.head == f"GET /x HTTP/1.1\r\nHost: {PASSED}\r\nX-Odd_Name:  kept  as it is\r\n\r\n".encode()


def test_other_sites_of_the_port_are_opened_as_ever(front, trusting_ca):
    assert front.get(context=trusting_ca).body == b"terminated"
    with pytest.raises(ssl.SSLError):
        front.connect(trusting_ca, "unknown.example")


def test_what_is_recorded(front, trusting_ca):
    front.get(host=PASSED, context=trusting_ca, name=PASSED)
    event = front.event(bouclier_site=PASSED)
    assert event["event.dataset"] == "bouclier.request"
    assert event["bouclier.decision"] == "allow" and event["bouclier.reasons"] == ["passthrough"]
    assert event["tls.client.server_name"] == PASSED and event["tls.client.ja4"].startswith("t1")
    assert event["bouclier.origin"] == f"https://127.0.0.1:{front.inner.port}"
    assert event["http.request.body.bytes"] > 300 and event["http.response.body.bytes"] > 500
    assert not {"url.path", "http.request.method", "http.response.status_code", "http.version"} & set(event)
    site = next(site for site in front.status()["sites"] if site["site"] == PASSED)
    assert site["inspected"] is False and site["reasons"] == {"passthrough": 1}
    assert next(site for site in front.status()["sites"] if site["site"] == HOST)["inspected"] is True


def test_in_clear_it_is_no_site(front):
    assert front.get(host=PASSED).status == 421
    assert not front.inner.proxied


def test_many_bytes_both_ways_and_half_closed(start_shield, start_tls_origin):
    size = 6_000_000

    def play(stream):
        total = 0
        while total < size:
            total += len(stream.sock.recv(65536))
        for _ in range(size // 10000):
            stream.send(b"d" * 10000)
        assert total == size

    inner = start_tls_origin(script=play)
    front = start_shield({"sites": [passed_site(inner.url)]})
    with front.connect(client_context(), PASSED, wait=30) as stream:
        stream.send(b"u" * size)
        assert len(stream.rest()) == size
    event = front.event(bouclier_site=PASSED)
    assert size < event["http.request.body.bytes"] < size * 1.01
    assert size < event["http.response.body.bytes"] < size * 1.01


def test_a_client_that_finished_still_hears_the_answer(start_shield, start_origin):
    """Half-closed TCP: both ways end on their own."""
    heard = []

    def play(stream):
        read_proxy(stream.sock)
        heard.append(stream.rest())
        time.sleep(0.3)
        stream.send(b"late answer")

    inner = start_origin(script=play)
    front = start_shield({"sites": [passed_site(inner.url)]})
    hello = client_hello(PASSED)
    with lab.Stream(socket.create_connection(("127.0.0.1", front.tls))) as stream:
        stream.send(hello)
        time.sleep(0.1)
        stream.send(b"and more")
        stream.sock.shutdown(socket.SHUT_WR)
        assert stream.rest() == b"late answer"
    assert heard == [hello + b"and more"]


def client_hello(name):
    """The first flight of a real client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    half = client_context().wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        half.do_handshake()
    return outgoing.read()


def test_a_hello_in_crumbs(front, trusting_ca):
    hello = client_hello(PASSED)
    with lab.Stream(socket.create_connection(("127.0.0.1", front.tls))) as stream:
        stream.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(0, len(hello), 40):
            stream.send(hello[i:i + 40])
            time.sleep(0.005)
        assert stream.count(3)[:1] == b"\x16"  # the origin's ServerHello


def test_the_next_origin_when_one_cannot_be_reached(start_shield, start_tls_origin):
    inner = start_tls_origin()
    dead = f"https://127.0.0.1:{lab.free_port()}"
    front = start_shield({"sites": [passed_site(dead, inner.url)]})
    for _ in range(6):
        front.get(host=PASSED, context=client_context(), name=PASSED)
    assert len(inner.requests) == 6
    assert any(event.get("bouclier.retries") == 1 for event in [front.event(bouclier_site=PASSED, bouclier_retries=1)])


def alert_of(front, name=PASSED, source="127.0.0.1"):
    with lab.Stream(socket.create_connection(("127.0.0.1", front.tls), source_address=(source, 0))) as stream:
        stream.send(client_hello(name))
        return stream.rest()


def test_no_origin_is_said_by_an_alert(start_shield):
    front = start_shield({"sites": [passed_site(f"https://127.0.0.1:{lab.free_port()}")]})
    assert alert_of(front) == b"\x15\x03\x01\x00\x02\x02\x50"
    event = front.event(bouclier_site=PASSED)
    assert event["bouclier.decision"] == "drop" and event["bouclier.reasons"] == ["origin-connect"]


def test_who_may_not_come_in(start_shield, start_tls_origin):
    inner = start_tls_origin()
    front = start_shield({"sites": [passed_site(inner.url, allow_from=["192.0.2.0/24"])]})
    assert alert_of(front) == b"\x15\x03\x01\x00\x02\x02\x31"
    assert front.event(bouclier_site=PASSED)["bouclier.reasons"] == ["source-not-allowed"]
    assert not inner.proxied


def test_who_is_banned_and_shares_his_address(front, trusting_ca):
    """Elsewhere he is owed a page, so that he is not cut at accept; here there is none to give."""
    def agent(name):
        with lab.Stream(socket.create_connection(("127.0.0.1", front.plain), source_address=("127.0.0.9", 0))) as stream:
            stream.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: {name}\r\nConnection: close\r\n\r\n".encode())
            return stream.rest()

    def command(*words):
        subprocess.run([lab.BINARY, *words, "--socket", front.admin_socket], check=True, capture_output=True)
    assert agent("one").startswith(b"HTTP/1.1 200") and agent("another").startswith(b"HTTP/1.1 200")
    for banned in ("127.0.0.9", "127.0.0.8/30"):
        command("ban", banned, "--for", "1h")
        assert agent("one").startswith(b"HTTP/1.1 403")
        assert alert_of(front, source="127.0.0.9") == b"\x15\x03\x01\x00\x02\x02\x31" and not front.inner.proxied
        event = front.event(bouclier_site=PASSED)
        assert (event["bouclier.decision"], event["bouclier.reasons"], event["source.ip"]) == ("block", ["banned"], "127.0.0.9")
        assert front.get(host=PASSED, context=trusting_ca, name=PASSED).status == 200
        front.inner.proxied.clear()
        command("bypass", PASSED, "--for", "1m", "--reason", "a test")
        with socket.create_connection(("127.0.0.1", front.tls), source_address=("127.0.0.9", 0)) as sock:
            sock.sendall(client_hello(PASSED))
            assert sock.recv(1) == b"\x16", "its handshake goes on"
        command("bypass", PASSED, "--off")
        command("unban", banned)
        front.inner.proxied.clear()


def test_an_origin_that_does_not_take_the_connection(start_shield, start_tls_origin):
    """A full accept queue: SYNs are dropped, connect times out, and the next one gets the visitor."""
    inner = start_tls_origin()
    with lab.black_hole() as full:
        front = start_shield({"sites": [passed_site(f"https://127.0.0.1:{full}", inner.url)]})
        began = time.monotonic()
        for _ in range(2):
            assert front.get(host=PASSED, context=client_context(), name=PASSED).status == 200
        assert 0.4 < time.monotonic() - began < 3


def test_silence_ends_a_tunnel(start_shield, start_tls_origin):
    inner = start_tls_origin()
    front = start_shield({"sites": [passed_site(inner.url, timeouts={"tunnel": "500ms"})]})
    with front.connect(client_context(), PASSED) as stream:
        for _ in range(4):
            time.sleep(0.3)
            stream.send(f"GET / HTTP/1.1\r\nHost: {PASSED}\r\n\r\n".encode())
            lab.read_response(stream)
        began = time.monotonic()
        stream.rest()
        assert 0.3 < time.monotonic() - began < 2


def test_limits_and_checks_of_origins_hold(start_shield, start_tls_origin):
    """A limit of one; and its check speaks PROXY and TLS to it like the tunnels do."""
    inner = start_tls_origin()
    front = start_shield({"sites": [passed_site({"url": inner.url, "limit": 1, "verify": False},
                                               health={"path": "/alive", "interval": "100ms", "timeout": "1s"})]})
    url = f"https://127.0.0.1:{inner.port}"
    wait_until(lambda: front.origin(url).get("check"))
    assert front.origin(url)["check"] == "answered 200"
    assert ("local", None, None) in inner.proxied
    with front.connect(client_context(), PASSED) as stream:
        wait_until(lambda: front.origin(url)["at_work"] == 1)
        assert alert_of(front) == b"\x15\x03\x01\x00\x02\x02\x50"
        stream.send(f"GET / HTTP/1.1\r\nHost: {PASSED}\r\n\r\n".encode())
        assert lab.read_response(stream).status == 200
    wait_until(lambda: front.origin(url)["at_work"] == 0)
    assert front.event(bouclier_site=PASSED, bouclier_decision="limit")["bouclier.reasons"] == ["no-origin"]


def test_tunnels_live_through_a_reload(front, trusting_ca):
    with front.connect(trusting_ca, PASSED) as stream:
        for i in range(3):
            front.site()["timeouts"] = {"tunnel": f"{i + 10}s"}
            front.apply()
            stream.send(f"GET / HTTP/1.1\r\nHost: {PASSED}\r\n\r\n".encode())
            assert lab.read_response(stream).status == 200
    wait_until(lambda: front.status()["connections"]["origin"] == 0)


@pytest.mark.parametrize("speaks", [False, True], ids=["at once", "while nobody speaks"])
def test_a_client_that_vanishes_leaves_nothing(front, trusting_ca, speaks):
    """An origin that has nothing to say does not notice; the shield does, and does not wait for a clock."""
    for _ in range(10):
        stream = front.connect(trusting_ca, PASSED)
        if speaks:
            stream.send(f"GET / HTTP/1.1\r\nHost: {PASSED}\r\n\r\n".encode())
            assert lab.read_response(stream).status == 200
        stream.close(reset=True)
    wait_until(lambda: not any(front.status()["connections"][of] for of in ("open", "origin", "requests_at_work")))

"""Origins and the shield know each other: whom we believe, how they tell us from anybody else, and whom we speak for."""
import contextlib
import json
import shutil
import socket
import struct
import subprocess

import pytest

from lab import BINARY, HOST, Origin, Shield, der, exchange, get, make_certificate, make_folder, response, server_context
from lab.pools import stage

# -- whom to believe --

NAME = "origin.commune.example"


@pytest.fixture(scope="module")
def papers():
    """Certificates of origins and clients, in a folder that the edge may read."""
    folder = make_folder("papers")
    ours, theirs = make_certificate(folder / "ours.pem"), make_certificate(folder / "theirs.pem")

    def issue(paper, name, issuer=ours, **dates):
        return make_certificate(folder / f"{paper}.pem", name, issuer=issuer, **dates)
    yield {"good": issue("good", NAME), "wild": issue("wild", f"*.{NAME}"), "local": issue("local", "localhost"),
           "expired": issue("expired", NAME, days=-1, ago=9), "early": issue("early", NAME, ago=-9),
           "foreign": issue("foreign", NAME, theirs), "self": make_certificate(folder / "self.pem", NAME),
           "client": issue("client", "client"), "renewed": issue("renewed", "renewed"), "stranger": issue("stranger", "stranger", theirs),
           "ours": ours, "theirs": theirs}
    shutil.rmtree(folder)


def told(folder, papers, origin, **keys):
    """ORIGIN as a site names it; the papers that KEYS name are put into FOLDER, where the shield may read them."""
    def paper(name):
        (folder / f"{name}.pem").write_bytes(papers[name].read_bytes())
        return str(folder / f"{name}.pem")
    if "ca" in keys:
        keys["ca"] = paper(keys["ca"])
    if "auth" in keys:
        keys["auth"] = {"certificate": paper(keys["auth"])}
    return {**keys, "url": keys.get("url", origin.url).format(port=origin.port)}


def behind_tls(origin, papers, **keys):
    shield = Shield(origin, start=False)
    shield.site()["origins"] = [told(shield.folder, papers, origin, **keys)]
    shield.write(shield.settings)
    shield.start()
    return shield


class NamedOrigin(Origin):
    """Speaks TLS with the certificate of a PEM file, and keeps the SNI of every handshake."""

    def __init__(self, certificate):
        self.names = []
        super().__init__(context=server_context(certificate, names=self.names))


BELIEVED = {"ca": "ours", "sni": NAME}
SHOWN = [
    ("good", BELIEVED, 200), ("good", {"ca": "ours", "sni": "other.commune.example"}, 502), ("good", {"ca": "ours"}, 502),
    ("good", {"sni": NAME}, 502), ("good", {"ca": "theirs", "sni": NAME}, 502), ("expired", BELIEVED, 502), ("early", BELIEVED, 502),
    ("foreign", BELIEVED, 502), ("self", BELIEVED, 502), ("wild", {"ca": "ours", "sni": f"a.{NAME}"}, 200), ("wild", BELIEVED, 502),
    ("wild", {"ca": "ours", "sni": f"a.b.{NAME}"}, 502), ("local", {"ca": "ours", "url": "https://localhost:{port}"}, 200),
    ("good", {"ca": "ours", "url": "https://localhost:{port}"}, 502), ("good", {"ca": "ours", "url": "https://localhost:{port}", "sni": NAME}, 200),
    ("expired", {"verify": False}, 200), ("foreign", {"verify": False, "sni": NAME}, 200), ("self", {"verify": False}, 200),
    ("good", {**BELIEVED, "host": "inner.example"}, 200)]


@pytest.fixture(scope="module")
def believer(papers):
    """A route for each row, each with an origin of its own."""
    with contextlib.ExitStack() as stack:
        origins = [stack.enter_context(NamedOrigin(papers[shows])) for shows, _, _ in SHOWN]
        shield = Shield(origins[0], start=False)
        stack.enter_context(shield)
        shield.site().update(origins=[], routes=[
            {"path": f"/{row}", "origins": [told(shield.folder, papers, origin, **SHOWN[row][1])]} for row, origin in enumerate(origins)])
        shield.write(shield.settings)
        shield.start()
        yield shield, origins


@pytest.mark.parametrize("row", range(len(SHOWN)), ids=[f"{shows}-{'-'.join(map(str, keys.values()))}" for shows, keys, _ in SHOWN])
def test_certificates_of_origins(believer, row):
    shield, origins = believer
    _, keys, status = SHOWN[row]
    origin = origins[row]
    assert get(shield.plain, f"/{row}").status == status
    assert len(origin.requests) == int(status == 200)
    assert origin.names[:1] == [keys.get("sni") or ("localhost" if "url" in keys else None)]
    if status == 200:
        assert origin.requests[0].get("host") == keys.get("host", HOST)
        return
    line = shield.wait_journal(lambda line: line.get("url.path") == f"/{row}")
    assert line["bouclier.reasons"] == ["origin-connect"]


@pytest.mark.parametrize("shows, status", [("client", 200), (None, 502), ("stranger", 502)])
def test_mutual_tls(papers, shows, status):
    """An origin that lets nobody in who cannot show that he is the shield."""
    with Origin(context=server_context(papers["good"], papers["ours"])) as origin, \
         behind_tls(origin, papers, **BELIEVED, **({"auth": shows} if shows else {})) as shield:
        assert {get(shield.plain).status for _ in range(3)} == {status}
        assert len(origin.requests) == (3 if status == 200 else 0)
        assert set(origin.shown) == ({der(papers["client"])} if status == 200 else set())


def test_renewed_files_serve_after_a_reload(papers):
    """The same paths with other contents: a client certificate that was renewed, an authority that was replaced."""
    with Origin(context=server_context(papers["good"], papers["ours"])) as origin, behind_tls(origin, papers, **BELIEVED, auth="client") as shield:
        assert get(shield.plain).status == 200 and origin.shown[-1] == der(papers["client"])
        (shield.folder / "client.pem").write_bytes(papers["renewed"].read_bytes())
        assert shield.reload()[0]
        assert get(shield.plain).status == 200 and origin.shown[-1] == der(papers["renewed"])
        (shield.folder / "ours.pem").write_bytes(papers["theirs"].read_bytes())
        assert shield.reload()[0]
        assert get(shield.plain).status == 502


def test_an_empty_list_of_authorities_is_not_the_systems():
    with Origin(response(b"0")) as origin, Shield(origin) as shield:
        (shield.folder / "empty.pem").write_text("")
        shield.site()["origins"] = [{"url": f"https://127.0.0.1:{origin.port}", "ca": str(shield.folder / "empty.pem")}]
        shield.write(shield.settings)
        worked, text = shield.reload()
        assert not worked and "no certificate of an authority" in text, text
        assert get(shield.plain).text == "0"


@pytest.mark.parametrize("header", ["X-Bouclier-Secret", "Authorization-Of-Shield"])
def test_header_secret(header):
    """Said to the origin; never what a client says under that name, and never to anybody else."""
    keys = {} if header == "X-Bouclier-Secret" else {"header": header}
    with stage(2, {"auth": {"header_secret": "s3cret-word", **keys}}) as (shield, origins):
        for sent in (header, header.lower(), header.upper()):
            for _ in range(4):
                assert b"s3cret" not in exchange(shield.plain, f"GET / HTTP/1.1\r\nHost: {HOST}\r\n{sent}: guess\r\nConnection: close\r\n\r\n".encode())
        for request in origins[0].requests:
            assert [value for name, value in request.fields if name.lower() == header.lower()] == ["s3cret-word"]
        assert origins[0].requests and not any(b"s3cret" in request.head for request in origins[1].requests)
        dumped = subprocess.run([BINARY, "dump", "--config", str(shield.config), "--output", "json"], capture_output=True, text=True)
        assert dumped.returncode == 0 and "s3cret" not in dumped.stdout + shield.said() + json.dumps(shield.status())
        assert "s3cret" not in json.dumps(shield.journal())


class Greeted(Origin):
    """Reads a PROXY header in front of each connection: `headers` has (version, source address, source port)."""

    def __init__(self):
        self.headers = []
        super().__init__(before=self.read_header)

    def read_header(self, sock):
        if sock.recv(5, socket.MSG_PEEK | socket.MSG_WAITALL) == b"PROXY":
            line = b""
            while not line.endswith(b"\r\n"):
                line += sock.recv(1)
            words = line.decode().split()
            self.headers.append((1, words[2], int(words[4])))
            return
        head = sock.recv(16, socket.MSG_WAITALL)
        assert head[:13] == b"\r\n\r\n\x00\r\nQUIT\n\x21"
        rest = sock.recv(struct.unpack(">H", head[14:])[0], socket.MSG_WAITALL)
        size, family = (4, socket.AF_INET) if head[13] == 0x11 else (16, socket.AF_INET6)
        self.headers.append((2, socket.inet_ntop(family, rest[:size]), struct.unpack(">H", rest[2 * size:2 * size + 2])[0]))


@pytest.mark.parametrize("version", [1, 2])
def test_proxy_protocol_to_origins(version):
    """Each connection speaks for one client: the real one, behind trusted proxies too, and is nobody's afterwards."""
    with Greeted() as origin, Shield(origin, trusted_proxies=["127.0.0.2/32"], site={
            "origins": [{"url": origin.url, "proxy_protocol": f"v{version}"}]}) as shield:
        ports = []
        for source, said, wanted in (("127.0.0.1", None, "127.0.0.1"), ("127.0.0.1", "192.0.2.1", "127.0.0.1"), ("127.0.0.2", "192.0.2.1", "192.0.2.1"),
                                     ("127.0.0.2", "2001:db8::1", "2001:db8::1"), ("127.0.0.2", None, "127.0.0.2")):
            with socket.create_connection(("127.0.0.1", shield.plain), timeout=5, source_address=(source, 0)) as client:
                ports.append(client.getsockname()[1])
                extra = f"X-Forwarded-For: {said}\r\n" if said else ""
                client.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n{extra}Connection: close\r\n\r\n".encode())
                got = b""
                while piece := client.recv(65536):
                    got += piece
            assert got.startswith(b"HTTP/1.1 200 "), got
            assert origin.headers[-1][:2] == (version, wanted)
        assert len(origin.headers) == 5 and [header[2] for header in origin.headers[:2]] == ports[:2]

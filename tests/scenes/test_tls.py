"""TLS as scanners see it, and as clients use it: versions, ciphers, certificates by name, tickets across everything that a
shield lives through."""
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
import xml.etree.ElementTree

import pytest

import lab

BOTH, STRICT, OLD = "both.commune.example", "strict.commune.example", lab.HOST


@pytest.fixture(scope="module")
def shield(tmp_path_factory):
    """Sites: OLD (ECDSA), BOTH (ECDSA and RSA), STRICT (TLS 1.3 only)."""
    with lab.Origin(record=False) as origin, lab.Shield(origin, start=False) as one:
        folder = one.folder
        names = {
            OLD: {"certificate": str(one.certificate), "hosts": [OLD, "localhost", "127.0.0.1"]},
            BOTH: {"certificate": [str(lab.make_certificate(folder / "ec.pem", BOTH)),
                                   str(lab.make_certificate(folder / "rsa.pem", BOTH, rsa=True))]},
            STRICT: {"certificate": str(lab.make_certificate(folder / "strict.pem", STRICT)), "tls": {"min_version": "1.3"}},
        }
        one.write({**one.settings, "sites": [{"name": name, "origins": [origin.url], **keys} for name, keys in names.items()]})
        one.start()
        yield one


def openssl(shield, name, *words, sent="", port=None):
    """What openssl s_client says."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port or shield.tls}", "-servername", name, *map(str, words)]
    run = subprocess.run(command, input=sent, capture_output=True, text=True, timeout=15)
    return run.stdout + run.stderr


def connect(shield, name=OLD, alpn=None, version=None, session=None, context=None):
    if context is None:
        context = lab.trusting()
        if alpn:
            context.set_alpn_protocols(alpn)
        if version:
            context.minimum_version = context.maximum_version = version
    raw = socket.create_connection(("127.0.0.1", shield.tls), timeout=5)
    try:
        return context.wrap_socket(raw, server_hostname=name, session=session)
    except BaseException:
        raw.close()
        raise


# -- scanners --

@pytest.mark.skipif(not shutil.which("sslscan"), reason="no sslscan")
def test_sslscan(shield):
    run = subprocess.run(["sslscan", "--xml=-", "--no-colour", f"--sni-name={BOTH}", f"127.0.0.1:{shield.tls}"],
                         capture_output=True, text=True, timeout=60)
    found = xml.etree.ElementTree.fromstring(run.stdout).find("ssltest")
    offered = {f"{each.get('type')} {each.get('version')}" for each in found.iter("protocol") if each.get("enabled") == "1"}
    assert offered == {"tls 1.2", "tls 1.3"}
    assert found.find("compression") is None or found.find("compression").get("supported") == "0"
    assert found.find("renegotiation").get("supported") == "0"
    assert all(each.get("vulnerable") == "0" for each in found.iter("heartbleed"))
    ciphers = [each.get("cipher") for each in found.iter("cipher")]
    assert len(ciphers) >= 6
    for cipher in ciphers:
        assert re.fullmatch(r"TLS_(AES_(128|256)_GCM|CHACHA20_POLY1305)_SHA\d+|ECDHE-(ECDSA|RSA)-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)",
                            cipher), cipher


@pytest.mark.skipif(not shutil.which("testssl"), reason="no testssl")
def test_testssl(shield, tmp_path):
    report = tmp_path / "report.json"
    subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1",
                    "-p", "-s", "-R", "-C", "-H", "-I", "-T", "--jsonfile", report, f"https://localhost:{shield.tls}"],
                   capture_output=True, timeout=120, stdin=subprocess.DEVNULL)
    found = {each["id"]: each for each in json.loads(report.read_text())}
    for name in ("SSLv2", "SSLv3", "TLS1", "TLS1_1"):
        assert found[name]["finding"].startswith("not offered"), found[name]
    for name in ("TLS1_2", "TLS1_3"):
        assert "offered" in found[name]["finding"] and "not offered" not in found[name]["finding"], found[name]
    assert found["ALPN_HTTP2"]["finding"].split()[0].startswith("h2"), found["ALPN_HTTP2"]
    for name in ("heartbleed", "CCS", "ticketbleed", "secure_renego", "secure_client_renego", "CRIME_TLS"):
        assert found[name]["severity"] == "OK", found[name]
    lists = {name: each["finding"] for name, each in found.items() if name.startswith("cipherlist_")}
    assert {finding for name, finding in lists.items() if "STRONG" not in name} == {"not offered"}, lists
    assert "offered" in {finding for name, finding in lists.items() if "STRONG" in name}, lists
    assert not [each for each in found.values() if each["severity"] in ("HIGH", "CRITICAL", "FATAL")]


def test_renegotiation_is_refused(shield):
    """The client asks for a second handshake in the middle of TLS 1.2."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{shield.tls}", "-servername", OLD, "-tls1_2"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as client:
        try:
            said = ""
            while "Extended master secret" not in said:  # the handshake is over: from here on a line "R" is a command
                line = client.stdout.readline()
                assert line, said
                said += line
            said += client.communicate("R\n", timeout=10)[0]
        finally:
            client.kill()
    assert "RENEGOTIATING" in said and "no renegotiation" in said, said[-2000:]


def test_alpn(shield):
    for offered, chosen in ((["h2", "http/1.1"], "h2"), (["http/1.1", "h2"], "h2"), (["http/1.1"], "http/1.1"), (None, None)):
        with connect(shield, alpn=offered) as client:
            assert client.selected_alpn_protocol() == chosen
    with pytest.raises(ssl.SSLError, match="no application protocol"):
        connect(shield, alpn=["spdy/3"])


# -- certificates --

def test_certificate_by_name_and_kind(shield):
    """The site's, never another's; RSA for a client that cannot do ECDSA."""
    for name, words, kind in ((OLD, [], "ec"), (BOTH, [], "ec"), (BOTH, ["-sigalgs", "rsa_pss_rsae_sha256"], "rsa"),
                              (BOTH, ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], "rsa"), (STRICT, [], "ec")):
        said = openssl(shield, name, *words)
        # OpenSSL 3.0 and 3.5 write the same differently: "CN = x", "CN=x"; "ECDSA", "ecdsa_secp256r1_sha256"
        assert re.search(rf"^subject=CN ?= ?{re.escape(name)}$", said, re.M), said[:2000]
        signature = re.search(r"^Peer signature type: (\w+)", said, re.M)
        assert signature and signature[1].upper().startswith("ECDSA" if kind == "ec" else "RSA"), said[:2000]


def test_unknown_name(shield):
    """421 or no handshake at all, and nobody's certificate."""
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(shield, name="unknown.example")


def test_min_version(shield):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(shield, STRICT, version=ssl.TLSVersion.TLSv1_2)
    with connect(shield, STRICT) as client:
        assert client.version() == "TLSv1.3"
    with connect(shield, BOTH, version=ssl.TLSVersion.TLSv1_2) as client:
        assert client.version() == "TLSv1.2"


def test_no_way_around_min_version_by_a_ticket(shield):
    """A session of a site that takes 1.2 is not one of a site that does not."""
    context = lab.trusting()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with connect(shield, OLD, context=context) as client:
        session = client.session
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(shield, STRICT, context=context, session=session)


# -- tickets --

def ask(client, name=OLD):
    client.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
    got = b""
    while piece := client.recv(65536):
        got += piece
    assert got.startswith(b"HTTP/1.1 200 "), got


def first_visit(shield, version):
    context = lab.trusting()
    context.minimum_version = context.maximum_version = version
    with connect(shield, context=context) as client:
        assert not client.session_reused
        ask(client)
        return context, client.session


def test_tickets_live_on():
    """Reload, kill -9 of the edge, upgrade of the binary: who was here is known again. A certificate of another site is not
    given by a ticket."""
    with lab.Origin(record=False) as origin, lab.Shield(origin, may_die=True, start=False) as shield:
        program = shield.folder / "program"
        shutil.copy(lab.BINARY, program)
        shield.binary = str(program)
        shield.start()
        visits = [first_visit(shield, version) for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)]

        def known_again(when):
            for context, session in visits:
                with connect(shield, context=context, session=session) as client:
                    assert client.session_reused, f"{client.version()} after {when}"
                    ask(client)
        known_again("nothing")
        worked, text = shield.reload()
        assert worked, text
        known_again("a reload")
        edge = shield.edge()
        os.kill(edge, signal.SIGKILL)
        lab.wait_until(lambda: shield.edge() not in (None, edge) and shield.is_ready(), 10, "a new edge")
        known_again("kill -9 of the edge")
        edge = shield.edge()
        shutil.copy(lab.BINARY, str(program) + ".new")
        os.replace(str(program) + ".new", program)
        shield.signal(signal.SIGUSR2)
        lab.wait_until(lambda: shield.edge() not in (None, edge) and shield.is_ready(), 15, "the upgraded edge")
        known_again("an upgrade")


def test_handshakes_that_go_nowhere(shield):
    """Garbage, a plain request and half a ClientHello: told, cut, and nobody else notices."""
    for sent in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", bytes(range(256)), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 20):
        with socket.create_connection(("127.0.0.1", shield.tls), timeout=5) as client:
            client.sendall(sent)
            if sent[:1] != b"\x16":
                end = time.monotonic() + 5
                try:
                    while client.recv(4096):
                        assert time.monotonic() < end
                except ConnectionError:
                    pass
    assert lab.get(shield.tls, tls=True).status == 200

"""OCSP responses that go with a certificate: from a file, and fetched from the responder that the certificate names. The
responder is OpenSSL's own where it behaves, and ours where it does not."""
import contextlib
import datetime
import http.server
import os
import pathlib
import signal
import subprocess
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from lab import BINARY, HOST, Shield, free_port, get, wait_until

NOW = datetime.datetime.utcnow
KEY_FORM = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def seconds(count):
    return datetime.timedelta(seconds=count)


# -- an authority --

class Authority:
    """A root that signs sites' certificates and, by itself or through one it signed for that, OCSP responses."""

    def __init__(self, folder, name="Authority"):
        self.folder, self.leaf = folder, None
        self.key, self.certificate = ec.generate_private_key(ec.SECP256R1()), None
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self.sign(self.name, self.key, (x509.BasicConstraints(True, None), True))
        (folder / "ca.pem").write_bytes(self.pem(self.certificate))
        (folder / "ca.key").write_bytes(self.key.private_bytes(*KEY_FORM))

    @staticmethod
    def pem(certificate):
        return certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self, subject, key, *extensions):
        builder = x509.CertificateBuilder(issuer_name=self.name, subject_name=subject, public_key=key.public_key(),
                                          serial_number=x509.random_serial_number(), not_valid_before=NOW() - seconds(3600),
                                          not_valid_after=NOW() + seconds(90 * 86400))
        for extension, is_critical in extensions:
            builder = builder.add_extension(extension, is_critical)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, path, responder=None, chain=True, host=HOST):
        """A site's certificate, its issuer (unless CHAIN is False) and its key in one file at PATH."""
        key = ec.generate_private_key(ec.SECP256R1())
        extensions = [(x509.SubjectAlternativeName([x509.DNSName(host), x509.DNSName("localhost")]), False)]
        if responder:
            extensions.append((x509.AuthorityInformationAccess([x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder))]), False))
        leaf = self.sign(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), key, *extensions)
        parts = [self.pem(leaf), self.pem(self.certificate) if chain else b"", key.private_bytes(*KEY_FORM)]
        part = path.with_suffix(".part")
        part.write_bytes(b"".join(parts))
        os.replace(part, path)
        return leaf

    def respond(self, leaf, since=-60, until=3600, revoked=False, signer=None, key=None):
        """An OCSP response (DER), good from SINCE to UNTIL seconds from now (None: it does not say)."""
        status = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=leaf, issuer=self.certificate, algorithm=hashes.SHA1(), cert_status=status, this_update=NOW() + seconds(since),
            next_update=None if until is None else NOW() + seconds(until), revocation_time=NOW() - seconds(60) if revoked else None,
            revocation_reason=None)
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer or self.certificate)
        if signer:
            builder = builder.certificates([signer])
        return builder.sign(key or self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    @contextlib.contextmanager
    def openssl(self, leaf, port, revoked=False, *words):
        """`openssl ocsp` as the responder on PORT."""
        ends = leaf.not_valid_after.strftime("%y%m%d%H%M%SZ")
        state = f"R\t{ends}\t{NOW().strftime('%y%m%d%H%M%SZ')}" if revoked else f"V\t{ends}\t"
        serial = f"{leaf.serial_number:X}"
        (self.folder / "index.txt").write_text(f"{state}\t{serial.zfill(len(serial) + len(serial) % 2)}\tunknown\t/CN={HOST}\n")
        process = subprocess.Popen(["openssl", "ocsp", "-port", str(port), "-index", self.folder / "index.txt", "-CA", self.folder / "ca.pem",
                                    "-rsigner", self.folder / "ca.pem", "-rkey", self.folder / "ca.key", "-nmin", "60", *words],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: is_listened_on(port), what="openssl ocsp listens")
            yield process
        finally:
            process.kill()
            process.wait()


def is_listened_on(port):
    """Without a connection: one that sends nothing holds up `openssl ocsp`."""
    lines = pathlib.Path("/proc/net/tcp").read_text() + pathlib.Path("/proc/net/tcp6").read_text()
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in lines.splitlines() if ": " in line)


class Responder:
    """Ours: ANSWER(handler) writes what it likes; bytes it returns are a well-made response."""

    def __init__(self, answer, port=0):
        self.asked = asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked.append((self.path, dict(self.headers), self.rfile.read(int(self.headers.get("content-length", 0)))))
                with contextlib.suppress(OSError):
                    body = answer(self)
                    if body is not None:
                        self.send_response(200)
                        self.send_header("Content-Type", "application/ocsp-response")
                        self.send_header("Content-Length", str(len(body)))
                        self.end_headers()
                        self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@contextlib.contextmanager
def shield_of(authority, origin, url, answer="fetch", start=True, chain=True, **more):
    """A shield whose site says `ocsp: ANSWER`; its certificate as `leaf`."""
    with Shield(origin, start=False, **more) as shield:
        authority.leaf = shield.leaf = authority.issue(shield.certificate, url, chain)
        shield.ca = authority.folder / "ca.pem"
        site = {**shield.settings["sites"][0], "certificate": {"chain": str(shield.certificate), "ocsp": answer}}
        shield.write({**shield.settings, "sites": [site]})
        if start:
            shield.start()
        yield shield


def stapled(shield):
    """What `openssl s_client -status` says of the staple, after it verified it: "good", "revoked"... or None."""
    run = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{shield.tls}", "-servername", HOST, "-status", "-CAfile", shield.ca,
                          "-verify_return_error"], input="", capture_output=True, text=True, timeout=15)
    said = run.stdout + run.stderr
    assert "Verify return code: 0 (ok)" in said, said
    if "OCSP response: no response sent" in said:
        return None
    assert "OCSP Response Status: successful" in said, said
    return next(line.split(":")[1].strip() for line in said.splitlines() if "Cert Status" in line)


def notice(shield, action, words, seconds=20):
    line = shield.wait_journal(lambda line: line.get("event.action") == action and words in line["bouclier.detail"], seconds)
    assert line["bouclier.site"] == HOST, line
    assert words in shield.said()
    return line


def is_served(shield):
    return get(shield.tls, tls=True).status == 200


# -- fetched --

def test_fetched_from_a_real_responder(authority, origin):
    """Without a reload, to every worker, verified by OpenSSL's own client; and there at once after a restart."""
    port = free_port()
    with shield_of(authority, origin, f"http://127.0.0.1:{port}/ocsp", start=False) as shield:
        with authority.openssl(shield.leaf, port):
            shield.start()
            wait_until(lambda: stapled(shield) == "good", what="a staple")
            assert [stapled(shield) for _ in range(8)] == ["good"] * 8
            assert shield.status()["generation"] == 1
        assert not [line for line in shield.journal() if line["event.dataset"] == "bouclier.notice" and line["event.action"] != "config-serves"]
        # The edge is killed, then the whole shield is stopped; nobody answers any more.
        shield.may_die = True
        old = shield.edge()
        os.kill(old, signal.SIGKILL)
        wait_until(lambda: shield.edge() not in (None, old) and shield.is_ready(), what="a new edge")
        assert stapled(shield) == "good"
        shield.process.send_signal(signal.SIGTERM)
        shield.process.wait(15)
        shield.start()
        assert stapled(shield) == "good"
        kept = list((shield.state / "ocsp").iterdir())
        assert len(kept) == 1 and kept[0].stat().st_mode & 0o077 == 0


def test_a_kept_response_is_not_believed_blindly(authority, origin):
    """Somebody else's bytes in the state folder: fetched afresh."""
    with Responder(lambda handler: authority.respond(authority.leaf)) as responder:
        with shield_of(authority, origin, f"http://127.0.0.1:{responder.port}/") as shield:
            wait_until(lambda: stapled(shield) == "good")
            kept, = (shield.state / "ocsp").iterdir()
            for bad in (b"", b"\x30\x82\xff\xff", os.urandom(20000), authority.respond(shield.leaf, since=-7200, until=-3600)):
                shield.process.send_signal(signal.SIGTERM)
                shield.process.wait(15)
                kept.write_bytes(bad)
                before = len(responder.asked)
                shield.start()
                wait_until(lambda: stapled(shield) == "good")
                assert len(responder.asked) > before


def test_the_request(authority, origin):
    """One POST, of this certificate, without a nonce, to the very path; through the proxy of the environment."""
    with Responder(lambda handler: authority.respond(authority.leaf)) as responder:
        with shield_of(authority, origin, "http://ocsp.authority.example/some/path", env={"http_proxy": f"http://127.0.0.1:{responder.port}"}) as shield:
            wait_until(lambda: stapled(shield) == "good")
            path, fields, body = responder.asked[0]
            request = ocsp.load_der_ocsp_request(body)
            assert request.serial_number == shield.leaf.serial_number and not list(request.extensions)
            assert path == "http://ocsp.authority.example:80/some/path" and fields["Content-Type"] == "application/ocsp-request"
            time.sleep(2)
            assert len(responder.asked) == 1


def test_nothing_is_asked_without_the_word(authority, origin):
    with Responder(lambda handler: authority.respond(authority.leaf)) as responder:
        with shield_of(authority, origin, f"http://127.0.0.1:{responder.port}/", start=False) as shield:
            site = {**shield.settings["sites"][0], "certificate": str(shield.certificate)}
            shield.write({**shield.settings, "sites": [site]})
            shield.start()
            time.sleep(2)
            assert is_served(shield) and stapled(shield) is None and not responder.asked


def test_renewed_at_half_of_its_life_and_gone_after_it(authority, origin):
    alive = [True]
    with Responder(lambda handler: authority.respond(authority.leaf, since=0, until=14) if alive[0] else b"") as responder:
        with shield_of(authority, origin, f"http://127.0.0.1:{responder.port}/") as shield:
            wait_until(lambda: stapled(shield) == "good")
            first = time.monotonic()
            wait_until(lambda: len(responder.asked) == 2, 12, "the renewal")
            assert 5 < time.monotonic() - first < 11 and stapled(shield) == "good"
            alive[0], last = False, time.monotonic()
            wait_until(lambda: stapled(shield) is None, 20, "the end of the last one")
            assert time.monotonic() - last > 10
            assert is_served(shield)
            notice(shield, "staple-missing", "no OCSP response goes with the certificate")
            alive[0] = True
            notice(shield, "staple-renewed", "again", 30)
            assert stapled(shield) == "good"


def test_dead_responder_comes_back(authority, origin):
    port = free_port()
    with shield_of(authority, origin, f"http://127.0.0.1:{port}/") as shield:
        notice(shield, "staple-missing", "did not answer: connect")
        assert is_served(shield) and stapled(shield) is None
        with authority.openssl(shield.leaf, port):
            wait_until(lambda: stapled(shield) == "good", 30, "the retry")
        notice(shield, "staple-renewed", "again")


def hang(handler):
    time.sleep(60)


def drip(handler):
    """A head at once, then a byte a second: each is a sign of life, and the whole never comes."""
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n\x30\x82\x10\x00")
    for _ in range(60):
        time.sleep(1)
        handler.wfile.write(b"x")


def head_without_end(handler):
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
    for _ in range(1 << 17):
        handler.wfile.write(b"X: " + b"x" * 1000 + b"\r\n")
    time.sleep(60)


def huge(handler):
    body = b"\x30\x84\x04\x00\x00\x00" + bytes(1 << 20)
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n")
    for _ in range(64):
        handler.wfile.write(body)


def elsewhere(handler):
    handler.wfile.write(b"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:%d/other\r\n\r\n" % handler.server.server_address[1])


BAD = {
    "garbage": (lambda handler: b"<html>no</html>", "did not answer"),
    "empty": (lambda handler: b"", "did not answer"),
    "asn1 garbage": (lambda handler: b"\x30\x03\x02\x01\x00", "no OCSP response"),
    "error": (lambda handler: b"\x30\x03\x0a\x01\x06", "unauthorized"),
    "huge": (huge, "did not answer"),
    "redirect": (elsewhere, "did not answer"),
    "hangs": (hang, "did not answer"),
    "drips": (drip, "did not answer"),
    "head without end": (head_without_end, "did not answer"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_responder(authority, origin, kind):
    """Nothing is stapled, a person is told within the time limit, names are resolved and citizens served meanwhile."""
    answer, words = BAD[kind]
    with Responder(answer) as responder:
        with shield_of(authority, origin, f"http://127.0.0.1:{responder.port}/") as shield:
            assert is_served(shield)
            notice(shield, "staple-missing", words, 14)
            assert is_served(shield) and stapled(shield) is None
            assert all(path == "/" for path, _, _ in responder.asked)
            resolve, = [pid for pid, role in shield.children().items() if role == "resolve"]
            grown = int(next(line for line in pathlib.Path(f"/proc/{resolve}/status").read_text().splitlines() if "VmHWM" in line).split()[1])
            assert grown < 64 * 1024, f"resolve took {grown} KiB"


def test_a_name_does_not_wait_for_a_responder(authority, origin):
    """While a responder hangs, a reload that needs a name goes through."""
    with Responder(hang) as responder, shield_of(authority, origin, f"http://127.0.0.1:{responder.port}/") as shield:
        wait_until(lambda: responder.asked)
        site = {**shield.settings["sites"][0], "origins": [f"http://localhost:{origin.port}"]}
        shield.write({**shield.settings, "sites": [site]})
        started = time.monotonic()
        assert shield.reload()[0] and time.monotonic() - started < 5
        assert is_served(shield)


WRONG = {
    "revoked": (dict(revoked=True), "certificate-revoked", "revoked"),
    "expired": (dict(since=-7200, until=-3600), "staple-missing", "out of date"),
    "of tomorrow": (dict(since=86400, until=2 * 86400), "staple-missing", "of a time to come"),
    "expired without an end": (dict(since=-7200, until=None), "staple-missing", "out of date"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_answer(authority, origin, kind):
    keys, action, words = WRONG[kind]
    with Responder(lambda handler: authority.respond(authority.leaf, **keys)) as responder:
        with shield_of(authority, origin, f"http://127.0.0.1:{responder.port}/") as shield:
            notice(shield, action, words)
            assert is_served(shield) and stapled(shield) is None


def test_revoked_by_a_real_responder(authority, origin):
    """A staple that was good is no longer sent, and does not come back with a restart."""
    port, answers = free_port(), []
    with Responder(lambda handler: answers[0]) as responder:
        with shield_of(authority, origin, f"http://127.0.0.1:{responder.port}/", start=False) as shield:
            answers.append(authority.respond(shield.leaf, since=0, until=14))
            shield.start()
            wait_until(lambda: stapled(shield) == "good")
            answers[0] = authority.respond(shield.leaf, since=0, until=3600, revoked=True)
            notice(shield, "certificate-revoked", "its issuer has revoked it")
            assert is_served(shield) and stapled(shield) is None and not list((shield.state / "ocsp").iterdir())
    with shield_of(authority, origin, f"http://127.0.0.1:{port}/", start=False) as shield:
        with authority.openssl(shield.leaf, port, revoked=True):
            shield.start()
            notice(shield, "certificate-revoked", "its issuer has revoked it")


def test_signers(authority, origin, tmp_path):
    """A responder that the issuer allowed may sign; another certificate of the issuer, or another issuer, may not."""
    (tmp_path / "other").mkdir()
    other, key = Authority(tmp_path / "other"), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Responder")])
    allowed = authority.sign(name, key, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False))
    plain = authority.sign(name, key)
    stranger = other.sign(name, key, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False))
    answers = [dict(signer=plain, key=key)]
    with Responder(lambda handler: authority.respond(authority.leaf, **answers[0])) as responder:
        with shield_of(authority, origin, f"http://127.0.0.1:{responder.port}/", start=False) as shield:
            for bad in (dict(signer=plain, key=key), dict(signer=stranger, key=key), dict(key=other.key), dict(signer=allowed, key=other.key)):
                answers[0] = bad
                before = len(responder.asked)
                shield.start()
                wait_until(lambda: len(responder.asked) > before)
                time.sleep(0.3)
                assert stapled(shield) is None, bad
                shield.process.send_signal(signal.SIGTERM)
                shield.process.wait(15)
            answers[0] = dict(signer=allowed, key=key)
            shield.start()
            wait_until(lambda: stapled(shield) == "good")


def test_another_certificate_of_the_issuer(authority, origin):
    """A good answer about somebody else."""
    with Responder(lambda handler: authority.respond(authority.issue(authority.folder / "else.pem"))) as responder:
        with shield_of(authority, origin, f"http://127.0.0.1:{responder.port}/") as shield:
            notice(shield, "staple-missing", "of another certificate")
            assert stapled(shield) is None


def test_renewed_certificate(authority, origin):
    """The file is replaced under a running shield: the new certificate gets a response of its own, the old one's file goes."""
    leaves = []
    def answer(handler):
        serial = ocsp.load_der_ocsp_request(responder.asked[-1][2]).serial_number
        return authority.respond(next(leaf for leaf in leaves if leaf.serial_number == serial))
    with Responder(answer) as responder:
        url = f"http://127.0.0.1:{responder.port}/"
        with shield_of(authority, origin, url, start=False) as shield:
            leaves.append(shield.leaf)
            shield.start()
            wait_until(lambda: stapled(shield) == "good")
            leaves.append(authority.issue(shield.certificate, url))
            wait_until(lambda: len(responder.asked) == 2, 15, "a question about the new one")
            wait_until(lambda: stapled(shield) == "good")
            assert len(list((shield.state / "ocsp").iterdir())) == 1


# -- what cannot be --

@pytest.mark.parametrize("url, chain, words", [
    (None, True, "names no OCSP responder that can be asked over http"),
    ("https://ocsp.example/", True, "names no OCSP responder that can be asked over http"),
    ("ldap://ocsp.example/", True, "names no OCSP responder"),
    ("http://user@ocsp.example/", True, "names no OCSP responder"),
    ("http://ocsp.example/" + 600 * "a", True, "names no OCSP responder"),
    ("http://ocsp.example/", False, "lacks the certificate of its issuer"),
])
def test_check_says_why_it_cannot_be_fetched(authority, origin, url, chain, words):
    """`check` is told by a person: an error. A running shield goes on, and says so."""
    with shield_of(authority, origin, url, chain=chain) as shield:
        check = subprocess.run([BINARY, "check", "--config", str(shield.config)], capture_output=True, text=True, timeout=30)
        assert check.returncode == 1 and "ocsp: fetch cannot be done for the certificate" in check.stderr and words in check.stderr, check.stderr
        notice(shield, "staple-missing", words)
        assert is_served(shield)


# -- from a file --

def test_file(authority, origin):
    with shield_of(authority, origin, None, "staple.der", start=False) as shield:
        path = shield.folder / "staple.der"

        def check():
            run = subprocess.run([BINARY, "check", "--config", str(shield.config)], capture_output=True, text=True, timeout=30)
            return run.returncode, run.stderr

        path.write_bytes(authority.respond(shield.leaf, until=20))
        assert check()[0] == 0, check()
        shield.start()
        assert stapled(shield) == "good"
        wait_until(lambda: stapled(shield) is None, 25, "its end")
        notice(shield, "staple-missing", "out of date")
        assert is_served(shield)
        assert check()[0] == 1 and "out of date" in check()[1]
        path.write_bytes(authority.respond(shield.leaf))
        wait_until(lambda: stapled(shield) == "good", 12, "the new file is noticed")
        path.write_bytes(b"fetch")  # a file's content is no word
        assert check()[0] == 1 and "no OCSP response" in check()[1]
        wait_until(lambda: stapled(shield) is None, 12, "the bad file is noticed")
        assert is_served(shield)

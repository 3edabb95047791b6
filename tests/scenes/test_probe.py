"""`bouclier probe`: what a citizen elsewhere gets, and that the hub is told it once, whatever happens on the way."""
import base64
import datetime
import http.client
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lab.origin import Origin
from lab.place import BINARY, ENVIRONMENT, HOST, free_port, make_folder, sanitized, wait_until
from lab.shield import FAULTS, Shield
from lab.tls import make_certificate, server_context
from lab.wire import read_request, response

HUB = pathlib.Path(sanitized()).parent / "tests/hub/hub-probe-demo"
PREFIX = b"bouclier-probe-report-1\n"
STEPS = ("dns", "connect", "tls", "http", "timeout")


def probe(*words, trust=None, **options):
    environment = {**os.environ, **ENVIRONMENT, **({"SSL_CERT_FILE": str(trust)} if trust else {})}
    done = subprocess.run([BINARY, "probe", *map(str, words)], capture_output=True, text=True, timeout=60, env=environment, **options)
    assert not any(fault in done.stderr for fault in FAULTS), done.stderr
    return done


def look(url, *words, trust=None):
    """What one look at URL said, and the exit code."""
    done = probe("--once", "--output", "json", *words, url, trust=trust)
    return json.loads(done.stdout), done.returncode


class Hub:
    """The receiving half of a hub, with a store, a server over TLS and the probe's key."""

    def __init__(self, key, port=0, folder=None, *options, site="www=localhost", name="localhost"):
        self.folder = folder or make_folder("probe-hub")
        self.certificate = self.folder / "chain.pem"
        if not self.certificate.exists():
            make_certificate(self.certificate, "localhost")
        words = [HUB, self.folder, "antwerp", key, site, *([f"port={port}"] if port else []), *options]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **ENVIRONMENT})
        self.port = int(re.match(r"port=(\d+)", self.process.stdout.readline())[1])
        self.url = f"https://{name}:{self.port}"

    def ask(self, method, path, body=None, fields=None):
        connection = http.client.HTTPSConnection("localhost", self.port, context=ssl.create_default_context(cafile=self.certificate), timeout=10)
        connection.request(method, path, body, {"Content-Type": "application/json", **(fields or {})})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text else None

    def probes(self):
        return self.ask("GET", "/api/v1/probes")[1]["probes"][0]

    def report(self, key, body, name="antwerp", signature=None):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        signature = signature or base64.b64encode(key.sign(PREFIX + body)).decode()
        return self.ask("POST", "/api/v1/probes/report", body, {"Bouclier-Vantage": name, "Bouclier-Signature": signature})

    def stop(self):
        self.process.terminate()
        _, said = self.process.communicate(timeout=10)
        assert not any(fault in said for fault in FAULTS), said


@pytest.fixture
def key():
    """Path of a private key, and the public one as text."""
    path = make_folder("probe-key") / "key.pem"
    done = probe("key", path)
    assert done.returncode == 0 and path.stat().st_mode & 0o777 == 0o600
    return path, done.stdout.strip()


def stamp(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def report_of(sequence, sent=None, minute=None, **counts):
    now = datetime.datetime.now(datetime.timezone.utc)
    site = {"host": "localhost", "asked": 0, "in_time": 0, "slow": 0, "refused": 0, "unreachable": 0, **dict.fromkeys(STEPS, 0), "challenged": 0, "bytes": 0,
            "took_ms": 0, "slowest_ms": 0, "certificate_until": None, **counts}
    return {"version": 1, "name": "antwerp", "sequence": sequence, "sent": stamp(sent or now),
            "minutes": [{"from": stamp((minute or now - datetime.timedelta(minutes=2)).replace(second=0)), "sites": [site]}]}


# -- what a citizen gets --

def test_a_page_through_the_shield_is_served_in_time():
    with Origin(response(body=b"x" * 3000)) as origin, Shield(origin) as shield:
        said, code = look(f"https://localhost:{shield.tls}/news", trust=shield.certificate)
        assert code == 0 and said["outcome"] == "in_time" and said["status"] == 200 and said["bytes"] == 3000 and not said["challenged"]
        assert said["certificate_until"] > datetime.datetime.now(datetime.timezone.utc).isoformat()
        assert origin.requests[-1].target == "/news"
        human = probe("--once", f"https://localhost:{shield.tls}/", trust=shield.certificate)
        assert "served in 0." in human.stdout and "days that the certificate is still valid: 8" in human.stdout


def test_a_stranger_is_asked_for_proof_and_gives_it():
    with Origin(response(body=b"a page")) as origin, Shield(origin, site={"challenge": "always"}) as shield:
        said, code = look(f"https://localhost:{shield.tls}/", trust=shield.certificate)
        assert code == 0 and said["outcome"] == "in_time" and said["challenged"] and said["bytes"] > 6
        assert len(origin.requests) == 1


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_an_answer_that_is_no_page_is_refused(status):
    with Origin(response(status=f"{status} No")) as origin:
        said, code = look(origin.url)
        assert code == 1 and said["outcome"] == "refused" and said["status"] == status


def test_redirects_are_followed_on_the_host_three_times():
    def answer(request):
        number = int(request.target.removeprefix("/") or 0)
        return response(b"", "302 Found", f"Location: /{number + 1}", f"Set-Cookie: seen{number}=1") if number < ends else response(body=b"there")
    for ends, outcome in ((3, "in_time"), (4, "refused")):
        with Origin(answer) as origin:
            said, _ = look(origin.url)
            assert said["outcome"] == outcome, ends
            assert dict(origin.requests[3].fields)["Cookie"] == "seen0=1; seen1=1; seen2=1"
    with Origin(response(b"", "302 Found", "Location: https://elsewhere.invalid/")) as origin:
        assert look(origin.url)[0]["outcome"] == "in_time" and len(origin.requests) == 1


def test_what_fails_is_said_with_its_step():
    ends = make_folder("probe-ends")
    old = make_certificate(ends / "old.pem", "localhost", days=-1, ago=30)
    other = make_certificate(ends / "other.pem", "localhost")
    with Origin(context=server_context(old)) as expired, Origin(script=lambda stream: read_request(stream)) as closing, \
            Origin(script=lambda stream: [read_request(stream), stream.send(b"\x00\x01\x02 no HTTP\r\n\r\n")]) as strange, \
            Origin(script=lambda stream: [read_request(stream), stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it")]) as half:
        tls = expired.url.replace("127.0.0.1", "localhost")
        for url, trust, step, words in ((tls, old, "tls", "expired"), (tls, other, "tls", "certificate"), (f"http://127.0.0.1:{free_port()}/", None, "connect", "refused"),
                                        ("https://no.such.name.invalid/", None, "dns", ""), (closing.url, None, "http", "without an answer"),
                                        (strange.url, None, "http", "not HTTP"), (half.url, None, "http", "cut off")):
            said, code = look(url, trust=trust)
            assert (code, said["outcome"], said["step"]) == (1, "unreachable", step) and words in said["error"], said


def test_a_portal_that_hangs_is_waited_for_as_long_as_a_citizen_would():
    with Origin(script=lambda stream: [read_request(stream), wait_until(lambda: False, 5)]) as origin:
        said, code = look(origin.url, "--patience", "1s")
        assert code == 1 and said["outcome"] == "unreachable" and said["step"] == "timeout" and 1000 <= said["took_ms"] < 5000


def test_words_that_make_no_sense_are_refused(key):
    for words in (("ftp://x.example/",), ("https://x.example/",), ("--to", "https://hub.example", "https://x.example/"), ("key",), ("--every", "1s", "--once", "http://x/"),
                  ("--to", "http://192.0.2.1", "--key", key[0], "https://x.example/"), ("--to", "https://hub.example/path", "--key", key[0], "https://x.example/"),
                  ("--to", "https://hub.example", "--key", key[0], "--name", "a b", "https://x.example/")):
        assert probe(*words).returncode == 2, words
    assert probe("--to", "https://hub.example", "--key", "/no/such/key", "--name", "a", "https://x.example/").returncode == 1
    assert "no key of a probe" in probe("key", __file__).stderr
    before = key[0].read_bytes()
    assert probe("key", key[0]).stdout.strip() == key[1] and key[0].read_bytes() == before


# -- what the hub is told --

def test_what_was_seen_is_the_hubs(key):
    hub = Hub(key[1])
    try:
        with Origin() as origin:
            words = ("--once", "--to", hub.url, "--hub-ca", hub.certificate, "--key", key[0], "--name", "antwerp", origin.url, f"http://localhost:{free_port()}/")
            assert probe(*words).returncode == 1   # one of them is not there
            state = hub.probes()
            assert state["taken"] == 1 and state["asked"] == 2 and state["reached"] == 1 and not state["silent"]
    finally:
        hub.stop()


def test_the_wrong_key_or_name_or_authority_is_told_nothing(key):
    other = make_folder("probe-key") / "key.pem"
    assert probe("key", other).returncode == 0
    hub = Hub(key[1])
    try:
        with Origin() as origin:
            def tell(secret, name, *words):
                return probe("--once", "--to", hub.url, *words, "--key", secret, "--name", name, origin.url)
            done = tell(other, "antwerp", "--hub-ca", hub.certificate)
            assert done.returncode == 1 and "no probe of that name and key" in done.stderr
            assert tell(key[0], "ghent", "--hub-ca", hub.certificate).returncode == 1
            untrusted = tell(key[0], "antwerp")
            assert untrusted.returncode == 1 and "certificate" in untrusted.stderr
            assert hub.probes()["taken"] == 0
    finally:
        hub.stop()


def test_reports_are_taken_once_and_from_this_day(key):
    secret = serialization.load_pem_private_key(key[0].read_bytes(), None)
    now = datetime.datetime.now(datetime.timezone.utc)
    hub = Hub(key[1])
    try:
        body = report_of(5, asked=3, in_time=2, refused=1)
        assert hub.report(secret, body) == (200, {"taken": 1, "known": 0})
        status, said = hub.report(secret, body)
        assert status == 409 and said["error"]["code"] == "replayed" and said["error"]["sequence"] == 5
        assert hub.report(secret, {**body, "sequence": 6}) == (200, {"taken": 0, "known": 1})
        assert hub.report(secret, report_of(7, sent=now - datetime.timedelta(hours=1)))[1]["error"]["code"] == "clock-differs"
        assert hub.report(secret, report_of(7, asked=1))[0] == 400   # one look, and nothing became of it
        assert hub.report(secret, report_of(7), signature="AAAA")[0] == 401
        assert hub.report(Ed25519PrivateKey.generate(), report_of(7))[0] == 401
        assert hub.report(secret, b" " * (300 << 10))[0] == 413
        assert hub.report(secret, report_of(7))[0] == 200
    finally:
        hub.stop()
    again = Hub(key[1], 0, hub.folder)
    try:
        assert again.report(secret, report_of(7))[1]["error"]["code"] == "replayed"
    finally:
        again.stop()


class Running:
    """A probe that goes on, until stop()."""

    def __init__(self, *words):
        self.process = subprocess.Popen([BINARY, "probe", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **ENVIRONMENT})

    def line(self):
        return self.process.stdout.readline()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, said = self.process.communicate(timeout=20)
        assert self.process.returncode == 0 and not any(fault in said for fault in FAULTS), said
        return out, said


def test_what_a_hub_that_is_down_was_not_told_it_is_told_afterwards(key):
    state, port = make_folder("probe-state"), free_port()
    with Origin(script=lambda stream: [read_request(stream), wait_until(lambda: False, 30)]) as hanging, Origin() as origin:
        words = ("--to", f"https://localhost:{port}", "--key", key[0], "--name", "antwerp", "--state", state, origin.url, hanging.url)
        down = Running(*words)
        assert "served in" in down.line()
        _, said = down.stop()   # in the middle of a look that hangs
        assert "minutes that wait: 1" in said and len(list(state.glob("minute-*.json"))) == 1
        hub = Hub(key[1], port)
        try:
            up = Running(*words, "--hub-ca", hub.certificate)
            wait_until(lambda: hub.probes()["taken"] == 1 and not list(state.glob("minute-*.json")), 10, "the hub has what waited")
            assert hub.probes()["reached"] == 1
            up.stop(signal.SIGINT)
            assert not list(state.glob("minute-*.json"))
        finally:
            hub.stop()

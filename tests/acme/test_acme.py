"""The recipe of docs/acme.md, done for real: dehydrated asks an authority for a certificate, the authority fetches the
challenge from the shield's plain port, the hook replaces the file, and the shield serves the new certificate.
"""
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

import pytest
from cryptography import x509

from authority import Authority

NAMES = ["www.commune.example", "commune.example"]
BOUCLIER = os.environ.get("BOUCLIER")

pytestmark = [pytest.mark.skipif(not BOUCLIER, reason="no BOUCLIER"),
              pytest.mark.skipif(not shutil.which("dehydrated"), reason="no dehydrated")]


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def self_signed(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days",
                    "7", "-subj", f"/CN={NAMES[0]}", "-addext", "subjectAltName=" + ",".join(f"DNS:{n}" for n in NAMES),
                    "-keyout", folder / "key", "-out", folder / "chain"], check=True, capture_output=True)
    (folder / f"{NAMES[0]}.pem").write_text((folder / "chain").read_text() + (folder / "key").read_text())


def served(port, name=NAMES[0]):
    """The certificate that the shield serves for NAME."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 5) as plain:
        with context.wrap_socket(plain, server_hostname=name) as connection:
            return x509.load_der_x509_certificate(connection.getpeercert(True))


def wait_until(is_so, seconds=10):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if is_so():
                return True
        except OSError:
            pass
        time.sleep(0.1)
    return False


@pytest.fixture
def tmp_path():
    """Where the edge's user can reach it: pytest's own folders are for the tester alone."""
    with tempfile.TemporaryDirectory(prefix="bouclier-acme-") as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


@pytest.fixture
def shield(tmp_path):
    """(process, TLS port, plain port) of a shield with a self-signed certificate and a challenge folder."""
    tls, plain, origin = free_ports(3)
    for name in ("tls", "acme", "state"):
        (tmp_path / name).mkdir()
    self_signed(tmp_path / "tls")
    (tmp_path / "bouclier.yaml").write_text(f"""\
state: {tmp_path}/state
listen: ["127.0.0.1:{tls}"]
redirect_http: ["127.0.0.1:{plain}"]
admin: {{ socket: {tmp_path}/admin.sock }}
defaults:
  acme: {tmp_path}/acme
sites:
  - name: {NAMES[0]}
    hosts: [{", ".join(NAMES)}]
    certificate: {tmp_path}/tls/{NAMES[0]}.pem
    origins: ["http://127.0.0.1:{origin}"]
""")
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen([BOUCLIER, "run", "--config", tmp_path / "bouclier.yaml"], stdout=log, stderr=log)
    try:
        assert wait_until(lambda: served(tls)), (tmp_path / "log").read_text()
        yield process, tls, plain
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run_dehydrated(folder, authority, process, *arguments):
    hook = folder / "hook"
    hook.write_text(f"""#!/bin/sh
[ "$1" = deploy_cert ] || exit 0
umask 077
file={folder}/tls/$2.pem
cat "$5" "$3" >"$file.new" && mv "$file.new" "$file" && kill -HUP {process.pid}
""")
    hook.chmod(0o755)
    (folder / "domains.txt").write_text(" ".join(NAMES) + "\n")
    (folder / "config").write_text(f"""CA="{authority.base}/directory"
BASEDIR="{folder}/dehydrated"
DOMAINS_TXT="{folder}/domains.txt"
WELLKNOWN="{folder}/acme"
KEY_ALGO="prime256v1"
CONTACT_EMAIL="it@commune.example"
HOOK="{hook}"
""")
    (folder / "dehydrated").mkdir(exist_ok=True)
    return subprocess.run(["dehydrated", "--config", folder / "config", *arguments], capture_output=True, text=True,
                          timeout=60)


@pytest.fixture
def authority(shield):
    authority = Authority(("127.0.0.1", shield[2]))
    yield authority
    authority.shutdown()
    authority.server_close()


def test_a_certificate_is_asked_for_proven_and_served(tmp_path, shield, authority):
    process, tls, _ = shield
    before = served(tls)
    registered = run_dehydrated(tmp_path, authority, process, "--register", "--accept-terms")
    assert registered.returncode == 0, registered.stdout + registered.stderr
    renewed = run_dehydrated(tmp_path, authority, process, "--cron")
    assert renewed.returncode == 0, renewed.stdout + renewed.stderr
    assert sorted(authority.fetched) == sorted((name, 200) for name in NAMES)
    assert wait_until(lambda: served(tls).serial_number != before.serial_number)
    assert served(tls).issuer == authority.name
    assert process.poll() is None


@pytest.mark.parametrize("path, status", [
    ("/.well-known/acme-challenge/absent", 404), ("/.well-known/acme-challenge/", 404),
    ("/.well-known/acme-challenge/%2e%2e%2fbouclier.yaml", 404), ("/.well-known/acme-challenge/../bouclier.yaml", None),
    ("/anything", 308)])
def test_only_challenges_are_served_in_the_clear(shield, path, status):
    with socket.create_connection(("127.0.0.1", shield[2]), 5) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAMES[0]}\r\nConnection: close\r\n\r\n".encode())
        answer = connection.makefile("rb").read()
    found = int(answer.split()[1])
    assert found == status if status else found in (308, 400, 404)
    assert b"origins" not in answer

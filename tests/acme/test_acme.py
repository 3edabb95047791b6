"""The recipe of docs/acme.md, done for real: dehydrated asks an authority for a certificate, the authority fetches the
challenge from the shield's plain port, the hook replaces the file, and the shield serves the new certificate.
"""
import shutil
import subprocess

import pytest
from cryptography import x509

from authority import Authority
from lab import Shield, make_certificate, request, send, shown, wait_until

NAMES = ["www.commune.example", "commune.example"]
FILE = """\
state: {folder}/state
listen: ["127.0.0.1:{tls}"]
redirect_http: ["127.0.0.1:{plain}"]
admin: {{ socket: {folder}/admin.sock, metrics: "127.0.0.1:{metrics}" }}
defaults:
  acme: {folder}/acme
sites:
  - name: www.commune.example
    hosts: [www.commune.example, commune.example]
    certificate: {folder}/tls/www.commune.example.pem
    origins: ["{origin}"]
"""

pytestmark = pytest.mark.skipif(not shutil.which("dehydrated"), reason="no dehydrated")


@pytest.fixture
def shield(origin):
    """With a self-signed certificate for NAMES and a challenge folder."""
    with Shield(origin, text=FILE, start=False) as one:
        for name in ("tls", "acme"):
            (one.folder / name).mkdir()
        make_certificate(one.folder / f"tls/{NAMES[0]}.pem", *NAMES)
        one.start()
        yield one


def run_dehydrated(shield, authority, *arguments):
    folder, hook = shield.folder, shield.folder / "hook"
    hook.write_text(f"""#!/bin/sh
[ "$1" = deploy_cert ] || exit 0
umask 077
file={folder}/tls/$2.pem
cat "$5" "$3" >"$file.new" && mv "$file.new" "$file" && kill -HUP {shield.keeper}
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
    authority = Authority(("127.0.0.1", shield.plain))
    yield authority
    authority.shutdown()
    authority.server_close()


def served(shield):
    return x509.load_der_x509_certificate(shown(shield.tls, NAMES[0]))


def test_a_certificate_is_asked_for_proven_and_served(shield, authority):
    before = served(shield)
    registered = run_dehydrated(shield, authority, "--register", "--accept-terms")
    assert registered.returncode == 0, registered.stdout + registered.stderr
    renewed = run_dehydrated(shield, authority, "--cron")
    assert renewed.returncode == 0, renewed.stdout + renewed.stderr
    assert sorted(authority.fetched) == sorted((name, 200) for name in NAMES)
    wait_until(lambda: served(shield).serial_number != before.serial_number, what="the new certificate is served")
    assert served(shield).issuer == authority.name
    assert shield.process.poll() is None


@pytest.mark.parametrize("path, status", [
    ("/.well-known/acme-challenge/absent", 404), ("/.well-known/acme-challenge/", 404),
    ("/.well-known/acme-challenge/%2e%2e%2fbouclier.yaml", 404), ("/.well-known/acme-challenge/../bouclier.yaml", 404),
    ("/anything", 308)])
def test_only_challenges_are_served_in_the_clear(shield, path, status):
    (shield.folder / "acme/present").write_text("proof")
    assert send(shield.plain, request("/.well-known/acme-challenge/present")).text == "proof"
    reply = send(shield.plain, request(path))
    assert reply.status == status and "origins" not in reply.text, reply

"""How a shield starts, refuses to start, and ends."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from lab import HOST, Origin, Shield, get, make_certificate, wait_until


needs_root = pytest.mark.skipif(os.getuid() != 0, reason="needs root, which reads what its children may not")


def site(settings):
    return settings["sites"][0]


def unknown_key(shield, settings):
    settings["lisen"] = settings.pop("listen")


def not_yaml(shield, settings):
    return "listen: [\n"


def empty(shield, settings):
    return ""


def no_unit(shield, settings):
    site(settings)["timeouts"] = {"connect": 3}


def certificate_missing(shield, settings):
    site(settings)["certificate"] = str(shield.folder / "missing.pem")


def certificate_junk(shield, settings):
    shield.certificate.write_text("junk")


def certificate_expired(shield, settings):
    make_certificate(shield.certificate, HOST, days=-1, ago=10)


def certificate_early(shield, settings):
    make_certificate(shield.certificate, HOST, ago=-3)


def certificate_outside(shield, settings):
    site(settings)["certificate"] = "/usr/lib/os-release"


def certificate_folder(shield, settings):
    (shield.folder / "pem").mkdir()
    site(settings)["certificate"] = str(shield.folder / "pem")


def certificate_pipe(shield, settings):
    os.mkfifo(shield.folder / "pipe.pem")
    site(settings)["certificate"] = str(shield.folder / "pipe.pem")


def key_of_another(shield, settings):
    other = make_certificate(shield.folder / "other.pem", "other.example")
    site(settings)["certificate"] = {"chain": str(shield.certificate), "key": str(other)}


def key_encrypted(shield, settings):
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes256", "-pass", "pass:x", "-out",
                    shield.folder / "key.pem"], check=True, capture_output=True)
    site(settings)["certificate"] = {"chain": str(shield.certificate), "key": str(shield.folder / "key.pem")}


def origin_nowhere(shield, settings):
    site(settings)["origins"] = ["http://nowhere.invalid"]


def origin_ourselves(shield, settings):
    site(settings)["origins"] = [f"http://127.0.0.1:{shield.plain}"]


def origin_ourselves_by_name(shield, settings):
    site(settings)["origins"] = [f"https://localhost:{shield.tls}"]


def address_foreign(shield, settings):
    settings["listen"].append("192.0.2.7:4430")


def address_twice(shield, settings):
    settings["listen"].append({"address": f"127.0.0.1:{shield.plain}", "tls": False})


def host_twice(shield, settings):
    settings["sites"].append({**site(settings), "name": "second.example"})


BAD = [
    (unknown_key, 'unknown key "lisen"', "did you mean listen?"), (not_yaml, "bouclier.yaml:2:", "not valid YAML"),
    (empty, "the configuration is empty"), (no_unit, "unit"), (certificate_missing, "missing.pem", "No such file"),
    (certificate_junk, "site.pem", "no certificate found"), (certificate_expired, "site.pem", "expired on 20"),
    (certificate_early, "site.pem", "is not valid before 20"), (certificate_outside, "/usr/lib/os-release", "--root"),
    (certificate_folder, "not a regular file"), (certificate_pipe, "not a regular file"),
    (key_of_another, "other.pem", "does not match the certificate"), (key_encrypted, "key.pem", "passphrase"),
    (origin_nowhere, "nowhere.invalid", "cannot be found"), (origin_ourselves, "which this shield listens on itself"),
    (origin_ourselves_by_name, "which this shield listens on itself"), (address_foreign, "192.0.2.7:4430", "no interface"),
    (address_twice, "two listeners have the same address and port"), (host_twice, 'already site www.commune.example\'s'),
]


def spoil(shield, change):
    settings = shield.settings
    shield.write(change(shield, settings) if change in (not_yaml, empty) else change(shield, settings) or settings)


@pytest.mark.parametrize("case", BAD, ids=lambda case: case[0].__name__)
def test_bad_configuration_does_not_start(origin, case):
    shield = Shield(origin, start=False)
    spoil(shield, case[0])
    shield.run()
    code, said = shield.process.wait(20), shield.said()
    shield.stop()
    assert code == 1, said
    for words in case[1:]:
        assert words in said, said
    assert said.count("error: ") <= 5 and "not started" in said, said
    for line in said.splitlines()[1:-1]:
        assert said.count(line) == 1, f"said twice: {said}"


def test_port_in_use(origin):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        shield = Shield(origin, start=False, listen=[{"address": f"127.0.0.1:{port}", "tls": False}])
        shield.run()
        code, said = shield.process.wait(20), shield.said()
        shield.stop()
    assert code == 1 and f"cannot listen on 127.0.0.1:{port}: Address already in use" in said


def test_unreadable_key_without_root(origin):
    """Without root the keeper has no right to read what others keep to themselves: it says so."""
    shield = Shield(origin, start=False, words=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else [])
    shield.certificate.chmod(0)
    if os.getuid() == 0:
        os.chown(shield.folder, 65534, 65534)
    shield.run()
    code, said = shield.process.wait(20), shield.said()
    shield.stop()
    assert code == 1 and "site.pem: Permission denied" in said, said


@needs_root
def test_runs_without_root(origin):
    shield = Shield(origin, start=False, words=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    os.chown(shield.folder, 65534, 65534)
    os.chown(shield.certificate, 65534, 65534)
    try:
        shield.start()
        assert get(shield.plain).status == 200
        assert "root" in shield.said()
    finally:
        shield.stop()


def closed_words(path):
    """What an administrator has to be told: who may not enter what, and what helps."""
    return [r"user \w+(-\w+)? \(\d+\) may not enter the folder " + re.escape(str(path)), "keep it in a folder such as /etc/bouclier",
            re.escape(f"chmod o+x {path}")]


@needs_root
def test_configuration_in_a_closed_folder(origin):
    """A file in /root: root reads it, the shield does not. It says so by name, and `check` by root says the same before."""
    shield = Shield(origin, start=False)
    shield.folder.chmod(0o700)
    shield.run()
    code, said = shield.process.wait(20), shield.said()
    checked = subprocess.run([shield.binary, "check", "-c", shield.config], capture_output=True, text=True, timeout=30)
    shield.folder.chmod(0o755)
    well = subprocess.run([shield.binary, "check", "-c", shield.config], capture_output=True, text=True, timeout=30)
    shield.stop()
    assert code == 1 and "Permission denied" not in said, said
    assert checked.returncode == 1 and well.returncode == 0, checked.stdout + checked.stderr + well.stderr
    for words in closed_words(shield.folder):
        assert re.search(words, said) and re.search(words, checked.stderr), said + checked.stderr


@needs_root
def test_file_that_only_root_reads(origin):
    with Shield(origin) as shield:
        shield.config.chmod(0o600)
        worked, text = shield.reload()
        assert not worked and f"may not read the file {shield.config}" in text and "chgrp" in text, text
        assert get(shield.plain).status == 200


@needs_root
def test_challenges_in_a_closed_folder(origin):
    """Everything else serves; that certificates will not come is said at the start, not found out in 90 days."""
    with Shield(origin, start=False) as shield:
        closed = shield.folder / "closed"
        (closed / "acme").mkdir(parents=True)
        closed.chmod(0o700)
        shield.site()["acme"] = str(closed / "acme")
        shield.write(shield.settings)
        shield.start()
        assert get(shield.plain).status == 200
        assert "challenges of acme cannot be served" in shield.said()
        for words in closed_words(closed):
            assert re.search(words, shield.said()), shield.said()


def test_bad_configuration_does_not_reload(origin):
    """Everything that does not start does not reload either: the sentence is told, the old configuration serves on."""
    with Shield(origin) as shield:
        good, pem = shield.config.read_text(), shield.certificate.read_bytes()
        edge = shield.edge()
        for change, *words in BAD:
            shield.settings = json.loads(good)
            spoil(shield, change)
            worked, text = shield.reload()
            assert not worked, change.__name__
            for word in words:
                assert word.replace('"', '\\"') in text, (change.__name__, text)
            assert get(shield.plain).status == 200 and get(shield.tls, tls=True).status == 200
            shield.certificate.write_bytes(pem)
            for left in ("pem", "pipe.pem"):
                path = shield.folder / left
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        shield.write(good)
        assert shield.reload()[0]
        assert shield.edge() == edge and shield.status()["reload_failures"] >= len(BAD)


def test_expired_in_use_goes_on(origin):
    """A certificate that runs out while it serves stops neither reloads nor a new edge."""
    with Shield(origin, may_die=True) as shield:
        shield.certificate.write_bytes(make_certificate(shield.folder / "short.pem", HOST, days=2 / 86400).read_bytes())
        assert shield.reload()[0]
        time.sleep(2.1)
        worked, text = shield.reload()
        assert worked, text
        os.kill(shield.edge(), signal.SIGKILL)
        wait_until(lambda: shield.is_ready() and get(shield.tls, tls=True).status == 200, 5, "served again")
        assert "warning: the certificate expired on" in shield.said()


def test_no_processes_outlive_a_killed_keeper(origin):
    with Shield(origin, may_die=True) as shield:
        children = shield.children()
        assert sorted(children.values()) == ["edge", "resolve"]
        shield.process.kill()
        shield.process.wait()
        wait_until(lambda: not any(shield.is_ours(pid) for pid in children), 3, "the children are gone")


# -- the end --

def slow_origin(pieces, pause):
    def answer(request):
        request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (pieces * 1000))
        for _ in range(pieces):
            request.connection.sendall(b"x" * 1000)
            time.sleep(pause)
    return Origin(answer)


def is_shut(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False


@pytest.mark.parametrize("tls", [False, True])
def test_term_finishes_a_download(tls):
    with slow_origin(20, 0.1) as origin, Shield(origin) as shield:
        found = []
        reader = threading.Thread(target=lambda: found.append(get(shield.tls if tls else shield.plain, "/big", tls=tls)))
        reader.start()
        wait_until(lambda: origin.requests)
        shield.signal(signal.SIGTERM)
        wait_until(lambda: is_shut(shield.plain), 1, "nobody new comes in")
        reader.join(10)
        assert found and len(found[0].body) == 20000
        assert shield.process.wait(5) == 0


def test_term_does_not_wait_for_ever():
    with slow_origin(1000, 0.1) as origin, Shield(origin, drain="1s") as shield:
        threading.Thread(target=lambda: pytest.raises(Exception, get, shield.plain, "/big"), daemon=True).start()
        wait_until(lambda: origin.requests)
        started = time.monotonic()
        shield.signal(signal.SIGTERM)
        assert shield.process.wait(5) == 0
        assert 0.8 < time.monotonic() - started < 3.5


def test_second_term_ends_at_once():
    with slow_origin(1000, 0.1) as origin, Shield(origin) as shield:
        threading.Thread(target=lambda: pytest.raises(Exception, get, shield.plain, "/big"), daemon=True).start()
        wait_until(lambda: origin.requests)
        shield.signal(signal.SIGTERM)
        time.sleep(0.3)
        started = time.monotonic()
        shield.signal(signal.SIGTERM)
        shield.process.wait(5)
        assert time.monotonic() - started < 2

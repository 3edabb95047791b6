"""protect and unprotect: what they show, write, start, probe and say."""
import re
import signal
import subprocess

import pytest
import lab

YAML = """\
# Kept by hand.
listen: [{{ address: "127.0.0.1:{port}", tls: true }}]   # the only door
state: {folder}/state
admin: {{ socket: {folder}/admin.sock, metrics: "127.0.0.1:{metrics}" }}

sites:
  # The first one.
  - name: first.example
    certificate: {folder}/first.pem
    origins: ["{origin}"]
"""


@pytest.fixture
def new(folder):
    """Options for a configuration that is not there yet."""
    port, metrics = lab.free_port(), lab.free_port()
    return ["-c", folder / "bouclier.yaml", "--listen", f"127.0.0.1:{port}", "--state", folder / "state", "--socket",
            folder / "admin.sock", "--metrics", f"127.0.0.1:{metrics}"]


@pytest.fixture
def written(folder, origin):
    lab.make_certificate(folder / "first.pem", "first.example")
    port, metrics = lab.free_port(), lab.free_port()
    path = folder / "bouclier.yaml"
    path.write_text(YAML.format(folder=folder, origin=origin.url, port=port, metrics=metrics))
    return path


def test_dry_run_changes_nothing(bouclier, folder, new):
    said = bouclier("protect", "portal.example", "http://127.0.0.1:9", *new, "--dry-run")
    assert said.code == 0 and '+   - name: "portal.example"' in said.out and "self-signed" in said.out
    assert list(folder.iterdir()) == []


def test_a_public_name_wants_a_certificate(bouclier, folder, new):
    said = bouclier("protect", "www.belgium.be", "http://127.0.0.1:9", *new, "--dry-run")
    assert said.code == 1 and "public name" in said.err and "--lab" in said.err
    assert bouclier("protect", "www.belgium.be", "http://127.0.0.1:9", *new, "--dry-run", "--lab").code == 0


@pytest.mark.parametrize("words", [["not a host", "http://127.0.0.1:9"], ["*.x.example", "http://127.0.0.1:9"], ["x.example", "127.0.0.1:9"]])
def test_words_that_are_none(bouclier, folder, new, words):
    assert bouclier("protect", *words, *new, "--dry-run").code == 2


def test_certificates_that_will_not_do(bouclier, folder, new):
    other = lab.make_certificate(folder / "other.pem", "other.example")
    said = bouclier("protect", "portal.example", "http://127.0.0.1:9", *new, "--dry-run", "--certificate", other)
    assert said.code == 1 and "is not for portal.example" in said.err
    said = bouclier("protect", "portal.example", "http://127.0.0.1:9", *new, "--dry-run", "--certificate", folder / "none.pem")
    assert said.code == 1 and "cannot be read" in said.err


def test_comments_and_order_survive_and_unprotect_undoes_it(bouclier, folder, written):
    before = written.read_text()
    said = bouclier("protect", "second.example", "http://127.0.0.1:9", "-c", written, "--no-start")
    assert said.code == 0, said
    after = written.read_text()
    assert after.startswith(before) and "second.example" in after[len(before):]
    assert (folder / "tls/second.example.pem").stat().st_mode & 0o777 == 0o600
    assert bouclier("protect", "second.example", "http://127.0.0.1:9", "-c", written, "--no-start").code == 1
    said = bouclier("unprotect", "second.example", "-c", written, "--dry-run")
    assert said.code == 0 and "-   - name: second.example" in said.out and written.read_text() == after
    assert bouclier("unprotect", "second.example", "-c", written).code == 0
    assert written.read_text() == before
    assert bouclier("unprotect", "second.example", "-c", written).code == 1


def test_a_file_that_would_not_do_is_left_alone(bouclier, written):
    written.write_text(written.read_text() + "nonsense: 1\n")
    before = written.read_text()
    said = bouclier("protect", "second.example", "http://127.0.0.1:9", "-c", written, "--no-start")
    assert said.code == 1 and "nothing was written" in said.err and written.read_text() == before


def test_from_nothing_in_the_foreground(bouclier, folder, new, origin):
    """The whole command: a shield that runs, a verdict in separate lines, one GET / at the origin; then a second site into the
    running shield, and out again; then Ctrl-C."""
    command = [lab.BINARY, "protect", "portal.example", origin.url, *map(str, new)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          start_new_session=True) as protect:
        try:
            said = ""
            while "Ctrl-C ends it" not in said:
                line = protect.stdout.readline()
                assert line, said
                said += line
            assert re.search(r"^reachability +127.0.0.1:\d+ answers for portal.example over TLSv1.3", said, re.M), said
            assert re.search(r"^attacks +protocol attacks blocked: smuggling \(400\), oversized \(431\), slow \(.*\); application rules "
                             r"come with the WAF$", said, re.M), said
            assert re.search(r"^origin .*answers GET / with 200", said, re.M), said
            assert re.search(r"^certificate .*self-signed", said, re.M), said
            assert [(request.method, request.target) for request in origin.requests] == [("GET", "/")]

            path = folder / "bouclier.yaml"
            second = bouclier("protect", "second.example", origin.url, "-c", path, "--output", "json")
            assert second.code == 0 and second.json["attacks"]["grade"] == "good", second
            assert len(origin.requests) == 2
            assert bouclier("unprotect", "second.example", "-c", path).code == 0
            assert len(bouclier("status", "-c", path, "-o", "json").json["sites"]) == 1
        finally:
            protect.send_signal(signal.SIGINT)
            try:
                protect.wait(lab.WAIT * 4)
            except subprocess.TimeoutExpired:
                protect.kill()
                raise
    assert bouclier("status", "-c", folder / "bouclier.yaml").code == 1


def test_an_origin_that_does_not_answer(bouclier, folder, new):
    dead = lab.free_port()
    command = [lab.BINARY, "protect", "portal.example", f"http://127.0.0.1:{dead}", *map(str, new), "--output", "json"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as protect:
        try:
            said = protect.stdout.readline()
        finally:
            protect.send_signal(signal.SIGINT)
        assert '"origin":{"grade":"bad"' in said and '"reachability":{"grade":"good"' in said
        assert protect.wait(lab.WAIT * 4) == 1

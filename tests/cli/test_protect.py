"""protect and unprotect: what they show, write, start, probe and say."""
import pathlib
import re
import signal
import socket
import subprocess

import pytest
import yaml
import lab

CRS = pathlib.Path("/usr/share/modsecurity-crs/owasp-crs.load")

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
    plan = bouclier("protect", "portal.example", "http://127.0.0.1:9", *new, "--dry-run", "-o", "json").json
    assert plan["new"] and plan["file"] == str(folder / "bouclier.yaml") and plan["certificate"].endswith("/tls/portal.example.pem")
    assert yaml.safe_load(plan["text"])["sites"][0]["name"] == "portal.example"
    assert list(folder.iterdir()) == []


def test_a_public_name_wants_a_certificate(bouclier, folder, new):
    said = bouclier("protect", "www.belgium.be", "http://127.0.0.1:9", *new, "--dry-run")
    assert said.code == 1 and "public name" in said.err and "--lab" in said.err
    assert bouclier("protect", "www.belgium.be", "http://127.0.0.1:9", *new, "--dry-run", "--lab").code == 0


@pytest.mark.parametrize("words", [["not a host", "http://127.0.0.1:9"], ["*.x.example", "http://127.0.0.1:9"], ["x.example", "127.0.0.1:9"]])
def test_words_that_are_none(bouclier, folder, new, words):
    assert bouclier("protect", *words, *new, "--dry-run").code == 2


def test_words_for_a_new_file_are_not_left_out_silently(bouclier, written):
    before = written.read_text()
    said = bouclier("protect", "second.example", "http://127.0.0.1:9", "-c", written, "--listen", "127.0.0.1:1", "--no-start")
    assert said.code == 2 and "--listen is for a new configuration" in said.err and written.read_text() == before


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
    assert bouclier("unprotect", "second.example", "-c", written, "--dry-run", "-o", "json").json["text"] == before
    assert bouclier("unprotect", "second.example", "-c", written).code == 0
    assert written.read_text() == before
    assert bouclier("unprotect", "second.example", "-c", written).code == 1


def test_a_file_that_would_not_do_is_left_alone(bouclier, written):
    written.write_text(written.read_text() + "nonsense: 1\n")
    before = written.read_text()
    said = bouclier("protect", "second.example", "http://127.0.0.1:9", "-c", written, "--no-start")
    assert said.code == 1 and "nothing was written" in said.err and written.read_text() == before


def test_an_origin_that_a_reload_would_refuse_is_not_written(bouclier, written):
    before = written.read_text()
    port = re.search(r"127.0.0.1:(\d+)", before)[1]
    for origin, sentence in [("http://no-such-name.invalid", "cannot be found"), (f"http://127.0.0.1:{port}", "listens on itself")]:
        for more in (["--dry-run"], ["--no-start"]):
            said = bouclier("protect", "second.example", origin, "-c", written, *more)
            assert said.code == 1 and sentence in said.err and "nothing was written" in said.err, said
            assert written.read_text() == before


def test_before_anything_was_installed(bouclier, folder, new):
    """The folder of the configuration is not there yet, as /etc/bouclier on a fresh machine."""
    path = folder / "etc/bouclier.yaml"
    said = bouclier("protect", "portal.example", "http://127.0.0.1:9", "-c", path, *new[2:], "--no-start")
    assert said.code == 0, said
    assert path.exists() and path.parent.stat().st_mode & 0o777 == 0o755
    assert (folder / "etc/tls").stat().st_mode & 0o777 == 0o700


def test_a_shield_that_does_not_start_leaves_no_file(bouclier, folder, new, origin):
    """A port that is taken: tried again with another, nothing of the first attempt is in the way."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = [f"127.0.0.1:{taken.getsockname()[1]}" if "127.0.0.1" in str(word) and new[i - 1] == "--listen" else word
                 for i, word in enumerate(new)]
        said = bouclier("protect", "portal.example", origin.url, *words)
    assert said.code == 1 and "in use" in said.err and "was taken away again" in said.err, said
    assert not (folder / "bouclier.yaml").exists()


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
            observing = r"only observing until \d{4}-\d\d-\d\d at the earliest, then blocking \(waf: graduate\): sql injection is noticed and let through"
            assert re.search(rf"^attacks +({observing}|attacks on the application not looked for \(waf: mode is off\)); protocol attacks blocked: "
                             r"smuggling \(400\), oversized \(431\), slow \(.*\)$", said, re.M), said
            assert ("Rules: Debian's CRS" in said) == CRS.exists(), said
            assert re.search(r"^origin .*answers GET / with 200", said, re.M), said
            assert re.search(r"^certificate .*self-signed", said, re.M), said
            assert [(request.method, request.target) for request in origin.requests] == [("GET", "/")]

            path = folder / "bouclier.yaml"
            second = bouclier("protect", "second.example", origin.url, "-c", path, "--output", "json")
            assert second.code == 0 and second.json["attacks"]["grade"] == "warning", second
            assert len(origin.requests) == 2
            assert bouclier("unprotect", "second.example", "-c", path).code == 0
            if CRS.exists():
                assert "waf: { mode: detect, graduate: 7d }" in path.read_text()
                path.write_text(path.read_text().replace("mode: detect", "mode: block"))
                second = bouclier("protect", "second.example", origin.url, "-c", path, "--output", "json")
                assert second.code == 0 and second.json["attacks"]["grade"] == "good", second
                assert second.json["attacks"]["text"].startswith("blocking: sql injection (403), script (403); citizens' forms pass; "), second
                assert bouclier("unprotect", "second.example", "-c", path).code == 0
            before = path.read_text()
            (folder / "tls/third.example.pem").write_text("none")  # kept as it is, and the running shield cannot read it
            said = bouclier("protect", "third.example", origin.url, "-c", path)
            assert said.code == 1 and "is as it was before" in said.err and path.read_text() == before, said
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


@pytest.mark.skipif(not CRS.exists(), reason="skipped: no package modsecurity-crs")
def test_rules_are_written_where_they_are_there(bouclier, written):
    said = bouclier("protect", "second.example", "http://127.0.0.1:9", "-c", written, "--no-start")
    assert said.code == 0 and "bouclier explain" in said.out
    assert yaml.safe_load(written.read_text())["sites"][1]["waf"] == {"mode": "detect", "graduate": "7d", "ruleset": "crs"}


def test_what_defaults_say_of_rules_stays(bouclier, written):
    """A site's own `waf` would weaken them."""
    written.write_text(written.read_text().replace("sites:", "defaults: { waf: { mode: off } }\nsites:"))
    said = bouclier("protect", "second.example", "http://127.0.0.1:9", "-c", written, "--no-start")
    assert said.code == 0 and "as `defaults` of this configuration has them" in said.out, said
    assert "waf" not in written.read_text().split("second.example", 1)[1]

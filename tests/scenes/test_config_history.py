"""`bouclier config` and `reload --why, --confirm`: what served is kept, told, and put back, by people and by itself."""
import hashlib
import json
import os
import signal
import subprocess
import time

import pytest

from lab import HOST, response, wait_until
from lab.place import BINARY

OTHER = "other.commune.example"


@pytest.fixture
def shield(start_shield, start_origin):
    origin = start_origin(lambda request: response(b"the portal"))
    return start_shield({"include": ["sites/*.yaml"], "sites": [{"name": HOST, "origins": [origin.url]}]})


def run(shield, *words, code=0, text=None):
    done = subprocess.run([BINARY, *words, "--config", str(shield.config)], capture_output=True, text=True, timeout=60, input=text,
                          env={**os.environ, "SUDO_USER": "jeanne"})
    assert done.returncode == code, done.stdout + done.stderr
    return done


def reload(shield, *words, **more):
    return run(shield, "reload", "--socket", shield.admin_socket, *words, **more)


def kept(shield):
    return json.loads(run(shield, "config", "history", "--output", "json").stdout)["configurations"]


def comment(shield, text):
    """The file with one more line at its end, which no reader of values sees."""
    shield.config.write_text(shield.config.read_text() + f"\n# {text}\n")


def notices(shield, action):
    return [line["bouclier.detail"] for line in shield.journal() if line.get("event.action") == action]


def test_history_diff_show_rollback(shield):
    first = shield.config.read_text()
    comment(shield, "a word for those who read")
    said = reload(shield, "--why", "a comment")
    assert "reloaded: configuration 2" in said.stdout
    newest, oldest = kept(shield)
    assert (newest["number"], newest["how"], newest["who"], newest["why"]) == (2, "reload", "jeanne", "a comment")
    assert (oldest["number"], oldest["how"]) == (1, "start")
    assert "configuration 2 of the history serves (reload) by jeanne: a comment" in shield.wait_journal(
        lambda line: line.get("event.action") == "config-serves" and "a comment" in line["bouclier.detail"])["bouclier.detail"]
    # The same again is no other configuration.
    reload(shield)
    assert [each["number"] for each in kept(shield)] == [2, 1]
    assert run(shield, "config", "show", "1", str(shield.config)).stdout == first
    shown = run(shield, "config", "diff", "1", "2").stdout
    assert "\n+# a word for those who read\n" in shown and "(1)" in shown and "(2)" in shown
    assert run(shield, "config", "diff").stdout == ""
    # A file that a pattern finds, and that N had not, is moved aside; the mode stays.
    folder = shield.folder / "sites"
    folder.mkdir()
    folder.joinpath("more.yaml").write_text(json.dumps({"sites": [{"name": OTHER, "origins": shield.site()["origins"]}]}))
    shield.config.chmod(0o604)
    assert "more.yaml" in run(shield, "config", "diff").stdout
    reload(shield)
    assert shield.get("/", host=OTHER).status == 200
    dry = run(shield, "config", "rollback", "1", "--dry-run").stdout
    assert "-# a word for those who read" in dry and shield.config.read_text() != first
    done = run(shield, "config", "rollback", "1", "--why", "as it was", "--socket", shield.admin_socket)
    assert "-# a word for those who read" in done.stdout and "reloaded" in done.stdout
    assert shield.config.read_text() == first and shield.config.stat().st_mode & 0o777 == 0o604
    assert [path.name for path in folder.iterdir()] == [".bouclier.kept.to-1.more.yaml"]
    assert shield.get("/", host=OTHER).status == 421
    assert kept(shield)[0]["how"] == "rollback" and kept(shield)[0]["why"] == "as it was"
    # And forward again: the file that is missing is made anew.
    run(shield, "config", "rollback", "3", "--socket", shield.admin_socket)
    assert shield.get("/", host=OTHER).status == 200


def test_rollback_refused(shield):
    comment(shield, "second")
    reload(shield)
    # What served once may not fit the machine any more: then nothing changes.
    good = shield.config.read_text()
    broken = shield.state / "config" / "9.json"
    entry = json.loads((shield.state / "config" / "1.json").read_text())
    outside = shield.folder.parent / f"outside-{os.getpid()}.yaml"
    entry["number"], entry["texts"][0]["path"] = 9, str(outside)
    broken.write_text(json.dumps(entry))
    assert "not below the configuration's folder" in run(shield, "config", "rollback", "9", code=1).stderr
    assert not outside.exists() and shield.config.read_text() == good
    text = b"sites: [{ name: broken.example, origins: [] , nonsense: 1 }]\n"
    digest = hashlib.sha256(text).hexdigest()
    (shield.state / "config" / "texts" / digest).write_bytes(text)
    entry["texts"] = [{"path": str(shield.config), "digest": digest, "bytes": len(text)}]
    broken.write_text(json.dumps(entry))
    done = run(shield, "config", "rollback", "9", code=1)
    assert "nonsense" in done.stderr and "nothing has changed" in done.stderr
    assert shield.config.read_text() == good
    (shield.state / "config" / "texts" / digest).write_bytes(text + b"#")
    assert "gone, or damaged" in run(shield, "config", "rollback", "9", code=1).stderr
    run(shield, "config", "rollback", "77", code=1)
    run(shield, "config", "rollback", "one", code=2)
    run(shield, "config", "rollback", code=2)


def test_without_a_shield(shield):
    comment(shield, "second")
    reload(shield)
    shield.process.send_signal(signal.SIGTERM)
    shield.process.wait(15)
    done = run(shield, "config", "rollback", "1", "--socket", shield.admin_socket)
    assert "the files are in place, and nothing was reloaded" in done.stderr
    assert "# second" not in shield.config.read_text()
    assert len(kept(shield)) == 2


def test_nobody_confirms(shield):
    first = shield.config.read_text()
    comment(shield, "second")
    said = reload(shield, "--confirm", "2s", "--why", "a try")
    assert "bouclier reload confirm" in said.stdout
    assert shield.status()["confirm_until"]
    assert "goes away at" in run(shield, "status", "--socket", shield.admin_socket).stdout
    wait_until(lambda: shield.config.read_text() == first, 10, "the file is as it was")
    line = shield.wait_journal(lambda line: line.get("event.action") == "config-went-back")
    assert "nobody confirmed in time" in line["bouclier.detail"]
    assert notices(shield, "config-waits")
    wait_until(lambda: not shield.status()["confirm_until"], 5, "nothing waits")
    assert shield.status()["went_back"] == 1
    assert [each["how"] for each in kept(shield)] == ["went-back", "reload", "start"]
    assert "nothing waits" in reload(shield, "confirm", code=1).stderr
    assert not notices(shield, "config-confirmed")


def test_confirmed_and_back(shield):
    comment(shield, "second")
    reload(shield, "--confirm", "3s")
    assert "confirmed" in reload(shield, "confirm").stdout
    assert "confirmed by jeanne" in shield.wait_journal(lambda line: line.get("event.action") == "config-confirmed")["bouclier.detail"]
    time.sleep(3.5)
    assert "# second" in shield.config.read_text()
    comment(shield, "third")
    reload(shield, "--confirm", "1h")
    assert "going back" in reload(shield, "back", "--why", "a slip").stdout
    wait_until(lambda: "# third" not in shield.config.read_text(), 5, "the file is as it was")
    assert "# second" in shield.config.read_text()
    line = shield.wait_journal(lambda line: line.get("event.action") == "config-went-back")
    assert "by jeanne: a slip" in line["bouclier.detail"]
    run(shield, "reload", "--confirm", "25h", code=2)
    run(shield, "reload", "sideways", code=2)


def test_ended_before_it_was_confirmed(shield):
    first = shield.config.read_text()
    comment(shield, "second")
    reload(shield, "--confirm", "1h")
    shield.process.send_signal(signal.SIGTERM)
    shield.process.wait(15)
    assert shield.config.read_text() == first
    assert "was not confirmed: the files are put back" in shield.said()


def test_errors_rise(start_shield, start_origin):
    """A reload that breaks one of two sites goes back by itself, long before the time to confirm is over."""
    good = start_origin(lambda request: response(b"the portal"))
    bad = start_origin(lambda request: response(b"no", "500 Oops"))
    sites = [{"name": HOST, "origins": [good.url]}, {"name": OTHER, "origins": [good.url]}]
    shield = start_shield({"sites": sites})
    for _ in range(60):
        assert shield.get("/").status == 200 and shield.get("/", host=OTHER).status == 200
    time.sleep(1.2)
    first = shield.config.read_text()
    shield.settings["sites"][1]["origins"] = [bad.url]
    shield.write(shield.settings)
    reload(shield, "--confirm", "1h", "--why", "the new portal")
    time.sleep(1.2)
    for _ in range(80):
        shield.get("/")
        if shield.get("/", host=OTHER).status == 200:
            break
    wait_until(lambda: shield.config.read_text() == first, 10, "the file is as it was")
    wait_until(lambda: shield.get("/", host=OTHER).status == 200, 5, "the good portal")
    line = shield.wait_journal(lambda line: line.get("event.action") == "config-fails")
    assert line["bouclier.site"] == OTHER and "answers failed since the reload" in line["bouclier.detail"]
    assert "answers failed" in kept(shield)[0]["why"]


def test_errors_that_were_there_do_not_count(start_shield, start_origin):
    """A portal that fails before and after is not the reload's fault; the clock alone decides."""
    bad = start_origin(lambda request: response(b"no", "500 Oops"))
    shield = start_shield({"sites": [{"name": HOST, "origins": [bad.url]}]})
    for _ in range(60):
        shield.get("/")
    time.sleep(1.2)
    comment(shield, "second")
    reload(shield, "--confirm", "1h")
    time.sleep(1.2)
    for _ in range(80):
        shield.get("/")
    time.sleep(2)
    assert "# second" in shield.config.read_text() and shield.status()["confirm_until"]
    reload(shield, "confirm")


def test_fifty_are_kept(shield):
    for number in range(55):
        comment(shield, f"number {number}")
        worked, text = shield.reload()
        assert worked, text
    numbers = [each["number"] for each in kept(shield)]
    assert numbers == list(range(56, 6, -1))
    assert len(list((shield.state / "config" / "texts").iterdir())) == 50


def test_what_the_hub_asks(shield):
    """The texts that serve, the history, one of it; and nothing of that on the loopback port."""
    first = shield.config.read_text()
    comment(shield, "second")
    assert json.loads(shield.ask("/config").text) == {"generation": 1, "files": [{"path": str(shield.config), "text": first}]}
    reload(shield, "--why", "a word")
    listed = json.loads(shield.ask("/config/history").text)["configurations"]
    assert [(each["number"], each["who"], each["why"]) for each in listed] == [(2, "jeanne", "a word"), (1, "", "")]
    one = json.loads(shield.ask("/config/history", "POST", json.dumps({"number": 1}).encode()).text)
    assert one["files"] == [{"path": str(shield.config), "text": first}]
    assert shield.ask("/config/history", "POST", b'{"number": 7}').status == 404
    for text in (shield.state / "config" / "texts").iterdir():
        text.write_bytes(b"damaged")
    assert shield.ask("/config/history", "POST", b'{"number": 1}').status == 409
    assert shield.get("/config", port=shield.metrics).status == 403

"""`bouclier backup` and `restore`: made while all runs, put in place on a bare machine, refused where it is not what it says."""
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import threading

import pytest

from lab import HOST, Load, response
from lab.place import BINARY

WORDS = "correct horse battery"


@pytest.fixture
def origin_of_all(start_origin):
    return start_origin(lambda request: response(b"the portal"), record=False)


@pytest.fixture
def shield(start_shield, origin_of_all, tmp_path):
    """A shield whose configuration and state lie apart, as they do on a real machine; its certificate lies elsewhere."""
    home, state, keys = tmp_path / "etc", tmp_path / "state", tmp_path / "keys"
    for folder in (tmp_path, *tmp_path.parents):
        if str(folder).startswith("/tmp/") and os.geteuid() == 0:
            folder.chmod(0o755)
    return make_shield(start_shield, origin_of_all, home, state, keys)


def make_shield(start_shield, origin, home, state, keys):
    shield = start_shield({"sites": [{"name": HOST, "hosts": [HOST, "127.0.0.1"], "origins": [origin.url]}]}, {"start": False})
    home.mkdir()
    keys.mkdir()
    shutil.move(shield.certificate, keys / "site.pem")
    shield.config, shield.state = home / "bouclier.yaml", state
    shield.settings = {**shield.settings, "state": str(state), "include": ["sites/*.yaml"]}
    shield.settings["sites"][0]["certificate"] = str(keys / "site.pem")
    shield.settings["listen"] = [f"127.0.0.1:{shield.tls}", {"address": f"127.0.0.1:{shield.plain}", "tls": False}]
    shield.write(shield.settings)
    rules = home / "rules"
    (rules / "4.1").mkdir(parents=True)
    (rules / "4.1" / "a.conf").write_text("# rules\n")
    (rules / "current").symlink_to("4.1")
    (home / "away").symlink_to("/etc/passwd")
    shield.roots = [str(keys)]
    shield.start()
    return shield


def bouclier(*words, code=0, text=WORDS + "\n"):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True, timeout=120, input=text)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def picture(folder):
    """{path: (mode, digest)} of all below FOLDER."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = os.readlink(path)
        elif path.is_file():
            found[name] = (oct(path.stat().st_mode & 0o777), path.stat().st_uid, hashlib.sha256(path.read_bytes()).hexdigest())
    return found


class Hub:
    """The hub's folder, with a store to which somebody writes all the while."""

    def __init__(self, folder, steps=1):
        folder.mkdir(parents=True)
        (folder / "audit").mkdir()
        (folder / "audit" / "audit-00000000000000000001.jsonl").write_text('{"number":1}\n')
        (folder / "events-2026-01-31.db").write_text("raw")
        self.path = folder / "main.db"
        self.stop, self.is_writing = threading.Event(), threading.Event()
        database = sqlite3.connect(self.path)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE pairs(a INTEGER, b INTEGER)")
        database.commit()
        database.close()
        self.thread = threading.Thread(target=self.write)
        self.thread.start()
        assert self.is_writing.wait(10)

    def write(self):
        database = sqlite3.connect(self.path, timeout=10)
        number = 0
        while not self.stop.is_set():
            number += 1
            database.execute("INSERT INTO pairs VALUES(?, 0)", (number,))
            database.execute("UPDATE pairs SET b = a WHERE a = ?", (number,))
            database.commit()
            self.is_writing.set()
            self.stop.wait(0.002)
        database.close()

    def end(self):
        self.stop.set()
        self.thread.join()


def test_while_it_runs_and_back(shield, tmp_path):
    hub = Hub(shield.state / "hub")
    file = tmp_path / "one.backup"
    try:
        with Load(shield.plain, 2, pause=0.002) as load:
            said = bouclier("backup", file, "--config", shield.config)
        assert load.served and not load.failures
        (shield.state / "journal").exists()
    finally:
        hub.end()
    assert "without raw events" in said.stdout and "a link that leads elsewhere is not kept" in said.stderr
    assert file.stat().st_mode & 0o777 == 0o600 and list(tmp_path.glob("*.part*")) == []
    assert not list(shield.state.glob(".backup-*"))
    assert b"BEGIN" not in file.read_bytes() and b"the portal" not in file.read_bytes()
    assert shield.event(event_action="backup-made")
    # The machine is gone.
    shield.process.terminate()
    shield.process.wait(15)
    home, keys = shield.config.parent, tmp_path / "keys"
    (home / "away").unlink()
    before = {"etc": picture(home), "state": picture(shield.state), "keys": picture(keys)}
    for folder in (home, shield.state, keys):
        shutil.rmtree(folder)
    looked = bouclier("restore", file, "--dry-run")
    assert "without raw events" in looked.stdout and str(home) in looked.stdout
    assert not home.exists() and not keys.exists()
    bouclier("restore", file)
    assert picture(home) == before["etc"] and picture(keys) == before["keys"]
    after = picture(shield.state)
    assert not [name for name in after if name.startswith(("journal", "audit/")) or "events-" in name]
    for name in ("node", "config/1.json", "hub/audit/audit-00000000000000000001.jsonl"):
        assert after[name] == before["state"][name]
    # The store is of one moment: both halves of each pair, and none twice.
    database = sqlite3.connect(shield.state / "hub" / "main.db")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    rows = database.execute("SELECT a, b FROM pairs ORDER BY a").fetchall()
    database.close()
    assert rows and all(a == b == place for place, (a, b) in enumerate(rows, 1))
    # And it serves.
    shield.start()
    assert shield.get("/").text == "the portal"
    assert [each["number"] for each in json.loads(bouclier("config", "history", "--output", "json", "--config", shield.config).stdout)["configurations"]] == [1]


def test_with_events_elsewhere(shield, tmp_path):
    hub = Hub(shield.state / "hub")
    hub.end()
    database = sqlite3.connect(shield.state / "hub" / "main.db")
    database.execute("VACUUM")
    database.close()
    (shield.state / "hub" / "events-2026-01-31.db").unlink()
    day = sqlite3.connect(shield.state / "hub" / "events-2026-01-31.db")
    day.execute("CREATE TABLE events(line TEXT)")
    day.execute("INSERT INTO events VALUES('a line')")
    day.commit()
    day.close()
    shield.get("/")
    file, home, state = tmp_path / "all.backup", tmp_path / "elsewhere" / "etc", tmp_path / "elsewhere" / "state"
    bouclier("backup", file, "--with-events", "--config", shield.config)
    bouclier("restore", file, "--config-folder", home, "--state", state)
    assert (home / "bouclier.yaml").read_text() == shield.config.read_text()
    assert list(state.glob("journal/detail*.jsonl"))
    day = sqlite3.connect(state / "hub" / "events-2026-01-31.db")
    assert day.execute("SELECT line FROM events").fetchall() == [("a line",)]
    day.close()


def test_refused(shield, tmp_path):
    file, home, state = tmp_path / "one.backup", tmp_path / "x" / "etc", tmp_path / "x" / "state"
    there = ["--config-folder", home, "--state", state]
    bouclier("backup", file, "--config", shield.config)
    assert "is there already" in bouclier("backup", file, "--config", shield.config, code=1).stderr
    assert "8 to 1024 bytes" in bouclier("backup", tmp_path / "two", "--config", shield.config, code=1, text="short\n").stderr
    assert "passphrase is wrong" in bouclier("restore", file, *there, code=1, text="another horse\n").stderr
    whole = file.read_bytes()
    for damaged in (whole[:-1], whole[:len(whole) // 2], whole[:40], whole + b"x", whole[:500] + bytes([whole[500] ^ 1]) + whole[501:], b"", b"not a backup" * 100):
        bad = tmp_path / "bad.backup"
        bad.write_bytes(damaged)
        assert "Nothing was put in place" in bouclier("restore", bad, *there, code=1).stderr
        assert not (tmp_path / "x").exists()
    # Where a shield runs, never; where something is, only if that is said, and then it is set aside.
    assert "a shield runs with the state folder" in bouclier("restore", file, "--force", code=1).stderr
    home.mkdir(parents=True)
    (home / "mine").write_text("mine")
    assert "--force" in bouclier("restore", file, *there, code=1).stderr
    assert os.listdir(tmp_path / "x") == ["etc"]
    bouclier("restore", file, *there, "--force")
    aside = list((tmp_path / "x").glob("etc.before-restore-*"))
    assert [path.name for path in aside[0].iterdir()] == ["mine"] and (home / "bouclier.yaml").exists()
    # A key elsewhere that is another one now.
    shutil.rmtree(tmp_path / "x")
    key = tmp_path / "keys" / "site.pem"
    text = key.read_text()
    key.write_text("another key")
    assert "is another than the backup's" in bouclier("restore", file, *there, code=1).stderr
    assert key.read_text() == "another key" and not home.exists() and not state.exists()
    assert not [path for path in (tmp_path / "x").iterdir()]
    bouclier("restore", file, *there, "--force")
    assert key.read_text() == text and (tmp_path / "keys" / "site.pem.before-restore").read_text() == "another key"


def test_without_a_hub(shield, tmp_path):
    """Where there was none, none is made: a folder of root's would stand in the way of the first one."""
    file, home, state = tmp_path / "one.backup", tmp_path / "x" / "etc", tmp_path / "x" / "state"
    bouclier("backup", file, "--config", shield.config)
    bouclier("restore", file, "--config-folder", home, "--state", state)
    assert (state / "node").exists() and not (state / "hub").exists()


def test_passphrase_from_a_file(shield, tmp_path):
    words = tmp_path / "words"
    words.write_text(WORDS + "\nsecond line\n")
    words.chmod(0o644)
    refused = bouclier("backup", tmp_path / "one", "--config", shield.config, "--passphrase-file", words, code=1, text="")
    assert "may be read by others" in refused.stderr and not (tmp_path / "one").exists()
    words.chmod(0o600)
    bouclier("backup", tmp_path / "one", "--config", shield.config, "--passphrase-file", words, text="")
    bouclier("restore", tmp_path / "one", "--dry-run")  # by the same words from standard input


def test_nightly(shield, tmp_path):
    folder, words = tmp_path / "nights", tmp_path / "words"
    folder.mkdir()
    words.write_text(WORDS)
    words.chmod(0o600)
    assert "has no hub: { backup:" in bouclier("backup", "--nightly", "--config", shield.config, code=1).stderr
    shield.settings["hub"] = {"enabled": False, "backup": {"folder": str(folder), "passphrase_file": str(words), "keep": 3}}
    shield.write(shield.settings)
    for day in range(1, 6):
        (folder / f"bouclier-2026-01-0{day}.backup").write_text("old")
    (folder / "bouclier-mine.backup").write_text("not ours")
    bouclier("backup", "--nightly", "--config", shield.config, text="")
    names = sorted(os.listdir(folder))
    assert names[:2] == ["bouclier-2026-01-04.backup", "bouclier-2026-01-05.backup"] and names[3] == "bouclier-mine.backup" and len(names) == 4
    bouclier("restore", folder / names[2], "--dry-run")
    bouclier("backup", "--nightly", "--config", shield.config, text="")  # once more in the same night
    # A night that fails says so, in its exit code and in the journal, and takes nothing away.
    folder.joinpath(names[2]).unlink()
    words.chmod(0o644)
    bouclier("backup", "--nightly", "--config", shield.config, code=1, text="")
    assert "no backup was made" in shield.event(event_action="backup-failed")["bouclier.detail"]
    assert len(os.listdir(folder)) == 3

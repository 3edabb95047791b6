"""What a hub knows from elsewhere, and takes elsewhere: a probe's reports to a whole hub; and a backup of all of it, from which another machine goes on."""
import json
import re
import shutil
import subprocess

import pytest

from lab import HOST, Origin, response, wait_until
from lab.hub import HubShield
from lab.place import BINARY, make_folder

PASSWORD = "correct horse battery"


def bouclier(*words, code=0, text=None):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True, timeout=60, input=text)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def place():
    path = make_folder("elsewhere")
    yield path
    shutil.rmtree(path)


def begin(origin, place):
    """A shield whose configuration and state lie apart, with a probe's key; and that key."""
    key = place / "probe.key"
    probes = [{"name": "antwerp", "key": bouclier("probe", "key", key).strip()}]
    shield = HubShield(origin, hub={"probes": probes}, state=place / "state", start=False)
    shield.config = place / "etc" / "bouclier.yaml"
    shield.config.parent.mkdir()
    shield.write(shield.settings)
    shield.roots = [shield.folder]
    return shield, key


def answers(shield):
    def is_there():
        try:
            return shield.api("GET", "/api/v1/health")[0] == 200
        except OSError:
            return False
    wait_until(is_there, 20, "the hub answers")


def what_is_kept(shield):
    """Incidents without what goes on in them; people; the audit log's entries."""
    incidents = [(one["id"], one["family"], one["opened"], one["owner"], [note["text"] for note in one["notes"]]) for one in shield.incidents()]
    people = [(one["name"], one["roles"]) for one in shield.api("GET", "/api/v1/people")[1]["people"]]
    entries = [(one["number"], one["hash"]) for one in shield.api("GET", "/api/v1/audit")[1]["entries"]]
    return incidents, people, entries


def look(shield, key):
    said = bouclier("probe", "--once", "--to", shield.url, "--key", key, "--name", "antwerp", f"http://localhost:{shield.plain}/")
    assert "served" in said
    probe = shield.api("GET", "/api/v1/probes")[1]["probes"][0]
    assert probe["name"] == "antwerp" and not probe["silent"], probe
    return probe


def test_probe_and_backup_of_all_of_it(place):
    with Origin(lambda request: response(b"the portal")) as origin:
        shield, key = begin(origin, place)
        try:
            shield.start()
            answers(shield)
            code = re.search(r"give this code, once: (\S+)", shield.said())[1]
            status, said = shield.api("POST", "/api/v1/first-start", {"code": code, "name": "agnes", "password": PASSWORD})
            assert status == 200, said
            looked = look(shield, key)
            assert shield.ask("/level", "POST", json.dumps({"site": HOST, "level": "attack"}).encode()).status == 200
            wait_until(shield.incidents, 15, "the incident is kept")
            bouclier("incident", "acknowledge", 1, "--note", "I look at it", "--config", shield.config)
            kept = what_is_kept(shield)
            assert kept[0][0][:2] == (1, "attack") and kept[1] and kept[2]
            bouclier("backup", place / "all.backup", "--config", shield.config, text=PASSWORD + "\n")
            shield.process.terminate()
            shield.process.wait(15)
            # Another machine.
            bouclier("restore", place / "all.backup", "--config-folder", place / "new/etc", "--state", place / "new/state", text=PASSWORD + "\n")
            shield.config, shield.state = place / "new/etc/bouclier.yaml", place / "new/state"
            shield.write({**shield.settings, "state": str(shield.state)})
            shield.start()
            answers(shield)
            assert "The chain is intact" in bouclier("audit", "verify", "--config", shield.config)
            there = what_is_kept(shield)
            assert there[:2] == kept[:2] and there[2][:len(kept[2])] == kept[2]
            assert "give this code" not in shield.said()[shield.said().index("give this code") + 14:], "it has its administrator"
            assert look(shield, key) != looked
        finally:
            shield.stop()

"""What the audit log says by itself: in English in its files, with a code from which the console makes a sentence in its reader's language."""
import json
import re
import subprocess

import pytest

from lab import Origin, response, wait_until
from lab.hub import HubShield
from lab.place import BINARY, ROOT
from lab.wire import get

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def shield():
    with Origin(lambda request: response(b"well")) as origin, HubShield(origin) as shield:
        code = wait_until(lambda: re.search(r"give this code, once: (\S+)", shield.said()), 20, "the hub prints its code")[1]
        for path, body, status in (("/first-start", {"code": code, "name": "agnes", "password": PASSWORD}, 200), ("/session", {"name": "agnes", "password": "wrong"}, 401),
                                   ("/session", {"name": "agnes", "password": PASSWORD}, 200)):
            answer = get(shield.hub_port, "/api/v1" + path, "POST", json.dumps(body).encode(), host="localhost", **{"Content-Type": "application/json"})
            assert answer.status == status, answer
        yield shield


def audit(shield, *words):
    return subprocess.run([BINARY, "audit", *words, "--config", str(shield.config)], capture_output=True, text=True, timeout=60)


def test_files_have_both_and_the_chain_is_whole(shield):
    told = {entry["what"]: entry for entry in shield.api("GET", "/api/v1/audit")[1]["entries"]}
    assert {what: (told[what]["detail"], told[what]["said"], told[what]["arguments"]) for what in ("person.first", "session.refused", "session.begin")} == {
        "person.first": ("by code", "way", ["code"]), "session.refused": ("password", "password", []), "session.begin": ("by password", "way", ["password"])}
    assert "by password" in audit(shield, "show").stdout
    assert audit(shield, "verify").returncode == 0


def test_the_console_says_it_in_four_languages(shield):
    for words in (["tools/install", "browser"], ["tools/console", "test"]):
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=900, stdin=subprocess.DEVNULL)
        if done.returncode:
            pytest.skip(" ".join(words) + ": " + done.stderr.strip().splitlines()[-1])
    story = subprocess.run(["node", str(ROOT / "tests/console/audit.mjs"), shield.url, "agnes", PASSWORD, str(ROOT / "build/screenshots")], cwd=ROOT, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=240)
    assert story.returncode == 0, (story.stdout + story.stderr)[-6000:]

"""Help by key while the configuration is written, in real Chromium, from the tables of the shield that runs."""
import re
import subprocess

import pytest

from lab import Origin, response, wait_until
from lab.hub import HubShield
from lab.place import ROOT

PASSWORD = "correct horse battery"


def test_keys_are_explained_and_offered():
    for words in (["tools/install", "browser"], ["tools/console", "test"]):
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=900, stdin=subprocess.DEVNULL)
        if done.returncode:
            pytest.skip(" ".join(words) + ": " + done.stderr.strip().splitlines()[-1])
    with Origin(lambda request: response(b"well")) as origin, HubShield(origin) as shield:
        code = wait_until(lambda: re.search(r"give this code, once: (\S+)", shield.said()), 20, "the hub prints its code")[1]
        status, said = shield.api("POST", "/api/v1/first-start", {"code": code, "name": "agnes", "password": PASSWORD})
        assert status == 200, said
        story = subprocess.run(["node", str(ROOT / "tests/console/help.mjs"), shield.url, "agnes", PASSWORD, str(ROOT / "build/screenshots")], cwd=ROOT,
                               stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240)
        assert story.returncode == 0, (story.stdout + story.stderr)[-6000:]

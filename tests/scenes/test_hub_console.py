"""The console before a real hub and a real attack: the first start with its code, an incident that shows itself, is taken and closed, in each language.
Screenshots stay in build/screenshots."""
import re
import subprocess
import time
import urllib.parse
import urllib.request

import pytest

import lab
from lab import HOST, wait_until
from lab.hub import HubShield
from lab.place import ROOT

RULE = 'SecRule ARGS "@contains union select" "id:942100,phase:2,deny,status:403,t:lowercase,msg:\'SQL in a field\'"'
SHOTS = ROOT / "build/screenshots"


@pytest.fixture(scope="module")
def built():
    for words in (["tools/install", "browser"], ["tools/console", "test"]):
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=900, stdin=subprocess.DEVNULL)
        if done.returncode:
            pytest.skip(" ".join(words) + ": " + done.stderr.strip().splitlines()[-1])
    if not (ROOT / "build/bouclier-hub").exists():
        pytest.skip("there is no hub in build/")


@pytest.fixture
def shield():
    with lab.Portal() as portal:
        site = {"name": HOST, "hosts": [HOST, "localhost", "127.0.0.1"], "origins": [f"http://127.0.0.1:{portal.port}"]}
        with HubShield(sites=[site], rules=RULE, waf={}, log={"requests": "all"}) as one:
            with urllib.request.urlopen(one.url, timeout=10) as page:
                assert b'id="console"' in page.read(), "this hub was built before its console: tools/build release"
            yield one


def first_code(shield):
    """The code of the first start, as the hub printed it."""
    return wait_until(lambda: re.search(r"give this code, once: (\S+)", shield.said()), 20, "the hub prints the code of its first start")[1]


def attack(shield, seconds=12):
    """A small one: what the rule refuses, twenty times a second."""
    path = "/en/search?" + urllib.parse.urlencode({"q": "1 union select password from people"})
    for number in range(seconds * 20):
        shield.get(f"{path}&n={number}")
        time.sleep(0.05)


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_from_the_first_start_to_a_closed_incident(built, shield, language):
    story = subprocess.Popen(["node", str(ROOT / "tests/console/story.mjs"), shield.url, first_code(shield), language, str(SHOTS)], cwd=ROOT, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        said = story.stdout.readline()
        if said.strip() == "ready":
            attack(shield)
        said += story.communicate(timeout=240)[0]
    finally:
        story.kill()
        story.wait()
    assert story.returncode == 0, said[-6000:]
    (incident,) = shield.incidents()
    assert incident["status"] == "closed" and incident["owner"] == "agnes" and incident["family"] == "attack"
    assert {note["text"] for note in incident["notes"]} >= {f"console, {language}: acknowledged", f"console, {language}: closed"}
    assert {moment["what"] for moment in incident["timeline"]} >= {"opened", "acknowledged", "closed-by"}
    shots = sorted(path.name for path in SHOTS.glob(f"{language}-*.png"))
    assert len(shots) >= 20, shots

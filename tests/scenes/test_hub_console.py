"""The console before a real hub and a real attack: the first start with its code, an incident that shows itself, is taken and closed, in each language.
Screenshots stay in build/screenshots."""
import json
import os
import re
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import pytest

import lab
from lab import HOST, wait_until
from lab.hub import HubShield
from lab.place import BINARY, ROOT

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


OTHERS = ["fr", "de", "en"]


@pytest.fixture(scope="module")
def shield(built):
    with lab.Portal() as portal:
        origin = f"http://127.0.0.1:{portal.port}"
        sites = [{"name": HOST, "hosts": [HOST, "localhost", "127.0.0.1"], "origins": [origin]}]
        sites += [{"name": f"{each}.{HOST}", "hosts": [f"{each}.{HOST}"], "origins": [origin]} for each in OTHERS]
        with HubShield(sites=sites, rules=RULE, waf={}, log={"requests": "all"}) as one:
            with urllib.request.urlopen(one.url, timeout=10) as page:
                assert b'id="console"' in page.read(), "this hub was built before its console: tools/build release"
            yield one


def first_code(shield):
    """The code of the first start, as the hub printed it."""
    return wait_until(lambda: re.search(r"give this code, once: (\S+)", shield.said()), 20, "the hub prints the code of its first start")[1]


def attack(shield, language):
    """In the first language a real one: what the rule refuses, twenty times a second. Each other language has a site that somebody says is attacked."""
    if language in OTHERS:
        assert shield.ask("/level", "POST", json.dumps({"site": f"{language}.{HOST}", "level": "attack"}).encode()).status == 200
        return
    path = "/en/search?" + urllib.parse.urlencode({"q": "1 union select password from people"})
    for number in range(12 * 20):
        shield.get(f"{path}&n={number}")
        time.sleep(0.05)
        if number % 20 == 19 and shield.incidents():
            return


def play(script, *arguments, seconds=200, **orders):
    """Runs a script of tests/console; each line "WORD ..." that it says calls the order of this name."""
    process = subprocess.Popen(["node", str(ROOT / "tests/console" / script), *arguments], cwd=ROOT, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    ender = threading.Timer(seconds, process.kill)
    ender.start()
    said = ""
    try:
        for line in process.stdout:
            word, *words = line.split() or [""]
            if word in orders:
                orders[word](*words)
            else:
                said += line
    finally:
        ender.cancel()
        process.kill()
        status = process.wait()
    assert status == 0, said[-6000:]


def test_from_the_first_start_to_a_closed_incident(shield):
    """In each language: the first login, out and in, an incident that shows itself, is taken and closed."""
    play("story.mjs", shield.url, first_code(shield), str(SHOTS), attack=lambda language: attack(shield, language))
    incidents = shield.incidents()
    assert [one["status"] for one in incidents] == ["closed"] * 4 and {one["family"] for one in incidents} == {"attack"}
    for incident, language in zip(incidents, ["nl", *OTHERS]):
        assert incident["owner"] == ("agnes" if language == "nl" else f"colleague-{language}")
        assert {note["text"] for note in incident["notes"]} >= {f"console, {language}: acknowledged", f"console, {language}: closed"}
        assert {moment["what"] for moment in incident["timeline"]} >= {"opened", "acknowledged", "closed-by"}
        assert len(list(SHOTS.glob(f"{language}-*.png"))) >= 20


@pytest.mark.skipif(os.geteuid() != 0, reason="break-glass is root's")
def test_an_account(shield):
    """Enrolment, a passkey, a second factor, a token, a session that ends, a hub that is killed, emergency access."""
    status, said = shield.api("POST", "/api/v1/people", {"name": "boris", "roles": ["operator"], "language": "en"})
    assert status == 200, said
    broken = subprocess.run([BINARY, "hub", "break-glass", "--config", str(shield.config)], capture_output=True, text=True, timeout=30)
    assert broken.returncode == 0, broken.stderr
    play("account.mjs", f"http://localhost:{shield.hub_port}", "boris", said["code"], broken.stdout.strip(), kill=shield.kill_hub)
    done = {entry["what"] for entry in shield.api("GET", "/api/v1/audit?count=200")[1]["entries"]}
    assert "break-glass.login" in done, done

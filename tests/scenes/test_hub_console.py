"""The console in a real browser, before a real hub and a real attack on the demo portal: from the first login to a closed incident in each language, an account with all its ways in, a telephone,
a list that is long. Screenshots stay in build/screenshots."""
import contextlib
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
from lab.receivers import Webhook
from lab.tls import make_certificate
from lab.wire import get

RULE = 'SecRule ARGS "@contains union select" "id:942100,phase:2,deny,status:403,t:lowercase,msg:\'SQL in a field\'"'
SHOTS = ROOT / "build/screenshots"
PASSWORD = "Een lange zin is goed, une longue phrase aussi"
FIRST, *OTHERS = LANGUAGES = ["nl", "fr", "de", "en"]
CERTIFICATES = 200


def site_of(language):
    return HOST if language == FIRST else f"{language}.{HOST}"


@pytest.fixture(scope="module")
def built():
    for words in (["tools/install", "browser"], ["tools/console", "test"]):
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=900, stdin=subprocess.DEVNULL)
        if done.returncode:
            pytest.skip(" ".join(words) + ": " + done.stderr.strip().splitlines()[-1])
    if not (ROOT / "build/bouclier-hub").exists():
        pytest.skip("there is no hub in build/")


@pytest.fixture(scope="module")
def hook():
    with Webhook() as one:
        yield one


@pytest.fixture(scope="module")
def shield(built, hook):
    """One for all: a site of the demo portal for each language, and somebody who is called by alerts."""
    secret = hook.folder / "secret"
    secret.write_bytes(hook.secret + b"\n")
    alerts = {"self_test": "off", "webhooks": [{"name": "hook", "url": f"https://localhost:{hook.port}/", "ca": str(hook.certificate), "secret_file": str(secret)}]}
    with lab.Portal() as portal:
        sites = [{"name": site_of(each), "hosts": [site_of(each)], "origins": [f"http://127.0.0.1:{portal.port}"]} for each in LANGUAGES]
        with HubShield(sites=sites, rules=RULE, waf={}, log={"requests": "all"}, roots=[hook.folder], hub={"alerts": alerts}) as one:
            with urllib.request.urlopen(one.url, timeout=10) as page:
                assert b'id="console"' in page.read(), "this hub was built before its console: tools/build release"
            # Now, because later there is somebody who would have to approve it.
            one.code_of_boris = enrolment(one, "boris", "operator")
            yield one


@pytest.fixture
def begun(shield):
    """There is an administrator, whichever tests ran before."""
    stranger = get(shield.hub_port, "/api/v1/session", host="localhost")
    if json.loads(stranger.text)["first_start"]:
        body = {"code": first_code(shield), "name": "agnes", "password": PASSWORD}
        said = get(shield.hub_port, "/api/v1/first-start", "POST", json.dumps(body).encode(), host="localhost", **{"Content-Type": "application/json"})
        assert said.status == 200, said.text
    return shield


def first_code(shield):
    """The code of the first start, as the newest hub printed it."""
    return wait_until(lambda: re.findall(r"give this code, once: (\S+)", shield.said()), 20, "the hub prints the code of its first start")[-1]


def enrolment(shield, name, *roles):
    status, said = shield.api("POST", "/api/v1/people", {"name": name, "roles": list(roles), "tenants": ["*"], "language": "en"})
    assert status == 200, said
    return said["code"]


class Attack:
    """A small one, on the demo portal: what the rule refuses, twenty times a second, beside citizens who look around, until it is told to end; two minutes at most."""

    def __init__(self, shield, language):
        self.shield, self.host, self.is_over = shield, site_of(language), threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        for number in range(120 * 20):
            query = {"q": "1 union select password from people", "n": number} if number % 5 else {"q": "parking"}
            self.shield.get("/en/search?" + urllib.parse.urlencode(query), host=self.host)
            if self.is_over.wait(0.05):
                return

    def end(self):
        self.is_over.set()
        self.thread.join()


def play(script, *arguments, seconds=240, **orders):
    """Runs a script of tests/console; each line "WORD ..." that it says calls the order of this name."""
    process = subprocess.Popen(["node", str(ROOT / "tests/console" / script), *map(str, arguments)], cwd=ROOT, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
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
    """In each language: the first login, out and in, an incident that shows itself while the portal is attacked, is taken and closed."""
    attacks = {}
    with contextlib.ExitStack() as ends:
        def attack(language):
            attacks[language] = Attack(shield, language)
            ends.callback(attacks[language].end)
        play("story.mjs", shield.url, first_code(shield), PASSWORD, SHOTS, attack=attack, calm=lambda language: attacks[language].end())
    incidents = shield.incidents()
    assert [one["status"] for one in incidents] == ["closed"] * 4 and {one["family"] for one in incidents} == {"attack"}
    for incident, language in zip(incidents, LANGUAGES):
        assert [site["name"] for site in incident["sites"]] == [site_of(language)] and incident["decisions"]["block"] > 0
        assert incident["owner"] == ("agnes" if language == FIRST else f"colleague-{language}")
        assert {note["text"] for note in incident["notes"]} >= {f"console, {language}: acknowledged", f"console, {language}: closed"}
        assert {moment["what"] for moment in incident["timeline"]} >= {"opened", "acknowledged", "closed-by"}
        assert len(list(SHOTS.glob(f"{language}-*.png"))) >= 15


def test_on_a_telephone(begun):
    """Each page, 390 px wide: nothing is cut off, and accessible in both themes."""
    if not begun.incidents():
        attack = Attack(begun, FIRST)
        wait_until(begun.incidents, 60, "an incident")
        attack.end()
    request = next(row["bouclier.request_id"] for row in begun.rows() if row.get("bouclier.decision") == "block")
    play("narrow.mjs", begun.url, "agnes", PASSWORD, request, HOST, SHOTS)


@pytest.mark.skipif(os.geteuid() != 0, reason="break-glass is root's")
def test_an_account(begun, hook):
    """Enrolment, a passkey, a second factor, a token, a session that ends, a hub that is killed, emergency access, of which all are told."""
    broken = subprocess.run([BINARY, "hub", "break-glass", "--config", str(begun.config)], capture_output=True, text=True, timeout=30)
    assert broken.returncode == 0, broken.stderr
    play("account.mjs", f"http://localhost:{begun.hub_port}", "boris", begun.code_of_boris, broken.stdout.strip(), kill=begun.kill_hub)
    told = wait_until(lambda: [body for _, body in hook.calls if b"break-glass" in body], 20, "everybody is told")
    assert b"carla" in told[0], told
    done = {entry["what"] for entry in begun.api("GET", "/api/v1/audit?count=200")[1]["entries"]}
    assert done >= {"passkey.make", "break-glass.login"}, done


def test_two_hundred_incidents(built):
    """A certificate that is nearly over is an incident: of two hundred, half of them closed, what is now shows a few, and the list brings all. (A hub follows 128 at a time.)"""
    with lab.Portal() as portal, HubShield(sites=[], start=False) as one:
        names = [f"{number}.{HOST}" for number in range(CERTIFICATES)]
        sites = [{"name": name, "hosts": [name], "certificate": str(make_certificate(one.folder / f"{name}.pem", name, days=1, ago=89)),
                  "origins": [f"http://127.0.0.1:{portal.port}"]} for name in names]

        def have(count, start):
            one.write({**one.settings, **one.doors(sites), "sites": sites[:count]})
            start()
            wait_until(lambda: len(one.incidents()) == count, 60, f"{count} incidents")
        have(CERTIFICATES // 2, lambda: (one.start(), one.wait_hub()))
        for incident in one.incidents():
            version = one.api("GET", f"/api/v1/incidents/{incident['id']}")[1]["version"]
            assert one.api("POST", f"/api/v1/incidents/{incident['id']}/close", {"version": version})[0] == 200
        have(CERTIFICATES, one.reload)
        play("paged.mjs", one.url, first_code(one), CERTIFICATES)

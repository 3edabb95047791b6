"""Logging in through a real OpenID provider (npm's oidc-provider, tests/oidc): there, back, and whoever is not let in."""
import html
import http.cookiejar
import json
import os
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

from lab import response, wait_until
from lab.hub import HubShield
from lab.place import ROOT

FOLDER = ROOT / "tests/oidc"
SECRET = "a secret with signs: %&+ =/"


@pytest.fixture(scope="module")
def packages():
    if not (FOLDER / "node_modules").exists():
        try:
            done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=FOLDER, capture_output=True, text=True, timeout=300)
        except FileNotFoundError:
            pytest.skip("npm is not installed (tools/install console)")
        if done.returncode:
            pytest.skip("npm could not fetch oidc-provider: " + done.stderr.strip().splitlines()[-1])


@pytest.fixture
def start(start_origin, packages):
    running = []

    def begin(algorithm="RS256", secret=SECRET, **oidc):
        shield = HubShield(start_origin(lambda request: response(b"well")), start=False)
        running.append(shield.stop)
        shield.hub_url = f"http://localhost:{shield.hub_port}"
        provider = subprocess.Popen(["node", "provider.mjs"], cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                    env={**os.environ, "REDIRECT": shield.hub_url + "/api/v1/session/oidc/return", "SECRET": secret, "ALGORITHM": algorithm})
        running.append(lambda: (provider.kill(), provider.wait(), provider.stdout.close()))
        shield.provider, shield.issuer = provider, f"http://127.0.0.1:{int(provider.stdout.readline())}"
        keys = {"issuer": shield.issuer, "client_id": "hub", "insecure": True, **oidc}
        if secret:
            (shield.folder / "secret").write_text(secret + "\n")
            keys["client_secret_file"] = str(shield.folder / "secret")
        shield.write({**shield.settings, "hub": {"listen": f"127.0.0.1:{shield.hub_port}", "oidc": keys}})
        shield.start()
        shield.wait_hub()
        wait_until(lambda: shield.role("send"), what="send runs")
        return shield
    yield begin
    for stop in running:
        stop()


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    """Keeps cookies; follows what it is told to, one step at a time."""

    def __init__(self, **fields):
        self.fields = fields
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies), Stay())

    def go(self, url, form=None):
        try:
            answer = self.opener.open(urllib.request.Request(url, urllib.parse.urlencode(form).encode() if form else None, self.fields), timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers.get("Location"), answer.read().decode()

    def to_provider(self, shield):
        status, there, text = self.go(shield.hub_url + "/api/v1/session/oidc")
        assert status == 303, text
        return there

    def authenticate(self, there, name):
        """At the provider, as far as the address that leads back."""
        url = there
        for _ in range(12):
            status, location, text = self.go(url)
            if status == 200:
                action = html.unescape(re.search(r'action="([^"]+)"', text)[1])
                prompt = re.search(r'name="prompt" value="(\w+)"', text)[1]
                status, location, text = self.go(urllib.parse.urljoin(url, action), {"prompt": prompt, **({"login": name, "password": "x"} if prompt == "login" else {})})
            assert status in (302, 303), text
            url = urllib.parse.urljoin(url, location)
            if "/session/oidc/return" in url:
                return url
        raise AssertionError("the provider never led back")

    def log_in(self, shield, name):
        return self.go(self.authenticate(self.to_provider(shield), name))

    def session(self, shield):
        status, _, text = self.go(shield.hub_url + "/api/v1/session")
        return status, json.loads(text)


def person(shield, name, subject):
    status, said = shield.api("POST", "/api/v1/people", {"name": name, "roles": ["analyst"], "tenants": ["*"], "language": "fr"})
    assert status == 200, said
    status, said = shield.api("PATCH", f"/api/v1/people/{name}", {"oidc_subject": subject})
    assert status == 200 and said["oidc_subject"] == subject, said


def refusals(shield):
    return [entry["detail"] for entry in shield.api("GET", "/api/v1/audit")[1]["entries"] if entry["what"] == "session.refused"]


@pytest.mark.parametrize("algorithm, secret", [("RS256", SECRET), ("ES256", "")])
def test_there_and_back(start, algorithm, secret):
    shield = start(algorithm, secret)
    person(shield, "anna", "anna-at-the-provider")
    browser = Browser()
    assert browser.session(shield)[1]["methods"] == ["password", "passkey", "oidc"]
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(browser.to_provider(shield)).query)
    assert asked["code_challenge_method"] == ["S256"] and len(asked["state"][0]) == len(asked["nonce"][0]) == len(asked["code_challenge"][0]) == 43
    status, location, text = browser.log_in(shield, "anna-at-the-provider")
    assert (status, location, text) == (303, "/", "")
    status, said = browser.session(shield)
    assert status == 200 and said["person"]["name"] == "anna" and said["must"] == [] and "search" in said["permits"]


def test_who_is_not_let_in(start):
    shield = start()
    person(shield, "anna", "anna")
    browser = Browser()
    assert browser.log_in(shield, "stranger")[0] == 401 and browser.session(shield)[0] == 401, "nobody's: no account is made"
    assert "by oidc: nobody's" in refusals(shield)
    back = browser.authenticate(browser.to_provider(shield), "stranger")
    assert Browser().go(back)[0] == 401, "another browser's"
    assert browser.go(back.replace("state=", "state=A"))[0] == 401
    browser = Browser()
    back = browser.authenticate(browser.to_provider(shield), "anna")
    assert browser.go(re.sub("code=[^&]+", "code=invented", back))[0] == 502
    browser = Browser()
    kept = browser.authenticate(browser.to_provider(shield), "anna")
    cookie = next(each for each in browser.cookies if each.name == "bouclier_oidc")
    assert browser.go(kept)[0] == 303
    browser.cookies.set_cookie(cookie)
    assert browser.go(kept)[0] in (401, 502, 503), "once"
    assert shield.api("PATCH", "/api/v1/people/anna", {"disabled": True})[0] == 200
    assert Browser().log_in(shield, "anna")[0] == 401


def test_another_way_of_authenticating_is_wanted(start):
    shield = start(acr_values="urn:two")
    person(shield, "anna", "anna")
    assert Browser().log_in(shield, "anna")[0] == 401
    assert refusals(shield) == ["he was not authenticated as acr_values wants (acr)"]


def test_a_provider_that_is_away(start):
    shield = start()
    shield.provider.kill()
    shield.provider.wait()
    assert Browser().go(shield.hub_url + "/api/v1/session/oidc")[0] == 502
    assert Browser().go(shield.hub_url + "/api/v1/session/oidc")[0] in (502, 503)
    assert reader().go(shield.hub_url + "/api/v1/session/oidc")[:2] == (303, "/?login=provider-failed"), "a moment ago, or now"
    assert Browser().session(shield)[1]["methods"] == ["password", "passkey", "oidc"], "and the hub answers"


def test_no_account_twice(start):
    shield = start()
    person(shield, "anna", "one")
    assert shield.api("POST", "/api/v1/people", {"name": "boris", "roles": [], "tenants": ["*"], "language": "en"})[0] == 200
    assert shield.api("PATCH", "/api/v1/people/boris", {"oidc_subject": "one"})[0] == 409


def reader():
    """A person's browser, which wants a page."""
    return Browser(Accept="text/html,application/xhtml+xml,*/*;q=0.8")


def test_who_is_not_let_in_lands_at_the_login_page(start):
    """With a word for each reason; the log has it, and nobody is in."""
    shield = start(acr_values="urn:two")
    person(shield, "anna", "anna")
    one = reader()
    assert one.log_in(shield, "anna")[:2] == (303, "/?login=too-weak") and one.session(shield)[0] == 401
    one = reader()
    back = one.authenticate(one.to_provider(shield), "anna")
    assert reader().go(back)[:2] == (303, "/?login=lost"), "another browser's"
    assert one.go(re.sub("code=[^&]+", "error=access_denied", back))[:2] == (303, "/?login=provider-refused")
    one = reader()
    back = one.authenticate(one.to_provider(shield), "anna")
    assert one.go(re.sub("code=[^&]+", "code=invented", back))[:2] == (303, "/?login=provider-failed")
    assert refusals(shield) == ["by oidc: the provider gave no code, or another one did", "he was not authenticated as acr_values wants (acr)"]


def test_who_is_not_let_in_reads_why(start):
    for words in (["tools/install", "browser"], ["tools/console", "test"]):
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=900, stdin=subprocess.DEVNULL)
        if done.returncode:
            pytest.skip(" ".join(words) + ": " + done.stderr.strip().splitlines()[-1])
    shield = start()
    person(shield, "agnes", "agnes")
    assert shield.api("POST", "/api/v1/people", {"name": "berta", "roles": ["administrator"], "tenants": ["*"]})[0] in (200, 202)
    story = subprocess.run(["node", str(ROOT / "tests/console/oidc.mjs"), shield.hub_url, str(ROOT / "build/screenshots")], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240)
    assert story.returncode == 0, (story.stdout + story.stderr)[-6000:]

"""A town's wiki goes from `detect` to `block` as docs/waf/mediawiki.md has it: an editor works in Chromium, `rules tune` proposes, what it
proposes is pasted, and the same work on another page meets no refusal; attacks on the same pages do."""
import json
import os
import pathlib
import signal
import subprocess
import time
from urllib.parse import quote, urlencode

import pytest
import yaml

import lab
from lab.chromium import Chromium
from wiki_editor import Editor

CRS = pathlib.Path("/usr/share/modsecurity-crs/owasp-crs.load")
pytestmark = pytest.mark.skipif(not CRS.exists(), reason="skipped: no package modsecurity-crs")

EDITOR, OTHER_EDITOR, STRANGER = "192.0.2.7", "192.0.2.8", "198.51.100.66"
KINDS = {"attack-xss", "attack-sqli", "attack-rce", "attack-lfi", "attack-injection-php"}
FIELDS = {"wpTextbox1", "wpSummary", "search", "text", "summary", "appendtext", "srsearch", "totext-main"}
FORM = ("Content-Type", "application/x-www-form-urlencoded")
SQL, SCRIPT, FILE = "1' UNION SELECT user_password FROM user-- -", "<script>alert(document.cookie)</script>", "../../../../../../etc/passwd"


@pytest.fixture(scope="module")
def portal():
    """A wiki as `make run PORTAL=mediawiki` has one, in a folder of its own: the port it listens at."""
    install = subprocess.run(["tools/install", "mediawiki", "browser"], cwd=lab.ROOT, capture_output=True, text=True, timeout=900,
                             stdin=subprocess.DEVNULL)
    if install.returncode:
        pytest.skip("MediaWiki and Chromium cannot be installed here: " + install.stderr.strip().splitlines()[-1])
    folder, port = ".run/mediawiki-chromium", lab.free_port()
    subprocess.run(["demo/mediawiki", "setup", folder], cwd=lab.ROOT, check=True, timeout=300)
    with open(lab.ROOT / folder / "log", "wb") as log:
        process = subprocess.Popen(["demo/mediawiki", "serve", folder, str(port)], cwd=lab.ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   start_new_session=True)
    try:
        lab.wait_until(lambda: is_served(port) or process.poll() is not None, 60, "MediaWiki answers")
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def is_served(port):
    try:
        return lab.get(port, "/index.php/Main_Page").status in (200, 301, 302)
    except (OSError, lab.Closed):
        return False


class Town:
    """The shield before the wiki, in `detect`, and a browser."""

    def __init__(self, port):
        self.shield = lab.Shield(start=False, workers=1, trusted_proxies=["127.0.0.1"], log={"requests": "all"},
                                 site={"origins": [f"http://127.0.0.1:{port}"], "waf": {"mode": "detect"}})
        self.shield.start()
        self.address, self.proposed = f"https://localhost:{self.shield.tls}", []

    def tune(self):
        """As an administrator types it where one person writes: his text, and the same for a program."""
        words = [lab.BINARY, "rules", "tune", "--visitors", "1", "--config", str(self.shield.config)]
        said = [subprocess.run([*words, *more], capture_output=True, text=True, timeout=30, check=True).stdout for more in ((), ("--output", "json"))]
        return said[0], json.loads(said[1])["sites"][0]

    def seen(self):
        """Lines of the journal about requests, once nothing more comes."""
        count = -1
        while count != len(lines := [line for line in self.shield.journal() if line.get("event.dataset") == "bouclier.request"]):
            count = len(lines)
            time.sleep(0.5)
        return lines

    def work(self, browser, visitor, topic):
        browser.become(visitor)
        browser.forget()
        Editor(browser, self.address, topic, f"{topic.capitalize()} {time.time_ns():x}", self.shield.folder).work()
        # A browser asks for the icon by itself, once; the wiki has none.
        return [answer for answer in browser.listen() if not answer[2].endswith("/favicon.ico")]

    def ask(self, path, *fields, method="GET", body=None):
        return self.shield.get(path, ("User-Agent", "Mozilla/5.0"), ("Accept", "text/html"), ("X-Forwarded-For", STRANGER), *fields, method=method,
                               body=body, host="localhost", context=lab.trusting(), name="localhost").status


@pytest.fixture(scope="module")
def town(portal):
    one = Town(portal)
    try:
        yield one
    except BaseException:
        one.shield.stop(check=False)
        raise
    one.shield.stop()


@pytest.fixture(scope="module")
def browser(town):
    with Chromium() as one:
        yield one


def test_detect_finds_what_block_would_refuse(town, browser):
    answers = town.work(browser, EDITOR, "parking")
    assert len(answers) > 100 and all(status < 400 for status, _, _ in answers), [one for one in answers if one[0] >= 400]
    refused = [line for line in town.seen() if line["bouclier.decision"] == "log"]
    assert len(refused) >= 8, refused
    said, told = town.tune()
    assert f"{told['visitors']} ordinary visitor" in said and told["yaml"] in said
    town.proposed = yaml.safe_load(told["yaml"])["waf"]["exclusions"]


def test_what_is_proposed_is_narrow(town):
    """A rule, or a kind of rules, in one field of one path, by one method."""
    assert 5 <= len(town.proposed) <= 40
    for each in town.proposed:
        assert each["rule"] in KINDS or 930000 <= each["rule"] < 945000, each
        assert each["path"] in ("/index.php", "/api.php") and each["method"] in ("GET", "POST") and each["parameter"] in FIELDS, each
    assert {"attack-xss", "attack-rce"} <= {each["rule"] for each in town.proposed if each["parameter"] == "wpTextbox1"}
    assert not [each for each in town.proposed if each["parameter"] == "search" and each["rule"] in KINDS]


def test_block_refuses_none_of_the_same_work(town, browser):
    assert town.proposed, "nothing was proposed"
    before = len(town.seen())
    town.shield.site()["waf"] = {"mode": "block", "exclusions": town.proposed}
    town.shield.apply()
    answers = town.work(browser, OTHER_EDITOR, "waste")
    assert len(answers) > 100 and all(status < 400 for status, _, _ in answers), [one for one in answers if one[0] >= 400]
    # A browser that goes on to the next page lets go of what the last one still fetched: "drop", of somebody who asked for no answer any more.
    lines = [line for line in town.seen()[before:] if line["bouclier.decision"] != "drop" or line.get("http.response.status_code")]
    assert len(lines) > 100 and {line["bouclier.decision"] for line in lines} <= {"allow", "queue"}, [line for line in lines if line["bouclier.decision"] not in ("allow", "queue")]
    assert not town.tune()[1]["yaml"], "there is more to propose"


@pytest.mark.parametrize("query", [
    {"title": SQL}, {"title": SCRIPT}, {"title": FILE}, {"title": "Special:Search", "search": SCRIPT}, {"title": "Special:Search", "search": FILE},
    {"title": "Special:Search", "fulltext": SQL}, {"title": "Main Page", "wpTextbox1": SCRIPT}, {"title": "Main Page", "action": f"edit{SQL}"},
    {"title": "Main Page", "oldid": SQL}, {"title": "Main Page", "curid": FILE}])
def test_attacks_on_the_same_page_are_refused(town, query):
    assert town.shield.site()["waf"]["mode"] == "block"
    assert town.ask("/index.php?" + urlencode(query)) == 403


@pytest.mark.parametrize("path, form", [
    ("/index.php?title=X&action=submit", {"wpTextbox1": FILE}), ("/index.php?title=X&action=submit", {"wpSummary": SCRIPT}),
    ("/index.php?title=X&action=submit", {"wpTextbox1": "x", "wpEditToken": SQL}), ("/index.php?title=X&action=submit", {"wpSection": SCRIPT}),
    ("/index.php?title=Special:UserLogin", {"wpName": SQL}), ("/index.php?title=X&action=submit", {"text": SCRIPT}),
    ("/index.php/Special:Upload", {"wpUploadDescription": SCRIPT}), ("/api.php", {"wpTextbox1": SCRIPT}), ("/api.php", {"text": FILE}),
    ("/api.php", {"action": "query", "titles": SQL}), ("/api.php", {"action": "edit", "summary": SCRIPT}), ("/rest.php/v1/page", {"text": SCRIPT})])
def test_attacks_in_forms_are_refused(town, path, form):
    assert town.ask(path, FORM, method="POST", body=urlencode(form).encode()) == 403


def test_attacks_by_other_ways_are_refused(town):
    assert town.ask("/index.php/" + quote(FILE, safe="")) == 403
    assert town.ask("/index.php?title=Main_Page", ("Cookie", f"wikiUserName={quote(SCRIPT)}")) == 403
    part = b'--b\r\nContent-Disposition: form-data; name="wpUploadFile"; filename="shell.php"\r\nContent-Type: image/png\r\n\r\n<?php\r\n--b--\r\n'
    assert town.ask("/index.php/Special:Upload", ("Content-Type", "multipart/form-data; boundary=b"), method="POST", body=part) == 403


def test_what_is_excused_the_wiki_makes_harmless(town, browser):
    """The field that people write pages in is not looked at for scripts any more: the wiki shows them as text."""
    browser.become(OTHER_EDITOR)
    editor = Editor(browser, town.address, "waste", "Zandbak", town.shield.folder)
    editor.log_in()
    editor.go(title="Zandbak", action="edit")
    browser.fill("#wpTextbox1", "<script>window.isTaken = true</script> <img src=x onerror='window.isTaken = true'>")
    browser.send("#wpPreview")
    editor.shows("<script>window.isTaken = true</script>")
    assert not browser.run("return window.isTaken")

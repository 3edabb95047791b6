"""A real application behind the shield, as `make run PORTAL=mediawiki` puts it there: read, log in, write, search, upload."""
import http.client
import http.cookies
import json
import re
import subprocess
import time
import urllib.parse
import zlib

import pytest

import lab
from lab import h2
from test_make_run import Run, started, whole_tree

pytestmark = whole_tree


@pytest.fixture(scope="module")
def wiki():
    install = subprocess.run(["tools/install", "mediawiki"], cwd=lab.ROOT, capture_output=True, text=True, timeout=600,
                             stdin=subprocess.DEVNULL)
    if install.returncode:
        pytest.skip("MediaWiki cannot be installed here: " + install.stderr.strip().splitlines()[-1])
    with Run("mediawiki") as run:
        run.wait("Ctrl-C stops all of it", 240)
        yield run
        run.interrupt()
        run.process.wait(30)
        assert not started(run.mark.encode())


class Browser:
    """Keeps cookies and one connection, as a browser does."""

    def __init__(self, port):
        self.connection = http.client.HTTPSConnection("localhost", port, timeout=30, context=lab.trusting())
        self.origin, self.cookies = f"https://localhost:{port}", {}

    def ask(self, path, method="GET", body=None, **fields):
        head = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "User-Agent": "scene"}
        head.update({name.replace("_", "-"): value for name, value in fields.items()})
        self.connection.request(method, path, body, head)
        reply = lab.Reply(self.connection.getresponse())
        for line in reply.all("Set-Cookie"):
            for name, morsel in http.cookies.SimpleCookie(line).items():
                self.cookies[name] = morsel.coded_value
        return reply

    def follow(self, path, **options):
        reply = self.ask(path, **options)
        for _ in range(5):
            if reply.status not in (301, 302, 303):
                break
            to = reply.get("Location")
            assert to.startswith((self.origin, "/")), f"led away from the shield: {to}"
            reply = self.ask(to.removeprefix(self.origin))
        return reply

    def form(self, path, **values):
        """Sends the form of a page as it stands there, with VALUES filled in."""
        page = self.follow(path).text
        form = next(each for each in re.findall(r"<form.*?</form>", page, re.S) if f'name="{next(iter(values))}"' in each
                    or f"name='{next(iter(values))}'" in each)
        found = {}
        for tag in re.findall(r"<input[^>]*type=[\"']hidden[\"'][^>]*>", form):
            name, value = re.search(r'name=["\']([^"\']*)', tag), re.search(r'value=["\']([^"\']*)', tag)
            if name:
                found[name[1]] = value[1].replace("&quot;", '"') if value else ""
        found.update(values)
        return self.follow(path, method="POST", body=urllib.parse.urlencode(found), Content_Type="application/x-www-form-urlencoded")

    def api(self, **values):
        reply = self.ask("/api.php", "POST", urllib.parse.urlencode({**values, "format": "json"}),
                         Content_Type="application/x-www-form-urlencoded")
        assert reply.status == 200, reply.text
        return json.loads(reply.text)


@pytest.fixture(scope="module")
def browser(wiki):
    return Browser(wiki.port)


def test_main_page(browser):
    page = browser.follow("/index.php/Main_Page")
    assert page.status == 200 and "MediaWiki has been installed" in page.text
    assert page.get("X-Request-Id")
    styles = re.search(r'href="(/load\.php\?[^"]*only=styles[^"]*)"', page.text)[1].replace("&amp;", "&")
    assert browser.ask(styles).get("Content-Type").startswith("text/css")


def test_main_page_over_http2(wiki):
    with h2.Client(wiki.port, True) as client:
        answers = client.wait(*(client.request(path=path) for path in ("/index.php/Main_Page", "/index.php/Special:Version")))
        assert all(each.status == 200 and b"</html>" in each.body for each in answers)


def test_login_edit_search(browser):
    page = browser.form("/index.php?title=Special:UserLogin", wpName="Admin", wpPassword="aldersbeke-2026", wploginattempt="Log in")
    assert page.status == 200 and ">Admin<" in page.text, page.text[:2000]
    text = f"Version {time.time_ns()}. " + "De raad vergadert op dinsdag; le conseil siège le mardi. " * 2000  # 110 KiB by a form
    page = browser.form("/index.php?title=Gemeenteraad&action=edit", wpTextbox1=text, wpSummary="scene", wpSave="Save changes")
    assert page.status == 200 and "vergadert op dinsdag" in page.text
    raw = browser.ask("/index.php?title=Gemeenteraad&action=raw")
    assert raw.text.strip() == text.strip()
    page = browser.follow("/index.php?search=vergadert&ns0=1&fulltext=1")
    assert page.status == 200 and "Gemeenteraad" in page.text
    assert browser.api(action="query", list="recentchanges")["query"]["recentchanges"][0]["title"] == "Gemeenteraad"


def picture(side):
    """A PNG of noise-like lines: it does not shrink."""
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    seed = time.time_ns()  # MediaWiki refuses the same file again
    lines = b"".join(b"\0" + bytes((x * x * 7 + y * 31 + x * y + seed) % 256 for x in range(3 * side)) for y in range(side))
    head = side.to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines, 0)) + chunk(b"IEND", b"")


def test_upload(browser):
    """Multipart, half a megabyte, and back byte for byte."""
    token = browser.api(action="query", meta="tokens")["query"]["tokens"]["csrftoken"]
    assert token != "+\\", "not logged in any more"
    data, boundary = picture(400), "bouclier-scene-boundary"
    parts = {"action": "upload", "format": "json", "filename": "Town hall.png", "ignorewarnings": "1", "token": token}
    body = b"".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
                    for name, value in parts.items())
    body += (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="hall.png"\r\nContent-Type: image/png\r\n\r\n'.encode()
             + data + f"\r\n--{boundary}--\r\n".encode())
    reply = browser.ask("/api.php", "POST", body, Content_Type=f"multipart/form-data; boundary={boundary}")
    answer = json.loads(reply.text)
    assert answer.get("upload", {}).get("result") == "Success", answer
    stored = browser.ask(urllib.parse.urlparse(answer["upload"]["imageinfo"]["url"]).path)
    assert stored.status == 200 and stored.body == data

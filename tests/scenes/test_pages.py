"""The pages that the shield answers with itself: in the visitor's language, with a reference and somebody to call, and as
problem+json for programs."""
import html.parser
import json
import re
import time

import pytest

import lab
from lab import HOST, Talk, by_path, response

# Language: its words for 503, for the reference, and for the contact.
WORDS = {"en": ("The portal is not available for the moment", "Reference", "Need help?"),
         "nl": ("Het portaal is tijdelijk niet beschikbaar", "Referentie", "Hulp nodig?"),
         "fr": ("Le portail est momentanément indisponible", "Référence", "Besoin d’aide ?"),
         "de": ("Das Portal ist vorübergehend nicht verfügbar", "Referenz", "Brauchen Sie Hilfe?")}


@pytest.fixture(scope="module")
def house():
    dead = lab.free_port()
    site = {"contact": "mailto:help@commune.example?subject=a&body=<b>", "timeouts": {"first_byte": "300ms"}, "limits": {"body": "1KiB", "head": "4KiB"},
            "routes": [{"path": "/none", "origins": []}, {"path": "/dead", "origins": [f"http://127.0.0.1:{dead}"]},
                       {"path": "/works", "maintenance": True, "maintenance_retry": "5m", "contact": "tel:+3225550100"},
                       {"path": "/plain", "maintenance": True, "contact": "The town hall <b>"},
                       {"path": "/closed", "allow_from": ["192.0.2.0/24"]}, {"path": "/get", "allow_methods": ["GET", "HEAD"]}]}
    with lab.Origin() as origin, lab.Shield(origin, site=site) as shield:
        origin.answer = by_path({"/slow": lambda request: time.sleep(1), "/broken": b"nonsense\r\n\r\n", "/503": response(b"its own", "503 Busy")})
        yield origin, shield


def page(house, target, *fields, method="GET", **keys):
    with Talk(house[1].plain) as talk:
        return talk.one(method, target, *fields, **keys)


class Reader(html.parser.HTMLParser):
    """Texts, links, and the elements that were opened and never closed."""

    def __init__(self, text):
        super().__init__()
        self.lang, self.texts, self.links, self.names, self.sources = None, [], [], [], []
        self.feed(text)

    def handle_starttag(self, name, attributes):
        attributes = dict(attributes)
        self.names.append(name)
        self.lang = attributes.get("lang", self.lang)
        self.links += [attributes["href"]] if "href" in attributes else []
        self.sources += [attributes["src"]] if "src" in attributes else []

    def handle_data(self, data):
        self.texts.append(data.strip())


@pytest.mark.parametrize("wish, language", [
    (None, "en"), ("nl", "nl"), ("fr-BE", "fr"), ("de-DE,de;q=0.9,en;q=0.8", "de"), ("NL-be", "nl"), ("FR", "fr"),
    ("en;q=0.3, nl;q=0.7, fr;q=0.8", "fr"), ("pt, es;q=0.9, de;q=0.2", "de"), ("pt", "en"), ("*", "en"), ("fr;q=0, nl;q=0.001", "nl"),
    ("french", "en"), ("de;q=2", "en"), ("de ; q=1.0 , fr", "de"), ("", "en"), (";;;,,,q=", "en"), ("nl;q=0.5,fr;q=0.500", "nl"),
    ("x" * 600 + ", nl", "en"),
])
def test_language(house, wish, language):
    answer = page(house, "/none", *([f"Accept-Language: {wish}"] if wish is not None else []))
    assert answer.status == 503 and answer.get("content-type") == "text/html; charset=utf-8"
    read = Reader(answer.body.decode())
    assert read.lang == language
    text = " ".join(read.texts)
    assert all(word in text for word in WORDS[language])


@pytest.mark.parametrize("target, status, method, fields", [
    ("/none", 503, "GET", []), ("/dead", 502, "GET", []), ("/works", 503, "GET", []), ("/closed", 403, "GET", []), ("/get", 405, "POST", []),
    ("/slow", 504, "GET", []), ("/broken", 502, "GET", []), ("/", 413, "POST", ["Content-Length: 5000"]),
    ("/", 431, "GET", ["X-Large: " + "x" * 5000]), ("/", 400, "GET", ["Bad Name: x"]), ("/", 417, "GET", ["Expect: more"]),
], ids=lambda value: str(value) if isinstance(value, int) else "")
def test_every_page_is_whole(house, target, status, method, fields):
    """In four languages: one heading, a language, a title, no third party, the reference that the head and the journal have."""
    titles = set()
    for language in WORDS:
        answer = page(house, target, f"Accept-Language: {language}", *fields, method=method)
        read = Reader(answer.body.decode())
        reference = answer.get("x-request-id")
        assert answer.status == status and read.lang == language
        assert read.names.count("h1") == read.names.count("title") == read.names.count("main") == 1 and "script" not in read.names
        assert not read.sources and all(link.startswith(("mailto:", "tel:")) for link in read.links)
        assert reference in read.texts and any(f": {status}" in text for text in read.texts)
        assert answer.get("cache-control") == "no-store"
        titles.add(read.texts[read.texts.index(next(text for text in read.texts if text))])
    assert len(titles) == 4 or target == "/works", titles
    assert house[1].wait_journal(lambda line: line.get("bouclier.request_id") == reference)["http.response.status_code"] == status


@pytest.mark.parametrize("target, shown, link", [
    ("/none", "help@commune.example?subject=a&body=<b>", "mailto:help@commune.example?subject=a&body=<b>"),
    ("/works", "+3225550100", "tel:+3225550100"), ("/plain", "The town hall <b>", None)])
def test_contact(house, target, shown, link):
    """As a link where it is one; what an administrator writes is text and nothing else."""
    read = Reader(page(house, target).body.decode())
    assert shown in " ".join(read.texts) and read.links == ([link] if link else []) and "b" not in read.names


def test_each_page_has_its_own_reference(house):
    """Pages are kept and filled in: never another's reference, another's language or another's contact."""
    seen = set()
    for i in range(30):
        language, target = list(WORDS)[i % 4], ("/none", "/works", "/plain")[i % 3]
        answer = page(house, target, f"Accept-Language: {language}")
        found = re.findall(r"<code>([0-9a-f]{32})</code>", answer.body.decode())
        assert found == [answer.get("x-request-id")] and Reader(answer.body.decode()).lang == language
        assert ("town hall" in answer.body.decode()) == (target == "/plain")
        seen.add(found[0])
    assert len(seen) == 30


@pytest.mark.parametrize("accept, is_problem", [
    ("application/json", True), ("application/problem+json", True), ("application/vnd.api+json, */*;q=0.1", True),
    ("text/html, application/json;q=0.9", False), ("*/*", False), (None, False), ("text/html", False), ("image/png", False)])
def test_programs_get_problems(house, accept, is_problem):
    answer = page(house, "/none", "Accept-Language: fr", *([f"Accept: {accept}"] if accept else []))
    assert (answer.get("content-type") == "application/problem+json") == is_problem
    if is_problem:
        problem = json.loads(answer.body)
        assert problem["status"] == answer.status == 503 and problem["title"] == WORDS["en"][0] and problem["reason"] == "no-origin"
        assert problem["instance"] == f"urn:bouclier:{answer.get('x-request-id')}"


@pytest.mark.parametrize("target, method, fields, status, reason", [
    ("/", "GET", ["Bad Name: x"], 400, "field-name"), ("/closed", "GET", [], 403, "source-not-allowed"),
    ("/works", "GET", [], 503, "maintenance"), ("/get", "POST", [], 405, "method-not-allowed"), ("/dead", "GET", [], 502, "origin-connect"),
    ("/slow", "GET", [], 504, "origin-timeout"), ("/broken", "GET", [], 502, "status-line")])
def test_problems_say_why(house, target, method, fields, status, reason):
    answer = page(house, target, "Accept: application/json", *fields, method=method)
    problem = json.loads(answer.body)
    assert problem["status"] == answer.status == status and problem["detail"] and problem["reason"] == reason


def test_a_target_that_is_too_long(house):
    """Nothing behind it was read: the page is in English, and whole."""
    answer = page(house, "/" + "x" * 9000, "Accept-Language: nl")
    assert answer.status == 414 and Reader(answer.body.decode()).lang == "en" and answer.get("connection") == "close"


def test_when_to_come_back(house):
    assert page(house, "/works").get("retry-after") == "300"
    assert page(house, "/none").get("retry-after") is not None
    assert page(house, "/closed").get("retry-after") is None


def test_a_method_that_is_not_allowed_is_told_what_is(house):
    assert page(house, "/get", method="DELETE").get("allow") == "GET, HEAD"


def test_head_gets_no_page(house):
    answer = page(house, "/none", method="HEAD")
    assert answer.status == 503 and int(answer.get("content-length")) > 500


def test_an_origins_own_page_is_its_own(house):
    """503 of the portal itself: delivered, not replaced."""
    assert page(house, "/503").body == b"its own"


def test_pages_for_a_host_that_is_not_ours(house):
    answer = page(house, "/", "Accept-Language: de", host="other.example")
    assert answer.status == 421 and "Diese Website wird hier nicht angeboten" in answer.body.decode() and HOST not in answer.body.decode()

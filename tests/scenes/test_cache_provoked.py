"""What one visitor sends, and what rules find, changes nothing for those who ask for the same page."""
import gzip
import subprocess
import threading
import time

import pytest

from lab import BINARY, HOST, response, wait_until
from test_cache import ask_together, portal, public, said, town  # noqa: F401

RULES = """SecRuleEngine On
SecResponseBodyAccess On
SecResponseBodyMimeType text/html
SecRule REQUEST_HEADERS:User-Agent "@contains scanner" "id:1,phase:1,deny,status:403"
SecRule RESPONSE_BODY "@contains leak" "id:2,phase:4,deny,status:403"
"""
HTML = "Content-Type: text/html"
ZIPPED = gzip.compress(b"page")
ASKED_TOGETHER = 10


def slowly(page):
    def answer(request):
        time.sleep(0.3)
        return page(request) if callable(page) else page
    return answer


PROVOCATIONS = {
    "broken": (public(), (("Cache-Control", 'x="'),), ()),
    "no-store": (public(), (("Cache-Control", "no-store=1"),), ()),
    "no-coding": (public(ZIPPED, "Content-Encoding: gzip"), (("Accept-Encoding", "identity"),), (("Accept-Encoding", "gzip"),)),
    "long-variant": (public(b"page", "Vary: Accept-Language"), (("Accept-Language", "nl, " * 300),), ()),
}


@pytest.mark.parametrize("kind", PROVOCATIONS)
def test_what_one_says_parts_nobody_else(town, portal, kind):  # noqa: F811
    page, his, others = PROVOCATIONS[kind]
    portal.pages["/"] = slowly(page)
    assert town.get("/", *his).status == 200
    asked = portal.asked["/"]
    assert all(reply.status == 200 for reply in ask_together(town, ASKED_TOGETHER, "/", *others))
    assert portal.asked["/"] == asked + 1
    assert "hit" in said(town.get("/", *others))


def test_a_refusal_that_one_provoked_is_forgotten_with_the_next_page(town, portal):  # noqa: F811
    """The portal's own 406: nobody can tell whom it is for. Then some go alone, until one of them brings what is kept."""
    def answer(request):
        return response(b"", "406 Not Acceptable") if request.get("accept") == "image/x-none" else public()
    portal.pages["/"] = slowly(answer)
    assert town.get("/", ("Accept", "image/x-none")).status == 406
    assert town.get().body == b"page"
    town.get(method="POST", body="a=b")  # what is kept of it goes
    asked = portal.asked["/"]
    ask_together(town, ASKED_TOGETHER)
    assert portal.asked["/"] == asked + 1


# -- rules --


@pytest.fixture
def observed(start_shield, portal):  # noqa: F811
    sites = [{"name": HOST, "origins": [portal.url], "concurrency": "off"}]
    return start_shield({"workers": 2, "sites": sites}, {"rules": RULES, "waf": {"mode": "detect", "response_bodies": True}})


def test_whom_rules_object_to_parts_nobody_else(observed, portal):  # noqa: F811
    portal.pages["/"] = slowly(public(b"page", HTML))
    assert observed.get("/", ("User-Agent", "a scanner")).status == 200
    ask_together(observed, ASKED_TOGETHER)
    assert portal.asked["/"] == 2


def test_pages_that_rules_always_object_to_are_not_waited_for_in_turn(observed, portal):  # noqa: F811
    portal.pages["/"] = slowly(public(b"a leak", HTML))
    begun = time.monotonic()
    ask_together(observed, ASKED_TOGETHER)
    assert portal.asked["/"] == ASKED_TOGETHER and time.monotonic() - begun < 1.2


def test_whom_rules_object_to_makes_nothing_new_and_nothing_lost(observed, portal):  # noqa: F811
    def answer(request):
        if request.get("if-none-match") == '"a"':
            return b"HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=60\r\n\r\n"
        return public(b"page", HTML, 'ETag: "a"', age=1)
    portal.pages["/"] = answer
    observed.get()
    time.sleep(2.1)
    for agent in ("a scanner", "a browser"):
        assert "fwd-status=304" in said(observed.get("/", ("User-Agent", agent)))
    assert "hit" in said(observed.get())
    assert portal.asked == {"/": 3}


@pytest.mark.parametrize("body, times", [(b"a leak", 2), (b"a page", 1)])
def test_what_rules_find_in_a_body_that_passes_is_not_kept(observed, portal, body, times):  # noqa: F811
    portal.pages["/"] = public(body * 10000, HTML)
    assert [observed.get().body for _ in range(2)] == [body * 10000] * 2
    assert portal.asked == {"/": times}


def test_what_passed_while_rules_were_bypassed_is_not_kept(observed, portal):  # noqa: F811
    may_answer = threading.Event()

    def held(request):
        may_answer.wait(10)
        return public(b"page", HTML)

    def bypass(*words):
        subprocess.run([BINARY, "bypass", HOST, *words, "--socket", observed.admin_socket], check=True, capture_output=True)
    portal.pages["/"] = held
    bypass("--for", "10m", "--reason", "a test")
    thread = threading.Thread(target=observed.get)
    thread.start()
    wait_until(lambda: portal.asked.get("/") == 1)
    bypass("--off")
    may_answer.set()
    thread.join()
    assert not said(observed.get()).startswith("bouclier; hit") and portal.asked == {"/": 2}


def test_what_was_kept_without_rules_is_not_for_a_site_with_them(observed, portal):  # noqa: F811
    waf = observed.site()["waf"]
    observed.site()["waf"] = {"mode": "off"}
    observed.apply()
    portal.pages["/"] = public(b"page", HTML)
    assert "stored" in said(observed.get()) and "hit" in said(observed.get())
    observed.site()["waf"] = waf
    observed.apply()
    assert "stored" in said(observed.get()) and "hit" in said(observed.get())
    assert portal.asked == {"/": 2}

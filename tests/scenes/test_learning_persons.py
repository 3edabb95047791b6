"""Pages that are somebody's own, or differ, on a site where what is the same for everybody is learned: nobody gets another's, in peace and in an attack."""
import random

import pytest

from lab import response
from test_learning import BROWSER, SOURCES, Portal, is_learned, learned, level, portal, start_town, teach, town, visit  # noqa: F401

# What the page depends on; what the visitor NUMBER sends, and the page that is his.
PERSONS = {
    "session": (lambda request: request.get("cookie"), lambda number: ("/", (("Cookie", f"PHPSESSID={number}"),))),
    "unknown-cookie": (lambda request: request.get("cookie"), lambda number: ("/", (("Cookie", f"p={number}"),))),
    "language-cookie": (lambda request: request.get("cookie"), lambda number: ("/", (("Cookie", f"lang={'nl' if number % 2 else 'fr'}"),))),
    "authorization": (lambda request: request.get("authorization"), lambda number: ("/", (("Authorization", f"Bearer {number}"),))),
    "language": (lambda request: (request.get("accept-language") or "")[:2].replace("nl", ""),
                 lambda number: ("/", (("Accept-Language", ("fr", "de", "en-GB,en;q=0.9")[number % 3]),))),
    "language-field": (lambda request: request.get("x-language"), lambda number: ("/", (("X-Language", ("fr", "de")[number % 2]),))),
    "key-field": (lambda request: request.get("x-api-key"), lambda number: ("/", (("X-Api-Key", str(number)),))),
    "query": (lambda request: request.target.partition("?")[2], lambda number: (f"/?page={number}", ())),
    "invitation": (lambda request: request.target.partition("?")[2], lambda number: (f"/?invitation={number}", ())),
}


@pytest.mark.parametrize("application", [None, "wordpress"])
@pytest.mark.parametrize("kind", PERSONS)
def test_what_is_somebodys_own_is_nobody_elses(start_town, portal, kind, application):  # noqa: F811
    own, visitor = PERSONS[kind]
    town = start_town(waf={"mode": "off", "application": [application]} if application else None)  # noqa: F811
    portal.pages["/"] = lambda request: response(b"of " + (own(request) or "everybody").encode())
    assert {reply.body for reply in teach(town, "/")} == {b"of everybody"} and is_learned(town, "/")

    def see_own(number):
        target, fields = visitor(number)
        browser = tuple(field for field in BROWSER if field[0] not in {name for name, _ in fields})
        before = len(portal.asked)
        body = visit(town, target, SOURCES[number % 40], *fields, browser=browser).body
        assert len(portal.asked) == before + 1 and body == b"of " + own(portal.origin.last).encode() != b"of everybody"
        assert visit(town, "/", SOURCES[(number + 1) % 40]).body == b"of everybody"
    for number in range(25):
        see_own(number)
    level(town, "attack")
    for number in range(25, 50):
        see_own(number)


@pytest.mark.parametrize("kind", ["one-address", "one-network"])
def test_who_is_known_by_his_address_has_his_own_page(town, portal, kind):  # noqa: F811
    known = ["198.39.100.7"] if kind == "one-address" else [f"198.39.{i}.7" for i in range(5)]
    portal.pages["/"] = lambda request: response(b"inside" if request.get("x-forwarded-for").split(",")[0] in known else b"outside")
    teach(town, "/")
    assert is_learned(town, "/")
    assert all(visit(town, "/", source).body == b"inside" for source in known)
    for source in SOURCES[:20]:
        assert visit(town, "/", source).body == b"outside"
    level(town, "attack")
    assert all(visit(town, "/", source).body == b"inside" for source in known) and visit(town, "/").body == b"outside"
    assert not learned(town)


@pytest.mark.parametrize("word", ["normal", "attack"])
def test_colleagues_of_a_few_networks_show_strangers_nothing(town, portal, word):  # noqa: F811
    """A university's public addresses: no stranger ever came, when twenty of them had seen the page."""
    colleagues = [f"198.{i % 7}.100.{i}" for i in range(60)]
    portal.pages["/"] = lambda request: response(b"inside") if request.get("x-forwarded-for").split(",")[0] in colleagues else response(b"no", "403 Forbidden")
    teach(town, "/", sources=colleagues)
    assert is_learned(town, "/")
    level(town, word)
    before = portal.count("/")
    assert visit(town, "/", colleagues[0]).body == b"inside"
    assert [visit(town, "/", source).status for source in SOURCES[20:30]] == [403] * 10
    assert portal.count("/") >= before + 10


def test_a_page_that_differs_at_random_is_not_shared(town, portal):  # noqa: F811
    portal.pages["/"] = lambda request: response(random.choice((b"a", b"b")))
    teach(town, "/", sources=SOURCES * 2)
    assert not learned(town)
    level(town, "attack")
    before = portal.count("/")
    teach(town, "/", sources=SOURCES)
    assert portal.count("/") == before + 40


def test_a_page_that_differs_rarely_ends_when_it_does(town, portal):  # noqa: F811
    """Nine in ten say the same; the tenth is nobody else's, and the page is not shared after it."""
    turns = iter(range(10**6))
    portal.pages["/"] = lambda request: response(b"rare" if next(turns) == 25 else b"page")
    teach(town, "/")
    assert is_learned(town, "/")
    bodies = [reply.body for reply in teach(town, "/", sources=SOURCES[20:40])]
    assert bodies.count(b"rare") == 1 and not learned(town)


def test_the_secret_of_a_form_stays_its_own(town, portal):  # noqa: F811
    portal.pages["/contact"] = lambda request: response(b"<form><input type=hidden name=csrf value=%032x></form>" % random.getrandbits(128))
    teach(town, "/contact", sources=SOURCES)
    level(town, "attack")
    bodies = {reply.body for reply in teach(town, "/contact", sources=SOURCES)}
    assert len(bodies) == 40 and not learned(town)


def answer_by(best):
    """In French or English: what BEST says of the (place, word, weight) of those of the visitor's that there are; else in English."""
    def answer(request):
        said = [part.partition(";q=") for part in (request.get("accept-language") or "").replace(" ", "").split(",")]
        wanted = [(place, word[:2], float(weight or 1)) for place, (word, _, weight) in enumerate(said) if word[:2] in ("fr", "en")]
        return response(min(wanted, key=best)[1].encode() if wanted else b"en")
    return answer


# The first, whatever it weighs; the one that weighs most, and of two that weigh as much the portal's own first.
PORTALS = {"by-order": answer_by(lambda language: language[0]), "by-weight": answer_by(lambda language: (-language[2], language[1] != "en"))}


@pytest.mark.parametrize("portals", PORTALS)
def test_languages_in_an_order_that_portals_read_differently_speak_for_nobody(town, portal, portals):  # noqa: F811
    """Such a list got the English page, in peace; who says in one way that French is better gets the French one."""
    portal.pages["/"] = PORTALS[portals]
    teach(town, "/")
    assert is_learned(town, "/")
    others = tuple(field for field in BROWSER if field[0] != "Accept-Language")

    def see(said):
        return visit(town, "/", SOURCES[0], browser=others + (("Accept-Language", said),)).body
    assert see({"by-order": "en;q=0.1,fr", "by-weight": "fr,en"}[portals]) == b"en"
    level(town, "attack")
    assert [see(said) for said in ("nl-BE,nl;q=0.9", "fr,en;q=0.9", "fr,en;q=0.3")] == [b"en", b"fr", b"fr"]
    assert is_learned(town, "/")


def test_a_language_that_nobody_declares_is_nobody_elses(town, portal):  # noqa: F811
    """The portal has French and English, and takes the first of a visitor's that it has."""
    portal.pages["/"] = PORTALS["by-order"]
    others = tuple(field for field in BROWSER if field[0] != "Accept-Language")
    for source in SOURCES[:20]:
        assert visit(town, "/", source, browser=others + (("Accept-Language", "nl-BE,nl;q=0.9,en;q=0.8"),)).body == b"en"
    assert is_learned(town, "/")
    level(town, "attack")
    for number in range(10):
        for said, page in (("nl-BE,nl;q=0.9,fr;q=0.8", b"fr"), ("nl-BE,nl;q=0.9,en;q=0.8", b"en"), ("fr", b"fr"), ("en;q=0.1,fr", b"en"), (None, b"en")):
            language = (("Accept-Language", said),) if said else ()
            assert visit(town, f"/?q={number}", SOURCES[number], browser=others + language).body == page
    assert is_learned(town, "/")

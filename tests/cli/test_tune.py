"""`bouclier rules tune`: what rules hit of ordinary visitors of a running shield, and that what it proposes excuses just that."""
import json
import os
import pathlib
import select
import subprocess
from urllib.parse import quote_plus

import pytest
import yaml

from lab import BINARY, ROOT, Origin, Shield, h2, request, response, wait_until

CRS = pathlib.Path("/usr/share/modsecurity-crs/owasp-crs.load")
pytestmark = pytest.mark.skipif(not CRS.exists(), reason="skipped: no package modsecurity-crs")

AGE_HITS = ROOT / "build/tests/age-hits"
BROWSER = (("User-Agent", "Mozilla/5.0"), ("Accept", "text/html"))
FORM = ("Content-Type", "application/x-www-form-urlencoded")
PROSE = "1' OR 1=1-- is what the teacher wrote"


class Town:
    """A shield in front of a portal, and visitors of different addresses, all through one trusted proxy."""

    def __init__(self, origin, **waf):
        self.shield = Shield(origin, waf={"mode": "detect", **waf}, workers=1, trusted_proxies=["127.0.0.1"], log={"requests": "all"}, may_die=True)
        self.name = self.shield.site()["name"]

    def send(self, visitor, path="/", *fields, **keys):
        return self.shield.send(request(path, *BROWSER, ("X-Forwarded-For", visitor), *fields, **keys))

    def read(self, visitor, times=5):
        for _ in range(times):
            assert self.send(visitor).status == 200

    def write(self, visitor, path="/forum/12345/reply", text=PROSE, name="message"):
        return self.send(visitor, path, FORM, method="POST", body=f"{name}={quote_plus(text)}".encode())

    def rules(self, *words, code=0):
        done = subprocess.run([BINARY, "rules", *words, "--config", str(self.shield.config)], capture_output=True, timeout=30)
        assert done.returncode == code, done
        return done.stdout.decode() if code == 0 else done.stderr.decode()

    def told(self, *words):
        return json.loads(self.rules(*words, "--output", "json"))["sites"][0]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.shield.__exit__(kind)


def visitors(count, net="192.0.2"):
    return [f"{net}.{number}" for number in range(1, count + 1)]


@pytest.fixture(scope="module")
def origin():
    with Origin(lambda message: response(b"fine"), record=False) as one:
        yield one


@pytest.fixture(scope="module")
def town(origin):
    with Town(origin) as one:
        yield one


def test_a_scanner_is_nobody(town):
    for number, attack in enumerate((PROSE, "<script>alert(1)</script>", "../../etc/passwd", "; cat /etc/shadow", "${jndi:ldap://x/y}")):
        for visitor in visitors(6, "198.51.100"):
            town.write(visitor, f"/page{number}", attack, f"field{number}")
    assert town.told("tune", town.name)["counted"]
    assert "yaml" in town.told("tune", town.name) and not town.told("tune", town.name)["yaml"]
    assert "No rule hit" in town.rules("tune", town.name)


def test_what_hits_citizens_is_told_and_excused(town):
    assert not town.told("tune", town.name)["hits"]
    for visitor in visitors(6):
        town.read(visitor)
        assert town.write(visitor).status == 200
    found = town.told("tune", town.name)
    assert found["mode"] == "detect" and found["counted"] and 5 <= found["visitors"] <= 7
    hit = next(one for one in found["hits"] if one["rule"] == 942100)
    assert hit["path"] == "/forum/*/reply" and hit["method"] == "POST" and hit["target"] == "ARGS:message"
    assert 5 <= hit["clients"] <= 7 and hit["clients_refused"] == hit["clients"] and hit["hits"] == hit["refusals"] == 6
    assert hit["exclusion"] == {"rule": 942100, "path": "/forum/*/reply", "exact": True, "method": "POST", "parameter": "message"}
    said = town.rules("tune")
    assert "942100" in said and "POST /forum/*/reply, ARGS:message" in said and "different ordinary visitors" in said
    assert PROSE not in said and "192.0.2" not in said
    # As a person pastes it.
    proposed = yaml.safe_load(found["yaml"])["waf"]["exclusions"]
    assert {one["rule"] for one in proposed} >= {942100} and all("ordinary visitors" in one["reason"] for one in proposed)
    town.shield.site()["waf"] = {"mode": "block", "exclusions": proposed}
    town.shield.apply()
    assert town.write("192.0.2.1").status == 200 and town.write("192.0.2.1", "/forum/777/reply").status == 200
    assert town.write("192.0.2.1", name="other").status == 403 and town.write("192.0.2.1", "/guestbook").status == 403
    assert town.write("192.0.2.1", "/forum/777/reply/").status == 403 and town.write("192.0.2.1", "/forum/777/reply/more").status == 403
    after = town.told("tune", town.name)
    assert after["mode"] == "block" and next(one for one in after["hits"] if one["rule"] == 942100)["excused"] and not after["yaml"]


CODE = "<script>alert(1)</script> <img src=x onerror=alert(2)> <a href='javascript:x'> document.cookie"
OTHER_CODE = "<svg/onload=alert(3)> <iframe src='javascript:y'></iframe>"


def exclusions(told):
    return yaml.safe_load(told["yaml"])["waf"]["exclusions"]


def test_a_field_of_text_is_excused_from_kinds(origin):
    """Many rules of a kind in one field: the kind is proposed, not each rule; of another kind the one rule that hit. Other fields, paths, kinds
    and rules stay."""
    with Town(origin) as town:
        for visitor in visitors(6):
            town.read(visitor, 20)
            for text in (CODE, PROSE):
                assert town.write(visitor, "/wiki", text, "page").status == 200
        found = town.told("tune", town.name)
        hits = {one["rule"] for one in found["hits"]}
        assert len(hits) > 4 and {rule // 1000 for rule in hits} == {941, 942}, hits
        proposed = exclusions(found)
        sqli = sorted(rule for rule in hits if rule // 1000 == 942)
        assert len(sqli) == 1 and sorted((one["rule"] for one in proposed), key=str) == [*sqli, "attack-xss"]
        assert {(one["path"], one["exact"], one["method"], one["parameter"]) for one in proposed} == {("/wiki", True, "POST", "page")}
        assert all(("here by" in one["reason"]) == (one["rule"] == "attack-xss") for one in proposed)
        left = f"    # left watching this field: attack-sqli (but {' '.join(map(str, sqli))}), attack-rce, attack-lfi, attack-injection-php, and all rules of no such kind\n"
        assert left + "    - rule: attack-xss\n" in found["yaml"] and left in town.rules("tune")
        town.shield.site()["waf"] = {"mode": "block", "exclusions": proposed}
        town.shield.apply()
        for text in (CODE, OTHER_CODE, PROSE):
            assert town.write("192.0.2.1", "/wiki", text, "page").status == 200
            assert town.write("192.0.2.1", "/wiki", text, "title").status == 403 and town.write("192.0.2.1", "/", text, "page").status == 403
            assert town.write("192.0.2.1", "/wiki/", text, "page").status == 403 and town.write("192.0.2.1", "/wiki/x", text, "page").status == 403
        for text in ("../../../../etc/passwd", "the union selected all members from the list"):
            assert town.write("192.0.2.1", "/wiki", text, "page").status == 403, text
        # A person writes it wider: that is in the file, too. What is over, on another path or for another method, is not.
        for said, is_excused in (({"rule": "attack-xss"}, True), ({"rule": "941000-941999", "path": "/*", "parameter": "PAGE"}, True),
                                 ({"rule": "OWASP_CRS", "path": "/wiki/", "method": ["GET", "POST"], "parameter": "pa*"}, True),
                                 ({"rule": "attack-xss", "path": "/wiki/deeper"}, False),
                                 ({"rule": "attack-xss", "path": "/wiki", "exact": True}, True), ({"rule": "attack-xss", "path": "/wiki/", "exact": True}, False),
                                 ({"rule": "attack-xss", "path": "/", "exact": True}, False), ({"rule": "attack-xss", "path": "/"}, True), ({"rule": "attack-xss", "method": "GET"}, False),
                                 ({"rule": "attack-xss", "parameter": "pages"}, False), ({"rule": "attack-xss", "until": "2020-01-01"}, False)):
            town.shield.site()["waf"] = {"mode": "detect", "exclusions": [{**said, "reason": "for the test"}]}
            town.shield.apply()
            left = {one["rule"] for one in exclusions(town.told("tune", town.name))} if town.told("tune", town.name)["yaml"] else set()
            assert ("attack-xss" not in left) == is_excused, (said, left)


def test_where_one_person_writes(origin):
    """Nothing is proposed for one visitor unless it is asked for."""
    with Town(origin) as town:
        town.read("192.0.2.1")
        assert town.write("192.0.2.1").status == 200
        assert not town.told("tune")["yaml"] and "--visitors 1" in town.rules("tune")
        found = town.told("tune", town.name, "--visitors", "1")
        proposed = exclusions(found)
        assert 942100 in [one["rule"] for one in proposed] and all("1 ordinary visitor was taken" in one["reason"] for one in proposed)
        assert "1 different ordinary visitor, 1 refused" in town.rules("tune", "--visitors=1")
        assert not town.told("tune", "--visitors", "2")["yaml"]
        for wrong in ("0", "x", "", "1001", "-1"):
            assert "--visitors wants a number" in town.rules("tune", f"--visitors={wrong}", code=2)
        for wrong in (b"0", b"-1", b"1001", b'"1"', b"null", b"1.5", b"true", b"99999999999999"):
            assert town.shield.ask("/tune", "POST", b'{"all": true, "visitors": ' + wrong + b"}").status == 400


def test_a_form_whose_redirect_the_browser_resets(start_origin):
    """Browsers reset the stream of a redirect that they follow: what was sent is counted nevertheless."""
    def answer(message):
        if message.method != "POST":
            return response(b"fine")
        message.connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 5\r\n\r\n")
        wait_until(lambda: select.select([message.connection], [], [], 0)[0], what="the shield gave this connection up")

    with Town(start_origin(answer)) as town, h2.Client(town.shield.h2c, False, host=town.name) as client:
        town.read("192.0.2.1")
        stream = client.request(("x-forwarded-for", "192.0.2.1"), ("user-agent", "Mozilla/5.0"), ("accept", "text/html"),
                                ("content-type", FORM[1]), method="POST", path="/save", body=f"message={quote_plus(PROSE)}".encode(), length=True)
        while not client.answer_of(stream).fields:
            client.step()
        client.rst(stream)
        town.shield.event(url_path="/save", http_response_status_code=302)
        assert any(one["path"] == "/save" and one["rule"] == 942100 for one in town.told("tune", town.name)["hits"])


def test_what_is_counted_outlives_the_edge(town):
    before = town.told("tune", town.name)
    edge = town.shield.edge()
    town.shield.children()
    subprocess.run(["kill", "-KILL", str(edge)], check=True)
    wait_until(lambda: town.shield.edge() not in (None, edge) and town.shield.is_ready(), 10, "another edge")
    for visitor in visitors(6):
        town.write(visitor, "/guestbook")
    after = town.told("tune", town.name)
    assert after["since"] == before["since"] and after["visitors"] == before["visitors"] > 4
    assert [one for one in before["hits"] if one["path"] == "/forum/*/reply"] == [one for one in after["hits"] if one["path"] == "/forum/*/reply"]
    assert any(one["path"] == "/guestbook" and one["clients"] >= 5 for one in after["hits"])


def test_words_that_are_none(town):
    assert "there is no site nobody" in town.rules("tune", "nobody", code=1)
    for body in (b"", b"{", b"[]", b'{"all": false}', b'{"all": true, "site": "x"}', b'{"site": 5}'):
        assert town.shield.ask("/tune", "POST", body).status == 400
    assert town.shield.ask("/tune").status == 405
    assert "wants a SITE" in town.rules("graduate", code=2) and "wants a SITE" in town.rules("graduate", "x", "--undo", "--again", code=2)
    assert "there is no site" in town.rules("graduate", "nobody", code=1)
    for body in (b"", b"{", b"[]", b'{"site": "x"}', b'{"site": "x", "do": "never"}'):
        assert town.shield.ask("/graduate", "POST", body).status == 400
    for words in ((), (town.name,), (town.name, "x"), (town.name, "0")):
        assert "enforce wants" in town.rules("enforce", *words, code=2)
    assert "has not gone back" in town.rules("enforce", town.name, "942100", code=1)
    for body in (b"", b"{", b'{"site": "x"}', b'{"site": "x", "rule": -1}'):
        assert town.shield.ask("/enforce", "POST", body).status == 400
    assert town.rules("tune", town.name, "x", code=2)
    assert town.shield.status()["sites"][0]["waf"]["retreats"] == []


def graduation(town):
    return town.shield.status()["sites"][0]["waf"]["graduation"]


def test_a_quiet_site_moves_to_block_and_one_command_takes_it_back(origin):
    """detect -> announced -> block by itself; it outlives the shield; undone it stays undone, also in the next one."""
    with Town(origin, graduate="1s", graduate_notice="1s") as town:
        for visitor in visitors(5):
            town.read(visitor)
        assert town.write("192.0.2.1").status == 200
        notice = town.shield.wait_journal(lambda line: line.get("event.action") == "waf-block-announced", 15)
        wait_until(lambda: graduation(town)["state"] == "blocking", 15, "the site is in block")
        assert town.shield.wait_journal(lambda line: line.get("event.action") == "waf-block-begun")["@timestamp"] > notice["@timestamp"]
        assert town.write("192.0.2.1").status == 403 and town.shield.status()["sites"][0]["waf"]["mode"] == "block"
        assert "in block since" in subprocess.run([BINARY, "status", "--config", str(town.shield.config)], capture_output=True).stdout.decode()
        again(town)
        assert town.write("192.0.2.1").status == 403 and graduation(town)["state"] == "blocking"
        assert "in detect, and stays there" in town.rules("graduate", town.name, "--undo")
        assert town.write("192.0.2.1").status == 200
        again(town)
        assert town.write("192.0.2.1").status == 200 and graduation(town)["state"] == "undone"
        assert "is in block now" in town.rules("graduate", town.name)
        assert town.write("192.0.2.1").status == 403
        # What the file says by now counts: without `graduate` it is what it says.
        town.shield.site()["waf"] = {"mode": "detect"}
        town.shield.apply()
        assert town.write("192.0.2.1").status == 200
        assert "does not move by itself" in town.rules("graduate", town.name, code=1)


def test_that_one_writer_would_be_refused_is_said(origin):
    """One visitor puts nothing off; before it moves, a person can know."""
    with Town(origin, graduate="1s", graduate_notice="1h") as town:
        wait_until(lambda: graduation(town)["since"], 10, "it is observed")
        town.read("192.0.2.1")
        assert not graduation(town)["few_refused"] and town.write("192.0.2.1").status == 200
        for visitor in visitors(5):
            town.read(visitor)
        notice = town.shield.wait_journal(lambda line: line.get("event.action") == "waf-block-announced", 15)
        assert "--visitors 1" in json.dumps(notice) and graduation(town)["few_refused"]
        said = subprocess.run([BINARY, "status", "--config", str(town.shield.config)], capture_output=True).stdout.decode()
        assert "moves to block on" in said and "--visitors 1" in said


def again(town):
    """The whole shield ends, and another begins."""
    town.shield.process.terminate()
    assert town.shield.process.wait(20) == 0
    town.shield.start()


def test_a_fresh_shield_counts_in_the_window_of_the_file(origin):
    """`graduate: 1s`: no reload is needed before whom a rule hit two windows ago is forgotten."""
    with Town(origin, graduate="1s", graduate_notice="1s") as town:
        for visitor in visitors(6):
            town.read(visitor)
            assert town.write(visitor).status == 200

        def forgotten():
            hit = next(one for one in town.told("tune", town.name)["hits"] if one["rule"] == 942100)
            assert hit["hits"] == 6
            return hit["clients"] == 0
        wait_until(forgotten, 15, "two windows have passed")


def test_what_hits_citizens_puts_it_off(origin):
    with Town(origin, graduate="1h", graduate_notice="1m") as town:
        for visitor in visitors(6):
            town.read(visitor)
        before = wait_until(lambda: graduation(town)["moves"], 10, "enough visitors were seen")

        def held_up():
            for visitor in visitors(6):  # each a citizen whose form is taken for an attack
                assert town.write(visitor).status == 200
            return graduation(town)["held_up"]
        assert wait_until(held_up, 10, "it is held up")
        assert graduation(town)["state"] == "observing" and graduation(town)["moves"] > before
        said = subprocess.run([BINARY, "status", "--config", str(town.shield.config)], capture_output=True).stdout.decode()
        assert "moves to block on" in said and "rules hit ordinary visitors last on" in said


def name_of(fd):
    try:
        return os.readlink(fd)
    except FileNotFoundError:
        return ""  # one that the keeper has closed meanwhile


def grow_older(town, seconds):
    """The visitors that the shield remembers: how many there are."""
    memory, = [fd for fd in pathlib.Path(f"/proc/{town.shield.keeper}/fd").iterdir() if name_of(fd).startswith("/memfd:bouclier-shared")]
    return int(subprocess.run([AGE_HITS, memory, str(seconds)], check=True, capture_output=True, timeout=30).stdout)


@pytest.mark.skipif(os.getuid() != 0 or not AGE_HITS.exists(), reason="needs root, and the tests' own programs: writes into a shield's memory")
def test_a_rule_that_refuses_known_visitors_goes_back_there_and_a_person_takes_it_back(origin):
    """Thirty citizens with a history of more than a day are refused for what they write at one place: there, and there alone, the rule only
    observes; in another edge too, until a person enforces it."""
    known = visitors(30)
    with Town(origin, mode="block") as town:
        for visitor in known:
            town.read(visitor, 25)
        assert {town.write(visitor).status for visitor in known[:5]} == {403}
        assert town.shield.status()["sites"][0]["waf"]["retreats"] == [], "nobody has a history yet"
        assert grow_older(town, 2 * 86400) == 30
        answered = [town.write(visitor).status for visitor in known[5:]]
        # It is looked at once a second, perhaps between the twentieth (about: they are counted by a sketch) and the last.
        assert answered[:18] == [403] * 18 and answered == sorted(answered, reverse=True) and set(answered) <= {200, 403}, answered
        notice = town.shield.wait_journal(lambda line: line.get("event.action") == "waf-rule-retreated", 15)
        assert "rule 942100 refused 20 known visitors and more: it only observes POST /forum/*/reply" in notice["bouclier.detail"]
        retreat, = town.shield.status()["sites"][0]["waf"]["retreats"]
        assert (retreat["rule"], retreat["path"], retreat["method"]) == (942100, "/forum/*/reply", "POST")
        assert f"ALERT: {town.name}: rule 942100" in town.shield.said()
        def answers():
            return [town.write("192.0.2.1").status, town.write("198.51.100.1").status, town.write("192.0.2.1", "/guestbook").status,
                    town.write("192.0.2.1", name="other").status]
        assert answers() == [200, 200, 403, 403]
        edge = town.shield.edge()
        town.shield.children()
        os.kill(edge, 9)
        wait_until(lambda: town.shield.edge() not in (None, edge) and town.shield.is_ready(), 10, "another edge")
        assert answers() == [200, 200, 403, 403]
        town.rules("enforce", town.name, "942100")
        assert answers() == [403, 403, 403, 403] and town.shield.status()["sites"][0]["waf"]["retreats"] == []
        assert town.shield.wait_journal(lambda line: line.get("event.action") == "waf-rule-enforced")

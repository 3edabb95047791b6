"""Rule sets of sites: read by `check`, compiled once for all, kept where nothing changed, broken for whoever broke them only."""
import json
import os
import pathlib
import shutil
import signal
import socket
import threading
import time

import pytest

from lab import ENVIRONMENT, HOST, Load, Origin, Shield, at_rest, exchange, get, request, response, rss, sanitized, wait_until
from lab.measure import memory
from test_crash import kill_edge
from test_tenants import House

CRS = pathlib.Path("/usr/share/modsecurity-crs/owasp-crs.load")
MAP = pathlib.Path("/etc/modsecurity/unicode.mapping")
MIB = 1 << 20

needs_crs = pytest.mark.skipif(not CRS.exists(), reason="skipped: no package modsecurity-crs")


@pytest.fixture
def teller():
    with Origin(lambda asked: response(asked.get("x-version", "none").encode()), record=False) as one:
        yield one


def reload(shield):
    """(worked, what a person reads)."""
    worked, text = shield.reload()
    return worked, json.loads(text).get("text", "")


def waf_of(shield, site=HOST):
    return next(one for one in shield.status()["sites"] if one["site"] == site).get("waf")


def rules_of(shield, site=HOST):
    return waf_of(shield, site)["rules"]


def rule(number, word="evil"):
    return f'SecRule ARGS "@rx {word}" "id:{number},phase:2,deny"\n'


def test_broken_rules_change_nothing(teller):
    """Every error is told with its place, its rule, and what was probably meant, beside those of the YAML; the old rules stay."""
    with Shield(teller, rules=rule(1)) as shield:
        own, before = shield.folder / "own.conf", rules_of(shield)
        own.write_text(rule(1) + 'SecRule ARGS "@detectSQL" "id:2,phase:2,deny"\nSecRule ARGZ "@rx a" "id:3,phase:2,deny"\n')
        worked, text = reload(shield)
        assert not worked
        assert f"{own}:2:15: error: rule 2: unknown operator @detectSQL (did you mean @detectSQLi?)" in text
        assert f"{own}:3:9: error: rule 3:" in text and "did you mean ARGS" in text
        assert rules_of(shield) == before and get(shield.plain).status == 200
        shield.settings["sites"][0]["contcat"] = "x"
        shield.write(shield.settings)
        worked, text = reload(shield)
        assert not worked and "@detectSQLi" in text and "did you mean contact?" in text
        own.unlink()
        assert "there is no such rule file" in reload(shield)[1]
        del shield.settings["sites"][0]["contcat"]
        shield.write(shield.settings)
        own.write_text(rule(1) + rule(2, "worse"))
        assert reload(shield)[0]
        assert rules_of(shield) != before


def test_off_unless_it_is_said(teller):
    with Shield(teller) as shield:
        assert waf_of(shield) is None


def test_data_files_are_part_of_a_set(teller):
    """A word list is read by check as rules are: another word is another rule set, a list that is missing an error."""
    with Shield(teller, rules='SecRule ARGS "@pmFromFile words.data" "id:1,phase:2,deny"\n', start=False) as shield:
        shield.folder.joinpath("words.data").write_text("evil\n")
        shield.start()
        before = rules_of(shield)
        assert reload(shield)[0] and rules_of(shield) == before
        shield.folder.joinpath("words.data").write_text("evil\nworse\n")
        assert reload(shield)[0]
        assert rules_of(shield) != before
        shield.folder.joinpath("words.data").unlink()
        worked, text = reload(shield)
        assert not worked and 'own.conf:1:27: error: rule 1: the file "words.data" cannot be read' in text


def test_a_folder_of_rules(teller):
    """Files of a folder in the order of their names; a CRS release by its own layout, with its example where no setup is written."""
    with Shield(teller, rules="", start=False) as shield:
        folder = shield.folder / "release"
        (folder / "rules").mkdir(parents=True)
        (folder / "plugins").mkdir()
        (folder / "crs-setup.conf.example").write_text('SecAction "id:900990,phase:1,pass,nolog,setvar:tx.crs_setup_version=480"\n')
        (folder / "rules" / "B.conf").write_text("SecMarker END\n")
        (folder / "rules" / "A.conf").write_text('SecRule ARGS "@rx a" "id:1,phase:2,pass,skipAfter:END"\n')  # an error behind its marker
        (folder / "plugins" / "x-before.conf").write_text(rule(9500))
        shield.settings["sites"][0]["waf"]["ruleset"] = "release"
        shield.write(shield.settings)
        shield.start()
        seen = {rules_of(shield)}
        for change in ("crs-setup.conf", "plugins/x-config.conf", "plugins/x-after.conf"):
            (folder / change).write_text('SecAction "id:%d,phase:1,pass,nolog"\n' % (9600 + len(seen)))
            worked, text = reload(shield)
            assert worked, text
            seen.add(rules_of(shield))
        assert len(seen) == 4
        (folder / "rules" / "C.conf").write_text(rule(200002))
        worked, text = reload(shield)
        assert not worked and "200002" in text  # the number of a rule that stands before every CRS
        shutil.rmtree(folder)
        assert "there are no rule files" in reload(shield)[1]


def test_edge_reads_no_rule_file(teller):
    """A new edge builds from what check read, be the files gone by then."""
    with Shield(teller, rules=rule(1), may_die=True) as shield:
        before, edge = rules_of(shield), shield.edge()
        shield.folder.joinpath("own.conf").unlink()
        os.kill(edge, signal.SIGKILL)
        wait_until(lambda: shield.is_ready() and shield.status()["pid"] != edge, 20, "a new edge")
        assert rules_of(shield) == before and get(shield.plain).status == 200


def test_deaths_lead_back_to_the_old_rules(teller):
    """The last good configuration has its own rules; a reduced edge has none, and says so."""
    with Shield(teller, rules=rule(1), may_die=True) as shield:
        before = rules_of(shield)
        shield.folder.joinpath("own.conf").write_text(rule(1) + rule(2))
        assert reload(shield)[0] and rules_of(shield) != before
        for _ in range(3):
            kill_edge(shield)
        wait_until(lambda: shield.status()["fallen_back"], 5, "the last good configuration")
        assert rules_of(shield) == before
        for _ in range(3):
            kill_edge(shield)
        wait_until(lambda: shield.status()["reduced"], 5, "the reduced edge")
        assert waf_of(shield) is None and get(shield.plain).status == 200


def reload_under_load(shield, change, reloads):
    """Each with other rules: no request fails, and memory is in the end what it was after a few. An old set and its blocks are given
    back when they are not needed any more, a moment later on a busy machine: the least of eight reloads counts."""
    found = []
    with Load(shield.plain, 2, pause=0.01) as kept, Load(shield.plain, 1, kept=False, pause=0.01) as new:
        for count in range(reloads):
            before = rules_of(shield)
            change(count)
            worked, text = reload(shield)
            assert worked, text
            assert rules_of(shield) != before
            time.sleep(0.05)
            found.append(rss(shield.edge()))
    assert kept.served > reloads and new.served and not kept.failures + new.failures, (kept.failures + new.failures)[:5]
    first, last = min(found[2:10]), min(found[-8:])
    print(f"edge: {first >> 10} KiB at first, {last >> 10} KiB after {reloads} reloads")
    assert last - first < 2 * MIB, [bytes >> 10 for bytes in found]


def test_reloads_with_changed_rules(teller):
    """Old rule sets go with the last snapshot that uses them."""
    with Shield(teller, rules=rule(1)) as shield:
        own = shield.folder / "own.conf"
        reload_under_load(shield, lambda count: own.write_text("".join(rule(number, f"w{count}x{number}") for number in range(1, 300))), 40)


@needs_crs
def test_reloads_with_a_changed_crs(teller):
    with Shield(teller, rules=f"SecRequestBodyAccess On\nInclude {CRS}\n") as shield:
        own = shield.folder / "own.conf"
        reload_under_load(shield, lambda count: own.write_text(f"SecRequestBodyAccess On\nInclude {CRS}\n" + rule(1, f"word{count}")), 30)


@needs_crs
def test_an_old_set_goes_with_its_last_request():
    """A slow request keeps the rules that it began with; when it has ended their memory is the system's again, without another reload."""
    release = threading.Event()
    with Origin(lambda asked: asked.target == "/slow" and release.wait(60) and response(b"done") or response(b"done")) as slow, \
            Shield(slow, rules=f"Include {CRS}\n", workers=1) as shield:
        own, edge = shield.folder / "own.conf", shield.edge()
        own.write_text(f"Include {CRS}\n" + rule(1))
        assert reload(shield)[0]
        time.sleep(1.5)
        alone = memory(edge, "Anonymous")
        asking = threading.Thread(target=lambda: get(shield.plain, "/slow", Accept="*/*", timeout=60))
        asking.start()
        wait_until(lambda: any(asked.target == "/slow" for asked in slow.requests), 10)
        own.write_text(f"Include {CRS}\n" + rule(2))
        assert reload(shield)[0]
        time.sleep(1.5)
        both = memory(edge, "Anonymous")
        assert both - alone > 3 * MIB, (alone >> 10, both >> 10)
        release.set()
        asking.join(10)
        wait_until(lambda: memory(edge, "Anonymous") - alone < 2 * MIB, 10, "the old rules' memory is given back")


@needs_crs
def test_sixty_sites_one_rule_set(teller):
    """CRS is compiled once, whoever uses it, and kept over a reload that does not change it."""
    def sites(count):
        return [{"name": f"s{number}.example", "origins": [teller.url],
                 "waf": {"mode": "detect" if number % 2 else "block", "paranoia_level": 1 + number % 4}} for number in range(count)]

    marks = {}
    for count in (1, 60):
        with Shield(sites=sites(count)) as shield:
            marks[count] = at_rest(rss, shield.edge())
            assert {rules_of(shield, f"s{number}.example") for number in range(count)} == {rules_of(shield, "s0.example")}
            assert waf_of(shield, "s0.example")["mode"] == "block"
    print(f"edge: {marks[1] >> 10} KiB with one site, {marks[60] >> 10} with sixty")
    assert marks[60] - marks[1] < 6 * MIB


def test_a_tenant_breaks_its_own(teller):
    """Its last good rules stay, with the configuration that they were good for; everybody else's change serves."""
    with Shield(teller, start=False) as shield:
        house = House(shield, teller, 3)
        for name in house.names:
            (house.folder(name) / "own.conf").write_text(rule(1, name))
            house.say(name, 1, waf={"mode": "block", "ruleset": "own.conf"})
        shield.start()
        before = {name: rules_of(shield, f"www.{name}.example") for name in house.names}
        assert len(set(before.values())) == 3
        for name in house.names:
            (house.folder(name) / "own.conf").write_text(rule(1, name) + rule(2) if name != "t01" else "SecRule ARGS\n")
            house.say(name, 2, waf={"mode": "block", "ruleset": "own.conf"})
        worked, text = reload(shield)
        assert worked, text
        assert [house.version(name) for name in house.names] == ["t00-2", "t01-1", "t02-2"]
        after = {name: rules_of(shield, f"www.{name}.example") for name in house.names}
        assert after["t01"] == before["t01"] and after["t00"] != before["t00"] and after["t02"] != before["t02"]
        assert "own.conf:1:" in json.dumps(shield.status()["tenant_problems"])
        # It stays broken, another changes, it is mended.
        house.say("t00", 3, waf={"mode": "block", "ruleset": "own.conf"})
        assert reload(shield)[0]
        assert house.version("t00") == "t00-3" and rules_of(shield, "www.t01.example") == before["t01"]
        (house.folder("t01") / "own.conf").write_text(rule(3))
        assert reload(shield)[0]
        assert house.version("t01") == "t01-2" and rules_of(shield, "www.t01.example") != before["t01"]
        assert not shield.status()["tenant_problems"]


@pytest.mark.parametrize("reach", ["path", "include", "data", "link", "dots"])
def test_a_tenants_rules_reach_for_anothers(teller, reach):
    with Shield(teller, start=False) as shield:
        house = House(shield, teller, 2)
        secret = house.folder("t01") / "secret.conf"
        secret.write_text("SecretWord of another\n")
        shield.start()
        own, named = house.folder("t00") / "own.conf", "own.conf"
        own.write_text({"include": f"Include {secret}\n", "dots": "Include ../t01/secret.conf\n", "path": rule(1), "link": rule(1),
                        "data": f'SecRule ARGS "@pmFromFile {secret}" "id:1,phase:2,deny"\n'}[reach])
        if reach == "path":
            named = "../t01/secret.conf"
        if reach == "link":
            own.unlink()
            own.symlink_to(secret)
        house.say("t00", 2, waf={"mode": "block", "ruleset": named})
        assert reload(shield)[0]
        problems = json.dumps(shield.status()["tenant_problems"])
        assert "t00" in problems and "SecretWord" not in problems + shield.said()
        assert house.version("t00") == "t00-1" and house.version("t01") == "t01-1"


@needs_crs
@pytest.mark.skipif(not MAP.exists(), reason="skipped: no package libapache2-mod-security2")
def test_crs_reads_characters_of_a_code_page(teller):
    """With the map that stands beside Debian's ModSecurity, %u2039 is a <, also to a tenant's rules."""
    attack = "/?a=%u2039script%u203aalert(1)%u2039/script%u203a"
    with Shield(teller, start=False) as shield:
        House(shield, teller, 1).say("t00", 1, waf={"mode": "block", "ruleset": "crs"})
        shield.settings["sites"][0]["waf"] = {"mode": "block", "ruleset": "crs"}
        shield.write(shield.settings)
        shield.start()
        assert not shield.status()["tenant_problems"]
        assert [get(shield.plain, attack, host=host).status for host in (HOST, "www.t00.example")] == [403, 403]


@needs_crs
def test_a_tenant_may_use_crs(teller):
    """By its word, or from rules of its own."""
    with Shield(teller, start=False) as shield:
        house = House(shield, teller, 2)
        (house.folder("t00") / "own.conf").write_text(f"SecRequestBodyAccess On\nInclude {CRS}\n" + rule(1))
        house.say("t00", 1, waf={"mode": "block", "ruleset": "own.conf"})
        house.say("t01", 1, waf={"mode": "block", "ruleset": "crs"})
        shield.start()
        assert not shield.status()["tenant_problems"]
        assert rules_of(shield, "www.t00.example") != rules_of(shield, "www.t01.example")


def test_rules_of_defaults_are_the_administrators(teller):
    """A path that `defaults` names holds for tenants' sites too, who could not have named it."""
    with Shield(teller, start=False) as shield:
        house = House(shield, teller, 2)
        shield.folder.joinpath("all.conf").write_text(rule(1))
        shield.settings["defaults"] = {"waf": {"mode": "detect", "ruleset": "all.conf"}}
        shield.write(shield.settings)
        shield.start()
        assert not shield.status()["tenant_problems"]
        assert rules_of(shield, "www.t00.example") == rules_of(shield, "www.t01.example") == rules_of(shield)
        # Broken, they are the administrator's error: no tenant is blamed, nothing changes.
        shield.folder.joinpath("all.conf").write_text("SecRule ARGS\n")
        house.say("t00", 2)
        worked, text = reload(shield)
        assert not worked and "all.conf:1:" in text and "tenant" not in text
        assert house.version("t00") == "t00-1" and not shield.status()["tenant_problems"]


def test_many_rule_sets(teller):
    """More than check holds at once, asked for in turn: each is what it was; one too many is an error."""
    def sites(count):
        return [{"name": f"s{number}.example", "origins": [teller.url], "waf": {"mode": "block", "ruleset": f"r{number % 12}.conf"}}
                for number in range(count)]

    with Shield(sites=sites(36), start=False) as shield:
        for number in range(70):
            shield.folder.joinpath(f"r{number}.conf").write_text(rule(1, f"word{number}"))
        shield.start()
        assert len({rules_of(shield, f"s{number}.example") for number in range(36)}) == 12
        assert all(rules_of(shield, f"s{number}.example") == rules_of(shield, f"s{number + 24}.example") for number in range(12))
        for number, site in enumerate(shield.settings["sites"]):
            site["waf"]["ruleset"] = f"r{number}.conf"
        shield.settings["sites"] += [{"name": f"t{number}.example", "origins": [teller.url], "waf": {"mode": "block", "ruleset": f"r{number}.conf"}}
                                     for number in range(36, 64)]
        shield.write(shield.settings)
        worked, text = reload(shield)
        assert worked, text
        shield.settings["sites"][0]["waf"]["ruleset"] = "r64.conf"
        shield.settings["sites"].append({"name": "u.example", "origins": [teller.url], "waf": {"mode": "block", "ruleset": "r65.conf"}})
        shield.write(shield.settings)
        worked, text = reload(shield)
        assert not worked and "no room for another rule set, after 64" in text


def test_exclusions_over_the_wire(teller):
    with Shield(teller, rules="SecRequestBodyAccess On\n" + rule(10), start=False) as shield:
        site = shield.settings["sites"][0]
        site["waf"]["exclusions"] = [
            {"rule": 10, "path": "/forum/*/reply", "method": "POST", "parameter": "message", "reason": "prose"},
            {"rule": 10, "path": "/old", "reason": "gone soon", "until": "2020-01-01"}, {"rule": 10, "path": "/tool", "reason": "ours"}]
        site["routes"] = [{"path": "/api", "waf": {"mode": "off"}}, {"path": "/watch", "waf": {"mode": "detect"}}]
        shield.write(shield.settings)
        shield.start()
        for method, path, form, status in (
                ("GET", "/?a=good", None, 200), ("GET", "/?a=evil", None, 403), ("GET", "/api?a=evil", None, 200),
                ("GET", "/watch?a=evil", None, 200), ("GET", "/tool/x?a=evil", None, 200), ("GET", "/tools?a=evil", None, 403),
                ("GET", "/old?a=evil", None, 403), ("GET", "/x/../tool?a=evil", None, 403), ("GET", "/tool/%2e%2e/x?a=evil", None, 403),
                ("POST", "/forum/7/reply", b"message=evil", 200), ("POST", "/forum/7/reply", b"message=evil&a=evil", 403),
                ("POST", "/forum/reply", b"message=evil", 403), ("GET", "/forum/7/reply?message=evil", None, 403)):
            fields = [("Content-Type", "application/x-www-form-urlencoded")] if form else []
            answer = exchange(shield.plain, request(path, *fields, method=method, body=form))
            assert int(answer.split()[1]) == status, (method, path, form, answer[:100])


def test_a_request_keeps_its_rules(teller):
    """Rules change while a body is on its way: it is judged by those that it began with."""
    body = b"a=" + b"x" * 1000 + b"evil"
    head = (f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()

    def begin(shield):
        sock = socket.create_connection(("127.0.0.1", shield.plain), timeout=20)
        sock.sendall(head + body[:500])
        return sock

    def end(sock):
        with sock:
            sock.sendall(body[500:])
            return int(sock.recv(1000).split()[1])

    strict, lax = ("SecRequestBodyAccess On\n" + rule(10, word) for word in ("evil", "other"))
    with Shield(teller, rules=strict, binary=sanitized(), env=ENVIRONMENT) as shield:
        own = shield.folder / "own.conf"
        for text, status in ((lax, 403), (strict, 200), (lax, 403)):
            sock = begin(shield)
            wait_until(lambda: shield.status()["connections"]["requests_at_work"] == 1, what="it has begun")
            own.write_text(text)
            for _ in range(2):  # the second takes the rule sets that nobody uses away
                assert reload(shield)[0]
            assert end(sock) == status
            assert end(begin(shield)) == (200 if status == 403 else 403)

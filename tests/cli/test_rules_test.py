"""`bouclier rules test`: regression tests of rules against the running shield, of which no portal sees anything."""
import json
import re
import time

import pytest

import lab

RULES = """\
SecRuleEngine On
SecRequestBodyAccess On
SecRule ARGS "@rx evil" "id:1001,phase:2,deny,status:403,log,msg:'no evil',logdata:'%{MATCHED_VAR}'"
SecRule REQUEST_HEADERS_NAMES "@rx ^(?i:bouclier-probe)$" "id:1002,phase:1,pass,log,msg:'a key'"
SecRule REQUEST_METHOD "@streq GET" "id:1003,phase:1,pass,log"
SecRule REQUEST_PROTOCOL "!@rx ^HTTP/(1\\.[01]|2(\\.0)?)$" "id:1004,phase:1,pass,log"
SecRule RESPONSE_BODY "@rx secret" "id:1005,phase:4,deny,log"
SecRule REMOTE_ADDR "@ipMatch 127.0.0.1" "id:1006,phase:5,pass,log"
"""

PASSING = """\
rule_id: 1001
tests:
- test_id: 1
  stages:
  - input: {method: POST, headers: {Host: elsewhere.example}, data: "q=evil&%s"}
    output: {status: 403, log: {expect_ids: [1001, 1006], no_expect_ids: [1002, 1003], match_regex: 'no evil.*data "evil"'}}
- test_id: 2   # as it comes: no HTTP version that exists
  stages:
  - input: {encoded_request: "R0VUIC8gSFRUUC85LjkNCkhvc3Q6IGENCg0K"}
    output: {log: {expect_ids: [1004]}}
- test_title: old
  stages:
  - stage:
      input: {uri: "/?q=good", headers: {Host: localhost}}
      output: {log_contains: 'id "1003"', no_log_contains: 'id "100[12]"'}
- test_id: 4   # two stages
  stages:
  - {input: {headers: {Host: a}}, output: {log: {expect_ids: [1003]}}}
  - {input: {method: POST, headers: {Host: a}}, output: {log: {no_expect_ids: [1003]}}}
"""

FAILING = """\
tests:
- test_title: wrong
  stages:
  - {input: {headers: {Host: a}}, output: {log: {expect_ids: [1001, 7]}}}
- test_title: right
  stages:
  - {input: {headers: {Host: a}}, output: {log: {expect_ids: [1003]}}}
- test_title: lonely
  stages:
  - {input: {method: PUT, headers: {Host: a}}, output: {isolated: true, log: {expect_ids: [1006]}}}
  - {input: {headers: {Host: a}}, output: {isolated: true, log: {expect_ids: [1003]}}}
"""

SKIPPED = """\
tests:
- {test_title: body, stages: [{input: {headers: {Host: a}}, output: {log: {expect_ids: [1005]}}}]}
- {test_title: status, stages: [{input: {headers: {Host: a}}, output: {status: 200}}]}
- {test_title: off, enabled: false, stages: [{input: {}, output: {status: 403}}]}
- {test_title: cookie, stages: [{input: {save_cookie: true, headers: {Host: a}}, output: {status: 403}}]}
"""


@pytest.fixture(scope="module")
def rules_folder():
    import shutil
    path = lab.make_folder("rules-test")
    (path / "own.conf").write_text(RULES)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def stage(rules_folder):
    """A shield with these rules, and an origin that records what comes."""
    with lab.Origin() as origin:
        site = {"name": lab.HOST, "hosts": [lab.HOST], "origins": [origin.url], "waf": {"mode": "block", "ruleset": str(rules_folder / "own.conf")}}
        with lab.Shield(config={"sites": [site]}, roots=[rules_folder]) as shield:
            shield.portal = origin
            yield shield


@pytest.fixture
def test(bouclier, stage, folder):
    """test(text, ..., words=): the command, for files with these texts; nothing of it may reach the origin."""
    def run(*texts, words=()):
        for number, text in enumerate(texts):
            (folder / f"{number}.yaml").write_text(text)
        said = bouclier("rules", "test", folder, "-c", stage.config, *words)
        assert not stage.portal.requests
        return said

    return run


def test_what_fires_as_expected(test):
    said = test(PASSING.replace("%s", "a" * 70000))  # longer than one read
    assert (said.code, said.out, said.err) == (0, "4 passed, 0 failed\n", "")


def test_what_does_not_is_told_with_its_place(test, folder):
    said = test(PASSING.replace("%s", ""), FAILING)
    lines = said.out.splitlines()
    assert said.code == 1 and lines[2:] == ["5 passed, 2 failed"], said
    assert re.fullmatch(re.escape(f"{folder}/1.yaml:2: wrong: expected rule 1001; expected rule 7, which is not among the rules of this site; ") +
                        "fired: 1003 1006", lines[0])
    assert lines[1] == f"{folder}/1.yaml:8: lonely: expected one rule and no other; fired: 1003 1006 (stage 2)"


def test_what_an_origin_would_answer_is_skipped(test):
    said = test(SKIPPED)
    assert said.code == 0 and said.out.splitlines()[-1] == "0 passed, 0 failed, 4 skipped"
    assert "skipped 1: its rule looks at what the origin answers (phases 3 and 4)" in said.out
    told = test(SKIPPED, words=["-o", "json"]).json
    assert [(one["test"], one["result"]) for one in told["tests"]] == [(name, "skipped") for name in ("body", "status", "off", "cookie")]


def test_as_json(test):
    told = test(FAILING, words=["-o", "json"]).json
    assert (told["passed"], told["failed"], told["skipped"]) == (1, 2, 0)
    assert told["tests"][0]["rules"] == [1003, 1006] and told["tests"][0]["line"] == 2 and told["tests"][1]["result"] == "passed"


@pytest.mark.parametrize("text, place", [("tests: [", "0.yaml:2:1: error: not valid YAML"), ("tests: [{stages: [{input: {}, output: {stauts: 1}}]}]", "did you mean status?"),
                                         ("a: b", "there are no tests")])
def test_what_is_not_understood_is_not_asked(test, text, place):
    said = test(text)
    assert said.code == 1 and place in said.err and said.out == ""


def test_the_words(bouclier, stage, folder):
    assert bouclier("rules", "test", "-c", stage.config).code == 2
    assert "No such file" in bouclier("rules", "test", folder / "none", "-c", stage.config).err
    (folder / "a.yaml").write_text(FAILING)
    assert "there is no site x" in bouclier("rules", "test", folder, "-c", stage.config, "--site", "x").err
    said = bouclier("rules", "test", folder, "-c", stage.config, "--socket", folder / "none")
    assert said.code == 1 and "no key for probes" in said.err


# -- the key --

def key_of(shield):
    return json.loads(shield.ask("/probe", "POST").text)["key"]


def reports(shield, run):
    """Until the connection's end is told."""
    found, until = [], time.monotonic() + 5
    while not any(one["end"] for one in found) and time.monotonic() < until:
        found += json.loads(shield.ask("/probe/reports", "POST", json.dumps({"run": run}).encode()).text)["reports"]
    return found


def start(stream, key, number):
    stream.send(f"GET / HTTP/1.1\r\nHost: {lab.HOST}\r\nbouclier-probe: {key} {number:016x}\r\n\r\n".encode())
    return lab.wire.read_response(stream)


def test_a_connection_with_the_key_reaches_no_origin(stage):
    with stage.connect() as stream:
        said = start(stream, key_of(stage), 5 << 32 | 1)
        assert said.status == 200 and re.fullmatch("[0-9a-f]{16}", said.text)
        stream.send(b"GET /?q=good HTTP/1.1\r\nHost: x\r\n\r\nGET /?q=evil HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert [lab.wire.read_response(stream).status for _ in range(2)] == [204, 403]
    found = reports(stage, 5)
    assert [[rule["id"] for rule in one["rules"]] for one in found[:2]] == [[1003, 1006], [1003, 1001, 1006]] and found[2]["end"]
    assert [one["reason"] for one in found[:2]] == ["probe", "rules"] and not stage.portal.requests
    assert reports_now(stage, 5) == []   # told once


def reports_now(shield, run):
    return json.loads(shield.ask("/probe/reports", "POST", json.dumps({"run": run}).encode()).text)["reports"]


def test_without_the_whole_key_it_is_an_ordinary_request(start_shield):
    """It is forwarded, and so is what follows: nobody but who holds the key takes anything out of the shield's way."""
    values = ["{key}0", "{key} 1", "{key} zzzzzzzzzzzzzzzz", "{other} 0000000600000001", "{key} 0000000000000000", ""]
    with lab.Origin() as origin:
        shield = start_shield(config={"sites": [{"name": lab.HOST, "origins": [origin.url]}]})
        key = key_of(shield)
        for value in values:
            value = value.format(key=key, other="0" * 32 if key[0] != "0" else "1" * 32)
            with shield.connect() as stream:
                for _ in range(2):
                    stream.send(f"GET /x HTTP/1.1\r\nHost: {lab.HOST}\r\nbouclier-probe: {value}\r\n\r\n".encode())
                    assert lab.wire.read_response(stream).status == 200
        assert len(origin.requests) == 2 * len(values)
        assert reports_now(shield, 6) == []


def test_rules_do_not_see_the_key(stage):
    """Of a request that is a probe by itself."""
    said = stage.get("/", ("bouclier-probe", key_of(stage)))
    ids = [rule["id"] if isinstance(rule, dict) else rule for rule in stage.event_of(said).get("bouclier.rules", [])]
    assert said.status == 204 and 1003 in ids and 1002 not in ids


def test_reports_are_for_the_socket_alone(stage):
    assert stage.ask("/probe/reports", "POST", b"{}").status == 400 and stage.ask("/probe/reports", "POST", b"x").status == 400
    with stage.connect(port=stage.metrics) as stream:
        stream.send(b"POST /probe/reports HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")
        assert lab.wire.read_response(stream).status == 403

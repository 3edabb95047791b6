"""`bouclier explain`: a request of the journal, and one from a file; what it proposes does what it says."""
import json
import pathlib
import subprocess

import pytest

from lab import BINARY, HOST, Origin, Shield, request, response

CRS = pathlib.Path("/usr/share/modsecurity-crs/owasp-crs.load")
pytestmark = pytest.mark.skipif(not CRS.exists(), reason="skipped: no package modsecurity-crs")

ATTACK = "1' OR 1=1-- -"
FORM = ("Content-Type", "application/x-www-form-urlencoded")


@pytest.fixture(scope="module")
def origin():
    with Origin(lambda message: response(b"fine"), record=False) as one:
        yield one


def shield_of(origin, start=True, **waf):
    return Shield(origin, start=start, waf={"ruleset": "crs", "paranoia_level": 1, **waf}, log={"requests": "all"})


@pytest.fixture(scope="module")
def shield(origin):
    with shield_of(origin) as one:
        yield one


@pytest.fixture(scope="module")
def quiet(origin):
    """A configuration; no shield runs."""
    with shield_of(origin, start=False) as one:
        yield one


def explain(shield, *words, stdin=b"", code=0):
    done = subprocess.run([BINARY, "explain", "--config", shield.config, *map(str, words)], input=stdin, capture_output=True, timeout=60)
    assert done.returncode == code, done
    return done.stdout.decode() if code == 0 else done.stderr.decode()


def told(shield, *words, **keys):
    return json.loads(explain(shield, *words, "--output", "json", **keys))


def form(body, path="/forum/reply"):
    return request(path, FORM, ("User-Agent", "Mozilla/5.0"), ("Accept", "text/html"), method="POST", body=body.encode())


def attack(path="/forum/reply"):
    return form("subject=x&message=1%27+OR+1%3D1--+-", path)


def rule(explained, number):
    return next(one for one in explained["rules"] if one["id"] == number)


def identifier(shield, reply):
    shield.event_of(reply)
    return reply.get("x-request-id")


def pasted(shield, explained):
    """The YAML as a person pastes it: read by the shield's own reader, for JSON is YAML and the site is written as JSON."""
    lines = explained["yaml"].splitlines()
    assert lines[:2] == ["waf:", "  exclusions:"]
    return "\n".join(lines[2:])


def test_a_refusal_is_explained(shield):
    number = identifier(shield, shield.send(attack()))
    found = told(shield, number)
    assert found["from"] == "journal" and found["request_id"] == number and found["decision"] == "block" and found["status"] == 403
    one = rule(found, 942100)
    assert one["target"] == "ARGS:message" and one["points"] == 5 and one["length"] == len(ATTACK)
    assert one["transformations"] == ["utf8toUnicode", "urlDecodeUni", "removeNulls"]
    assert one["exclusion"] == {"rule": 942100, "path": "/forum/reply", "exact": True, "method": "POST", "parameter": "message"}
    assert rule(found, 949110)["sum"] and "exclusion" not in rule(found, 949110)
    assert found["scores"]["inbound"] == {"sum": 5, "said": 5, "threshold": 5}
    assert "value" not in one and "OR 1=1" not in json.dumps(found)
    text = explain(shield, number.upper())
    assert "refused with 403: the rules took it for an attack" in text and "Score  5 (942100) = 5; from 5 on a request is refused" in text
    assert "Not kept" in text and "rule: 942100" in text and "parameter: \"message\"" in text


def test_the_sum_has_all_its_parts(shield):
    found = told(shield, identifier(shield, shield.send(form("a=1%27+OR+1%3D1--+-&b=%3Cscript%3Ealert(1)%3C/script%3E"))))
    parts = [one["points"] for one in found["rules"] if "points" in one]
    said = rule(found, 949110)["msg"]
    assert len(parts) > 2 and f"Total Score: {sum(parts)})" in said and found["scores"]["inbound"]["sum"] == sum(parts)


def test_what_was_let_through_is_said(shield):
    found = told(shield, identifier(shield, shield.get("/plain", ("User-Agent", "Mozilla/5.0"), ("Accept", "*/*"))))
    assert found["decision"] == "allow" and found["rules"] == [] and "let through" in found["text"] and "yaml" not in found


@pytest.mark.parametrize("body", ["subject=x&message=1%27+OR+1%3D1--+-", "a=1%27+OR+1%3D1--+-&b=%3Cscript%3Ealert(1)%3C/script%3E",
                                  "json.x=../../etc/passwd", "REQUEST_URI=1%27+OR+1%3D1--+-", "na%22me=1%27+OR+1%3D1--+-"])
def test_what_is_proposed_lets_this_pass_and_nothing_else(origin, body):
    with shield_of(origin, start=False) as one:
        file = one.folder / "request"
        file.write_bytes(form(body))
        before = told(one, "--request", file)
        assert before["decision"] == "block"
        site = "\n".join("      " + line[4:] for line in pasted(one, before).splitlines())
        text = one.config.read_text()
        head = text[:text.rindex('"waf"')]
        waf = ('"waf": {"mode": "block", "ruleset": "crs", "paranoia_level": 1, "exclusions": EXCLUSIONS}}]}')
        one.config.write_text(head + waf.replace("EXCLUSIONS", flow(site)))
        after = told(one, "--request", file)
        assert after["decision"] == "allow", after
        for path in ("/elsewhere", "/forum/reply/", "/forum/reply/x", "/forum/reply//", "/forum/./reply", "/forum%2freply", "/Forum/reply", "/forum"):
            file.write_bytes(form(body, path))
            assert told(one, "--request", file)["decision"] == "block", path
        file.write_bytes(form("other=1%27+OR+1%3D1--+-"))
        assert told(one, "--request", file)["decision"] == "block"


def flow(block):
    """A block list of mappings, in flow style: the lines are `key: value`, and their values are plain or quoted already."""
    items = []
    for line in block.splitlines():
        text = line.strip()
        if text.startswith("- "):
            items.append([])
            text = text[2:]
        items[-1].append(text)
    return "[" + ", ".join("{" + ", ".join(item) + "}" for item in items) + "]"


def test_a_request_from_a_file(quiet):
    file = quiet.folder / "request"
    file.write_bytes(attack())
    found = told(quiet, "--request", file)
    assert found["from"] == "request" and found["site"] == HOST and found["status"] == 403 and rule(found, 942100)["value"] == ATTACK
    assert ATTACK in explain(quiet, "--request", file)
    assert told(quiet, "--request", "-", stdin=attack())["rules"] == found["rules"]
    assert told(quiet, "--request", "-", stdin=attack().replace(b"\r\n", b"\n"))["rules"] == found["rules"]


def test_a_chunked_body_from_a_file(quiet):
    head, body = attack().split(b"\r\n\r\n")
    head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length"))
    message = head + b"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + body[:5] + b"\r\n%x\r\n" % (len(body) - 5) + body[5:] + b"\r\n0\r\n\r\n"
    assert rule(told(quiet, "--request", "-", stdin=message), 942100)["target"] == "ARGS:message"


@pytest.mark.parametrize("name", ["*", "a*", "field[*", "message"])
def test_a_visitors_own_star_is_no_pattern(quiet, name):
    """A parameter that is called "*" would excuse all of them; nothing is proposed for it."""
    explained = told(quiet, "--request", "-", stdin=form(f"{name}=1%27+OR+1%3D1--+-"))
    assert explained["rules"] and any(one.get("target", "").endswith(name) for one in explained["rules"])
    for one in explained["rules"]:
        assert "*" not in one.get("exclusion", {}).get("parameter", "")
        if one.get("target", "").endswith("*"):
            assert "ends with *" in one["no_exclusion"]


def test_the_reader_refuses_before_the_rules(quiet):
    found = told(quiet, "--request", "-", stdin=b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    assert found["status"] == 400 and found["reason"] == "http-fault" and found["rules"] == []


def test_what_cannot_be_asked(quiet):
    assert "hexadecimal" in explain(quiet, "xyz", code=2)
    assert "REQUEST_ID" in explain(quiet, code=2) or "id of a request" in explain(quiet, code=2)
    explain(quiet, "0" * 32, "--request", "x", code=2)
    explain(quiet, "0" * 32, "--site", "x", code=2)
    assert "cannot be read" in explain(quiet, "--request", "/nowhere/at/all", code=1)
    assert "no end of its head" in explain(quiet, "--request", "-", stdin=b"GET / HTTP/1.1\r\nHost: a", code=1)
    assert "no end of its head" in explain(quiet, "--request", "-", stdin=b"", code=1)
    assert "shorter" in explain(quiet, "--request", "-", stdin=attack()[:-3], code=1)
    assert "no site answers" in explain(quiet, "--request", "-", stdin=b"GET / HTTP/1.1\r\nHost: other.example\r\n\r\n", code=1)
    assert "there is no site" in explain(quiet, "--request", "-", "--site", "nobody", stdin=attack(), code=1)


def test_an_id_that_is_not_there(shield):
    shield.event_of(shield.get("/"))
    text = explain(shield, "0" * 32, code=1)
    assert "has no request" in text and "30 days" in text


def test_rules_that_cannot_be_read_cost_their_part(shield):
    number = identifier(shield, shield.send(attack()))
    before = shield.config.read_text()
    shield.config.write_text(before + "\n}")
    try:
        found = told(shield, number, "--journal", shield.state / "journal")
    finally:
        shield.config.write_text(before)
    assert "cannot be read" in found["note"] and rule(found, 942100)["points"] == 5 and "transformations" not in rule(found, 942100)


def test_observing_refuses_nothing(origin):
    with shield_of(origin, start=False, mode="detect") as one:
        found = told(one, "--request", "-", stdin=attack())
        assert found["decision"] == "log" and "in block the rules would refuse it" in found["text"] and "yaml" in found
    with shield_of(origin, start=False, mode="off") as one:
        found = told(one, "--request", "-", stdin=attack())
        assert found["decision"] == "allow" and "off" in found["note"]


def test_points_that_a_setup_sets_otherwise_are_noticed(origin):
    with shield_of(origin, start=False, ruleset="own.conf") as one:
        one.folder.joinpath("own.conf").write_text('SecRequestBodyAccess On\nSecAction "id:1,phase:1,pass,nolog,setvar:tx.critical_anomaly_score=9"\n'
                                                   "Include /usr/share/modsecurity-crs/owasp-crs.load\n")
        found = told(one, "--request", "-", stdin=form("a=%3Cscript%3Ealert(1)%3C/script%3E"))
        score = found["scores"]["inbound"]
        assert score["said"] > score["sum"] > 0
        assert f"The rules themselves counted {score['said']}" in explain(one, "--request", "-", stdin=form("a=%3Cscript%3Ealert(1)%3C/script%3E"))

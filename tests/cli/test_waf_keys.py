"""`check` and `dump` of the keys of `waf`, and of the rules that they name."""
import datetime
import json
import pathlib

import jsonschema
import pytest

import lab

CRS = pathlib.Path("/usr/share/modsecurity-crs/owasp-crs.load")
needs_crs = pytest.mark.skipif(not CRS.exists(), reason="skipped: no package modsecurity-crs")

GOOD = 'SecRule ARGS "@rx evil" "id:10,phase:2,deny,tag:attack-x"\n'


@pytest.fixture
def write(folder):
    """write(waf, **keys of the site): a configuration whose only site says so; its path. Rules of the text `rules` lie beside it."""
    plain, metrics, origin = (lab.free_port() for _ in range(3))

    def one(waf, rules=GOOD, **keys):
        folder.joinpath("own.conf").write_text(rules)
        path = folder / "bouclier.yaml"
        path.write_text(json.dumps({
            "listen": [{"address": f"127.0.0.1:{plain}", "tls": False}], "state": str(folder / "state"),
            "admin": {"socket": str(folder / "admin.sock"), "metrics": f"127.0.0.1:{metrics}"},
            "sites": [{"name": lab.HOST, "origins": [f"http://127.0.0.1:{origin}"], "waf": waf, **keys}]}))
        return path

    return one


def own(**keys):
    return {"mode": "block", "ruleset": "own.conf", **keys}


def exclusion(**keys):
    return own(exclusions=[{"rule": 10, "reason": "a forum", **keys}])


@pytest.mark.parametrize("waf, says", [
    ({"mode": "blok"}, 'mode: found "blok", expected one of off, detect, block (did you mean block?)'),
    ({"rulset": "crs"}, 'unknown key "rulset" in waf'),
    (own(paranoia_level=5), "expected a number from 1 to 4"),
    (own(inbound_threshold=0), "inbound_threshold"),
    (own(application="wordpres"), "did you mean wordpress?"),
    (own(inspect_limit="2MiB", upload_limit="1MiB"), "upload_limit is smaller than inspect_limit"),
    (own(inspect_limit=1048576), "with its unit"),
    (own(over_limit="pass"), "expected one of reject, process_partial"),
    (own(upload_routes=["/a", "b"]), 'upload_routes: found "b", expected a path that starts with /'),
    (own(exclusions=[{"rule": 10}]), 'exclusion: "reason" is missing'),
    (own(exclusions=[{"reason": "why not"}]), 'exclusion: "rule" is missing'),
    (exclusion(rule="10-9"), "from the lower id to the higher"),
    (exclusion(rule="0"), "from the lower id to the higher"),
    (exclusion(rule="10x"), "expected an id, a range"),
    (exclusion(path="a"), "expected a path that starts with /"),
    (exclusion(path="/a*"), "* stands for one whole segment"),
    (exclusion(path="/a" * 65), "too many segments"),
    (exclusion(exact=True), "exact: it wants a path"),
    (exclusion(path="/a", exact="yes"), 'exact: found "yes"'),
    (exclusion(path="a", exact=True), "expected a path that starts with /"),
    (exclusion(path="= /a"), "expected a path that starts with /"),
    (exclusion(path="/a*", exact=True), "* stands for one whole segment"),
    (exclusion(path="/a?b=1", exact=True), "expected a path without ? or #"),
    (exclusion(path="/a#b", exact=True), "expected a path without ? or #"),
    *((exclusion(path=path, exact=True), "can be read in more than one way")
      for path in ("/a//b", "//", "/a/./b", "/a/..", "/.well-known/x", "/a;b", "/a\\b", "/a%2fb", "/a%2Eb", "/%61", "/a%", "/a%3fb", "/a%00")),
    (exclusion(method=["GET", "get"]), 'method: found "get", expected a method'),
    (exclusion(reason="x"), "reason"),
    (exclusion(until="2026-02-29"), 'found "2026-02-29", expected a day (2026-01-31)'),
    (exclusion(until="2026-01-31T00:00:00Z"), "expected a day"),
    (own(application="wordpress"), "application wordpress: the rule set has no exclusions for it"),
])
def test_what_is_refused(bouclier, write, waf, says):
    path = write(waf)
    said = bouclier("check", "-c", path)
    assert said.code == 1 and says in said.err, said
    assert f"{path}:1:" in said.err


def test_errors_of_rules_beside_those_of_yaml(bouclier, write, folder):
    path = write(own(), rules=GOOD + 'SecRule ARGS "@detectSQL" "id:11,phase:2,deny"\n', contcat="x")
    said = bouclier("check", "-c", path, "-o", "json")
    assert said.code == 1 and said.json["errors"] == 2, said
    found = {complaint["file"]: complaint for complaint in said.json["complaints"]}
    assert {"line": 2, "column": 15, "suggestion": "did you mean @detectSQLi?"}.items() <= found[str(folder / "own.conf")].items()
    assert found[str(folder / "own.conf")]["text"].startswith("rule 11:") and "contcat" in found[str(path)]["text"]
    assert bouclier("reload", "-c", path).code == 1
    # A site that is off names its rules in vain: nothing of them is read.
    assert bouclier("check", "-c", write({**own(), "mode": "off"}, rules="nonsense\n")).code == 0


def test_a_set_that_is_not_there(bouclier, write):
    for ruleset, says in (("none.conf", "there is no such rule file"), ("none", "there are no rule files"), ('a"b', "no quotes")):
        said = bouclier("check", "-c", write({"mode": "block", "ruleset": ruleset}))
        assert said.code == 1 and says in said.err, said


def test_an_exact_path(bouclier, write):
    """What can be one is taken as it stands; without `exact` a path means what it did."""
    for path in ("/", "/a", "/a/", "/w/*/edit", "/café", "/caf%C3%A9", "/a b", "/index.php"):
        said = bouclier("check", "-c", write(exclusion(path=path, exact=True)))
        assert said.code == 0 and not said.err, said
    for path in ("/a//b", "/.well-known/x", "/a;b", "/a%2fb"):
        assert bouclier("check", "-c", write(exclusion(path=path))).code == 0
    assert "exact: true" in bouclier("dump", "-c", write(exclusion(path="/", exact=True))).out


def test_the_last_day_of_an_exclusion(bouclier, write):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    for days, warns in ((-1, True), (1, False)):
        said = bouclier("check", "-c", write(exclusion(until=str(today + datetime.timedelta(days=days)))))
        assert said.code == 0 and ("the day is over, the exclusion of 10 holds no more" in said.err) == warns, said


def test_what_rules_do_not_have_is_a_warning(bouclier, write):
    said = bouclier("check", "-c", write(own(exclusions=[{"rule": "11", "reason": "a slip"}, {"rule": "attack-x", "reason": "good"}],
                                             paranoia_level=2), routes=[{"path": "/a", "waf": {"mode": "detect"}}]))
    assert said.code == 0, said
    assert said.err.count("the exclusion of 11: the rule set has no such rule, or tag") == 1 and "attack-x" not in said.err
    assert "paranoia_level: no rule of the set asks for it" in said.err
    sets = GOOD + 'SecAction "id:12,phase:1,pass,nolog,setvar:tx.paranoia_level=1"\nSecRule TX:PARANOIA_LEVEL "@ge 2" "id:13,phase:1,deny"\n'
    said = bouclier("check", "-c", write(own(paranoia_level=2), rules=sets))
    assert said.code == 0 and "own.conf:2:1: warning" in said.err and "rule 12 sets TX:paranoia_level again" in said.err, said


def test_a_site_that_is_passed_through(bouclier, write):
    said = bouclier("check", "-c", write(own(), rules="nonsense\n", tls={"mode": "passthrough"}))
    assert "its TLS is passed through, no rule can be asked" in said.err and "nonsense" not in said.err, said


@needs_crs
def test_crs(bouclier, write):
    applications = ["cpanel", "dokuwiki", "drupal", "nextcloud", "wordpress", "xenforo"]
    said = bouclier("check", "-c", write({"mode": "block", "paranoia_level": 4, "inbound_threshold": 7, "outbound_threshold": 5,
                                          "application": applications,
                                          "exclusions": [{"rule": "942100-942999", "path": "/a", "reason": "prose"},
                                                         {"rule": "attack-sqli", "parameter": "comment", "reason": "prose"}]}))
    assert said.code == 0 and said.err == "", said


def test_dump_read_again_and_the_schema(bouclier, write, folder):
    everything = own(paranoia_level=3, inbound_threshold=10, application=["wordpress"], inspect_limit="2MiB", over_limit="process_partial",
                     upload_routes=["/up"], response_bodies=True,
                     exclusions=[{"rule": "942100-942199", "path": "/a/*", "method": "POST", "parameter": "b", "reason": "because", "until": "2099-12-31"}])
    first = bouclier("dump", "-c", write(everything, routes=[{"path": "/x", "waf": {"mode": "off"}}]))
    again = folder / "again.yaml"
    again.write_text(first.out)
    assert first.code == 0 and bouclier("dump", "-c", again).out == first.out
    assert "until: 2099-12-31" in first.out.replace('"', "")
    dumped = bouclier("dump", "-c", again, "-o", "json").json
    validator = jsonschema.Draft202012Validator(bouclier("dump", "--schema").json)
    assert [error.message for error in validator.iter_errors(dumped)] == []
    assert "paranoia_level" not in json.dumps(bouclier("dump", "-c", write(own()), "-o", "json").json)  # as the rules have it
    page = bouclier("dump", "--manual").out
    assert all(f".It Ic {key}\n" in page for key in ("waf", "paranoia_level", "exclusions", "until"))

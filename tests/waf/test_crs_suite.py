"""tools/crs-suite asks a running shield, and says why where it cannot."""
import os
import pathlib
import re
import subprocess

import pytest
import yaml

from lab.place import BINARY, ROOT

TOOL = ROOT / "tools" / "crs-suite"


def refused(*words, shared=None):
    environment = {name: value for name, value in os.environ.items() if name != "SHARED_DIR"}
    if shared:
        environment["SHARED_DIR"] = str(shared)
    done = subprocess.run([TOOL, *map(str, words)], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    return done.stderr


def test_without_the_runner(tmp_path):
    assert "no SHARED_DIR" in refused("--tests", tmp_path, "--rules", "debian")
    assert "no SHARED_DIR" in refused("--tests", tmp_path, "--rules", "debian", shared=tmp_path)


def test_without_tests(tmp_path):
    (tmp_path / "crs").mkdir()
    for name in ("ftw.py", "backend.py"):
        (tmp_path / "crs" / name).touch()
    (tmp_path / "none").mkdir()
    assert "no tests" in refused("--tests", tmp_path / "none", "--rules", "debian", shared=tmp_path)


def test_without_its_words():
    assert "--rules" in refused("--tests", "x")


def test_a_family_of_rules_through_a_shield():
    """SQL injection, libinjection among it; the whole suite takes minutes, and docs/waf/proof.md says what it gave."""
    shared = os.environ.get("SHARED_DIR")
    if not shared:
        print("skipped: no SHARED_DIR")
        pytest.skip("no SHARED_DIR")
    tests = pathlib.Path(shared) / "crs" / "tests-3.3.4"
    done = subprocess.run([TOOL, "--tests", tests, "--rules", "debian", "--binary", BINARY, "--", "--include", "^9421"], capture_output=True,
                          text=True, timeout=300)
    passed, failed = map(int, re.search(r"(\d+) passed, (\d+) failed, \d+ skipped\n\Z", done.stdout).groups())
    assert (passed > 100, failed, done.returncode) == (True, 0, 0), done.stdout[-2000:]


RELEASE = {
    "crs-setup.conf.example": 'SecAction "id:900990,phase:1,pass,nolog,setvar:tx.crs_setup_version=4280"\n',
    "rules/REQUEST-900-EXCLUSION-RULES-BEFORE-CRS.conf.example": 'no rule at all\n',
    "rules/REQUEST-920-PROTOCOL-ENFORCEMENT.conf":
        'SecRule REQUEST_HEADERS:Host "@rx ^\\[" "id:920001,phase:1,pass,log,tag:\'OWASP_CRS\'"\n'
        'SecRule ARGS "@rx evil" "id:920002,phase:2,pass,log,capture,tag:\'OWASP_CRS\','
        'logdata:\'Matched Data: %{TX.0} found within %{MATCHED_VAR_NAME}: %{MATCHED_VAR}\'"\n',
    "rules/RESPONSE-953-DATA-LEAKAGES-PHP.conf":
        'SecRule TX:blocking_paranoia_level "@ge 4" "id:953001,phase:4,pass,log,tag:\'OWASP_CRS\',chain"\n    SecRule RESPONSE_BODY "@contains leak" ""\n',
    "plugins/empty-config.conf": "# nothing\n",
    "plugins/mine-before.conf":
        'SecRule REQUEST_FILENAME "@streq /excused" "id:9999100,phase:1,pass,nolog,ctl:ruleRemoveTargetByTag=OWASP_CRS;ARGS:a"\n',
}


def one(number, uri, host, log):
    request = {"dest_addr": "127.0.0.1", "method": "GET", "uri": uri, "version": "HTTP/1.1", "headers": {"Host": host, "User-Agent": "test"}}
    return {"test_id": number, "stages": [{"input": request, "output": {"log": log}}]}


TESTS = [one(1, "/?a=evil", "localhost", {"expect_ids": [920002], "no_expect_ids": [920001]}),
         one(2, "/excused?a=evil", "localhost", {"no_match_regex": r'\[id "\d+"\]'}),
         one(3, "/?a=evil", "localhost", {"match_regex": "Matched Data: evil found within ARGS:a:"}),
         one(4, "/", "[fe80::f1:01:fe01:1]:80", {"expect_ids": [920001]}), one(5, "/reflect", "localhost", {"expect_ids": [953001]})]
TESTS[4]["stages"][0]["input"].update(method="POST", data='{"body": "a leak", "headers": {"Content-Type": "application/json"}}')
TESTS[4]["stages"][0]["input"]["headers"]["Content-Type"] = "application/json"


def test_a_release_and_tests_in_the_form_of_crs_4(tmp_path):
    """Set-up as an example, plugins, rules with their examples; ids and words that a log must or must not have."""
    shared = os.environ.get("SHARED_DIR")
    if not shared:
        print("skipped: no SHARED_DIR")
        pytest.skip("no SHARED_DIR")
    for name, text in RELEASE.items():
        (tmp_path / "release" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "release" / name).write_text(text)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "920002.yaml").write_text(yaml.safe_dump({"meta": {"author": "x"}, "rule_id": 920002, "tests": TESTS}))
    done = subprocess.run([TOOL, "--tests", tmp_path / "tests", "--rules", tmp_path / "release", "--binary", BINARY, "--site", "{http: tolerant}"],
                          capture_output=True, text=True, timeout=120)
    assert done.stdout.endswith("5 passed, 0 failed, 0 skipped\n"), done.stdout + done.stderr

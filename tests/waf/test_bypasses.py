"""Published ways around a firewall of this kind, at the engine: bypasses/*.yaml, with the rules that must see each. What the bodies'
readers make of more such bodies is in test_body_bypasses.c."""
import pathlib

import pytest
import yaml

from lab.rules import RULES, Rules, at_paranoia

CASES = pathlib.Path(__file__).parent / "bypasses"
FIELDS = {"Host": "www.commune.example", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
          "Accept": "text/html,*/*;q=0.8"}

pytestmark = pytest.mark.skipif(not pathlib.Path(RULES).is_dir(), reason="modsecurity-crs is not installed")


def cases():
    for path in sorted(CASES.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text()):
            marks = [pytest.mark.xfail(reason=case["not_yet"], strict=True)] if "not_yet" in case else []
            yield pytest.param(case, id=case["name"].replace(" ", "_"), marks=marks)


def request_of(case):
    body = case.get("body", "").encode("latin-1")
    fields = {**FIELDS, **case.get("headers", {})}
    if "type" in case:
        fields["Content-Type"] = case["type"]
    if "body" in case:
        fields["Content-Length"] = len(body)
    lines = [f"{case.get('method', 'GET')} {case['path']} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    """One at each paranoia level."""
    started = {level: Rules(tmp_path_factory.mktemp("rules"), at_paranoia(level)) for level in (1, 2, 3)}
    yield started
    for engine in started.values():
        assert engine.close() == 0


@pytest.mark.parametrize("case", cases())
def test_is_seen(case, engines):
    told = engines[case.get("paranoia", 1)].judge(request_of(case))
    fired = {match["id"] for match in told["rules"]}
    assert set(case["rules"]) <= fired, f"fired: {sorted(fired)}"
    assert bool(told["verdict"]) == ("passes" not in case), "seen and not refused"


def test_each_class_is_there():
    """Those that the project promises by name."""
    sources = {case.values[0]["source"] for case in cases()}
    assert {"CVE-2022-39955", "CVE-2022-39956", "CVE-2022-39957", "CVE-2022-39958", "CVE-2022-48279", "CVE-2024-1019", "CVE-2025-27110",
            "CWE-174, double decoding", "// in paths", "HTML entities", "multipart boundaries"} <= sources


def test_the_same_without_the_attack_passes(engines):
    """So that no case is refused for what every request here has."""
    for case in ({"path": "/p?q=1"}, {"path": "/f", "method": "POST", "type": "application/x-www-form-urlencoded", "body": "q=1"},
                 {"path": "/api", "method": "POST", "type": "application/json", "body": '{"q":1}'},
                 {"path": "/f", "method": "POST", "type": "multipart/form-data; boundary=B",
                  "body": '--B\r\nContent-Disposition: form-data; name="q"\r\n\r\n1\r\n--B--\r\n'}):
        told = engines[2].judge(request_of(case))
        assert not told["rules"] and not told["verdict"], case

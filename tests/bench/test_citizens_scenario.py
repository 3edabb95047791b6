"""Scenario files: what is read, what is refused, and where it says so."""
import argparse
import pathlib
import sys

import pytest

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))

from citizens import command, crowd, subjects  # noqa: E402  (the path comes first)
from citizens.scenario import LEVELS, Wrong, read_scenario  # noqa: E402

CITIZEN = "citizens someone role=visitor from=10.0.0.1\n"


def read(tmp_path, text):
    path = tmp_path / "one.scn"
    path.write_text(text)
    return read_scenario(path)


@pytest.mark.parametrize("name", command.scenario_names())
def test_ours_are_sound(name):
    scenario = read_scenario(command.SCENARIOS / f"{name}.scn")
    assert scenario.title
    if scenario.has_two_sites:  # short, of citizens of the other site
        assert scenario.duration_s == 20 and scenario.bursts == [(8, 18)]
        assert {group.values["host"] for group in scenario.attackers()} == {"attacked.bench.test"}
        assert {group.values["host"] for group in scenario.citizens()} == {"bench.test"}
        return
    assert len({group.name for group in scenario.citizens()}) >= 12
    # 60 seconds: 10 calm, three bursts of 12 with a change of method in the middle
    if scenario.bursts:
        assert scenario.duration_s == 60 and [end - begin for begin, end in scenario.bursts] == [12, 12, 12] and scenario.bursts[0][0] == 10
        assert {group.values["during"] for group in scenario.attackers()} == {"first", "second"}


def test_every_kind_of_citizen_is_there():
    kinds = {group.name: group.values for group in read_scenario(command.SCENARIOS / "calm.scn").citizens()}
    assert set(kinds) == {"visitor", "nat", "tls", "solver", "noscript", "nocookies", "switcher", "reader", "partner", "crawler", "abroad", "lookalike"}
    assert kinds["nat"]["conns"] == 40 and kinds["nat"]["ips"] == 1
    assert len(kinds["switcher"]["from"]) == 3 and {one.version for one in kinds["switcher"]["from"]} == {4, 6}
    assert not kinds["noscript"]["script"] and kinds["noscript"]["refresh"] and kinds["noscript"]["cookies"]
    assert kinds["lookalike"]["profile"] == "tool" and kinds["partner"]["profile"] == "partner" and not kinds["partner"]["cookies"]


@pytest.mark.parametrize("name", ["mix", "mix_federal"])
def test_the_mix_is_the_computed_one(name):
    """Of the attacks on the real target lists: 11.1, 10.3, 5.7 and 4.2 parts, over a whole burst; the rate is the level's."""
    scenario = read_scenario(command.SCENARIOS / f"{name}.scn")
    level = {"mix": LEVELS["municipality"], "mix_federal": LEVELS["federal"]}[name]
    sent = {}
    for group in scenario.attackers():
        values = group.values
        if values["role"] == "flood":
            kind = ("post" if values["body"][1] else "get", values["h2"])
            sent[kind] = sent.get(kind, 0) + values["rate"] * 6
    for kind, parts in {("get", False): 11.1, ("get", True): 10.3, ("post", True): 5.7, ("post", False): 4.2}.items():
        assert sent[kind] == pytest.approx(level.requests * 12 * parts / 31.3, rel=0.005)
    for during in ("first", "second"):
        half = [group.values for group in scenario.attackers() if group.values["during"] == during]
        assert sum(values["rate"] for values in half if values["role"] == "flood") == pytest.approx(level.requests, rel=0.001)
        slow = [values["ips"] * values["conns"] for values in half if values["role"].startswith("slow")]
        assert len(slow) == 1 and level.slow <= slow[0] < level.slow + level.sources
    for group in scenario.attackers():
        if group.values["role"] == "flood":
            weights = {path.partition("?")[0]: weight for weight, path in group.values["path"]}
            assert weights == {"/page": 76, "/search": 9, "/api/v1/items": 6, "/contact": 5, "/login": 4}
            assert group.values["random"] == (900000 if group.values["body"][1] else 700000)
            assert group.values["body"] in ((0, 0), (215, 394))


def test_windows_are_halves_of_bursts(tmp_path):
    scenario = read(tmp_path, CITIZEN + "duration 40\nbursts 10 at 5,20\n"
                    + "".join(f"attackers {during} from=10.1.0.1 during={during}\n" for during in ("first", "second", "burst", "always")))
    assert [scenario.windows(group) for group in scenario.attackers()] == [
        [(5, 10), (20, 25)], [(10, 15), (25, 30)], [(5, 15), (20, 30)], [(0, 40)]]
    assert scenario.windows(scenario.citizens()[0]) == [(0, 40)]


def test_a_level_is_what_percent_means(tmp_path):
    scenario = read(tmp_path, CITIZEN + "level federal\nattackers a from=10.1.0.1 rate=35.5% ips=50%\nattackers b role=slow_head from=10.2.0.1 connections=100%\n")
    first, second = scenario.attackers()
    assert first.values["rate"] == 7100 and first.values["ips"] == 2000
    assert (second.values["ips"], second.values["conns"]) == (4000, 2)  # 5,000 over 4,000 sources


def test_sources(tmp_path):
    scenario = read(tmp_path, CITIZEN + "attackers a from=10.1.0.254,2001:db8::1 ips=2 stride=3\n")
    assert scenario.attacker_addresses() == {"10.1.0.254", "10.1.1.1", "2001:db8::1", "2001:db8:0:3::1"}  # an IPv6 client has a /64


def test_two_sites(tmp_path):
    assert not read(tmp_path, CITIZEN).has_two_sites
    scenario = read(tmp_path, "sites two\n" + CITIZEN + "attackers bots from=23.0.0.1 host=attacked.bench.test\n")
    assert scenario.has_two_sites
    assert " host=attacked.bench.test " in crowd.plan_line(scenario, scenario.attackers()[0])
    bouclier = subjects.kinds_named("bouclier")[0]
    text = (BENCH / "subjects" / subjects.with_two_sites(bouclier).files["bouclier.yaml"][0]).read_text()
    assert bouclier.many_sites and "@ATTACKED@" in text and "hosts: [attacked.bench.test]" in text


def test_the_generator_is_told_all(tmp_path):
    scenario = read(tmp_path, CITIZEN + "attackers a from=10.1.0.1 rate=7 during=first body=215-394 evil=0.1% path=9:/a,91:/b timeout=3s\n")
    line = crowd.plan_line(scenario, scenario.attackers()[0])
    assert line.startswith("group a role=flood profile=tool ")
    for pair in ("rate=7.0", "body_min=215", "body_max=394", "evil_ppm=1000", "paths=9:/a,91:/b", "timeout_ms=3000", "windows=10-16,27-33,44-50",
                 "random_percent=70", "from=10.1.0.1", "cookies=0"):
        assert pair in line.split(), pair


def test_no_process_has_too_many_connections(tmp_path):
    scenario = read(tmp_path, CITIZEN + "".join(f"attackers {name} from=10.{n}.0.1 ips={ips} conns=2\n"
                                                for n, (name, ips) in enumerate((("a", 5000), ("b", 3000), ("c", 1000), ("d", 9000)), 1)))
    assert [[group.name for group in part] for part in crowd.divide(scenario.attackers())] == [["a", "b"], ["c"], ["d"]]
    (tmp_path / "plans").mkdir()
    plans = crowd.write_plans(scenario, tmp_path / "plans")
    assert [(path.name, citizens) for path, citizens in plans] == [
        ("one.citizens_0", True), ("one.attackers_0", False), ("one.attackers_1", False), ("one.attackers_2", False)]
    assert plans[1][0].read_text().count("group ") == 2


def test_subjects_by_name():
    assert [kind.name for kind in subjects.kinds_named("haproxy,bouclier,haproxy_queue")] == ["haproxy_hard", "haproxy_queue", "bouclier"]
    assert [kind.name for kind in subjects.kinds_named("nginx")] == ["nginx_hard"]
    with pytest.raises(argparse.ArgumentTypeError, match="apache: not among"):
        subjects.kinds_named("nginx,apache")
    for kind in subjects.KINDS:
        for template, _ in kind.files.values():
            assert (BENCH / "subjects" / template).exists()


def test_a_scenario_that_is_not_there_is_an_option_error(capsys):
    with pytest.raises(SystemExit):
        command.read_options(["--scenario", "earthquake"])
    assert "earthquake: not among" in capsys.readouterr().err


BAD = [
    ("sites three", "not a statement"), ("citizens x role=visitor from=10.0.0.1 host=A_b", "host=A_b: must be the name of a site"),
    ("nonsense 1", "nonsense"), ("citizens", "a name"), ("citizens Bad", "a name"), ("citizens a role=visitor", "from= is missing"),
    ("citizens a role=flood from=10.0.0.9", "only they, have role=visitor"), ("attackers a role=visitor from=10.0.0.9", "only they"),
    ("attackers a from=10.0.0", "one to four addresses"), ("attackers a from=10.0.0.9 from=10.0.0.9", "said twice"), ("attackers a colour=red", "not one of"),
    ("attackers a rate", "not one of"), ("attackers a from=1.1.1.1 rate=-1", "a number"), ("attackers a from=1.1.1.1 rate=nan", "a number"),
    ("attackers a from=1.1.1.1 rate=1e9", "a number"), ("attackers a from=1.1.1.1 ips=0", "a number"), ("attackers a from=1.1.1.1 conns=x", "a whole number"),
    ("attackers a from=1.1.1.1 tls=1", "yes, no"), ("attackers a from=1.1.1.1 timeout=5", "a time"), ("attackers a from=1.1.1.1 path=x", "paths"),
    ("attackers a from=1.1.1.1 path=0:/x", "paths"), ("attackers a from=1.1.1.1 body=9-1", "bytes"), ("attackers a from=1.1.1.1 evil=5", "percentage"),
    ("attackers a from=1.1.1.1 role=reset", "tls=yes h2=yes"), ("attackers a from=1.1.1.1 during=later", "one of"),
    ("duration 1", "duration"), ("duration 301", "duration"), ("level town", "level"), ("bursts 12", "bursts"), ("bursts 12 at x", "bursts"),
    ("bursts 12 at 10,20", "bursts"), ("bursts 2 at 10", "bursts"), ("include ../x.scn", "include"), ("include missing.scn", "cannot read missing.scn"),
    ("include one.scn", "include"), ("attackers a from=10.0.0.1", None), ("citizens someone role=visitor from=10.0.0.7", "already"),
]


@pytest.mark.parametrize("line, words", BAD, ids=[line for line, _ in BAD])
def test_wrong_lines_are_named(tmp_path, line, words):
    """FILE:LINE and what would be right; an attacker at a citizen's address is the citizen's line."""
    with pytest.raises(Wrong) as wrong:
        read(tmp_path, "# a comment\n" + CITIZEN + line + "\n")
    number = 2 if words is None else 3
    assert f"one.scn:{number}: " in str(wrong.value) and (words or "attacker's address") in str(wrong.value), wrong.value


@pytest.mark.parametrize("text, words", [("", "no citizens"), (CITIZEN + "duration 20\n", "ends after the run"),
                                         (CITIZEN + "attackers a from=10.1.0.1 ips=20000 conns=1000\n", "more than"),
                                         (CITIZEN + "attackers a from=255.255.255.254 ips=9\n", "beyond the last address"),
                                         ("".join(f"citizens c{n} role=visitor from=10.{n}.0.1\n" for n in range(41)), "more than 40 groups")])
def test_wrong_files(tmp_path, text, words):
    with pytest.raises(Wrong, match=words):
        read(tmp_path, text)
    assert "one.scn" in str(pytest.raises(Wrong, read, tmp_path, text).value)


def test_missing_and_binary_files(tmp_path):
    with pytest.raises(Wrong, match="cannot read"):
        read_scenario(tmp_path / "none.scn")
    (tmp_path / "binary.scn").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Wrong, match="cannot read"):
        read_scenario(tmp_path / "binary.scn")

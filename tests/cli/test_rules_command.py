"""`bouclier rules`: releases of rules beside the configuration, checked before they serve."""
import json
import os

import pytest

import lab

RULE = 'SecRule ARGS "@rx %s" "id:%d,phase:2,deny"\n'
SITE = {"ruleset": "rules/current", "mode": "block"}


@pytest.fixture
def release(folder):
    """release(name, text=...): a release as it is unpacked; its folder."""
    def make(name, text=RULE % ("evil", 10), setup=None):
        path = folder / "unpacked" / name
        (path / "rules").mkdir(parents=True)
        (path / "plugins").mkdir()
        (path / "tests").mkdir()
        (path / "crs-setup.conf.example").write_text('SecAction "id:900990,phase:1,pass,nolog"\n')
        (path / "rules" / "a.conf").write_text(text)
        (path / "rules" / "w.data").write_text("word\n")
        (path / "README.md").write_text("not a rule\n")
        if setup:
            (path / "crs-setup.conf").write_text(setup)
        return path

    return make


@pytest.fixture
def rules(bouclier, folder):
    """rules(word, ...): the command, for a configuration in the folder."""
    config = folder / "etc" / "bouclier.yaml"
    config.parent.mkdir()
    config.write_text(json.dumps({"admin": {"socket": str(folder / "none.sock")}, "listen": "127.0.0.1:1", "sites": []}))

    def run(*words, **keys):
        return bouclier("rules", *words, "-c", config, **keys)

    run.folder = config.parent / "rules"
    return run


def installed(rules):
    return {one["name"]: one["is"] for one in rules("list", "-o", "json").json}


def test_update_and_rollback(rules, release):
    assert installed(rules) == {} and rules("list").out == ""
    assert rules("rollback").code == 1
    said = rules("update", release("crs-1"))
    assert said.code == 0 and "nothing to reload" in said.err and "current is crs-1" in said.err, said
    assert sorted(path.name for path in (rules.folder / "crs-1").rglob("*") if path.is_file()) == ["a.conf", "crs-setup.conf.example", "w.data"]
    assert (rules.folder / "current").resolve().name == "crs-1" and rules("rollback").code == 1
    assert rules("update", release("crs-2")).code == 0 and installed(rules) == {"crs-1": "previous", "crs-2": "current"}
    assert rules("rollback").code == 0 and installed(rules) == {"crs-1": "current", "crs-2": "previous"}
    assert rules("rollback").code == 0 and installed(rules) == {"crs-1": "previous", "crs-2": "current"}
    assert rules("update", release("crs-3")).code == 0
    assert rules("list").out == "crs-1\ncrs-2  previous\ncrs-3  current\n"


def test_readable_whatever_the_umask(rules, release, folder):
    mask = os.umask(0o077)
    try:
        assert rules("update", release("crs-1")).code == 0
    finally:
        os.umask(mask)
    assert all(path.stat().st_mode & 0o004 for path in rules.folder.rglob("*"))


def test_a_setup_goes_along(rules, release):
    """The administrator's own, unless the release brings one."""
    assert rules("update", release("crs-1", setup='SecAction "id:1,phase:1,pass,nolog"\n')).code == 0
    said = rules("update", release("crs-2"))
    assert said.code == 0 and "its crs-setup.conf is that of crs-1" in said.err
    assert "id:1," in (rules.folder / "crs-2" / "crs-setup.conf").read_text()
    assert rules("update", release("crs-3", setup='SecAction "id:2,phase:1,pass,nolog"\n')).code == 0
    assert "id:2," in (rules.folder / "crs-3" / "crs-setup.conf").read_text()


def test_what_does_not_load_changes_nothing(rules, release, folder):
    assert rules("update", release("good")).code == 0
    said = rules("update", release("bad", 'SecRule ARGS "@detectSQL" "id:5,phase:2,deny"\n'))
    assert said.code == 1 and "a.conf:1:15: error: rule 5: unknown operator @detectSQL (did you mean @detectSQLi?)" in said.err, said
    assert installed(rules) == {"good": "current"}
    (folder / "unpacked" / "empty").mkdir()
    assert rules("update", folder / "unpacked" / "empty").code == 1 and rules("update", folder / "none").code == 1
    link = release("linked")
    (link / "rules" / "b.conf").symlink_to("/etc/passwd")
    assert rules("update", link).code == 1
    for name in ("current", "previous", ".hidden", "a b"):
        said = rules("update", release(name))
        assert said.code == 1 and "called by its folder's name" in said.err, said
    assert "is there already" in rules("update", folder / "unpacked" / "good").err
    assert installed(rules) == {"good": "current"}
    assert {path.name for path in rules.folder.iterdir()} == {"good", "current"}


@pytest.mark.parametrize("words", [[], ["updat", "x"], ["update"], ["rollback", "x"], ["list", "x"]])
def test_what_is_not_understood_is_exit_2(rules, words):
    assert rules(*words).code == 2


def test_beside_a_running_shield(bouclier, release, folder, origin):
    """An update serves at once; one that the shield refuses is taken back."""
    with lab.Shield(origin, start=False) as shield:
        def rules(*words):
            return bouclier("rules", *words, "-c", shield.config)

        def digest():
            return shield.status()["sites"][0]["waf"]["rules"]

        assert rules("update", release("one")).code == 0
        shield.settings["sites"][0]["waf"] = SITE
        shield.write(shield.settings)
        shield.start()
        first = digest()
        assert f"  rules        block: {shield.folder}/rules/current ({first})\n" in bouclier("status", "-c", shield.config).out
        assert rules("update", release("two", RULE % ("worse", 11))).code == 0
        assert digest() != first
        assert rules("rollback").code == 0 and digest() == first
        shield.settings["contcat"] = "x"
        shield.write(shield.settings)
        said = rules("update", release("three", RULE % ("worst", 12)))
        assert said.code == 1 and "current is again one" in said.err, said
        assert not (shield.folder / "rules" / "three").exists() and rules("list").out == "one  current\ntwo  previous\n"

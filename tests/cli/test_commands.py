"""Commands on files, without a shield: what they say, and how they end."""
import json
import pathlib
import re
import subprocess

import jsonschema
import pytest
import yaml
import lab

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMANDS = "audit hub run check reload protect unprotect bypass maintenance admit partner level purge status top log rules drill report packet doctor version dump help".split()


@pytest.fixture
def config(folder):
    """config(**top): a configuration with one good site; a file's path."""
    certificate = lab.make_certificate(folder / "town.pem", lab.HOST)
    plain, metrics, origin = (lab.free_port() for _ in range(3))

    def write(name="bouclier.yaml", **top):
        path = folder / name
        text = {
            "listen": [{"address": f"127.0.0.1:{plain}", "tls": False}],
            "state": str(folder / "state"),
            "admin": {"socket": str(folder / "admin.sock"), "metrics": f"127.0.0.1:{metrics}"},
            "sites": [{"name": lab.HOST, "certificate": str(certificate), "origins": [f"http://127.0.0.1:{origin}"]}],
        }
        path.write_text(json.dumps({**text, **top}, indent=1))
        path.chmod(0o644)
        return path

    return write


def site(**keys):
    return [{"name": lab.HOST, "origins": ["http://127.0.0.1:9"], **keys}]


def part(path, kind):
    """One of the parts of a PEM file."""
    return re.search(f"-----BEGIN {kind}.*?-----END {kind}-----\n", path.read_text(), re.S)[0]


# -- words --


def test_without_words_the_commands_are_listed(bouclier):
    said = bouclier()
    assert said.code == 2 and said.out == ""
    assert all(f"  {name} " in said.err for name in COMMANDS)


def test_help_of_every_command(bouclier):
    assert bouclier("help").code == 0
    for name in COMMANDS:
        by_help, by_option = bouclier("help", name), bouclier(name, "--help")
        assert by_help.code == by_option.code == 0
        assert by_help.out == by_option.out and f"Usage: bouclier {name}" in by_help.out and "--help" in by_help.out


@pytest.mark.parametrize("words, meant", [
    (["chek"], "did you mean check?"),
    (["help", "chek"], "did you mean check?"),
    (["check", "--confgi", "x"], "did you mean config?"),
    (["check", "extra"], "does not know what to do with extra"),
    (["check", "--output", "xml"], "human or json"),
    (["protect", "www.x.example"], "wants HOST ORIGIN"),
    (["log", "-n", "0"], "--lines is a number"),
    (["log", "--since", "yesterday"], "a time back (30m, 2h, 7d), not yesterday"),
    (["log", "--since", "5"], "a time back (30m, 2h, 7d), not 5"),
    (["log", "-q", "statu=1"], "did you mean status?"),
    (["bypass"], "wants a SITE, or --all"),
    (["bypass", "x", "--all", "--for", "1h", "--reason", "r"], "wants a SITE, or --all"),
    (["bypass", "x", "--reason", "r"], "always ends"),
    (["bypass", "x", "--for", "1h"], "says why"),
    (["bypass", "x", "--for", "1", "--reason", "r"], "a duration with its unit"),
    (["bypass", "x", "--for", "8d", "--reason", "r"], "from 1s to 7d"),
    (["bypass", "x", "--off", "--for", "1h"], "--off stands alone"),
    (["ban"], "wants ADDRESS|NETWORK"),
    (["ban", "www.x.example"], "wants an address or a network"),
    (["ban", "203.0.113.7/24"], "bits behind the prefix are zero"),
    (["ban", "203.0.113.7", "--for", "10"], "a duration with its unit"),
    (["ban", "203.0.113.7", "--for", "366d"], "from 1s to 365d"),
    (["ban", "203.0.113.7", "203.0.113.8"], "does not know what to do with 203.0.113.8"),
    (["unban"], "wants ADDRESS|NETWORK"),
    (["unban", "203.0.113.300"], "wants an address or a network"),
    (["unban", "203.0.113.7", "--for", "1h"], "for"),
    (["bans", "203.0.113.7"], "does not know what to do with"),
    (["purge", "x"], "wants SITE URL|PREFIX*|tag:NAME"),
    (["purge", "x", "*"], "everything: /*"),
    (["purge", "x", "tag:"], "wants URL"),
    (["dump", "--output", "human"], "yaml or json"),
    (["help", "nonsense"], "there is no command nonsense"),
])
def test_what_is_not_understood_is_exit_2(bouclier, words, meant):
    said = bouclier(*words)
    assert said.code == 2 and meant in said.err and said.out == "", said


def test_version(bouclier):
    assert bouclier("version").out.startswith("bouclier ")
    assert bouclier("--version").out == bouclier("version").out
    assert set(bouclier("version", "--output", "json").json) == {"version", "openssl", "nghttp2", "compiler"}


def test_output_that_does_not_arrive_is_a_failure(bouclier, folder):
    with open("/dev/full", "w") as full:
        done = subprocess.run([lab.BINARY, "dump", "--schema"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "could not be" in done.stderr


# -- check --


def test_check_of_a_good_file(bouclier, config):
    said = bouclier("check", "--config", config())
    assert said.code == 0 and said.out == "config ok: 1 site, 0 routes, 0 warnings\n", said
    said = bouclier("check", "-c", config(), "-o", "json")
    assert said.code == 0 and said.json["ok"] and said.json["complaints"] == []


def test_check_says_every_error_with_its_place(bouclier, folder):
    path = folder / "bad.yaml"
    path.write_text("listen: nowhere\nworkes: 3\nsites:\n  - name: a.example\n    origns: [x]\n")
    said = bouclier("check", "-c", path)
    assert said.code == 1 and said.out == ""
    assert f"{path}:1:9: error" in said.err and f"{path}:2:1: error" in said.err and f"{path}:5:5: error" in said.err
    assert "did you mean workers?" in said.err and "did you mean origins?" in said.err
    said = bouclier("check", "-c", path, "-o", "json")
    assert said.code == 1 and not said.json["ok"] and said.json["errors"] == len(said.json["complaints"]) >= 3
    assert {"kind": "error", "line": 2}.items() <= said.json["complaints"][1].items()


def test_check_of_a_file_that_is_not_there(bouclier, folder):
    said = bouclier("check", "-c", folder / "none.yaml")
    assert said.code == 1 and "none.yaml: error: there is no such file (bouclier protect HOST ORIGIN writes one" in said.err


def test_check_points_at_the_item_that_is_wrong(bouclier, folder):
    path = folder / "bouclier.yaml"
    path.write_text('listen: ["127.0.0.1:1"]\nsites:\n  - name: a.example\n    certificate: c.pem\n    origins: ["http://127.0.0.1:9", "127.0.0.1:8"]\n'
                    '    routes:\n      - { path: /a, methods: [GET, put] }\n      - { path: /b, allow_methods: pots }\n')
    said = bouclier("check", "-c", path)
    assert said.code == 1
    assert f'{path}:5:37: error: origins: found "127.0.0.1:8"' in said.err
    assert f'{path}:7:36: error: methods: found "put"' in said.err
    assert f'{path}:8:36: error: allow_methods: found "pots"' in said.err


def test_check_tells_of_a_pattern_that_matches_nothing(bouclier, config):
    said = bouclier("check", "-c", config(include=["sites.d/*.yaml"]))
    assert said.code == 0 and "warning: include: no file matches " in said.err and "sites.d/*.yaml" in said.err, said


def test_check_of_certificates(bouclier, config, folder):
    other = lab.make_certificate(folder / "other.pem", "other.example")
    mixed = folder / "mixed.pem"
    mixed.write_text(part(folder / "town.pem", "CERTIFICATE") + part(other, "PRIVATE KEY"))
    old = lab.make_certificate(folder / "old.pem", lab.HOST, days=-1, ago=9)
    soon = lab.make_certificate(folder / "soon.pem", lab.HOST, days=9)
    cases = [("missing.pem", 1, "cannot be read: No such file"), (folder, 1, "is not a regular file"), (mixed, 1, "mixed.pem"),
             (old, 1, "expired"), (soon, 0, "expires in 8 days"), (other, 0, f"is not for {lab.HOST}")]
    for certificate, code, sentence in cases:
        said = bouclier("check", "-c", config(sites=site(certificate=str(certificate))))
        assert said.code == code and sentence in said.err, (certificate, said)


def test_check_of_origins(bouclier, config, folder):
    port = json.loads(config().read_text())["listen"][0]["address"].rpartition(":")[2]
    said = bouclier("check", "-c", config(sites=site(origins=["http://no-such-name.invalid:80"])))
    assert said.code == 1 and "no-such-name.invalid" in said.err and "cannot be found" in said.err
    assert re.match(r"\S+/bouclier.yaml:\d+:\d+: error: site ", said.err), said.err
    said = bouclier("check", "-c", config(sites=site(origins=[f"http://127.0.0.1:{port}"])))
    assert said.code == 1 and "listens on itself" in said.err


def test_check_of_a_port_in_use(bouclier, config, origin):
    said = bouclier("check", "-c", config(listen=[{"address": f"127.0.0.1:{origin.port}", "tls": False}]))
    assert said.code == 1 and f"127.0.0.1:{origin.port} is in use by another program" in said.err
    said = bouclier("check", "-c", config(listen=[{"address": "192.0.2.1:8080", "tls": False}]))
    assert said.code == 1 and "is not an address of this machine" in said.err


def test_check_of_a_broken_tenant(bouclier, config, folder):
    (folder / "north").mkdir(mode=0o755)
    (folder / "north/a.yaml").write_text("sites:\n  - name: a.south.example\n    origins: [\"http://10.1.0.1:80\"]\n")
    path = config(include="north/*.yaml", tenants=[{"name": "north", "files": "north", "hosts": ["*.north.example"], "origins": ["10.1.0.0/16"]}])
    said = bouclier("check", "-c", path)
    assert said.code == 1 and "north/a.yaml:2" in said.err


# -- dump --


def test_dump_read_again_dumps_the_same(bouclier, config, folder):
    first = bouclier("dump", "-c", config())
    assert first.code == 0
    again = folder / "again.yaml"
    again.write_text(first.out)
    assert bouclier("dump", "-c", again).out == first.out
    as_json = bouclier("dump", "-c", config(), "--output", "json").json
    assert as_json["sites"][0]["name"] == lab.HOST and as_json["sites"][0]["timeouts"]["connect"] == "3s"


def test_check_of_what_is_served(bouclier, config):
    """A site that `link` names and nobody has is found on a quiet day."""
    said = bouclier("check", "--config", config(link={"served": [{"network": "192.0.2.7", "sites": ["www.comune.example"]}]}))
    assert said.code == 1 and "names the site www.comune.example, and there is none of that name" in said.err
    assert "none of that name" not in bouclier("check", "--config", config(link={"served": [{"network": "192.0.2.7", "sites": [lab.HOST]}]})).err


def test_dump_of_schema_and_manuals(bouclier):
    schema = bouclier("dump", "--schema").json
    assert {"listen", "sites", "admin"} <= set(schema["properties"])
    for words, title in (["dump", "--manual"], ".Dt BOUCLIER.YAML 5"), (["help", "--manual"], ".Dt BOUCLIER 1"):
        page = bouclier(*words).out
        assert title in page
        done = subprocess.run(["groff", "-mdoc", "-Tutf8", "-ww"], input=page, capture_output=True, text=True)
        assert done.returncode == 0 and done.stderr == "", done.stderr[:500]
    # Typed as it stands, an unquoted > would write a file.
    assert "bouclier log --since 1h -q 'status>=500'" in subprocess.run(["groff", "-mdoc", "-Tascii", "-P-c"], input=page, capture_output=True, text=True).stdout


def test_the_schema_takes_what_check_takes(bouclier, config, folder):
    """Editors complete and check by it: real files pass, the usual slips do not."""
    schema = bouclier("dump", "--schema").json
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    example = yaml.safe_load((ROOT / "packaging/bouclier.yaml").read_text())
    effective = bouclier("dump", "-c", config(), "--output", "json").json
    for good in [example, effective, json.loads(config().read_text())]:
        assert [error.message for error in validator.iter_errors(good)] == []
    good = json.loads(config().read_text())
    slips = [{"drain": 30}, {"drain": "30 s"}, {"lisen": []}, {"sites": [{}]}, {"sites": site(orgins=[])}, {"sites": site(balance="random")},
             {"sites": site(limits={"body": "10MB"})}, {"sites": site(routes=[{"methods": ["GET"]}])}, {"log": {"keep": 3}}]
    for slip in slips:
        assert not validator.is_valid({**good, **slip}), slip
        (folder / "slip.yaml").write_text(json.dumps({**good, **slip}))
        assert bouclier("check", "-c", folder / "slip.yaml").code == 1, slip


# -- without a shield --


@pytest.mark.parametrize("words", [["status"], ["top", "--once"], ["bypass", "x", "--for", "1h", "--reason", "r"], ["reload"], ["ban", "203.0.113.7"],
                                   ["unban", "203.0.113.7"], ["bans"], ["level"], ["level", "x"], ["maintenance"], ["maintenance", "x", "off"],
                                   ["maintenance", "x", "on", "--until", "1h"], ["admit"], ["admit", "0" * 32]])
def test_nobody_there(bouclier, config, words, folder):
    said = bouclier(*words, "-c", config())
    assert said.code == 1 and said.out == "" and f"no shield answers at {folder}/admin.sock" in said.err


def test_doctor_says_a_line_each(bouclier, config):
    said = bouclier("doctor", "-c", config())
    assert said.code == 0, said
    assert all(line.split()[0] in ("ok", "warning") for line in said.out.splitlines())
    findings = bouclier("doctor", "-c", config(), "-o", "json").json
    assert {"kernel", "cores", "descriptors", "Landlock", "seccomp", "user", "clock", "entropy", "configuration", "state folder",
            "shield"} <= {finding["what"] for finding in findings}


def test_doctor_sees_a_bad_configuration(bouclier, config):
    said = bouclier("doctor", "-c", config(sites=site(certificate="missing.pem")))
    assert said.code == 1 and "problem  configuration" in said.out and "missing.pem" in said.out

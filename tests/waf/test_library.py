"""libbouclier-waf as a system has it: the names it exports, and the example, run with Debian's CRS."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BOUCLIER", ROOT / "build/bouclier")).resolve().parent
LIBRARY = BUILD / "src/waf/library"
HEADER = ROOT / "src/waf/library/bouclier/waf.h"
CRS = "/usr/share/modsecurity-crs/owasp-crs.load"


def names_of(*words):
    lines = subprocess.run(["nm", "--defined-only", *words], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[2].partition("@")[0] for line in lines if re.match(r"[0-9a-f]+ [TDBRV] ", line)}


def test_only_the_api_is_exported():
    """What the header declares, in both forms of the library; a name of the house would meet another program's."""
    declared = set(re.findall(r"\b(bouclier_waf_\w+)\(", HEADER.read_text()))
    assert len(declared) > 20
    assert names_of("-D", LIBRARY / "libbouclier-waf.so") == declared
    assert names_of("-g", LIBRARY / "libbouclier-waf.a") == declared


def test_the_header_is_for_every_compiler(tmp_path):
    for language, compiler in (("c", ["gcc", "-std=c99"]), ("c++", ["g++", "-std=c++11"])):
        if not shutil.which(compiler[0]):
            continue
        run = subprocess.run([*compiler, "-x", language, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-pedantic", "-"], input=HEADER.read_text(),
                             capture_output=True, text=True)
        assert run.returncode == 0, run.stderr


def ask(rules, request):
    run = subprocess.run([BUILD / "tests/example-waf", rules], input=request.replace("\n", "\r\n").encode(), capture_output=True)
    return run.returncode, run.stdout.decode().splitlines(), run.stderr.decode()


def test_the_example(tmp_path):
    """Under 80 lines, and it does what its head says."""
    assert len((ROOT / "examples/waf.c").read_text().splitlines()) < 80
    rules = tmp_path / "one.conf"
    rules.write_text('SecRule ARGS "@rx evil" "id:7,phase:2,deny,status:403,msg:\'no evil\'"\n')
    post = "POST / HTTP/1.1\nHost: a.example\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 6\n\n"
    assert ask(rules, post + "q=evil") == (1, ["403", "7 no evil"], "")
    assert ask(rules, post + "q=good") == (0, ["200"], "")
    assert ask(rules, "nonsense")[0] == 2
    code, _, said = ask(tmp_path / "none.conf", post)
    assert code == 2 and "none.conf" in said


@pytest.mark.skipif(not os.path.exists(CRS), reason="modsecurity-crs is not installed")
def test_the_example_with_crs():
    request = "GET /?q=%s HTTP/1.1\nHost: www.commune.example\nUser-Agent: Mozilla/5.0\nAccept: text/html\n\n"
    code, lines, _ = ask(CRS, request % "<script>alert(1)</script>")
    assert code == 1 and lines[0] == "403" and any(line.startswith("941100 ") for line in lines)
    code, lines, _ = ask(CRS, request % "passport")
    assert (code, lines) == (0, ["200"])

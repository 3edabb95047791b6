"""The laws of the house that a program can check."""
import functools
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
# Names of places that only one machine knows, spelled so that this file does not name them.
PLACES = re.compile("|".join((r"(?<![\w.])/(?:wo" r"rk|ro" r"ot|ho" r"me/\w+)/", r"\.lib" r"rary/", r"/tmp/br" r"ief", r"\.cla" r"ude\b")))
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
CONTRACT = re.compile(r"\b(?:Shape|Units|Limits|Owns|Threads|Source)  |RESULT_|fails (?:closed|open)|\bRFC \d")
PROTOTYPE = re.compile(r"^(?!static|typedef|#)[a-z][^;{=]*?\b\w+\([^;{]*\)[^;{(]*;", re.M)


def files():
    """What is in the repository; without git, what is there."""
    try:
        names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True,
                               env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"}).stdout.decode().split("\0")[:-1]
    except (OSError, subprocess.CalledProcessError):
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*")
                 if path.is_file() and not re.match(r"(build[^/]*|\.run|\.git)/", str(path.relative_to(ROOT)))]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def lines(pattern, paths):
    """FILE:LINE of each line that matches."""
    found = []
    for path in paths:
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}" for number, line in enumerate(text.splitlines(), 1)
                  if pattern.search(line)]
    return found


def headers():
    """The rooms' own, and those of the hub's parts, each of which is a library."""
    return sorted({*SRC.glob("*/*.h"), *SRC.glob("hub/**/*.h")})


def test_rooms():
    run = subprocess.run([sys.executable, ROOT / "tools/rooms"], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_rooms_sees_a_violation(tmp_path):
    """The tool itself: a room that looks down is named with its line."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/rooms").write_text((ROOT / "tools/rooms").read_text())
    for name, text in (("base/a.c", '#include "http/b.h"\n'), ("message/m.c", '#include "config/c.h"\n'), ("http/ok.c", '#include "base/a.h"\n')):
        (tmp_path / "src" / name).parent.mkdir(parents=True)
        (tmp_path / "src" / name).write_text(text)
    run = subprocess.run([sys.executable, tmp_path / "tools/rooms"], capture_output=True, text=True)
    assert run.returncode == 1
    assert "base/a.c:1: base/ may not include http/" in run.stdout and "message/m.c:1" in run.stdout and "ok.c" not in run.stdout


def test_headers_compile_alone(tmp_path):
    """All in one run of the compiler a header, as C of the house; nghttp2 and OpenSSL come from the system."""
    failed = []
    for header in headers():
        unit = tmp_path / (str(header.relative_to(SRC).with_suffix("")).replace("/", "_") + ".c")
        unit.write_text(f'#include "{header.relative_to(SRC)}"\n#include "{header.relative_to(SRC)}"\ntypedef int not_empty;\n')
        run = subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I", SRC, unit],
                             capture_output=True, text=True)
        if run.returncode:
            failed.append(run.stderr.splitlines()[0] if run.stderr else str(header))
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("header", headers(), ids=lambda path: str(path.relative_to(SRC)))
def test_header_tells_its_contract(header):
    text = header.read_text()
    name = str(header.relative_to(SRC))
    guard = "BOUCLIER_" + re.sub(r"[/.]", "_", name).upper()
    story = re.match(r"/\*(.*?)\*/", text, re.S)
    assert story and len(story[1].split()) >= 6, "a header opens with what it is for"
    assert f"#ifndef {guard}\n#define {guard}\n" in text or header.name == "banned.h", guard
    assert len(text.splitlines()) <= 250
    if is_public(header) and len(PROTOTYPE.findall(text)) >= 3:
        assert CONTRACT.search(text), "one of Shape, Units, Limits, Owns, Threads, Source, or its results"


def is_public(header):
    """Another room includes it, or another part of the hub."""
    line = f'#include "{header.relative_to(SRC)}"'
    return any(line in text for path, text in sources() if room(path) != room(header))


def room(path):
    parts = path.relative_to(SRC).parts[:-1]
    return parts[:2 if parts[0] == "hub" else 1]


@functools.cache
def sources():
    return [(path, path.read_text()) for path in SRC.rglob("*.[ch]")]


def test_sources():
    """Sizes, and the list of functions that the house does not call, in every source that calls any."""
    wrong = []
    for path in sorted(SRC.rglob("*.c")):
        text = path.read_text()
        if len(text.splitlines()) > 600:
            wrong.append(f"{path.relative_to(ROOT)}: more than 600 lines")
        if not path.name.endswith(".bpf.c") and '#include "base/banned.h"' not in text and "(" in text.partition("*/")[2]:
            wrong.append(f"{path.relative_to(ROOT)}: does not include base/banned.h")
    assert not wrong, "\n".join(wrong)


def test_nothing_of_one_machine():
    assert not lines(PLACES, files())


def test_nothing_unfinished():
    code = [path for path in files() if path.suffix in (".c", ".h", ".py", ".sh", ".build") or path.parent.name == "tools"]
    assert not lines(UNFINISHED, code)


def test_programs_are_executable():
    for path in (ROOT / "tools").iterdir():
        if path.is_file():
            assert os.access(path, os.X_OK) and path.read_bytes().startswith(b"#!"), path

"""The hub's console, built, before answers that are made up (console/dev): every page in states that a real hub is rarely in. What it does with a
real one is tests/scenes/test_hub_console.py."""
import json
import os
import pathlib
import re
import subprocess

import pytest

from lab.place import ROOT

HERE = ROOT / "tests/console"
FIRST_VIEW_MAX = 150 * 1024
ALL_MAX = 400 * 1024


def node(script, *arguments, cwd=ROOT, seconds=240):
    done = subprocess.run(["node", str(script), *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def built():
    done = subprocess.run(["tools/console", "test"], cwd=ROOT, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
    if done.returncode and "the hub is built without its console" in done.stderr:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def chromium(built):
    done = subprocess.run(["tools/install", "browser"], cwd=ROOT, capture_output=True, text=True, timeout=900, stdin=subprocess.DEVNULL)
    if done.returncode:
        pytest.skip("Chromium cannot be installed here: " + done.stderr.strip().splitlines()[-1])


def test_types(built):
    node(ROOT / "console/node_modules/svelte-check/bin/svelte-check", "--fail-on-warnings", "--threshold", "warning", cwd=ROOT / "console")


def test_every_language_says_everything(built):
    node(HERE / "words.mjs")


def test_every_error_of_the_hub_has_words():
    said = {code for path in (ROOT / "src/hub").rglob("*.c") for code in re.findall(r'web_refuse\([^;"]*"([a-z0-9-]+)"', path.read_text())}
    known = set(re.findall(r"^  'error\.([a-z0-9-]+)':", (ROOT / "console/src/words/en.ts").read_text(), re.M))
    assert len(said) > 20 and said <= known, sorted(said - known)


def test_every_deed_of_the_audit_log_has_words():
    parts = "approval|audit|ban|break-glass|bypass|config|events|incident|level|maintenance|passkey|person|proposal|session|store|token|watch"
    done = {deed for path in (ROOT / "src/hub").rglob("*.[ch]") for deed in re.findall(rf'"((?:{parts})(?:\.[a-z-]+)+)"', path.read_text())}
    known = set(re.findall(r"^  'audit-deed\.([a-z.-]+)':", (ROOT / "console/src/words/en.ts").read_text(), re.M))
    assert len(done) > 30 and done <= known, sorted(done - known)


def test_every_detail_of_the_audit_log_has_words_with_the_same_places():
    said = dict(re.findall(r'X\([A-Z_]+, "([a-z-]+)", "([^"]*)"\)', (ROOT / "src/hub/audit/said.h").read_text()))
    known = dict(re.findall(r"^  'audit-said\.([a-z-]+)': '(.*)',$", (ROOT / "console/src/words/en.ts").read_text(), re.M))
    places = lambda words: {code: sorted(re.findall(r"\{(\d)\}", text)) for code, text in words.items()}
    assert len(said) > 20 and places(said) == places(known)


def test_contrast_of_colours(built):
    node(HERE / "tokens.mjs")


def test_size(built):
    sizes = json.loads(node(ROOT / "console/tools/size.mjs", ROOT / "build/console"))
    print(f"\nfirst view {sizes['first'] / 1024:.0f} KiB, all in one language {sizes['all'] / 1024:.0f} KiB, in four {sizes['everything'] / 1024:.0f} KiB")
    assert sizes["first"] <= FIRST_VIEW_MAX and sizes["everything"] <= ALL_MAX, sizes


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(built):
    """What the hub's policy would refuse is not there."""
    page = (ROOT / "build/console/index.html").read_text()
    assert " style=" not in page and "<style" not in page and "<script>" not in page and "http:" not in page and "https:" not in page
    for path in (ROOT / "build/console/assets").glob("*.css"):
        assert "http:" not in path.read_text() and "https:" not in path.read_text(), path
    for path in (ROOT / "console/src").rglob("*.svelte"):
        text = path.read_text()
        assert "{@html" not in text and " style=" not in text, path


def test_pages(chromium):
    """In every state, in both themes: no violation that axe-core knows, no error of a script, nothing that the policy refuses, nothing wider than the window."""
    node(HERE / "pages.mjs", "attack", "calm", "empty", "error", "loading", "unknown", "login", "first-start")


def test_keyboard(chromium):
    node(HERE / "keyboard.mjs")


def test_help_by_key(chromium):
    node(HERE / "help.mjs")


def test_places_in_a_configuration(built):
    node(HERE / "keys.mjs")


def test_details_of_the_audit_log_are_the_readers(chromium):
    node(HERE / "audit.mjs")


def test_the_stream_comes_back(chromium):
    node(HERE / "stream.mjs")


def test_without_npm_the_hub_is_built_all_the_same(tmp_path):
    """A copy of the tree's console, and a PATH that has everything but npm."""
    for name in ("bash", "dirname", "cat", "env"):
        os.symlink(pathlib.Path("/usr/bin") / name, tmp_path / name)
    environment = {**os.environ, "PATH": str(tmp_path)}
    for job, status in (("build", 0), ("test", 1)):
        done = subprocess.run(["/bin/bash", "tools/console", job], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        assert (done.returncode, done.stdout) == (status, "") and "npm is missing (tools/install console)" in done.stderr

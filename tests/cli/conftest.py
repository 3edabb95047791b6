"""The commands as a person types them, beside a running shield of tests/scenes."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scenes"))

import exact as scene  # noqa: E402
import shield as laboratory  # noqa: E402


class Said:
    """What a command printed, and its exit code."""

    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"<exit {self.code}, out {self.out[-2000:]!r}, err {self.err[-2000:]!r}>"


@pytest.fixture(scope="session")
def bouclier():
    """bouclier(word, ..., env=): runs the program to its end."""
    if not os.environ.get("BOUCLIER"):
        pytest.skip("no BOUCLIER: the program has not been built")

    def run(*words, env=None, wait=60):
        environment = {**os.environ, "NO_COLOR": "", **(env or {})}
        done = subprocess.run([laboratory.BINARY, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=wait, env=environment)
        return Said(done)

    return run


@pytest.fixture
def folder():
    """As tmp_path, but a shield that gave up its rights can read it."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="bouclier-cli-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def origin():
    one = scene.Origin()
    yield one
    one.close()


@pytest.fixture
def shield(origin):
    site = {"name": scene.HOST, "origins": [origin.url], "routes": [{"path": "/admin", "allow_from": ["10.0.0.0/8"]}]}
    with scene.Front({"sites": [site]}) as one:
        yield one

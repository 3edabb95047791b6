"""The commands as a person types them, beside a running shield."""
import json
import os
import subprocess

import pytest

import lab


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
    def run(*words, env=None, wait=60):
        environment = {**os.environ, "NO_COLOR": "", **(env or {})}
        done = subprocess.run([lab.BINARY, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=wait, env=environment)
        return Said(done)

    return run


@pytest.fixture
def shield(origin):
    site = {"name": lab.HOST, "origins": [origin.url], "routes": [{"path": "/admin", "allow_from": ["10.0.0.0/8"]}]}
    with lab.Shield(config={"sites": [site]}) as one:
        yield one

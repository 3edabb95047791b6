"""Fixtures for scenes of origins: what a test starts is stopped, and looked at, when the test is over.

    from exact_fixtures import *
"""
import pathlib
import shutil
import tempfile

import pytest

import exact

__all__ = ["start_origin", "start_front", "certificates"]


def stop_all(things, stop):
    """Stops each, whatever the others do; then fails with the first that failed."""
    errors = []
    for thing in reversed(things):
        try:
            stop(thing)
        except Exception as error:  # every one must be stopped
            errors.append(error)
    if errors:
        raise errors[0]


@pytest.fixture
def start_origin():
    """start_origin(answer=, script=, context=): see exact.Origin."""
    started = []

    def start(*args, **options):
        started.append(exact.Origin(*args, **options))
        return started[-1]

    yield start
    stop_all(started, exact.Origin.close)


@pytest.fixture
def start_front(certificates):
    """start_front(config, ...): see exact.Front. start_front(origins=[...], **keys): one site with these keys."""
    started = []

    def start(config=None, options=None, **keys):
        config = config or {"sites": [{"name": exact.HOST, **keys}]}
        started.append(exact.Front(config, roots=[certificates], **(options or {})))
        return started[-1]

    yield start
    stop_all(started, exact.Front.stop)


@pytest.fixture(scope="session")
def certificates():
    """Folder with ca.pem, town.pem (signed by it, for www.town.example), self.pem (self-signed)."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bouclier-certificates-"))
    folder.chmod(0o755)
    ca = exact.make_certificate(folder, "ca", None)
    exact.make_certificate(folder, "town", [exact.HOST], ca)
    exact.make_certificate(folder, "self", [exact.HOST])
    yield folder
    shutil.rmtree(folder)

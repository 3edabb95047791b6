"""Fixtures of the scenes: everything that a test starts is stopped and looked at when the test is over."""
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import shield as scene  # noqa: E402


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
    """start_origin(answer=, script=, context=): see shield.Origin."""
    started = []

    def start(*args, **options):
        started.append(scene.Origin(*args, **options))
        return started[-1]

    yield start
    stop_all(started, scene.Origin.close)


@pytest.fixture
def origin(start_origin):
    return start_origin()


@pytest.fixture
def folder():
    """As tmp_path, but a shield that gave up its rights can read it, as it can /etc."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="bouclier-scene-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def start_shield(folder):
    """start_shield(config, is_attacked=, may_die=, env=): see shield.Shield."""
    started = []

    def start(config, **options):
        home = folder / f"shield{len(started)}"
        home.mkdir(mode=0o755)
        started.append(scene.Shield(home, config, **options))
        return started[-1]

    yield start
    stop_all(started, scene.Shield.stop)


@pytest.fixture
def start_site(start_shield):
    """start_site(origin, top={}, **keys): a shield with one site www.town.example in front of ORIGIN, or of a list of URLs."""
    def start(origin, top=None, options=None, **keys):
        origins = origin if isinstance(origin, list) else [origin.url]
        return start_shield({**(top or {}), "sites": [{"name": scene.HOST, "origins": origins, **keys}]}, **(options or {}))

    return start


@pytest.fixture
def site(start_site, origin):
    """A shield with one site in front of `origin`."""
    return start_site(origin)


@pytest.fixture(scope="session")
def certificates():
    """Folder with ca.pem, town.pem (signed by it, for www.town.example) and self.pem (self-signed)."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bouclier-certificates-"))
    folder.chmod(0o755)
    ca = scene.make_certificate(folder, "ca", None)
    scene.make_certificate(folder, "town", [scene.HOST], ca)
    scene.make_certificate(folder, "self", [scene.HOST])
    yield folder
    shutil.rmtree(folder)

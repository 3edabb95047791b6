"""What a test starts is stopped, and looked at, when the test is over. origin and shield: one of each, new for every test that
asks for them; scenes with other needs make their own."""
import shutil

import pytest

import lab
from lab.disk import mounted


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
def origin():
    with lab.Origin() as one:
        yield one


@pytest.fixture
def shield(origin):
    with lab.Shield(origin) as one:
        yield one


@pytest.fixture(params=["plain", "tls"])
def talk(house, request):
    """A client of a module's house (an origin, a shield), in the clear and over TLS."""
    with lab.Talk(getattr(house[1], request.param), request.param == "tls") as one:
        yield one


@pytest.fixture
def folder():
    """As tmp_path, but a shield that gave up its rights can read it."""
    path = lab.make_folder("test")
    yield path
    shutil.rmtree(path)


@pytest.fixture
def small_disk(folder):
    """A full disk is soon had: 12 MiB. To be named before what uses it, which ends before it."""
    with mounted(lab.SmallDisk, folder, "12m") as disk:
        yield disk


@pytest.fixture
def standing_disk(folder):
    """A disk that does nothing when it is told to: lab.StandingDisk. To be named before what uses it."""
    with mounted(lab.StandingDisk, folder, "64M") as disk:
        yield disk


@pytest.fixture
def start_origin():
    """start_origin(answer=, script=, context=): see lab.Origin."""
    started = []

    def start(*args, **options):
        started.append(lab.Origin(*args, **options))
        return started[-1]

    yield start
    stop_all(started, lab.Origin.close)


@pytest.fixture
def start_shield(certificates):
    """start_shield(config, options): see lab.Shield. start_shield(origins=[...], **keys): one site with these keys."""
    started = []

    def start(config=None, options=None, **keys):
        config = config or {"sites": [{"name": lab.HOST, **keys}]}
        started.append(lab.Shield(config=config, roots=[certificates], **(options or {})))
        return started[-1]

    yield start
    stop_all(started, lab.Shield.stop)


@pytest.fixture(scope="session")
def certificates():
    """Folder with ca.pem, town.pem (signed by it, for lab.HOST), self.pem (self-signed)."""
    path = lab.make_folder("certificates")
    ca = lab.make_certificate(path / "ca.pem")
    lab.make_certificate(path / "town.pem", lab.HOST, issuer=ca)
    lab.make_certificate(path / "self.pem", lab.HOST)
    yield path
    shutil.rmtree(path)

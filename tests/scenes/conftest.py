"""origin and shield: one of each, new for every test that asks for them. Scenes with other needs make their own."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import shield as scene  # noqa: E402


@pytest.fixture
def origin():
    with scene.Origin() as one:
        yield one


@pytest.fixture
def shield(origin):
    with scene.Shield(origin) as one:
        yield one

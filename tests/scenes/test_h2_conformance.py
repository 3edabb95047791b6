"""The conformance of HTTP/2 through both ports that speak it, in front of the demonstration portal."""
import collections
import contextlib

import pytest

import h2_cases
from lab import ENVIRONMENT, Portal, Shield, sanitized


@pytest.fixture(scope="module")
def shield():
    """Sanitized where it was built: the cases attack a parser."""
    with contextlib.ExitStack() as stack:
        portal = stack.enter_context(Portal())
        yield stack.enter_context(Shield(portal, binary=sanitized(), workers=1, env=ENVIRONMENT))


@pytest.mark.parametrize("tls", [True, False], ids=["tls", "h2c"])
@pytest.mark.parametrize("number", [each[0] for each in h2_cases.CASES])
def test_case(shield, number, tls):
    for pieces in (False, True):
        h2_cases.play(number, shield.tls if tls else shield.h2c, tls, pieces)


def test_list_is_whole():
    """146 cases, and the two that suites leave out or have only since lately."""
    count = collections.Counter(each[0].split("/")[0] for each in h2_cases.CASES)
    assert count == {"generic": 44, "hpack": 8, "http2": 96}
    assert len({each[0] for each in h2_cases.CASES}) == 148

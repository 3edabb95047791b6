"""The conformance of HTTP/2 through both ports that speak it, in front of the demonstration portal."""
import collections
import contextlib
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import h2_cases  # noqa: E402
import shield as scene  # noqa: E402


# A process that ends at once leaves its memory to the kernel: that is no leak.
ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=0"}


class Portal:
    """demo/portal on a free port."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, scene.ROOT / "demo/portal/portal.py", "--port", "0"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = "http://127.0.0.1:" + self.process.stdout.readline().strip().rstrip("/").rpartition(":")[2]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def shield():
    """Sanitized where it was built: the cases attack a parser."""
    with contextlib.ExitStack() as stack:
        portal = stack.enter_context(Portal())
        yield stack.enter_context(scene.Shield(portal, binary=scene.sanitized(), workers=1, env=ENVIRONMENT))


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

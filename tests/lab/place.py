"""Where things are; a free port; waiting."""
import collections
import contextlib
import os
import pathlib
import random
import socket
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("BOUCLIER", str(ROOT / "build/bouclier"))
SANITIZED = os.environ.get("BOUCLIER_ASAN", str(ROOT / "build-asan/bouclier"))
CRASHING = os.environ.get("BOUCLIER_CRASH", str(ROOT / "build-crash/bouclier"))
HOST = "www.commune.example"
# Of several processes that test side by side (pytest-xdist), each has ports of its own.
SELF, PROCESSES = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
GIVEN = collections.deque(maxlen=1000)  # ports: none twice in a row
WAIT = 10.0  # seconds that anything here may take on a busy machine before the test fails
# What an edge took it gives back, however it ends.
ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=1"}


def sanitized():
    """The program under sanitizers where it was built: for scenes that attack parsers."""
    return SANITIZED if os.access(SANITIZED, os.X_OK) else BINARY


def free_port():
    """Of those that the kernel gives to nobody by itself: no connection of another scene is in it when a shield comes."""
    while True:
        port = random.randrange(10240 + SELF, 32768, PROCESSES)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if port not in GIVEN:
                probe.bind(("127.0.0.1", port))
                GIVEN.append(port)
                return port


def make_folder(kind):
    """A folder of one's own below /tmp. Never pytest's tmp_path for what a shield reads: that lies in a folder which only its
    owner may enter, and started by root the edge and the check have given root's rights up."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"bouclier-{kind}-"))
    folder.chmod(0o755)
    return folder


def wait_until(condition, seconds=WAIT, what="the condition"):
    """Calls CONDITION until it is true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.02)

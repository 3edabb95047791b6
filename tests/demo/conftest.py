"""The portal of Aldersbeke, started once for its tests on a free port of the loopback address."""
import http.client
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def port():
    command = [sys.executable, ROOT / "demo/portal/portal.py", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as portal:
        try:
            yield int(portal.stdout.readline().strip().rstrip("/").rpartition(":")[2])
        finally:
            portal.terminate()


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()
        self.text = self.body.decode("utf-8", "replace")


@pytest.fixture
def ask(port):
    """ask(path, method=, body=, **headers): one request, its reply. Header names with _ for -."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def send(path, method="GET", body=None, **headers):
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return Reply(connection.getresponse())

    yield send
    connection.close()

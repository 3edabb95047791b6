"""The portal of Aldersbeke, started once for its tests."""
import http.client

import pytest

from lab import Portal, Reply


@pytest.fixture(scope="session")
def port():
    with Portal() as portal:
        yield portal.port


@pytest.fixture
def ask(port):
    """ask(path, method=, body=, **headers): one request, its reply. Header names with _ for -."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def send(path, method="GET", body=None, **headers):
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return Reply(connection.getresponse())

    yield send
    connection.close()

"""What a route's rewrite makes of a path, as the origin reads it: with only one half of it, with both, with nothing left."""
import http.client

import pytest
import lab

ROUTES = [
    {"path": "/strip/", "rewrite": {"strip": "/strip"}},
    {"path": "/add/", "rewrite": {"add": "/front"}},
    {"path": "/old/", "rewrite": {"strip": "/old", "add": "/new"}},
    {"path": "/all", "rewrite": {"strip": "/all"}},
    {"path": "/slashes/", "rewrite": {"strip": "/slashes", "add": "/behind/"}},
    {"path": "/other/", "rewrite": {"strip": "/elsewhere"}},
]


@pytest.fixture(scope="module")
def front():
    # Sanitized: the half that is not there is an empty text, which may be nowhere in memory.
    with lab.Origin() as origin, lab.Shield(origin, binary=lab.sanitized(), site={"routes": ROUTES},
                                                env={"ASAN_OPTIONS": "detect_leaks=1"}) as shield:
        yield origin, shield


@pytest.mark.parametrize("asked, read", [
    ("/strip/page", "/page"), ("/strip/", "/"), ("/strip/strip/x", "/strip/x"), ("/strip/page?back=/strip/", "/page?back=/strip/"),
    ("/add/page", "/front/add/page"), ("/add/?", "/front/add/?"),
    ("/old/page?q=1", "/new/page?q=1"), ("/old/%41", "/new/%41"),
    ("/all", "/"), ("/all?q", "/?q"), ("/slashes/page", "/behind/page"), ("/other/page", "/other/page"), ("/page", "/page"),
])
def test_the_origin_reads(front, asked, read):
    origin, shield = front
    connection = http.client.HTTPConnection("127.0.0.1", shield.plain, timeout=10)
    try:
        connection.request("GET", asked, headers={"Host": lab.HOST})
        assert connection.getresponse().status == 200
    finally:
        connection.close()
    assert origin.requests[-1].target == read

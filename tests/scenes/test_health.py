"""Active health checks: what is asked, what counts, what citizens notice of it, what an administrator is told."""
import socket
import statistics
import threading
import time

import pytest

import lab
from lab import HOST, free_port, response, server_context, wait_until


class Portal:
    """What an origin under test answers: a check, and everything else."""

    def __init__(self, start_origin, name, **options):
        self.name = name
        self.check = response(b"ok")
        self.checks = []
        self.origin = start_origin(self.answer, **options)
        self.url = self.origin.url

    def answer(self, request):
        if request.target == "/healthz":
            self.checks.append((time.monotonic(), request))
            return self.check(request) if callable(self.check) else self.check
        return response(self.name.encode())


CHECK = {"path": "/healthz", "interval": "100ms", "timeout": "500ms", "rise": 2, "fall": 2}


@pytest.fixture
def portals(start_origin):
    return [Portal(start_origin, name) for name in ("a", "b")]


@pytest.fixture
def checked(start_shield, portals):
    return start_shield({"sites": [{"name": HOST, "origins": [portal.url for portal in portals], "health": CHECK}]})


def served_by(shield, count=8):
    return {shield.get().body.decode() for _ in range(count)}


def test_a_check_is_a_plain_get(checked, portals):
    wait_until(lambda: len(portals[0].checks) > 2)
    request = portals[0].checks[0][1]
    assert request.first == "GET /healthz HTTP/1.1"
    assert request.get("host") == portals[0].url.removeprefix("http://")
    assert request.get("connection") == "close"
    assert request.get("user-agent") == "bouclier-health"
    assert request.body == b""


def test_checks_keep_their_pace_and_do_not_march_in_step(start_shield, portals):
    start_shield({"sites": [{"name": HOST, "origins": [portals[0].url], "health": {**CHECK, "interval": "200ms"}}]})
    wait_until(lambda: len(portals[0].checks) > 8)
    times = [at for at, _ in portals[0].checks]
    gaps = [after - before for before, after in zip(times, times[1:])]
    assert 0.15 < statistics.median(gaps) < 0.35, gaps  # one that comes late on a busy machine is the machine's
    assert max(gaps) - min(gaps) > 0.004, gaps


def test_an_ill_origin_is_left_and_found_again(checked, portals):
    assert served_by(checked) == {"a", "b"}
    portals[1].check = response(b"ill", "503 Service Unavailable")
    wait_until(lambda: not checked.origin(portals[1].url)["up"])
    assert served_by(checked) == {"a"}
    assert checked.origin(portals[1].url)["check"] == "answered 503"
    event = checked.event(event_action="origin-down")
    assert event["bouclier.origin"] == portals[1].url and event["bouclier.detail"] == "answered 503"
    assert f"the origin {portals[1].url} is down: answered 503" in checked.said()
    portals[1].check = response(b"ok")
    wait_until(lambda: checked.origin(portals[1].url)["up"])
    assert served_by(checked) == {"a", "b"}
    assert checked.event(event_action="origin-up")["bouclier.origin"] == portals[1].url
    assert [event["event.action"] for event in checked.journal() if event.get("event.action", "").startswith("origin-")] == ["origin-down", "origin-up"]


def test_rise_and_fall_are_counted(start_shield, portals):
    script = iter("ffofff" + "ofoo" + "o" * 1000)
    seen = []

    def check(_):
        seen.append(next(script))
        return response(b"", "200 OK" if seen[-1] == "o" else "500 Oops")

    shield = start_shield({"sites": [{"name": HOST, "origins": [portals[0].url, portals[1].url], "health": {**CHECK, "rise": 2, "fall": 3}}]})
    wait_until(lambda: portals[0].checks)  # the first decides alone; this one was good
    portals[0].check = check
    wait_until(lambda: "origin-up" in str(shield.journal()))
    down = shield.event(event_action="origin-down")["@timestamp"]
    up = shield.event(event_action="origin-up")["@timestamp"]
    assert down < up
    assert "".join(seen).startswith("ffofffofoo") and len(seen) <= 14, seen


def test_all_ill_serves_all_the_same(checked, portals):
    for portal in portals:
        portal.check = response(b"", "500 Oops")
    wait_until(lambda: not any(origin["up"] for origin in checked.status()["sites"][0]["origins"]))
    assert served_by(checked) == {"a", "b"}


@pytest.mark.parametrize("ranges,code,is_up", [("200-399", 302, True), ("200-399", 404, False), ("200,404", 404, True), ("204", 200, False)])
def test_which_statuses_count(start_shield, portals, ranges, code, is_up):
    portals[0].check = response(b"", f"{code} Whatever")
    shield = start_shield({"sites": [{"name": HOST, "origins": [portals[0].url], "health": {**CHECK, "status": ranges}}]})
    wait_until(lambda: len(portals[0].checks) > 3)
    assert shield.origin(portals[0].url)["up"] is is_up


def test_dead_from_the_start(start_shield, portals):
    """The first check decides alone."""
    dead = f"http://127.0.0.1:{free_port()}"
    shield = start_shield({"sites": [{"name": HOST, "origins": [dead, portals[0].url], "health": {**CHECK, "interval": "30s", "fall": 5}}]})
    wait_until(lambda: not shield.origin(dead)["up"], 3)
    assert "refused" in shield.origin(dead)["check"]
    assert shield.origin(portals[0].url)["up"]
    assert shield.get().body == b"a" and "bouclier.retries" not in shield.event(event_dataset="bouclier.request")


def test_silence_is_a_failure_and_checks_never_overlap(start_shield, start_origin):
    asked, most, lock = [], [], threading.Lock()

    def is_open(stream):
        try:
            return bool(stream.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return True
        except OSError:  # closed here as well
            return False

    def play(stream):
        lab.read_request(stream)
        with lock:
            asked.append(stream)
            most.append(sum(map(is_open, asked)))
        stream.rest()  # says nothing until the shield gives up

    silent = start_origin(script=play)
    shield = start_shield({"sites": [{"name": HOST, "origins": [silent.url], "health": {**CHECK, "timeout": "300ms"}}]})
    wait_until(lambda: len(most) > 3)
    assert max(most) == 1
    found = shield.origin(silent.url)
    assert not found["up"] and found["check"] == "no answer within 300 ms"


@pytest.mark.parametrize("reply,says", [
    (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "its answer is not HTTP"),
    (b"", "closed without an answer"),
    (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70000 + b"\r\n\r\n", "its answer is not HTTP"),
])
def test_what_is_no_answer(start_shield, start_origin, reply, says):
    def play(stream):
        lab.read_request(stream)
        stream.send(reply)

    strange = start_origin(script=play)
    shield = start_shield({"sites": [{"name": HOST, "origins": [strange.url], "health": CHECK}]})
    wait_until(lambda: not shield.origin(strange.url)["up"])
    assert shield.origin(strange.url)["check"] == says


def test_an_endless_page_is_not_read_on(start_shield, start_origin):
    sent = []

    def play(stream):
        lab.read_request(stream)
        stream.send(b"HTTP/1.1 200 OK\r\n\r\n")
        total = 0
        try:
            while total < 50_000_000:
                stream.send(b"x" * 16384)
                total += 16384
        finally:
            sent.append(total)

    endless = start_origin(script=play)
    shield = start_shield({"sites": [{"name": HOST, "origins": [endless.url], "health": CHECK}]})
    wait_until(lambda: len(sent) > 2)
    assert max(sent) < 8_000_000  # what the sockets between us hold
    assert shield.origin(endless.url) | {"up": True, "check": "answered 200"} == shield.origin(endless.url)


def test_interim_answers_and_a_page_cut_short(start_shield, portals):
    portals[0].check = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"
    shield = start_shield({"sites": [{"name": HOST, "origins": [portals[0].url], "health": {**CHECK, "timeout": "200ms"}}]})
    wait_until(lambda: len(portals[0].checks) > 2)
    assert shield.origin(portals[0].url)["check"] == "answered 200"


def test_tls_secret_and_host(start_shield, start_origin, certificates):
    portal = Portal(start_origin, "tls", context=server_context(certificates / "town.pem"))
    origin = {"url": portal.url, "ca": str(certificates / "ca.pem"), "sni": HOST, "host": "inner.example",
              "auth": {"header": "X-Key", "header_secret": "s3cret"}}
    shield = start_shield({"sites": [{"name": HOST, "origins": [origin], "health": CHECK}]})
    wait_until(lambda: len(portal.checks) > 1)
    request = portal.checks[0][1]
    assert request.get("host") == "inner.example" and request.get("x-key") == "s3cret"
    assert shield.origin(portal.url)["up"]
    assert shield.get().body == b"tls"


def test_a_certificate_that_is_not_trusted_is_a_failure(start_shield, start_origin, certificates):
    portal = Portal(start_origin, "tls", context=server_context(certificates / "self.pem"))
    origin = {"url": portal.url, "ca": str(certificates / "ca.pem"), "sni": HOST}
    shield = start_shield({"sites": [{"name": HOST, "origins": [origin], "health": CHECK}]})
    wait_until(lambda: not shield.origin(portal.url)["up"])
    assert "certificate" in shield.origin(portal.url)["check"]
    assert not portal.checks


@pytest.mark.parametrize("version,header", [("v1", b"PROXY UNKNOWN\r\n"), ("v2", b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0")])
def test_the_proxy_header_of_a_check_speaks_for_nobody(start_shield, start_origin, version, header):
    heads = []

    def play(stream):
        heads.append(stream.count(len(header)))
        lab.read_request(stream)
        stream.send(response(b"ok"))

    origin = start_origin(script=play)
    shield = start_shield({"sites": [{"name": HOST, "origins": [{"url": origin.url, "proxy_protocol": version}], "health": CHECK}]})
    wait_until(lambda: len(heads) > 1)
    assert heads[0] == header
    assert shield.origin(origin.url)["up"]


def test_a_reload_keeps_what_is_known(checked, portals):
    portals[1].check = response(b"", "500 Oops")
    wait_until(lambda: not checked.origin(portals[1].url)["up"])
    checked.site()["health"] = {**CHECK, "interval": "60s", "rise": 5}
    checked.apply()
    assert not checked.origin(portals[1].url)["up"]
    assert served_by(checked) == {"a"}


def test_a_reload_ends_checks_that_are_asked_for_no_more(checked, portals):
    wait_until(lambda: portals[0].checks)
    del checked.site()["health"]
    checked.apply()

    def rest():
        count = len(portals[0].checks)
        time.sleep(0.5)
        return len(portals[0].checks) == count
    wait_until(rest, what="no check but the one that was on its way")
    assert checked.origin(portals[0].url)["checked"] is False


def test_two_applications_on_one_server_are_judged_apart(start_shield, start_origin):
    def reply(request):
        return response(b"", "500 Oops" if request.target == "/b/alive" else "200 OK")

    server = start_origin(reply)
    shield = start_shield({"sites": [
        {"name": name, "origins": [server.url], "health": {**CHECK, "path": f"/{name[0]}/alive"}} for name in ("a.example", "b.example")]})

    def ups():
        return [site["origins"][0]["up"] for site in shield.status()["sites"]]

    wait_until(lambda: ups() == [True, False])


def test_requests_take_a_checked_origin_out_and_checks_bring_it_back(start_shield, start_origin):
    """Its check answers, its pages do not: failures in a row count although checks go well."""
    broken = []

    def play(stream):
        while True:
            request = lab.read_request(stream)
            if request.target == "/healthz":
                stream.send(response(b"ok"))
            elif broken:
                return
            else:
                stream.send(response(b"page"))

    origin = start_origin(script=play)
    shield = start_shield({"sites": [{"name": HOST, "origins": [origin.url], "health": {**CHECK, "interval": "1s", "fall": 2, "rise": 1}}]})
    assert shield.get().status == 200
    broken.append(1)
    for _ in range(3):
        assert shield.get().status == 502
    event = shield.event(event_action="origin-down", seconds=3)
    assert event["bouclier.detail"] == "requests to it failed"
    broken.clear()
    shield.event(event_action="origin-up", seconds=5)

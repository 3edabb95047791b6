"""Origins as sites name them: whose turn it is, who is asked again, how long is waited, and where their names lead."""
import concurrent.futures
import contextlib
import http.server
import re
import socket
import subprocess
import threading
import time

import pytest

from lab.pools import ask, counts, stage
from lab import BINARY, HOST, Origin, Shield, black_hole, exchange, get, response, wait_until


class Gate:
    """An answer that waits until the gate opens, for /hold; at_once: most that waited together."""

    def __init__(self):
        self.open, self.lock, self.inside, self.at_once = threading.Event(), threading.Lock(), 0, 0

    def __call__(self, request):
        if request.target == "/hold":
            with self.lock:
                self.inside += 1
                self.at_once = max(self.at_once, self.inside)
            self.open.wait(10)
            with self.lock:
                self.inside -= 1
        return response()


# -- names that move: begun here, looked at last, because it takes half a minute --

class Moving:
    """A shield in a mount namespace whose /etc/hosts is ours; portal.test is 127.0.0.1 and then 127.0.0.3."""

    def __init__(self, origin):
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"moved")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.3", origin.port), Answer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.shield = Shield(origin, start=False, site={"origins": [f"http://portal.test:{origin.port}"]})
        self.hosts = self.shield.folder / "hosts"
        self.say("127.0.0.1")
        self.shield.words = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(self.hosts)]
        self.shield.start()

    def say(self, *addresses):
        self.hosts.write_text("".join(f"{address} portal.test\n" for address in addresses))
        self.hosts.chmod(0o644)

    def close(self):
        self.shield.stop(check=False)
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module", autouse=True)
def moving():
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        yield None
        return
    with Origin(response(b"first")) as origin:
        scene = Moving(origin)
        try:
            assert get(scene.shield.plain).text == "first"
            scene.say("127.0.0.3")
            scene.since = time.monotonic()
            yield scene
        finally:
            scene.close()


# -- whose turn --

@pytest.mark.parametrize("weights", [(1, 1, 1), (1, 2, 3), (10, 1, 1)])
def test_round_robin_by_weight(weights):
    with stage(3, *[{"weight": weight} for weight in weights]) as (shield, origins):
        ask(shield, 120)
        for found, weight in zip(counts(origins), weights):
            assert abs(found - 120 * weight / sum(weights)) <= 6


@pytest.mark.parametrize("weights, held", [((1, 1), [2, 2]), ((3, 1), [3, 1])])
def test_least_connections(weights, held):
    """Those that are asked for most, by their weight, wait longest."""
    gate = Gate()
    with stage(2, *[{"weight": weight} for weight in weights], balance="least_connections") as (shield, origins), \
         concurrent.futures.ThreadPoolExecutor(4) as pool:
        for origin in origins:
            origin.answer = gate
        waiting = []
        for number in range(4):
            waiting.append(pool.submit(get, shield.plain, "/hold"))
            wait_until(lambda: gate.inside == number + 1)
        assert [len(origin.requests) for origin in origins] == held
        gate.open.set()
        assert {one.result().status for one in waiting} == {200}
        counts(origins)
        gate.open.clear()
        waiting = [pool.submit(get, shield.plain, "/hold")]
        wait_until(lambda: gate.inside == 1)
        busy = 0 if origins[0].requests else 1
        ask(shield, 10)
        if weights == (1, 1):
            # One waits there; another, who has his answer and asks again, may meet the other member's count before it is taken back.
            assert counts(origins)[busy] <= 3
        gate.open.set()
        assert waiting[0].result().status == 200


def serve(shield, origins):
    """Other members, by a reload."""
    shield.site()["origins"] = origins
    shield.apply()


CLIENTS = [f"198.51.100.{number}" for number in range(1, 121)]


def test_hash_keeps_a_client_with_its_member():
    """The same client, the same member; when one member goes only its own clients move, and they come back with it."""
    def homes(shield):
        return {client: ask(shield, 1, X_Forwarded_For=client)[0] for client in CLIENTS}

    with stage(4, balance="hash", shield={"trusted_proxies": ["127.0.0.1/32"]}) as (shield, origins):
        before = homes(shield)
        assert homes(shield) == before
        assert all(15 <= found <= 50 for found in [list(before.values()).count(str(number)) for number in range(4)])
        all_of_them = shield.site()["origins"]
        serve(shield, all_of_them[:2] + all_of_them[3:])
        after = homes(shield)
        assert {client for client in CLIENTS if before[client] != after[client]} == {client for client in CLIENTS if before[client] == "2"}
        serve(shield, all_of_them)
        assert homes(shield) == before
        serve(shield, list(reversed(all_of_them)))
        assert homes(shield) == before


def test_hash_minds_weights():
    with stage(2, {"weight": 3}, balance="hash", shield={"trusted_proxies": ["127.0.0.1/32"]}) as (shield, origins):
        for client in CLIENTS:
            ask(shield, 1, X_Forwarded_For=client)
        assert 70 <= counts(origins)[0] <= 108


def test_backup_when_all_others_are_down():
    with stage(3, {}, {}, {"backup": True}) as (shield, origins):
        ask(shield, 20)
        assert counts(origins)[2] == 0
        origins[0].close()
        ask(shield, 20)
        assert counts(origins)[1:] == [20, 0]
        origins[1].close()
        assert set(ask(shield, 20)) == {"2"}
        with Origin(response(b"back"), port=origins[1].port):
            wait_until(lambda: ask(shield, 1) == ["back"], 5, "the member is found again")
            assert "2" not in ask(shield, 10)


def cookie_of(answer):
    return answer.get("Set-Cookie").partition(";")[0]


def visitors(shield):
    """A cookie for each of two origins."""
    found = {}
    for _ in range(20):
        answer = get(shield.plain)
        found.setdefault(answer.text, cookie_of(answer))
    assert len(found) == 2
    return found


def test_sticky_cookie():
    with stage(2, sticky_cookie="seat") as (shield, origins):
        cookies = visitors(shield)
        for name, cookie in cookies.items():
            for sent in (cookie, f"a=b; {cookie}", f"{cookie}; c=d", f"seat=; {cookie}"):
                answers = [get(shield.plain, Cookie=sent) for _ in range(6)]
                assert {answer.text for answer in answers} == {name}
                assert not any(answer.all("Set-Cookie") for answer in answers)
        assert re.fullmatch(r"seat=[0-9a-f]{16}; Path=/; HttpOnly; SameSite=Lax", get(shield.plain).get("Set-Cookie"))
        assert get(shield.tls, tls=True).get("Set-Cookie").endswith("; Secure")
        for forged in ("seat=0000000000000000", "seat=junk", "seat=", "seat=" + "f" * 400, "seats=1"):
            assert set(ask(shield, 8, Cookie=forged)) == {"0", "1"}
            assert get(shield.plain, Cookie=forged).get("Set-Cookie")
        origins[0].close()
        answer = get(shield.plain, Cookie=cookies["0"])
        assert answer.text == "1" and cookie_of(answer) == cookies["1"]


def test_a_draining_member_keeps_its_visitors_and_gets_no_new_ones():
    with stage(2, sticky_cookie="seat") as (shield, origins):
        cookies = visitors(shield)
        serve(shield, [{"url": origins[0].url, "drain": True}, origins[1].url])
        assert set(ask(shield, 20)) == {"1"}
        assert set(ask(shield, 10, Cookie=cookies["0"])) == {"0"}
        origins[0].close()
        answer = get(shield.plain, Cookie=cookies["0"])
        assert answer.text == "1" and cookie_of(answer) == cookies["1"]


def test_slow_start():
    """Back from an illness, a member begins with a tenth of its share."""
    with stage(2, {"slow_start": "4s"}, health={"path": "/check", "interval": "100ms", "rise": 1, "fall": 1}) as (shield, origins):
        ill = threading.Event()
        origins[0].answer = lambda request: response(b"0", "503 Ill" if request.target == "/check" and ill.is_set() else "200 OK")
        assert 40 <= ask(shield, 100).count("0") <= 60
        ill.set()
        wait_until(lambda: "0" not in ask(shield, 4), 5, "the member is taken out")
        ill.clear()
        wait_until(lambda: "0" in ask(shield, 1), 5, "the member is back")
        began = time.monotonic()
        early = ask(shield, 100).count("0")
        assert time.monotonic() - began > 1 or early <= 30
        time.sleep(max(0, 4.2 - (time.monotonic() - began)))
        assert 40 <= ask(shield, 100).count("0") <= 60


# -- connections --

def converse(connection, count):
    for _ in range(count):
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        got = b""
        while not got.endswith(b"0"):
            piece = connection.recv(65536)
            assert piece
            got += piece
        assert got.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("keys, pause, wanted", [
    ({}, 0, 1), ({"kept_connections": 0}, 0, 20), ({"kept": "1s"}, 1.6, 2), ({"kept": "10s"}, 0.6, 1)])
def test_kept_connections(keys, pause, wanted):
    with stage(1, shield={"workers": 1}, **keys) as (shield, origins):
        ask(shield, 10)
        time.sleep(pause)
        ask(shield, 10)
        assert origins[0].accepted == wanted


def test_a_kept_connection_of_a_client_and_one_of_the_origin():
    with stage(1, shield={"workers": 1}) as (shield, origins):
        with socket.create_connection(("127.0.0.1", shield.plain), timeout=5) as client:
            converse(client, 50)
        assert origins[0].accepted == 1


def test_what_the_origin_closes_is_not_kept():
    with stage(1, shield={"workers": 1}) as (shield, origins):
        origins[0].answer = lambda request: response(b"0", "200 OK", "Connection: close")
        ask(shield, 5)
        assert origins[0].accepted == 5


# -- once more? --

def refuse(origin):
    origin.close()


def hang_up(origin):
    origin.answer = lambda request: None


def half_a_head(origin):
    def answer(request):
        request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
    origin.answer = answer


def garbage(origin):
    origin.answer = lambda request: b"220 smtp.example ESMTP\r\n"


FAULTS = [refuse, hang_up, half_a_head, garbage]


@pytest.fixture(scope="module")
def faulty():
    """A route for each fault: a broken origin, and a good one behind it."""
    with contextlib.ExitStack() as stack:
        good = stack.enter_context(Origin(response(b"good")))
        bad = {fault: stack.enter_context(Origin()) for fault in FAULTS}
        shield = stack.enter_context(Shield(good, site={"routes": [
            {"path": f"/{fault.__name__}", "origins": [bad[fault].url, {"url": good.url, "backup": True}], "health": {"fall": 100}} for fault in FAULTS]}))
        for fault in FAULTS:
            fault(bad[fault])
        yield shield, bad, good


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method, body, is_safe", [
    ("GET", None, True), ("HEAD", None, True), ("OPTIONS", None, True), ("DELETE", None, True), ("POST", b"x=1", False), ("POST", None, False),
    ("PATCH", b"x=1", False), ("PUT", b"x=1", False)])
def test_what_is_asked_again(faulty, fault, method, body, is_safe):
    """What never left us may go to the next; what did only if twice is as good as once."""
    shield, bad, good = faulty
    for origin in (bad[fault], good):
        origin.requests.clear()
    answer = get(shield.plain, f"/{fault.__name__}", method, body)
    is_repeated = is_safe or fault is refuse
    assert answer.status == (200 if is_repeated else 502)
    assert len(good.requests) == int(is_repeated)
    assert len(bad[fault].requests) == int(fault is not refuse)
    if is_repeated and body:
        assert good.requests[0].body == body


def test_a_post_on_a_connection_that_was_kept_is_not_sent_twice():
    """The origin takes it and dies: nobody knows what was done."""
    with stage(1, shield={"workers": 1}) as (shield, origins):
        ask(shield, 1)
        hang_up(origins[0])
        assert get(shield.plain, method="POST", body=b"pay=1").status == 502
        assert [request.method for request in origins[0].requests] == ["GET", "POST"]


def test_a_response_that_began_is_not_begun_again():
    def answer(request):
        request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        time.sleep(0.3)  # in one piece with the end, it would be lost in the reset that tells the client of the cut
    with stage(2, {}, {"backup": True}) as (shield, origins):
        origins[0].answer = answer
        got = exchange(shield.plain, f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        assert got.endswith(b"\r\n\r\nhalf") and not origins[1].requests


# -- limits and times --

@pytest.mark.parametrize("count, limit, workers", [(1, 1, 1), (1, 3, 2), (2, 2, 2)])
def test_limit(count, limit, workers):
    gate = Gate()
    with stage(count, *[{"limit": limit}] * count, shield={"workers": workers}, concurrency="off") as (shield, origins), \
         concurrent.futures.ThreadPoolExecutor(16) as pool:
        for origin in origins:
            origin.answer = gate
        waiting = [pool.submit(get, shield.plain, "/hold") for _ in range(12)]
        wait_until(lambda: sum(one.done() for one in waiting) == 12 - count * limit and gate.inside == count * limit)
        gate.open.set()
        answers = [one.result() for one in waiting]
        assert sorted(answer.status for answer in answers) == [200] * count * limit + [503] * (12 - count * limit)
        assert {answer.get("Retry-After") for answer in answers} == {None, "2"}
        assert gate.at_once == count * limit
        assert [answer.status for answer in (get(shield.plain) for _ in range(5))] == [200] * 5


@contextlib.contextmanager
def silent():
    """Accepts, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("port, scheme, key, status", [(black_hole, "http", "connect", 504), (silent, "https", "connect", 504),
                                                       (silent, "http", "first_byte", 504)])
def test_timeouts(port, scheme, key, status):
    with port() as number, Shield(site={"origins": [f"{scheme}://127.0.0.1:{number}"], "timeouts": {key: "400ms"}}) as shield:
        began = time.monotonic()
        assert get(shield.plain).status == status
        assert 0.35 < time.monotonic() - began < 2


def test_idle_in_the_middle_of_an_answer():
    def answer(request):
        request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        time.sleep(3)
    with Origin(answer) as origin, Shield(origin, site={"timeouts": {"idle": "400ms"}}) as shield:
        began = time.monotonic()
        got = exchange(shield.plain, f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        assert got.endswith(b"\r\n\r\nhalf") and 0.35 < time.monotonic() - began < 2
        shield.wait_journal(lambda line: "origin-timeout" in line.get("bouclier.reasons", []))


@pytest.mark.parametrize("fault, reason", [(refuse, "origin-connect"), (hang_up, "origin-broken"), (garbage, "origin-broken")])
def test_faults_are_502(fault, reason):
    with stage(1) as (shield, origins):
        fault(origins[0])
        assert get(shield.plain).status == 502
        line = shield.wait_journal(lambda line: line.get("http.response.status_code") == 502)
        assert line["bouclier.reasons"] == [reason], line


def test_passive_failure():
    """Three failures take a member out; one visitor in a while tries it, and what fails again waits twice as long."""
    with stage(2, {}, {"backup": True}, health={"fall": 3}) as (shield, origins):
        hang_up(origins[0])
        assert set(ask(shield, 5)) == {"1"} and counts(origins)[0] == 3
        time.sleep(1.1)
        ask(shield, 3)
        assert counts(origins)[0] == 1
        time.sleep(1.1)
        ask(shield, 2)
        assert counts(origins)[0] == 0
        origins[0].answer = response(b"well")
        wait_until(lambda: "well" in ask(shield, 1), 5, "the member is found again")
        assert set(ask(shield, 10)) == {"well"}


def test_active_checks_have_hysteresis():
    """One bad check of three takes nobody out, one good of two brings nobody back."""
    script, asked, may_answer = iter([200, 200, 503, 503, 200, 503, 503, 503, 200, 503, 200, 200]), [], threading.Semaphore(0)

    def answer(request):
        if request.target != "/check":
            return response(b"0")
        asked.append(request)
        may_answer.acquire(timeout=10)
        return response(b"", f"{next(script, 200)} Checked")

    def is_served(after):
        """Once AFTER checks are judged: the next one is asked then, and waits."""
        while len(asked) <= after:
            before = len(asked)
            may_answer.release()
            wait_until(lambda: len(asked) > before)
        return "0" in ask(shield, 6)

    with stage(2, health={"path": "/check", "interval": "150ms", "timeout": "10s", "fall": 3, "rise": 2}) as (shield, origins):
        origins[0].answer = answer
        wait_until(lambda: asked)
        assert [is_served(after) for after in (4, 5, 7, 8, 9, 10, 11, 12)] == [True, True, True, False, False, False, False, True]
        may_answer.release()


def test_a_route_has_checks_of_its_own():
    """It takes its origins from its site, and asks them something else."""
    with stage(2, routes=[{"path": "/app", "health": {"path": "/app/check", "interval": "100ms", "fall": 1, "rise": 1}}]) as (shield, origins):
        origins[0].answer = lambda request: response(b"0", "503 Ill" if request.target == "/app/check" else "200 OK")
        wait_until(lambda: "0" not in ask(shield, 6, path="/app/x"), 5, "the route leaves the ill member")
        assert set(ask(shield, 10)) == {"0", "1"}


# -- names --

def test_a_name_that_is_nobodys():
    """At the start: a sentence, and no shield. At a reload: a sentence, and the old one."""
    with Origin(response(b"0")) as origin, Shield(origin) as shield:
        good = shield.site()["origins"]
        shield.site()["origins"] = ["http://nobody.invalid:8080"]
        shield.write(shield.settings)
        worked, text = shield.reload()
        assert not worked and "nobody.invalid" in text and "cannot be found" in text, text
        assert get(shield.plain).text == "0"
        checked = subprocess.run([BINARY, "check", "--config", str(shield.config)], capture_output=True, text=True, timeout=30)
        assert checked.returncode == 1 and "nobody.invalid" in checked.stdout + checked.stderr
        other = Shield(start=False)
        other.site()["origins"] = ["http://nobody.invalid:8080"]
        other.write(other.settings)
        other.run()
        try:
            assert other.process.wait(30) == 1
            assert "nobody.invalid" in other.said() and "cannot be found" in other.said(), other.said()
        finally:
            other.stop(check=False)
        serve(shield, good)


def test_names_are_resolved_again(moving):
    if moving is None:
        pytest.skip("no mount namespace of our own (needs root)")
    shield = moving.shield
    wait_until(lambda: get(shield.plain).text == "moved", moving.since + 45 - time.monotonic(), "the name's new address")
    assert {get(shield.plain).text for _ in range(10)} == {"moved"}
    moving.say()
    assert get(shield.plain).text == "moved"

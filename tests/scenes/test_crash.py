"""Edges that die: by kill -9, at start, by a request. Citizens are served again within a second or few."""
import copy
import json
import os
import shutil
import signal
import socket
import ssl
import tempfile
import threading
import time

import pytest

from lab import CRASHING, HOST, Load, Origin, Shield, get, response, trusting, wait_until


def sequences(lines):
    return [line["event.sequence"] for line in lines]


def check_unbroken(lines):
    """No line lost, none doubled."""
    numbers = sequences(lines)
    assert numbers == list(range(1, len(numbers) + 1)), f"holes or doubles near {[n for i, n in enumerate(numbers, 1) if n != i][:5]}"
    rings = [line["bouclier.ring"] for line in lines if "bouclier.ring" in line]
    assert len(rings) == len(set(rings)), "a record of a ring was written twice"


def is_served(line):
    return line.get("http.response.status_code") == 200


def ids_of(lines):
    return [line["bouclier.request_id"] for line in lines if "bouclier.request_id" in line]


def test_kill_9_under_load():
    """Connections are accepted all the time; a new edge serves within a second; every answered request has one line, but one of each worker that
    was killed between the answer's last byte and its record."""
    shown = []

    def answer(request):
        shown.append(request.get("x-request-id"))
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    with Origin(answer, record=False) as origin, Shield(origin, may_die=True, log={"rate": "100000/s"}) as shield:
        longest = 0.0
        with Load(shield.plain, 3, kept=False, pause=0.001) as load:
            for _ in range(4):
                time.sleep(1.2)  # an edge that served a second is replaced at once
                edge = shield.edge()
                os.kill(edge, signal.SIGKILL)
                killed = time.monotonic()
                while True:  # never refused: the keeper holds the sockets
                    with socket.create_connection(("127.0.0.1", shield.plain), timeout=3) as probe:
                        probe.sendall(f"GET /probe HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
                        try:
                            if probe.recv(100).startswith(b"HTTP/1.1 200"):
                                break
                        except ConnectionResetError:
                            pass  # it was the dying edge's
                longest = max(longest, time.monotonic() - killed)
        assert longest < 1, f"served again after {longest:.2f} s"
        assert not [why for why in load.failures if "refused" in why.lower()], load.failures[:5]
        assert len(load.failures) <= 4 * 3, load.failures  # at most what was in flight, each time
        assert shield.status()["edge_deaths"] == 4
        between = 4 * shield.settings["workers"]
        wait_until(lambda: sum(is_served(line) for line in shield.journal()) >= load.served + 4 - between, what="a line of every answer")
        lines = shield.journal()
        check_unbroken(lines)
        check_unbroken(shield.journal("counts"))
        found = ids_of(lines)
        assert len(found) == len(set(found)), "a request has two lines"
        assert set(found) <= set(shown)


def slow_and_fast(gate):
    """/slow is answered once GATE is set."""
    def answer(request):
        if request.target.startswith("/slow"):
            request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
            gate.wait(20)
        return b"ok" if request.target.startswith("/slow") else response()
    return Origin(answer, record=False)


def ask_slowly(shield, count):
    found = []
    threads = [threading.Thread(target=lambda: found.append(get(shield.plain, "/slow", timeout=30).status)) for _ in range(count)]
    for thread in threads:
        thread.start()
    wait_until(lambda: shield.status()["connections"]["open"] >= count, 10, "the slow ones are there")
    return threads, found


def replace_edge(shield, workers):
    before = shield.edge()
    shield.write({**shield.settings, "workers": workers})
    worked, text = shield.reload()
    assert worked and json.loads(text)["generation"] == 2  # what serves now, not what the edge that answers has
    wait_until(lambda: shield.edge() != before and shield.is_ready(), 5, "another edge")


def test_lines_of_an_edge_that_outlives_its_successor():
    """One edge drains, the next is killed, a third serves: each has rings of its own, and every answer its line."""
    gate = threading.Event()
    with slow_and_fast(gate) as origin, Shield(origin, may_die=True, log={"rate": "100000/s"}) as shield:
        threads, found = ask_slowly(shield, 20)
        replace_edge(shield, 1)
        kill_edge(shield)
        with Load(shield.plain, 2, pause=0.001) as load:
            time.sleep(0.3)
            gate.set()
            for thread in threads:
                thread.join()
            time.sleep(0.2)
        assert found == [200] * 20 and not load.failures
        wait_until(lambda: sum(is_served(line) for line in shield.journal()) >= load.served + 20, what="a line of every answer")
        lines = shield.journal()
        check_unbroken(lines)
        slow, fast = ({line["bouclier.ring"].split("-")[0] for line in lines if line.get("url.path") == path} for path in ("/slow", "/"))
        assert slow and fast and not slow & fast, "two edges wrote to one ring"
        assert len([line for line in lines if line.get("url.path") == "/slow"]) == 20


def test_lines_of_an_edge_that_drains_at_the_end():
    """The shield ends while an edge before the last one still serves a download: that has its line, too."""
    gate = threading.Event()
    with slow_and_fast(gate) as origin, tempfile.TemporaryDirectory() as outer, Shield(origin, start=False, state=f"{outer}/state") as shield:
        os.chmod(outer, 0o755)
        shield.start()
        threads, found = ask_slowly(shield, 5)
        replace_edge(shield, 1)
        shield.signal(signal.SIGTERM)
        time.sleep(1)
        gate.set()
        for thread in threads:
            thread.join()
        assert found == [200] * 5 and shield.process.wait(10) == 0
        lines = shield.journal()
        check_unbroken(lines)
        assert len([line for line in lines if line.get("url.path") == "/slow"]) == 5


@pytest.mark.parametrize("broken", ["no state folder", "no journal folder", "the journal is a file"])
def test_a_new_edge_serves_without_its_folders(origin, broken):
    """Somebody removed the state folder, or unmounted it; then the edge dies. Lines may be lost, citizens are not."""
    with Shield(origin, may_die=True) as shield:
        shutil.rmtree(shield.state if broken == "no state folder" else shield.state / "journal")
        if broken == "the journal is a file":
            (shield.state / "journal").write_text("")
        kill_edge(shield)
        assert get(shield.plain, timeout=5).status == 200
        if broken == "the journal is a file":
            wait_until(lambda: "ALERT: the journal cannot be written" in shield.said(), 5)
        else:  # it is made anew
            shield.wait_journal(lambda line: line.get("http.response.status_code") == 200)


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: mounts")
def test_a_new_edge_does_not_wait_for_the_names(origin):
    """The name servers are down, or one of many origins has lost its name, and the edge dies: all others are served at once, and
    that one as soon as it has an address again."""
    named = {"name": "named.example", "hosts": ["named.example"], "origins": [f"http://portal.intern.example:{origin.port}"]}
    with Shield(origin, start=False, may_die=True) as shield:
        shield.write({**shield.settings, "sites": [*shield.settings["sites"], named]})
        hosts = shield.folder / "hosts"
        hosts.write_text("127.0.0.1 localhost portal.intern.example\n")
        shield.words = ["unshare", "-m", "--propagation", "private", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]
        shield.start()
        assert get(shield.plain, host="named.example").status == 200
        hosts.write_text("127.0.0.1 localhost\n")
        edge = shield.edge()
        os.kill(edge, signal.SIGKILL)
        started = time.monotonic()
        assert get(shield.plain, timeout=5).status == 200
        assert time.monotonic() - started < 2
        assert get(shield.plain, host="named.example").status in (502, 503)
        assert "the origin http://portal.intern.example" in shield.said()
        hosts.write_text("127.0.0.1 localhost portal.intern.example\n")
        wait_until(lambda: get(shield.plain, host="named.example").status == 200, 15, "the name is found again")


def test_sockets_survive(origin):
    """While there is no edge at all, connections wait in the queue and are then served."""
    with Shield(origin, may_die=True) as shield:
        os.kill(shield.edge(), signal.SIGKILL)
        time.sleep(0.03)
        assert get(shield.plain, timeout=5).status == 200


def test_ticket_keys_survive(origin):
    """A session of TLS is resumed by the edge after."""
    context = trusting()
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def shake(session):
        with socket.create_connection(("127.0.0.1", shield.tls), timeout=5) as raw, \
                context.wrap_socket(raw, server_hostname=HOST, session=session) as tls:
            return tls.session, tls.session_reused

    with Shield(origin, may_die=True) as shield:
        session, _ = shake(None)
        assert shake(session)[1]
        os.kill(shield.edge(), signal.SIGKILL)
        wait_until(shield.is_ready)
        assert shake(session)[1]


def test_keeper_restarts_resolve(origin):
    with Shield(origin, may_die=True) as shield:
        pid = next(pid for pid, role in shield.children().items() if role == "resolve")
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: [p for p, role in shield.children().items() if role == "resolve" and p != pid], 5, "a new resolve")
        assert get(shield.plain).status == 200 and shield.reload()[0]


def test_deaths_after_a_reload_lead_back(origin):
    """Three deaths in 30 s with a new configuration: the last good one; three more: the reduced edge."""
    with Shield(origin, may_die=True) as shield:
        settings = copy.deepcopy(shield.settings)
        settings["sites"][0]["maintenance"] = True
        shield.write(settings)
        assert shield.reload()[0] and get(shield.plain).status == 503
        for count in range(3):
            kill_edge(shield)
        wait_until(lambda: shield.status()["fallen_back"], 5, "the last good configuration")
        assert get(shield.plain).status == 200
        assert "ALERT" in shield.said() and "back to the last good one" in shield.said()
        for count in range(3):
            kill_edge(shield)
        wait_until(lambda: shield.status()["reduced"], 5, "the reduced edge")
        assert get(shield.plain).status == 200 and "goes on reduced" in shield.said()


def kill_edge(shield):
    edge = wait_until(lambda: shield.is_ready() and shield.edge(), 10, "an edge")
    os.kill(edge, signal.SIGKILL)
    wait_until(lambda: shield.is_ready() and shield.edge() not in (None, edge), 10, "the next edge")


def test_a_keeper_that_was_told_to_ignore_its_children_sees_them_die(origin):
    """Ignored SIGCHLD is inherited: the kernel would bury the edge, and the keeper wait for it for ever."""
    with Shield(origin, may_die=True, words=["env", "--ignore-signal=CHLD"]) as shield:
        kill_edge(shield)
        assert get(shield.plain).status == 200


# -- a request that kills: needs a binary made for it --

needs_crashing = pytest.mark.skipif(not os.access(CRASHING, os.X_OK), reason="no build that dies on demand (tools/build crash)")


def crash(shield, path):
    """What a visitor of PATH is answered: a status, or 0 when the connection died."""
    try:
        return get(shield.plain, path, timeout=5).status
    except OSError:
        return 0


@needs_crashing
def test_request_that_kills_is_quarantined(origin):
    """The second death names the culprit: from then on it is answered 503, and nobody else notices anything."""
    with Shield(origin, binary=CRASHING, may_die=True, env={"BOUCLIER_CRASH_PATH": "/killer"}) as shield:
        assert get(shield.plain, "/").status == 200
        assert crash(shield, "/killer?a=1") == 0
        assert get(shield.plain, "/", timeout=5).status == 200
        assert crash(shield, "/killer?b=2") == 0
        started = time.monotonic()
        assert get(shield.plain, "/", timeout=5).status == 200
        assert time.monotonic() - started < 5
        for query in ("", "?a=1", "?c=3"):
            answer = get(shield.plain, "/killer" + query)
            assert answer.status == 503
        assert shield.status()["edge_deaths"] == 2 and not shield.status()["reduced"]
        line = shield.wait_journal(lambda line: line.get("url.path") == "/killer" and line.get("http.response.status_code") == 503)
        assert "quarantine" in str(line)
        assert f"answered 503: GET {HOST}/killer" in shield.said()
        assert not any("/killer" in request.target for request in origin.requests)


@needs_crashing
def test_worker_that_hangs_ends_and_its_request_is_quarantined(origin):
    """The other workers serve on meanwhile; the keeper starts a new edge; what hung twice is answered 503."""
    with Shield(origin, binary=CRASHING, may_die=True, env={"BOUCLIER_HANG_PATH": "/hang"}) as shield:
        for deaths in (1, 2):
            assert crash(shield, f"/hang?{deaths}") == 0
            wait_until(lambda: shield.status()["edge_deaths"] == deaths, 10, "the death of the edge that hung")
            wait_until(lambda: crash(shield, "/") == 200, 10, "service after it")
        assert "hangs" in shield.said()
        assert get(shield.plain, "/hang?3").status == 503
        assert f"answered 503: GET {HOST}/hang" in shield.said()


def test_kill_9_accuses_nobody(origin):
    """An edge that is killed from outside while it serves a page does not have that page refused."""
    with Shield(origin, may_die=True) as shield, Load(shield.plain, 3, path="/busy", retries=True):
        for _ in range(2):
            kill_edge(shield)
        time.sleep(0.3)
        assert get(shield.plain, "/busy").status == 200 and "answered 503" not in shield.said()


@needs_crashing
def test_many_requests_that_kill_lead_to_the_reduced_edge(origin):
    """Other addresses each time: no quarantine knows them. The reduced edge leaves out what they die in, and serves all."""
    with Shield(origin, binary=CRASHING, may_die=True, env={"BOUCLIER_CRASH_PATH": "/kill"}) as shield:
        started = time.monotonic()
        for count in range(3):
            assert crash(shield, f"/kill{count}") == 0
        assert get(shield.plain, "/", timeout=5).status == 200
        assert time.monotonic() - started < 5, "others waited too long"
        wait_until(lambda: shield.status()["reduced"], 5, "the reduced edge")
        assert crash(shield, "/kill9") == 200
        assert "ALERT" in shield.said()

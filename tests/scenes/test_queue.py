"""Admission: an origin is given as many requests at once as it can do, the rest waits for its turn, and what would be late is refused."""
import concurrent.futures
import contextlib
import subprocess
import threading
import time

import pytest

from lab import BINARY, HOST, Origin, Shield, Talk, get, h2, response, wait_until

from test_http1_websocket import ASK, SWITCH

ONE = {"floor": 1, "start": 1, "ceiling": 1, "reserved": 0}
HOLDS = f"GET /hold HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


class Portal(Origin):
    """It computes AT_ONCE pages together, SECONDS each; what else it is given waits inside. /hold waits until `gate` is open. `most`: as many as it
    ever had together, waiting ones included."""

    def __init__(self, at_once=4, seconds=0.05):
        self.places, self.seconds, self.gate = threading.Semaphore(at_once), seconds, threading.Event()
        self.lock, self.inside, self.most, self.done = threading.Lock(), 0, 0, 0
        super().__init__(self.page, record=False)

    def page(self, request):
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        if request.target == "/hold":
            self.gate.wait(20)
        else:
            with self.places:
                time.sleep(self.seconds)
        with self.lock:
            self.inside -= 1
            self.done += 1
        return response(b"a page")

    def close(self):
        self.gate.set()
        super().close()


@contextlib.contextmanager
def stage(portal=None, shield=None, **site):
    site.setdefault("cache", "off")  # or equal requests would wait for the first one's answer, and not here
    with portal or Portal() as origin, Shield(origin, site=site, trusted_proxies=["127.0.0.1"], **(shield or {})) as front:
        yield front, origin


def places(shield, origin):
    return shield.origin(origin.url)


def waiting(shield, origin, count):
    wait_until(lambda: places(shield, origin)["waiting"] == count, what=f"{count} wait")


class Crowd:
    """COUNT requests at the same time, each with its own connection: (status, seconds, retry-after) of each."""

    def __init__(self, shield, count, path="/", source=None):
        self.shield, self.path, self.source = shield, path, source
        self.pool = concurrent.futures.ThreadPoolExecutor(count)
        self.futures = [self.pool.submit(self.ask, number) for number in range(count)]

    def ask(self, number):
        began = time.monotonic()
        source = self.source or f"198.18.{number // 250}.{number % 250 + 1}"
        reply = self.shield.get(self.path, ("X-Forwarded-For", source), wait=20)
        return reply.status, time.monotonic() - began, reply.get("retry-after")

    def answers(self):
        found = [future.result() for future in self.futures]
        self.pool.shutdown()
        return found


# -- calm --

def test_nobody_waits_on_a_calm_day():
    with stage() as (shield, origin):
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            replies = list(pool.map(lambda _: shield.get("/"), range(60)))
        assert [reply.status for reply in replies] == [200] * 60
        assert "queue" not in shield.status()["sites"][0]["decisions"] and places(shield, origin)["waiting"] == 0
        wait_until(lambda: places(shield, origin)["held"] == 0, what="all places are free")


# -- a flood --

def test_what_an_origin_cannot_do_waits_or_is_refused():
    """Eighty pages a second are possible; five hundred ask at once, twice."""
    with stage(concurrency={"floor": 2, "start": 4, "ceiling": 6, "reserved": 0}) as (shield, origin):
        first, second = (Crowd(shield, 500).answers() for _ in range(2))
        assert origin.most <= 6
        served = [seconds for status, seconds, _ in second if status == 200]
        refused = [(seconds, after) for status, seconds, after in second if status == 503]
        assert len(served) + len(refused) == 500 and len(served) > 100 and len(refused) > 200
        # 2 s, and what five hundred threads of this test take to begin and to read.
        assert max(served) < 3.5, max(served)
        assert {after for _, after in refused} <= {"2", "3", "4", "5"} and len({after for _, after in refused}) > 1
        assert sorted(seconds for seconds, _ in refused)[len(refused) // 2] < 1.5
        assert {status for status, _, _ in first} == {200, 503}
        wait_until(lambda: places(shield, origin)["held"] == 0, what="all places are free")
        assert get(shield.plain).status == 200


def test_the_limit_is_learned():
    """Four at once are possible, and a hundred ask together: one limit of all workers, not far above that."""
    with stage(Portal(4, 0.02)) as (shield, origin):
        end = time.monotonic() + 5
        while time.monotonic() < end:
            Crowd(shield, 100).answers()
        assert 4 <= places(shield, origin)["limit"] <= 40, places(shield, origin)
        assert origin.most <= 64


def test_refusal_and_wait_are_told():
    with stage(concurrency={**ONE, "patience": "500ms"}) as (shield, origin), Talk(shield.plain) as holder:
        holder.send(HOLDS)
        wait_until(lambda: origin.inside == 1)
        began = time.monotonic()
        late = shield.get("/", ("Accept-Language", "nl"))
        assert late.status == 503 and 0.4 < time.monotonic() - began < 2
        assert "Heel veel mensen" in late.text and late.get("retry-after") in "2345" and late.get("cache-control") == "no-store"
        line = shield.event_of(late)
        assert line["bouclier.decision"] == "limit" and line["bouclier.reasons"] == ["queue-late"] and line["bouclier.wait_us"] > 400_000
        with Talk(shield.plain) as patient:
            patient.ask()
            waiting(shield, origin, 1)
            origin.gate.set()
            reply = patient.answer()
        assert reply.status == 200 and holder.answer().status == 200
        line = shield.event_of(reply)
        assert line["bouclier.decision"] == "queue" and line["bouclier.wait_us"] > 0
        text = shield.ask("/metrics").text
        assert "bouclier_origin_requests_limit{" in text and "bouclier_origin_requests_waiting{" in text


# -- who is next --

def test_one_request_is_not_behind_a_thousand_of_another():
    with stage(Portal(1, 0.05), concurrency={"floor": 1, "start": 1, "ceiling": 2, "reserved": 0, "patience": "30s"}) as (shield, origin):
        assert get(shield.plain).status == 200
        greedy = Crowd(shield, 200, source="198.18.0.1")
        wait_until(lambda: places(shield, origin)["waiting"] > 150, what="many wait")
        before = origin.done
        reply = shield.get("/", ("X-Forwarded-For", "198.18.9.9"))
        assert reply.status == 200 and origin.done - before < 30
        assert {status for status, _, _ in greedy.answers()} == {200}


def test_priority_routes_have_their_place():
    with stage(Portal(2, 0.05), priority_routes=["/urgences/"], concurrency={"floor": 2, "start": 2, "ceiling": 2, "patience": "30s"}) as (shield, origin):
        flood = Crowd(shield, 150)
        wait_until(lambda: places(shield, origin)["waiting"] > 100, what="many wait")
        for path in ("/urgences", "/urgences/", "/urgences/now"):
            before = origin.done
            assert get(shield.plain, path).status == 200
            assert origin.done - before < 8
        before = origin.done
        assert shield.get("/urgences/../", wait=30).status == 200
        assert origin.done - before > 10  # read in another way it is no priority route
        flood.answers()
        assert origin.most == 2


# -- who has gone --

@pytest.mark.parametrize("reset", [False, True])
def test_a_client_that_goes_away_leaves_the_queue(reset):
    with stage(concurrency=ONE) as (shield, origin), Talk(shield.plain) as holder:
        holder.send(HOLDS)
        wait_until(lambda: origin.inside == 1)
        gone = Talk(shield.plain)
        gone.ask("GET", "/gone")
        waiting(shield, origin, 1)
        gone.close(reset=reset)
        waiting(shield, origin, 0)
        origin.gate.set()
        assert holder.answer().status == 200
        assert shield.event(url_path="/gone")["bouclier.reasons"] == ["client-gone"]
        wait_until(lambda: places(shield, origin)["held"] == 0)
        assert get(shield.plain).status == 200 and origin.done == 2


def test_streams_wait_and_give_up():
    with stage(concurrency=ONE) as (shield, origin), h2.Client(shield.tls, True) as client:
        holder = client.request(path="/hold")
        wait_until(lambda: origin.inside == 1)
        streams = [client.request() for _ in range(5)]
        waiting(shield, origin, 5)
        client.rst(streams[2])
        waiting(shield, origin, 4)
        origin.gate.set()
        answers = client.wait(holder, *streams[:2], *streams[3:])
        assert [answer.status for answer in answers] == [200] * 5
        assert origin.most == 1 and origin.done == 5


def test_a_connection_full_of_waiting_streams_closes():
    with stage(concurrency=ONE) as (shield, origin), Talk(shield.plain) as holder:
        holder.send(HOLDS)
        wait_until(lambda: origin.inside == 1)
        with h2.Client(shield.tls, True) as client:
            for _ in range(20):
                client.request()
            waiting(shield, origin, 20)
        waiting(shield, origin, 0)
        origin.gate.set()
        assert holder.answer().status == 200 and get(shield.plain).status == 200


def test_the_place_of_who_hangs_up_stays_taken():
    """A page is computed to its end, whether somebody waits for it or not: who asks and hangs up, again and again, has no more of it than who waits."""
    seconds = 0.25
    with stage(Portal(8, seconds), concurrency={"floor": 2, "start": 2, "ceiling": 2, "reserved": 0}) as (shield, origin):
        assert all(shield.get(f"/{i}").status == 200 for i in range(4))
        began, done = time.monotonic(), origin.done
        with h2.Client(shield.tls, True) as client:
            while time.monotonic() < began + 4 * seconds:
                stream = client.request(path="/hung-up")
                time.sleep(0.01)  # until it is there
                client.rst(stream)
            wait_until(lambda: origin.inside == 0)
            # As many as two places let in; and one each that a place is free a moment before the page is done.
            assert origin.most <= 4 and 4 <= origin.done - done <= 2 * 6, (origin.most, origin.done - done)
        wait_until(lambda: places(shield, origin)["held"] == 0, what="all places are free")
        assert get(shield.plain).status == 200


# -- the origin --

def test_the_origin_dies_meanwhile():
    portal = Portal()
    with stage(portal, concurrency=ONE) as (shield, origin), Talk(shield.plain) as holder:
        holder.send(HOLDS)
        wait_until(lambda: origin.inside == 1)
        crowd = Crowd(shield, 20)
        waiting(shield, origin, 20)
        began = time.monotonic()
        origin.is_closing = True
        origin._shut(origin.listener)
        origin.listener.close()
        for each in list(origin.connections):
            origin._shut(each.sock)
        assert {status for status, _, _ in crowd.answers()} <= {502, 503, 504} and time.monotonic() - began < 3
        wait_until(lambda: (found := places(shield, origin)) and not found["held"] and not found["waiting"], what="nobody is left")
        origin.gate.set()


def test_a_reload_meanwhile():
    with stage(concurrency=ONE) as (shield, origin), Talk(shield.plain) as holder:
        holder.send(HOLDS)
        wait_until(lambda: origin.inside == 1)
        crowd = Crowd(shield, 10)
        waiting(shield, origin, 10)
        shield.site()["concurrency"] = {"floor": 1, "start": 1, "ceiling": 2, "reserved": 0}
        shield.apply()
        assert places(shield, origin)["waiting"] >= 9
        origin.gate.set()
        assert [status for status, _, _ in crowd.answers()] == [200] * 10
        assert holder.answer().status == 200 and origin.most <= 2


def test_what_was_learned_outlives_a_reload():
    with stage(Portal(1, 0.02), concurrency={"floor": 1, "start": 30, "reserved": 0}) as (shield, origin):
        end = time.monotonic() + 10
        while places(shield, origin)["limit"] > 25 and time.monotonic() < end:
            Crowd(shield, 60).answers()
        before = places(shield, origin)["limit"]
        shield.site()["contact"] = "tel:112"
        shield.apply()
        assert before < 30 and places(shield, origin)["limit"] == before  # one that begins anew begins at 30


def test_a_hard_limit_holds_and_the_rest_waits():
    with Portal(8, 0.05) as origin, Shield(origin, site={"origins": [{"url": origin.url, "limit": 2}]}) as shield:
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            assert {reply.status for reply in pool.map(lambda _: get(shield.plain), range(20))} == {200}
        assert origin.most == 2


def test_another_origin_is_asked_before_anybody_waits():
    with Portal() as one, Portal() as other, Shield(one, site={"origins": [one.url, other.url], "concurrency": ONE}) as shield, \
         Talk(shield.plain) as first, Talk(shield.plain) as second:
        for talk in (first, second):
            talk.send(HOLDS)
            wait_until(lambda: one.inside + other.inside == (1 if talk is first else 2))
        assert (one.inside, other.inside) == (1, 1)
        one.gate.set()
        other.gate.set()
        assert first.answer().status == second.answer().status == 200


def test_off_is_off():
    with stage(routes=[{"path": "/hold", "concurrency": "off"}], concurrency=ONE) as (shield, origin):
        crowd = Crowd(shield, 20, "/hold")
        wait_until(lambda: origin.inside == 20)
        assert get(shield.plain).status == 200 and places(shield, origin)["held"] == 0
        origin.gate.set()
        assert {status for status, _, _ in crowd.answers()} == {200}


def test_a_bypassed_site_is_not_queued():
    with stage(concurrency=ONE) as (shield, origin):
        subprocess.run([BINARY, "bypass", HOST, "--for", "10m", "--reason", "a test", "--config", str(shield.config)], check=True, capture_output=True)
        crowd = Crowd(shield, 10, "/hold")
        wait_until(lambda: origin.inside == 10)
        origin.gate.set()
        assert {status for status, _, _ in crowd.answers()} == {200}


# -- who holds no place --

def head(length, path="/"):
    return f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\n{length}\r\n\r\n".encode()


@contextlib.contextmanager
def full():
    """Somebody has the only place: who comes now has to wait. The gate lets him go."""
    with stage(concurrency=ONE) as (shield, origin), Talk(shield.plain) as holder:
        holder.send(HOLDS)
        wait_until(lambda: origin.inside == 1)
        yield shield, origin


@pytest.mark.parametrize("length, parts", [("Content-Length: 2000", (b"x" * 1000, b"y" * 1000)),
                                           ("Transfer-Encoding: chunked", (b"3e8\r\n" + b"x" * 1000, b"\r\n3e8\r\n" + b"y" * 1000 + b"\r\n0\r\n\r\n"))],
                         ids=["length", "chunked"])
def test_a_body_that_drips_takes_no_place(length, parts):
    with full() as (shield, origin), Talk(shield.plain) as slow:
        slow.send(head(length) + parts[0])
        time.sleep(0.3)
        assert places(shield, origin)["waiting"] == 0
        origin.gate.set()
        assert get(shield.plain).status == 200 and origin.done == 2
        slow.send(parts[1])
        assert slow.answer("POST").status == 200 and origin.done == 3


def test_a_stream_that_drips_takes_no_place():
    with full() as (shield, origin), h2.Client(shield.tls, True) as client:
        slow = client.request(body=b"x" * 1000, ends=False, method="POST")
        time.sleep(0.3)
        assert places(shield, origin)["waiting"] == 0
        origin.gate.set()
        assert client.get("/").status == 200
        client.data(b"y" * 1000, slow)
        assert client.wait(slow)[0].status == 200 and origin.done == 3


def test_who_expects_100_continue_gets_it_before_a_place():
    with full() as (shield, origin), Talk(shield.plain) as slow:
        slow.send(head("Content-Length: 5\r\nExpect: 100-continue"))
        assert slow.head().status == 100 and places(shield, origin)["waiting"] == 0
        slow.send(b"hello")
        waiting(shield, origin, 1)
        origin.gate.set()
        assert slow.answer("POST").status == 200


def test_a_body_that_ends_too_soon_is_refused_before_a_place():
    with full() as (shield, origin), Talk(shield.plain) as cut:
        cut.send(head("Content-Length: 5") + b"hel")
        cut.finish()
        assert cut.answer("POST").status == 400
        origin.gate.set()
        wait_until(lambda: origin.done == 1)
        assert places(shield, origin)["waiting"] == 0 and origin.done == 1


def test_a_large_upload_holds_its_place_only_while_it_comes():
    with stage(concurrency=ONE) as (shield, origin), Talk(shield.plain) as slow:
        slow.send(head("Content-Length: 200000") + b"x" * 100_000)
        wait_until(lambda: origin.accepted == 1)
        wait_until(lambda: places(shield, origin)["held"] == 0, what="its place is free")
        assert get(shield.plain).status == 200
        slow.send(b"y" * 100_000)
        assert slow.answer("POST").status == 200
        wait_until(lambda: places(shield, origin)["held"] == 0, what="its place is free again")


def test_a_held_body_waits_and_is_served_whole():
    with Origin(lambda request: response(request.body), record=False) as echo, \
         Shield(echo, rules='SecRuleEngine On\nSecRequestBodyAccess On\nSecRule ARGS "@contains evil" "id:1,phase:2,deny"\n', site={"concurrency": ONE}) as shield:
        bodies = [f"a={number}&b=".encode() + b"z" * 30_000 for number in range(12)]
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            replies = list(pool.map(lambda body: shield.get("/", ("Content-Type", "application/x-www-form-urlencoded"), method="POST", body=body), bodies))
        assert [reply.status for reply in replies] == [200] * 12 and [reply.body for reply in replies] == bodies


def test_a_websocket_holds_no_place():
    ended = threading.Event()

    def script(stream):
        request = portal.read(stream)
        if request.get("upgrade"):
            stream.send(SWITCH)
            stream.rest()
        elif request.target == "/events":
            stream.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\ndata: 1\n\n")
            ended.wait(20)
        elif request.target == "/large":
            stream.send(response(b"x" * 30_000_000))
        else:
            stream.send(response())

    with Origin(script=script) as portal, Shield(portal, site={"concurrency": ONE}) as shield, contextlib.ExitStack() as stack:
        for _ in range(3):
            talk = stack.enter_context(Talk(shield.plain))
            talk.ask("GET", "/ws", *ASK)
            assert talk.head().status == 101
            talk = stack.enter_context(Talk(shield.plain))
            talk.ask("GET", "/events")
            assert talk.head().status == 200
            stack.enter_context(Talk(shield.plain)).ask("GET", "/large")  # and does not read it
            wait_until(lambda: shield.origin(portal.url)["held"] == 0, what="no place is held")
        client = stack.enter_context(h2.Client(shield.tls, True, reads=False))
        client.request(path="/large")
        wait_until(lambda: shield.origin(portal.url)["at_work"] == 10, what="it is on its way")
        wait_until(lambda: shield.origin(portal.url)["held"] == 0, what="nor by a stream that is not read")
        assert get(shield.plain).status == 200
        ended.set()


# -- everything at once --

def test_many_come_and_go_over_all_workers():
    """Clients that leave while they wait, streams that are reset, and reloads: afterwards every place is free, and nobody waits."""
    with stage(Portal(4, 0.005), shield={"workers": 4}, concurrency={"floor": 2, "start": 2, "ceiling": 4, "reserved": 0}) as (shield, origin):
        ended = threading.Event()

        def leave():
            while not ended.is_set():
                with Talk(shield.plain) as talk:
                    talk.ask()
                    time.sleep(0.003)

        def reset():
            while not ended.is_set():
                with h2.Client(shield.tls, True) as client:
                    for stream in [client.request() for _ in range(10)][::2]:
                        client.rst(stream)

        def stay():
            while not ended.is_set():
                assert get(shield.plain).status in (200, 503)

        with concurrent.futures.ThreadPoolExecutor(18) as pool:
            futures = [pool.submit(work) for work in [leave] * 6 + [reset] * 4 + [stay] * 8]
            for _ in range(5):
                time.sleep(1)
                shield.apply()
            ended.set()
            for future in futures:
                future.result()
        wait_until(lambda: (found := places(shield, origin)) and not found["held"] and not found["waiting"] and not found["at_work"], what="nobody is left")
        assert origin.most <= 4 + 18 and get(shield.plain).status == 200  # those who left are computed to the end

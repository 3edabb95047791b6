"""A flood of strangers who ask for pages: they are asked for proof as long as it lasts, not as long as they queue, and have nothing of the portal
meanwhile; who was here before, who proves himself, and programs are served."""
import concurrent.futures
import threading
import time
from collections import Counter

import lab
from test_challenge import PAGE, Client, admitted, is_page
from test_queue import Portal, stage, places

CITIZEN = "192.0.2.77"


class Flood:
    """So many sources that ask for pages without a pause and understand nothing of what they are told."""

    def __init__(self, shield, sources=40, path="/", fields=PAGE):
        self.shield, self.path, self.fields, self.ended, self.statuses = shield, path, fields, threading.Event(), []
        self.pool = concurrent.futures.ThreadPoolExecutor(sources)
        self.futures = [self.pool.submit(self.ask, f"198.18.7.{number + 1}") for number in range(sources)]

    def ask(self, source):
        while not self.ended.is_set():
            self.statuses.append(self.shield.get(self.path, *self.fields, ("X-Forwarded-For", source), wait=20).status)
            time.sleep(0.05)

    def end(self):
        self.ended.set()
        for future in self.futures:
            future.result()
        self.pool.shutdown()


def test_a_flood_is_asked_as_long_as_it_lasts():
    with stage(Portal(1, 0.02), shield={"workers": 2}) as (shield, origin):
        citizen = Client((origin, shield), source=CITIZEN)
        assert citizen.ask("/").status == 200
        time.sleep(1.2)  # seen a second before it begins: that is known
        flood = Flood(shield)
        lab.wait_until(lambda: flood.statuses.count(503) > 50, what="the flood is asked")
        began = time.monotonic()
        solver = admitted((origin, shield), source="192.0.2.78")
        time.sleep(1)  # what waited when it was seen is served, or asked
        done, asked = origin.done, len(flood.statuses)
        for _ in range(20):
            assert citizen.ask("/").status == 200 and solver.ask("/").status == 200
            assert shield.get("/feed", ("Accept", "application/rss+xml"), ("X-Forwarded-For", "192.0.2.79")).status == 200
            time.sleep(0.05)
        assert origin.done - done <= 60 + 3  # nobody else's
        assert set(flood.statuses[asked:]) == {503} and len(flood.statuses) - asked > 100
        flood.end()
        assert is_page(Client((origin, shield), source="192.0.2.80").ask("/"))  # a moment later: it may begin again
        stranger = Client((origin, shield), source="192.0.2.81")
        while is_page(stranger.ask("/")):
            assert time.monotonic() - began < 30
            time.sleep(1)  # or this one alone asks for as much as the portal can do


def test_who_waited_in_vain_is_asked():
    """The first one comes while all is calm, and waits; nothing says yet how long."""
    with stage(Portal(1, 0.02), concurrency={"floor": 1, "start": 1, "ceiling": 1, "reserved": 0}) as (shield, origin), lab.Talk(shield.plain) as holder:
        holder.send(f"GET /hold HTTP/1.1\r\nHost: {lab.HOST}\r\n\r\n".encode())
        lab.wait_until(lambda: origin.inside == 1)
        began = time.monotonic()
        reply = Client((origin, shield), source="192.0.2.82").ask("/")
        assert is_page(reply) and 0.4 < time.monotonic() - began < 1.5
        program = shield.get("/feed", ("Accept", "*/*"), ("X-Forwarded-For", "192.0.2.83"))
        assert program.status == 503 and not is_page(program) and program.get("retry-after")
        assert places(shield, origin)["waiting"] == 0
        origin.gate.set()


class DearPortal(Portal):
    """What lies under /dear takes it a second, beside all else."""

    def page(self, request):
        if request.target.startswith("/dear"):
            time.sleep(1)
            return lab.response(b"a dear page")
        return super().page(request)


def served(client, count):
    """Of what belongs to pages: of those nobody asks for too many a second."""
    return sum(client.ask("/", page=False).status == 200 for _ in range(count))


def test_who_takes_too_long_of_the_portal_waits_behind_the_rest():
    """Two with tokens; one of them has the portal compute for half a minute. Of requests, of which a token has 300 at once, he has plenty left."""
    places = {"floor": 8, "start": 8, "ceiling": 8, "reserved": 0}
    with stage(DearPortal(1, 0.05), concurrency=places, challenge="always") as (shield, origin):
        dear, other = admitted((origin, shield), source="192.0.2.85"), admitted((origin, shield), source="192.0.2.86")
        flood = Flood(shield, 48, "/feed", (("Accept", "application/rss+xml"),))  # with forty nobody is refused: 2 s is what each of them waits
        lab.wait_until(lambda: flood.statuses.count(503) > 20, 30, what="there is no room for all")
        rounds = 0
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            while rounds < 20 and served(dear, 4) == 4:
                rounds += 1
                took = Counter(pool.map(lambda number: dear.ask(f"/dear/{number}", page=False).status, range(8)))
                assert took[200] or rounds > 2, took
        assert 3 <= rounds <= 12, rounds  # a second each, half of it where the portal is in trouble: thirty are his
        assert served(dear, 10) <= 3 and served(other, 10) == 10
        for _ in range(6):  # a second too many takes three to earn, and of three pages he takes another one
            time.sleep(6)
            if served(dear, 3) == 3:
                break
        else:
            assert False, "he is within again"
        assert flood.statuses[-20:].count(503), "while the flood goes on"
        flood.end()


def test_priority_routes_are_never_asked():
    with stage(Portal(2, 0.02), priority_routes=["/urgences/"], challenge="always") as (shield, origin):
        assert Client((origin, shield), source="192.0.2.84").ask("/urgences/now").status == 200
        assert is_page(Client((origin, shield), source="192.0.2.84").ask("/other"))

"""An edge is killed in the middle of an attack: the next one knows what the last one had learned, of origins, sites and sources."""
import os
import signal
import time
from collections import Counter

from lab import HOST, Shield, wait_until
from lab.load import Load

from test_challenge import admitted, is_page
from test_queue import Portal
from test_sources import SMALL, ask, bans, statuses  # noqa: F401

ONE = "203.0.113.7"
SITE = {"challenge": "always", "cache": "off", "concurrency": {"floor": 1, "start": 2, "ceiling": 64, "reserved": 0}}


def kill_edge(shield):
    edge = shield.edge()
    os.kill(edge, signal.SIGKILL)
    wait_until(lambda: shield.edge() not in (None, edge) and shield.is_ready(), 15, "another edge serves")


def reasons(shield):
    found = shield.status()["sites"][0]["reasons"]
    return {name: found.get(name, 0) for name in ("budget", "banned")}


def bans_but_ends(shield):
    """Without their ends by the wall clock, which is set while a test runs, too; they end by another one."""
    return {network: {name: value for name, value in ban.items() if name != "until"} for network, ban in bans(shield).items()}


def level(shield):
    return shield.status()["sites"][0]["level"]


def test_the_next_edge_goes_on():
    with Portal(at_once=16, seconds=0.05) as origin, Shield(origin, site=SITE, trusted_proxies=["127.0.0.1"], source_budgets=SMALL, may_die=True,
                                                            log={"requests": "all"}) as shield:
        citizen = admitted((origin, shield), source="192.0.2.24")
        seen = statuses(shield, ONE, 80)
        assert seen[429] and seen[403] and len(bans(shield)) == 1
        limits = []
        with Load(shield.plain, threads=32):
            def is_learned():
                limits.append(shield.origin(origin.url)["limit"])
                return len(limits) > 20 and min(limits[-10:]) >= 8
            wait_until(is_learned, 20, f"the limit is learned: {limits}")
            assert shield.ask("/level", "POST", b'{"site": "%s", "level": "attack"}' % HOST.encode()).status == 200
            for _ in range(20):  # the last second's are kept
                limits.append(shield.origin(origin.url)["limit"])
                time.sleep(0.1)
        before = reasons(shield), bans_but_ends(shield), level(shield)
        assert before[0] == {"budget": seen[429], "banned": seen[403]} and before[2]["is"] == "attack"
        kill_edge(shield)
        limit = shield.origin(origin.url)["limit"]
        assert min(limits[-20:]) - 4 <= limit <= max(limits[-20:]) + 8, (limit, limits)
        assert (reasons(shield), bans_but_ends(shield), level(shield)) == before, "counted exactly, banned still, and attacked"
        assert citizen.ask("/page").status == 200, "the token holds"
        assert is_page(type(citizen)((origin, shield), source="192.0.2.25").ask()), "and who has none is asked"
        assert Counter(ask(shield, ONE).status for _ in range(3)) == {403: 3}

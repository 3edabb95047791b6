"""Floods of TCP from sources that do not exist, in front of nginx and of the shield itself, with the kernel filter on the cable; what counts
is who of the honest gets in. Each scene takes a few seconds, in two network namespaces of its own."""
import contextlib
import json
import os
import pathlib
import signal
import time

import pytest

import lab
from lab.link import SERVER, SERVER_V6, Link, finished

PORT = 8080
HAS_LIST, HAS_BUDGET, HIDES_PORTS, ANSWERS_SYN, KNOWS_STATE, IS_END_HOST, IS_STRICT, HAS_TIMESTAMPS = (1 << bit for bit in (0, 2, 4, 5, 6, 7, 8, 9))
SHIELDED = HIDES_PORTS | ANSWERS_SYN | KNOWS_STATE | IS_END_HOST
SYN = "to 192.0.2.1 v4 tcp 1024 8080 S mss 1460 sack time 7 nop scale 7"
FLOOD_S, CITIZENS_S, CITIZENS = 4, 3, 60


@pytest.fixture
def link():
    one = Link()
    yield one
    one.close()


def listens(link):
    return str(PORT) in link.server.run("ss", "-Hltn", "sport", "=", f":{PORT}")


def start_nginx(link, folder, backlog=128):
    folder.joinpath("nginx.conf").write_text(f"""
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/errors; user root;
events {{ worker_connections 4096; }}
http {{ access_log off; server {{ listen [::]:{PORT} ipv6only=off backlog={backlog}; location / {{ return 200 "ok"; }} }} }}
""")
    process = link.server.start("nginx", "-e", folder / "errors", "-c", folder / "nginx.conf")
    lab.wait_until(lambda: listens(link), what="nginx listens")
    return process


def start_shield(link, folder):
    folder.joinpath("bouclier.yaml").write_text(json.dumps({
        "workers": 1, "state": str(folder / "state"), "admin": {"socket": str(folder / "admin.sock")},
        "listen": [{"address": f"[::]:{PORT}", "tls": False}, {"address": f"{SERVER}:{PORT}", "tls": False}],
        "sites": [{"name": lab.HOST, "hosts": [lab.HOST], "origins": ["http://127.0.0.1:9"]}]}))
    with open(folder / "stderr", "wb") as log:
        process = link.server.start(lab.BINARY, "run", "--config", folder / "bouclier.yaml", "--root", folder, stdout=log, stderr=log)
    lab.wait_until(lambda: listens(link), 20, "the shield listens")
    return process


SERVERS = {"nginx": start_nginx, "bouclier": start_shield}


@contextlib.contextmanager
def flooded(link, recipe, per_second=200000):
    flood = link.flood(FLOOD_S, per_second, recipe)
    yield
    figures = finished(flood)
    assert figures["sent"] > per_second, figures
    print(figures)


def assert_all_came(figures):
    print(figures)
    assert figures["tried"] >= CITIZENS * CITIZENS_S * 0.9
    assert figures["answered"] == figures["tried"], figures


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("timestamps", [1, 2])
def test_syn_flood(link, folder, server, timestamps):
    """Whatever net.ipv4.tcp_timestamps is: with 1 no timestamp may be sent, or half of them get options that they never asked for."""
    link.server.set("net/ipv4/tcp_timestamps", timestamps)
    SERVERS[server](link, folder)
    with link.filtered(SHIELDED | (HAS_TIMESTAMPS if timestamps == 2 else 0), PORT) as counts, flooded(link, SYN):
        assert_all_came(finished(link.citizens(PORT, CITIZENS_S, CITIZENS)))
    print(counts)
    assert counts["cookie_sent"] > 200000 and counts["cookie_valid"] >= CITIZENS * CITIZENS_S * 0.8
    assert counts["failed"] == 0


def test_syn_flood_and_citizens_of_ipv6(link, folder):
    """The same listener, the other family."""
    start_nginx(link, folder)
    with link.filtered(SHIELDED, PORT) as counts, flooded(link, SYN):
        assert_all_came(finished(link.citizens(PORT, CITIZENS_S, CITIZENS, server=SERVER_V6)))
    assert counts["cookie_sent"] > 200000 and counts["cookie_valid"] >= 1  # all of one address, which is known then


@pytest.mark.parametrize("flags", ["A", "SA", "R", "FA"])
def test_out_of_state_flood(link, folder, flags):
    """Nothing of it reaches the kernel's TCP, and nobody is answered."""
    start_nginx(link, folder)
    with link.filtered(SHIELDED, PORT) as counts, flooded(link, f"to 192.0.2.1 v4 tcp 1024 8080 {flags}"):
        assert_all_came(finished(link.citizens(PORT, CITIZENS_S, CITIZENS)))
    print(counts)
    assert counts["out_of_state"] > 200000
    assert counts["passed"] < 20 * CITIZENS * CITIZENS_S


def test_flood_of_a_port_that_nobody_offers(link, folder):
    start_nginx(link, folder)
    with link.filtered(SHIELDED, PORT) as counts, flooded(link, "to 192.0.2.1 v4 tcp 1024 2323 S"):
        assert_all_came(finished(link.citizens(PORT, CITIZENS_S, CITIZENS)))
    assert counts["not_exposed"] > 200000


def test_denied_network_and_a_flood_from_it(link, folder):
    start_nginx(link, folder)
    with link.filtered(SHIELDED | HAS_LIST, PORT, "deny", "10.9.8.0") as counts:
        flood = link.flood(FLOOD_S, 200000, SYN, "10.9.8.0", 256)
        assert_all_came(finished(link.citizens(PORT, CITIZENS_S, CITIZENS)))
        finished(flood)
    assert counts["denied"] > 200000 and counts["cookie_sent"] == 0


@pytest.mark.parametrize("under_flood", [False, True])
def test_full_accept_queue_loses_nobody(link, folder, under_flood):
    """The server stands still for a second. Cookies cannot be redeemed while its accept queue is full, so none are sent then: who came
    asks again, and gets in when it goes on."""
    worker = start_nginx(link, folder, backlog=16)
    pids = [int(pid) for pid in pathlib.Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()]
    with link.filtered(SHIELDED, PORT) as counts, contextlib.ExitStack() as stack:
        if under_flood:
            stack.enter_context(flooded(link, SYN))
        citizens = link.citizens(PORT, CITIZENS_S, CITIZENS, patience=8.0)
        time.sleep(0.8)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(1)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        assert_all_came(finished(citizens))
    print(counts)


def test_without_a_flood_the_filter_is_not_noticed(link, folder):
    """The kernel answers every SYN itself."""
    start_nginx(link, folder)
    with link.filtered(SHIELDED | HAS_TIMESTAMPS, PORT) as counts:
        assert_all_came(finished(link.citizens(PORT, CITIZENS_S, CITIZENS)))
    assert counts["cookie_sent"] == counts["out_of_state"] == counts["malformed"] == counts["bad_flags"] == counts["failed"] == 0

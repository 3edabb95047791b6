"""A new configuration under load: nobody notices, nothing is left behind.

SOAK=1000 in the environment makes the soak as long as the promise is; without it 100 reloads.
"""
import contextlib
import copy
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from lab import (HOST, Load, Origin, Shield, at_rest, der, descriptors_of, free_port, get, make_certificate, read_response, response, rss, shown,
                 wait_until)
from lab.measure import memory

SOAK = int(os.environ.get("SOAK", "100"))
MIB = 1 << 20


def hang_up(shield):
    """A reload by SIGHUP."""
    before = shield.status()["generation"]
    shield.signal(signal.SIGHUP)
    wait_until(lambda: shield.status()["generation"] > before, 20, "the reload")


def variants(shield):
    """Configurations that differ in what a request meets, a listener, a site, a certificate."""
    base = copy.deepcopy(shield.settings)
    more, other = copy.deepcopy(base), copy.deepcopy(base)
    extra = make_certificate(shield.folder / "extra.pem", "extra.example")
    more["sites"].append({"name": "extra.example", "certificate": str(extra), "origins": base["sites"][0]["origins"]})
    more["listen"].append({"address": f"127.0.0.1:{free_port()}", "tls": False})
    other["sites"][0]["timeouts"] = {"connect": "2s"}
    other["sites"][0]["routes"] = [{"path": "/old", "redirect": {"to": "/new", "status": 301}}]
    return [base, more, other]


def test_soak(origin):
    """Reloads one after the other under load over HTTP/1.1 kept and new, TLS and HTTP/2: no request fails, and memory and
    descriptors after the last are what they were after the fiftieth."""
    origin.record = False
    with Shield(origin) as shield:
        choices, edge, marks = variants(shield), shield.edge(), {}
        h2load = subprocess.Popen(["h2load", "-D", str(max(20, SOAK // 5)), "-c", "2", "-m", "4", "--rps", "50",
                                   f"https://localhost:{shield.tls}/"], stdout=subprocess.PIPE, text=True)
        with Load(shield.plain, 2, pause=0.002) as kept, Load(shield.plain, 1, kept=False, pause=0.005) as new, \
                Load(shield.tls, 1, tls=True, kept=False, pause=0.01) as tls:
            for count in range(1, SOAK + 1):
                shield.write(choices[count % len(choices)])
                if count % 10 == 0:
                    hang_up(shield)
                else:
                    worked, text = shield.reload()
                    assert worked, text
                if count in (50, SOAK):
                    marks[count] = [(at_rest(rss, pid), at_rest(descriptors_of, pid)) for pid in (edge, shield.keeper)]
        said, _ = h2load.communicate(timeout=SOAK)
        assert shield.edge() == edge, "the edge was replaced"
        assert shield.status()["edge_deaths"] == 0
        for load in (kept, new, tls):
            assert load.served > SOAK and not load.failures, load.failures[:5]
        assert " 0 failed, 0 errored, 0 timeout" in said and "succeeded, 0 failed" in said, said
        for who, (early, late) in zip(("edge", "keeper"), zip(marks.get(50, marks[SOAK]), marks[SOAK])):
            print(f"{who}: {early} after 50, {late} after {SOAK}; served {kept.served} {new.served} {tls.served}")
            assert late[0] - early[0] <= max(early[0] * 0.05, 2 * MIB), f"{who} grew from {early[0]} to {late[0]} bytes"
            assert late[1] - early[1] <= 8, f"{who} keeps descriptors: {early[1]}, then {late[1]}"


def test_memory_after_reloads(origin):
    """What a reload makes and frees leaves nothing in the caches of threads that live on, whoever frees it."""
    with Shield(origin, start=False) as shield:
        own = shield.folder / "own.conf"
        shield.settings["sites"][0]["waf"] = {"mode": "block", "ruleset": "own.conf"}
        shield.write(shield.settings)
        found = []

        def reload_once(count):
            own.write_text("".join(f'SecRule ARGS:a "@streq w{count}" "id:{number},phase:2,deny"\n' for number in range(1, 2 + count % 20)))
            if count:
                worked, text = shield.reload()
                assert worked, text

        reload_once(0)
        shield.start()
        for count in range(1, 71):
            reload_once(count)
            assert get(shield.plain, f"/?a=w{count}").status == 403
            found.append(memory(shield.edge(), "Anonymous"))
        early, late = min(found[5:15]), min(found[-10:])
        print(f"edge: {early >> 10} KiB after 10 reloads, {late >> 10} after 70")
        assert late - early < 384 << 10, [each >> 10 for each in found]


def test_many_at_once(origin):
    """Requests for a reload while one runs: all are answered, by fewer reloads."""
    with Shield(origin) as shield:
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(shield.reload())) for _ in range(12)]
        for thread in threads:
            thread.start()
        for _ in range(10):
            shield.signal(signal.SIGHUP)
        for thread in threads:
            thread.join(30)
        assert len(answers) == 12 and all(worked for worked, _ in answers), answers
        assert get(shield.plain).status == 200


def test_request_keeps_its_configuration(origin):
    """A request that began before the reload ends as it began; the next one meets the new file."""
    release = threading.Event()
    with Origin(lambda request: release.wait(10) and response(b"done\n") or response(b"done\n")) as slow, Shield(slow) as shield:
        found = []
        asking = threading.Thread(target=lambda: found.append(get(shield.plain, "/slow")))
        asking.start()
        wait_until(lambda: slow.requests, 5)
        settings = copy.deepcopy(shield.settings)
        settings["sites"][0]["maintenance"] = True
        shield.write(settings)
        assert shield.reload()[0]
        assert get(shield.plain).status == 503
        release.set()
        asking.join(10)
        assert found[0].status == 200 and found[0].body == b"done\n"


def test_kept_connection_meets_the_new_configuration(origin):
    with Shield(origin) as shield, Load(shield.plain, 1) as load:
        wait_until(lambda: load.served > 3)
        settings = copy.deepcopy(shield.settings)
        settings["sites"][0]["maintenance"] = True
        shield.write(settings)
        assert shield.reload()[0]
        wait_until(lambda: load.failures, 3)
    assert all("503" in failure for failure in load.failures)


def test_listener_added_and_removed(origin):
    """A port that goes takes no new connections; who is connected there is served to the end."""
    with Shield(origin) as shield:
        port, old = free_port(), copy.deepcopy(shield.settings)
        new = copy.deepcopy(old)
        new["listen"].append({"address": f"127.0.0.1:{port}", "tls": False})
        shield.write(new)
        assert shield.reload()[0]
        for _ in range(20):  # every worker's queue
            assert get(port).status == 200
        with socket.create_connection(("127.0.0.1", port)) as kept:
            request = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
            kept.sendall(request)
            assert kept.recv(65536).startswith(b"HTTP/1.1 200")
            shield.write(old)
            assert shield.reload()[0]
            kept.sendall(request)
            assert kept.recv(65536).startswith(b"HTTP/1.1 200")
        wait_until(lambda: not can_connect(port), 3, "the port is closed")
        with socket.create_server(("127.0.0.1", port)):
            pass  # and free for others
        assert get(shield.plain).status == 200


def can_connect(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def test_port_taken_at_reload(origin):
    with Shield(origin) as shield, socket.create_server(("127.0.0.1", 0)) as other:
        settings = copy.deepcopy(shield.settings)
        settings["listen"].append({"address": "127.0.0.1:%d" % other.getsockname()[1], "tls": False})
        shield.write(settings)
        worked, text = shield.reload()
        assert not worked and "Address already in use" in text
        assert get(shield.plain).status == 200 and shield.status()["generation"] == 1


def test_what_is_said_to_be_in_force_is(origin):
    """From the answer on no worker goes by the old configuration, for who comes and for who is connected, however busy they are."""
    with Shield(origin, workers=8, site={"redirect": "https://0.example/"}) as shield, contextlib.ExitStack() as stack, \
            Load(shield.tls, 2, tls=True, kept=False):
        kept = [stack.enter_context(shield.connect()) for _ in range(24)]
        for count in range(1, 41):
            shield.site()["redirect"] = f"https://{count}.example/"
            shield.apply()
            for each in kept:
                each.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            assert {read_response(each).get("location") for each in kept} == {f"https://{count}.example/"}
            assert get(shield.plain).get("location") == f"https://{count}.example/"


def test_certificate_replaced_on_disk(origin):
    """Nobody asks for a reload: the keeper sees the file change. Half a file changes nothing."""
    with Shield(origin) as shield:
        first = shown(shield.tls)
        fresh = make_certificate(shield.folder / "fresh.pem", HOST, "localhost")
        whole = fresh.read_bytes()
        shield.certificate.write_bytes(whole[:len(whole) // 2])
        wait_until(lambda: shield.status()["reload_failures"] > 0, 12, "the half file is noticed")
        assert shown(shield.tls) == first != der(fresh)
        os.replace(fresh, shield.certificate)
        wait_until(lambda: shown(shield.tls) == der(shield.certificate), 12, "the new certificate is shown")


def test_replacement_by_another_number_of_workers(origin):
    """What a running edge cannot change is done by a fresh one beside it; no request fails."""
    with Shield(origin) as shield:
        edge = shield.edge()
        with Load(shield.plain, 2, retries=True) as kept, Load(shield.plain, 2, kept=False) as new:
            for workers in (1, 3, 2):
                settings = {**shield.settings, "workers": workers}
                shield.write(settings)
                worked, text = shield.reload()
                assert worked, text
                wait_until(lambda: shield.status()["workers"] == workers, 3, "the new edge answers")
                time.sleep(0.3)
        assert shield.edge() != edge and shield.status()["workers"] == 2
        assert not kept.failures and not new.failures, (kept.failures[:3], new.failures[:3])


def test_who_shakes_hands_while_workers_get_fewer_is_served(origin, only_handshakes_begin):
    """Eight visitors whose handshake's last packet is still under way when three workers become one."""
    with Shield(origin, workers=3) as shield, contextlib.ExitStack() as stack:
        arrive = only_handshakes_begin(shield.plain)
        visitors = [stack.enter_context(socket.create_connection(("127.0.0.1", shield.plain), timeout=20)) for _ in range(8)]
        for visitor in visitors:
            visitor.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        shield.write({**shield.settings, "workers": 1})
        worked, text = shield.reload()
        assert worked, text
        wait_until(lambda: shield.status()["workers"] == 1, 5, "one worker is left")
        arrive()
        assert [visitor.recv(65536)[:12] for visitor in visitors] == [b"HTTP/1.1 200"] * 8


@pytest.fixture
def only_handshakes_begin():
    """Of what is sent to a port only first packets arrive, until arrive() is called."""
    if os.geteuid() != 0 or not shutil.which("nft"):
        pytest.skip("needs root and nft")
    table = f"bcl_hands_{os.getpid()}"

    def arrive():
        subprocess.run(["nft", "delete", "table", "inet", table], check=False, capture_output=True)

    def lose(port):
        subprocess.run(["nft", f"add table inet {table}; add chain inet {table} packets {{ type filter hook input priority 0; }}; "
                               f"add rule inet {table} packets iif lo tcp dport {port} tcp flags & syn == 0 drop"], check=True)
        return arrive
    yield lose
    arrive()


def test_upgrade(origin):
    """SIGUSR2: the binary is replaced, and every connection attempt meanwhile is answered."""
    with Shield(origin, start=False) as shield:
        program = shield.folder / "bouclier"  # the edge's user tries it first, and need not reach the folder of the build
        shutil.copy(shield.binary, program)
        shield.binary = str(program)
        shield.start()
        edge = shield.edge()
        with Load(shield.plain, 2, retries=True) as kept, Load(shield.plain, 2, kept=False) as new:
            for _ in range(3):
                edge = shield.edge()
                shield.signal(signal.SIGUSR2)
                wait_until(lambda: shield.edge() not in (edge, None) and shield.is_ready(), 10, "a new edge")
                time.sleep(0.2)
        assert not kept.failures and not new.failures, (kept.failures[:3], new.failures[:3])
        assert new.served > 20 and shield.status()["upgrades"] >= 1
        assert get(shield.plain).status == 200
        wait_until(lambda: shield.reload()[0], 10, "a reload, which the edge that goes tells to come again")


def test_signals_wait_while_the_binary_is_replaced(origin):
    """Until the new one has set itself up a signal would do what it does by default: end the keeper, and all with it."""
    with Shield(origin, start=False) as shield:
        program = shield.folder / "bouclier"
        shutil.copy(shield.binary, program)
        shield.binary = str(program)
        shield.start()
        for _ in range(3):
            edge = shield.edge()
            shield.signal(signal.SIGUSR2)
            time.sleep(0.02)
            until = time.monotonic() + 0.5
            while time.monotonic() < until:
                shield.signal(signal.SIGHUP)
                time.sleep(0.001)
            wait_until(lambda: shield.edge() not in (edge, None) and shield.is_ready(), 10, "a new edge")
        assert shield.process.poll() is None and shield.status()["upgrades"] >= 1


def test_upgrade_to_a_binary_that_does_not_run(origin):
    """A broken new binary is tried aside; the old one goes on."""
    with Shield(origin, start=False) as shield:
        copy_of = shield.folder / "bouclier"
        shutil.copy(shield.binary, copy_of)
        shield.binary = str(copy_of)
        shield.start()
        edge = shield.edge()
        broken = shield.folder / "broken"
        broken.write_text("#!/bin/false\n")
        broken.chmod(0o755)
        os.replace(broken, copy_of)
        shield.signal(signal.SIGUSR2)
        wait_until(lambda: "this binary goes on" in shield.said() or "this one goes on" in shield.said(), 10, "the refusal")
        time.sleep(0.5)
        assert get(shield.plain).status == 200 and shield.edge() == edge

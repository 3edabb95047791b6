"""Commands beside a running shield: status, top, log, bypass, reload, metrics."""
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import termios
import time

import pytest
import lab


@pytest.fixture
def ask(bouclier, shield):
    """ask(command, ...): the command, with the configuration of the running shield."""
    return lambda *words, **options: bouclier(words[0], "-c", shield.config, *words[1:], **options)


def metric(text, name):
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name)}


def get(shield, path):
    answer = lab.get(shield.metrics, path, host="localhost")
    return answer.status, answer.text


def test_status(shield, ask):
    for _ in range(3):
        assert shield.get().status == 200
    assert shield.get("/admin").status == 403
    assert shield.get(host="other.example").status == 421
    lab.wait_until(lambda: shield.status()["sites"][0]["decisions"] == {"allow": 3, "block": 1} and shield.status()["no_site"]["reasons"],
                   what="all is counted")  # a moment after the client has its answer
    status = ask("status", "--output", "json").json
    (site,) = status["sites"]
    assert status["pid"] == shield.edge() and status["keeper_pid"] == shield.keeper
    assert site["site"] == lab.HOST and site["tenant"] == "default" and site["hosts"] == [lab.HOST]
    assert site["reasons"] == {"source-not-allowed": 1}
    assert site["origins"][0]["up"] and site["origins"][0]["requests"] == 3
    assert status["no_site"]["reasons"] == {"unknown-host": 1}
    assert status["memory_bytes"] > 1 << 20 and status["journal"]["lost"] == 0 and not status["reduced"]
    page = ask("status")
    assert page.code == 0 and "allow 3 block 1" in page.out and "\033" not in page.out


def test_metrics_pass_promtool(shield, origin):
    shield.get()
    shield.get("/admin")
    lab.wait_until(lambda: sum(metric(get(shield, "/metrics")[1], "bouclier_requests_total").values()) == 2, what="both are counted")
    status, text = get(shield, "/metrics")
    assert status == 200
    assert metric(text, "bouclier_origin_up") == {f'bouclier_origin_up{{origin="{origin.url}"}}': 1.0}
    assert metric(text, "bouclier_bypasses") == {"bouclier_bypasses": 0.0}
    if not shutil.which("promtool"):
        pytest.skip("no promtool")
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr


def test_health_and_readiness(shield):
    assert get(shield, "/healthz") == (200, "ok\n")
    assert get(shield, "/readyz") == (200, "ready\n")
    assert get(shield, "/status")[0] == 403


def test_not_ready_while_every_origin_is_down(shield, origin):
    origin.close()
    def unready():
        shield.get()
        return get(shield, "/readyz")[0] == 503
    lab.wait_until(unready)
    assert f"site {lab.HOST}: every origin is down" in get(shield, "/readyz")[1]
    assert get(shield, "/healthz")[0] == 200


def test_bypass(shield, ask):
    assert ask("bypass", "no.such.example", "--for", "1m", "--reason", "r").code == 1
    assert ask("bypass", lab.HOST, "--for", "1m", "--reason", "line\nbreak").code == 1
    said = ask("bypass", lab.HOST, "--for", "30m", "--reason", "the shield is suspected")
    assert said.code == 0 and f"{lab.HOST} is bypassed until" in said.out
    assert "BYPASSED" in ask("status").out and "the shield is suspected" in ask("status").out
    assert "BYPASSED" in ask("top", "--once").out
    assert shield.event(bouclier_request_id=shield.get().get("x-request-id"))["bouclier.bypassed"] is True
    assert metric(get(shield, "/metrics")[1], "bouclier_bypasses") == {"bouclier_bypasses": 1.0}
    assert ask("reload").code == 0
    assert ask("status", "-o", "json").json["sites"][0]["bypass"]["reason"] == "the shield is suspected"
    assert ask("bypass", lab.HOST, "--off", "-o", "json").json["bypassed"] is False
    assert "BYPASSED" not in ask("status").out
    assert "bouclier.bypassed" not in shield.event(bouclier_request_id=shield.get().get("x-request-id"))


def test_bypass_of_all_ends_by_itself(shield, ask):
    assert ask("bypass", "--all", "--for", "1s", "--reason", "short").code == 0
    assert ask("status", "-o", "json").json["bypass"]["reason"] == "short"
    lab.wait_until(lambda: "bypass" not in ask("status", "-o", "json").json)


def test_reload(shield, ask):
    said = ask("reload")
    assert said.code == 0 and "configuration 2 is in force" in said.out
    shield.site()["hosts"] = [lab.HOST, "new.example"]
    shield.write(shield.settings)
    assert ask("reload", "--output", "json").json["ok"]
    assert shield.get(host="new.example").status == 200
    shield.site()["hsots"] = ["x"]
    shield.write(shield.settings)
    said = ask("reload")
    assert said.code == 1 and "did you mean hosts?" in said.err and "keeps the configuration" in said.err
    assert shield.get(host="new.example").status == 200


def test_reload_refused_by_the_keeper(shield, ask):
    """What only the machine shows: the file is well, its origin has no address."""
    shield.site()["origins"] = ["http://no-such-name.invalid:80"]
    shield.write(shield.settings)
    said = ask("reload")
    assert said.code == 1 and "no-such-name.invalid" in said.err
    assert shield.get().status == 200


def test_check_beside_the_shield_that_runs(shield, ask):
    """Its own ports are no conflict."""
    said = ask("check")
    assert said.code == 0 and said.err == "", said


def test_log(shield, ask):
    shield.event(event_action="config-serves")  # comes a moment after the start
    shield.get("/one")
    shield.get("/admin")
    shield.event(url_path="/admin")
    assert len(ask("log").out.splitlines()) == 3
    lines = [json.loads(line) for line in ask("log", "--output", "json", "-q", "status>=400").out.splitlines()]
    assert [line["url.path"] for line in lines] == ["/admin"]
    assert "/admin" in ask("log", "-n", "1").out and "/one" not in ask("log", "-n", "1").out
    assert "/one" in ask("log", "-n", "1", "-q", "status=200").out
    assert len(ask("log", "--since", "1m").out.splitlines()) == 3
    assert ask("log", "--since", "2099-01-01").out == ""
    assert "bouclier.counts" in lab.wait_until(lambda: ask("log", "--counts", "-o", "json").out)
    assert ask("log", "--journal", shield.folder).out == ""
    assert ask("log", "--journal", shield.folder / "none").code == 1


def test_log_follows(shield):
    shield.event(event_action="config-serves")  # comes a moment after the start
    shield.get("/before")
    shield.event(url_path="/before")
    command = [lab.BINARY, "log", "-c", str(shield.config), "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
        try:
            assert "config-serves" in follower.stdout.readline()
            assert "/before" in follower.stdout.readline()
            shield.get("/after")
            assert select.select([follower.stdout], [], [], lab.WAIT)[0] and "/after" in follower.stdout.readline()
        finally:
            follower.terminate()


def test_a_command_ends_though_its_parent_blocked_the_signal(shield):
    command = ["env", "--block-signal=TERM", lab.BINARY, "log", "-c", str(shield.config), "--follow"]
    shield.get("/before")
    shield.event(url_path="/before")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
        try:
            assert follower.stdout.readline()
            follower.terminate()
            assert follower.wait(lab.WAIT) == -signal.SIGTERM
        finally:
            follower.kill()


def test_top_once(shield, ask):
    for _ in range(5):
        shield.get()
    said = ask("top", "--once")
    assert said.code == 0 and lab.HOST in said.out and "1/1" in said.out and "req/s" in said.out and "\033" not in said.out


def test_top_live(shield):
    """On a terminal: draws each second, redraws when resized, ends at q, and leaves the terminal as it was."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [lab.BINARY, "top", "-c", str(shield.config)]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env={**os.environ, "TERM": "xterm"}) as top:
        os.close(slave)
        drawn = b""
        def read(mark, count=1):
            nonlocal drawn
            end = time.monotonic() + lab.WAIT
            while drawn.count(mark) < count:
                assert select.select([master], [], [], max(0, end - time.monotonic()))[0], drawn
                drawn += os.read(master, 65536)
        try:
            read(b"q quits", 2)
            top.send_signal(signal.SIGWINCH)
            read(b"q quits", 3)
            os.write(master, b"q")
            read(b"\033[?1049l")
            assert top.wait(lab.WAIT) == 0
        finally:
            top.kill()
            os.close(master)
    assert lab.HOST.encode() in drawn and b"\033[?1049h" in drawn
    # Whole on a terminal of 80 columns: what a person must see is not beyond its edge.
    assert all(len(re.sub(rb"\033\[[0-9;?]*[A-Za-z]", b"", line)) <= 80 for line in drawn.splitlines()), drawn
    assert b"origins" in drawn and b"1/1" in drawn


def test_top_says_first_what_is_down(shield, ask, origin):
    origin.close()
    for _ in range(5):
        assert shield.get("/").status in (502, 503)
    said = ask("top", "--once").out
    assert f"DOWN {origin.url} of {lab.HOST}, " in said and said.index("DOWN") < said.index("req/s"), said


def test_many_clients_and_a_silent_one(shield, ask):
    silent = [socket.socket(socket.AF_UNIX) for _ in range(70)]
    for each in silent:
        each.connect(str(shield.admin_socket))
    assert ask("status").code == 0
    for each in silent:
        each.close()


def test_check_by_somebody_who_may_not_ask_the_shield(shield):
    """Its own addresses are in use, by itself: not an error, because this user cannot know better."""
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
    if not words:
        os.chmod(shield.admin_socket, 0)
    done = subprocess.run([*words, lab.BINARY, "check", "-c", str(shield.config)], capture_output=True, text=True, timeout=60)
    assert "this user may not ask" in done.stderr and "in use by another program" not in done.stderr, done


def test_who_may_not_write_to_the_socket(shield):
    assert os.stat(shield.admin_socket).st_mode & 0o777 == 0o600
    with socket.create_connection(("127.0.0.1", shield.metrics)) as sock:
        sock.sendall(b"POST /reload HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 403")

"""What tenants share while one of them floods: disk for bodies that wait, memory for files that wait, the way of audit logs to the disk. And the
disk itself, when it is full."""
import contextlib
import fcntl
import os
import re
import select
import signal
import socket
import subprocess
import threading

import pytest

from lab import Origin, Shield, Talk, request, response, wait_until
from test_outside import Liar

LOUD, QUIET = "www.loud.example", "www.quiet.example"
RULES = r'''
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/html
SecResponseBodyLimit 1048576
SecResponseBodyLimitAction ProcessPartial
SecAuditLogParts ABHZ
SecRule ARGS "@contains evil" "id:1,phase:2,deny,status:418,log,auditlog"
SecRule RESPONSE_BODY "@contains leak" "id:2,phase:4,deny,status:502"
'''
SCANNED = RULES + 'SecRule FILES_TMPNAMES "@inspectFile" "id:3,phase:2,deny,status:403"\n'
PAGE = b"y" * 900_000
CHUNK = 65536


@pytest.fixture(scope="module")
def origin():
    with Origin(lambda message: response(PAGE, "200 OK", "Content-Type: text/html") if message.target == "/page" else response(b"fine"),
                record=False) as one:
        yield one


def site(origin, host, **waf):
    return {"name": host, "hosts": [host], "tenant": host.split(".")[1], "origins": [origin.url], "waf": {"mode": "block", "ruleset": "own.conf", **waf}}


def shield_of(*sites, rules=RULES, start=True, **top):
    shield = Shield(start=False, log={"requests": "all"}, workers=1, sites=list(sites),
                    tenants=[{"name": name, "files": f"sites.d/{name}"} for name in ("loud", "quiet")], **top)
    shield.folder.joinpath("own.conf").write_text(rules)
    if start:
        shield.start()
    return shield


def upload(host, size, path="/up"):
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n\r\n' + b"x" * size + b"\r\n--b--\r\n"
    return request(path, ("Content-Type", "multipart/form-data; boundary=b"), method="POST", body=body, host=host)


def gauge(shield, name):
    found = re.search(rf"^bouclier_{re.escape(name)} (\d+)$", shield.ask("/metrics").text, re.M)
    return int(found[1]) if found else 0


def is_answered(talk):
    return bool(select.select([talk.sock], [], [], 0)[0])


class Flood:
    """Uploads whose last byte does not come, one after the other, until one is refused. EACH: what one adds to the gauge NAME."""

    def __init__(self, shield, raw, name, each, most=64):
        self.talks, self.refusal = [], None
        while not self.refusal and len(self.talks) < most:
            before, talk = gauge(shield, name), Talk(shield.plain)
            with contextlib.suppress(ConnectionError):  # refused before all was sent
                talk.send(raw[:-1])
            wait_until(lambda: is_answered(talk) or gauge(shield, name) == before + each, 20, "it is held, or refused")
            if is_answered(talk):
                self.refusal = talk.answer()
                talk.sock.close()
            else:
                self.talks.append(talk)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for talk in self.talks:
            talk.sock.close()


# -- bodies on disk --


def test_uploads_of_one_tenant_leave_the_others_their_disk(origin):
    """Two MiB: half a MiB is each tenant's own, of the other MiB one has half at most. Each upload takes five chunks."""
    with shield_of(site(origin, LOUD), site(origin, QUIET), held_on_disk="2MiB") as shield:
        raw = upload(LOUD, 400_000)
        with Flood(shield, raw, "held_bytes", 5 * CHUNK) as flood:
            assert len(flood.talks) == 3  # 960 KiB of its MiB: more than its share, for nobody else wants it
            assert flood.refusal.status == 503 and flood.refusal.get("retry-after") == "2"
            assert shield.event_of(flood.refusal)["bouclier.reasons"] == ["hold"]
            assert [shield.send(upload(QUIET, 400_000)).status for _ in range(10)] == [200] * 10
            wait_until(lambda: gauge(shield, "held_bytes") == 15 * CHUNK, 10, "theirs were given back")
            with Flood(shield, upload(QUIET, 400_000), "held_bytes", 5 * CHUNK) as other:
                assert len(other.talks) == 2  # half a MiB, and half of what the first leaves
        wait_until(lambda: gauge(shield, "held_bytes") == 0, 10, "all of it was given back")
        assert shield.send(raw).status == 200


def test_a_tenant_that_a_reload_brings_has_its_share(origin):
    """One tenant has all of the disk; then there are two."""
    with shield_of(site(origin, LOUD), held_on_disk="2MiB") as shield:
        with Flood(shield, upload(LOUD, 400_000), "held_bytes", 5 * CHUNK) as flood:
            assert len(flood.talks) == 6
            shield.settings["sites"].append(site(origin, QUIET))
            shield.apply()
            assert [shield.send(upload(QUIET, 400_000)).status for _ in range(5)] == [200] * 5
            assert shield.send(upload(LOUD, 400_000)).status == 503
            flood.talks[0].send(b"\n")  # what was held before goes on
            assert flood.talks[0].answer().status == 200
        wait_until(lambda: gauge(shield, "held_bytes") == 0, 10, "all of it was given back")
        del shield.settings["sites"][1]
        shield.apply()
        with Flood(shield, upload(LOUD, 400_000), "held_bytes", 5 * CHUNK) as flood:
            assert len(flood.talks) == 6


# -- files in memory --


@contextlib.contextmanager
def scanners():
    deaf, well = Liar(), Liar()
    deaf.says = None
    try:
        yield deaf, well
    finally:
        deaf.close()
        well.close()


def test_files_of_one_tenant_leave_the_others_their_memory(origin):
    """Its scanner hangs, and the files wait. 8 MiB: two are each tenant's own, of the other four one has half; 600 KB count as 1.25 MiB."""
    with scanners() as (deaf, well), shield_of(site(origin, LOUD, clamd=f"unix:{deaf.path}", clamd_wait="60s"), site(origin, QUIET, clamd=f"unix:{well.path}"),
                                               rules=SCANNED, files_in_memory="8MiB") as shield:
        with Flood(shield, upload(LOUD, 600_000), "files_bytes", 20 * CHUNK) as flood:
            assert len(flood.talks) == 3
            assert flood.refusal.status == 503 and flood.refusal.get("retry-after") == "2"
            assert shield.event_of(flood.refusal)["bouclier.reasons"] == ["hold"]
            assert [shield.send(upload(QUIET, 600_000)).status for _ in range(5)] == [200] * 5
            for talk in flood.talks:
                talk.send(b"\n")
            wait_until(lambda: len(deaf.open) == 3, 10, "they wait for the scanner")
            assert [shield.send(upload(QUIET, 600_000)).status for _ in range(5)] == [200] * 5
            assert shield.send(upload(LOUD, 600_000)).status == 503
            assert shield.send(request("/?a=b", host=LOUD)).status == 200  # whatever has no large file
            for sock in list(deaf.open):
                sock.shutdown(socket.SHUT_RDWR)
            assert [talk.answer().status for talk in flood.talks] == [503] * 3
        wait_until(lambda: gauge(shield, "files_bytes") == 0, 10, "all of it was given back")


def test_in_detect_a_file_without_memory_goes_on_and_is_told(origin):
    with scanners() as (_, well), shield_of(site(origin, LOUD, clamd=f"unix:{well.path}", mode="detect"), rules=SCANNED, files_in_memory="1MiB") as shield:
        assert shield.event_of(shield.send(upload(LOUD, 400_000)))["bouclier.decision"] == "allow"
        assert len(well.seen) == 1
        reply = shield.send(upload(LOUD, 600_000))
        assert reply.status == 200 and reply.body == b"fine"
        line = shield.event_of(reply)
        assert line["bouclier.decision"] == "log" and line["bouclier.reasons"] == ["hold"]
        assert len(well.seen) == 1
        assert gauge(shield, "files_bytes") == 0


# -- audit logs --


def test_audit_logs_of_one_tenant_leave_the_others_theirs(origin):
    """Somebody else has the lock of the folder, so that nothing is written for a while, and one tenant has more to tell than there is room for."""
    with shield_of(*(site(origin, host, audit_log="all") for host in (LOUD, QUIET)), may_die=True) as shield:
        audit, edge = shield.state / "audit", shield.edge()
        wait_until((audit / ".lock").exists, 10, "the edge has the lock")
        with open(audit / ".lock", "r+") as lock:
            waiter = threading.Thread(target=fcntl.flock, args=(lock, fcntl.LOCK_EX))
            waiter.start()
            os.kill(edge, signal.SIGKILL)
            waiter.join()
            wait_until(lambda: shield.edge() not in (None, edge) and shield.is_ready(), 20, "another edge serves")
            talk = Talk(shield.plain)
            for _ in range(3000):
                talk.ask("GET", "/?" + "a=1&" * 100, host=LOUD)
                assert talk.answer().status == 200
            wait_until(lambda: shield.status()["audit_log"]["lost"] > 100, 10, "the loud one loses records")
            assert [shield.send(request("/quiet", host=QUIET)).status for _ in range(30)] == [200] * 30
        wait_until(lambda: (audit / "quiet" / QUIET / "audit.log").exists() and
                   (audit / "quiet" / QUIET / "audit.log").read_text().count("-Z--") == 30, 20, "the quiet one's are all there")
        status = shield.status()
        lost = {each["site"]: each.get("audit_lost", 0) for each in status["sites"]}
        assert lost == {LOUD: status["audit_log"]["lost"], QUIET: 0}
        metrics = shield.ask("/metrics").text
        assert f'bouclier_audit_log_site_lost_total{{site="{LOUD}"}} {lost[LOUD]}\n' in metrics and f'audit_log_site_lost_total{{site="{QUIET}"' not in metrics
        told = shield.wait_journal(lambda line: line.get("event.action") == "audit-log-lost")
        assert told["bouclier.site"] == LOUD
        assert f"of them of {LOUD}" in subprocess.run([shield.binary, "status", "--socket", shield.admin_socket], capture_output=True, text=True, check=True).stdout


# -- the disk is full --


def test_a_full_disk_takes_no_pages_away(small_disk, origin):
    """Answers that do not fit are judged as far as they are held and stream on; uploads are refused, and pass once there is room."""
    small_disk.resize("512k")
    with shield_of(site(origin, LOUD, response_bodies=True), state=small_disk.path) as shield:
        for _ in range(3):
            reply = shield.send(request("/page", host=LOUD))
            assert reply.status == 200 and reply.body == PAGE
        refused = shield.send(upload(LOUD, 900_000))
        assert refused.status == 503 and refused.get("retry-after") == "2"
        assert gauge(shield, "held_bytes") == 0 and gauge(shield, f'reasons_total{{site="{LOUD}",reason="hold"}}') == 1
        assert shield.send(upload(LOUD, 100_000)).status == 200  # it waits in memory
        small_disk.resize("64m")
        assert shield.send(upload(LOUD, 900_000)).status == 200

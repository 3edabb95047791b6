"""Audit logs: where they lie, what they say and keep to themselves, and what happens when they cannot be written."""
import hashlib
import json
import os
import re
import signal

import pytest

from lab import HOST, Origin, Shield, request, response, wait_until

OWN = r'''
SecRuleEngine On
SecRequestBodyAccess On
SecAuditEngine RelevantOnly
SecAuditLogRelevantStatus "^5"
SecAuditLogParts ABCEFHIJKZ
SecAuditLog /var/log/apache2/modsec_audit.log
SecComponentSignature "OWN/1"
SecSensorId "village-hall"
SecRule ARGS "@rx attack" "id:1,phase:2,deny,status:403,log,auditlog,capture,msg:'Seen',logdata:'%{MATCHED_VAR}',tag:'own'"
SecRule ARGS:quiet "@streq yes" "id:2,phase:2,pass,log,noauditlog"
'''


@pytest.fixture(scope="module")
def origin():
    with Origin(lambda message: response(b"fine", status=502 if "broken" in message.target else 200), record=False) as origin:
        yield origin


def shield_of(origin, more="", mode="block", audit="relevant", **keys):
    return Shield(origin, start=False, rules=OWN + more, waf={"mode": mode, "audit_log": audit}, **keys)


def folder_of(shield):
    return shield.state / "audit" / "default" / HOST


def written(shield, count):
    """The text of audit.log, once the status says that COUNT records are on the disk."""
    wait_until(lambda: shield.status()["audit_log"]["written"] >= count, 10, "%d audit logs" % count)
    return (folder_of(shield) / "audit.log").read_text()


@pytest.mark.parametrize("mode", ["block", "detect"])
def test_native(origin, mode):
    with shield_of(origin, mode=mode) as shield:
        shield.start()
        assert shield.send(request("/quiet?quiet=yes")).status == 200
        body = b"name=Jan&message=an+attack"
        reply = shield.send(request("/form?page=1", ("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", "a=b"), method="POST", body=body))
        assert reply.status == (403 if mode == "block" else 200)
        assert shield.send(request("/broken")).status == 502
        text = written(shield, 2)
        # Two workers may have written them, either first.
        first, second = sorted(re.split(r"(?<=-Z--\n\n)", text)[:2], key=lambda record: reply.get("x-request-id") not in record)
        assert reply.get("x-request-id") in first and " 127.0.0.1 " in first.splitlines()[1]
        for part in ("POST /form?page=*1 HTTP/1.1", "Cookie: *3", "name=*3&message=*9", 'at ARGS:message.', '[data "attack"]', '[tag "own"]', '[msg "Seen"]',
                     'Sensor-Id: "village-hall"', "OWN/1", 'Engine-Mode: "%s"' % ("ENABLED" if mode == "block" else "DETECTION_ONLY")):
            assert part in first, (part, first)
        assert "GET /broken HTTP/1.1" in second and "HTTP/1.1 502" in second
        assert "Jan" not in text and "/quiet" not in text
        assert folder_of(shield).stat().st_mode & 0o777 == 0o700
        assert (folder_of(shield) / "audit.log").stat().st_mode & 0o777 == 0o600
        assert "SecAuditLog does nothing here" in shield.said()


def test_concurrent_as_json(origin):
    with shield_of(origin, "SecAuditLogType Concurrent\nSecAuditLogFormat JSON\nSecAuditLogStorageDir /tmp\nSecAuditLogDirMode 0777\n", audit="all") as shield:
        shield.start()
        replies = [shield.send(request(path)) for path in ("/a", "/b?x=attack")]
        lines = written(shield, 2).splitlines()
        assert len(lines) == 2
        for line, reply in zip(sorted(lines, key=lambda line: "/b" in line), replies):
            name, offset, size, digest = line.split()[-4:]
            file = folder_of(shield) / name.lstrip("/")
            content = file.read_bytes()
            told = json.loads(content)
            assert (offset, size, digest) == ("0", str(len(content)), "md5:" + hashlib.md5(content).hexdigest())
            assert told["transaction"]["transaction_id"] == reply.get("x-request-id") and reply.get("x-request-id") in name
            assert told["response"]["status"] == reply.status and '" %d ' % reply.status in line
            assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
        assert 'GET /b?x=*6 HTTP/1.1' in lines[1] + lines[0]


def test_nothing_is_written_unless_the_site_says_so(origin):
    with shield_of(origin, audit="off") as shield:
        shield.start()
        assert shield.send(request("/?x=attack")).status == 403
        assert "SecAuditEngine: no audit log is written unless the site says so" in shield.said()
        assert shield.status()["audit_log"]["written"] == 0 and not folder_of(shield).exists()


@pytest.mark.parametrize("more, sentence", [("SecAuditLogType HTTPS", "nothing is sent to a server"), ("SecAuditLog \"|/bin/cat\"", "a program in a pipe")])
def test_what_leaves_the_house_is_refused(origin, more, sentence):
    with shield_of(origin, more + "\n") as shield:
        shield.run()
        shield.process.wait(20)
        assert sentence in shield.said()
        shield.process = None


def test_a_disk_that_refuses_costs_no_request_and_a_killed_edge_no_record(origin):
    with shield_of(origin, may_die=True) as shield:
        shield.start()
        block = shield.state / "audit" / "default"
        block.write_text("in the way")
        assert shield.send(request("/?x=attack")).status == 403
        wait_until(lambda: not shield.status()["audit_log"]["writing"], 10, "the status tells")
        wait_until(lambda: "ALERT: audit logs cannot be written" in shield.said(), 10, "a person is told")
        assert shield.send(request("/")).status == 200
        edge = shield.edge()
        os.kill(edge, signal.SIGKILL)
        wait_until(lambda: shield.edge() not in (None, edge) and shield.is_ready(), 20, "another edge serves")
        block.unlink()
        assert written(shield, 1).count("-Z--") == 1
        wait_until(lambda: shield.status()["audit_log"]["writing"], 10, "it is well again")


def test_what_is_too_much_goes(origin):
    with shield_of(origin, "SecAuditLogType Concurrent\n", audit="all", log={"audit_disk": "1MiB"}) as shield:
        shield.start()
        for _ in range(400):
            shield.send(request("/x"))
        written(shield, 400)
        status = shield.status()["audit_log"]
        assert status["dropped_bytes"] > 0 and status["bytes"] <= 1 << 20 and status["lost"] == 0
        held = sum((each.stat().st_size + 4095) // 4096 * 4096 if each.is_file() else 4096 for each in folder_of(shield).rglob("*"))
        assert held == status["bytes"]

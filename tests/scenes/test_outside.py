"""What rules ask of the outside: countries (libloc), DNS blocklists (the resolve process), a virus scanner (clamd)."""
import hashlib
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import threading
import time

import pytest

from lab import BINARY, HOST, Origin, Shield, Talk, get, make_folder, request, response, send, wait_until
from lab.h2 import Client

DATABASE = pathlib.Path("/usr/share/libloc-location/location.db")
VIRUS = b"this stands for a virus, and is none: " + b"bouclier" * 8
RULES = r'''
SecRuleEngine On
SecRequestBodyAccess On
SecRule FILES_TMPNAMES "@inspectFile" "id:1,phase:2,deny,status:403,capture,msg:'virus',chain"
SecRule TX:0 "@rx ^(?:Bouclier\.Test\.UNOFFICIAL|Some\.Thing)$"
SecRule FILES_TMPNAMES "@inspectFile" "id:2,phase:2,pass,msg:'asked again'"
SecRule ARGS "@contains evil" "id:3,phase:2,deny,status:418"
'''


def shield_of(origin, rules=RULES, waf=None, words=(), **top):
    return Shield(origin, start=False, rules=rules, waf=waf, log={"requests": "all"}, words=words, **top)


def upload(*contents, path="/upload"):
    body = b"".join(b'--b\r\nContent-Disposition: form-data; name="f%d"; filename="f%d.txt"\r\n\r\n%s\r\n' % (n, n, content)
                    for n, content in enumerate(contents)) + b"--b--\r\n"
    return request(path, ("Content-Type", "multipart/form-data; boundary=b"), method="POST", body=body)


def ids(line):
    return [rule["id"] for rule in line.get("bouclier.rules", [])]


def post(shield, *contents, **keys):
    return send(shield.plain, upload(*contents, **keys))


@pytest.fixture(scope="module")
def origin():
    with Origin(lambda message: response(b"%d" % len(message.body))) as one:
        yield one


# -- the real scanner --

class Clamd:
    """clamd of Debian's package, with one signature of our own."""

    def __init__(self):
        self.folder = make_folder("clamd")
        self.folder.chmod(0o777)
        signatures = self.folder / "db"
        signatures.mkdir()
        signatures.joinpath("own.hdb").write_text(f"{hashlib.md5(VIRUS).hexdigest()}:{len(VIRUS)}:Bouclier.Test\n")
        self.path = self.folder / "clamd.ctl"
        config = self.folder / "clamd.conf"
        config.write_text(f"LocalSocket {self.path}\nLocalSocketMode 666\nDatabaseDirectory {signatures}\nForeground yes\nLogFile {self.folder}/log\n"
                          "StreamMaxLength 1M\nMaxThreads 4\nUser root\nSelfCheck 0\n")
        self.process = subprocess.Popen(["/usr/sbin/clamd", "--config-file", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.path.exists() or self.process.poll() is not None, 20, "clamd listens")
        assert self.process.poll() is None, (self.folder / "log").read_text()

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def clamd():
    if not os.access("/usr/sbin/clamd", os.X_OK) or os.geteuid():
        pytest.skip("Debian's clamav-daemon is not installed, or this is not root")
    one = Clamd()
    yield one
    one.close()


@pytest.fixture(scope="module")
def scanned(origin, clamd):
    with shield_of(origin, waf={"clamd": f"unix:{clamd.path}"}) as shield:
        shield.start()
        yield shield


def test_the_scanner_says_what_is_infected(scanned, origin):
    origin.forget()
    assert post(scanned, b"harmless", b"", b"x" * 300_000).status == 200
    assert origin.last.method == "POST"
    origin.forget()
    reply = post(scanned, b"harmless", VIRUS)
    assert reply.status == 403
    line = scanned.event_of(reply)
    assert line["bouclier.reasons"] == ["rules"] and ids(line) == [1]
    assert not origin.requests
    assert post(scanned, VIRUS[:-1]).status == 200


def test_both_protocols_and_many_at_once(scanned):
    replies = {}

    def ask(number):
        replies[number] = post(scanned, b"%d" % number * 1000, VIRUS if number % 2 else b"fine").status
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == {number: 403 if number % 2 else 200 for number in range(30)}
    with Client(scanned.h2c, False, host=HOST) as client:
        fields = ("content-type", "multipart/form-data; boundary=b")
        streams = [client.request(fields, method="POST", path="/h2", body=upload(what).partition(b"\r\n\r\n")[2]) for what in (VIRUS, b"fine")]
        assert [answer.status for answer in client.wait(*streams)] == [403, 200]


def test_what_the_scanner_does_not_read_whole_is_refused(scanned):
    reply = post(scanned, b"y" * (2 << 20))
    assert reply.status == 503
    assert scanned.event_of(reply)["bouclier.reasons"] == ["scanner"]


def test_in_detect_it_is_told_and_passes(origin, clamd):
    with shield_of(origin, waf={"clamd": f"unix:{clamd.path}", "mode": "detect"}) as shield:
        shield.start()
        reply = post(shield, VIRUS)
        assert reply.status == 200
        line = shield.event_of(reply)
        assert line["bouclier.decision"] == "log" and ids(line) == [1, 2]
        assert shield.event_of(post(shield, b"fine"))["bouclier.decision"] == "allow"


# -- a hostile one --

class Liar:
    """Listens where a clamd would, and answers with what it is told; None: not at all."""

    def __init__(self):
        self.folder = make_folder("liar")
        self.path = self.folder / "socket"
        self.says, self.reads, self.seen, self.open = b"stream: OK\0", True, [], []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.path.chmod(0o666)
        self.listener.listen(64)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(sock,), daemon=True).start()

    def talk(self, sock):
        with sock:
            try:
                got = sock.recv(10, socket.MSG_WAITALL) if self.reads else b""
                while self.reads and (length := struct.unpack(">I", sock.recv(4, socket.MSG_WAITALL))[0]):
                    got += sock.recv(length, socket.MSG_WAITALL)
                self.seen.append(got)
                if self.says is None:
                    self.open.append(sock)
                    sock.recv(1)  # until the other end goes
                    self.open.remove(sock)
                    return
                says = self.says(got[10:]) if callable(self.says) else self.says
                for piece in says if isinstance(says, list) else [says]:
                    sock.sendall(piece)
                    time.sleep(0.01)
            except (OSError, struct.error):
                pass

    def close(self):
        self.listener.close()
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def liar():
    one = Liar()
    yield one
    one.close()


@pytest.fixture(scope="module")
def lied_to(origin, liar):
    with shield_of(origin, waf={"clamd": f"unix:{liar.path}", "clamd_wait": "3s"}) as shield:
        shield.start()
        yield shield


@pytest.mark.parametrize("says, reads, status", [
    (b"stream: OK\0", True, 200),
    ([b"str", b"eam: O", b"K", b"\0"], True, 200),
    (b"stream: Some.Thing FOUND\0", True, 403),
    (b"INSTREAM size limit exceeded. ERROR\0", True, 503),
    (b"stream: OK", True, 503),
    (b"", True, 503),
    (b"\0", True, 503),
    (b"stream: OK\0stream: OK\0", True, 503),
    (b"stream: OK\n\0", True, 503),
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", True, 503),
    (b"A" * 100_000, True, 503),
    (b"", False, 503),
])
def test_only_its_own_word_means_clean(lied_to, liar, says, reads, status):
    liar.says, liar.reads = says, reads
    assert post(lied_to, b"content " * 1000).status == status


def test_clean_before_all_was_shown_is_no_verdict(lied_to, liar, origin):
    liar.says, liar.reads = b"stream: OK\0", False
    origin.forget()
    assert post(lied_to, b"z" * (4 << 20)).status == 503
    assert not origin.requests


def test_each_file_is_shown_once_though_two_rules_ask(lied_to, liar):
    liar.says, liar.reads = b"stream: OK\0", True
    liar.seen.clear()
    assert post(lied_to, b"one", b"another").status == 200
    assert sorted(liar.seen) == [b"zINSTREAM\0another", b"zINSTREAM\0one"]
    liar.seen.clear()
    files = [b"%d" % n * 3 for n in range(7)]
    assert post(lied_to, *files, files[3]).status == 200  # and the same file twice once
    assert sorted(liar.seen) == [b"zINSTREAM\0" + each for each in files]


def test_what_was_said_of_one_file_is_said_of_no_other(origin, liar):
    """Two rules, three files of one length: the second alone is infected, and both rules say so, by its name."""
    rules = RULES.replace("deny,status:403,capture,msg:'virus',chain", "pass,capture,msg:'virus',chain").replace(
        "SecRule ARGS", "SecRule FILES_TMPNAMES \"@inspectFile\" \"id:4,phase:2,deny,status:406,capture,msg:'%{TX.0}',chain\"\n"
                        "SecRule TX:0 \"@streq Some.Thing\"\nSecRule ARGS")
    says, liar.says, liar.reads = liar.says, lambda content: b"stream: Some.Thing FOUND\0" if content == b"bad" else b"stream: OK\0", True
    try:
        with shield_of(origin, rules, {"clamd": f"unix:{liar.path}", "clamd_wait": "3s"}) as shield:
            shield.start()
            liar.seen.clear()
            reply = post(shield, b"one", b"bad", b"two")
            found = [(rule["id"], rule.get("target")) for rule in shield.event_of(reply)["bouclier.rules"]]
            assert reply.status == 406 and [one[0] for one in found] == [1, 2, 4]
            assert sorted(liar.seen) == [b"zINSTREAM\0" + each for each in (b"bad", b"one", b"two")]
            assert post(shield, b"one", b"two", b"ten").status == 200
    finally:
        liar.says = says


def test_silence_ends_and_the_worker_does_not_wait(lied_to, liar):
    liar.says, liar.reads = None, True
    talks = [Talk(lied_to.plain) for _ in range(20)]   # more than two workers ask at a time
    for talk in talks:
        talk.send(upload(b"content"))
    wait_until(lambda: len(liar.open) >= 4, what="the scanner is asked")
    assert get(lied_to.plain, "/beside").status == 200   # one that asks nothing
    assert liar.open                                     # was served while nothing was said
    talks.pop().sock.close()                             # a client that goes while it is waited for
    assert [talk.answer().status for talk in talks] == [503] * len(talks)
    wait_until(lambda: not liar.open, what="its connections are closed")
    liar.says = b"stream: OK\0"
    assert post(lied_to, b"content").status == 200


def test_a_scanner_that_hangs_holds_up_no_other(origin, liar):
    liar.says, liar.reads, well = None, True, Liar()
    with shield_of(origin, waf={"clamd": f"unix:{liar.path}", "clamd_wait": "60s"}, workers=1) as shield:
        site = shield.site()
        shield.settings["sites"].append({**site, "name": "well.example", "hosts": ["well.example"],
                                         "waf": {**site["waf"], "clamd": f"unix:{well.path}", "clamd_wait": "10s"}})
        shield.write(shield.settings)
        shield.start()
        talks = [Talk(shield.plain) for _ in range(12)]
        for talk in talks:
            talk.send(upload(b"content"))
        wait_until(lambda: len(liar.open) >= 4, what="the scanner is asked")
        body = upload(b"content").replace(HOST.encode(), b"well.example", 1)
        assert [send(shield.plain, body).status for _ in range(3)] == [200] * 3
        assert len(liar.open) == 4   # and no more of them: the others wait
        liar.says = b"stream: OK\0"
        for sock in list(liar.open):
            sock.shutdown(socket.SHUT_RDWR)
        assert sorted(talk.answer().status for talk in talks) == [200] * 8 + [503] * 4
    well.close()


def test_in_detect_silence_refuses_nothing(origin, liar):
    liar.says, liar.reads = None, True
    with shield_of(origin, waf={"clamd": f"unix:{liar.path}", "clamd_wait": "300ms", "mode": "detect"}) as shield:
        shield.start()
        assert post(shield, b"content").status == 200
        shield.settings["sites"][0]["waf"]["clamd"] = f"unix:{liar.folder}/nobody"
        shield.apply()
        assert post(shield, b"content").status == 200


def test_nobody_there_is_refused(origin, liar):
    with shield_of(origin, waf={"clamd": f"unix:{liar.folder}/nobody"}) as shield:
        shield.start()
        reply = post(shield, b"content")
        assert reply.status == 503 and shield.event_of(reply)["bouclier.reasons"] == ["scanner"]
        assert get(shield.plain, "/").status == 200


# -- countries and blocklists --

WATCHED = "watched.commune.example"
ASKING = r'''
SecRuleEngine On
SecRule REMOTE_ADDR "@geoLookup" "id:1,phase:1,pass,nolog"
SecRule GEO:COUNTRY_CODE "@streq BE" "id:2,phase:1,deny,status:451,chain"
SecRule GEO:COUNTRY_NAME "@streq Belgium" "chain"
SecRule GEO:COUNTRY_CONTINENT "@streq EU"
SecRule REMOTE_ADDR "@rbl list.test" "id:3,phase:1,deny,status:403,capture,chain"
SecRule TX:0 "@rx ^RBL lookup of (?:9|11)\.2\.0\.192\.list\.test succeeded at REMOTE_ADDR"
SecRule REMOTE_ADDR "!@rbl list.test" "id:4,phase:1,pass,log,msg:'not listed'"
'''


@pytest.fixture(scope="module")
def asking(origin):
    """A blocklist in /etc/hosts, which is what the system's resolver asks first."""
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("this needs a mount namespace")
    with shield_of(origin, ASKING, trusted_proxies=["127.0.0.1"]) as shield:
        site = shield.site()
        shield.settings["sites"].append({**site, "name": WATCHED, "hosts": [WATCHED], "waf": {**site["waf"], "mode": "detect"}})
        shield.write(shield.settings)
        hosts = shield.folder / "hosts"
        hosts.write_text("127.0.0.4 9.2.0.192.list.test.\n127.0.0.2 11.2.0.192.list.test.\n")
        hosts.chmod(0o644)
        shield.words = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(hosts)]
        shield.start()
        yield shield


def ask_as(shield, address, host=HOST):
    return shield.get("/", ("X-Forwarded-For", address), host=host)


def test_a_country_is_known_by_its_address(asking):
    if not DATABASE.exists():
        pytest.skip("Debian's libloc-database is not installed")
    reply = ask_as(asking, "193.190.198.27")
    assert reply.status == 451 and ids(asking.event_of(reply)) == [2]
    assert ask_as(asking, "2001:6a8::1").status == 451


def test_a_blocklist_is_asked_and_remembered(asking):
    reply = ask_as(asking, "192.0.2.9")
    assert reply.status == 403 and ids(asking.event_of(reply)) == [3]
    assert ask_as(asking, "192.0.2.9").status == 403
    assert ask_as(asking, "192.0.2.9").status == 403


def test_in_detect_nobody_waits_for_a_blocklist(asking):
    first = ask_as(asking, "192.0.2.11", WATCHED)   # it goes on while its question is asked
    assert first.status == 200 and ids(asking.event_of(first)) == []

    def is_known():
        line = asking.event_of(ask_as(asking, "192.0.2.11", WATCHED))
        return line["bouclier.decision"] == "log" and ids(line) == [3]
    wait_until(is_known, what="the answer is there")


def test_who_is_not_listed_goes_on(asking):
    reply = ask_as(asking, "192.0.2.10")
    assert reply.status == 200 and ids(asking.event_of(reply)) == [4]
    replies = [ask_as(asking, f"198.51.100.{n}").status for n in range(20)]
    assert replies == [200] * 20


def test_without_a_database_the_portals_are_served(origin):
    with shield_of(origin, ASKING, trusted_proxies=["127.0.0.1"], countries="/nowhere/countries.db") as shield:
        shield.start()
        assert ask_as(shield, "193.190.198.27").status == 200
        assert "rule 1: @geoLookup never matches: the database that `countries` names cannot be opened" in shield.said()
        if DATABASE.exists():   # in a folder that no edge may read by itself: another edge takes over
            shutil.copy(DATABASE, shield.folder / "own.db")
            shield.settings["countries"] = str(shield.folder / "own.db")
            shield.apply()
            wait_until(lambda: ask_as(shield, "193.190.198.27").status == 451, what="the new edge serves alone")


def test_who_asks_for_a_scanner_that_is_not_there_is_told(origin):
    with shield_of(origin) as shield:
        shield.start()
        assert "@inspectFile needs a virus scanner" in shield.said()
        assert post(shield, b"content").status == 200
        shield.settings["sites"][0]["waf"]["clamd"] = "clamd.example:3310"
        with pytest.raises(Exception, match="expected unix: and the path of a socket, or an address and a port"):
            shield.apply()


def test_a_tenant_may_not_name_a_scanner(origin):
    """It names what the shield connects to, which the administrator grants."""
    shield = Shield(origin, start=False)
    files = shield.folder / "sites.d" / "north"
    files.mkdir(parents=True)
    files.joinpath("site.yaml").write_text(json.dumps({"sites": [{
        "name": "www.north.example", "origins": ["http://127.0.0.1:1"], "waf": {"clamd": "unix:/run/docker.sock"}}]}))
    shield.settings["include"] = "sites.d/*/*.yaml"
    shield.settings["tenants"] = [{"name": "north", "files": "sites.d/north", "hosts": ["*.north.example"], "origins": ["127.0.0.0/8"]}]
    shield.write(shield.settings)
    said = subprocess.run([BINARY, "check", "-c", str(shield.config)], capture_output=True, text=True, check=False)
    shield.bury()
    assert "tenant north: clamd is for the administrator's own sites, not for those of tenant north" in said.stdout + said.stderr

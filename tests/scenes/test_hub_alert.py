"""The hub's alerts at real receivers: Debian's exim and rsyslog, and somebody who is called. The hub's own part is tests/hub/alert_demo.c: its settings, its store and its process that sends."""
import json
import pathlib
import shutil
import subprocess

import pytest

from lab.place import ENVIRONMENT, free_port, make_folder, sanitized, wait_until
from lab.receivers import Mail, Syslog, Webhook
from lab.tls import make_certificate

PROGRAM = pathlib.Path(sanitized()).parent / "tests/hub/hub-alert-demo"


class Alerts:
    """ALERTS: what stands under `hub: alerts`, as JSON (which is YAML)."""

    def __init__(self, **alerts):
        self.folder = make_folder("alerts")
        (self.folder / "store").mkdir()
        self.configure(**alerts)

    def configure(self, **alerts):
        (self.folder / "hub.yaml").write_text(json.dumps({"hub": {"name": "hub.commune.example", "alerts": {"self_test": "off", **alerts}}}))

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def start(self):
        self.process = subprocess.Popen([PROGRAM, self.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return self

    def order(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def attack(self, number=17, severity="high", status="new", waves=1):
        return self.order(f"attack {number} {severity} {status} {waves}")

    def path(self, name):
        return next(path for path in self.order("state")["paths"] if path["path"] == name)

    def until(self, name, **wanted):
        return wait_until(lambda: (lambda path: all(path[key] == value for key, value in wanted.items()) and path)(self.path(name)), seconds=20, what=f"{name}: {wanted}, not {self.path(name)}")

    def end(self):
        try:
            _, errors = self.process.communicate(timeout=20)
        finally:
            self.process.kill()
        assert self.process.returncode == 0 and not errors, errors

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        try:
            self.end()
        finally:
            shutil.rmtree(self.folder)


def mail_of(box, **more):
    return {"server": f"smtp://localhost:{box.port}", "ca": str(box.certificate), "from": "shield@commune.example", "to": ["it@commune.example"], **more}


def syslog_of(server, **more):
    return {"address": f"tls://localhost:{server.port}", "ca": str(server.ca), "certificate": str(server.client), **more}


def hook_of(alerts, hook, **more):
    return {"url": f"https://localhost:{hook.port}/alerts", "ca": str(hook.certificate), "secret_file": alerts.file("secret", "0123456789abcdef\n"), **more}


# -- mail --

def test_one_attack_is_one_thread_of_mails():
    with Mail() as server, Alerts(mail=mail_of(server, to=["it@commune.example", "mayor@commune.example"], language="fr")) as alerts:
        alerts.attack()
        server.wait_for(1)
        alerts.attack(severity="critical")
        server.wait_for(2)
        alerts.attack(severity="critical", status="contained")
        first, second, third = server.wait_for(3)
        assert str(first["subject"]) == "[Bouclier] Élevée : www.commune.example est attaqué"
        assert [address.addr_spec for address in first["to"].addresses] == ["it@commune.example", "mayor@commune.example"]
        assert first["from"].addresses[0].addr_spec == "shield@commune.example" and first["auto-submitted"] == "auto-generated"
        assert first["importance"] == "high" and third["importance"] is None
        assert len({mail["message-id"] for mail in (first, second, third)}) == 3 and len({mail["references"] for mail in (first, second, third)}) == 1
        assert first["message-id"].endswith("@hub.commune.example>")
        text = first.get_content()
        assert first.get_content_type() == "text/plain" and "https://hub.commune.example:8444/incidents/17" in text and "prendre en charge" in text
        for mail in (first, second, third):
            assert not mail.defects and not [name for name, value in mail.items() if getattr(value, "defects", ())]
            assert all(len(line) < 79 for line in mail.as_bytes().split(b"\n") if not line.lower().startswith((b"received", b"\t", b" ", b"message-id", b"references", b"in-reply-to")))
        assert "X=TLS" in server.log() and "P=esmtps" in server.log()
        assert alerts.path("mail")["state"] == "ok"


def test_who_sends_logs_in_and_what_is_refused_is_said():
    with Mail(password="geheim") as server:
        alerts = Alerts()
        alerts.configure(mail=[mail_of(server, name="good", user="shield", password_file=alerts.file("good", "geheim\n")),
                               mail_of(server, name="bad", user="shield", password_file=alerts.file("bad", "falsch\n"))])
        with alerts:
            alerts.order("test good")
            server.wait_for(1)
            assert "A=plain:shield" in server.log()
            alerts.order("test bad")
            assert "535" in alerts.until("bad", state="failing")["last_error"]
            # The one that works tells of the one that does not, and never the other way round.
            assert "[Bouclier] Alerts do not get through on bad" == str(server.wait_for(2)[1]["subject"])
            assert alerts.path("bad")["waiting"] == 1 and len(server.messages()) == 2


def test_a_server_that_offers_no_tls_gets_nothing():
    with Mail(starttls=False) as server, Alerts(mail=mail_of(server)) as alerts:
        alerts.order("test mail")
        assert "TLS" in alerts.until("mail", state="failing")["last_error"] or "SSL" in alerts.path("mail")["last_error"]
        assert not server.messages()
    with Mail(starttls=False) as server, Alerts(mail=mail_of(server, starttls="never")) as alerts:
        alerts.order("test mail")
        server.wait_for(1)


def test_tls_from_the_first_byte_and_a_stranger_is_not_believed(tmp_path):
    with Mail(tls_only=True) as server:
        other = str(make_certificate(tmp_path / "other.pem", "localhost"))
        there = {"server": f"smtps://localhost:{server.port}"}
        with Alerts(mail=[mail_of(server, **there), mail_of(server, name="deceived", **there | {"ca": other})]) as alerts:
            alerts.order("test deceived")
            assert "certificate" in alerts.until("deceived", state="failing")["last_error"]
            alerts.order("test mail")
            assert {str(mail["subject"]) for mail in server.wait_for(2)} == {"[Bouclier] Test of the alerts", "[Bouclier] Alerts do not get through on deceived"}


def test_one_wrong_recipient_does_not_keep_it_from_the_others():
    with Mail() as server, Alerts(mail=mail_of(server, to=["nobody@commune.example", "it@commune.example"])) as alerts:
        alerts.order("test mail")
        assert server.wait_for(1)[0]["envelope-to"] == "it@commune.example"
        assert "no such user" in alerts.until("mail", state="ok")["last_error"]


def test_a_server_that_is_away_for_an_hour_gets_each_once():
    with Mail() as server, Alerts(mail=mail_of(server)) as alerts:
        server.stop()
        alerts.attack(1)
        alerts.attack(2)
        wait_until(lambda: alerts.order("later 60") and alerts.path("mail")["state"] == "failing", seconds=20, what="it to fail")
        assert alerts.path("mail")["waiting"] == 2
        server.start()
        alerts.order("later 3700")
        alerts.until("mail", state="ok", waiting=0)
        assert len(server.wait_for(2)) == 2
        assert len({mail["message-id"] for mail in server.messages()}) == 2
        alerts.order("later 3700")
        assert len(server.messages()) == 2 and alerts.path("mail")["sent"] == 2


def test_killed_hubs_and_senders_lose_nothing():
    with Mail() as server:
        alerts = Alerts(mail=mail_of(server))
        server.stop()
        alerts.start()
        alerts.attack(1)
        alerts.order("kill")
        alerts.attack(2)
        alerts.kill()
        alerts.start()
        assert alerts.path("mail")["waiting"] == 2
        alerts.attack(1)  # as the hub does after a start: told already
        assert alerts.path("mail")["waiting"] == 2
        server.start()
        alerts.order("later 3700")
        alerts.until("mail", state="ok", waiting=0)
        assert len({mail["message-id"] for mail in server.wait_for(2)}) == 2
        alerts.end()
        shutil.rmtree(alerts.folder)


# -- syslog --

@pytest.mark.parametrize("driver", ["ossl", "gtls"])
def test_syslog_as_rsyslog_reads_it(driver):
    with Syslog(driver) as server, Alerts(syslog=syslog_of(server, facility="local4", language="nl")) as alerts:
        alerts.attack(severity="critical")
        message = server.wait_for(1)[0]
        assert message["version"] == "1" and message["host"] == "hub.commune.example" and message["app"] == "bouclier" and message["msgid"] == "opened"
        assert int(message["pri"]) == 20 * 8 + 2 and message["time"].endswith("Z")
        assert message["msg"].lstrip("\ufeff") == "Kritiek: www.commune.example wordt aangevallen"
        assert message["data"].startswith("[bouclier@32473 id=\"incident-17-") and 'incident="17"' in message["data"] and 'site="www.commune.example"' in message["data"]
        for number in range(20, 30):
            alerts.attack(number, severity="low")
        # This rsyslog now and then breaks a connection off in the middle of TLS: what it has not taken comes again.
        wait_until(lambda: alerts.order("later 60") and alerts.path("syslog")["waiting"] == 0, seconds=20, what="all to be sent")
        assert alerts.path("syslog")["state"] == "ok"
        assert len({message["data"] for message in server.wait_for(11)}) == 11


@pytest.mark.parametrize("driver", ["ossl", "gtls"])
@pytest.mark.parametrize("shown", ["nothing", "a stranger's", "another name"])
def test_a_syslog_server_that_refuses_us_is_no_success(shown, driver, tmp_path):
    """With TLS 1.3 the refusal comes after our write: a sender that does not wait for the end would call it sent."""
    with Syslog(driver) as server, Mail() as mail:
        ours = syslog_of(server)
        if shown == "nothing":
            del ours["certificate"]
        elif shown == "a stranger's":
            ours["certificate"] = str(make_certificate(tmp_path / "other.pem", "shield.commune.example"))
        else:
            ours["certificate"] = str(make_certificate(tmp_path / "other.pem", "elsewhere.example", issuer=server.ca))
        with Alerts(syslog=ours, mail=mail_of(mail)) as alerts:
            alerts.order("test syslog")
            wait_until(lambda: alerts.path("syslog")["last_error"] or alerts.path("syslog")["sent"], seconds=40, what="an end")
            if (shown, driver) == ("another name", "ossl") and alerts.path("syslog")["sent"]:
                # Rsyslog 8.2302 with OpenSSL does not always look at the name: then it has taken it.
                assert len(server.wait_for(1)) == 1
                return
            assert alerts.path("syslog")["sent"] == 0 and alerts.path("syslog")["waiting"] == 1 and not server.messages()
            if shown == "nothing":
                # Rsyslog with GnuTLS now and then says nothing at all: an attempt takes 30 s then.
                wait_until(lambda: alerts.order("later 60") and alerts.path("syslog")["state"] == "failing", seconds=200, what="it to fail")
                assert str(mail.wait_for(1)[0]["subject"]) == "[Bouclier] Alerts do not get through on syslog"
            assert alerts.path("syslog")["sent"] == 0 and not server.messages()


def test_a_syslog_server_comes_back():
    with Syslog() as server, Alerts(syslog=syslog_of(server)) as alerts:
        server.stop()
        alerts.order("test syslog")
        wait_until(lambda: alerts.path("syslog")["last_error"], seconds=20, what="an attempt")
        server.start()
        alerts.order("later 3700")
        assert [message["msgid"] for message in server.wait_for(1)] == ["test"]
        alerts.until("syslog", state="ok", waiting=0)


# -- webhooks --

def test_a_webhook_is_signed_and_says_what_happened():
    alerts = Alerts()
    with Webhook() as hook:
        alerts.configure(webhooks=hook_of(alerts, hook, language="de"))
        with alerts:
            alerts.attack()
            headers, body = hook.wait_for(1)[0]
            said = json.loads(body)
            assert hook.is_signed(hook.calls[0]) and headers["Content-Type"] == "application/json" and headers["Bouclier-Alert-Id"] == said["id"]
            assert said["kind"] == "opened" and said["severity"] == "high" and said["title"] == "Hoch: www.commune.example wird angegriffen"
            assert said["incident"]["id"] == 17 and said["incident"]["site"] == "www.commune.example" and said["link"] == "https://hub.commune.example:8444/incidents/17"
            hook.secret = b"another"
            assert not hook.is_signed(hook.calls[0])


@pytest.mark.parametrize("status, state, said", [(302, "failing", "redirects are not followed"), (410, "failing", "HTTP 410"), (503, "unused", "HTTP 503"), (429, "unused", "HTTP 429")])
def test_answers_of_a_webhook(status, state, said):
    alerts = Alerts()
    with Webhook() as hook, Webhook() as elsewhere:
        hook.answer = status, {"Location": f"https://localhost:{elsewhere.port}/", "Content-Length": "0"}
        alerts.configure(webhooks=hook_of(alerts, hook))
        with alerts:
            alerts.order("test webhook")
            wait_until(lambda: said in (alerts.path("webhook")["last_error"] or ""), seconds=20, what=said)
            assert alerts.path("webhook")["state"] == state and not elsewhere.calls
            hook.answer = 200, {"Content-Length": "0"}
            alerts.order("later 3700")
            alerts.until("webhook", state="ok", waiting=0)
            first, second = hook.wait_for(2)
            assert first[1] == second[1] and first[0]["Bouclier-Alert-Id"] == second[0]["Bouclier-Alert-Id"]


def test_an_endless_answer_ends():
    alerts = Alerts()
    with Webhook() as hook:
        hook.answer = 200, {"X-Long": "x" * 60000}
        alerts.configure(webhooks=hook_of(alerts, hook))
        with alerts:
            alerts.order("test webhook")
            wait_until(lambda: alerts.path("webhook")["sent"] or alerts.path("webhook")["last_error"], seconds=20, what="an end")


def test_a_secret_that_is_gone_is_told_on_the_other_path():
    alerts = Alerts()
    with Webhook() as hook, Mail() as mail:
        alerts.configure(webhooks={**hook_of(alerts, hook), "secret_file": str(alerts.folder / "gone")}, mail=mail_of(mail))
        with alerts:
            assert str(mail.wait_for(1)[0]["subject"]) == "[Bouclier] Alerts do not get through on webhook"
            alerts.attack()
            mail.wait_for(2)
            assert not hook.calls


# -- settings --

@pytest.mark.parametrize("alerts, said", [
    ({"mail": {"server": "http://mail.example", "from": "a@b.example", "to": "c@d.example"}}, "expected smtp:// or smtps://"),
    ({"mail": {"server": "smtp://mail.example", "from": "a@b.example", "to": "c@d.example", "starttls": "never"}}, "on this machine"),
    ({"mail": {"server": "smtp://mail.example", "from": "a@b.example\\r\\nBcc: x@y.example", "to": "c@d.example"}}, "expected an address"),
    ({"mail": {"server": "smtp://mail.example", "from": "a@b.example", "to": ["c@d.example", "-oQ/tmp@d.example"]}}, "expected an address"),
    ({"mail": {"server": "smtp://mail.example", "from": "a@b.example", "to": "c@d.example", "user": "x"}}, "belong together"),
    ({"mail": [{"server": "smtp://a", "from": "a@b.example", "to": "c@d.example"}, {"server": "smtp://a", "from": "a@b.example", "to": "c@d.example"}]}, "two paths are called \"mail\""),
    ({"webhooks": {"url": "http://192.0.2.1/", "secret_file": "/x"}}, "only https:// is allowed"),
    ({"webhooks": {"url": "http://8.8.8.8/", "secret_file": "/x", "insecure": True}}, "loopback or private address"),
    ({"webhooks": {"url": "http://localhost/", "secret_file": "/x", "insecure": True}}, "loopback or private address"),
    ({"webhooks": {"url": "https://hooks.example/"}}, "secret_file"),
    ({"syslog": {"address": "udp://log.example"}}, "expected tls://"),
    ({"syslog": {"address": "tls://log.example:0"}}, "expected tls://"),
    ({"syslog": {"address": "tls://log.example", "key": "/k"}}, "no certificate"),
    ({"quiet_hours": {"from": "22:00", "to": "7:00"}}, "expected a time of day"),
    ({"quiet_hours": {"from": "22:00", "to": "22:00"}}, "the same time"),
    ({"self_test": "moonday 09:00"}, "expected a day and a time"),
    ({"escalate_to": ["boss"]}, "no path is called \"boss\""),
    ({"mail": {"server": "smtp://a", "from": "a@b.example", "to": "c@d.example"}, "escalate_to": ["mail"]}, "names every path"),
])
def test_settings_that_are_refused(alerts, said):
    wrong = Alerts(**alerts)
    process = subprocess.run([PROGRAM, wrong.folder], capture_output=True, text=True, timeout=20, env=ENVIRONMENT)
    shutil.rmtree(wrong.folder)
    assert process.returncode == 2 and said in process.stderr, process.stderr


def test_http_to_this_machine_where_somebody_says_so():
    alerts = Alerts()
    with Webhook(tls=False) as hook:
        alerts.configure(webhooks={"url": f"http://127.0.0.1:{hook.port}/", "insecure": True, "secret_file": alerts.file("secret", "0123456789abcdef\n")})
        with alerts:
            alerts.order("test webhook")
            assert hook.is_signed(hook.wait_for(1)[0])


def test_nobody_there():
    with Alerts(mail={"server": f"smtp://localhost:{free_port()}", "from": "a@b.example", "to": "c@d.example"}) as alerts:
        alerts.order("test mail")
        assert wait_until(lambda: alerts.path("mail")["last_error"], seconds=20, what="an attempt")
        assert alerts.path("mail")["state"] == "unused" and alerts.path("mail")["waiting"] == 1

"""`bouclier watch`: somebody else's shield, as it lives, dies and comes again."""
import json
import os
import signal
import subprocess

import pytest

from lab.origin import Origin
from lab.place import BINARY, ENVIRONMENT, make_folder
from lab.shield import FAULTS, Shield
from lab.tls import make_certificate, server_context
from lab.wire import response


class Watch:
    def __init__(self, *words, trust=None):
        environment = {**os.environ, **ENVIRONMENT, **({"SSL_CERT_FILE": str(trust)} if trust else {})}
        self.process = subprocess.Popen([BINARY, "watch", "--output", "json", "--every", "1s", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env=environment)

    def line(self):
        return json.loads(self.process.stdout.readline())

    def states(self, count):
        return {(said["what"], said["state"]) for said in (self.line() for _ in range(count))}

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=20)
        assert not any(fault in said for fault in FAULTS), said
        return self.process.returncode


def once(url, trust=None):
    environment = {**os.environ, **ENVIRONMENT, **({"SSL_CERT_FILE": str(trust)} if trust else {})}
    done = subprocess.run([BINARY, "watch", "--once", "--output", "json", url], capture_output=True, text=True, timeout=60, env=environment)
    assert not any(fault in done.stderr for fault in FAULTS), done.stderr
    return {said["what"]: said["state"] for said in map(json.loads, done.stdout.splitlines())}, done.returncode


def test_it_lives_dies_and_comes_again():
    with Origin() as origin, Shield(origin) as shield:
        watch = Watch(f"https://localhost:{shield.tls}/", trust=shield.certificate)
        try:
            assert watch.states(3) == {("shield", "ok"), ("portal", "ok"), ("certificate", "ok")}
            shield.process.terminate()
            shield.process.wait(20)
            said = [watch.line(), watch.line()]
            assert [(one["what"], one["state"], one["before"]) for one in said] == [("shield", "failing", "ok"), ("shield", "dead", "failing")]
            assert "connect: Connection refused" in said[1]["why"]
            shield.start()
            back = watch.line()
            assert (back["what"], back["state"], back["before"]) == ("shield", "ok", "dead")
        finally:
            assert watch.stop() == 0


def test_a_portal_behind_a_living_shield_is_dead_alone():
    with Origin() as origin:
        origin.close()
        with Shield(origin) as shield:
            watch = Watch("--fail", f"https://localhost:{shield.tls}/", trust=shield.certificate)
            assert watch.states(3) == {("shield", "ok"), ("portal", "failing"), ("certificate", "ok")}
            dead = watch.line()
            assert (dead["what"], dead["state"]) == ("portal", "dead") and "status 50" in dead["why"]
            watch.process.wait(20)
            assert watch.stop() == 1


@pytest.mark.parametrize("days, state", [(40, "ok"), (10, "failing"), (-1, "failing")])
def test_a_certificate_is_told_before_it_is_over(days, state):
    path = make_certificate(make_folder("watch") / "site.pem", "localhost", days=days, ago=30)
    with Origin(context=server_context(path)) as origin:
        said, code = once(origin.url.replace("127.0.0.1", "localhost"), path)
        assert said["certificate"] == state and code == (state != "ok")
        assert said["shield"] == ("ok" if days > 0 else "unknown")


def test_once_says_all_of_it():
    with Origin(response(status="503 No")) as origin:
        assert once(origin.url) == ({"shield": "ok", "portal": "failing", "certificate": "unknown"}, 1)
    with Origin() as origin:
        assert once(origin.url) == ({"shield": "ok", "portal": "ok", "certificate": "unknown"}, 0)
        human = subprocess.run([BINARY, "watch", "--once", origin.url], capture_output=True, text=True, check=False).stdout
        assert "the portal is ok\n" in human and "the certificate is unknown" in human

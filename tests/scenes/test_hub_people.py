"""Accounts over real connections: first start, sessions, tokens, break-glass by the command, four eyes, and the log that is left."""
import http.client
import json
import os
import pathlib
import signal
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOUCLIER = os.environ.get("BOUCLIER", str(ROOT / "build" / "bouclier"))
PASSWORD = "correct horse battery"


class Demo:
    def __init__(self, folder):
        self.folder = folder
        (folder / "bouclier.yaml").write_text(json.dumps({"hub": {"state": str(folder)}}))
        self.start()

    def start(self):
        (self.folder / "hub.sock").unlink(missing_ok=True)
        program = pathlib.Path(BOUCLIER).parent / "tests" / "hub" / "hub-people-demo"
        self.process = subprocess.Popen([program, self.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        port, _, self.code = self.process.stdout.readline().strip().partition(" ")
        self.port = int(port)

    def stop(self, kill=False):
        if kill:
            self.process.send_signal(signal.SIGKILL)
        self.process.stdin.close()
        code = self.process.wait(timeout=60)
        assert kill or code == 0, code

    def command(self, *words):
        return subprocess.run([BOUCLIER, *words, "--config", self.folder / "bouclier.yaml"], capture_output=True, text=True, timeout=60)


class Browser:
    def __init__(self, demo, **fields):
        self.demo, self.fields, self.cookie, self.csrf = demo, fields, None, None

    def ask(self, method, path, body=None, **fields):
        connection = http.client.HTTPConnection("localhost", self.demo.port, timeout=60)
        head = {"Content-Type": "application/json", **self.fields, **fields}
        if self.cookie:
            head["Cookie"] = self.cookie
        if self.csrf:
            head.setdefault("X-Bouclier-CSRF", self.csrf)
        connection.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, head)
        answer = connection.getresponse()
        said = json.loads(answer.read() or "null")
        if answer.getheader("Set-Cookie"):
            self.cookie = answer.getheader("Set-Cookie").partition(";")[0]
        if said and said.get("csrf"):
            self.csrf = said["csrf"]
        connection.close()
        return answer.status, said


@pytest.fixture
def demo(folder):
    one = Demo(folder)
    yield one
    if one.process.poll() is None:
        one.stop()


@pytest.fixture
def agnes(demo):
    browser = Browser(demo)
    status, said = browser.ask("POST", "/first-start", {"code": demo.code, "name": "agnes", "password": PASSWORD})
    assert status == 200, said
    return browser


def test_from_the_first_start_to_a_second_person(demo, agnes):
    status, said = Browser(demo).ask("GET", "/session")
    assert status == 401 and said["first_start"] is False and said["methods"] == ["password", "passkey"]
    status, said = agnes.ask("POST", "/people", {"name": "boris", "roles": ["operator"], "tenants": ["town"], "language": "nl"})
    assert status == 200, said
    boris = Browser(demo)
    assert boris.ask("POST", "/first-start", {"code": said["code"].lower().replace("-", " "), "name": "boris", "password": "another long one"})[0] == 200
    status, said = boris.ask("GET", "/session")
    assert said["person"]["roles"] == ["operator"] and said["person"]["tenants"] == ["town"] and "people" not in said["permits"]
    assert boris.ask("GET", "/people")[0] == 403
    assert boris.ask("PATCH", "/me", {"display": "Boris"}, **{"X-Bouclier-CSRF": "x"})[1]["error"]["code"] == "bad-csrf"
    assert boris.ask("PATCH", "/me", {"display": "Boris"}, Origin="https://evil.example")[1]["error"]["code"] == "bad-origin"
    status, said = boris.ask("POST", "/me/tokens", {"name": "t", "scopes": ["see"], "expires": said["expires"]})
    assert status == 200
    program = Browser(demo, Authorization="Bearer " + said["token"])
    assert program.ask("GET", "/approvals")[0] == 200 and program.ask("GET", "/people")[0] == 403
    assert boris.ask("DELETE", "/session")[0] == 204 and boris.ask("GET", "/me")[0] == 401
    assert demo.command("audit", "verify").returncode == 0


def test_sessions_and_the_log_outlive_a_killed_hub(demo, agnes):
    head = demo.command("audit", "head").stdout.strip()
    demo.stop(kill=True)
    demo.start()
    assert demo.code == "" and agnes.ask("GET", "/me")[0] == 200
    assert agnes.ask("PATCH", "/me", {"display": "A"})[0] == 200
    assert "is in it" in demo.command("audit", "verify", "--head", head).stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="break-glass is root's")
def test_break_glass_by_the_command(demo, agnes):
    said = demo.command("hub", "break-glass")
    assert said.returncode == 0, said.stderr
    stranger = Browser(demo)
    assert stranger.ask("POST", "/session/break-glass", {"name": "carla", "code": said.stdout.strip(), "why": "nobody is here"})[0] == 200
    assert demo.process.stdout.readline() == "announced carla break-glass.login\n"
    assert "people" in stranger.ask("GET", "/session")[1]["permits"]
    assert "break-glass.login" in demo.command("audit", "show").stdout
    said = demo.command("hub", "code", "agnes")
    assert said.returncode == 0 and agnes.ask("GET", "/me")[0] == 401
    assert agnes.ask("POST", "/session", {"name": "agnes", "password": PASSWORD})[1]["error"]["code"] == "wrong-credentials"
    agnes.cookie = agnes.csrf = None
    assert agnes.ask("POST", "/first-start", {"code": said.stdout.strip(), "name": "agnes", "password": "another long one"})[0] == 200
    assert demo.command("hub", "code", "nobody").returncode == 1
    assert demo.command("hub", "code", "a/b").returncode == 2 and demo.command("hub", "open").returncode == 2


def test_a_crowd_that_guesses_keeps_nobody_from_reading(demo, agnes):
    crowd = [subprocess.Popen(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}\n", "-H", "Content-Type: application/json", "-d", json.dumps({"name": f"n{n}", "password": "a wrong password"}),
                               f"http://localhost:{demo.port}/api/v1/session"], stdout=subprocess.PIPE, text=True) for n in range(24)]
    assert agnes.ask("GET", "/me")[0] == 200
    said = [one.communicate(timeout=120)[0].strip() for one in crowd]
    assert set(said) <= {"401", "429", "503"} and "401" in said, said

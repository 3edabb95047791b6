"""A shield with a hub, on a state folder that is there already; asked over the hub's unix socket, as commands ask."""
import http.client
import json
import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def give_to_edge(folder):
    """What the shield's own processes write is theirs; without root all of it is ours."""
    if os.getuid() != 0:
        return
    try:
        user = pwd.getpwnam("bouclier-edge")
    except KeyError:
        user = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)


class Ground:
    """FOLDER/state has what the hub begins with."""

    def __init__(self, program, folder):
        self.folder, self.state = Path(folder), Path(folder) / "state"
        self.config = self.folder / "bouclier.yaml"
        self.config.write_text(json.dumps({
            "workers": 1, "state": str(self.state), "admin": {"socket": str(self.folder / "admin.sock")},
            "listen": [{"address": f"127.0.0.1:{self._free_port()}", "tls": False}], "log": {"keep": "365d", "disk": "64GiB"},
            "hub": {"listen": f"127.0.0.1:{self._free_port()}"},
            "sites": [{"name": "site-0", "hosts": ["localhost"], "origins": ["http://127.0.0.1:9"]}]}))
        give_to_edge(self.state)
        self.log = open(self.folder / "log", "wb")
        self.started = time.monotonic()
        self.process = subprocess.Popen([program, "run", "--config", str(self.config), "--root", str(self.folder)], stdout=self.log, stderr=self.log)
        self.hub = self._wait(self._find_hub, "the hub")

    @staticmethod
    def _free_port():
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            return sock.getsockname()[1]

    def _wait(self, found, what, seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                value = found()
                if value:
                    return value
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.05)
        raise SystemExit(f"bench: {what} did not come:\n{(self.folder / 'log').read_text(errors='replace')[-2000:]}")

    def _find_hub(self):
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == self.process.pid and b"--role" in words and words[words.index(b"--role") + 1] == b"hub":
                return int(entry.name)
        return None

    def connect(self):
        return Connection(str(self.state / "hub" / "hub.sock"))

    def ask(self, path, connection=None):
        talk = connection or self.connect()
        talk.request("GET", path)
        reply = talk.getresponse()
        body = reply.read()
        if reply.status != 200:
            raise SystemExit(f"bench: {path}: {reply.status} {body[:200]}")
        return body

    def wait_lines(self, lines, seconds=600):
        """Until the store has LINES, and incidents too are of now."""
        def has():
            health = json.loads(self.ask("/api/v1/health"))
            return health["store"]["lines"] >= lines and health["journal"]["lag_s"] < 10
        self._wait(has, f"{lines:,} lines in the store", seconds)

    def cpu_s(self):
        words = Path(f"/proc/{self.hub}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICKS

    def memory(self, what):
        """VmRSS, VmHWM, in MiB."""
        for line in Path(f"/proc/{self.hub}/status").read_text().splitlines():
            if line.startswith(what + ":"):
                return int(line.split()[1]) / 1024
        raise SystemExit(f"bench: no {what}")

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


def _run(measure, words):
    done = subprocess.run([measure, *map(str, words)], check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"bench: {done.stderr.strip()}")
    return json.loads(done.stdout)


def prepare_store(measure, folder, events):
    """What a hub has kept of 30 days: EVENTS lines, and ten million in totals."""
    hub = Path(folder) / "state" / "hub"
    hub.mkdir(parents=True)
    _run(measure, (hub, events, 1))
    shutil.rmtree(hub / "journal")


def prepare_journal(measure, folder, events, seconds):
    """What a hub finds that was away for SECONDS of an attack: EVENTS lines. Returns how many lines there are with those of counts."""
    state = Path(folder) / "state"
    state.mkdir()
    return _run(measure, (state, events, 1, seconds))["lines"]

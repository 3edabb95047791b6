"""The hub's web server with the routes of tests/hub/web_demo.c, running."""
import json
import pathlib
import re
import shutil
import socket
import subprocess

from lab.place import BINARY, ENVIRONMENT, HOST, WAIT, make_folder, sanitized, wait_until
from lab.talk import Talk
from lab.tls import make_certificate
from lab.wire import Stream, get, read_response, request

PROGRAM = "tests/hub/hub-web-demo"


def resident(demo):
    """Bytes that it has in memory."""
    return int(pathlib.Path(f"/proc/{demo.process.pid}/statm").read_text().split()[1]) * 4096


class Demo:
    """OPTIONS: what the program takes (head=300: milliseconds). TLS: it listens there too. CA: an authority whose clients it asks for certificates.
    IS_MEASURED: the program as released, for a sanitizer keeps what was freed."""

    def __init__(self, tls=False, ca=False, is_measured=False, **options):
        self.folder = make_folder("hub-web")
        if tls or ca:
            make_certificate(self.folder / "chain.pem", HOST, "localhost")
        if ca:
            self.ca = make_certificate(self.folder / "ca.pem")
        words = [f"{key}={value}" for key, value in {"name": HOST, **options}.items()]
        self.process = subprocess.Popen([pathlib.Path(BINARY if is_measured else sanitized()).parent / PROGRAM, self.folder, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        said = dict(re.findall(r"(\w+)=(\d+)", self.process.stdout.readline()))
        self.plain, self.tls = int(said["plain"]), int(said.get("tls", 0))
        self.socket = str(self.folder / "hub.sock")

    def get(self, path, **options):
        return get(self.plain, path, **options)

    def local(self):
        """A connection to the unix socket, where there is always room."""
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(WAIT)
        sock.connect(self.socket)
        return Stream(sock)

    def ask_locally(self, path, method="GET", body=None):
        with self.local() as stream:
            stream.send(request(path, method=method, body=body))
            return read_response(stream, method)

    def counts(self):
        return json.loads(self.ask_locally("/api/v1/counts").body)

    def until(self, **wanted):
        """Waits until the counts are so."""
        return wait_until(lambda: {key: self.counts()[key] for key in wanted} == wanted, what=f"{wanted}")

    def talk(self, tls=False):
        return Talk(self.tls if tls else self.plain, tls)

    def close(self):
        """It ends in order, and under sanitizers without a leak."""
        if self.process.poll() is None:
            self.ask_locally("/api/v1/quit", method="POST")
        try:
            _, errors = self.process.communicate(timeout=WAIT)
        finally:
            self.process.kill()
            shutil.rmtree(self.folder)
        assert self.process.returncode == 0 and not errors, errors

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

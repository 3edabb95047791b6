"""The program under test, running on free ports in a folder of its own, and what it says of itself."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from lab import wire
from lab.place import BINARY, HOST, WAIT, free_port, make_folder, wait_until
from lab.tls import make_certificate

# What a sanitizer or a broken assertion says, and nobody may say in a scene that passes.
FAULTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "Assertion `")


class Shield:
    """One running shield. Keywords of the constructor:

    config   the file as a mapping, for scenes that say every site themselves: one worker, self.plain (with h2c), and self.tls
             where a site has a certificate, unless it says otherwise. Without it:
    sites    list of mappings; else one site, HOST (and localhost), in front of ORIGIN
    site     keys added to that one site
    listen   else self.plain, self.tls and self.h2c, one port each
    rules    SecLang: own.conf in the folder, by which every site judges; in `block`, unless WAF says otherwise
    waf      keys of every site's waf
    text     or the whole YAML; {plain}, {tls}, {h2c}, {folder}, {metrics}, {origin} are filled in
    roots    further folders that the keeper may read
    may_die  an edge may be killed in this scene
    words    put in front of the command (prlimit ...)
    Other keywords become keys of the file (workers, log, ...).
    """

    def __init__(self, origin=None, *, config=None, binary=None, sites=None, site=None, listen=None, rules=None, waf=None,
                 text=None, roots=(), may_die=False, words=(), env=None, start=True, state=None, **top):
        self.folder = make_folder("shield")
        self.plain, self.tls, self.h2c, self.metrics = (free_port() for _ in range(4))
        self.binary, self.words, self.env, self.may_die = binary or BINARY, list(words), env or {}, may_die
        self.roots = [self.folder, *roots]
        self.state = pathlib.Path(state or self.folder / "state")
        self.admin_socket = str(self.folder / "admin.sock")
        self.certificate = make_certificate(self.folder / "site.pem", HOST, "localhost")
        self.config = self.folder / "bouclier.yaml"
        self.log = self.folder / "stderr"
        self.process, self.pids = None, set()
        if text is not None:
            self.write(text.format(plain=self.plain, tls=self.tls, h2c=self.h2c, folder=self.folder, metrics=self.metrics,
                                   origin=origin.url if origin else ""))
        elif config is not None:
            self.write({**self.base(), **self.doors(config["sites"]), **top, **config})
        else:
            self.write({**self.base(), **top, "sites": sites if sites is not None else [self.one_site(origin, site or {})],
                        **({"listen": listen} if listen else {})})
        if rules is not None or waf:
            self.judge(rules, waf or {})
        if start:
            try:
                self.start()
            except BaseException:
                self.stop(check=False)
                raise

    def base(self):
        return {"workers": 2, "state": str(self.state),
                "admin": {"socket": self.admin_socket, "metrics": f"127.0.0.1:{self.metrics}"},
                "listen": [f"127.0.0.1:{self.tls}", {"address": f"127.0.0.1:{self.plain}", "tls": False},
                           {"address": f"127.0.0.1:{self.h2c}", "tls": False, "h2c": True}]}

    def doors(self, sites):
        listen = [{"address": f"127.0.0.1:{self.plain}", "tls": False, "h2c": True}]
        if any("certificate" in site or "tls" in site for site in sites):
            listen.append({"address": f"127.0.0.1:{self.tls}"})
        return {"workers": 1, "listen": listen}

    def one_site(self, origin, keys):
        return {"name": HOST, "hosts": [HOST, "localhost", "127.0.0.1"], "certificate": str(self.certificate),
                "origins": [origin.url] if origin else [], **keys}

    def judge(self, rules, waf):
        if rules is not None:
            self.folder.joinpath("own.conf").write_text(rules)
            waf = {"ruleset": "own.conf", **waf}
        for site in self.settings["sites"]:
            site["waf"] = {"mode": "block", **waf}
        self.write(self.settings)

    def write(self, config):
        """CONFIG: text, or a mapping (JSON is YAML)."""
        self.settings = config
        part = self.config.with_suffix(".part")
        part.write_text(config if isinstance(config, str) else json.dumps(config, indent=1))
        os.replace(part, self.config)

    def run(self):
        command = [*self.words, self.binary, "run", "--config", str(self.config)]
        for each in self.roots:
            command += ["--root", str(each)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.env})

    def start(self):
        self.run()
        wait_until(lambda: self.is_ready() or self.process.poll() is not None, 30, "the shield is ready")
        assert self.process.poll() is None, f"the shield did not start:\n{self.said()}"

    def is_ready(self):
        """An edge serves. That every origin of a site is down is no fault of its own: scenes put such origins behind it."""
        try:
            reply = self.ask("/readyz")
        except OSError:
            return False
        return reply.status == 200 or "every origin is down" in reply.text

    def said(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def children(self):
        """{pid: role} of the keeper's processes."""
        found = {}
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parent = int(entry.joinpath("stat").read_text().rpartition(")")[2].split()[1])
                    words = entry.joinpath("cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if parent == self.keeper and b"--role" in words:
                    found[int(entry.name)] = words[words.index(b"--role") + 1].decode()
        self.pids |= set(found)
        return found

    @property
    def keeper(self):
        """The keeper's pid: our own child, or that child's when words are in front that fork."""
        return self.process.pid

    def edge(self):
        """The edge's pid; while one drains, the newest."""
        return max((pid for pid, role in self.children().items() if role == "edge"), default=None)

    def signal(self, number):
        os.kill(self.keeper, number)

    # -- the admin socket --

    def ask(self, path, method="GET", body=None, timeout=30):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(timeout)
        with sock:
            sock.connect(self.admin_socket)
            stream = wire.Stream(sock, timeout)
            stream.send(wire.request(path, method=method, body=body, host="localhost"))
            return wire.read_response(stream, method)

    def reload(self):
        """Through the admin socket: (worked, text)."""
        reply = self.ask("/reload", "POST", timeout=120)
        return reply.status == 200, reply.text

    def status(self):
        return json.loads(self.ask("/status").text)

    def origin(self, url):
        """What /status says of it."""
        return next(origin for site in self.status()["sites"] for origin in site["origins"] if origin["origin"] == url)

    # -- the configuration --

    def site(self, number=0):
        return self.settings["sites"][number]

    def apply(self, settings=None):
        """The file as SETTINGS, or self.settings, has it now, by a reload that must work."""
        self.write(settings or self.settings)
        worked, text = self.reload()
        assert worked, text

    # -- asking as a citizen, on the plain port or over TLS with a context --

    def connect(self, context=None, name=HOST, wait=WAIT, port=None):
        return wire.connect(port or (self.tls if context else self.plain), context, name, wait)

    def send(self, raw, **tls):
        """One raw request on a connection of its own, and its response."""
        with self.connect(**tls) as stream:
            stream.send(raw)
            return wire.read_response(stream, raw.partition(b" ")[0].decode("latin-1"))

    def get(self, path="/", *fields, method="GET", body=None, host=HOST, version="1.1", **tls):
        """A request, asked to close. FIELDS: (name, value)."""
        return self.send(wire.request(path, *fields, method=method, body=body, host=host, version=version), **tls)

    # -- the journal --

    def journal(self, stream="detail"):
        """Lines written so far, as mappings, in order of their segments."""
        lines = []
        for path in sorted(self.state.glob(f"journal/{stream}*.jsonl")):
            for line in path.read_bytes().splitlines():
                if line.startswith(b"{"):
                    try:
                        lines.append(json.loads(line))
                    except ValueError:
                        pass  # still being written
        return lines

    def wait_journal(self, condition, seconds=5, stream="detail"):
        """The first line for which CONDITION(line) is true."""
        def find():
            return next((line for line in self.journal(stream) if condition(line)), None)
        try:
            return wait_until(find, seconds, "a line of the journal")
        except AssertionError:
            raise AssertionError("no such line; the last ones: " + "\n".join(map(json.dumps, self.journal(stream)[-10:]))) from None

    def event(self, seconds=WAIT, **wanted):
        """The first line of the journal with these members; names with _ for . in them: url_path="/x"."""
        def fits(line):
            return wanted.items() <= {name.replace(".", "_"): value for name, value in line.items() if not isinstance(value, list)}.items()
        return self.wait_journal(fits, seconds)

    def event_of(self, reply):
        """The line of the journal about a response, by its X-Request-Id."""
        return self.event(bouclier_request_id=reply.get("x-request-id"))

    # -- the end --

    def stop(self, check=True, seconds=15):
        if not self.process:
            shutil.rmtree(self.folder, ignore_errors=True)
            return
        late = False
        if self.process.poll() is None:
            self.children()
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                late = True
                self.process.kill()
                self.process.wait()
        left, said = self.bury(), self.said()
        shutil.rmtree(self.folder, ignore_errors=True)
        if check:
            assert not late, f"the shield did not end within {seconds} s\n{said}"
            assert not left, f"processes were left: {left}\n{said}"
            assert not any(fault in said for fault in FAULTS), said
            assert self.may_die or "was killed by signal" not in said, said

    def bury(self):
        """Ends what the keeper left behind; that is a fault of its own."""
        end = time.monotonic() + 0.2  # the kernel ends them with their parent, which takes a moment
        while (left := [pid for pid in self.pids if self.is_ours(pid)]) and time.monotonic() < end:
            time.sleep(0.01)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        return left

    def is_ours(self, pid):
        try:
            return b"--role" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            print(self.said())
        self.stop(check=kind is None)

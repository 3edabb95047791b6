"""A shield on free ports, and an origin that keeps what it received: what every scene stands on.

    with Origin() as origin, Shield(origin) as shield:
        assert get(shield.plain, "/").status == 200

Folders are made below /tmp with mode 0755, not by pytest: the edge runs without root and has to reach them.
"""
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("BOUCLIER", str(ROOT / "build/bouclier"))
SANITIZED = os.environ.get("BOUCLIER_ASAN", str(ROOT / "build-asan/bouclier"))
HOST = "www.commune.example"
# What a sanitizer or a broken assertion says, and nobody may say in a scene that passes.
FAULTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "Assertion `")


def sanitized():
    """The program under sanitizers where it was built: for scenes that attack parsers."""
    return SANITIZED if os.access(SANITIZED, os.X_OK) else BINARY


def free_port():
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds=10, what="the condition"):
    """Calls CONDITION until it is true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.02)


# -- the origin --

class Request:
    """One request as the origin read it: HEAD and BODY are the very bytes (a chunked body with its framing)."""

    def __init__(self, head, connection):
        self.head, self.body, self.connection = head, b"", connection
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ", 2)
        self.fields = [tuple(line.split(": ", 1)) for line in lines[1:] if line]

    def get(self, name, otherwise=None):
        return next((value for key, value in self.fields if key.lower() == name.lower()), otherwise)

    @property
    def raw(self):
        return self.head + self.body


def response(body=b"hello\n", status="200 OK", *fields, length=True):
    lines = [f"HTTP/1.1 {status}", *fields] + ([f"Content-Length: {len(body)}"] if length else [])
    return "\r\n".join([*lines, "", ""]).encode() + body


class Origin:
    """Speaks HTTP/1.1 on a free port. ANSWER(request) gives the bytes to send; None: it has sent what it wanted through
    request.connection (a socket), and the connection is closed."""

    def __init__(self, answer=None, port=0, record=True):
        self.answer = answer or (lambda request: response())
        self.requests, self.record, self.connections = [], record, 0
        self.listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.open = set()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.open.add(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection, connection.makefile("rb", buffering=65536) as stream:
                while self.serve_one(connection, stream):
                    pass
        except (OSError, ValueError):
            pass
        finally:
            self.open.discard(connection)

    def serve_one(self, connection, stream):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline(1 << 20)
            if not line:
                return False
            head += line
        request = Request(head, connection)
        if self.record:
            self.requests.append(request)
        if request.get("expect", "").lower() == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.read_body(request, stream)
        answer = self.answer(request)
        if answer is not None:
            connection.sendall(answer)
        return answer is not None and (request.get("connection") or "").lower() != "close"

    def read_body(self, request, stream):
        if request.get("transfer-encoding", "").lower() != "chunked":
            request.body = stream.read(int(request.get("content-length", 0)))
            return
        while True:
            line = stream.readline()
            request.body += line
            size = int(line.split(b";")[0], 16)
            if size == 0:
                break
            request.body += stream.read(size + 2)
        while not request.body.endswith(b"\r\n\r\n"):
            request.body += stream.readline()

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# -- certificates --

def make_certificate(path, *names, days=90, ago=1, rsa=False):
    """Self-signed for NAMES; chain and key in one PEM file at PATH."""
    import datetime
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa as rsa_keys
    from cryptography.x509.oid import NameOID

    key = rsa_keys.generate_private_key(65537, 2048) if rsa else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key(),
                                           serial_number=x509.random_serial_number(),
                                           not_valid_before=now - datetime.timedelta(days=ago),
                                           not_valid_after=now + datetime.timedelta(days=days))
                   .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
                   .sign(key, hashes.SHA256()))
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pathlib.Path(path).write_bytes(pem)
    return pathlib.Path(path)


# -- the shield --

class Shield:
    """One running shield. Keywords of the constructor:

    sites    list of mappings; without it one site, HOST (and localhost), in front of ORIGIN
    site     keys added to that one site
    listen   without it: self.plain, self.tls and self.h2c, one port each
    text     the whole YAML; {plain}, {tls}, {h2c}, {folder}, {metrics}, {origin} are filled in
    may_die  an edge may be killed in this scene
    words    put in front of the command (prlimit ...)
    Other keywords become keys of the file (workers, log, ...).
    """

    def __init__(self, origin=None, *, binary=None, sites=None, site=None, listen=None, text=None, may_die=False,
                 words=(), env=None, start=True, state=None, **top):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bouclier-"))
        self.folder.chmod(0o755)
        self.plain, self.tls, self.h2c, self.metrics = (free_port() for _ in range(4))
        self.binary, self.words, self.env, self.may_die = binary or BINARY, list(words), env or {}, may_die
        self.state = pathlib.Path(state or self.folder / "state")
        self.admin_socket = str(self.folder / "admin.sock")
        self.certificate = make_certificate(self.folder / "site.pem", HOST, "localhost")
        self.config = self.folder / "bouclier.yaml"
        self.log = self.folder / "stderr"
        self.process, self.pids = None, set()
        if text is None:
            self.write(self.mapping(origin, sites, site or {}, listen, top))
        else:
            self.write(text.format(plain=self.plain, tls=self.tls, h2c=self.h2c, folder=self.folder, metrics=self.metrics,
                                   origin=origin.url if origin else ""))
        if start:
            try:
                self.start()
            except BaseException:
                self.stop(check=False)
                raise

    def mapping(self, origin, sites, site, listen, top):
        one = {"name": HOST, "hosts": [HOST, "localhost", "127.0.0.1"], "certificate": str(self.certificate),
               "origins": [origin.url] if origin else [], **site}
        return {
            "workers": 2, "state": str(self.state), "admin": {"socket": self.admin_socket, "metrics": f"127.0.0.1:{self.metrics}"},
            "listen": listen or [f"127.0.0.1:{self.tls}", {"address": f"127.0.0.1:{self.plain}", "tls": False},
                                 {"address": f"127.0.0.1:{self.h2c}", "tls": False, "h2c": True}],
            **top, "sites": sites if sites is not None else [one]}

    def write(self, config):
        """CONFIG: text, or a mapping (JSON is YAML)."""
        self.settings = config
        part = self.config.with_suffix(".part")
        part.write_text(config if isinstance(config, str) else json.dumps(config, indent=1))
        os.replace(part, self.config)

    def run(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*self.words, self.binary, "run", "--config", str(self.config), "--root", str(self.folder)],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.env})

    def start(self):
        self.run()
        wait_until(lambda: self.is_ready() or self.process.poll() is not None, 30, "the shield is ready")
        assert self.process.poll() is None, f"the shield did not start:\n{self.said()}"

    def is_ready(self):
        try:
            return self.ask("/readyz").status == 200
        except OSError:
            return False

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
        connection = http.client.HTTPConnection("localhost", timeout=timeout)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(timeout)
        try:
            connection.sock.connect(self.admin_socket)
            connection.request(method, path, body)
            return Reply(connection.getresponse())
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()

    def reload(self):
        """Through the admin socket: (worked, text)."""
        reply = self.ask("/reload", "POST", timeout=120)
        return reply.status == 200, reply.text

    def status(self):
        return json.loads(self.ask("/status").text)

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

    # -- the end --

    def stop(self, check=True, seconds=15):
        if not self.process:
            shutil.rmtree(self.folder, ignore_errors=True)
            return
        if self.process.poll() is None:
            self.children()
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                check and self.fail(f"the shield did not end within {seconds} s")
        left = [pid for pid in self.pids if self.is_ours(pid)]
        time.sleep(0.05 if left else 0)
        left = [pid for pid in left if self.is_ours(pid)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        said = self.said()
        shutil.rmtree(self.folder, ignore_errors=True)
        if check:
            assert not left, f"processes were left: {left}\n{said}"
            assert not any(fault in said for fault in FAULTS), said
            assert self.may_die or "was killed by signal" not in said, said

    def is_ours(self, pid):
        try:
            return b"--role" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False

    def fail(self, why):
        raise AssertionError(f"{why}\n{self.said()}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            print(self.said())
        self.stop(check=kind is None)


# -- clients --

class Reply:
    def __init__(self, answer):
        self.status, self.headers = answer.status, answer.headers
        self.body = answer.read()
        self.text = self.body.decode("utf-8", "replace")


def trusting():
    """A client's TLS that believes anybody: our certificates are self-signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def get(port, path="/", method="GET", body=None, host=HOST, tls=False, timeout=10, **fields):
    """One request on a connection of its own. Field names with _ for -."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    if tls:
        raw = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        connection.sock = trusting().wrap_socket(raw, server_hostname=host)
    try:
        connection.request(method, path, body, {"Host": host, **{name.replace("_", "-"): value for name, value in fields.items()}})
        return Reply(connection.getresponse())
    finally:
        connection.close()


def exchange(port, sent, timeout=5, host=None):
    """Sends raw bytes and returns all that comes until the end, or until TIMEOUT. HOST: over TLS, with this SNI."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        if host:
            connection = trusting().wrap_socket(connection, server_hostname=host)
        try:
            connection.sendall(sent)
            while True:
                piece = connection.recv(65536)
                if not piece:
                    break
                answer += piece
        except OSError:
            pass
    return answer

"""What the scenes play with: a shield on free ports, an origin that records every byte, and a client that reads exactly.

Nothing here is clever about HTTP on purpose: the origin and the client have readers of their own, a few lines each, so
that they do not share a mistake with the shield.
"""
import json
import os
import pathlib
import select
import signal
import socket
import ssl
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOST = "www.town.example"
WAIT = 10.0  # seconds that anything here may take on a busy machine before the test fails


def until(question, wait=WAIT, what="it did not happen"):
    """Asks again and again until the answer is true; returns it."""
    end = time.monotonic() + wait
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(what() if callable(what) else what)
        time.sleep(0.01)


def free_ports(count):
    """Ports of the loopback address that nobody has; all of them are held until the last is found."""
    held = []
    for _ in range(count):
        each = socket.socket()
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        each.bind(("127.0.0.1", 0))
        held.append(each)
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


# -- messages, read exactly --


class Closed(Exception):
    """The other side closed before the message was whole; `got` is what came."""

    def __init__(self, got):
        super().__init__(f"closed after {got[-200:]!r}")
        self.got = bytes(got)


class Stream:
    """A socket with a buffer: reads to a mark, a count, or the end."""

    def __init__(self, sock, wait=WAIT):
        self.sock = sock
        self.sock.settimeout(wait)
        self.got = bytearray()    # not yet taken
        self.record = bytearray()  # everything that ever came

    def _more(self):
        try:
            piece = self.sock.recv(65536)
        except ConnectionError:
            piece = b""
        if not piece:
            raise Closed(self.got)
        self.got += piece
        self.record += piece

    def _take(self, count):
        taken = bytes(self.got[:count])
        del self.got[:count]
        return taken

    def to(self, mark):
        while mark not in self.got:
            self._more()
        return self._take(self.got.index(mark) + len(mark))

    def count(self, count):
        while len(self.got) < count:
            self._more()
        return self._take(count)

    def rest(self):
        """Everything until the other side closes."""
        try:
            while True:
                self._more()
        except Closed:
            return self._take(len(self.got))

    def within(self, seconds):
        """What comes in this time (b"" when nothing does)."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and select.select([self.sock], [], [], left)[0]:
            try:
                self._more()
            except Closed:
                break
        return self._take(len(self.got))

    def send(self, data):
        self.sock.sendall(data)

    def close(self, reset=False):
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Message:
    """A head and its body: `first` line, `fields` in order as (name, value), `body`, `trailers`, `raw` as on the wire."""

    def __init__(self, head):
        self.head = head
        lines = head[:-4].decode("latin-1").split("\r\n")
        self.first = lines[0]
        self.fields = [tuple(part.strip(" \t") for part in line.split(":", 1)) for line in lines[1:]]
        self.body = b""
        self.raw_body = b""
        self.trailers = []
        self.interim = []
        self.is_chunked = "chunked" in (self.get("transfer-encoding") or "")

    @property
    def raw(self):
        return self.head + self.raw_body

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name):
        """The value, or None; a field that is there twice fails the test."""
        values = self.all(name)
        assert len(values) < 2, f"{name} twice: {values}"
        return values[0] if values else None

    def names(self):
        return [key.lower() for key, _ in self.fields]

    # of a response
    @property
    def status(self):
        return int(self.first.split(" ")[1])

    # of a request
    @property
    def method(self):
        return self.first.split(" ")[0]

    @property
    def target(self):
        return self.first.split(" ")[1]

    def __repr__(self):
        return f"<{self.first} {self.fields} {self.body[:200]!r}>"


def read_chunks(stream, message):
    while True:
        line = stream.to(b"\r\n")
        size = int(line.split(b";")[0], 16)
        message.raw_body += line
        if size == 0:
            break
        piece = stream.count(size + 2)
        assert piece.endswith(b"\r\n")
        message.raw_body += piece
        message.body += piece[:-2]
    while (line := stream.to(b"\r\n")) != b"\r\n":
        message.raw_body += line
        message.trailers.append(tuple(part.strip() for part in line.decode("latin-1").split(":", 1)))
    message.raw_body += b"\r\n"


def read_request(stream):
    message = Message(stream.to(b"\r\n\r\n"))
    if message.is_chunked:
        read_chunks(stream, message)
    else:
        message.body = message.raw_body = stream.count(int(message.get("content-length") or 0))
    return message


def read_response(stream, method="GET"):
    """A final response; the interim ones before it are in `interim`."""
    interim = []
    while True:
        message = Message(stream.to(b"\r\n\r\n"))
        if message.status >= 200 or message.status == 101:
            break
        interim.append(message)
    message.interim = interim
    if method == "HEAD" or message.status in (101, 204, 304):
        return message
    if message.is_chunked:
        read_chunks(stream, message)
    elif message.get("content-length") is not None:
        message.body = message.raw_body = stream.count(int(message.get("content-length")))
    else:
        message.body = message.raw_body = stream.rest()
    return message


# -- the origin --


def answer(body=b"hello", status="200 OK", *fields):
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


class Origin:
    """A server that keeps what it received and says what the test scripts.

    answer   bytes, or a function of the request that returns bytes; sent for each request, connection kept
    script   a function of the connection (a Stream): plays the whole connection instead, and closes at its end
    requests every request it read, in order; connections: every Stream, whose `record` has the bytes
    errors   what went wrong in its threads, other than the shield closing: close() raises the first
    """

    def __init__(self, answer=answer(), script=None, context=None, port=0):
        self.answer = answer
        self.script = script
        self.context = context
        self.requests = []
        self.connections = []
        self.errors = []
        self.listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self.is_closing = False
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
            stream = Stream(sock, wait=60)
            self.connections.append(stream)
            (self.script or self._converse)(stream)
        except (Closed, OSError):
            pass
        except Exception as error:  # told at the end, not swallowed
            if not self.is_closing:
                self.errors.append(error)
        finally:
            sock.close()

    def _converse(self, stream):
        while True:
            request = read_request(stream)
            self.requests.append(request)
            reply = self.answer(request) if callable(self.answer) else self.answer
            if reply is None:
                return
            if request.method == "HEAD":
                reply = reply[:reply.index(b"\r\n\r\n") + 4]
            stream.send(reply)

    def read(self, stream):
        """For scripts: reads a request and remembers it."""
        request = read_request(stream)
        self.requests.append(request)
        return request

    @property
    def bytes(self):
        """Everything it ever received."""
        return b"".join(bytes(each.record) for each in self.connections)

    @property
    def last(self):
        return self.requests[-1]

    def forget(self):
        self.requests.clear()

    def close(self):
        self.is_closing = True
        # shutdown first: close() alone leaves a thread in accept()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.thread.join(WAIT)
        for each in self.connections:
            each.sock.close()
        if self.errors:
            raise self.errors[0]


# -- the shield --


def binary(is_attacked=False):
    """The release build; the one with sanitizers for scenes that attack readers, where it exists."""
    release = os.environ.get("BOUCLIER") or str(ROOT / "build/bouclier")
    asan = os.environ.get("BOUCLIER_ASAN") or str(ROOT / "build-asan/bouclier")
    return asan if is_attacked and os.access(asan, os.X_OK) else release


def processes_of(session):
    """Pids of the session, zombies left out."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(entry.name))
    return found


class Shield:
    """A running shield.

    config    a dict as in bouclier.yaml (written as JSON, which is YAML); "listen", "state", "admin" and "workers" are
              filled in when missing; port() of the first listener is then plain HTTP/1.1 and h2c
    may_die   the test kills the edge itself
    """

    def __init__(self, folder, config, is_attacked=False, may_die=False, env=None, roots=()):
        self.folder = pathlib.Path(folder)
        self.may_die = may_die
        self.state = self.folder / "state"
        self.admin_socket = self.folder / "admin.sock"
        self.plain_port, self.metrics_port = free_ports(2)
        config = dict(config)
        config.setdefault("workers", 1)
        config.setdefault("state", str(self.state))
        config.setdefault("listen", [{"address": f"127.0.0.1:{self.plain_port}", "tls": False, "h2c": True}])
        config.setdefault("admin", {"socket": str(self.admin_socket), "metrics": f"127.0.0.1:{self.metrics_port}"})
        self.config = config
        self.path = self.folder / "bouclier.yaml"
        self.write()
        command = [binary(is_attacked), "run", "--config", str(self.path), "--root", str(self.folder)]
        for each in roots:
            command += ["--root", str(each)]
        self.stderr_path = self.folder / "stderr"
        environment = dict(os.environ, ASAN_OPTIONS="abort_on_error=1:detect_leaks=0", UBSAN_OPTIONS="halt_on_error=1", **(env or {}))
        with open(self.stderr_path, "wb") as stderr:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr,
                                            start_new_session=True, env=environment)
        until(self.has_started, what=lambda: f"no start: {self.stderr}")
        self.first_edge = self.edge_pid

    def write(self):
        self.path.write_text(json.dumps(self.config, indent=1))

    def has_started(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the shield ended with {self.process.returncode}: {self.stderr}")
        return "serves configuration" in self.stderr

    @property
    def stderr(self):
        return self.stderr_path.read_text(errors="replace")

    @property
    def edge_pid(self):
        """As the keeper said last."""
        return int(self.stderr.rpartition("edge (pid ")[2].partition(")")[0])

    @property
    def rss(self):
        """Bytes of memory that the edge has now."""
        for line in pathlib.Path(f"/proc/{self.edge_pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    # -- talking --

    def connect(self, port=None, wait=WAIT, **tls):
        sock = socket.create_connection(("127.0.0.1", port or self.plain_port), timeout=wait)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            sock = tls["context"].wrap_socket(sock, server_hostname=tls.get("name", HOST))
        return Stream(sock, wait)

    def send(self, raw, port=None, method=None, **tls):
        """One raw request on a connection of its own, and its response."""
        with self.connect(port, **tls) as stream:
            stream.send(raw)
            return read_response(stream, method or raw.partition(b" ")[0].decode())

    def get(self, path="/", *fields, method="GET", body=None, host=HOST, version="1.1", port=None, **tls):
        """A plain request, asked to close."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        length = "" if body is None else f"Content-Length: {len(body)}\r\n"
        head = f"{method} {path} HTTP/{version}\r\nHost: {host}\r\n{lines}{length}Connection: close\r\n\r\n"
        return self.send(head.encode("latin-1") + (body or b""), port, method, **tls)

    # -- what it recorded --

    def journal(self, stream="detail"):
        events = []
        for path in sorted((self.state / "journal").glob(f"{stream}-*.jsonl")):
            for line in path.read_bytes().split(b"\n")[:-1]:
                events.append(json.loads(line))
        return events

    def event(self, wait=WAIT, **wanted):
        """The first event with these members; names with _ for . in them: url_path="/x"."""
        wanted = {name.replace("_", "."): value for name, value in wanted.items()}

        def plain(event):
            return {name.replace("_", "."): value for name, value in event.items()}

        return until(lambda: next((event for event in self.journal() if wanted.items() <= plain(event).items()), None),
                     wait, lambda: f"no event with {wanted} in {self.journal()[-3:]}")

    def event_of(self, reply):
        """The event of a response, by its X-Request-Id."""
        return self.event(bouclier_request_id=reply.get("x-request-id"))

    # -- its end --

    def signal(self, number):
        os.kill(self.process.pid, number)

    def stop(self):
        """Ends it, and fails when something was left behind or had died on the way."""
        died = self.process.poll() is not None
        if not died:
            edge = self.edge_pid
            lost = not self.may_die and (edge != self.first_edge or not os.path.exists(f"/proc/{edge}"))
            self.signal(signal.SIGTERM)
            time.sleep(0.05)
            if self.process.poll() is None:
                self.signal(signal.SIGTERM)  # twice: at once
            try:
                self.process.wait(WAIT)
            except subprocess.TimeoutExpired:
                self._kill()
                raise AssertionError(f"it did not end: {self.stderr}") from None
        left = processes_of(self.process.pid)
        self._kill()
        stderr = self.stderr
        assert "Sanitizer" not in stderr and "runtime error" not in stderr, stderr
        assert not left, f"processes left: {left}"
        assert not died, f"the shield ended by itself with {self.process.returncode}: {stderr}"
        assert not lost, f"the edge died: {stderr}"

    def _kill(self):
        for pid in processes_of(self.process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(WAIT)


# -- certificates --


def make_certificate(folder, name, hosts, issuer=None):
    """PEM file with chain and key; self-signed, or signed by ISSUER (a file made here with hosts=None: a CA)."""
    path = pathlib.Path(folder) / f"{name}.pem"
    key, certificate = path.with_suffix(".key"), path.with_suffix(".crt")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "90",
               "-subj", f"/CN={name}", "-keyout", key, "-out", certificate]
    if hosts:
        command += ["-addext", "subjectAltName=" + ",".join(f"DNS:{host}" for host in hosts), "-addext", "basicConstraints=critical,CA:FALSE"]
    if issuer:
        command += ["-CA", issuer, "-CAkey", issuer]
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    path.write_bytes(certificate.read_bytes() + key.read_bytes())
    return path


def client_context(ca=None, alpn=("http/1.1",)):
    """For Shield.connect(context=...): trusts CA, or anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca:
        context.load_verify_locations(ca)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(list(alpn))
    return context

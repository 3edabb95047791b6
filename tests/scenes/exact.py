"""What the scenes of origins stand on beside shield.py: readers that keep every byte, an origin that plays a script, TLS in
all its parts, and a shield that is told what to do in one mapping.

Nothing here is clever about HTTP on purpose: the readers are a few lines each, so that they share no mistake with the shield.
"""
import os
import pathlib
import select
import socket
import ssl
import subprocess
import threading
import time

import shield as scene
from shield import HOST, wait_until

WAIT = 10.0  # seconds that anything here may take on a busy machine before the test fails


def until(question, wait=WAIT, what="the condition"):
    return wait_until(question, wait, what)


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
        self.has_ended = False

    def _more(self):
        try:
            piece = self.sock.recv(65536)
        except ConnectionError:
            piece = b""
        if not piece:
            self.has_ended = True
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

    def settle(self):
        """Returns when its threads have read all that has come so far."""
        def is_quiet():
            open_ones = [each.sock for each in self.connections if not each.has_ended and each.sock.fileno() >= 0]
            return not select.select([self.listener, *open_ones], [], [], 0)[0]

        for _ in range(2):  # between accept() and the list there is a moment
            until(is_quiet, what="the origin's threads read")
            time.sleep(0.001)

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


class Front(scene.Shield):
    """A running shield. CONFIG is the file as a mapping; workers (one), listen (self.plain, and self.tls where a site has a
    certificate), state and admin are filled in. ROOTS are folders that the keeper may read."""

    def __init__(self, config, roots=(), start=True, **options):
        self.roots = roots
        super().__init__(start=False, sites=config["sites"], workers=config.get("workers", 1), listen=["0.0.0.0:1"],
                         **{key: value for key, value in config.items() if key not in ("sites", "workers", "listen")}, **options)
        listen = [{"address": f"127.0.0.1:{self.plain}", "tls": False, "h2c": True}]
        if any("certificate" in site or "tls" in site for site in config["sites"]):
            listen.append({"address": f"127.0.0.1:{self.tls}"})
        self.settings["listen"] = config.get("listen") or listen
        self.write(self.settings)
        if start:
            try:
                self.start()
            except BaseException:
                self.stop(check=False)
                raise

    def run(self):
        command = [*self.words, self.binary, "run", "--config", str(self.config), "--root", str(self.folder)]
        for each in self.roots:
            command += ["--root", str(each)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.env})

    def site(self, number=0):
        return self.settings["sites"][number]

    def apply(self):
        """The file as self.settings has it now, by a reload that must work."""
        self.write(self.settings)
        worked, text = self.reload()
        assert worked, text

    def origin(self, url):
        """What /status says of it."""
        return next(origin for site in self.status()["sites"] for origin in site["origins"] if origin["origin"] == url)

    def connect(self, context=None, name=HOST, wait=WAIT, port=None):
        sock = socket.create_connection(("127.0.0.1", port or (self.tls if context else self.plain)), timeout=wait)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Stream(context.wrap_socket(sock, server_hostname=name) if context else sock, wait)

    def send(self, raw, **tls):
        """One raw request on a connection of its own, and its response."""
        with self.connect(**tls) as stream:
            stream.send(raw)
            return read_response(stream, raw.partition(b" ")[0].decode())

    def get(self, path="/", *fields, method="GET", body=None, host=HOST, version="1.1", **tls):
        """A request, asked to close."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
        length = "" if body is None else f"Content-Length: {len(body)}\r\n"
        head = f"{method} {path} HTTP/{version}\r\nHost: {host}\r\n{lines}{length}Connection: close\r\n\r\n"
        return self.send(head.encode("latin-1") + (body or b""), **tls)

    def event(self, seconds=WAIT, **wanted):
        """The first line of the journal with these members; names with _ for . in them: url_path="/x"."""
        def fits(line):
            return wanted.items() <= {name.replace(".", "_"): value for name, value in line.items() if not isinstance(value, list)}.items()
        return self.wait_journal(fits, seconds)

    def event_of(self, reply):
        """The line of the journal about a response, by its X-Request-Id."""
        return self.event(bouclier_request_id=reply.get("x-request-id"))


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


def client_context(ca=None, certificate=None, alpn=("http/1.1",)):
    """For Front.connect(context=...): trusts CA, or anything; shows CERTIFICATE."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca:
        context.load_verify_locations(ca)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(certificate)
    context.set_alpn_protocols(list(alpn))
    return context


def server_context(certificate, client_ca=None):
    """For Origin(context=...); with CLIENT_CA it refuses whoever shows no certificate of that CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context

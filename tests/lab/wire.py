"""Messages as they are on the wire, every byte kept, and one request with its answer.

Nothing here is clever about HTTP on purpose: the readers are a few lines each, so that they share no mistake with the shield.
"""
import select
import socket
import time

from lab.place import HOST, WAIT
from lab.tls import trusting


class Closed(ConnectionError):
    """The other side closed before the message was whole; `got` is what came."""

    def __init__(self, got):
        super().__init__(f"closed after {got[-200:]!r}")
        self.got = bytes(got)


class Stream:
    """A socket with a buffer: reads to a mark, a count, or the end. WAIT: seconds, None for ever."""

    def __init__(self, sock, wait=WAIT, keeps=True):
        self.sock = sock
        self.sock.settimeout(wait)
        self.got = bytearray()  # not yet taken
        self.record = bytearray()  # everything that ever came, if it KEEPS
        self.keeps = keeps
        self.has_ended = self.was_cut = False  # cut: by a reset

    def _more(self):
        try:
            piece = self.sock.recv(65536)
        except ConnectionError:
            self.was_cut, piece = True, b""
        if not piece:
            self.has_ended = True
            raise Closed(self.got)
        self.got += piece
        if self.keeps:
            self.record += piece

    def _take(self, count):
        taken = bytes(memoryview(self.got)[:count])
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

    def some(self):
        """What has come, at least a byte."""
        if not self.got:
            self._more()
        return self._take(len(self.got))

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

    def finish(self):
        """No more from us; we still listen."""
        self.sock.shutdown(socket.SHUT_WR)

    def close(self, reset=False):
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# -- messages --


class Fields:
    """What has `fields`, in order as (name, value), and a `body`."""

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name, otherwise=None):
        """The value; a field that is there twice fails the test."""
        values = self.all(name)
        assert len(values) < 2, f"{name} twice: {values}"
        return values[0] if values else otherwise

    def names(self):
        return [key.lower() for key, _ in self.fields]

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")


class Message(Fields):
    """A head and its body: `first` line, `fields`, `body`, `trailers`, `interim` responses before it; `head` and `raw_body` are
    the very bytes (a chunked body with its framing)."""

    def __init__(self, head):
        self.head = head
        lines = head[:-4].decode("latin-1").split("\r\n")
        self.first = lines[0]
        self.fields = [tuple(part.strip(" \t") for part in line.split(":", 1)) for line in lines[1:]]
        self.body = self.raw_body = b""
        self.trailers = []
        self.interim = []
        self.is_chunked = "chunked" in self.get("transfer-encoding", "")

    @property
    def raw(self):
        return self.head + self.raw_body

    @property
    def version(self):
        return self.first.split(" ")[0 if self.first.startswith("HTTP/") else 2]

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
    raw, body = bytearray(), bytearray()
    while True:
        line = stream.to(b"\r\n")
        size = int(line, 16)  # the shield sends no extensions, either way: one fails here
        raw += line
        if size == 0:
            break
        piece = stream.count(size + 2)
        assert piece.endswith(b"\r\n")
        raw += piece
        body += piece[:-2]
    while (line := stream.to(b"\r\n")) != b"\r\n":
        raw += line
        message.trailers.append(tuple(part.strip() for part in line.decode("latin-1").split(":", 1)))
    message.raw_body, message.body = bytes(raw + b"\r\n"), bytes(body)


def read_body(stream, message):
    """Of a request: chunked, or as long as it says."""
    if message.is_chunked:
        read_chunks(stream, message)
    else:
        message.body = message.raw_body = stream.count(int(message.get("content-length", 0)))


def read_request(stream):
    message = Message(stream.to(b"\r\n\r\n"))
    read_body(stream, message)
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
    if message.is_chunked or message.get("content-length") is not None:
        read_body(stream, message)
    else:
        message.body = message.raw_body = stream.rest()
    return message


def request(path="/", *fields, method="GET", body=None, host=HOST, version="1.1"):
    """The bytes of a request that asks to close. FIELDS: (name, value)."""
    body = body.encode() if isinstance(body, str) else body
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    length = "" if body is None else f"Content-Length: {len(body)}\r\n"
    return f"{method} {path} HTTP/{version}\r\nHost: {host}\r\n{lines}{length}Connection: close\r\n\r\n".encode("latin-1") + (body or b"")


def response(body=b"hello\n", status="200 OK", *fields, length=True):
    """The bytes of a response. FIELDS: "Name: value"."""
    lines = [f"HTTP/1.1 {status}", *fields] + ([f"Content-Length: {len(body)}"] if length else [])
    return "\r\n".join([*lines, "", ""]).encode() + body


# -- asking --


class Reply(Fields):
    """What http.client read: for browsers, which keep their connection."""

    def __init__(self, answer):
        self.status, self.headers, self.fields = answer.status, answer.headers, answer.getheaders()
        self.body = answer.read()


def open_socket(port, context=None, name=HOST, wait=WAIT, **tls):
    """Over TLS with a CONTEXT, for NAME; TLS: what else wrap_socket takes (session=...)."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=wait)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return context.wrap_socket(sock, server_hostname=name, **tls) if context else sock
    except BaseException:
        sock.close()
        raise


def connect(port, context=None, name=HOST, wait=WAIT, **tls):
    """A Stream on an open_socket."""
    return Stream(open_socket(port, context, name, wait, **tls), wait)


def send(port, raw, **options):
    """One raw request on a connection of its own (see connect), and its response."""
    with connect(port, **options) as stream:
        stream.send(raw)
        return read_response(stream, raw.partition(b" ")[0].decode("latin-1"))


def get(port, path="/", method="GET", body=None, host=HOST, tls=False, timeout=WAIT, **fields):
    """One request on a connection of its own, and its response. Field names with _ for -."""
    named = [(name.replace("_", "-"), value) for name, value in fields.items()]
    return send(port, request(path, *named, method=method, body=body, host=host), context=trusting() if tls else None, name=host,
                wait=timeout)


def exchange(port, sent, timeout=5, host=None):
    """Sends raw bytes and returns all that comes until the end, or until TIMEOUT. HOST: over TLS, with this SNI."""
    with connect(port, trusting() if host else None, host, timeout) as stream:
        try:
            stream.send(sent)
            return stream.rest()
        except OSError:
            return bytes(stream.got)

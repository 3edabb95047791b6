"""A client of HTTP/1.1 that is simple on purpose: it sends the bytes it is told and reads answers one by one, so that a scene
sees framing, order and time for itself.

    with Talk(shield.plain) as talk:
        talk.ask("GET", "/")
        assert talk.answer().body == b"hello\\n"
"""
import contextlib
import pathlib
import re
import select
import socket
import ssl

import lab
from lab import HOST, trusting


class Answer:
    """One response: STATUS, FIELDS in order, BODY decoded, RAW as it came behind the head, TRAILERS, 1xx before it in INTERIM."""

    def __init__(self, head):
        self.first, *lines = head[:-4].decode("latin-1").split("\r\n")
        self.version, self.status = self.first.split(" ")[0], int(self.first.split(" ")[1])
        self.fields = pairs(lines)
        self.body, self.raw, self.trailers, self.interim = b"", b"", [], []

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name):
        """The value, or None; a field that is there twice fails the scene."""
        values = self.all(name)
        assert len(values) < 2, f"{name} twice: {values}"
        return values[0] if values else None


def pairs(lines):
    return [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]


class Talk:
    def __init__(self, port, tls=False, timeout=10):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.sock = trusting().wrap_socket(self.sock, server_hostname=HOST, suppress_ragged_eofs=False)
        self.got = b""

    def send(self, data):
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def ask(self, method="GET", target="/", *fields, body=b"", version="1.1", host=HOST, before=b""):
        self.send(before + "\r\n".join([f"{method} {target} HTTP/{version}", f"Host: {host}", *fields, "", ""]).encode("latin-1") + body)

    def ask_quietly(self, before):
        """BEFORE and a request behind it, to one who may cut us in the middle of it."""
        with contextlib.suppress(OSError):
            self.ask(before=before)

    def more(self):
        piece = self.sock.recv(1 << 20)
        if not piece:
            raise EOFError(f"closed after {self.got[-200:]!r}")
        self.got += piece

    def take(self, count):
        taken, self.got = self.got[:count], self.got[count:]
        return taken

    def count(self, count):
        while len(self.got) < count:
            self.more()
        return self.take(count)

    def to(self, mark):
        while mark not in self.got:
            self.more()
        return self.take(self.got.index(mark) + len(mark))

    def rest(self):
        """Everything until the other side has finished."""
        with contextlib.suppress(EOFError):
            while True:
                self.more()
        return self.take(len(self.got))

    def is_silent(self, seconds=0.3):
        """Nothing comes, and nobody closes, for so long."""
        pending = getattr(self.sock, "pending", lambda: 0)
        if self.got or pending():
            return False
        if not select.select([self.sock], [], [], seconds)[0]:
            return True
        self.sock.setblocking(False)
        try:  # over TLS it may have been a ticket
            self.got += self.sock.recv(65536)
            return False
        except OSError:
            return True
        finally:
            self.sock.settimeout(10)

    def is_closed(self, seconds=5):
        """The other side finishes, and says nothing before."""
        self.sock.settimeout(seconds)
        try:
            return not self.got and self.sock.recv(65536) == b""
        except (ConnectionError, ssl.SSLEOFError):  # cut
            return True
        except OSError:
            return False
        finally:
            self.sock.settimeout(10)

    def head(self):
        return Answer(self.to(b"\r\n\r\n"))

    def answer(self, method="GET"):
        """The next final response, whole."""
        interim, answer = [], self.head()
        while answer.status < 200 and answer.status != 101:
            interim.append(answer)
            answer = self.head()
        answer.interim = interim
        if method == "HEAD" or answer.status in (101, 204, 304):
            return answer
        if answer.get("transfer-encoding") == "chunked":
            self.chunks(answer)
        elif answer.get("content-length") is not None:
            answer.body = answer.raw = self.count(int(answer.get("content-length")))
        else:
            answer.body = answer.raw = self.rest()
        return answer

    def chunks(self, answer):
        while True:
            line = self.to(b"\r\n")
            answer.raw += line
            size = int(line, 16)  # the shield sends no extensions: one would fail here
            if size == 0:
                break
            answer.raw += self.count(size + 2)
            answer.body += answer.raw[-size - 2:-2]
        end = b""
        while not end.endswith(b"\r\n") or (end != b"\r\n" and not end.endswith(b"\r\n\r\n")):
            end += self.to(b"\r\n")
        answer.raw += end
        answer.trailers = pairs(end.decode("latin-1").split("\r\n")[:-2])

    def one(self, method="GET", target="/", *fields, **keys):
        """One request and its answer."""
        self.ask(method, target, *fields, **keys)
        return self.answer(method)

    def finish(self):
        """No more from us; we still listen."""
        self.sock.shutdown(socket.SHUT_WR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


def pss(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1)) * 1024


def script(answers):
    """For Origin: by path, bytes to send or a function of the request; else a small page."""
    def answer(request):
        found = answers.get(request.target.partition("?")[0])
        return found(request) if callable(found) else lab.response() if found is None else found
    return answer


def wait_requests(origin, count=1):
    """The first COUNT requests, as the origin read them."""
    lab.wait_until(lambda: len(origin.requests) >= count, 5, f"{count} requests at the origin")
    return origin.requests[:count]

"""A client of HTTP/1.1 that keeps its connection: it sends the bytes it is told and reads answers one by one, so that a scene
sees framing, order and time for itself.

    with Talk(shield.plain) as talk:
        talk.ask("GET", "/")
        assert talk.answer().body == b"hello\\n"
"""
import contextlib
import select
import ssl

from lab.place import HOST, WAIT
from lab.tls import trusting
from lab.wire import Message, Stream, open_socket, read_response


class Talk(Stream):
    """An end of TLS without a word (close_notify) is an error, never the end of a body."""

    def __init__(self, port, tls=False):
        super().__init__(open_socket(port, trusting() if tls else None, suppress_ragged_eofs=False), keeps=False)

    def send(self, data):
        super().send(data.encode("latin-1") if isinstance(data, str) else data)

    def ask(self, method="GET", target="/", *fields, body=b"", version="1.1", host=HOST, before=b""):
        """FIELDS: "Name: value". BEFORE: bytes in front of it."""
        self.send(before + "\r\n".join([f"{method} {target} HTTP/{version}", f"Host: {host}", *fields, "", ""]).encode("latin-1") + body)

    def ask_quietly(self, before):
        """BEFORE and a request behind it, to one who may cut us in the middle of it."""
        with contextlib.suppress(OSError):
            self.ask(before=before)

    def head(self):
        """The next head alone, of an interim response or a final one."""
        return Message(self.to(b"\r\n\r\n"))

    def answer(self, method="GET"):
        """The next final response, whole."""
        return read_response(self, method)

    def one(self, method="GET", target="/", *fields, **keys):
        """One request and its answer."""
        self.ask(method, target, *fields, **keys)
        return self.answer(method)

    def rest(self):
        """Everything until the other side has finished; being cut is no end."""
        came = super().rest()
        assert not self.was_cut, f"cut after {came[-200:]!r}"
        return came

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
            self.sock.settimeout(WAIT)

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
            self.sock.settimeout(WAIT)

"""What stands behind the shield: an origin that keeps what it received, and the demonstration portal."""
import contextlib
import select
import socket
import subprocess
import sys
import threading
import time

from lab.place import ROOT, WAIT, wait_until
from lab.wire import Closed, Message, Stream, read_body, response


class Origin:
    """A server that keeps what it received and says what the test scripts.

    answer      bytes, or a function of the request that returns bytes, sent for each request; None: it has sent what it
                wanted through request.connection (a socket), and the connection is closed
    script      a function of the connection (a Stream): plays the whole connection instead, and closes at its end
    before      a function of the raw socket of each connection, which takes from it what stands in front of TLS and HTTP
    record      False: keeps nothing of what it receives, for scenes under load
    requests    every request, in order, from the moment that its head is here
    shown       over TLS (CONTEXT, read anew for each connection): of each, the client's certificate (DER) or None
    connections every Stream (of those that still live when nothing is kept); accepted: how many there were
    errors      what went wrong in its threads, other than that the other side closed: close() raises the first
    """

    def __init__(self, answer=response(), script=None, context=None, port=0, record=True, before=None):
        self.answer, self.script, self.context, self.record, self.before = answer, script, context, record, before
        self.requests, self.shown, self.connections, self.errors, self.accepted = [], [], [], [], 0
        self.listener = socket.create_server(("127.0.0.1", port), backlog=1024)
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
            self.accepted += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        stream = None
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.before:
                self.before(sock)
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
                self.shown.append(sock.getpeercert(binary_form=True))
            stream = Stream(sock, wait=None, keeps=self.record)
            self.connections.append(stream)
            (self.script or self._converse)(stream)
        except (Closed, OSError):
            pass
        except Exception as error:  # told at the end, not swallowed
            if not self.is_closing:
                self.errors.append(error)
        finally:
            sock.close()
            if stream and not self.record:
                self.connections.remove(stream)

    def _converse(self, stream):
        while True:
            request = self._read_head(stream)
            if (request.get("expect") or "").lower() == "100-continue":
                stream.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.read_body(request, stream)
            reply = self.answer(request) if callable(self.answer) else self.answer
            if reply is None:
                return
            if request.method == "HEAD":
                reply = b"".join(reply.partition(b"\r\n\r\n")[:2])
            stream.send(reply)
            if (request.get("connection") or "").lower() == "close":
                return

    def _read_head(self, stream):
        request = Message(stream.to(b"\r\n\r\n"))
        request.connection = stream.sock
        if self.record:
            self.requests.append(request)
        return request

    def read_body(self, request, stream):
        """For scenes that read otherwise."""
        read_body(stream, request)

    def read(self, stream):
        """For scripts: reads a request and remembers it."""
        request = self._read_head(stream)
        self.read_body(request, stream)
        return request

    @property
    def bytes(self):
        """Everything it ever received."""
        return b"".join(bytes(each.record) for each in self.connections)

    @property
    def last(self):
        return self.requests[-1]

    @property
    def open(self):
        """The connections that are not over."""
        return [each for each in list(self.connections) if not each.has_ended and each.sock.fileno() >= 0]

    def forget(self):
        """What it received so far; those who are connected stay."""
        self.requests.clear()
        for each in self.connections:
            each.record.clear()

    def settle(self):
        """Returns when its threads have read all that has come so far."""
        for _ in range(2):  # between accept() and the list there is a moment
            wait_until(lambda: not select.select([self.listener, *(each.sock for each in self.open)], [], [], 0)[0],
                       what="the origin's threads read")
            time.sleep(0.001)

    def close(self):
        self.is_closing = True
        self._shut(self.listener)  # first: close() alone leaves a thread in accept()
        self.listener.close()
        self.thread.join(WAIT)
        for each in list(self.connections):
            self._shut(each.sock)
        if self.errors:
            raise self.errors[0]

    @staticmethod
    def _shut(sock):
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:  # over already
            pass

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            self.close()
        except Exception:
            if not kind:  # what failed first is told
                raise


class Pages:
    """An origin that says what the scene wants of a target, and counts what it is asked. It can die, and come back on the same port.

    start   what starts an Origin: the fixture start_origin
    usual   what it says of any other target
    pages   of a target: bytes, or a function of the request
    asked   how often each target was asked for
    """

    def __init__(self, start, usual):
        self.start, self.usual, self.pages, self.asked, self.lock = start, usual, {}, {}, threading.Lock()
        self.origin = start(self.answer)
        self.url, self.port = self.origin.url, self.origin.port

    def answer(self, request):
        with self.lock:
            self.asked[request.target] = self.asked.get(request.target, 0) + 1
        page = self.pages.get(request.target, self.usual)
        return page(request) if callable(page) else page

    def die(self):
        self.origin.close()

    def come_back(self):
        self.origin = self.start(self.answer, port=self.port)


def by_path(answers):
    """For Origin(answer=): by path, bytes or a function of the request; else a small page."""
    def answer(request):
        found = answers.get(request.target.partition("?")[0])
        return found(request) if callable(found) else response() if found is None else found
    return answer


@contextlib.contextmanager
def black_hole():
    """A port where connecting never ends: its queue is full, and SYNs are answered by nobody."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        is_open = True
        while is_open:
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
            is_open = select.select([], [one], [], 0.1)[1]
        yield listener.getsockname()[1]


class Portal:
    """demo/portal on a free port."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, ROOT / "demo/portal/portal.py", "--port", "0"], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.port = int(self.process.stdout.readline().strip().rstrip("/").rpartition(":")[2])
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

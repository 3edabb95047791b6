"""Citizens: threads that ask for a page again and again, and remember everything that was not a 200."""
import http.client
import socket
import threading
import time

from lab.place import HOST
from lab.tls import trusting


class Load:
    """with Load(port, ...) as load: ...; load.failures is then what went wrong, load.served how many did not.

    kept     one connection each, used again and again; else a new one for every request
    retries  of a connection that had been kept and was closed before an answer began: what every browser does
    """

    def __init__(self, port, threads=4, path="/", host=HOST, tls=False, kept=True, retries=False, pause=0.0, timeout=10):
        self.port, self.path, self.host, self.kept, self.retries, self.pause, self.timeout = port, path, host, kept, retries, pause, timeout
        self.context = trusting() if tls else None
        self.served, self.failures, self.longest, self.sent = 0, [], 0.0, 0
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.ask_on, args=(number,), daemon=True) for number in range(threads)]

    def connect(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        connection.sock = socket.create_connection(("127.0.0.1", self.port), timeout=self.timeout)
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.context:
            connection.sock = self.context.wrap_socket(connection.sock, server_hostname=self.host)
        return connection

    def ask_on(self, number):
        connection, count = None, 0
        while not self.ended.is_set():
            count += 1
            connection = self.ask(connection, f"{self.path}?{number}-{count}")
            if self.pause:
                time.sleep(self.pause)
        if connection:
            connection.close()

    def ask(self, connection, target):
        started, was_kept = time.monotonic(), connection is not None
        try:
            connection = connection or self.connect()
            connection.request("GET", target, headers={"Host": self.host})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                self.fail(f"{target}: {answer.status}")
            if not self.kept or answer.will_close:
                connection.close()
                connection = None
        except (OSError, http.client.HTTPException) as error:
            if connection:
                connection.close()
            if was_kept and self.retries:
                return self.ask(None, target)
            self.fail(f"{target}: {type(error).__name__} {error}, after {time.monotonic() - started:.3f} s")
            return None
        with self.lock:
            self.served += 1
            self.longest = max(self.longest, time.monotonic() - started)
        return connection

    def fail(self, why):
        with self.lock:
            self.failures.append(why)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join(self.timeout + 5)

"""The bench's crowd and its portal, played on this machine's loopback against a server that looks at what they do."""
import json
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

import lab

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))

from proxy import workshop  # noqa: E402  (the path comes first)

MARK = {"X-Bench-Page": "1"}


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    for name, libraries in (*workshop.CROWD.items(), ("origin", [])):
        subprocess.run(["cc", *workshop.CFLAGS, "-o", folder / name, *workshop.sources_of(name), *libraries], check=True)
    return folder


class Server:
    """Answers with ANSWER(request) -> (status, fields, body); keeps what was asked."""

    def __init__(self, answer, context=None):
        asked = self.asked = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = SimpleNamespace(path=self.path, headers=self.headers, source=self.client_address[0], body=body, closes=False)
                asked.append(request)  # one for each: a handler serves a whole connection
                status, fields, page = answer(request)
                self.close_connection = self.close_connection or request.closes
                self.send_response(status)
                for name, value in {"Content-Length": len(page), **fields}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(page)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def page(_):
    return 200, MARK, b"page"


def play(programs, tmp_path, line, plain, tls=1, seconds=2):
    """Pages and counts of one group."""
    plan = tmp_path / "plan"
    plan.write_text(f"group one from=127.0.0.1 windows=0-{seconds} {line}\n")
    run = subprocess.run([programs / "crowd", "-f", plan, "-4", "127.0.0.1", "-6", "::1", "-p", str(plain), "-t", str(tls), "-s",
                          str(time.monotonic_ns()), "-d", str(seconds)], capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stderr) == (0, "")
    lines = [json.loads(one) for one in run.stdout.splitlines()]
    return [one for one in lines if "page" in one and one["outcome"] != "unfinished"], lines[-1]


VISITOR = "role=visitor profile=browser cookies=1 think_ms=150 paths=1:/page?id=$n asset=/s/$n.css assets=3"


def test_a_page_has_its_parts_in_turn(programs, tmp_path):
    with Server(page) as server:
        pages, counts = play(programs, tmp_path, VISITOR, server.port)
    paths = [request.path for request in server.asked]
    assert pages and all(one["outcome"] == "served" and one["challenges"] == 0 for one in pages)
    assert [re.sub(r"\d+", "N", path) for path in paths[:4]] == ["/page?id=N", "/s/N.css", "/s/N.css", "/s/N.css"]
    assert [one["seen"] for one in pages] == [False] + [True] * (len(pages) - 1)
    assert counts["pages"] == counts["answered"] >= 4 * len(pages) and counts["dialled"] == 1


def test_what_the_portal_did_not_make_is_no_page(programs, tmp_path):
    with Server(lambda request: (200, {}, b"please wait")) as server:
        pages, counts = play(programs, tmp_path, VISITOR, server.port)
    assert pages and {(one["outcome"], one["status"]) for one in pages} == {("status", 200)} and counts["pages"] == 0


def test_a_redirect_keeps_its_scheme(programs, tmp_path, certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "self.pem")
    with Server(lambda request: (301, {"Location": "https://bench.test/page"}, b"")) as plain, Server(page, context) as secure:
        pages, _ = play(programs, tmp_path, VISITOR + " visits=0", plain.port, secure.port)
    assert pages and all(one["outcome"] == "served" for one in pages)
    assert len(plain.asked) == 1, "pages lead to pages of their own scheme"
    assert secure.asked[0].path == "/page" and len(secure.asked) >= 4 * len(pages)


def waiting_page(meta):
    """Lets in who comes back with its cookie, one after the other."""
    def answer(request):
        if "ticket=1" in request.headers.get("Cookie", ""):
            return page(request)
        body = b'<meta http-equiv="refresh" content="0.5; url=/in">' if meta else b"wait"
        return 503, {"Set-Cookie": "ticket=1; Path=/", **({} if meta else {"Refresh": "0.5; url=/in"})}, body
    return answer


@pytest.mark.parametrize("meta", [False, True], ids=["field", "meta"])
def test_without_javascript_a_refresh_is_followed(programs, tmp_path, meta):
    with Server(waiting_page(meta)) as server:
        pages, counts = play(programs, tmp_path, VISITOR + " script=0 refresh=1", server.port)
    assert (pages[0]["outcome"], pages[0]["challenges"], pages[0]["announced_ms"]) == ("served", 1, 500)
    assert pages[0]["took_ms"] >= 500 and server.asked[1].path == "/in"
    assert all((one["outcome"], one["challenges"]) == ("served", 0) for one in pages[1:]) and counts["challenges"] == 1


def test_without_cookies_nobody_gets_in(programs, tmp_path):
    with Server(waiting_page(False)) as server:
        pages, _ = play(programs, tmp_path, VISITOR.replace("cookies=1", "cookies=0") + " script=0 refresh=1", server.port, seconds=3)
    assert pages and {one["outcome"] for one in pages} == {"status"} and pages[0]["challenges"] == 4
    assert not any(request.headers.get("Cookie") for request in server.asked)


def test_another_network_at_each_page(programs, tmp_path):
    with Server(page) as server:
        play(programs, tmp_path, VISITOR.replace("assets=3", "assets=0") + " from=127.0.0.2", server.port)
    sources = [request.source for request in server.asked]
    assert set(sources) == {"127.0.0.1", "127.0.0.2"} and all(a != b for a, b in zip(sources, sources[1:]))


def test_the_next_person_is_somebody_else(programs, tmp_path):
    with Server(lambda request: (200, {**MARK, "Set-Cookie": "me=1"}, b"page")) as server:
        pages, _ = play(programs, tmp_path, VISITOR.replace("assets=3", "assets=0") + " visits=2", server.port, seconds=3)
    asked = [(request.source, bool(request.headers.get("Cookie"))) for request in server.asked]
    assert asked[:4] == [("127.0.0.1", False), ("127.0.0.1", True), ("127.0.0.2", False), ("127.0.0.2", True)]
    assert [one["seen"] for one in pages[:4]] == [False, True, False, True]


def test_a_stale_connection_is_opened_once_more(programs, tmp_path):
    """The server closes after each page without having said so, as servers do when a connection was idle for long."""
    def answer(request):
        request.closes = True
        return page(request)
    with Server(answer) as server:
        pages, counts = play(programs, tmp_path, VISITOR.replace("assets=3", "assets=0"), server.port)
    assert len(pages) > 1 and all(one["outcome"] == "served" for one in pages) and counts["dialled"] >= len(pages)


def test_nobody_there(programs, tmp_path):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        pages, counts = play(programs, tmp_path, VISITOR, reserved.getsockname()[1])
    assert pages and {one["outcome"] for one in pages} == {"connection"} and counts["refused_connections"] >= len(pages)


def test_floods_post_forms(programs, tmp_path):
    with Server(lambda request: (429, {}, b"")) as server:
        _, counts = play(programs, tmp_path, "role=flood profile=tool conns=4 rate=40 paths=1:/search body_min=215 body_max=394 random_percent=90",
                         server.port)
    bodies = [request.body for request in server.asked]
    assert counts["asked"] + counts["late"] <= 81 and counts["asked"] >= 20 and counts["status"] == {"429": counts["answered"]} and counts["pages"] == 0
    assert all(215 <= len(body) <= 394 and body.startswith(b"field0=") for body in bodies)
    assert len({request.headers["User-Agent"] for request in server.asked}) > 5


def test_bots_that_keep_cookies(programs, tmp_path):
    line = "role=flood profile=tool rate=20 paths=1:/ cookies={} refresh=1"
    with Server(waiting_page(False)) as server:
        _, keeping = play(programs, tmp_path, line.format(1), server.port)
    with Server(waiting_page(False)) as server:
        _, throwing = play(programs, tmp_path, line.format(0), server.port)
    assert keeping["pages"] > 10 and keeping["challenges"] == 1
    assert throwing["pages"] == 0 and throwing["challenges"] > 1


@pytest.mark.parametrize("role, first", [("slow_head", b"GET / HTTP/1.1\r\n"), ("slow_body", b"POST / HTTP/1.1\r\n")])
def test_slow_ones_never_end(programs, tmp_path, role, first):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        _, counts = play(programs, tmp_path, f"role={role} profile=tool paths=1:/ interval_ms=100", listener.getsockname()[1], seconds=2)
        got, _ = listener.accept()
        text = got.recv(65536)
        got.close()
    head, end, body = text.partition(b"\r\n\r\n")
    assert text.startswith(first) and counts["open_peak"] == 1
    assert (end == b"" and head.count(b"\r\nX-") > 3) if role == "slow_head" else (set(body) == {ord("x")} and len(body) > 3)


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_portal_computes_one_page_after_the_other(programs, tmp_path):
    """Twenty at once: each takes its 5 ms in turn, and the log says for whom. Files cost nothing; a portal of the plain bench has no mark."""
    port, log = lab.free_port(), tmp_path / "log"
    portal = subprocess.Popen([programs / "origin", "-p", str(port), "-w", "5000", "-l", log])
    try:
        lab.wait_until(lambda: answers(port))
        clients = []
        for number in range(20):
            clients.append(socket.create_connection(("127.0.0.1", port)))
            clients[-1].sendall(f"GET /page HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9, 10.0.0.{number}\r\nConnection: close\r\n\r\n".encode())
        clients[0].close()  # who leaves is computed for all the same
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET /s/x.css HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            file = client.makefile("rb").read()
        pages = [client.makefile("rb").read() for client in clients[1:]]
    finally:
        portal.terminate()
        portal.wait()
    lines = [line.split() for line in log.read_text().splitlines()]
    done = [int(at) for at, _ in lines]
    assert sorted(who for _, who in lines) == sorted(f"10.0.0.{number}" for number in range(20))
    assert done[-1] - done[0] >= 19 * 5000 - 20000  # a turn that came late may be caught up with, up to 20 ms
    assert all(b"X-Bench-Page: 1\r\n" in text and b"no-cache" in text for text in pages) and b"max-age=60" in file

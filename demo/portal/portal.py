#!/usr/bin/env python3
"""The portal of Aldersbeke, a municipality that does not exist: something real to put a shield in front of.

Python's standard library and nothing else. One thread a connection, HTTP/1.1 kept alive, no request body ever held
whole. What a portal has: pages in four languages, a search, forms, a login, an upload; and what makes a proxy sweat:
slow answers, long ones, events, a WebSocket.
"""
import argparse
import hashlib
import http.server
import json
import signal
import socket
import sys
import threading
import urllib.parse

import body
import page
import session
import streams
import views
import websocket
from answer import Answer, compressed, file_answer
from body import Refusal

CONNECTIONS = 1024
IDLE_SECONDS = 75
DRAIN_BYTES = 1024 * 1024
UPLOAD_BYTES = 64 * 1024 ** 3
KINDS = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"


def load_static():
    files = {}
    for path in sorted((page.HERE / "static").iterdir()):
        content = path.read_bytes()
        files[path.name] = (content, KINDS[path.suffix], hashlib.sha256(content).hexdigest()[:16])
    return files


STATIC = load_static()


def static(request, name):
    if name not in STATIC:
        raise Refusal(404)
    content, kind, tag = STATIC[name]
    return file_answer(content, kind, tag, request.headers, "public, max-age=3600")


def healthz(_request):
    return Answer(200, b"ok\n", headers=[("Cache-Control", "no-store")])


def seen(request):
    """/headers: what arrived here, as JSON. Shows what the shield handed on."""
    fields = [[name, value] for name, value in request.headers.items() if name.lower() not in ("cookie", "authorization")]
    text = json.dumps({"method": request.method, "path": request.path, "headers": fields}, indent=1, ensure_ascii=False)
    return Answer(200, text.encode() + b"\n", "application/json", [("Cache-Control", "no-store")])


def ws(request):
    """/ws: a WebSocket echo."""
    words = request.headers.get("Connection", "").lower().replace(" ", "").split(",")
    key = websocket.accept_value(request.headers.get("Sec-WebSocket-Key"))
    if request.headers.get("Upgrade", "").lower() != "websocket" or "upgrade" not in words or not key:
        return Answer(426, b"a WebSocket is spoken here\n", headers=[("Upgrade", "websocket")])
    if request.headers.get("Sec-WebSocket-Version") != "13":
        return Answer(426, b"", headers=[("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")])
    return Answer(101, headers=[("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", key)])


# path (in every language, with or without its prefix): methods, view
PAGES = {
    "/": ("GET", views.home), "/news": ("GET", views.news), "/search": ("GET", views.search),
    "/contact": ("GET POST", views.contact), "/login": ("GET POST", views.login), "/logout": ("POST", views.logout),
    "/upload": ("GET POST PUT", views.upload),
}
# path (exact): methods, view
TOOLS = {
    "/healthz": ("GET", healthz), "/slow": ("GET", streams.slow), "/events": ("GET", streams.events),
    "/download": ("GET", streams.download), "/headers": ("GET", seen), "/ws": ("GET", ws),
}


class Request:
    """What a view sees of a request."""

    def __init__(self, handler):
        self.method = "GET" if handler.command == "HEAD" else handler.command
        self.headers = handler.headers
        self.path, _, text = handler.path.partition("?")
        if not self.path.startswith("/"):
            raise Refusal(400)
        prefix = self.path[1:3]
        self.in_path = prefix in page.LANGUAGES and self.path[3:4] in ("", "/")
        self.language = prefix if self.in_path else page.negotiate(self.headers.get("Accept-Language", ""))
        here = self.path[3:] if self.in_path else self.path
        self.here = here.rstrip("/") or "/"
        self.token = self.cookie("session")
        self.user = session.user_of(self.token)
        self.body = body.Body(handler.rfile, self.headers, UPLOAD_BYTES)
        self.query = body.query(text)

    @property
    def words(self):
        return page.WORDS[self.language]

    @property
    def is_https(self):
        return self.headers.get("X-Forwarded-Proto", "").lower() == "https"

    def cookie(self, name):
        for item in self.headers.get("Cookie", "")[:4096].split(";"):
            found, _, value = item.strip().partition("=")
            if found == name:
                return value
        return ""


def find_view(request):
    """(methods, view) for a path; 404 when there is none."""
    if request.path in TOOLS:
        return TOOLS[request.path]
    if request.here in PAGES:
        return PAGES[request.here]
    folder, _, name = request.here.rpartition("/")
    name = urllib.parse.unquote(name)
    if folder == "/news":
        return "GET", lambda asked: views.article(asked, name)
    if folder == "/static" and not request.in_path:
        return "GET", lambda asked: static(asked, name)
    raise Refusal(404)


def answer_for(request):
    methods, view = find_view(request)
    if request.method not in methods.split():
        answer = error_page(request, 405)
        answer.headers.append(("Allow", ", ".join(["HEAD", *methods.split()])))
        return answer
    # A form sent from another site is not ours: SameSite cookies say so to browsers, Origin to everyone else.
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin and origin.partition("//")[2] != request.headers.get("Host"):
        if origin.partition("//")[2] != request.headers.get("X-Forwarded-Host"):
            raise Refusal(403)
    return view(request)


def error_page(request, status):
    text = request.words["error"].get(str(status), "")
    return views.show(request, "error", text, status, text=text)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def version_string(self):
        return "Aldersbeke"

    def log_message(self, format, *args):
        if self.server.verbose:
            super().log_message(format, *args)

    def answer(self):
        request, refused = None, None
        try:
            request = Request(self)
            answer = answer_for(request)
        except Refusal as refusal:
            refused = refusal
            answer = error_page(request, refusal.status) if request else Answer(refusal.status)
        except (OSError, TimeoutError):
            self.close_connection = True
            return
        except Exception:
            self.log_error("failed on %.200r", self.path)
            if self.server.verbose:
                sys.excepthook(*sys.exc_info())
            answer = error_page(request, 500) if request else Answer(500)
        try:
            self.send(request, answer, refused)
        except (OSError, TimeoutError, Refusal):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = answer

    def send(self, request, answer, refused):
        if answer.status not in (101, 206, 304) and not has(answer, "ETag"):
            answer = compressed(answer, self.headers.get("Accept-Encoding", ""))
        # What is left of a body is read away to keep the connection, unless that is long or its end is unknown.
        unread = request is None or not request.body.ended
        if request is None or (refused and refused.close):
            self.close_connection = True
        elif unread and (request.body.chunked or request.body.left > DRAIN_BYTES):
            self.close_connection = True
        chunked = not isinstance(answer.body, bytes) and answer.length is None
        if chunked and self.request_version == "HTTP/1.0":
            self.close_connection = True
            chunked = False
        self.send_head(request, answer, chunked)
        if self.command != "HEAD" and answer.status != 304:
            self.send_body(answer, chunked)
        self.wfile.flush()
        if answer.status == 101:
            self.close_connection = True
            websocket.echo(self.rfile, self.send_now)
        elif unread and not self.close_connection:
            while request.body.read():
                pass

    def send_head(self, request, answer, chunked):
        self.send_response(answer.status)
        if answer.status not in (101, 304):
            self.send_header("Content-Type", answer.kind)
            if chunked:
                self.send_header("Transfer-Encoding", "chunked")
            elif isinstance(answer.body, bytes) or answer.length is not None:
                self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
        for name, value in answer.headers:
            self.send_header(name, value)
        if request and answer.kind.startswith("text/html"):
            self.send_header("Content-Language", request.language)
            self.send_header("Content-Security-Policy", POLICY)
            fresh = f"public, max-age={answer.fresh_s}" if answer.fresh_s else "private, no-store"
            self.send_header("Cache-Control", fresh)
            if not request.in_path:
                self.send_header("Vary", "Accept-Language")
            self.send_header("Vary", "Cookie")
        if answer.status != 101:
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Referrer-Policy", "same-origin")
            if self.close_connection:
                self.send_header("Connection", "close")
        self.end_headers()

    def send_body(self, answer, chunked):
        if isinstance(answer.body, bytes):
            self.wfile.write(answer.body)
            return
        for piece in answer.body:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if chunked:
                self.wfile.flush()
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def send_now(self, data):
        self.wfile.write(data)
        self.wfile.flush()

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass


def has(answer, name):
    return any(name == found for found, _ in answer.headers)


class Portal(http.server.ThreadingHTTPServer):
    request_queue_size = 1024
    allow_reuse_address = True

    def __init__(self, address, verbose):
        self.verbose = verbose
        self.room = threading.BoundedSemaphore(CONNECTIONS)
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, Handler)

    def process_request(self, request, client_address):
        if not self.room.acquire(blocking=False):
            request.sendall(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
                            b"Connection: close\r\n\r\n")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.room.release()

    def handle_error(self, request, client_address):
        if self.verbose:
            super().handle_error(request, client_address)


def main():
    arguments = argparse.ArgumentParser(description="The demonstration portal of Aldersbeke.")
    arguments.add_argument("--port", type=int, default=18080, help="port to listen on (18080; 0 takes a free one)")
    arguments.add_argument("--bind", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    arguments.add_argument("--verbose", action="store_true", help="one line a request on standard error")
    chosen = arguments.parse_args()
    try:
        portal = Portal((chosen.bind, chosen.port), chosen.verbose)
    except OSError as error:
        sys.exit(f"portal: cannot listen on {chosen.bind} port {chosen.port}: {error.strerror}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"portal: http://{chosen.bind}:{portal.server_address[1]}/", flush=True)
    try:
        portal.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()

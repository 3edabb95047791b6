"""HTTP/2 by hand: a peer that writes frames one by one and says what it got instead of what was wanted, and a client above it
for scenes that want answers rather than frames.
"""
import socket
import struct
import time

import hpack

from lab.tls import trusting

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, WITH_PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR, \
    REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM = range(12)
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = range(1, 7)
NAMES = ("DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION")
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
WINDOW = 65535
TIMEOUT = 2.0  # what suites wait


class Broken(AssertionError):
    """The server did something else than the case allows."""


class Frame:
    def __init__(self, kind, flags, stream, payload):
        self.kind, self.flags, self.stream, self.payload = kind, flags, stream, payload

    @property
    def ended(self):
        return self.kind in (DATA, HEADERS) and bool(self.flags & END_STREAM)

    @property
    def code(self):
        """Of RST_STREAM and GOAWAY."""
        return struct.unpack(">I", self.payload[:4] if self.kind == RST_STREAM else self.payload[4:8])[0]

    def __repr__(self):
        name = NAMES[self.kind] if self.kind < len(NAMES) else f"type {self.kind}"
        code = f" code {self.code}" if self.kind in (RST_STREAM, GOAWAY) else ""
        return f"{name}(stream {self.stream}, flags {self.flags:#x}, {len(self.payload)} bytes{code})"


class Peer:
    """One connection. PIECES: frame headers and payloads are written apart, as some clients do. SOURCE: its address."""

    def __init__(self, port, tls, host="localhost", pieces=False, timeout=TIMEOUT, source=None):
        self.authority = f"{host}:{port}"
        self.scheme = "https" if tls else "http"
        self.pieces, self.timeout = pieces, timeout
        self.settings, self.seen = {}, []
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.got = bytearray()
        self.tcp = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=source and (source, 0))
        self.tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self.tcp
        if tls:
            self.sock = trusting("h2").wrap_socket(self.tcp, server_hostname=host, suppress_ragged_eofs=False)
            assert self.sock.selected_alpn_protocol() == "h2"

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # -- writing --

    def send(self, data):
        """The server may have closed already: what it said is looked at when it is read."""
        try:
            self.sock.sendall(data)
        except OSError:
            pass

    def frame(self, kind, flags, stream, payload=b""):
        head = struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream)
        if self.pieces and payload:
            self.send(head)
            self.send(payload)
        else:
            self.send(head + payload)

    def head(self, *more, method="GET", path="/"):
        return [(":method", method), (":scheme", self.scheme), (":path", path), (":authority", self.authority), *more]

    def encode(self, fields):
        return self.encoder.encode(fields, huffman=True)

    def headers(self, fields=None, stream=1, flags=END_HEADERS | END_STREAM, block=None):
        self.frame(HEADERS, flags, stream, self.encode(self.head() if fields is None else fields) if block is None else block)

    def post(self, stream=1, *more):
        self.headers(self.head(*more, method="POST"), stream, END_HEADERS)

    def continuation(self, stream=1, flags=END_HEADERS, block=None):
        self.frame(CONTINUATION, flags, stream, self.dummy() if block is None else block)

    def data(self, data=b"test", stream=1, flags=END_STREAM):
        self.frame(DATA, flags, stream, data)

    def priority(self, stream=1, on=0, weight=255, exclusive=False):
        self.frame(PRIORITY, 0, stream, struct.pack(">IB", on | (exclusive << 31), weight))

    def rst(self, stream=1, code=CANCEL):
        self.frame(RST_STREAM, 0, stream, struct.pack(">I", code))

    def set(self, *pairs):
        self.frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", key, value) for key, value in pairs))

    def ping(self, data=b"\0" * 8, flags=0):
        self.frame(PING, flags, 0, data)

    def goaway(self, last=0, code=NO_ERROR, text=b""):
        self.frame(GOAWAY, 0, 0, struct.pack(">II", last, code) + text)

    def window_update(self, stream, count):
        self.frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", count))

    def dummy(self, count=1):
        return self.encode([(f"x-dummy{i}", "x" * 4000) for i in range(count)])

    # -- reading --

    def have(self, count):
        """Waits until so many bytes are here; False when the server closed at the end of a frame."""
        while len(self.got) < count:
            piece = self.sock.recv(65536)
            if not piece:
                if self.got:
                    raise Broken(f"closed in the middle of a frame; before: {self.seen[-12:]}")
                return False
            self.got += piece
        return True

    def read(self, wait=None):
        """The next frame; None: the server closed. Raises Broken after the timeout, or when the connection was reset."""
        self.sock.settimeout(wait or self.timeout)
        try:
            if not self.have(9):
                return None
            length = int.from_bytes(self.got[:3], "big")
            self.have(9 + length)  # taken whole or not at all: a timeout loses nothing
            head, payload = bytes(self.got[:9]), bytes(self.got[9:9 + length])
            del self.got[:9 + length]
        except TimeoutError:
            raise Broken(f"nothing within {wait or self.timeout} s; before: {self.seen[-12:]}") from None
        except OSError as error:
            raise Broken(f"{error}; before: {self.seen[-12:]}") from None
        frame = Frame(head[3], head[4], int.from_bytes(head[5:9], "big") & 0x7fffffff, payload)
        self.seen.append(frame)
        return frame

    def read_kind(self, kind, wait=None):
        """The first frame of this kind, whatever comes before it."""
        end = time.monotonic() + (wait or self.timeout)
        while True:
            frame = self.read(max(0.01, end - time.monotonic()))
            if frame is None:
                raise Broken(f"closed without {NAMES[kind]}; before: {self.seen[-12:]}")
            if frame.kind == kind:
                return frame

    def begin(self, *settings):
        """Preface and both SETTINGS, each acknowledged."""
        self.send(PREFACE)
        self.set((INITIAL_WINDOW_SIZE, WINDOW), *settings)
        is_ours = is_theirs = False
        while not (is_ours and is_theirs):
            frame = self.read_kind(SETTINGS)
            if frame.flags & ACK:
                is_ours = True
            else:
                is_theirs = True
                self.settings.update(struct.iter_unpack(">HI", frame.payload))
                self.frame(SETTINGS, ACK, 0)

    # -- what is allowed --

    def connection_error(self, *codes):
        """GOAWAY with one of CODES, and then the end."""
        while (frame := self.read()) is not None:
            if frame.kind == GOAWAY:
                self.want(frame.code in codes, f"GOAWAY with one of {codes}")
                self.closed()
                return
        self.want(False, "GOAWAY before the end")

    def stream_error(self, *codes, stream=1):
        """RST_STREAM, or GOAWAY and the end."""
        while (frame := self.read()) is not None:
            if frame.kind == RST_STREAM:
                self.want(frame.code in codes and frame.stream == stream, f"RST_STREAM with one of {codes}")
                return
            if frame.kind == GOAWAY:
                self.want(frame.code in codes, f"GOAWAY with one of {codes}")
                self.closed()
                return
        self.want(False, "RST_STREAM or GOAWAY before the end")

    def closed(self):
        end = time.monotonic() + TIMEOUT
        while self.read(max(0.01, end - time.monotonic())) is not None:
            pass

    def stream_closed(self):
        while (frame := self.read()) is not None:
            if frame.ended or (frame.kind == RST_STREAM and frame.code == NO_ERROR):
                return
        self.want(False, "the end of the stream")

    def answered(self, stream=1):
        frame = self.read_kind(HEADERS)
        self.want(frame.stream == stream, f"HEADERS on stream {stream}")

    def ping_answered(self, data=b"\0" * 8):
        frame = self.read_kind(PING)
        self.want(frame.flags & ACK and frame.payload == data, "PING with ACK and the same bytes")

    def ping_answered_or_closed(self, data=b"\0" * 8):
        while (frame := self.read()) is not None:
            if frame.kind == PING and frame.flags & ACK and frame.payload == data:
                return

    def settings_acknowledged(self):
        frame = self.read_kind(SETTINGS)
        self.want(frame.flags & ACK, "SETTINGS with ACK")

    def data_of(self, length):
        frame = self.read_kind(DATA)
        self.want(len(frame.payload) == length, f"DATA of {length} bytes")

    def want(self, is_right, what):
        if not is_right:
            raise Broken(f"wanted {what}; got {self.seen[-12:]}")


class Answer:
    def __init__(self):
        self.interim, self.fields, self.trailers, self.body = [], None, None, bytearray()
        self.is_over, self.code = False, None  # code: of its RST_STREAM

    @property
    def status(self):
        return int(dict(self.fields)[":status"])

    def get(self, name):
        return dict(self.fields).get(name)


class Client(Peer):
    """A Peer that keeps an Answer a stream and opens the windows for what it reads, unless READS is False."""

    def __init__(self, port, tls, reads=True, timeout=10, **options):
        super().__init__(port, tls, timeout=timeout, **options)
        self.reads, self.answers, self.last_goaway, self.next = reads, {}, None, 1
        self.window_bytes, self.stream_window_bytes = WINDOW, {}
        self.begin()

    def request(self, *more, body=None, ends=True, length=False, **head):
        """Sends a request; BODY must fit the windows. Its stream."""
        stream, self.next = self.next, self.next + 2
        if body is not None and length:
            more += (("content-length", str(len(body))),)
        self.headers(self.head(*more, **head), stream, END_HEADERS | (END_STREAM if body is None and ends else 0))
        if body is not None:
            self.upload(stream, body, ends)
        return stream

    def upload(self, stream, body, ends=True):
        pieces = [body[i:i + 16384] for i in range(0, len(body), 16384)] or [b""]
        for i, piece in enumerate(pieces):
            self.data(piece, stream, END_STREAM if ends and i == len(pieces) - 1 else 0)

    def answer_of(self, stream):
        return self.answers.setdefault(stream, Answer())

    def step(self, wait=None):
        """Takes one frame; None when the server closed."""
        frame = self.read(wait)
        if frame is None:
            return None
        answer = self.answer_of(frame.stream) if frame.stream else None
        if frame.kind == HEADERS:
            fields = self.decoder.decode(frame.payload)
            if answer.fields is not None:
                answer.trailers = fields
            elif dict(fields)[":status"].startswith("1"):
                answer.interim.append(fields)
            else:
                answer.fields = fields
        elif frame.kind == DATA:
            answer.body += frame.payload
            self.seen.pop()
            if self.reads and frame.payload:
                self.window_update(0, len(frame.payload))
                self.window_update(frame.stream, len(frame.payload))
        elif frame.kind == RST_STREAM:
            answer.code, answer.is_over = frame.code, True
        elif frame.kind == GOAWAY:
            self.last_goaway = frame
        elif frame.kind == PING and not frame.flags & ACK:
            self.ping(frame.payload, ACK)
        if answer and frame.ended:
            answer.is_over = True
        return frame

    def wait(self, *streams):
        """Until all of these are over; the answers."""
        while not all(self.answer_of(stream).is_over for stream in streams):
            if self.step() is None:
                raise Broken(f"closed; before: {self.seen[-20:]}")
        return [self.answer_of(stream) for stream in streams]

    def get(self, path="/", *more, **head):
        return self.wait(self.request(*more, path=path, **head))[0]

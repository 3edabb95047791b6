"""What an HTTP/2 conformance suite sends and what it accepts: the cases, played by lab.h2.Peer.

The list follows RFC 9113 and 7540 (where suites still ask for it) and RFC 7541, section by section, in the order and with
the names that conformance suites use: generic, hpack, http2. Each case speaks on a connection of its own. Stricter than a
suite in one thing: a connection that ends with RST instead of its end is a failure everywhere, because an answer may be
lost with it.
"""
import struct

from lab.h2 import (ACK, COMPRESSION_ERROR, DATA, ENABLE_PUSH, END_HEADERS, END_STREAM, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR,
                    GOAWAY, HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, MAX_CONCURRENT_STREAMS, MAX_FRAME_SIZE,
                    MAX_HEADER_LIST_SIZE, NO_ERROR, PADDED, PING, PREFACE, PROTOCOL_ERROR, PUSH_PROMISE, Peer, REFUSED_STREAM,
                    RST_STREAM, SETTINGS, STREAM_CLOSED, TIMEOUT, WINDOW, WITH_PRIORITY)

CASES = []


def case(number, title, begins=True):
    """Registers a case; the number is the suite's: SUITE/SECTION/N."""
    def register(run):
        CASES.append((number, title, begins, run))
        return run
    return register


def cases(section, table):
    """Cases of one line: {title: run}."""
    for n, (title, run) in enumerate(table.items(), 1):
        case(f"{section}/{n}", title)(run)


def play(number, port, tls, pieces):
    """Plays one case; raises Broken."""
    _, _, begins, run = next(each for each in CASES if each[0] == number)
    with Peer(port, tls, pieces=pieces) as peer:
        if begins:
            peer.begin()
        run(peer)


def steps(*calls):
    """A run of several steps: each is a function of the peer."""
    def run(peer):
        for call in calls:
            call(peer)
    return run


def raw(text):
    """Sends bytes that are written in hexadecimal; a space parts the writes."""
    return lambda peer: [peer.send(bytes.fromhex(part)) for part in text.split()]


# Shorthand for tables below: each is a function of the peer.
def headers(*more, stream=1, flags=END_HEADERS | END_STREAM, **head):
    return lambda peer: peer.headers(peer.head(*more, **head), stream, flags)


def post(*more, stream=1, flags=END_HEADERS):
    return headers(*more, stream=stream, flags=flags, method="POST")


def do(name, *args, **named):
    return lambda peer: getattr(peer, name)(*args, **named)


ANSWERED = do("answered")
PROTOCOL = do("connection_error", PROTOCOL_ERROR)
STREAM_PROTOCOL = do("stream_error", PROTOCOL_ERROR)
FRAME_SIZE = do("connection_error", FRAME_SIZE_ERROR)
COMPRESSION = do("connection_error", COMPRESSION_ERROR)
FLOW_CONTROL = do("connection_error", FLOW_CONTROL_ERROR)

# -- generic --


def first_is_settings(peer):
    peer.send(PREFACE)
    peer.set((INITIAL_WINDOW_SIZE, WINDOW))
    frame = peer.read()
    peer.want(frame and frame.kind == SETTINGS and not frame.flags & ACK, "SETTINGS first")


case("generic/1/1", "a client preface", begins=False)(first_is_settings)

WINDOW_SHUT = do("set", (INITIAL_WINDOW_SIZE, 0))
cases("generic/2", {
    "PRIORITY on an idle stream": steps(do("priority"), do("ping"), do("ping_answered")),
    "WINDOW_UPDATE on a half-closed stream": steps(WINDOW_SHUT, headers(), do("window_update", 1, 1), do("read_kind", DATA)),
    "PRIORITY on a half-closed stream":
        steps(WINDOW_SHUT, headers(), do("priority"), do("window_update", 1, 1), do("read_kind", DATA)),
    "RST_STREAM on a half-closed stream": steps(headers(), do("rst"), do("ping"), do("ping_answered_or_closed")),
    "PRIORITY on a closed stream": steps(headers(), do("stream_closed"), do("priority"), do("ping"), do("ping_answered")),
})
cases("generic/3.1", {
    "DATA": steps(post(), do("data"), ANSWERED),
    "several DATA": steps(post(), do("data", flags=0), do("data"), ANSWERED),
    "DATA with padding": steps(post(), do("data", b"\x06test" + b"\0" * 6, flags=END_STREAM | PADDED), ANSWERED),
})


def padded_headers(peer):
    peer.headers(flags=END_HEADERS | END_STREAM | PADDED, block=b"\x08" + peer.encode(peer.head()) + b"\0" * 8)


def headers_with_priority(on, weight=255):
    return lambda peer: peer.headers(flags=END_HEADERS | END_STREAM | WITH_PRIORITY,
                                     block=struct.pack(">IB", on, weight) + peer.encode(peer.head()))


cases("generic/3.2", {
    "HEADERS": steps(headers(), ANSWERED),
    "HEADERS with padding": steps(padded_headers, ANSWERED),
    "HEADERS with priority": steps(headers_with_priority(0), ANSWERED),
})
cases("generic/3.3", {
    "PRIORITY 1": steps(do("priority", weight=0), headers(), ANSWERED),
    "PRIORITY 256": steps(do("priority", weight=255), headers(), ANSWERED),
    "PRIORITY with a dependency": steps(do("priority", 3, on=1, weight=0), headers(), ANSWERED),
    "exclusive PRIORITY": steps(do("priority", exclusive=True, weight=0), headers(), ANSWERED),
    "PRIORITY for an idle stream, HEADERS for a lower one": steps(do("priority", 3), headers(), ANSWERED),
})
cases("generic/3.4", {"RST_STREAM": steps(headers(flags=END_HEADERS), do("rst"), do("ping"), do("ping_answered_or_closed"))})
cases("generic/3.5", {"SETTINGS": steps(do("set", (HEADER_TABLE_SIZE, 4096), (ENABLE_PUSH, 1), (MAX_CONCURRENT_STREAMS, 100),
                                           (INITIAL_WINDOW_SIZE, 65535), (MAX_FRAME_SIZE, 16384), (MAX_HEADER_LIST_SIZE, 100)),
                                        do("settings_acknowledged"))})
cases("generic/3.7", {"PING": steps(do("ping", b"boucl\0\0\0"), do("ping_answered", b"boucl\0\0\0"))})
cases("generic/3.8", {"GOAWAY": steps(do("goaway", 0, NO_ERROR, b"bye"), do("closed"))})
cases("generic/3.9", {
    "WINDOW_UPDATE on stream 0": steps(do("window_update", 0, 1), do("ping"), do("ping_answered")),
    "WINDOW_UPDATE on stream 1": steps(headers(), do("window_update", 1, 1), ANSWERED),
})


def split_head(*cuts):
    def run(peer):
        block = peer.encode(peer.head())
        parts = [block[a:b] for a, b in zip((0, *cuts), (*cuts, len(block)))]
        peer.headers(flags=END_STREAM, block=parts[0])
        for part in parts[1:-1]:
            peer.continuation(flags=0, block=part)
        peer.continuation(block=parts[-1])
        peer.answered()
    return run


cases("generic/3.10", {"CONTINUATION": split_head(5), "several CONTINUATION": split_head(5, 10)})
cases("generic/4", {
    "GET": steps(headers(), ANSWERED),
    "HEAD": steps(headers(method="HEAD"), ANSWERED),
    "POST": steps(post(), do("data"), ANSWERED),
    "POST with trailers": steps(post(("trailer", "x-test")), do("data", flags=0), do("headers", [("x-test", "ok")]), ANSWERED),
})


def block_with(before="", after=""):
    return lambda peer: peer.headers(block=bytes.fromhex(before) + peer.encode(peer.head()) + bytes.fromhex(after))


AGENT, AGENT_HUFFMAN = "0a757365722d6167656e74066832737065 63".replace(" ", ""), "87b505b161cc5a93849c48aca4"
TEST, TEST_HUFFMAN = "06782d7465737406683273706563", "85f2b24a84ff849c48aca4"
cases("generic/5", {name: steps(block_with(*parts), ANSWERED) for name, parts in {
    "an indexed field": ("", "ba"),
    "literal with indexing, known name, Huffman": ("", "40" + AGENT_HUFFMAN),
    "literal with indexing, known name": ("", "40" + AGENT),
    "literal with indexing, new name": ("", "40" + TEST),
    "literal with indexing, new name, Huffman": ("", "40" + TEST_HUFFMAN),
    "literal without indexing, known name": ("", "00" + AGENT),
    "literal without indexing, known name, Huffman": ("", "00" + AGENT_HUFFMAN),
    "literal without indexing, new name": ("", "00" + TEST),
    "literal without indexing, new name, Huffman": ("", "00" + TEST_HUFFMAN),
    "literal never indexed, known name": ("", "10" + AGENT),
    "literal never indexed, known name, Huffman": ("", "10" + AGENT_HUFFMAN),
    "literal never indexed, new name": ("", "10" + TEST),
    "literal never indexed, new name, Huffman": ("", "10" + TEST_HUFFMAN),
    "a table size update": ("20", ""),
    "two table size updates": ("203fe11f", ""),
}.items()})

# -- hpack --

cases("hpack/2.3.3", {
    "an index beyond both tables": steps(block_with("", "fe"), COMPRESSION),
    "a literal whose name is beyond both tables": steps(block_with("", "7f3f00"), COMPRESSION),
})
cases("hpack/4.2", {"a table size update at the end of a block": steps(block_with("", "21"), COMPRESSION)})
cases("hpack/5.2", {
    "Huffman padding longer than 7 bits": steps(block_with("", "0085f2b24a84ff8449509fff"), COMPRESSION),
    "Huffman padding of zeros": steps(block_with("", "0085f2b24a84ff83495090"), COMPRESSION),
    "Huffman with the end symbol": steps(block_with("", "0085f2b24a87fffffffd25427f"), COMPRESSION),
})
cases("hpack/6.1", {"index 0": steps(block_with("", "80"), COMPRESSION)})


def table_beyond_settings(peer):
    size = peer.settings.get(HEADER_TABLE_SIZE, 4096) + 1 - 31
    update = bytearray(b"\x3f")
    while size >= 128:
        update.append(0x80 | size & 0x7f)
        size >>= 7
    update.append(size)
    peer.headers(block=bytes(update) + peer.encode(peer.head()))
    peer.connection_error(COMPRESSION_ERROR)


cases("hpack/6.3", {"a table size beyond the setting": table_beyond_settings})

# -- http2 --

case("http2/3.5/1", "a client preface", begins=False)(first_is_settings)


@case("http2/3.5/2", "an invalid preface", begins=False)
def invalid_preface(peer):
    peer.send(b"INVALID CONNECTION PREFACE\r\n\r\n")
    while peer.scheme == "https" and (frame := peer.read()) is not None:
        peer.want(frame.kind != GOAWAY or frame.code == PROTOCOL_ERROR, "GOAWAY with PROTOCOL_ERROR")
    if peer.scheme == "http":  # a port that speaks both took it for HTTP/1.1, and says 400 in it
        peer.sock.settimeout(TIMEOUT)
        answer = b""
        while piece := peer.sock.recv(4096):
            answer += piece
        peer.want(answer.startswith(b"HTTP/1.1 400 "), "400 and the end")


PAYLOAD_8 = " 0000000000000000"
cases("http2/4.1", {
    "an unknown type": steps(raw("000008160000000000" + PAYLOAD_8), do("ping"), do("ping_answered")),
    "an undefined flag": steps(raw("000008061600000000" + PAYLOAD_8), do("read_kind", PING)),
    "the reserved bit": steps(raw("000008061680000000" + PAYLOAD_8), do("read_kind", PING)),
})
cases("http2/4.2", {
    "DATA of 2^14 octets": steps(post(), do("data", b"x" * 16384), ANSWERED),
    "DATA beyond SETTINGS_MAX_FRAME_SIZE": steps(post(), do("data", b"x" * 16385), do("stream_error", FRAME_SIZE_ERROR)),
    "HEADERS beyond SETTINGS_MAX_FRAME_SIZE": steps(headers(*((f"x-dummy{i}", "\xff" * 4000) for i in range(5))), FRAME_SIZE),
})
PRIORITY_INSIDE = steps(headers(flags=0), do("priority"), do("continuation"), PROTOCOL)
OTHER_INSIDE = steps(headers(flags=0), headers(stream=3), do("continuation"), PROTOCOL)
cases("http2/4.3", {
    "an invalid block": steps(raw("00000101050000000140"), COMPRESSION),
    "PRIORITY inside a block": PRIORITY_INSIDE,
    "HEADERS of another stream inside a block": OTHER_INSIDE,
})
CLOSED = do("stream_error", STREAM_CLOSED)
CLOSED_OR_PROTOCOL = do("stream_error", STREAM_CLOSED, PROTOCOL_ERROR)
ENDED = steps(headers(), do("stream_closed"))
RESET = steps(headers(flags=END_HEADERS), do("rst"))
cases("http2/5.1", {
    "idle: DATA": steps(do("data"), PROTOCOL),
    "idle: RST_STREAM": steps(do("rst"), PROTOCOL),
    "idle: WINDOW_UPDATE": steps(do("window_update", 1, 100), PROTOCOL),
    "idle: CONTINUATION": steps(do("continuation"), PROTOCOL),
    "half closed: DATA": steps(headers(), do("data"), CLOSED),
    "half closed: HEADERS": steps(headers(), headers(), CLOSED),
    "half closed: CONTINUATION": steps(headers(), do("continuation"), CLOSED_OR_PROTOCOL),
    "closed by RST_STREAM: DATA": steps(RESET, do("data"), CLOSED),
    "closed by RST_STREAM: HEADERS": steps(RESET, headers(), CLOSED),
    "closed by RST_STREAM: CONTINUATION": steps(RESET, do("continuation"), CLOSED_OR_PROTOCOL),
    "closed: DATA": steps(ENDED, do("data"), do("stream_error", STREAM_CLOSED)),
    "closed: HEADERS": steps(ENDED, headers(), do("connection_error", STREAM_CLOSED)),
    "closed: CONTINUATION": steps(ENDED, do("continuation"), do("connection_error", STREAM_CLOSED, PROTOCOL_ERROR)),
})
cases("http2/5.1.1", {
    "an even stream": steps(headers(stream=2), PROTOCOL),
    "a lower stream than before": steps(headers(stream=5), headers(stream=3), PROTOCOL),
    "HEADERS on a half-closed stream": steps(headers(stream=5), headers(stream=5), do("stream_error", STREAM_CLOSED, stream=5)),
})


def too_many_streams(peer):
    most = peer.settings[MAX_CONCURRENT_STREAMS]
    peer.set((INITIAL_WINDOW_SIZE, 0))
    block = peer.encode(peer.head())
    for i in range(most + 1):
        peer.headers(stream=1 + 2 * i, block=block)
    peer.stream_error(PROTOCOL_ERROR, REFUSED_STREAM, stream=1 + 2 * most)


cases("http2/5.1.2", {"more streams than allowed": too_many_streams})
cases("http2/5.3.1", {
    "HEADERS that depend on themselves": steps(headers_with_priority(1), STREAM_PROTOCOL),
    "PRIORITY that depends on itself": steps(do("priority", on=1), STREAM_PROTOCOL),
})
BAD_PING = raw("000008060000000003" + PAYLOAD_8)
cases("http2/5.4.1", {"a PING that must close": steps(BAD_PING, do("closed")), "a PING that must bring GOAWAY": steps(BAD_PING, PROTOCOL)})
cases("http2/5.5", {
    "an unknown frame": steps(raw("000008160000000000" + PAYLOAD_8), do("ping"), do("ping_answered")),
    "an unknown frame inside a block": steps(headers(flags=END_STREAM), raw("000008160000000000" + PAYLOAD_8), PROTOCOL),
})
cases("http2/6.1", {
    "DATA on stream 0": steps(do("data", stream=0), PROTOCOL),
    "DATA on a half-closed stream": steps(post(flags=END_HEADERS | END_STREAM), do("data"), CLOSED),
    "DATA with too much padding": steps(post(("content-length", "4")), raw("000005000900000001 0654657374"), PROTOCOL),
})


def headers_overpadded(peer):
    block = peer.encode(peer.head())
    peer.send(b"\0\0" + bytes((len(block) + 1,)) + b"\x01\x0d\0\0\0\x01")
    peer.send(bytes((len(block) + 2,)))
    peer.send(block)
    peer.stream_error(PROTOCOL_ERROR)


cases("http2/6.2", {
    "PRIORITY inside a block": PRIORITY_INSIDE,
    "HEADERS of another stream inside a block": OTHER_INSIDE,
    "HEADERS on stream 0": steps(headers(stream=0), PROTOCOL),
    "HEADERS with too much padding": headers_overpadded,
})
cases("http2/6.3", {
    "PRIORITY on stream 0": steps(do("priority", 0), PROTOCOL),
    "PRIORITY of 4 octets": steps(headers(), raw("000004020000000001 80000001"), do("stream_error", FRAME_SIZE_ERROR)),
})
cases("http2/6.4", {
    "RST_STREAM on stream 0": steps(do("rst", 0), PROTOCOL),
    "RST_STREAM on an idle stream": steps(do("rst", 1), PROTOCOL),
    "RST_STREAM of 3 octets": steps(headers(), raw("000003030000000001 000000"), FRAME_SIZE),
})
cases("http2/6.5", {
    "SETTINGS with ACK and a payload": steps(raw("000001040100000000 00"), FRAME_SIZE),
    "SETTINGS on stream 1": steps(raw("000006040000000001 000300000064"), PROTOCOL),
    "SETTINGS of no multiple of 6, and not all of it":
        steps(raw("000009040000000000 0003000000640002"), do("connection_error", PROTOCOL_ERROR, FRAME_SIZE_ERROR)),
})
cases("http2/6.5.2", {
    "ENABLE_PUSH of 2": steps(do("set", (ENABLE_PUSH, 2)), PROTOCOL),
    "INITIAL_WINDOW_SIZE of 2^31": steps(do("set", (INITIAL_WINDOW_SIZE, 1 << 31)), FLOW_CONTROL),
    "MAX_FRAME_SIZE of 2^14 - 1": steps(do("set", (MAX_FRAME_SIZE, 16383)), PROTOCOL),
    "MAX_FRAME_SIZE of 2^24": steps(do("set", (MAX_FRAME_SIZE, 1 << 24)), PROTOCOL),
    "an unknown setting": steps(do("set", (0xff, 1)), do("ping"), do("ping_answered")),
})
cases("http2/6.5.3", {
    "INITIAL_WINDOW_SIZE twice": steps(do("set", (INITIAL_WINDOW_SIZE, 100), (INITIAL_WINDOW_SIZE, 1)), do("settings_acknowledged"),
                                       headers(), do("data_of", 1)),
    "SETTINGS are acknowledged": steps(do("set", (ENABLE_PUSH, 0)), do("settings_acknowledged")),
})


def ping_with_ack(peer):
    peer.ping(b"invalid\0", ACK)
    peer.ping(b"boucl\0\0\0")
    peer.ping_answered(b"boucl\0\0\0")


cases("http2/6.7", {
    "PING": steps(do("ping", b"boucl\0\0\0"), do("ping_answered", b"boucl\0\0\0")),
    "PING with ACK": ping_with_ack,
    "PING on stream 1": steps(raw("000008060000000001" + PAYLOAD_8), PROTOCOL),
    "PING of 6 octets": steps(raw("000006060000000000 000000000000"), FRAME_SIZE),
})
cases("http2/6.8", {"GOAWAY on stream 1": steps(raw("000008070000000001" + PAYLOAD_8), PROTOCOL)})
cases("http2/6.9", {
    "WINDOW_UPDATE of 0": steps(do("window_update", 0, 0), PROTOCOL),
    "WINDOW_UPDATE of 0 on a stream": steps(headers(flags=END_HEADERS), do("window_update", 1, 0), STREAM_PROTOCOL),
    "WINDOW_UPDATE of 3 octets": steps(raw("000003080000000000 000001"), FRAME_SIZE),
})


def stream_window_overflows(peer):
    peer.headers(flags=END_HEADERS)
    peer.window_update(1, 2 ** 31 - 1)
    peer.window_update(1, 2 ** 31 - 1)
    frame = peer.read_kind(RST_STREAM)
    peer.want(frame.stream == 1 and frame.code == FLOW_CONTROL_ERROR, "RST_STREAM with FLOW_CONTROL_ERROR")


cases("http2/6.9.1", {
    "an initial window of 1": steps(do("set", (INITIAL_WINDOW_SIZE, 1)), do("settings_acknowledged"), headers(), do("data_of", 1)),
    "the connection's window beyond 2^31-1": steps(do("window_update", 0, 2 ** 31 - 1), do("window_update", 0, 2 ** 31 - 1), FLOW_CONTROL),
    "a stream's window beyond 2^31-1": stream_window_overflows,
})
cases("http2/6.9.2", {
    "the initial window changes after HEADERS": steps(WINDOW_SHUT, do("settings_acknowledged"), headers(),
                                                      do("set", (INITIAL_WINDOW_SIZE, 1)), do("data_of", 1)),
    "a window below zero": steps(do("set", (INITIAL_WINDOW_SIZE, 3)), do("settings_acknowledged"), headers(), do("data_of", 3),
                                 do("set", (INITIAL_WINDOW_SIZE, 2)), do("settings_acknowledged"), do("window_update", 1, 2),
                                 do("data_of", 1)),
    "an initial window of 2^31": steps(raw("000006040000000000 000480000000"), FLOW_CONTROL),
})
cases("http2/6.10", {
    "several CONTINUATION": steps(headers(flags=END_STREAM), do("continuation", flags=0), do("continuation"), ANSWERED),
    "CONTINUATION, then DATA": steps(post(flags=0), do("continuation", flags=0), do("data"), PROTOCOL),
    "CONTINUATION on stream 0": steps(headers(flags=END_STREAM), do("continuation", 0), PROTOCOL),
    "CONTINUATION after END_HEADERS": steps(headers(), do("continuation"), PROTOCOL),
    "CONTINUATION after CONTINUATION with END_HEADERS": steps(headers(flags=END_STREAM), do("continuation"), do("continuation"), PROTOCOL),
    "CONTINUATION after DATA": steps(post(flags=0), do("data"), do("continuation", flags=0), do("continuation", 0), PROTOCOL),
})
cases("http2/7", {
    "GOAWAY with an unknown code": steps(do("goaway", 0, 0xff), do("ping", b"boucl\0\0\0"), do("ping_answered_or_closed", b"boucl\0\0\0")),
    "RST_STREAM with an unknown code": steps(post(), do("rst", 1, 0xff), do("ping"), do("ping_answered")),
})
TRAILERS = ("x-test", "ok")
cases("http2/8.1", {"a second HEADERS that does not end the stream":
                    steps(post(), do("data", flags=0), do("headers", [TRAILERS], flags=END_HEADERS), STREAM_PROTOCOL)})
cases("http2/8.1.2", {"a name in upper case": steps(headers(("X-TEST", "ok")), STREAM_PROTOCOL)})


def head_without(*places, twice=None, empty=None):
    def run(peer):
        fields = [field for i, field in enumerate(peer.head()) if i not in places]
        fields = [(name, "" if name == empty else value) for name, value in fields]
        peer.headers(fields + [field for field in fields if field[0] == twice])
        peer.stream_error(PROTOCOL_ERROR)
    return run


cases("http2/8.1.2.1", {
    "an unknown pseudo-header": steps(headers((":test", "ok")), STREAM_PROTOCOL),
    "a pseudo-header of responses": steps(headers((":status", "200")), STREAM_PROTOCOL),
    "a pseudo-header as trailer": steps(post(), do("data", flags=0), do("headers", [(":method", "POST")], flags=END_HEADERS), STREAM_PROTOCOL),
    "a pseudo-header after a field": steps(lambda peer: peer.headers([TRAILERS, *peer.head()]), STREAM_PROTOCOL),
})
cases("http2/8.1.2.2", {
    "a field of the connection": steps(headers(("connection", "keep-alive")), STREAM_PROTOCOL),
    "TE with more than trailers": steps(headers(("trailers", "test"), ("te", "trailers, deflate")), STREAM_PROTOCOL),
})
cases("http2/8.1.2.3", {
    "an empty :path": head_without(empty=":path"),
    "no :method": head_without(0),
    "no :scheme": head_without(1),
    "no :path": head_without(2),
    "two :method": head_without(twice=":method"),
    "two :scheme": head_without(twice=":scheme"),
    "two :path": head_without(twice=":path"),
})
cases("http2/8.1.2.6", {
    "less announced than sent": steps(post(("content-length", "1")), do("data"), STREAM_PROTOCOL),
    "less announced than sent in several": steps(post(("content-length", "1")), do("data", flags=0), do("data"), STREAM_PROTOCOL),
})


def push(peer):
    peer.frame(PUSH_PROMISE, END_HEADERS, 1, struct.pack(">I", 3) + peer.encode(peer.head()))
    peer.connection_error(PROTOCOL_ERROR)


cases("http2/8.2", {"PUSH_PROMISE": push})

"""A WebSocket echo (RFC 6455), server side: text and binary, in fragments too, ping, pong and close."""
import base64
import hashlib
import re
import struct

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MESSAGE_BYTES = 1024 * 1024
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Fault(Exception):
    """The peer broke the protocol: close with CODE (RFC 6455, section 7.4.1)."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def accept_value(key):
    """The Sec-WebSocket-Accept for a Sec-WebSocket-Key, or None when the key is not one."""
    if not re.fullmatch(r"[A-Za-z0-9+/]{22}==", key or ""):
        return None
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()


def frame(opcode, payload):
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 127, size)
    return head + payload


def unmask(payload, mask):
    if not payload:
        return b""
    long_mask = mask * (len(payload) // 4 + 1)
    number = int.from_bytes(payload, "big") ^ int.from_bytes(long_mask[:len(payload)], "big")
    return number.to_bytes(len(payload), "big")


def exactly(stream, size):
    data = stream.read(size) if size else b""
    if len(data) != size:
        raise EOFError
    return data


def read_frame(stream):
    """(final, opcode, payload) of the next frame."""
    first, second = exactly(stream, 2)
    final, opcode, size = bool(first & 0x80), first & 0x0F, second & 0x7F
    if first & 0x70 or not second & 0x80 or opcode not in (0, TEXT, BINARY, CLOSE, PING, PONG):
        raise Fault(1002)
    if opcode >= 8 and (size > 125 or not final):
        raise Fault(1002)
    if size == 126:
        size, = struct.unpack("!H", exactly(stream, 2))
    elif size == 127:
        size, = struct.unpack("!Q", exactly(stream, 8))
    if size > MESSAGE_BYTES:
        raise Fault(1009)
    mask = exactly(stream, 4)
    return final, opcode, unmask(exactly(stream, size), mask)


def close_answer(payload):
    """What to answer to a close frame: its own code, when it is one that may be sent."""
    if not payload:
        return b""
    if len(payload) < 2:
        raise Fault(1002)
    code, = struct.unpack("!H", payload[:2])
    if not (code in (1000, 1001, 1002, 1003) or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise Fault(1002)
    as_text(payload[2:])
    return payload[:2]


def as_text(payload):
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        raise Fault(1007) from None


def messages(stream, send):
    """Echoes until the peer closes."""
    kind, kept = None, bytearray()
    while True:
        final, opcode, payload = read_frame(stream)
        if opcode == CLOSE:
            send(frame(CLOSE, close_answer(payload)))
            return
        if opcode == PING:
            send(frame(PONG, payload))
        if opcode >= 8:
            continue
        if (opcode == 0) == (kind is None):
            raise Fault(1002)
        kind = opcode or kind
        kept += payload
        if len(kept) > MESSAGE_BYTES:
            raise Fault(1009)
        if final:
            if kind == TEXT:
                as_text(bytes(kept))
            send(frame(kind, bytes(kept)))
            kind, kept = None, bytearray()


def echo(stream, send):
    try:
        messages(stream, send)
    except Fault as fault:
        send(frame(CLOSE, struct.pack("!H", fault.code)))
    except (EOFError, OSError):
        pass

"""The portal's WebSocket echo, byte by byte (RFC 6455)."""
import base64
import os
import socket
import struct

import pytest

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


class Peer:
    def __init__(self, port):
        self.connection = socket.create_connection(("127.0.0.1", port), 5)
        self.stream = self.connection.makefile("rb")

    def upgrade(self, key=KEY):
        self.connection.sendall(f"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        head = []
        while (line := self.stream.readline().strip()) != b"":
            head.append(line)
        return head

    def send(self, opcode, payload, final=True, first=0):
        mask = os.urandom(4)
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else (struct.pack("!BH", 254, size) if size < 65536
                                                          else struct.pack("!BQ", 255, size))
        body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        self.connection.sendall(bytes([first | opcode | (0x80 if final else 0)]) + length + mask + body)

    def receive(self):
        first, size = self.stream.read(2)
        if size == 126:
            size, = struct.unpack("!H", self.stream.read(2))
        elif size == 127:
            size, = struct.unpack("!Q", self.stream.read(8))
        assert first & 0x80 and size < 1 << 21
        return first & 15, self.stream.read(size)


@pytest.fixture
def peer(port):
    peer = Peer(port)
    yield peer
    peer.stream.close()
    peer.connection.close()


@pytest.fixture
def open_peer(peer):
    assert peer.upgrade()[0].split()[1] == b"101"
    return peer


def test_the_handshake_of_the_rfc(peer):
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in peer.upgrade()


@pytest.mark.parametrize("key", ["", "short", base64.b64encode(b"x" * 15).decode()])
def test_a_bad_key_is_refused(peer, key):
    assert peer.upgrade(key)[0].split()[1] == b"426"


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 300000])
def test_echo_of_every_length(open_peer, size):
    open_peer.send(2, b"\xa5" * size)
    assert open_peer.receive() == (2, b"\xa5" * size)


def test_fragments_with_a_ping_between(open_peer):
    open_peer.send(1, "Alders".encode(), final=False)
    open_peer.send(9, b"there?")
    assert open_peer.receive() == (10, b"there?")
    open_peer.send(0, "beké".encode())
    assert open_peer.receive() == (1, "Aldersbeké".encode())


def test_close_is_answered_with_its_code(open_peer):
    open_peer.send(8, struct.pack("!H", 1000) + b"bye")
    assert open_peer.receive() == (8, struct.pack("!H", 1000))
    assert open_peer.stream.read() == b""


@pytest.mark.parametrize("opcode, payload, first, final, code", [
    (1, b"\xff", 0, True, 1007), (3, b"", 0, True, 1002), (0, b"x", 0, True, 1002), (1, b"x", 0x40, True, 1002),
    (9, b"x" * 126, 0, True, 1002), (9, b"x", 0, False, 1002), (8, b"x", 0, True, 1002),
    (8, struct.pack("!H", 1005), 0, True, 1002)])
def test_faults_are_told(open_peer, opcode, payload, first, final, code):
    open_peer.send(opcode, payload, final, first)
    assert open_peer.receive() == (8, struct.pack("!H", code))


def test_too_long_a_message_is_refused_before_it_is_read(open_peer):
    open_peer.connection.sendall(b"\x82\xff" + struct.pack("!Q", 1 << 40) + b"mask")
    assert open_peer.receive() == (8, struct.pack("!H", 1009))


def test_unmasked_frames_are_refused(open_peer):
    open_peer.connection.sendall(b"\x81\x01x")
    assert open_peer.receive() == (8, struct.pack("!H", 1002))

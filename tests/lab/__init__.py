"""The laboratory of every test that crosses a socket.

    from lab import Origin, Shield, get

    with Origin() as origin, Shield(origin) as shield:
        assert get(shield.plain, "/").status == 200

    place    where things are, free ports, waiting for a condition
    wire     messages read exactly, one request and its answer
    tls      certificates and both ends of a handshake
    disk     disks of a scene's own
    origin   what stands behind the shield, and keeps what it received
    shield   the program, running
    talk     a client that keeps its connection, step by step
    pools    origins in numbers
    h2       HTTP/2, frame by frame
    load     citizens that ask again and again
    measure  what a process costs

Fixtures (origin, shield, start_origin, start_shield, certificates) are in tests/conftest.py.
"""
from lab.disk import SmallDisk, StandingDisk
from lab.load import Load
from lab.measure import at_rest, cpu_of, descriptors_of, pss, rss
from lab.origin import Origin, Pages, Portal, black_hole, by_path
from lab.place import BINARY, CRASHING, ENVIRONMENT, HOST, ROOT, WAIT, free_port, make_folder, sanitized, wait_until
from lab.shield import Shield
from lab.talk import Talk
from lab.tls import client_context, der, make_certificate, revoke, server_context, shown, trusting
from lab.wire import Closed, Message, Reply, Stream, connect, exchange, get, read_request, read_response, request, response, send

__all__ = ["BINARY", "CRASHING", "Closed", "ENVIRONMENT", "HOST", "Load", "Message", "Origin", "Pages", "Portal", "ROOT", "Reply", "Shield", "SmallDisk",
           "StandingDisk", "Stream", "Talk", "WAIT", "at_rest", "black_hole", "by_path", "client_context", "connect", "cpu_of", "der", "descriptors_of", "exchange",
           "free_port", "get", "make_certificate", "make_folder", "pss", "read_request", "read_response", "request", "response",
           "revoke", "rss", "sanitized", "send", "server_context", "shown", "trusting", "wait_until"]

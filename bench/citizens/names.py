"""The names of the search engine's addresses, forwards and backwards, so that a shield can verify a crawler as it would outside: the
only DNS in the namespace."""
import re
import socket
import struct
import subprocess
import threading

CRAWLERS = r"66[.-]249[.-]66[.-]"  # of 66.249.66.0/24, where the scenarios' crawler is at home
TYPES = {"A": 1, "PTR": 12}
FOUND, NOT_FOUND, MALFORMED = 0x8180, 0x8183, 0x8181
QUERY_MAX = 512
TTL_S = 60


def read_question(query):
    """(name, type, end of the question); ValueError where there is none."""
    labels, at = [], 12
    while query[at:at + 1] not in (b"", b"\0"):
        length = query[at]
        if length > 63 or at + 1 + length >= len(query):
            raise ValueError("a label that is none")
        labels.append(query[at + 1:at + 1 + length].decode("ascii").lower())
        at += 1 + length
    if len(query) < at + 5:
        raise ValueError("no question")
    return ".".join(labels), struct.unpack_from("!H", query, at + 1)[0], at + 5


def name_bytes(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def _look_up(name, kind):
    """(the record's bytes or None, does the name exist)"""
    backwards = re.fullmatch(r"(\d{1,3})\.66\.249\.66\.in-addr\.arpa", name)
    forwards = re.fullmatch(r"crawl-" + CRAWLERS + r"(\d{1,3})\.googlebot\.com", name)
    if backwards and int(backwards[1]) < 256:
        return (name_bytes(f"crawl-66-249-66-{backwards[1]}.googlebot.com") if kind == TYPES["PTR"] else None), True
    if forwards and int(forwards[1]) < 256:
        return (bytes([66, 249, 66, int(forwards[1])]) if kind == TYPES["A"] else None), True
    return None, False


def answer(query, look_up=_look_up):
    """What a name server says to QUERY, by LOOK_UP(name, type): (the record's bytes or None, does the name exist); None: nothing, it is no query."""
    if len(query) < 12 or query[2] & 0x80:
        return None
    try:
        name, kind, end = read_question(query)
    except ValueError:  # UnicodeDecodeError is one
        return query[:2] + struct.pack("!5H", MALFORMED, 0, 0, 0, 0)
    record, exists = look_up(name, kind)
    head = query[:2] + struct.pack("!5H", FOUND if exists else NOT_FOUND, 1, 1 if record else 0, 0, 0) + query[12:end]
    return head + (struct.pack("!HHHIH", 0xC00C, kind, 1, TTL_S, len(record)) + record if record else b"")


def _serve(server):
    while True:
        query, client = server.recvfrom(QUERY_MAX)
        said = answer(query)
        if said:
            server.sendto(said, client)


def start(scratch):
    """From now on this is what everybody in our network resolves names by; it ends with the run."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=_serve, args=(server,), daemon=True).start()
    path = scratch / "resolv.conf"
    path.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    # In a mount namespace of our own.
    if subprocess.run(["mount", "--bind", path, "/etc/resolv.conf"], stderr=subprocess.DEVNULL).returncode:
        print("bench: /etc/resolv.conf cannot be replaced: no crawler can be verified")

"""The catalogue of smuggling: raw requests as tables, each with what we answer and what the origin saw.

The tables are smuggling/*.txt. One entry:

    name
      | bytes, with \\r \\n \\t \\\\ and \\xNN; nothing is added at the end of a line
      wait             the origin is given time to see what came so far
      eof              the client closes its sending half
      > 400 reason     what is answered, and why, as the journal says it; a number alone is the origin's own answer
      = bytes          what the origin saw; no such line: nothing at all. {forwarded} stands for the fields that we add

After every entry a marked request goes through the same kept origin connections, and must get its own answer.
Run as a program, this file prints docs/smuggling.md.
"""
import pathlib
import re
import sys
import time

import pytest

import lab

FOLDER = pathlib.Path(__file__).parent / "smuggling"
PAGE = lab.ROOT / "docs/smuggling.md"
FAMILIES = ["lengths", "codings", "lines", "hosts", "request-lines", "wishes", "chunks", "accepted"]


class Entry:
    def __init__(self, name):
        self.name = name
        self.steps = []    # bytes, "wait" or "eof"
        self.answers = []  # (status, reason or "")
        self.seen = ""     # escaped, as written

    @property
    def raw(self):
        return b"".join(step for step in self.steps if isinstance(step, bytes))

    @property
    def is_refused(self):
        return bool(self.answers[0][1])


def unescape(text):
    return re.sub(r"\\(x..|.)", lambda match: {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}.get(match[1]) or chr(int(match[1][1:], 16)),
                  text).encode("latin-1")


def read_table(family):
    """The title of the family, and its entries."""
    lines = (FOLDER / f"{family}.txt").read_text().splitlines()
    entries = []
    for line in lines[1:]:
        sign, text = line[2:3], line[4:]
        if not line:
            continue
        if line[0] != " ":
            entries.append(Entry(line))
        elif sign == "|":
            entries[-1].steps.append(unescape(text))
        elif sign == ">":
            status, _, reason = text.partition(" ")
            entries[-1].answers.append((int(status), reason))
        elif sign == "=":
            entries[-1].seen += text
        else:
            entries[-1].steps.append(line.strip())
    return lines[0].lstrip("# "), entries


CATALOGUE = [(family, entry) for family in FAMILIES for entry in read_table(family)[1]]


def expected(entry):
    """The bytes that the origin must have seen; what is ours and differs each time as {id} and {node}."""
    def forwarded(match):
        host = re.findall(r"Host: (.*?)\\r\\n", entry.seen[:match.start()])[-1]
        return (f"X-Forwarded-For: 127.0.0.1\\r\\nX-Forwarded-Proto: http\\r\\nX-Forwarded-Host: {host}\\r\\n"
                f"Via: {match[1] or '1.1'} {{node}}\\r\\nX-Request-Id: {{id}}\\r\\n")

    return unescape(re.sub(r"\{forwarded ?([0-9.]*)\}", forwarded, entry.seen))


def masked(data):
    data = re.sub(rb"(?m)^(Via: \d\.\d) [0-9a-f]{16}\r$", rb"\1 {node}\r", data)
    return re.sub(rb"(?m)^(X-Request-Id:) [0-9a-f]{32}\r$", rb"\1 {id}\r", data)


def without_chunks(data):
    """The head, and the body's bytes: how a body that trickles in is cut into chunks is left to time."""
    head, _, body = data.partition(b"\r\n\r\n")
    return head + re.sub(rb"[0-9a-f]+\r\n([^\r]*)\r\n", rb"\1", body)


class Stage:
    """One shield and one origin for the whole catalogue: what one attack leaves behind, the next request would find."""

    def __init__(self, front, origin):
        self.front = front
        self.origin = origin
        self.probes = 0

    def taken(self):
        """What the origin received and nobody has looked at yet."""
        data = b"".join(bytes(each.record) for each in self.origin.connections)
        for each in self.origin.connections:
            each.record.clear()
        return data

    def waiting(self):
        return sum(len(each.record) for each in self.origin.connections)

    def wait(self):
        lab.wait_until(self.waiting, what="the origin saw nothing")
        size = -1
        while size != self.waiting():
            size = self.waiting()
            time.sleep(0.02)

    def abandoned(self):
        """What the origin received of messages that it was left alone with: their connections are over."""
        self.origin.settle()
        lab.wait_until(lambda: all(each.has_ended for each in self.origin.connections if each.record), what="a connection stays open")
        return self.taken()

    def play(self, client, entry):
        for step in entry.steps:
            if step == "wait":
                self.wait()
            elif step == "eof":
                client.sock.shutdown(1)
            else:
                client.send(step)

    def probe(self):
        """A request like any other: answered as itself, seen as itself."""
        self.probes += 1
        mark = f"/probe-{self.probes}"
        reply = self.front.send(f"GET {mark} HTTP/1.1\r\nHost: {lab.HOST}\r\n\r\n".encode())
        assert (reply.status, reply.body) == (200, f"GET {mark}".encode())
        seen = masked(self.taken())
        assert seen.startswith(f"GET {mark} HTTP/1.1\r\nHost: {lab.HOST}\r\nX-Forwarded-For: ".encode()), seen
        assert seen.count(b"HTTP/1.1\r\n") == 1 and seen.endswith(b"X-Request-Id: {id}\r\n\r\n"), seen
        return reply


@pytest.fixture(scope="module")
def stage():
    origin = lab.Origin(lambda request: lab.response(f"{request.method} {request.target}".encode()))
    with lab.Shield(config={"sites": [{"name": lab.HOST, "origins": [origin.url]}]}, binary=lab.sanitized(),
                     env=lab.ENVIRONMENT) as front:
        yield Stage(front, origin)
    origin.close()


def read_refusal(stage, client, entry):
    """One answer, and the connection is over: what follows on it cannot be told apart from the attack."""
    status, reason = entry.answers[0]
    reply = lab.read_response(client, "HEAD" if entry.raw.startswith(b"HEAD") else "GET")
    assert reply.status == status, reply
    if status == 400 or reason == "connect-refused":
        assert reply.get("connection") == "close"
        assert client.rest() == b""
    return reply


def check_event(stage, reply, reason):
    event = stage.front.event_of(reply)
    found = event.get("bouclier.fault") or event["bouclier.reasons"][0]
    assert (found, event["bouclier.decision"]) == (reason, "block")


@pytest.mark.parametrize("entry", [pytest.param(entry, id=f"{family}: {entry.name}") for family, entry in CATALOGUE])
def test_catalogue(stage, entry):
    stage.taken()
    with stage.front.connect() as client:
        stage.play(client, entry)
        if entry.is_refused:
            check_event(stage, read_refusal(stage, client, entry), entry.answers[0][1])
        else:
            for status, _ in entry.answers:
                reply = lab.read_response(client, entry.raw.partition(b" ")[0].decode())
                assert reply.status == status, reply
            assert client.within(0.02) == b""
    assert masked(stage.abandoned() if entry.is_refused else stage.taken()) == expected(entry)
    stage.probe()


REFUSED = [entry for _, entry in CATALOGUE if entry.is_refused and "eof" not in entry.steps]


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry.name) for entry in REFUSED])
def test_a_byte_at_a_time(stage, entry):
    """However it is cut into packets, an attack is the same attack; the origin saw no more than the table says."""
    stage.taken()
    before = stage.front.event_of(stage.probe())["event.sequence"]
    with stage.front.connect() as client:
        for at in range(len(entry.raw)):
            try:
                client.send(entry.raw[at:at + 1])
            except OSError:
                break  # refused before its end
        try:
            assert lab.read_response(client).status == entry.answers[0][0]
        except lab.Closed:  # TCP: an answer is lost where the client still sends when the connection ends; the journal has it
            stage.front.wait_journal(lambda line: line.get("event.sequence", 0) > before and line.get("http.response.status_code") == entry.answers[0][0])
    assert without_chunks(expected(entry)).startswith(without_chunks(masked(stage.abandoned())))
    stage.probe()


def test_catalogue_is_large():
    assert sum(entry.is_refused for _, entry in CATALOGUE) >= 60
    names = [entry.name for _, entry in CATALOGUE]
    assert len(names) == len(set(names))


# -- the same over HTTP/2 --

H2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PSEUDO = [(":method", "POST"), (":scheme", "http"), (":authority", lab.HOST), (":path", "/a")]


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def literal(text):
    raw = text.encode("latin-1")
    assert len(raw) < 127
    return bytes([len(raw)]) + raw


def block(fields):
    """HPACK, literals only: any byte can be said."""
    return b"".join(b"\0" + literal(name) + literal(value) for name, value in fields)


def h2_ask(stage, fields, data=None, trailers=None):
    """One stream. The error code of its RST_STREAM, or None when it was answered."""
    with stage.front.connect() as client:
        is_last = data is None and trailers is None
        client.send(H2_PREFACE + frame(4, 0, 0) + frame(1, 4 | is_last, 1, block(fields)))
        if data is not None:
            client.send(frame(0, trailers is None, 1, data))
        if trailers is not None:
            client.send(frame(1, 5, 1, block(trailers)))
        while True:
            head = client.count(9)
            payload = client.count(int.from_bytes(head[:3], "big"))
            kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
            assert kind != 7, f"the connection was ended: {payload}"
            if stream == 1 and kind == 3:
                return int.from_bytes(payload, "big")
            if stream == 1 and kind in (0, 1) and flags & 1:
                return None


def pseudo(**changed):
    return [(name, changed.get(name[1:], value)) for name, value in PSEUDO if changed.get(name[1:], value) is not None]


H2_REFUSED = [
    ("Transfer-Encoding", PSEUDO + [("transfer-encoding", "chunked")], b"0\r\n\r\n", "h2-field"),
    ("Connection", PSEUDO + [("connection", "close")], None, "h2-field"),
    ("Upgrade", PSEUDO + [("upgrade", "h2c")], None, "h2-field"),
    ("Proxy-Connection", PSEUDO + [("proxy-connection", "keep-alive")], None, "h2-field"),
    ("Keep-Alive", PSEUDO + [("keep-alive", "timeout=5")], None, "h2-field"),
    ("TE other than trailers", PSEUDO + [("te", "chunked")], None, "h2-field"),
    ("an upper-case name", PSEUDO + [("X-Upper", "1")], None, "h2-field"),
    ("a space before the colon", PSEUDO + [("content-length ", "5")], b"hello", None),
    ("a colon in a name", PSEUDO + [("transfer-encoding: chunked", "x")], None, None),
    ("CR LF in a value", PSEUDO + [("x", "y\r\nTransfer-Encoding: chunked")], None, None),
    ("LF in a value", PSEUDO + [("x", "y\nTransfer-Encoding: chunked")], None, None),
    ("CR in a value", PSEUDO + [("x", "y\rz")], None, None),
    ("NUL in a value", PSEUDO + [("x", "y\0z")], None, None),
    ("CR LF in a name", PSEUDO + [("x\r\ntransfer-encoding", "chunked")], None, None),
    ("space around a value", PSEUDO + [("x", " y")], None, None),
    ("CR LF in the path", pseudo(path="/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX: y"), None, None),
    ("a space in the path", pseudo(path="/a b"), None, None),
    ("a fragment in the path", pseudo(path="/a#b"), None, None),
    ("no slash", pseudo(path="a"), None, None),
    ("an empty path", pseudo(path=""), None, None),
    ("CR LF in the method", pseudo(method="GET /smuggled HTTP/1.1\r\nX: y\r\n\r\nPOST"), None, None),
    ("a space in the method", pseudo(method="GET /smuggled"), None, None),
    ("CR LF in the authority", pseudo(authority=lab.HOST + "\r\nX: y"), None, None),
    ("a list of hosts", pseudo(authority=f"{lab.HOST}, other.example"), None, None),
    ("a user in the authority", pseudo(authority=f"{lab.HOST}@other.example"), None, None),
    ("a Host that differs", PSEUDO + [("host", "other.example")], None, None),
    ("two Hosts", PSEUDO + [("host", lab.HOST), ("host", lab.HOST)], None, None),
    ("no authority and no Host", pseudo(authority=None), None, None),
    ("two paths", PSEUDO + [(":path", "/b")], None, None),
    ("no path", pseudo(path=None), None, None),
    ("a pseudo-header behind others", PSEUDO[:3] + [("x", "y"), PSEUDO[3]], None, None),
    ("a pseudo-header of a response", PSEUDO + [(":status", "200")], None, None),
    ("two lengths", PSEUDO + [("content-length", "5"), ("content-length", "5")], b"hello", None),
    ("a list of lengths", PSEUDO + [("content-length", "5, 5")], b"hello", None),
    ("a signed length", PSEUDO + [("content-length", "+5")], b"hello", None),
    ("a length longer than the data", PSEUDO + [("content-length", "60")], b"hello", None),
    ("another scheme", pseudo(scheme="gopher"), None, None),
]


@pytest.mark.parametrize("name, fields, data, fault", [pytest.param(*row, id=row[0]) for row in H2_REFUSED])
def test_http2(stage, name, fields, data, fault):
    """A stream error, no answer from the origin, and no trace in what follows."""
    stage.taken()
    stage.front.event_of(stage.probe())  # everything before it is in the journal now
    before = len(stage.front.journal())
    assert h2_ask(stage, fields, data) == 1, "PROTOCOL_ERROR"
    # of a body that breaks its announced length the origin may have seen the front, never what is beyond it
    assert b"smuggled" not in stage.abandoned()
    stage.probe()
    event = lab.wait_until(lambda: next((each for each in stage.front.journal()[before:] if each.get("bouclier.fault")), None))
    assert event["bouclier.decision"] in ("block", "drop")
    if fault:
        assert event["bouclier.fault"] == fault


def test_http2_more_data_than_announced(stage):
    """The request was whole without it: it may be forwarded before the data comes, and answered. The data goes nowhere."""
    stage.taken()
    h2_ask(stage, PSEUDO + [("content-length", "0")], b"GET /smuggled HTTP/1.1\r\n\r\n")
    stage.origin.settle()
    seen = stage.taken()
    assert b"smuggled" not in seen and (not seen or seen.endswith(b"\r\nContent-Length: 0\r\n\r\n")), seen
    stage.probe()


def test_http2_trailers(stage):
    """A trailer that decides something does not reach the origin."""
    for name in ("content-length", "host", "transfer-encoding", "x-forwarded-for", ":path"):
        stage.taken()
        assert h2_ask(stage, PSEUDO, b"hello", [(name, "60")]) == 1, name
        assert name.encode() + b": 60" not in stage.abandoned()
        stage.probe()


# -- docs/smuggling.md --


def shown(text):
    """For a table cell."""
    return text.replace("|", "\\|").replace("`", "\\`")


def escape(data):
    return "".join(chr(byte) if 32 <= byte < 127 and byte != 92 else {13: "\\r", 10: "\\n", 9: "\\t", 92: "\\\\"}.get(byte, f"\\x{byte:02x}")
                   for byte in data)


def page():
    lines = ["# What smuggling is made of, and what we do with it", "",
             "Made from the tables in `tests/scenes/smuggling/` by `python3 tests/scenes/test_smuggling.py`; do not edit.",
             "Each request is sent for real, in one piece and byte by byte, and after each a marked request follows on the same kept",
             "origin connections: it must get its own answer. An answer with a reason is ours, and the connection is closed after",
             "it; \"nothing\" means that the origin received not one byte. Where a fault shows inside a body, the origin has a",
             "message without an end, and its connection is closed.", "",
             f"{sum(entry.is_refused for _, entry in CATALOGUE)} requests are refused over HTTP/1.1, {len(H2_REFUSED)} over HTTP/2 "
             f"(a stream error, PROTOCOL_ERROR); {sum(not entry.is_refused for _, entry in CATALOGUE)} are accepted and re-written.", ""]
    for family in FAMILIES:
        title, entries = read_table(family)
        lines += [f"## {family.capitalize().replace('-', ' ')}", "", title, "", "| request | answer | the origin saw |", "|---|---|---|"]
        for entry in entries:
            raw = shown(escape(entry.raw))
            raw = raw if len(raw) <= 240 else raw[:200] + " ..."
            answers = ", ".join(f"{status} {reason}".strip() for status, reason in entry.answers)
            seen = f"`{shown(entry.seen)}`" if entry.seen else "nothing"
            lines.append(f"| **{shown(entry.name)}**<br>`{raw}` | {answers} | {seen} |")
        lines.append("")
    lines += ["## HTTP/2", "", "The same faults as fields of a stream, none of which HTTP/1.1 could carry to the origin.", ""]
    lines += [f"- {name}" for name, *_ in H2_REFUSED]
    return "\n".join(lines) + "\n"


def test_page_is_current():
    assert PAGE.read_text() == page(), "run python3 tests/scenes/test_smuggling.py > docs/smuggling.md"


if __name__ == "__main__":
    sys.stdout.write(page())

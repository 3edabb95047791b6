"""What the strict reader refuses is still seen by rules: they fire, they are told, and the answer stays the reader's."""
import contextlib

import pytest

from lab import HOST, Origin, Shield, connect, read_response, response, sanitized, wait_until
from lab.h2 import Peer
import test_smuggling as smuggling

RULES = r'''
SecRuleEngine On
SecRequestBodyAccess On
SecDefaultAction "phase:1,log,auditlog,pass"
SecDefaultAction "phase:2,log,auditlog,pass"
SecRule REQUEST_URI "@contains evil" "id:1,phase:1,deny,status:418,msg:'target'"
SecRule REQUEST_HEADERS:X-Attack "@contains evil" "id:2,phase:1,deny,status:418,msg:'field'"
SecRule REQUEST_PROTOCOL "!@within HTTP/1.0 HTTP/1.1 HTTP/2.0" "id:3,phase:1,pass,msg:'protocol'"
SecRule REQUEST_METHOD "@streq CONNECT" "id:4,phase:1,pass,msg:'method'"
SecRule REQUEST_HEADERS:X-Attack "@contains drop" "id:5,phase:1,drop,msg:'drop'"
SecRule &REQUEST_HEADERS:Host "@eq 0" "id:6,phase:2,pass,msg:'no host'"
SecRule REQUEST_LINE "@rx ^CONNECT a\.example:80 HTTP/1\.1$" "id:7,phase:2,pass,msg:'line'"
SecRule ARGS:q "@streq second" "id:8,phase:2,deny,status:418,msg:'argument'"
SecRule REQUEST_HEADERS:X-Attack "@streq a b" "id:9,phase:1,pass,msg:'fold'"
SecRule REQUEST_HEADERS:Content-Length "@rx ^7$" "id:11,phase:1,pass,msg:'length'"
SecRule REQUEST_URI "@contains last" "id:10,phase:5,pass,msg:'last'"
'''


def start(origin, **http):
    """Two sites with the same rules; HTTP of the first."""
    return Shield(origin, rules=RULES, binary=sanitized(), log={"requests": "all"}, sites=[
        {"name": HOST, "hosts": [HOST], "origins": [origin.url], **http},
        {"name": "other.example", "hosts": ["other.example"], "origins": [origin.url]}])


@pytest.fixture(scope="module")
def origin():
    with Origin(lambda message: response(b"hello")) as one:
        yield one


@pytest.fixture(scope="module")
def strict(origin):
    with start(origin) as one:
        yield one


@pytest.fixture(scope="module")
def tolerant(origin):
    with start(origin, http="tolerant") as one:
        yield one


@pytest.fixture(autouse=True)
def fresh(origin):
    origin.requests.clear()


def ids(event):
    return [one["id"] for one in event.get("bouclier.rules", [])]


def told(shield, raw):
    """The status, and what the journal says."""
    with connect(shield.plain) as stream:
        stream.send(raw.encode("latin-1"))
        reply = read_response(stream)
        assert stream.rest() == b"" and reply.get("connection") == "close"
    return reply.status, shield.event_of(reply)


LINES = f"Host: {HOST}\r\nX-Attack: evil\r\n\r\n"
KINDS = [  # what is sent, the answer, the fault, rules of a strict site, and those that a tolerant one has beside them
    ("GET /?q=evil HTTP/1.1\r\nHost: {host}\r\nnocolon\r\n\r\n", 400, "missing-colon", [1], []),
    ("GET / HTTP/1.1\r\nnocolon\r\n{lines}", 400, "missing-colon", [2], []),
    ("GET / HTTP/1.1\r\nName : x\r\n{lines}", 400, "space-before-colon", [2], []),
    ("GET / HTTP/1.1\r\nHost: {host}\r\nX-Attack : evil\r\n\r\n", 400, "space-before-colon", [2], []),
    ("GET / HTTP/1.1\r\nHost: {host}\r\nX-Attack: a\r\n b\r\n\r\n", 400, "obs-fold", [9], []),
    ("GET / HTTP/1.1\r\nA: b\nC: d\r\n{lines}", 400, "bare-lf", [2], []),
    ("GET / HTTP/1.1\r\nA: b\rC: d\r\n{lines}", 400, "bare-cr", [2], []),
    ("GET / HTTP/1.1\r\nA: b\0\r\n{lines}", 400, "nul", [2], []),
    ("GET / HTTP/1.1\r\nA: b\x01\r\n{lines}", 400, "field-value", [2], []),
    ("GET /a b HTTP/1.1\r\n{lines}", 400, "request-line", [2], []),
    ("GET /a#evil HTTP/1.1\r\nHost: {host}\r\n\r\n", 400, "target", [1], []),
    ("G@T / HTTP/1.1\r\n{lines}", 400, "method", [2], []),
    ("GET evil HTTP/1.1\r\nHost: {host}\r\n\r\n", 400, "target-form", [1], []),
    ("GET / JUNK/1.0\r\n{lines}", 400, "request-line", [2], []),
    ("GET / HTTP/1.1\r\nContent-Length: x\r\n{lines}", 400, "length-invalid", [2], []),
    ("GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n{lines}", 400, "length-and-chunked", [2], []),
    ("GET / HTTP/1.1\r\nContent-Length: 7\r\nContent-Length: 8\r\nHost: {host}\r\n\r\n", 400, "length-repeated", [11], []),
    ("GET / HTTP/1.1\r\nExpect: miracles\r\n{lines}", 417, "expect", [2], []),
    ("GET /last HTTP/1.1\r\nHost: {host}\r\nnocolon\r\n\r\n", 400, "missing-colon", [10], []),
    ("GET /" + "a" * 9000 + "evil HTTP/1.1\r\n{lines}", 414, "target-long", [2], []),
    ("GET /?q=second HTTP/1.1\r\nHost: {host}\r\nnocolon\r\n\r\n", 400, "missing-colon", [], [8]),
]


@pytest.mark.parametrize("raw, status, fault, rules, more", KINDS)
@pytest.mark.parametrize("site", ["strict", "tolerant"])
def test_rules_see_what_is_refused(request, origin, site, raw, status, fault, rules, more):
    found, event = told(request.getfixturevalue(site), raw.format(host=HOST, lines=LINES))
    assert (found, event["bouclier.fault"], event["bouclier.reasons"], event["bouclier.decision"]) == (status, fault, ["http-fault"], "block")
    assert sorted(ids(event)) == rules + (more if site == "tolerant" else [])
    assert event["bouclier.site"] == HOST and not origin.requests


STATUSES = [  # the answers of a strict site and of a tolerant one
    ("GET / HTTP/3.0\r\nHost: {host}\r\n\r\n", 505, 400, "version", [3], [3]),
    ("GET / HTTP/0.9\r\nHost: {host}\r\n\r\n", 505, 400, "version", [3], [3]),
    ("CONNECT a.example:80 HTTP/1.1\r\nHost: {host}\r\n\r\n", 405, 405, "connect-refused", [4], [4, 7]),
    ("CONNECT a.example HTTP/1.1\r\nHost: {host}\r\n\r\n", 405, 400, "connect-refused", [4], [4]),
    ("CONNECT /a HTTP/1.1\r\nHost: {host}\r\n\r\n", 405, 400, "connect-refused", [4], [4]),
]


@pytest.mark.parametrize("raw, status, tolerant_status, fault, strict_rules, tolerant_rules", STATUSES)
def test_statuses(strict, tolerant, origin, raw, status, tolerant_status, fault, strict_rules, tolerant_rules):
    for shield, expected, rules in ((strict, status, strict_rules), (tolerant, tolerant_status, tolerant_rules)):
        found, event = told(shield, raw.format(host=HOST))
        assert (found, event["bouclier.fault"], sorted(ids(event))) == (expected, fault, rules)
    assert not origin.requests


def alone(origin):
    """One worker: what it answers on a second connection it answers after having read the first."""
    shield = Shield(origin, start=False, binary=sanitized(), log={"requests": "all"}, workers=1)
    shield.folder.joinpath("own.conf").write_text(RULES)
    shield.settings["sites"][0]["waf"] = {"mode": "block", "ruleset": "own.conf"}
    shield.write(shield.settings)
    shield.start()
    return shield


@pytest.fixture(scope="module")
def single(origin):
    with alone(origin) as one:
        yield one


SPLIT = [  # the fault stands in the first part, the attack in the second
    (f"GET / HTTP/1.1\r\nHost: {HOST}\r\nnocolon\r\n", "X-Attack: evil\r\n\r\n", [2]),
    (f"GET / HTTP/1.1\r\nHost: {HOST}\r\nName : x\r\n", "X-At" + "tack: evil\r\n\r\n", [2]),
    (f"GET / HTTP/1.1\r\nHost: {HOST}\r\nnocolon\r\nX-Att", "ack: evil\r\n\r\n", [2]),
    (f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX-Attack: a\r\n ", "b\r\n\r\n", [9]),
    ("G@T /?q=", f"evil HTTP/1.1\r\nHost: {HOST}\r\n\r\n", [1]),
    (f"GET / HTTP/1.1\r\nHost: {HOST}\r\nA: b\rC: d\r\nX-Attack: evil\r\n\r", "\n", [2]),
    (f"GET / HTTP/1.1\nHost: {HOST}\n", "X-Attack: evil\n\n", [2]),
]


@pytest.mark.parametrize("first, second, rules", SPLIT)
def test_a_head_in_two_packets_is_seen_whole(single, origin, first, second, rules):
    with connect(single.plain) as stream:
        stream.send(first.encode())
        assert single.get("/between").status == 200  # the first has been read
        stream.send(second.encode())
        reply = read_response(stream)
        assert stream.rest() == b"" and reply.status == 400
    event = single.event_of(reply)
    assert (event["bouclier.reasons"], ids(event)) == (["http-fault"], rules)


def test_a_long_head_is_seen_whole(single):
    """It is read in pieces even where it comes at once; to the limit of a head, and not beyond."""
    start = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nnocolon\r\n"
    filler = "A: " + "b" * 1000 + "\r\n"
    status, event = told(single, start + filler * 20 + "X-Attack: evil\r\n\r\n")
    assert status == 400 and ids(event) == [2]
    status, event = told(single, start + filler * 80 + "X-Attack: evil\r\n\r\n")
    assert status == 400 and ids(event) == []


@pytest.mark.parametrize("ends", [False, True])
def test_a_rest_that_never_comes_costs_no_answer(single, ends):
    with connect(single.plain) as stream:
        stream.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nnocolon\r\nX-Attack: evil\r\n".encode())
        if ends:
            stream.sock.shutdown(1)
        reply = read_response(stream)
        assert reply.status == 400 and stream.rest() == b""
    assert ids(single.event_of(reply)) == [2]


def test_the_next_head_of_a_connection_too(single):
    with connect(single.plain) as stream:
        stream.send(f"GET /good HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        assert read_response(stream).status == 200
        stream.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nnocolon\r\n".encode())
        assert single.get("/between").status == 200
        stream.send(b"X-Attack: evil\r\n\r\n")
        reply = read_response(stream)
    assert reply.status == 400 and ids(single.event_of(reply)) == [2]


def test_a_head_of_http2_in_two_frames_is_seen_whole(single):
    events = len([line for line in single.journal() if line.get("bouclier.fault")])
    block = smuggling.block(PSEUDO + [("X-Upper", "1"), ("x-attack", "evil")])
    with Peer(single.h2c, False) as peer:
        peer.begin()
        peer.headers(block=block[:-20], stream=1, flags=1)
        assert single.get("/between").status == 200
        peer.continuation(stream=1, block=block[-20:])
        peer.stream_error(1)
    event = wait_until(lambda: [line for line in single.journal() if line.get("bouclier.fault")][events:])[0]
    assert (event["bouclier.fault"], ids(event)) == ("h2-field", [2])


def test_rules_do_not_change_the_answer(strict):
    """Not even one that would hang up."""
    status, event = told(strict, f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX-Attack: drop\r\nnocolon\r\n\r\n")
    assert status == 400 and ids(event) == [5] and event["bouclier.decision"] == "block"


def test_a_length_beside_chunks(strict, tolerant):
    """It says nothing, and rules made for Apache count on not seeing it."""
    for shield, rules in ((strict, [11]), (tolerant, [])):
        status, event = told(shield, f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        assert (status, event["bouclier.fault"], ids(event)) == (400, "length-and-chunked", rules)


def test_the_readers_own_limits(strict):
    status, event = told(strict, f"GET / HTTP/1.1\r\nHost: {HOST}\r\n" + "A: b\r\n" * 200 + "\r\n")
    assert status == 431 and event["bouclier.fault"] == "fields-many"


@pytest.mark.parametrize("host", ["", "Host: stranger.example\r\n", f"Host: {HOST}\r\nHost: {HOST}\r\n", "Host: a b\r\n"])
def test_whose_rules(strict, tolerant, host):
    """Nobody's, where no Host says it; or those of the one site that is tolerant."""
    raw = f"GET /evil HTTP/1.1\r\n{host}nocolon\r\n\r\n"
    status, event = told(strict, raw)
    assert status == 400 and ids(event) == [] and "bouclier.site" not in event
    status, event = told(tolerant, raw)
    assert status == 400 and ids(event) == [1] and event["bouclier.site"] == HOST


def test_two_tolerant_sites_are_no_ones(origin):
    with start(origin, http="tolerant") as shield:
        shield.settings["sites"][1]["http"] = "tolerant"
        shield.write(shield.settings)
        shield.reload()
        status, event = told(shield, "GET /evil HTTP/1.1\r\nnocolon\r\n\r\n")
        assert status == 400 and ids(event) == [] and "bouclier.site" not in event
        assert told(shield, "GET / HTTP/1.0\r\n\r\n")[0] == 421


def test_old_clients_without_a_host(strict, tolerant, origin):
    """HTTP/1.0 knew none: to the only tolerant site, with a Host of ours. A Host that is nobody's stays nobody's."""
    assert told(strict, "GET /old HTTP/1.0\r\n\r\n")[0] == 421 and not origin.requests
    status, event = told(tolerant, "GET /old HTTP/1.0\r\n\r\n")
    assert status == 200 and ids(event) == [6] and event["bouclier.site"] == HOST
    assert origin.requests[0].target == "/old" and origin.requests[0].get("host") == HOST
    assert told(tolerant, "GET / HTTP/1.0\r\nHost: stranger.example\r\n\r\n")[0] == 421
    assert told(tolerant, "GET http://stranger.example/ HTTP/1.0\r\n\r\n")[0] == 421
    status, event = told(tolerant, "GET /evil HTTP/1.0\r\n\r\n")
    assert status == 418 and ids(event) == [1]
    assert len(origin.requests) == 1


def test_no_version_at_all(strict, tolerant, origin):
    """A tolerant site hangs up, as its sender would not understand a status."""
    raw = f"GET /evil \r\nHost: {HOST}\r\n\r\n".encode()
    with connect(strict.plain) as stream:
        stream.send(raw)
        reply = read_response(stream)
    assert reply.status == 400 and ids(strict.event_of(reply)) == [1]
    with connect(tolerant.plain) as stream:
        stream.send(raw)
        assert stream.rest() == b""
    event = tolerant.wait_journal(lambda line: line.get("bouclier.decision") == "drop" and line.get("bouclier.fault") == "request-line")
    assert ids(event) == [1] and not origin.requests


PSEUDO = [(":method", "GET"), (":scheme", "http"), (":authority", HOST), (":path", "/?q=second")]
H2_KINDS = [
    (PSEUDO + [("X-Upper", "1"), ("x-attack", "evil")], "h2-field", [2]),
    (PSEUDO + [("connection", "close"), ("x-attack", "evil")], "h2-field", [2]),
    (PSEUDO + [("x-attack", "evil"), (":path", "/b")], "h2-pseudo", [2]),
    (PSEUDO[:3] + [(":path", "/a b evil")], "target", [1]),
    (PSEUDO[:3] + [("x-attack", "evil")], "h2-pseudo", [2]),
    ([(":method", "G T")] + PSEUDO[1:] + [("x-attack", "evil")], "method", [2]),
]


@pytest.mark.parametrize("fields, fault, rules", H2_KINDS)
def test_http2(strict, origin, fields, fault, rules):
    events = [line for line in strict.journal() if line.get("bouclier.fault")]
    with Peer(strict.h2c, False) as peer:
        peer.begin()
        peer.headers(block=smuggling.block(fields), stream=1)
        peer.stream_error(1)
    event = wait_until(lambda: [line for line in strict.journal() if line.get("bouclier.fault")][len(events):])[0]
    assert (event["bouclier.fault"], ids(event), event["bouclier.decision"]) == (fault, rules, "block")
    assert not origin.requests


def test_http2_is_tolerant_too(tolerant, origin):
    events = len([line for line in tolerant.journal() if line.get("bouclier.fault")])
    with Peer(tolerant.h2c, False) as peer:
        peer.begin()
        peer.headers(block=smuggling.block(PSEUDO + [("te", "gzip")]), stream=1)
        peer.stream_error(1)
    event = wait_until(lambda: [line for line in tolerant.journal() if line.get("bouclier.fault")][events:])[0]
    assert (event["bouclier.fault"], ids(event)) == ("h2-field", [8]) and not origin.requests


def test_who_asks_is_read_strictly(origin):
    """A field behind the fault, or one that only we would take for a field, does not say who the client of a proxy is."""
    with Shield(origin, trusted_proxies=["127.0.0.1"], log={"client_ip": {"refused": "full"}}) as shield:
        for lines in ("X-Forwarded-For: 192.0.2.1\r\nA: b\nX-Forwarded-For: 198.51.100.66\r\n",
                      "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For : 198.51.100.66\r\n",
                      "X-Forwarded-For: 192.0.2.1\r\nnocolon\r\nX-Forwarded-For: 198.51.100.66\r\n"):
            status, event = told(shield, f"GET / HTTP/1.1\r\nHost: {HOST}\r\n{lines}\r\n")
            assert status == 400 and event["source.ip"] == "192.0.2.1"


# -- what is not read in two ways --

OF_OTHERS = ("unknown-host", "method-not-allowed")  # who read the request well; their answers keep the connection
REFUSED = [entry for _, entry in smuggling.CATALOGUE if entry.is_refused and entry.answers[0][1] not in OF_OTHERS]


@pytest.fixture(scope="module")
def tolerant_stage():
    origin = Origin(lambda message: response(f"{message.method} {message.target}".encode()))
    with Shield(config={"sites": [{"name": HOST, "origins": [origin.url], "http": "tolerant"}]}, binary=sanitized()) as front:
        yield smuggling.Stage(front, origin)
    origin.close()


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry.name) for entry in REFUSED])
def test_nothing_ambiguous_is_forwarded(tolerant_stage, entry):
    """The catalogue of smuggling, refused by a tolerant site as by any other."""
    stage, reason = tolerant_stage, entry.answers[0][1]
    stage.taken()
    with stage.front.connect() as client:
        with contextlib.suppress(ConnectionError):  # a line without a version is hung up on, before its next line
            stage.play(client, entry)
        came = client.rest()
    assert came.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")) or (reason == "request-line" and came == b"")
    assert smuggling.masked(stage.abandoned()) == smuggling.expected(entry)
    stage.probe()

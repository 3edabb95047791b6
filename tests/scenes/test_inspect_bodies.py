"""Bodies and rules: uploads that are judged as they pass, encoded bodies, a budget on disk, turns of a worker, streams of events."""
import gzip
import os
import re
import signal
import socket
import subprocess
import threading
import zlib

import pytest

from lab import HOST, Origin, Shield, connect, read_response, request, response, wait_until
from test_inspect import ENCODERS, MIB, OWN, form, ids, multipart

RULES = OWN + '''
SecRule REQBODY_ERROR "!@eq 0" "id:30,phase:2,deny,status:400,msg:'broken'"
SecRule REQUEST_URI "@contains /json" "id:31,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_URI "@contains /forced" "id:32,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On"
SecRule REQUEST_URI "@contains /forced" "id:33,phase:2,deny,status:419,chain"
SecRule REQUEST_BODY "@contains evil" ""
'''
CLOSING = b"\r\n--b--\r\n"
FILES = os.urandom(MIB)
KIND = ("Content-Type", "multipart/form-data; boundary=b")
CHUNKED = ("Transfer-Encoding", "chunked")


def shield_of(origin, more=None, site=None, **waf):
    return Shield(origin, site=site, rules=RULES, waf={"upload_routes": ["/files"], **waf}, log={"requests": "all"}, **(more or {}))


@pytest.fixture(scope="module")
def origin():
    with Origin(lambda message: response(b"%d" % len(message.body))) as one:
        yield one


@pytest.fixture(scope="module")
def blocking(origin):
    with shield_of(origin, upload_limit="256KiB", inspect_limit="256KiB") as one:
        yield one


@pytest.fixture(scope="module")
def detecting(origin):
    with shield_of(origin, mode="detect", upload_limit="256KiB", inspect_limit="256KiB") as one:
        yield one


@pytest.fixture(autouse=True)
def fresh(origin):
    origin.settle()
    origin.forget()


def field(name, value):
    return b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name, value)


def file(content=FILES):
    return b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n\r\n' + content + b"\r\n"


def whole(*parts):
    return b"".join(parts)[:-2] + CLOSING


def upload(body, *fields, path="/files/new"):
    return request(path, KIND, *fields, method="POST", body=body)


def chunks(body):
    return request("/files/new", KIND, CHUNKED, method="POST") + b"".join(
        b"%x\r\n%b\r\n" % (len(body[at:at + 70_001]), body[at:at + 70_001]) for at in range(0, len(body), 70_001)) + b"0\r\n\r\n"


# -- uploads that are judged as they pass --


@pytest.mark.parametrize("framed", [upload, chunks])
def test_an_upload_passes_as_it_was(blocking, origin, framed):
    body = whole(field(b"a", b"good"), file(), field(b"b", b"good"), file(b"small"), field(b"c", b"good"))
    reply = blocking.send(framed(body))
    assert reply.status == 200 and origin.last.body == body
    assert blocking.event_of(reply)["bouclier.decision"] == "allow"


@pytest.mark.parametrize("framed", [upload, chunks])
@pytest.mark.parametrize("parts", [
    [file(), field(b"a", b"evil")],
    [file(), field(b"a", b"evil"), file()],
    [field(b"a", b"good"), file(), field(b"a", b"good"), file(b"x" * 300_000), field(b"b", b"evil"), field(b"c", b"good")],
    [file(), field(b"a", b"x" * 60_000 + b"evil")]])
def test_a_field_behind_a_file_is_judged(blocking, origin, framed, parts):
    """The origin had much of the files, never the end of the form, and its connection is gone."""
    reply = blocking.send(framed(whole(*parts)))
    assert reply.status == 418
    event = blocking.event_of(reply)
    assert ids(event) == [4] and event["bouclier.reasons"] == ["rules"]
    wait_until(lambda: not any(each.record for each in origin.open), 5, "the origin's connection is closed")
    assert len(origin.bytes) > 500_000 and CLOSING not in origin.bytes and b"0\r\n\r\n" not in origin.bytes[-7:]


def test_what_the_front_says_goes_nowhere(blocking, origin):
    assert blocking.send(upload(whole(field(b"a", b"evil"), file()))).status == 418
    assert not origin.bytes


def test_the_closing_boundary_waits_for_the_verdict(blocking, origin):
    """Nothing of it has gone while the last byte of the request is missing; and at most what is before the last 8 KiB."""
    body = whole(file(), field(b"a", b"good"))
    with connect(blocking.plain) as stream:
        stream.send(upload(body)[:-1])
        wait_until(lambda: len(origin.bytes) > len(FILES) - 9000, 5, "most of the file is there")
        origin.settle()
        assert b"name=\"a\"" not in origin.bytes and CLOSING[:-2] not in origin.bytes
        assert len(origin.bytes.partition(b"\r\n\r\n")[2]) <= len(body) - 8192
        stream.send(body[-1:])
        assert read_response(stream).status == 200
    assert origin.last.body == body


def test_much_behind_the_closing_boundary(blocking, origin):
    """Some waits with it; more is refused."""
    body = whole(file()) + b"x" * 30_000
    assert blocking.send(upload(body)).status == 200 and origin.last.body == body
    origin.forget()
    reply = blocking.send(upload(whole(file()) + b"x" * 300_000))
    assert reply.status == 413 and blocking.event_of(reply)["bouclier.reasons"] == ["body-limit"]
    assert CLOSING[:-2] not in origin.bytes


def test_a_form_that_breaks_is_judged_there(blocking, origin):
    reply = blocking.send(upload(whole(file(), b"--b\r\nnonsense\r\n\r\n\r\n", file())))
    assert reply.status == 400 and ids(blocking.event_of(reply)) == [30]
    assert CLOSING not in origin.bytes


def test_a_form_that_ends_too_early_is_judged(blocking, origin):
    reply = blocking.send(upload(file()[:-2]))
    assert reply.status == 400 and ids(blocking.event_of(reply)) == [30]
    wait_until(lambda: not any(each.record for each in origin.open), 5, "the origin's connection is closed")
    assert len(origin.bytes) < len(file()) - 8000


def test_fields_have_a_limit_though_files_have_none(blocking):
    assert blocking.send(upload(whole(file(), *(field(b"n%d" % i, b"x" * 60_000) for i in range(40))))).status == 413


def test_only_forms_with_files_are_uploads(blocking, origin):
    """What has fields alone is held whole, as elsewhere; bytes that nobody reads pass."""
    text = "b=" + "x" * 200_000 + "&a=evil"
    assert blocking.send(form(text, "/files/new")).status == 418
    assert blocking.send(request("/files/json", ("Content-Type", "application/json"), method="POST",
                                 body=b'{"b": "' + b"x" * 200_000 + b'", "a": "evil"}')).status == 418
    assert not origin.bytes
    reply = blocking.send(request("/files/raw", ("Content-Type", "image/png"), method="PUT", body=FILES))
    assert reply.status == 200 and origin.last.body == FILES


@pytest.mark.parametrize("value, status", [(b"evil", 418), (b"good", 200)])
def test_an_upload_of_http2(blocking, origin, value, status):
    body = whole(file(), field(b"a", value))
    run = subprocess.run(["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", "--http2-prior-knowledge", "-H", f"Host: {HOST}", "-H", ": ".join(KIND),
                          "--data-binary", "@-", f"http://127.0.0.1:{blocking.h2c}/files/new"], input=body, capture_output=True)
    assert run.stdout == b"%d" % status
    origin.settle()
    wait_until(lambda: status == 200 or not any(each.record for each in origin.open), 5, "the origin's connection is closed")
    assert origin.bytes.count(CLOSING) == (status == 200) and len(origin.bytes) > 500_000
    assert status != 200 or origin.last.body == body


@pytest.fixture(scope="module")
def roomy(origin):
    with shield_of(origin) as one:
        yield one


@pytest.mark.parametrize("size", [524_287, 524_288, 524_289, 1_000_000])
def test_a_held_body_of_http2_goes_on_after_others_had_their_turn(roomy, origin, size):
    """All of it is here when it is sent: nothing that comes would wake it."""
    around = len(whole(file(b"")))
    body = whole(file(FILES[:size - around]))
    run = subprocess.run(["curl", "-s", "-o", os.devnull, "-w", "%{http_code}", "--max-time", "20", "--http2-prior-knowledge", "-H", f"Host: {HOST}",
                          "-H", ": ".join(KIND), "--data-binary", "@-", f"http://127.0.0.1:{roomy.h2c}/held"], input=body, capture_output=True)
    assert run.stdout == b"200" and len(body) == size and origin.last.body == body


def test_rules_that_take_their_time(blocking, origin):
    """A pause of the verdict; the origin waits for the end as long."""
    reply = blocking.send(upload(whole(file(), field(b"a", b"tarpit"))))
    assert reply.status == 429 and CLOSING not in origin.bytes


def test_an_origin_that_answers_early_gets_no_more():
    """Nor is its connection, which has half a request, given to another."""
    heads = []

    def script(stream):
        heads.append(stream.to(b"\r\n\r\n"))
        stream.send(response(b"early"))
        stream.rest()

    with Origin(script=script) as origin, shield_of(origin) as shield:
        body = whole(file(), field(b"a", b"evil"))
        with connect(shield.plain) as stream:
            stream.send(upload(body)[:200_000])
            assert read_response(stream).status == 200
        assert shield.get("/other").status == 200
        assert len(heads) == 2 and all(head.count(b"HTTP/1.1\r\n") == 1 for head in heads)


def test_what_an_origin_answers_early_is_judged():
    """It has acted on a field before the form was whole; what it says of it is not delivered, and the event names the rule."""
    def script(stream):
        stream.to(b"evil")
        stream.send(response(b"early"))
        stream.rest()

    with Origin(script=script) as origin, shield_of(origin) as shield, connect(shield.plain) as stream:
        stream.send(upload(whole(file(), field(b"a", b"evil"), file()))[:-MIB // 2])
        reply = read_response(stream)
        assert reply.status == 418 and ids(shield.event_of(reply)) == [4]


def test_no_end_of_a_form_is_hidden(blocking, origin):
    """A closing boundary right behind a part's head: to ModSecurity content of the part, to some applications the end of the form."""
    body = whole(file(), field(b"a", b"evil"))[:-len(CLOSING)] + \
        b'\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n--b--\r\n' + b"x" * 40_000
    with connect(blocking.plain) as stream:
        stream.send(upload(body + b"x" * 10_000)[:-10_000])
        wait_until(lambda: len(origin.bytes) > len(FILES) - 80_000, 5, "most of the file is there")
        origin.settle()
        assert b"--b--" not in origin.bytes
        stream.send(b"x" * 10_000)
        assert read_response(stream).status in (400, 418)
    assert b"--b--" not in origin.bytes


def test_a_broken_form_that_rules_let_pass_is_one_request(origin):
    with shield_of(origin, exclusions=[{"rule": 30, "path": "/files", "reason": "forms of another kind"}]) as shield:
        body = b"--b\r\nnonsense\r\n\r\n\r\n" + whole(file())
        assert shield.send(chunks(body)).status == 200 and origin.last.body == body
        assert shield.get("/other").status == 200


def test_detect_sees_fields_behind_files(detecting, origin):
    reply = detecting.send(upload(whole(file(), field(b"a", b"evil"))))
    assert reply.status == 200 and ids(detecting.event_of(reply)) == [4]


# -- encoded bodies --


def encoded(coding, content, name=None, *fields, path="/form"):
    return request(path, ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Encoding", name or coding), *fields, method="POST",
                   body=ENCODERS[coding](content))


@pytest.mark.parametrize("coding", ENCODERS)
def test_an_encoded_body_is_judged_decoded(blocking, detecting, origin, coding):
    assert blocking.send(encoded(coding, b"a=evil")).status == 418 and not origin.bytes
    reply = blocking.send(encoded(coding, b"a=good"))
    assert reply.status == 200 and origin.last.body == ENCODERS[coding](b"a=good") and origin.last.get("content-encoding") == coding
    reply = detecting.send(encoded(coding, b"a=evil"))
    assert reply.status == 200 and ids(detecting.event_of(reply)) == [4]


@pytest.mark.parametrize("name, status", [("gzip, gzip", 415), ("compress", 415), ("aws-chunked", 415), ("zstd", 400), ("identity", 200)])
def test_a_body_that_cannot_be_decoded_is_refused(blocking, detecting, origin, name, status):
    raw = encoded("gzip", b"a=good", name)
    reply = blocking.send(raw)
    assert reply.status == status and bool(origin.bytes) == (status == 200)
    if status != 200:
        assert blocking.event_of(reply)["bouclier.reasons"] == ["content-coding"]
    assert detecting.send(raw).status == 200
    assert blocking.send(encoded("gzip", FILES, name, path="/files/raw").replace(b"application/x-www-form-urlencoded", b"image/png")).status == 200


@pytest.mark.parametrize("body, name, status", [(b"a=evil", "gzip", 419), (b"a=good", "gzip", 200), (b"a=good", "br", 400), (b"a=good", "compress", 415)])
def test_bytes_that_a_rule_wants_are_judged_decoded(blocking, body, name, status):
    """Of a type that no reader knows, for a rule that asked for REQUEST_BODY all the same."""
    raw = encoded("gzip", body, name, path="/forced").replace(b"application/x-www-form-urlencoded", b"text/plain")
    assert blocking.send(raw).status == status


def test_nothing_hides_behind_the_end(blocking):
    assert blocking.send(request("/form", ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Encoding", "gzip"), method="POST",
                                 body=gzip.compress(b"b=1") + gzip.compress(b"&a=evil"))).status == 418
    assert blocking.send(request("/form", ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Encoding", "deflate"), method="POST",
                                 body=zlib.compress(b"b=1") + b"a=evil")).status == 400


def damaged(coding):
    """Each would decode to a=good as far as some decoder goes: cut off at its end, in its middle and right behind its head; followed by what is
    none of it; with another content than its checksum or length says."""
    whole = ENCODERS[coding](b"a=good&b=" + b"0123456789" * 20)
    other = whole[:-1] + bytes([whole[-1] ^ 1])
    cuts = [whole[:-1], whole[:-4], whole[:len(whole) // 2], whole[:1]]
    tails = [whole + b"x", whole + b"&a=evil" * 3, whole + bytes(16), whole + whole[:3]]
    return cuts + tails + ([other, whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:]] if coding == "gzip" else [])


def raw_body(coding, body, framing):
    head = (("Content-Type", "application/x-www-form-urlencoded"), ("Content-Encoding", coding))
    if framing == "length":
        return request("/form", *head, method="POST", body=body)
    return request("/form", *head, CHUNKED, method="POST") + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("coding", ENCODERS)
def test_a_body_that_does_not_decode_to_its_end_is_refused(blocking, detecting, origin, coding, framing):
    """Nobody knows what an origin's decoder makes of it. In `detect` it goes on, and the event says that `block` would have refused it."""
    for body in damaged(coding):
        raw = raw_body(coding, body, framing)
        reply = blocking.send(raw)
        assert reply.status == 400 and not origin.bytes, body
        event = blocking.event_of(reply)
        assert (event["bouclier.decision"], event["bouclier.reasons"]) == ("block", ["content-coding"])
        reply = detecting.send(raw)
        assert reply.status == 200 and origin.last.body == body
        event = detecting.event_of(reply)
        assert (event["bouclier.decision"], event["bouclier.reasons"], ids(event)) == ("log", ["content-coding"], []), body
        origin.forget()


@pytest.mark.parametrize("coding", ENCODERS)
def test_what_stands_before_the_damage_is_judged(detecting, coding):
    whole = ENCODERS[coding](b"a=evil&b=" + os.urandom(90_000).hex().encode())
    event = detecting.event_of(detecting.send(raw_body(coding, whole[:-9], "length")))
    assert ids(event) == [4] and event["bouclier.decision"] == "log" and event["bouclier.reasons"] == ["rules"]


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_members_and_frames_in_a_row_are_one_body(blocking, origin, framing):
    for coding in ("gzip", "zstd"):
        encode = ENCODERS[coding]
        body = encode(b"b=1") + encode(b"") + encode(b"&a=good")
        assert blocking.send(raw_body(coding, body, framing)).status == 200 and origin.last.body == body
        origin.forget()
        assert blocking.send(raw_body(coding, body + encode(b"&a=evil"), framing)).status == 418 and not origin.bytes
    assert blocking.send(raw_body("gzip", b"", framing)).status == 200


def test_what_nobody_can_read_is_told_in_detect(detecting):
    event = detecting.event_of(detecting.send(encoded("gzip", b"a=good", "compress")))
    assert (event["bouclier.decision"], event["bouclier.reasons"]) == ("log", ["content-coding"])


@pytest.mark.parametrize("coding", ENCODERS)
def test_a_bomb_is_too_long(blocking, origin, coding):
    """Though it is small as it comes."""
    assert blocking.send(encoded(coding, b"a=" + b"x" * MIB)).status == 413 and not origin.bytes


def test_an_encoded_form_with_files_is_no_stream(blocking, origin):
    body = whole(file(b"x" * 190_000), field(b"a", b"evil"))
    assert blocking.send(upload(gzip.compress(body), ("Content-Encoding", "gzip"))).status == 418 and not origin.bytes


# -- what waits on disk --


def test_the_disk_has_a_budget(origin):
    """A body that needs more is refused and counted; what stays in memory goes on, and room comes back."""
    with shield_of(origin, {"held_on_disk": "512KiB", "workers": 1}, upload_routes=[]) as shield:
        body, kind = multipart(b"x" * 400_000)
        raw = request("/up", kind, method="POST", body=body)
        with connect(shield.plain) as first:
            first.send(raw[:-1])
            held = lambda: int(re.search(r"^bouclier_held_bytes (\d+)$", shield.ask("/metrics").text, re.M)[1])
            wait_until(lambda: held() > 260_000, 5, "the first body is on disk")
            reply = shield.send(raw)
            assert reply.status == 503 and reply.get("retry-after") == "2"
            assert shield.event_of(reply)["bouclier.reasons"] == ["hold"]
            assert shield.send(form("a=good")).status == 200
            first.send(raw[-1:])
            assert read_response(first).status == 200
        assert shield.send(raw).status == 200
        wait_until(lambda: held() == 0, 5, "all of it was given back")
        assert re.search(r'^bouclier_reasons_total\{site="[^"]*",reason="hold"\} 1$', shield.ask("/metrics").text, re.M)


def test_uploads_on_disk_take_nobodys_pages_away():
    """What does not fit any more is judged as far as it is held, and streams on."""
    page = b"y" * 900_000
    with Origin(lambda message: response(page, "200 OK", "Content-Type: text/html") if message.method == "GET" else response()) as origin, \
            shield_of(origin, {"held_on_disk": "512KiB", "workers": 1}, upload_routes=[], response_bodies=True) as shield:
        body, kind = multipart(b"x" * 400_000)
        with connect(shield.plain) as first:
            first.send(request("/up", kind, method="POST", body=body)[:-1])
            held = lambda: int(re.search(r"^bouclier_held_bytes (\d+)$", shield.ask("/metrics").text, re.M)[1])
            wait_until(lambda: held() > 260_000, 5, "the first body is on disk")
            reply = shield.send(request("/page"))
            assert reply.status == 200 and reply.body == page


def test_a_body_beyond_the_sites_limit_is_a_fault(origin):
    with shield_of(origin, site={"limits": {"body": "200KiB"}}) as shield:
        reply = shield.send(request("/form", ("Content-Type", "application/x-www-form-urlencoded"), CHUNKED, method="POST") +
                            b"40000\r\n" + b"x" * 0x40000 + b"\r\n0\r\n\r\n")
        assert reply.status == 413 and shield.event_of(reply)["bouclier.reasons"] == ["http-fault"]


# -- turns --


def test_a_body_that_is_here_at_once_does_not_hold_up_others(origin):
    """Both are ready when the edge looks: the small one, which came second, is served between turns of the first."""
    with shield_of(origin, {"workers": 1}, upload_routes=[]) as shield:
        body, kind = multipart(b"x" * (4 * MIB))
        raw = request("/up", kind, method="POST", body=body)
        with connect(shield.plain) as large, connect(shield.plain) as small:
            first = raw.replace(b"Connection: close\r\n", b"")
            for stream, count in ((large, 4), (small, 1)):  # known to the edge; and the kernel learns that it may keep much of the large one
                for _ in range(count):
                    stream.send(first)
                    assert read_response(stream).status == 200
            large.sock.setsockopt(socket.SOL_SOCKET, 32, 16 * MIB)  # SO_SNDBUFFORCE: all of it is the kernel's at once
            edge = shield.edge()
            os.kill(edge, signal.SIGSTOP)
            try:
                sender = threading.Thread(target=large.send, args=(raw,))
                sender.start()
                sender.join(10)
                assert not sender.is_alive()
                small.send(request("/small"))
            finally:
                os.kill(edge, signal.SIGCONT)
            assert read_response(small).status == read_response(large).status == 200
        assert [message.target for message in origin.requests[-2:]] == ["/small", "/up"]


# -- streams --


@pytest.mark.parametrize("mode", ["block", "detect"])
def test_events_come_while_the_stream_is_open(mode):
    """In `block` with response_bodies too: each event is here before the next is said."""
    heard = threading.Semaphore(0)

    def events(message):
        message.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in range(3):
            message.connection.sendall(b"data: %d\n\n" % number)
            assert heard.acquire(timeout=10)

    with Origin(events) as origin, shield_of(origin, mode=mode, response_bodies=True) as shield, connect(shield.plain) as stream:
        stream.send(request("/events"))
        for number in range(3):
            stream.to(b"data: %d\n\n" % number)
            heard.release()

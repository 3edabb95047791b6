"""`bouclier explain --request` says of a file what a shield with the same configuration does with the same bytes."""
import gzip
import json
import os
import subprocess

import pytest

from lab import BINARY, HOST, Origin, Shield, request, response
from test_inspect import ENCODERS, OWN
from test_inspect_bodies import CHUNKED, CLOSING, KIND, damaged, field, file, raw_body, whole

FORM = ("Content-Type", "application/x-www-form-urlencoded")
RULES = OWN + '''
SecRule REQBODY_ERROR "!@eq 0" "id:30,phase:2,deny,status:400,msg:'broken'"
SecRule REQUEST_HEADERS:X-Attack "@contains evil" "id:31,phase:1,deny,status:418,msg:'field'"
'''


def start(origin, mode, **waf):
    shield = Shield(origin, start=False, log={"requests": "all"})
    shield.folder.joinpath("own.conf").write_text(RULES)
    shield.settings["sites"][0].update(limits={"body": "1MiB"}, routes=[{"path": "/small", "limits": {"body": "1KiB", "fields": 10}}],
                                       waf={"mode": mode, "ruleset": "own.conf", "upload_routes": ["/files"], "upload_limit": "256KiB",
                                            "inspect_limit": "256KiB", **waf})
    shield.write(shield.settings)
    shield.start()
    return shield


@pytest.fixture(scope="module")
def origin():
    with Origin(lambda message: response(b"fine")) as one:
        yield one


@pytest.fixture(scope="module", params=["block", "detect", "partial"])
def shield(origin, request):
    more = {"over_limit": "process_partial"} if request.param == "partial" else {}
    with start(origin, "detect" if request.param == "detect" else "block", **more) as one:
        yield one


def explained(shield, raw):
    done = subprocess.run([BINARY, "explain", "--config", shield.config, "--request", "-", "--output", "json"], input=raw, capture_output=True, timeout=60)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def chunked(path, body, *fields, size=1000):
    parts = b"".join(b"%x\r\n%s\r\n" % (len(body[at:at + size]), body[at:at + size]) for at in range(0, len(body), size))
    return request(path, *fields, CHUNKED, method="POST") + parts + b"0\r\n\r\n"


def plain(path, body, *fields):
    return request(path, *fields, method="POST", body=body)


LARGE = os.urandom(400_000)
KINDS = {
    "good": plain("/form", b"a=good", FORM),
    "evil": plain("/form", b"a=evil", FORM),
    "chunked": chunked("/form", b"b=" + b"x" * 5000 + b"&a=evil", FORM),
    "chunked-broken": request("/form", FORM, CHUNKED, method="POST") + b"5\r\nab=go\r\n0\r\n\r\n",
    "unreadable": plain("/form", b"a=good", FORM, ("Content-Encoding", "compress")),
    "twice": plain("/form", gzip.compress(gzip.compress(b"a=good")), FORM, ("Content-Encoding", "gzip, gzip")),
    "bytes": plain("/form", b"a=evil", ("Content-Type", "image/png"), ("Content-Encoding", "compress")),
    "bomb": plain("/form", gzip.compress(b"a=" + b"x" * 300_000), FORM, ("Content-Encoding", "gzip")),
    "long": plain("/form", b"b=" + b"x" * 300_000 + b"&a=evil", FORM),
    "long-chunked": chunked("/form", b"b=" + b"x" * 300_000 + b"&a=evil", FORM, size=70_000),
    "longer-than-the-site": plain("/form", b"x" * 1_200_000, FORM),
    "longer-than-the-route": plain("/small", b"a=evil" * 300, FORM),
    "longer-than-the-route-chunked": chunked("/small", b"a=evil" * 300, FORM),
    "form": plain("/form", whole(field(b"a", b"evil")), KIND),
    "form-broken": plain("/form", whole(field(b"a", b"good"))[:-len(CLOSING)], KIND),
    "upload": plain("/files/new", whole(file(LARGE), field(b"b", b"good")), KIND),
    "upload-evil-behind": plain("/files/new", whole(field(b"b", b"good"), file(LARGE), field(b"a", b"evil")), KIND),
    "upload-evil-before": chunked("/files/new", whole(field(b"a", b"evil"), file(LARGE)), KIND, size=30_000),
    "upload-encoded": plain("/files/new", gzip.compress(whole(file(LARGE[:100_000]), field(b"a", b"evil"))), KIND, ("Content-Encoding", "gzip")),
    "upload-bytes": plain("/files/raw", LARGE, ("Content-Type", "image/png")),
    "refused-head": request("/?a=evil", ("X-Attack", "evil")).replace(b"\r\n\r\n", b"\r\nnocolon\r\n\r\n"),
    "many-fields": request("/small", *((f"X-{n}", "evil") for n in range(12))),
    "paused": plain("/slowly", b"a=tarpit", FORM),
}
KINDS |= {f"{coding}-{kind}": raw_body(coding, ENCODERS[coding](text), framing) for coding in ENCODERS for framing in ("length", "chunked")
          for kind, text in ((f"good-{framing}", b"a=good"), (f"evil-{framing}", b"a=evil"))}
KINDS |= {f"{coding}-damaged-{n}": raw_body(coding, body, "chunked") for coding in ENCODERS for n, body in enumerate(damaged(coding))}


@pytest.mark.parametrize("raw", [pytest.param(raw, id=name) for name, raw in KINDS.items()])
def test_the_same_is_said(shield, raw):
    reply = shield.send(raw)
    event = shield.event_of(reply)
    found = explained(shield, raw)
    reasons = [found["reason"]] if found.get("reason") else []
    assert (found["decision"], reasons) == (event["bouclier.decision"], event.get("bouclier.reasons", []))
    assert found.get("fault") == event.get("bouclier.fault")
    assert sorted(one["id"] for one in found["rules"]) == sorted(one["id"] for one in event.get("bouclier.rules", []))
    if found["decision"] in ("block", "drop"):
        assert found["status"] == reply.status
    if event.get("bouclier.reasons") == ["content-coding"]:
        assert "does not decode to its end" in found["text"] and ("in block it would be refused" in found["text"]) == (found["decision"] == "log")

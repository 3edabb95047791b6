"""What goes on to the origin and what does not: the fields of the connection, those that speak of the client, odd names, and the
marks by which a shield knows a request that it has seen before. And PROXY protocol from those in front of us."""
import re
import socket
import struct

import pytest

import lab
from lab import HOST, Talk, by_path, response

TRUSTED = ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]


@pytest.fixture(scope="module")
def house():
    """plain and tls trust nobody in front; h2c's place is taken by a listener behind a proxy, metrics' by PROXY protocol."""
    site = {"contact": "mailto:help@commune.example",
            "routes": [{"path": "/strict", "drop_unusual_names": True}]}
    with lab.Origin() as origin:
        shield = lab.Shield(origin, site=site, start=False)
        ports = {name: lab.free_port() for name in ("trusting", "proxied", "proxied_tls", "proxied_by_others")}
        config = shield.settings
        config["listen"] += [
            {"address": f"127.0.0.1:{ports['trusting']}", "tls": False, "trusted_proxies": TRUSTED},
            {"address": f"127.0.0.1:{ports['proxied']}", "tls": False, "proxy_protocol": True, "trusted_proxies": ["127.0.0.1"]},
            {"address": f"127.0.0.1:{ports['proxied_tls']}", "proxy_protocol": True, "trusted_proxies": ["127.0.0.1"]},
            {"address": f"127.0.0.1:{ports['proxied_by_others']}", "tls": False, "proxy_protocol": True, "trusted_proxies": ["192.0.2.0/24"]}]
        config["log"] = {"client_ip": {"allowed": "full", "refused": "full"}}
        shield.write(config)
        with shield:
            shield.start()
            yield origin, shield, ports


@pytest.fixture
def origin(house):
    house[0].answer = by_path({})
    house[0].requests.clear()
    return house[0]


def seen_by(origin, port, *fields, tls=False, target="/", before=b"", **keys):
    """The request as the origin saw it."""
    with Talk(port) as talk:
        talk.send(before)
        if tls:
            talk.sock = lab.trusting().wrap_socket(talk.sock, server_hostname=HOST)
        assert talk.one("GET", target, *fields, **keys).status == 200
    return origin.requests[-1]


def values(request, name):
    return [value for key, value in request.fields if key.lower() == name.lower()]


# -- the connection's own fields --


@pytest.mark.parametrize("fields", [
    ["Connection: keep-alive", "Keep-Alive: timeout=5"],
    ["Connection: X-Private, X-Other", "X-Private: 1", "X-Other: 2", "x-private: 3"],
    ["Connection: x-private", "Connection: close, X-Other", "X-Private: 1", "X-Other: 2"],
    ["Proxy-Connection: keep-alive", "TE: trailers", "Connection: TE"],
    ["TE: gzip;q=0.5"],
    ["Proxy-Authorization: Basic x"],
    ["Trailer: X-Later"],
    ["Expect: 100-continue"],
], ids=lambda fields: fields[0])
def test_hop_by_hop_fields_go_no_further(house, origin, fields):
    request = seen_by(origin, house[1].plain, *fields, "X-Kept: yes")
    names = {line.partition(":")[0].lower() for line in fields}
    assert not names & {name.lower() for name, _ in request.fields} and values(request, "X-Kept") == ["yes"]


def test_hop_by_hop_fields_of_the_origin(house, origin):
    told = ["Connection: X-Private, Keep-Alive", "Keep-Alive: timeout=5", "X-Private: 1", "Proxy-Connection: close", "X-Kept: yes",
            "Set-Cookie: a=1", "Set-Cookie: b=2", "Upgrade: h2c", "X-Request-Id: theirs", "Server: apache"]
    origin.answer = by_path({"/": response(b"page", "200 OK", *told)})
    with Talk(house[1].plain) as talk:
        answer = talk.one()
    names = [name for name, _ in answer.fields]
    assert not {"Connection", "Keep-Alive", "X-Private", "Proxy-Connection", "Upgrade"} & set(names)
    assert answer.all("set-cookie") == ["a=1", "b=2"] and answer.get("x-kept") == "yes" and answer.get("server") == "apache"
    assert re.fullmatch("[0-9a-f]{32}", answer.get("x-request-id")) and origin.requests[0].get("x-request-id") == answer.get("x-request-id")


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Host", "Via", "X-Request-Id"])
def test_connection_cannot_take_away_what_the_shield_says(house, origin, name):
    """Connection: X-Forwarded-For would make the next one drop what the last one said."""
    request = seen_by(origin, house[1].plain, f"Connection: {name}")
    assert len(values(request, name)) == 1


# -- who it is that asks --


def test_what_an_origin_is_told(house, origin):
    for port, tls, proto in ((house[1].plain, False, "http"), (house[1].tls, True, "https")):
        request = seen_by(origin, port, tls=tls)
        told = {name: values(request, name) for name in ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Host")}
        assert told == {"X-Forwarded-For": ["127.0.0.1"], "X-Forwarded-Proto": [proto], "X-Forwarded-Host": [HOST], "Host": [HOST]}
        assert re.fullmatch("1.1 [0-9a-f]{16}", request.get("via")) and re.fullmatch("[0-9a-f]{32}", request.get("x-request-id"))


LIES = ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example", "X-Forwarded-Port: 1", "X-Real-IP: 203.0.113.9",
        "Forwarded: for=203.0.113.9", "X-Request-Id: mine", "X-Forwarded-Server: x", "X-Forwarded-Prefix: /x", "X_Forwarded_For: 203.0.113.9",
        "x.forwarded.for: 203.0.113.9", "Client-Cert: :AAAA:", "Client-Cert-Chain: :AAAA:", "X-Forwarded-Ssl: on"]


@pytest.mark.parametrize("port", ["plain", "trusting"])
def test_what_a_client_says_of_itself_is_dropped(house, origin, port):
    """Everywhere; of a trusted proxy three things are believed, tested below."""
    believed = ("X-Forwarded-For", "X-Forwarded-Proto") if port == "trusting" else ()
    lies = [line for line in LIES if line.partition(":")[0] not in believed]
    request = seen_by(origin, house[2].get(port) or house[1].plain, *lies)
    assert not any(value in ("203.0.113.9", "evil.example", "mine", "for=203.0.113.9", ":AAAA:", "/x", "on", "x") for _, value in request.fields)
    assert [value for name, value in request.fields if "forwarded" in name.lower()] == ["127.0.0.1" if port == "plain" else request.get("x-forwarded-for"), "http", HOST]


@pytest.mark.parametrize("fields, source, told", [
    ([], "127.0.0.1", "127.0.0.1"),
    (["X-Forwarded-For: 203.0.113.9"], "203.0.113.9", "203.0.113.9, 127.0.0.1"),
    (["X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.1.2.3"], "203.0.113.9", "198.51.100.1, 203.0.113.9, 10.1.2.3, 127.0.0.1"),
    (["X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.9"], "203.0.113.9", "198.51.100.1, 203.0.113.9, 127.0.0.1"),
    (["X-Forwarded-For: [2001:db9::1]:443"], "2001:db9::1", "[2001:db9::1]:443, 127.0.0.1"),
    (["X-Forwarded-For: 10.1.1.1, 10.2.2.2"], "10.1.1.1", "10.1.1.1, 10.2.2.2, 127.0.0.1"),
    (["X-Forwarded-For: 203.0.113.9, nonsense"], "127.0.0.1", "203.0.113.9, nonsense, 127.0.0.1"),
    (["X-Forwarded-For: 203.0.113.9", "Forwarded: for=198.51.100.7"], "203.0.113.9", "203.0.113.9, 127.0.0.1"),
    (["Forwarded: for=203.0.113.9;proto=https"], "203.0.113.9", "203.0.113.9, 127.0.0.1"),
    (['Forwarded: for=198.51.100.7, For="[2001:db9::1]:99";by=x, for=10.1.1.1'], "2001:db9::1", "2001:db9::1, 127.0.0.1"),
    (["Forwarded: for=unknown"], "127.0.0.1", "127.0.0.1"),
    (['Forwarded: for="203.0.113.9\\""'], "127.0.0.1", "127.0.0.1"),
], ids=lambda value: (value or ["nothing"])[0] if isinstance(value, list) else "")
def test_behind_a_trusted_proxy(house, origin, fields, source, told):
    """The last address that no trusted proxy has is the client; the origin is told the whole way."""
    request = seen_by(origin, house[2]["trusting"], *fields)
    assert values(request, "X-Forwarded-For") == [told] and values(request, "Forwarded") == []
    line = house[1].wait_journal(lambda line: line.get("bouclier.request_id") == request.get("x-request-id"))
    assert line["source.ip"] == source, line


def test_the_scheme_that_a_trusted_proxy_saw(house, origin):
    request = seen_by(origin, house[2]["trusting"], "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example")
    assert values(request, "X-Forwarded-Proto") == ["https"] and values(request, "X-Forwarded-Host") == [HOST]


# -- odd names --

ODD = ["X_Custom_Id: 1", "x.custom.id: 2", "X-Plain: 3", "__x: 4", "!#$%&'*+-.^_`|~: 5"]


def test_odd_names_are_kept_unless_told_otherwise(house, origin):
    kept = seen_by(origin, house[1].plain, *ODD)
    assert [line for line in ODD if line.split(": ")[0] in dict(kept.fields)] == ODD
    strict = seen_by(origin, house[1].plain, *ODD, target="/strict/")
    assert [name for name, _ in strict.fields if name in [line.split(": ")[0] for line in ODD]] == ["X-Plain"]


@pytest.mark.parametrize("name", ["Content_Length", "Transfer.Encoding", "content_type", "X_Real_IP", "Host_", "X-Forwarded_For", "Cookie.", "COOKIE_"])
def test_names_that_cgi_would_take_for_others(house, origin, name):
    """CGI, PHP and WSGI read _ and . as -: what they would take for a field that decides goes no further."""
    request = seen_by(origin, house[1].plain, f"{name}: 7")
    read_as = name.replace("_", "-").replace(".", "-").lower()
    known = read_as in ("content-length", "transfer-encoding", "content-type", "x-real-ip", "x-forwarded-for")
    assert (name in dict(request.fields)) != known


# -- loops --


@pytest.mark.parametrize("field", ["Via", "CDN-Loop"])
def test_a_request_that_was_here_before(house, origin, field):
    node = seen_by(origin, house[1].plain).get("via").split(" ")[1]
    mark = f"Via: 1.1 first, 1.1 {node} (comment), 1.0 last" if field == "Via" else f"CDN-Loop: other.example; v=1, {node}"
    with Talk(house[1].plain) as talk:
        answer = talk.one("GET", "/", mark, "Accept-Language: fr")
        assert answer.status == 508 and answer.first.startswith("HTTP/1.1 508 Loop Detected")
        assert "La demande est revenue à son point de départ" in answer.body.decode() and "l’adresse de l’origine" in answer.body.decode()
        assert len(origin.requests) == 1 and talk.one().status == 200
    line = house[1].wait_journal(lambda line: line.get("bouclier.request_id") == answer.get("x-request-id"))
    assert line["bouclier.reasons"] == ["loop"] and line["bouclier.decision"] == "block"


def test_marks_of_others_are_carried_on(house, origin):
    request = seen_by(origin, house[1].plain, "Via: 1.0 fred", "Via: 1.1 p.example", "CDN-Loop: a.example", "CDN-Loop: b.example; x=1", version="1.0")
    node = request.get("via").split(" ")[-1]
    assert values(request, "Via") == [f"1.0 fred, 1.1 p.example, 1.0 {node}"]
    assert values(request, "CDN-Loop") == [f"a.example, b.example; x=1, {node}"]


def test_a_shield_that_asks_itself(house, origin):
    """Through something between that hides the loop from the configuration check."""
    def to_ourselves(request):
        with Talk(house[1].plain) as talk:
            talk.send(request.head)
            answer = talk.answer()
            return response(answer.body, f"{answer.status} Relayed")

    origin.answer = to_ourselves
    with Talk(house[1].plain) as talk:
        assert talk.one().status == 508
    assert len(origin.requests) == 1


# -- PROXY protocol --


def v2(command=0x21, family=0x11, body=None, length=None):
    body = socket.inet_aton("203.0.113.9") + socket.inet_aton("192.0.2.1") + struct.pack("!HH", 5555, 443) if body is None else body
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes([command, family]) + struct.pack("!H", len(body) if length is None else length) + body


V6 = socket.inet_pton(socket.AF_INET6, "2001:db9::7") + socket.inet_pton(socket.AF_INET6, "2001:db9::1") + struct.pack("!HH", 5555, 443)


@pytest.mark.parametrize("header, source", [
    (b"PROXY TCP4 203.0.113.9 192.0.2.1 5555 443\r\n", "203.0.113.9"),
    (b"PROXY TCP6 2001:db9::7 2001:db9::1 5555 443\r\n", "2001:db9::7"),
    (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    (b"PROXY UNKNOWN ffff::1 whatever\r\n", "127.0.0.1"),
    (v2(), "203.0.113.9"),
    (v2(family=0x21, body=V6), "2001:db9::7"),
    (v2(body=v2()[16:] + b"\x04\x00\x03abc" + b"\x03\x00\x04crc?"), "203.0.113.9"),
    (v2(command=0x20, family=0, body=b""), "127.0.0.1"),
    (v2(command=0x20), "127.0.0.1"),
    (v2(family=0, body=b"junk"), "127.0.0.1"),
], ids=["v1 v4", "v1 v6", "v1 unknown", "v1 unknown with more", "v2 v4", "v2 v6", "v2 with TLVs", "v2 LOCAL", "v2 LOCAL with more", "v2 UNSPEC"])
def test_proxy_header(house, origin, header, source):
    """Whom it speaks for is the client, in the clear and before TLS; LOCAL and UNKNOWN speak for nobody."""
    for port, tls in (("proxied", False), ("proxied_tls", True)):
        request = seen_by(origin, house[2][port], before=header, tls=tls)
        assert request.get("x-forwarded-for") == source
        line = house[1].wait_journal(lambda line: line.get("bouclier.request_id") == request.get("x-request-id"))
        assert line["source.ip"] == source


def test_a_proxy_header_in_crumbs(house, origin):
    for header in (b"PROXY TCP4 203.0.113.9 192.0.2.1 5555 443\r\n", v2()):
        with Talk(house[2]["proxied"]) as talk:
            for i in range(len(header)):
                talk.send(header[i:i + 1])
            assert talk.one().status == 200
        assert origin.requests[-1].get("x-forwarded-for") == "203.0.113.9"


def test_who_comes_by_proxy_is_not_a_proxy(house, origin):
    """The client that a PROXY header names is not trusted because the one who said it is."""
    request = seen_by(origin, house[2]["proxied"], "X-Forwarded-For: 198.51.100.1", before=v2())
    assert values(request, "X-Forwarded-For") == ["203.0.113.9"]


@pytest.mark.parametrize("header", [
    b"", b"GET / HTTP/1.1\r\n", b"PROXY TCP4 203.0.113.9 192.0.2.1 5555\r\n", b"PROXY TCP4 203.0.113.999 192.0.2.1 5555 443\r\n",
    b"PROXY TCP4 2001:db9::7 2001:db9::1 5555 443\r\n", b"PROXY TCP4 203.0.113.9 192.0.2.1 05555 443\r\n", b"PROXY TCP4 203.0.113.9 192.0.2.1 5555 99999\r\n",
    b"PROXY TCP4  203.0.113.9 192.0.2.1 5555 443\r\n", b"PROXY TCP4 203.0.113.9 192.0.2.1 5555 443\n", b"PROXY UDP4 203.0.113.9 192.0.2.1 5555 443\r\n",
    b"PROXY UNKNOWN " + b"x" * 100 + b"\r\n", b"proxy TCP4 203.0.113.9 192.0.2.1 5555 443\r\n", v2(command=0x22), v2(command=0x11), v2(family=0x12), v2(family=0x31),
    v2(body=b"short"), v2(family=0x21), v2(length=65535), b"\r\n\r\n\0\r\nQUIX\n" + v2()[12:],
], ids=lambda header: repr(header[:40]))
def test_malformed_proxy_headers(house, origin, header):
    """Cut without a word, before anything of HTTP or TLS is read."""
    for port in ("proxied", "proxied_tls"):
        with Talk(house[2][port]) as talk:
            talk.ask_quietly(header)
            assert talk.is_closed(3)
    assert not origin.requests


def test_a_proxy_header_of_somebody_else(house, origin):
    """Not trusted: cut, whatever it says, and the journal names who it was."""
    with Talk(house[2]["proxied_by_others"]) as talk:
        talk.ask_quietly(v2())
        assert talk.is_closed(3)
    assert not origin.requests
    line = house[1].wait_journal(lambda line: "not trusted" in str(line), stream="")
    assert line["source.ip"] == "127.0.0.1" and line["bouclier.reasons"] == ["source-not-allowed"], line


def test_a_proxy_header_where_none_is_awaited(house, origin):
    with Talk(house[1].plain) as talk:
        talk.ask_quietly(b"PROXY TCP4 203.0.113.9 192.0.2.1 5555 443\r\n")
        assert talk.answer().status == 400
    assert not origin.requests

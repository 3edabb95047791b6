"""What an administrator says of a site and its routes, seen from both ends: by the client, and by the origin behind it."""
import json
import re
import ssl
import time

import pytest

from lab import HOST, Origin, Shield, connect, der, exchange, free_port, get, h2, make_certificate, response, trusting

WILD, SIGNED, PLAIN = "town.example", "signed.commune.example", "plain.commune.example"


def teller(name):
    """An answer that tells who answers and what it was asked."""
    def answer(request):
        if request.target.startswith("/late") or "sleep" in request.target:
            time.sleep(1.2)
        told = {"origin": name, "method": request.method, "target": request.target, "fields": request.fields}
        own = ["X-Frame-Options: DENY"] if "own-headers" in request.target else []
        own += ["Content-Security-Policy: frame-ancestors 'none'"] if "own-policy" in request.target else []
        return response(json.dumps(told).encode(), "200 OK", "Server: secret/1.2", "X-Powered-By: PHP/5", "x-Two: 1", "X-Two: 2", *own)
    return answer


def routes(other):
    """Each test below has its own part of the site."""
    to_other = {"origins": [other]}
    return [
        {"path": "/other", **to_other},
        {"path": "/other/deep/own", "maintenance": False, "origins": [other], "rewrite": {"strip": "/other"}},
        {"path": "/form", "methods": ["POST", "PUT"], **to_other},
        {"path": "/form", "methods": ["DELETE"], "maintenance": True},
        {"path": "/late", "timeouts": {"first_byte": "300ms"}},
        {"path": "/small", "limits": {"body": "10B", "head": "1KiB", "target": "256B", "fields": 10}},
        {"path": "/small/large", "limits": {"body": "1KiB", "head": "8KiB", "target": "4KiB", "fields": 100}},
        {"path": "/admin", "allow_from": ["192.0.2.0/24", "2001:db8::/32"]},
        {"path": "/local", "allow_from": ["127.0.0.0/8"]},
        {"path": "/read", "allow_methods": ["GET", "OPTIONS"]},
        *[{"path": f"/go{status}", "redirect": {"to": f"/went/{status}", "status": status}} for status in (301, 302, 303, 307, 308)],
        {"path": "/old", "redirect": "/new/*"},
        {"path": "/away", "redirect": "https://elsewhere.example*"},
        {"path": "/top", "redirect": "/*"},
        {"path": "/fixed", "redirect": "https://elsewhere.example/here"},
        {"path": "/app", "rewrite": {"strip": "/app"}},
        {"path": "/slash", "rewrite": {"strip": "/slash/"}},
        {"path": "/add", "rewrite": {"add": "/in"}},
        {"path": "/both", "rewrite": {"strip": "/both", "add": "/in/"}},
        {"path": "/part", "rewrite": {"strip": "/part/pre", "add": "/in"}},
        {"path": "/headers", "headers": {"request": {"set": {"X-Set": "by us", "User-Agent": "us"}, "remove": ["Cookie", "x-secret"]},
                                         "response": {"set": {"Server": "us", "X-Two": "3"}, "remove": ["X-Powered-By"]}}},
        {"path": "/closed", "maintenance": True, "maintenance_retry": "90s", "contact": "mailto:help@commune.example"},
        {"path": "/bare", "security_headers": False},
    ]


@pytest.fixture(scope="module")
def house():
    with Origin(teller("main")) as main, Origin(teller("other")) as other, Shield(main, start=False) as shield:
        folder = shield.folder
        shield.main, shield.other = main, other
        authority = make_certificate(folder / "authority.pem")
        (folder / "acme").mkdir(mode=0o755)
        (folder / "acme" / "tok_en-1").write_text("tok_en-1.thumb")
        (folder / "secret").write_text("not a challenge")
        sites = [
            {"name": HOST, "hosts": [HOST], "certificate": str(shield.certificate), "origins": [main.url], "hsts": "365d",
             "acme": str(folder / "acme"), "routes": routes(other.url)},
            {"name": WILD, "hosts": [WILD, f"*.{WILD}"], "origins": [other.url],
             "certificate": str(make_certificate(folder / "wild.pem", WILD, f"*.{WILD}", issuer=authority))},
            {"name": f"special.{WILD}", "hosts": [f"special.{WILD}", f"*.deep.{WILD}"], "origins": [main.url],
             "certificate": str(make_certificate(folder / "special.pem", f"special.{WILD}"))},
            {"name": SIGNED, "origins": [main.url], "hsts": "365d",
             "certificate": str(make_certificate(folder / "signed.pem", SIGNED, issuer=authority))},
            {"name": PLAIN, "origins": [main.url]},
        ]
        shield.redirect, shield.trusting, shield.proxied, shield.own_list = (free_port() for _ in range(4))
        shield.settings["listen"] += [
            {"address": f"127.0.0.1:{shield.trusting}", "tls": False, "trusted_proxies": ["127.0.0.1/32", "198.51.100.0/24"]},
            {"address": f"127.0.0.1:{shield.proxied}", "tls": False, "proxy_protocol": True, "trusted_proxies": ["127.0.0.0/8"]},
            {"address": f"127.0.0.1:{shield.own_list}", "h2": False}]
        shield.write({**shield.settings, "redirect_http": [f"127.0.0.1:{shield.redirect}"], "sites": sites})
        shield.start()
        yield shield


def told(port, path, **options):
    answer = get(port, path, **options)
    assert answer.status == 200, (path, answer.status, answer.text)
    return json.loads(answer.text)


def ask(port, path, *lines, method="GET", host=HOST, body=b""):
    """(status, head) of one raw request."""
    text = "".join(f"{line}\r\n" for line in lines)
    answer = exchange(port, f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{text}\r\n".encode("latin-1") + body)
    return int(answer.split(b" ")[1]), answer.decode("latin-1")


# -- which route --

@pytest.mark.parametrize("method, path, origin, status", [
    ("GET", "/", "main", 200), ("GET", "/other", "other", 200), ("GET", "/other/", "other", 200), ("GET", "/other/x?y=1", "other", 200),
    ("GET", "/otherwise", "main", 200), ("GET", "/Other", "main", 200), ("POST", "/form", "other", 200), ("PUT", "/form/x", "other", 200),
    ("GET", "/form", "main", 200), ("HEAD", "/form", None, 200), ("DELETE", "/form", None, 503), ("PATCH", "/form", "main", 200)])
def test_by_path_and_method(house, method, path, origin, status):
    answer = get(house.plain, path, method)
    assert answer.status == status
    if origin:
        assert (json.loads(answer.text)["origin"], json.loads(answer.text)["target"]) == (origin, path)


def test_the_longest_path_wins(house):
    assert told(house.plain, "/other/deep/own/x")["target"] == "/deep/own/x"
    assert told(house.plain, "/other/deep/owner")["target"] == "/other/deep/owner"


def test_timeouts_of_a_route(house):
    began = time.monotonic()
    assert get(house.plain, "/late").status == 504
    assert 0.25 < time.monotonic() - began < 1.1
    assert get(house.plain, "/sleep").status == 200


CHUNKED = b"6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n"


@pytest.mark.parametrize("path, lines, body, status", [
    ("", ["Content-Length: 10"], b"x" * 10, 200), ("", ["Content-Length: 11"], b"x" * 11, 413), ("", ["Content-Length: 11"], b"", 413),
    ("", ["Transfer-Encoding: chunked"], b"a\r\n0123456789\r\n0\r\n\r\n", 200), ("", ["Transfer-Encoding: chunked"], CHUNKED, 413),
    ("", ["Content-Length: 99999999999999999"], b"", 413),
    ("", ["X: " + "y" * 900], b"", 200), ("", ["X: " + "y" * 1000], b"", 431), ("", ["X: 1"] * 8, b"", 200), ("", ["X: 1"] * 9, b"", 431),
    ("/" + "t" * 249, [], b"", 200), ("/" + "t" * 250, [], b"", 414), ("?" + "t" * 250, [], b"", 414),
    ("/large", ["Content-Length: 1024"], b"x" * 1024, 200), ("/large", ["Content-Length: 1025"], b"x" * 1025, 413),
    ("/large", ["X: " + "y" * 7900], b"", 200), ("/large", ["X: " + "y" * 8150], b"", 431), ("/large", ["X: 1"] * 98, b"", 200),
    ("/large", ["X: 1"] * 99, b"", 431), ("/large/" + "t" * 4000, [], b"", 200), ("/large/" + "t" * 4096, [], b"", 414)])
def test_limits_of_a_route(house, path, lines, body, status):
    """Method, target and Connection count too: two fields are there already."""
    before = len(house.main.requests)
    got, text = ask(house.plain, "/small" + path, *lines, method="POST" if lines and ":" in lines[0] and "X" not in lines[0] else "GET", body=body)
    assert got == status, text[:300]
    if status != 200 and body is not CHUNKED:  # what is chunked has begun before anybody knows its length
        assert len(house.main.requests) == before


@pytest.mark.parametrize("body, status", [(b"x" * 10, 200), (b"x" * 11, 413)])
@pytest.mark.parametrize("says", [True, False])
def test_body_limit_over_http2(house, body, status, says):
    with h2.Client(house.h2c, False) as client:
        client.authority = HOST
        assert client.wait(client.request(path="/small", method="POST", body=body, length=says))[0].status == status


# -- who may --

@pytest.mark.parametrize("port, path, lines, status", [
    ("plain", "/admin", [], 403), ("plain", "/admin/x", ["X-Forwarded-For: 192.0.2.7"], 403), ("plain", "/local", [], 200),
    ("plain", "/administrator", [], 200), ("plain", "/local", ["X-Forwarded-For: 192.0.2.7"], 200),
    ("trusting", "/admin", ["X-Forwarded-For: 192.0.2.7"], 200), ("trusting", "/admin", ["X-Forwarded-For: 198.18.0.1"], 403),
    ("trusting", "/admin", ["X-Forwarded-For: 192.0.2.7, 198.18.0.1"], 403), ("trusting", "/admin", ["X-Forwarded-For: 198.18.0.1, 192.0.2.7"], 200),
    ("trusting", "/admin", ["X-Forwarded-For: 192.0.2.7, 198.51.100.9"], 200),
    ("trusting", "/admin", ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-For: 198.18.0.1"], 403),
    ("trusting", "/admin", ["X-Forwarded-For: 2001:db8::7"], 200), ("trusting", "/admin", ["X-Forwarded-For: ::ffff:192.0.2.7"], 200),
    ("trusting", "/admin", ["X-Forwarded-For: 192.0.2.7, junk"], 403), ("trusting", "/admin", ["Forwarded: for=192.0.2.7"], 200),
    ("trusting", "/admin", [], 403), ("trusting", "/local", ["X-Forwarded-For: 192.0.2.7"], 403)])
def test_allow_from(house, port, path, lines, status):
    assert ask(getattr(house, port), path, *lines)[0] == status


@pytest.mark.parametrize("header, status", [
    (b"PROXY TCP4 192.0.2.9 127.0.0.1 1 2\r\n", 200), (b"PROXY TCP4 198.18.0.9 127.0.0.1 1 2\r\n", 403), (b"PROXY TCP6 2001:db8::9 ::1 1 2\r\n", 200),
    (b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x09\x7f\x00\x00\x01\x00\x01\x00\x02", 200), (b"", None)])
def test_allow_from_behind_the_proxy_protocol(house, header, status):
    answer = exchange(house.proxied, header + f"GET /admin HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
    assert (int(answer.split(b" ")[1]) if answer else None) == status, answer


@pytest.mark.parametrize("method, status", [("GET", 200), ("HEAD", 200), ("OPTIONS", 200), ("POST", 405), ("DELETE", 405), ("TRACE", 405),
                                            ("BREW", 405)])
def test_allow_methods(house, method, status):
    got, head = ask(house.plain, "/read", method=method)
    assert got == status
    if status == 405:
        assert "\r\nAllow: GET, HEAD, OPTIONS\r\n" in head


# -- redirects and rewrites --

@pytest.mark.parametrize("path, status, location", [
    *[(f"/go{status}/x?y", status, f"/went/{status}") for status in (301, 302, 303, 307, 308)],
    ("/old", 308, "/new/"), ("/old/", 308, "/new/"), ("/old/a/b?c=d&e", 308, "/new/a/b?c=d&e"), ("/old?q", 308, "/new/?q"), ("/older", 200, None),
    ("/away/x", 308, "https://elsewhere.example/x"), ("/away", 308, "https://elsewhere.example/"),
    ("/fixed/x?y", 308, "https://elsewhere.example/here")])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_redirects(house, path, status, location, method):
    before = len(house.main.requests)
    answer = get(house.plain, path, method)
    assert (answer.status, answer.get("Location")) == (status, location)
    assert (len(house.main.requests) == before) == (status != 200)


@pytest.mark.parametrize("path", ["/top//evil.example", "/top///evil.example/x", "/top/\\evil.example", "/top/\\/evil.example",
                                  "/top/\\\\evil.example", "/away//evil.example", "/away/.evil.example", "/away/@evil.example",
                                  "/away.evil.example", "/top/%2f%2fevil.example", "/top//\\//evil.example", "/top/;//evil.example"])
def test_redirects_stay_where_they_were_sent(house, path):
    """Whatever follows the route's path, the host is the administrator's."""
    status, head = ask(house.plain, path)
    found = re.search(r"\r\nLocation: (.*)\r\n", head)
    if status == 400 or path == "/away.evil.example":
        assert not found
        return
    assert status == 308
    where = found.group(1)
    assert where.startswith("https://elsewhere.example/") if path.startswith("/away") else re.match(r"/(?![/\\])", where), where


@pytest.mark.parametrize("path, seen", [
    ("/app", "/"), ("/app/", "/"), ("/app/x/y?z=1", "/x/y?z=1"), ("/app/app", "/app"), ("/app?z", "/?z"), ("/apple", "/apple"),
    ("/app//x", "//x"), ("/slash/x", "/x"), ("/slash/", "/"), ("/slash", "/"), ("/add", "/in/add"), ("/add/x?y", "/in/add/x?y"),
    ("/both/x", "/in/x"), ("/both", "/in/"), ("/both/", "/in/"), ("/part/pre/x", "/in/x"), ("/part/prefix", "/in/part/prefix"),
    ("/part/x", "/in/part/x")])
def test_rewrites(house, path, seen):
    """By whole segments, as routes are: /part/pre is not in front of /part/prefix."""
    assert told(house.plain, path)["target"] == seen


def test_options_for_the_whole_server_have_no_path_to_rewrite():
    with Origin(teller("main")) as origin, Shield(origin, site={"rewrite": {"add": "/in"}}) as shield:
        status, text = ask(shield.plain, "*", method="OPTIONS")
        assert status == 200 and json.loads(text.partition("\r\n\r\n")[2])["target"] == "*"
        assert told(shield.plain, "/x")["target"] == "/in/x"


# -- header fields --

def test_request_fields(house):
    seen = told(house.plain, "/headers", Cookie="a=b", X_Secret="s", X_Set="theirs", User_Agent="them", X_Other="kept")["fields"]
    def values(name):
        return [value for key, value in seen if key.lower() == name]
    assert values("x-set") == ["by us"] and values("user-agent") == ["us"] and values("x-other") == ["kept"]
    assert not values("cookie") and not values("x-secret")
    elsewhere = dict(told(house.plain, "/", Cookie="a=b", X_Set="theirs")["fields"])
    assert elsewhere["Cookie"] == "a=b" and elsewhere["X-Set"] == "theirs"


@pytest.mark.parametrize("secure", [False, True])
def test_response_fields(house, secure):
    changed = get(house.tls if secure else house.plain, "/headers", tls=secure)
    assert changed.all("Server") == ["us"] and changed.all("X-Two") == ["3"] and not changed.all("X-Powered-By")
    left = get(house.plain, "/")
    assert left.get("Server") == "secret/1.2" and left.all("X-Two") == ["1", "2"] and left.get("X-Powered-By") == "PHP/5"


SECURITY = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin", "X-Frame-Options": "SAMEORIGIN"}


@pytest.mark.parametrize("path, wanted", [
    ("/", SECURITY), ("/own-headers", {**SECURITY, "X-Frame-Options": "DENY"}), ("/own-policy", {**SECURITY, "X-Frame-Options": None}),
    ("/bare", dict.fromkeys(SECURITY)), ("/closed", SECURITY), ("/old", SECURITY)])
def test_security_headers(house, path, wanted):
    answer = get(house.plain, path)
    assert {name: answer.all(name) for name in wanted} == {name: [value] if value else [] for name, value in wanted.items()}


def test_hsts(house):
    """Only over TLS, only with a certificate that somebody vouches for, not where nobody asked for it."""
    assert get(house.tls, host=SIGNED, tls=True).all("Strict-Transport-Security") == ["max-age=31536000"]
    assert not get(house.plain, host=SIGNED).all("Strict-Transport-Security")
    assert not get(house.tls, tls=True).all("Strict-Transport-Security")
    assert not get(house.tls, host=WILD, tls=True).all("Strict-Transport-Security")


# -- maintenance --

@pytest.mark.parametrize("language, words", [("nl", "Onderhoud"), ("fr-BE, nl;q=0.5", "Maintenance"), ("de", "Wartungsarbeiten"), ("ja", "Maintenance")])
def test_maintenance(house, language, words):
    before = len(house.main.requests)
    answer = get(house.plain, "/closed/x", Accept_Language=language)
    assert answer.status == 503 and answer.get("Retry-After") == "90" and answer.get("Cache-Control") == "no-store"
    assert f"<h1>{words}</h1>" in answer.text and 'href="mailto:help@commune.example"' in answer.text
    assert answer.get("X-Request-Id") in answer.text
    assert len(house.main.requests) == before


def test_maintenance_for_programs(house):
    answer = get(house.plain, "/closed", Accept="application/json")
    assert answer.status == 503 and json.loads(answer.text)["reason"] == "maintenance" and answer.get("Retry-After") == "90"


# -- hosts --

@pytest.mark.parametrize("host, origin", [
    (WILD, "other"), (f"a.{WILD}", "other"), (f"a.b.{WILD}", "other"), ("A.Town.Example", "other"), (f"special.{WILD}", "main"),
    (f"x.special.{WILD}", "other"), (f"deep.{WILD}", "other"), (f"x.deep.{WILD}", "main"), (f"{WILD}:80", "other"), (f"x{WILD}", None),
    (f"{WILD}.evil.example", None), ("*.town.example", None), ("nobody.example", None), ("example", None), (f"{WILD}.", "other"),
    (f".{WILD}", None), (PLAIN, "main"), ("127.0.0.1", None)])
def test_hosts(house, host, origin):
    """The most exact name wins; the dot of the root is no other name."""
    status, text = ask(house.plain, "/", host=host)
    if origin:
        assert status == 200 and json.loads(text.partition("\r\n\r\n")[2])["origin"] == origin
    else:
        assert status in (400, 421), status
        assert "nosniff" not in text  # nothing of any site


NAMES = {HOST: "site.pem", WILD: "wild.pem", f"a.{WILD}": "wild.pem", f"special.{WILD}": "special.pem", SIGNED: "signed.pem",
         f"x.deep.{WILD}": "special.pem", PLAIN: None, "nobody.example": None, f"{WILD}.evil.example": None, f"x{WILD}": None}


@pytest.mark.parametrize("name", NAMES)
def test_each_name_has_its_own_certificate(house, name):
    if NAMES[name]:
        with connect(house.tls, trusting(), name) as client:
            assert client.sock.getpeercert(True) == der(house.folder / NAMES[name])
        return
    with pytest.raises(ssl.SSLError, match="(?i)unrecognized.name"):
        connect(house.tls, trusting(), name)


SITE_OF = {HOST: 1, WILD: 2, f"a.{WILD}": 2, f"special.{WILD}": 3, SIGNED: 4}
CROSSED = [(sni, host) for sni in SITE_OF for host in [*SITE_OF, PLAIN, "nobody.example"]]


def test_host_of_another_site(house):
    """Every pair of SNI and Host; over HTTP/1.1 on one connection each, over HTTP/2 as browsers coalesce, all on one."""
    for sni, host in CROSSED:
        answer = exchange(house.tls, f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode(), host=sni)
        assert answer.split(b" ")[1] == (b"200" if SITE_OF[sni] == SITE_OF.get(host) else b"421"), (sni, host, answer[:200])
    for sni in SITE_OF:
        with h2.Client(house.tls, True, host=sni) as client:
            for host in [other for name, other in CROSSED if name == sni]:
                client.authority = host
                answer = client.get("/")
                assert answer.status == (200 if SITE_OF[sni] == SITE_OF.get(host) else 421), (sni, host)


# -- redirect to https, challenges, listeners --

@pytest.mark.parametrize("host, path, location", [
    (HOST, "/", "/"), (HOST, "/x?y=z", "/x?y=z"), (HOST, "//evil.example/", "//evil.example/"), (HOST, "/closed", "/closed"),
    (HOST, "/admin", "/admin"), (f"a.{WILD}", "/x", "/x"), (f"{HOST}:80", "/", "/")])
def test_redirect_http(house, host, path, location):
    answer = get(house.redirect, path, host=host)
    port = house.tls
    assert (answer.status, answer.get("Location")) == (308, f"https://{host.partition(':')[0]}:{port}{location}")
    assert not answer.all("Strict-Transport-Security")


def test_redirect_http_leads_to_the_port_that_visitors_reach(start_shield, start_origin):
    door, tls = free_port(), free_port()
    shield = start_shield({"sites": [{"name": HOST, "origins": [start_origin().url]}], "redirect_http": [f"127.0.0.1:{door}"],
                           "listen": [{"address": f"127.0.0.1:{tls}", "public_port": 8443}]})
    assert get(door, "/x?y").get("Location") == f"https://{HOST}:8443/x?y"
    shield.settings["listen"][0]["public_port"] = 443
    shield.apply()
    assert get(door, "/x?y").get("Location") == f"https://{HOST}/x?y"


def test_redirect_http_knows_its_hosts(house):
    assert ask(house.redirect, "/", host="evil.example")[0] == 421
    assert ask(house.redirect, "/", "X-Forwarded-Host: evil.example")[1].count("evil.example") == 0


@pytest.mark.parametrize("name, status", [("tok_en-1", 200), ("other", 404), ("", 404), ("../secret", 404), ("..%2fsecret", 404), ("tok_en-1/", 404),
                                          ("%2e%2e/secret", 404), ("tok_en-1?x", 200)])
@pytest.mark.parametrize("port", ["redirect", "plain"])
def test_challenges(house, name, status, port):
    got, text = ask(getattr(house, port), "/.well-known/acme-challenge/" + name)
    assert got == status and "not a challenge" not in text, text
    if status == 200:
        assert text.endswith("\r\n\r\ntok_en-1.thumb") and "Content-Type: text/plain" in text


def test_challenges_of_a_site_without_a_folder(house):
    assert ask(house.redirect, "/.well-known/acme-challenge/tok_en-1", host=WILD)[0] == 308


def test_listeners(house):
    """A string and a mapping with an address are TLS with both protocols; h2: false offers one."""
    for port, chosen in ((house.tls, "h2"), (house.own_list, "http/1.1")):
        with connect(port, trusting("h2", "http/1.1")) as client:
            assert client.sock.selected_alpn_protocol() == chosen
    answer = exchange(house.plain, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
    assert not answer.startswith(b"\0"), "HTTP/2 in clear where no listener says so"

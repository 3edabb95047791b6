"""What an outsider must not reach by spelling it otherwise, by another door, or by an old key."""
import contextlib
import socket
import ssl
import time

import pytest

import lab
from lab import HOST, client_context, h2, read_response

ELSEWHERE = ["192.0.2.0/24"]


def tell(request):
    return lab.response(request.head)


@pytest.fixture(scope="module")
def guarded():
    """/admin is for another network; /open takes headers away."""
    routes = [{"path": "/admin", "allow_from": ELSEWHERE},
              {"path": "/public", "allow_methods": ["GET"]},
              {"path": "/open", "headers": {"request": {"remove": ["X-Role"], "set": {"X-Realm": "citizens"}}}}]
    with lab.Origin(tell) as origin, lab.Shield(origin, binary=lab.sanitized(), site={"routes": routes}) as shield:
        shield.origin = origin
        yield shield


# -- one path, many spellings --

@pytest.mark.parametrize("path", [
    "/admin", "/admin/", "/admin/users?x=1", "//admin", "///admin/users", "/./admin", "/x/../admin", "/x/y/../../admin/users",
    "/%61dmin", "/%61%64%6d%69%6e/users", "/x/%2e%2e/admin", "/x/.%2E/admin", "/x%2f..%2fadmin", "/%2e/admin", "/admin;jsessionid=1",
    "/admin;a=b/users", "/x;p/..;q/admin", "/\\admin", "/x\\..\\admin", "/%5cadmin", "/admin%2fusers", "/admin%00.html", "/admin/..;/admin",
    "/../admin", "/public/../admin", "/public/%2e%2e%2fadmin", "/%2fadmin", "/x//../admin", "/admin/../x"])
def test_a_guarded_path_by_any_spelling(guarded, path):
    """What an origin may take for /admin is guarded as /admin: by its own look, and by what is left of it when it is tidied."""
    guarded.origin.requests.clear()
    head = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode("latin-1")
    answer = lab.exchange(guarded.plain, head)
    assert answer.startswith(b"HTTP/1.1 403 "), answer[:300]
    with h2.Client(guarded.h2c, False) as client:
        assert client.get(path).status == 403
    assert guarded.origin.requests == []


@pytest.mark.parametrize("path", ["/", "/administration", "/x/admin", "/adm%69nistration", "/a/../b", "/x;admin", "/%", "/%zz/%4", "/?/admin",
                                  "/?x=/../admin", "/%2561dmin", "/x%2fadmin", "/.admin", "/..admin"])
def test_other_paths_go_on_as_they_came(guarded, path):
    answer = lab.exchange(guarded.plain, f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:300]
    assert f"GET {path} HTTP/1.1\r\n".encode() in answer


def test_methods_by_any_spelling(guarded):
    for path in ("/public", "/%70ublic/x", "//public"):
        assert lab.get(guarded.plain, path, method="POST", body="x").status == 405
        assert lab.get(guarded.plain, path).status == 200


# -- one name, many spellings --

@pytest.mark.parametrize("name", ["X-Role", "x-role", "X_Role", "X.Role", "x_Role", "X-Realm", "X_Realm", "X.realm"])
def test_an_edited_field_by_any_spelling(guarded, name):
    """CGI, PHP and WSGI read X_Role as X-Role: who takes one away, or sets it, means both."""
    head = f"GET /open HTTP/1.1\r\nHost: {HOST}\r\n{name}: administrator\r\nX_Other_Name: stays\r\nConnection: close\r\n\r\n"
    told = lab.exchange(guarded.plain, head.encode())
    assert b"administrator" not in told, told
    assert b"X-Realm: citizens" in told and b"X_Other_Name: stays" in told


@pytest.mark.parametrize("name", ["Proxy", "X-Original-URL", "x_original_url", "X-Rewrite-URL", "X_Forwarded_Prefix", "X.Forwarded.Ssl",
                                  "X_Real_IP", "Client_Cert", "Client.Cert_Chain", "Forwarded", "X-Forwarded-Port", "Content_Length",
                                  "Transfer.Encoding"])
def test_what_only_the_shield_may_say(guarded, name):
    told = lab.exchange(guarded.plain, f"GET /y HTTP/1.1\r\nHost: {HOST}\r\n{name}: 471108154711\r\nConnection: close\r\n\r\n".encode())
    assert told.startswith(b"HTTP/1.1 200 ") and b"471108154711" not in told


# -- the tunnel that HTTP/2 may open --

@pytest.mark.parametrize("protocol", ["h2c", "H2C", "connect-udp", "tls", "websocket2"])
def test_only_websocket_goes_through_http2(guarded, protocol):
    guarded.origin.requests.clear()
    with h2.Client(guarded.h2c, False) as client:
        stream = client.request((":protocol", protocol), ("sec-websocket-version", "13"), method="CONNECT", ends=False)
        assert client.wait(stream)[0].status == 501
    assert guarded.origin.requests == []


# -- a site that demands a certificate --

def demand(certificates, mode="require"):
    return {"client_certificate": {"mode": mode, "ca": str(certificates / "ca.pem")}}


def test_no_other_door_to_a_site_that_demands_certificates(start_shield, certificates):
    """Neither the plain listener nor HTTP/2 in the clear is a way around it; TLS with a certificate is the way."""
    with lab.Origin(tell) as origin:
        shield = start_shield(origins=[origin.url], certificate=str(certificates / "town.pem"), tls=demand(certificates))
        assert shield.get().status == 421
        with h2.Client(shield.plain, False, host=HOST) as client:
            assert client.get("/").status == 421
        assert origin.requests == []
        shown = shield.get(context=client_context(certificate=certificates / "town.pem", alpn=["http/1.1"]))
        assert shown.status == 200 and b"Client-Cert: :" in shown.body
        with pytest.raises((ssl.SSLError, OSError, lab.Closed)):
            shield.get(context=client_context(alpn=["http/1.1"]))


def test_a_kept_connection_meets_a_new_demand(start_shield, certificates):
    """A connection from before the demand shows no certificate: its next request is sent to a new one (421)."""
    with lab.Origin(tell) as origin:
        shield = start_shield(origins=[origin.url], certificate=str(certificates / "town.pem"))
        with shield.connect(context=client_context(alpn=["http/1.1"])) as stream, shield.connect(context=client_context(alpn=["h2"])):
            stream.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            assert read_response(stream).status == 200
            shield.site()["tls"] = demand(certificates)
            shield.apply()
            stream.send(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            answer = read_response(stream)
            assert answer.status == 421 and answer.get("connection") == "close"


# -- the places for handshakes --

def test_who_says_nothing_takes_no_place_of_a_handshake():
    hello = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        lab.trusting().wrap_bio(ssl.MemoryBIO(), hello, server_hostname=HOST).do_handshake()
    first = hello.read()
    with lab.Origin() as origin, lab.Shield(origin, binary=lab.sanitized(), handshakes=4) as shield, contextlib.ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", shield.tls), 5)) for _ in range(8)]
        for each in idle[4:]:
            each.sendall(first[:100])
        time.sleep(0.2)
        assert lab.get(shield.tls, tls=True).status == 200
        for each in idle[:4]:
            each.sendall(first)
            assert each.recv(1) == b"\x16", "its handshake is under way"
        with pytest.raises(OSError):
            lab.get(shield.tls, tls=True)
        shield.wait_journal(lambda line: "too many TLS handshakes" in str(line))
        idle[0].close()
        lab.wait_until(lambda: is_served(shield), 5, "a place is free again")


def is_served(shield):
    with contextlib.suppress(OSError):
        return lab.get(shield.tls, tls=True).status == 200
    return False


# -- limits and tunnels --

def test_a_sites_limits_hold_over_http2(guarded_pair):
    """The heads of a connection are read within the widest limits of all sites; each site's own are narrower."""
    shield, small = guarded_pair
    big = ("x-big", "x" * 3000)
    with h2.Client(shield.h2c, False, host=small) as client:
        assert client.get("/", big).status == 431
        assert client.get("/", ("x-big", "x" * 200)).status == 200
    with h2.Client(shield.h2c, False) as client:
        assert client.get("/", big).status == 200


@pytest.fixture
def guarded_pair():
    small = "small.example"
    with lab.Origin(tell) as origin:
        sites = [{"name": HOST, "hosts": [HOST, "localhost"], "origins": [origin.url]},
                 {"name": small, "hosts": [small], "origins": [origin.url], "limits": {"head": "1KiB"}}]
        listen = [{"address": f"127.0.0.1:{port}", "tls": False, "h2c": True} for port in (lab.free_port(),)]
        with lab.Shield(origin, binary=lab.sanitized(), sites=sites, listen=listen) as shield:
            shield.h2c = int(listen[0]["address"].rpartition(":")[2])
            yield shield, small


@pytest.mark.parametrize("offer, goes_on", [("echo, websocket", True), ("websocket", True), ("h2c", False), ("H2C/1", False),
                                            ("websocket, h2c", False), ("h2c-14", False)])
def test_upgrades(offer, goes_on):
    """What the client hears is what the origin chose; h2c in any dress is not even offered to it."""
    def answer(request):
        if not request.get("upgrade"):
            return lab.response(b"plain")
        return b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nchosen"

    with lab.Origin(answer) as origin, lab.Shield(origin, binary=lab.sanitized()) as shield:
        with socket.create_connection(("127.0.0.1", shield.plain), 5) as client:
            client.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: {offer}\r\n\r\n".encode())
            told = b""
            while not told.endswith((b"chosen", b"plain")):
                told += client.recv(4096)
        assert told.endswith(b"chosen" if goes_on else b"plain")
        assert not goes_on or b"\r\nUpgrade: websocket\r\n" in told, told

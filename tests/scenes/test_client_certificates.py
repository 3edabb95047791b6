"""Certificates of clients: who is let in, what the origin is told of them, and what nobody can say in their place."""
import base64
import json
import ssl

import pytest

from lab import HOST, Origin, Shield, client_context, connect, der, get, h2, make_certificate, request, response, revoke

OPEN, ASKED, REQUIRED, LISTED, OTHERS = HOST, "asked.example", "required.example", "listed.example", "others.example"
SITES = (OPEN, ASKED, REQUIRED, LISTED, OTHERS)
TLS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def issue(issuer, name, **dates):
    return make_certificate(issuer.with_name(f"{name}.pem"), name, issuer=issuer, **dates)


@pytest.fixture(scope="module")
def house():
    """Every site shows the same certificate, as those of one house do: what tells them apart is whom they let in."""
    with Origin(lambda request: response(json.dumps(request.fields).encode())) as origin, Shield(origin, start=False) as shield:
        folder = shield.folder
        ours, theirs = make_certificate(folder / "ours.pem"), make_certificate(folder / "theirs.pem")
        shield.papers = {"none": None, "good": issue(ours, "good"), "revoked": issue(ours, "revoked"), "foreign": issue(theirs, "foreign"),
                         "expired": issue(ours, "expired", days=-1, ago=9), "early": issue(ours, "early", ago=-9),
                         "self": make_certificate(folder / "self.pem", "self")}
        crl = revoke(folder / "ours.crl", ours, shield.papers["revoked"])
        shared = str(make_certificate(folder / "shared.pem", *SITES))
        asks = {ASKED: {"mode": "request", "ca": str(ours)}, REQUIRED: {"mode": "require", "ca": str(ours)},
                LISTED: {"mode": "require", "ca": str(ours), "crl": str(crl)},
                OTHERS: {"mode": "require", "ca": str(theirs)}}
        shield.origin = origin
        shield.write({**shield.settings, "sites": [
            {"name": site, "certificate": shared, "origins": [origin.url], **({"tls": {"client_certificate": asks[site]}} if site in asks else {})}
            for site in SITES]})
        shield.start()
        yield shield


def converse(client, host, *fields):
    """All that comes back; ssl.SSLError when TLS 1.3 refuses only now."""
    client.send(request("/", *fields, host=host))
    return client.rest()


def visit(house, site, paper, version=ssl.TLSVersion.TLSv1_3, host=None, session=None, context=None):
    """What came back; None when TLS did not let us in."""
    context = context or client_context(certificate=house.papers[paper], version=version)
    try:
        with connect(house.tls, context, site, session=session) as client:
            return converse(client, host or site) or None
    except (ssl.SSLError, ConnectionError):
        return None


def told(answer, name="client-cert"):
    fields = json.loads(answer.partition(b"\r\n\r\n")[2])
    return [value for key, value in fields if key.lower().replace("_", "-").replace(".", "-") == name]


LET_IN = {OPEN: {"none", "good", "revoked", "foreign", "expired", "early", "self"}, ASKED: {"none", "good", "revoked"}, REQUIRED: {"good", "revoked"},
          LISTED: {"good"}, OTHERS: {"foreign"}}


@pytest.mark.parametrize("version", TLS)
@pytest.mark.parametrize("paper", ["none", "good", "revoked", "foreign", "expired", "early", "self"])
@pytest.mark.parametrize("site", SITES)
def test_who_is_let_in(house, site, paper, version):
    """A bad certificate is refused where one is asked for at all, required or not; where none is, none is looked at."""
    before = len(house.origin.requests)
    answer = visit(house, site, paper, version)
    if paper not in LET_IN[site]:
        assert answer is None and len(house.origin.requests) == before
        return
    assert answer.startswith(b"HTTP/1.1 200 ")
    shown = house.papers[paper] if site != OPEN else None
    assert told(answer) == ([":" + base64.b64encode(der(shown)).decode() + ":"] if shown else [])


def test_refusals_are_told(house):
    assert visit(house, LISTED, "revoked") is None
    line = house.wait_journal(lambda line: "revoked" in json.dumps(line))
    assert line["bouclier.reasons"] == ["tls-handshake"], line


SPELLINGS = ["Client-Cert", "client-cert", "CLIENT-CERT", "Client_Cert", "client.cert", "Client-Cert-Chain", "client_cert-chain", "Client.Cert.Chain"]


@pytest.mark.parametrize("site, paper", [(OPEN, "none"), (ASKED, "none"), (ASKED, "good"), (REQUIRED, "good")])
@pytest.mark.parametrize("name", SPELLINGS)
def test_nobody_says_it_himself(house, site, paper, name):
    """However it is spelled, however often, even named in Connection: the origin reads what TLS saw, or nothing."""
    forged = ":" + base64.b64encode(b"forged").decode() + ":"
    with connect(house.tls, client_context(certificate=house.papers[paper]), site) as client:
        answer = converse(client, site, (name, forged), (name, forged), ("Connection", name))
    assert answer.startswith(b"HTTP/1.1 200 ") and b"forged" not in answer and forged.encode() not in answer
    assert told(answer) == ([":" + base64.b64encode(der(house.papers[paper])).decode() + ":"] if paper != "none" else [])
    assert told(answer, "client-cert-chain") == []


def test_nobody_says_it_himself_in_clear_or_over_http2(house):
    forged = ":" + base64.b64encode(b"forged").decode() + ":"
    for name in SPELLINGS:
        assert forged not in get(house.plain, **{name: forged}).text
        with h2.Client(house.tls, True, host=OPEN) as client:
            client.authority = OPEN
            answer = client.get("/", (name.lower(), forged))
            assert answer.status == 200 and forged.encode() not in answer.body


def test_over_http2_it_is_told_too(house, monkeypatch):
    wrap = ssl.SSLContext.wrap_socket

    def show(context, *args, **options):
        context.load_cert_chain(house.papers["good"])
        return wrap(context, *args, **options)
    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", show)
    with h2.Client(house.tls, True, host=REQUIRED) as client:
        client.authority = REQUIRED
        for _ in range(2):
            answer = client.get("/")
            assert answer.status == 200
            assert told(b"\r\n\r\n" + bytes(answer.body)) == [":" + base64.b64encode(der(house.papers["good"])).decode() + ":"]


@pytest.mark.parametrize("host", [ASKED, REQUIRED, LISTED, OTHERS])
def test_another_sites_door_does_not_open_this_one(house, host):
    """In with the SNI of a site that asks for nothing, and then the Host of one that requires."""
    before = len(house.origin.requests)
    for site, paper in ((OPEN, "none"), (ASKED, "none"), (REQUIRED, "good"), (LISTED, "good"), (OTHERS, "foreign")):
        if site != host:
            answer = visit(house, site, paper, host=host)
            assert answer.startswith(b"HTTP/1.1 421 "), (site, answer)
    assert len(house.origin.requests) == before


@pytest.mark.parametrize("host", [REQUIRED, LISTED, OTHERS])
def test_in_clear_nobody_can_show_a_certificate(house, host):
    """A port without TLS is no way around what a site requires; one that only asks is served."""
    before = len(house.origin.requests)
    for port in (house.plain, house.h2c):
        assert get(port, host=host).status == 421
    assert len(house.origin.requests) == before
    assert get(house.plain, host=ASKED).status == 200


def first_visit(house, site, paper, version):
    context = client_context(certificate=house.papers[paper], version=version)
    with connect(house.tls, context, site) as client:
        assert converse(client, site).startswith(b"HTTP/1.1 200 ")
        return context, client.sock.session


@pytest.mark.parametrize("version", TLS)
def test_a_ticket_opens_its_own_site_only(house, version):
    """Sites with the same certificate, and tickets under the same keys: each ticket is tried on every other site."""
    for site, paper in ((OPEN, "none"), (ASKED, "none"), (ASKED, "revoked"), (REQUIRED, "revoked"), (REQUIRED, "good")):
        for other in SITES:
            context, session = first_visit(house, site, paper, version)
            answer = visit(house, other, paper, session=session, context=context)
            if other != site and paper not in LET_IN[other]:
                assert answer is None, (site, paper, other)
                continue
            assert answer.startswith(b"HTTP/1.1 200 "), (site, paper, other)
            shown = house.papers[paper] if other != OPEN else None
            assert told(answer) == ([":" + base64.b64encode(der(shown)).decode() + ":"] if shown else []), (site, paper, other)


@pytest.mark.parametrize("version", TLS)
def test_a_ticket_carries_the_certificate(house, version):
    """Known again, and still told to the origin."""
    context, session = first_visit(house, REQUIRED, "good", version)
    with connect(house.tls, context, REQUIRED, session=session) as client:
        assert client.sock.session_reused
        answer = converse(client, REQUIRED)
    assert told(answer) == [":" + base64.b64encode(der(house.papers["good"])).decode() + ":"]


@pytest.mark.parametrize("version", TLS)
def test_a_new_revocation_list_ends_tickets(version):
    """Let in yesterday, revoked today: after the reload neither the certificate nor its ticket opens anything."""
    with Origin(lambda request: response(json.dumps(request.fields).encode())) as origin, Shield(origin, start=False) as shield:
        ours = make_certificate(shield.folder / "ours.pem")
        crl = revoke(shield.folder / "ours.crl", ours)
        shield.papers = {"good": issue(ours, "good"), "lost": issue(ours, "lost")}
        shield.site()["tls"] = {"client_certificate": {"mode": "require", "ca": str(ours), "crl": str(crl)}}
        shield.write(shield.settings)
        shield.start()
        context, session = first_visit(shield, HOST, "lost", version)
        revoke(crl, ours, shield.papers["lost"])
        assert shield.reload()[0]
        assert visit(shield, HOST, "lost", version) is None
        assert visit(shield, HOST, "lost", session=session, context=context) is None
        assert visit(shield, HOST, "good", version).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("client, said", [
    ({"mode": "require"}, "no authority is named"), ({"ca": "/nowhere/ca.pem"}, "without mode"), ({"mode": "require", "ca": "{self}"}, None),
    ({"mode": "require", "ca": "{empty}"}, "no certificate of an authority"), ({"mode": "require", "ca": "{self}", "crl": "{empty}"}, "no list in crl"),
    ({"mode": "always", "ca": "{self}"}, "always")])
def test_settings_that_would_let_anybody_in(house, client, said):
    """A file with nothing in it would check nothing: it is refused, and what runs goes on."""
    before = house.settings
    (house.folder / "empty.pem").write_text("")
    files = {"self": str(house.papers["self"]), "empty": str(house.folder / "empty.pem")}
    client = {key: value.format(**files) for key, value in client.items()}
    house.write({**before, "sites": [{**before["sites"][0], "tls": {"client_certificate": client}}, *before["sites"][1:]]})
    try:
        worked, text = house.reload()
        assert worked == (said is None) and (said or "") in text, text
        answer = visit(house, OPEN, "none")
        assert answer is None if worked else answer.startswith(b"HTTP/1.1 200 ")
    finally:
        house.write(before)
        assert house.reload()[0]

"""Logging in to the hub with a client certificate, and where everybody needs a second factor: keys of the configuration, as people meet them."""
import hashlib
import json
import re
import ssl

import pytest

from lab import HOST, client_context, der, make_certificate, response, revoke, wait_until
from lab.hub import HubShield
from lab.wire import request, send

PASSWORD = "correct horse battery"


@pytest.fixture
def start(start_origin):
    shields = []

    def begin(**hub):
        shields.append(HubShield(start_origin(lambda request: response(b"well")), start=False))
        shield = shields[-1]
        shield.papers = {"authority": make_certificate(shield.folder / "authority.pem"), "server": make_certificate(shield.folder / "hub.pem", HOST)}
        for name in ("anna", "boris", "stranger"):
            shield.papers[name] = make_certificate(shield.folder / f"{name}.pem", name, issuer=shield.papers["authority"])
        shield.crl = revoke(shield.folder / "authority.crl", shield.papers["authority"], shield.papers["boris"])
        shield.hub_keys = {"listen": f"127.0.0.1:{shield.hub_port}", "name": HOST, "certificate": str(shield.papers["server"]), **hub}
        if "client_ca" not in hub:
            shield.hub_keys["client_ca"] = str(shield.papers["authority"])
        shield.write({**shield.settings, "hub": shield.hub_keys})
        shield.start()
        shield.wait_hub()
        return shield
    yield begin
    for shield in shields:
        shield.stop()


def ask(shield, path, paper=None, method="GET", body=None):
    """Over TLS, as a browser on the machine would: the response."""
    context = client_context(shield.papers["server"], certificate=shield.papers[paper] if paper else None)
    fields = [("Content-Type", "application/json")] if body is not None else []
    return send(shield.hub_port, request("/api/v1" + path, *fields, method=method, body=None if body is None else json.dumps(body)), context=context)


def person(shield, name, **more):
    """An account, made by root of the machine. It has a password when its owner has chosen one with CODE."""
    status, said = shield.api("POST", "/api/v1/people", {"name": name, "roles": ["analyst"], "tenants": ["*"], "language": "fr"})
    assert status == 200, said
    if more:
        assert shield.api("PATCH", f"/api/v1/people/{name}", more)[0] == 200
    return said["code"]


def fingerprint(shield, name):
    return hashlib.sha256(der(shield.papers[name])).hexdigest()


def test_a_certificate_is_a_person(start):
    shield = start()
    person(shield, "anna", certificate=fingerprint(shield, "anna"))
    assert json.loads(ask(shield, "/session").text)["methods"] == ["password", "passkey"]
    assert json.loads(ask(shield, "/session", "anna").text)["methods"] == ["password", "passkey", "certificate"]
    reply = ask(shield, "/session/certificate", "anna", "POST", {})
    said = json.loads(reply.text)
    assert reply.status == 200 and said["person"]["name"] == "anna" and said["must"] == [] and "search" in said["permits"]
    assert reply.get("set-cookie").startswith("__Host-bouclier_session=") and "Secure" in reply.get("set-cookie")
    assert ask(shield, "/session/certificate", "stranger", "POST", {}).status == 401, "signed, but nobody's"
    assert ask(shield, "/session/certificate", None, "POST", {}).status == 401
    status, said = shield.api("GET", "/api/v1/audit")
    assert status == 200
    whats = [(entry["what"], entry["who"]) for entry in said["entries"]]
    assert ("session.begin", "anna") in whats and ("session.refused", "?") in whats


def test_who_was_revoked_and_who_was_disabled(start):
    shield = start()
    for name in ("anna", "boris"):
        person(shield, name, certificate=fingerprint(shield, name))
    assert ask(shield, "/session/certificate", "boris", "POST", {}).status == 200, "nobody has been asked what was revoked"
    hub = shield.hub()
    shield.apply({**shield.settings, "hub": {**shield.hub_keys, "client_crl": str(shield.crl)}})
    shield.wait_hub(other_than=hub)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(shield, "/session/certificate", "boris", "POST", {})
    assert ask(shield, "/session/certificate", "anna", "POST", {}).status == 200
    assert shield.api("PATCH", "/api/v1/people/anna", {"disabled": True})[0] == 200
    assert ask(shield, "/session/certificate", "anna", "POST", {}).status == 401


def test_a_list_that_is_none_lets_nobody_in(start):
    """Fails closed: without it nobody knows whose certificate is good."""
    shield = start()
    hub = shield.hub()
    (shield.folder / "authority.crl").write_text("this is no list")
    shield.apply({**shield.settings, "hub": {**shield.hub_keys, "client_crl": str(shield.crl)}})
    shield.wait_hub(other_than=hub)
    wait_until(lambda: "it answers commands only" in shield.said(), what="it is said")
    with pytest.raises(OSError):
        ask(shield, "/session")
    assert shield.api("GET", "/api/v1/session")[0] == 200, "its socket answers"


@pytest.mark.parametrize("word, must", [("required", ["enrol-second-factor"]), ("optional", [])])
def test_a_second_factor(start, word, must):
    shield = start(second_factor=word)
    code = wait_until(lambda: re.search(r"give this code, once: (\S+)", shield.said()), what="the code of the first start")[1]
    reply = ask(shield, "/first-start", None, "POST", {"code": code, "name": "anna", "password": PASSWORD})
    said = json.loads(reply.text)
    assert reply.status == 200 and said["must"] == must and ("search" in said["permits"]) == (not must)

"""A small certificate authority that speaks ACME (RFC 8555), for one account and http-01.

It checks what an authority checks: the nonce and the signature of each request, and the challenge, which it fetches
itself from ADDRESS with the name as Host. What it signs is good for one test.
"""
import base64
import datetime
import hashlib
import http.client
import http.server
import json
import secrets
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authority(http.server.ThreadingHTTPServer):
    def __init__(self, address):
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = address
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.nonces, self.account, self.orders, self.fetched = set(), None, [], []
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        self.root = self.certificate(self.name, self.key.public_key(), x509.BasicConstraints(ca=True, path_length=None))
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def certificate(self, subject, public_key, *extensions):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder(issuer_name=self.name, subject_name=subject, public_key=public_key,
                                          serial_number=x509.random_serial_number(),
                                          not_valid_before=now - datetime.timedelta(hours=1),
                                          not_valid_after=now + datetime.timedelta(days=90))
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def sign(self, request):
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        leaf = self.certificate(request.subject, request.public_key(), names)
        return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (leaf, self.root))

    def thumbprint(self):
        jwk = {name: self.account[name] for name in ("e", "kty", "n")}
        return encode(hashlib.sha256(json.dumps(jwk, sort_keys=True, separators=(",", ":")).encode()).digest())

    def is_proven(self, name, token):
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        connection.request("GET", f"/.well-known/acme-challenge/{token}", headers={"Host": name})
        reply = connection.getresponse()
        found = reply.read().decode().strip()
        self.fetched.append((name, reply.status))
        return reply.status == 200 and found == f"{token}.{self.thumbprint()}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, content, *headers, kind="application/json"):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        nonce = secrets.token_urlsafe(12)
        self.server.nonces.add(nonce)
        self.send_response(status)
        for name, value in (("Replay-Nonce", nonce), ("Content-Type", kind), ("Content-Length", len(body)), *headers):
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.reply(200, b"")

    def do_GET(self):
        base = self.server.base
        if self.path != "/directory":
            self.reply(200, b"")
            return
        self.reply(200, {name: f"{base}/{path}" for name, path in (
            ("newNonce", "nonce"), ("newAccount", "account"), ("newOrder", "order"), ("revokeCert", "revoke"),
            ("keyChange", "key"))} | {"meta": {"termsOfService": f"{base}/terms"}})

    def do_POST(self):
        """The payload of a request whose nonce and signature are right, handed to the resource that the path names."""
        outer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        head = json.loads(decode(outer["protected"]))
        jwk = head.get("jwk") or self.server.account
        number = rsa.RSAPublicNumbers(*(int.from_bytes(decode(jwk[part]), "big") for part in ("e", "n")))
        signed = f"{outer['protected']}.{outer['payload']}".encode()
        number.public_key().verify(decode(outer["signature"]), signed, padding.PKCS1v15(), hashes.SHA256())
        self.server.nonces.remove(head["nonce"])
        assert head["url"] == self.server.base + self.path
        if self.path == "/account":
            self.server.account = jwk
        payload = json.loads(decode(outer["payload"]) or b"{}")
        resource, *numbers = self.path.strip("/").split("/")
        getattr(self, f"on_{resource}")(payload, *map(int, numbers))

    def on_account(self, _payload):
        self.reply(201, {"status": "valid"}, ("Location", f"{self.server.base}/account/0"))

    def on_order(self, payload, number=None):
        if number is None:
            number = len(self.server.orders)
            names = [one["value"] for one in payload["identifiers"]]
            self.server.orders.append({"names": names, "tokens": [secrets.token_urlsafe(16) for _ in names],
                                       "states": ["pending"] * len(names), "chain": None})
        order, base = self.server.orders[number], self.server.base
        state = "valid" if order["chain"] else "ready" if set(order["states"]) == {"valid"} else "pending"
        content = {"status": state, "identifiers": [{"type": "dns", "value": name} for name in order["names"]],
                   "authorizations": [f"{base}/authz/{number}/{at}" for at in range(len(order["names"]))],
                   "finalize": f"{base}/finalize/{number}"}
        if order["chain"]:
            content["certificate"] = f"{base}/certificate/{number}"
        self.reply(201, content, ("Location", f"{base}/order/{number}"))

    def challenge(self, number, at):
        order = self.server.orders[number]
        return {"type": "http-01", "url": f"{self.server.base}/challenge/{number}/{at}", "token": order["tokens"][at],
                "status": order["states"][at]}

    def on_authz(self, _payload, number, at):
        order = self.server.orders[number]
        self.reply(200, {"status": order["states"][at], "identifier": {"type": "dns", "value": order["names"][at]},
                         "challenges": [self.challenge(number, at)]})

    def on_challenge(self, _payload, number, at):
        order = self.server.orders[number]
        if order["states"][at] == "pending":
            proven = self.server.is_proven(order["names"][at], order["tokens"][at])
            order["states"][at] = "valid" if proven else "invalid"
        self.reply(200, self.challenge(number, at))

    def on_finalize(self, payload, number):
        order = self.server.orders[number]
        assert set(order["states"]) == {"valid"}
        request = x509.load_der_x509_csr(decode(payload["csr"]))
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert request.is_signature_valid and set(names.get_values_for_type(x509.DNSName)) == set(order["names"])
        order["chain"] = self.server.sign(request)
        self.on_order({}, number)

    def on_certificate(self, _payload, number):
        self.reply(200, self.server.orders[number]["chain"], kind="application/pem-certificate-chain")

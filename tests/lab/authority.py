"""Certificates as the world has them: authorities, what they sign, what they revoke; and an origin that speaks TLS."""
import datetime
import pathlib
import socket
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lab import Origin

PEM = serialization.Encoding.PEM


def now():
    return datetime.datetime.utcnow()


def named(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Signs certificates and revocation lists; `path` is its own certificate, in FOLDER."""

    def __init__(self, folder, name):
        self.folder, self.name, self.key = pathlib.Path(folder), name, ec.generate_private_key(ec.SECP256R1())
        self.certificate = (self.builder(name, self.key, 90, 1).issuer_name(named(name))
                            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
                            .sign(self.key, hashes.SHA256()))
        self.path = self.folder / f"{name}.crt"
        self.path.write_bytes(self.certificate.public_bytes(PEM))

    @staticmethod
    def builder(name, key, days, ago):
        return (x509.CertificateBuilder().subject_name(named(name)).public_key(key.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(now() - datetime.timedelta(days=ago))
                .not_valid_after(now() + datetime.timedelta(days=days)))

    def issue(self, name, *hosts, days=90, ago=2, path=None):
        """A PEM file with certificate and key, for HOSTS (none: a client's)."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self.builder(name, key, days, ago).issuer_name(self.certificate.subject)
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        signed = builder.sign(self.key, hashes.SHA256())
        path = pathlib.Path(path or self.folder / f"{name}.pem")
        path.write_bytes(signed.public_bytes(PEM) + key.private_bytes(PEM, serialization.PrivateFormat.PKCS8,
                                                                      serialization.NoEncryption()))
        return path

    def revoke(self, *paths):
        """A PEM file with the list of what is revoked."""
        builder = (x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
                   .last_update(now() - datetime.timedelta(days=1)).next_update(now() + datetime.timedelta(days=30)))
        for path in paths:
            serial = x509.load_pem_x509_certificate(path.read_bytes()).serial_number
            builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(serial)
                                                      .revocation_date(now() - datetime.timedelta(hours=1)).build())
        listed = self.folder / f"{self.name}.crl"
        listed.write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(PEM))
        return listed


def der(path):
    """The first certificate of a PEM file."""
    return x509.load_pem_x509_certificate(pathlib.Path(path).read_bytes()).public_bytes(serialization.Encoding.DER)


class TlsOrigin(Origin):
    """An Origin behind TLS with the certificate of a PEM file; with CLIENT_CA nobody gets in without a certificate of it.
    `shown` keeps, for each connection, (SNI, the client's certificate)."""

    def __init__(self, certificate, client_ca=None, **options):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.context.sni_callback = self.note_name
        if client_ca:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.shown, self.names = [], []
        super().__init__(**options)
        self.url = f"https://127.0.0.1:{self.port}"

    def note_name(self, connection, name, context):
        self.names.append(name)

    def serve(self, connection):
        try:
            connection.settimeout(10)
            wrapped = self.context.wrap_socket(connection, server_side=True)
        except (OSError, ssl.SSLError):
            self.open.discard(connection)
            connection.close()
            return
        self.shown.append(wrapped.getpeercert(binary_form=True))
        self.open.add(wrapped)
        super().serve(wrapped)


def client_context(certificate=None, **options):
    """A client that believes anybody and shows CERTIFICATE."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(certificate)
    for name, value in options.items():
        setattr(context, name, value)
    return context


def open_tls(port, name, context, session=None):
    raw = socket.create_connection(("127.0.0.1", port), timeout=5)
    try:
        return context.wrap_socket(raw, server_hostname=name, session=session)
    except BaseException:
        raw.close()
        raise


def converse(connection, host, path="/", *fields):
    """Sends a GET and reads until the end; ssl.SSLError when TLS 1.3 refuses only now."""
    lines = "".join(f"{field}\r\n" for field in fields)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{lines}Connection: close\r\n\r\n".encode("latin-1"))
    got = b""
    while piece := connection.recv(65536):
        got += piece
    return got

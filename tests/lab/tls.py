"""Certificates, and both ends of a handshake."""
import datetime
import pathlib
import socket
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa as rsa_keys
from cryptography.x509.oid import NameOID

from lab.place import HOST


def make_certificate(path, *names, days=90, ago=1, rsa=False, issuer=None):
    """For NAMES (none: an authority), self-signed or signed by ISSUER, a file made here; chain and key in one PEM file at
    PATH."""
    path = pathlib.Path(path)
    key = rsa_keys.generate_private_key(65537, 2048) if rsa else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0] if names else path.stem)])
    signer, signer_name = key, name
    if issuer:
        pem = pathlib.Path(issuer).read_bytes()
        signer = serialization.load_pem_private_key(pem, None)
        signer_name = x509.load_pem_x509_certificate(pem).subject
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder(issuer_name=signer_name, subject_name=name, public_key=key.public_key(),
                                      serial_number=x509.random_serial_number(), not_valid_before=now - datetime.timedelta(days=ago),
                                      not_valid_after=now + datetime.timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
    pem = builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    path.write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return path


def revoke(path, issuer, *paths):
    """ISSUER's list of what it revoked: the certificates at PATHS; PEM, at PATH."""
    pem = pathlib.Path(issuer).read_bytes()
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateRevocationListBuilder(issuer_name=x509.load_pem_x509_certificate(pem).subject,
                                                    last_update=now - datetime.timedelta(days=1),
                                                    next_update=now + datetime.timedelta(days=30))
    for each in paths:
        serial = x509.load_pem_x509_certificate(each.read_bytes()).serial_number
        builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder(serial, now - datetime.timedelta(hours=1)).build())
    signed = builder.sign(serialization.load_pem_private_key(pem, None), hashes.SHA256())
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return path


def client_context(ca=None, certificate=None, alpn=(), version=None):
    """Trusts CA, or anybody; shows CERTIFICATE; speaks no other VERSION (of ssl.TLSVersion)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if version:
        context.minimum_version = context.maximum_version = version
    if ca:
        context.load_verify_locations(ca)
    else:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(certificate)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def trusting(*alpn):
    """A client that believes anybody: our certificates are self-signed."""
    return client_context(alpn=alpn)


def server_context(certificate, client_ca=None, names=None):
    """For Origin(context=...); with CLIENT_CA it refuses whoever shows no certificate of that authority. NAMES: a list that gets
    the SNI of every handshake, None where there was none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if names is not None:
        context.sni_callback = lambda connection, name, context: names.append(name)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def shown(port, host=HOST):
    """The certificate that is shown for HOST, DER; None: the handshake is refused."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as raw, trusting().wrap_socket(raw, server_hostname=host) as tls:
            return tls.getpeercert(binary_form=True)
    except ssl.SSLError:
        return None


def der(path):
    """The first certificate of a PEM file."""
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(serialization.Encoding.DER)

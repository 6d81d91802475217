"""Certificates for the hosts that commands talk to, signed by an authority that only this session knows.

The keys are in memory alone: what is on disk is what commands need in order to trust the authority.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from io import FileIO
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

#: Variables by which programs find the certificates they trust. Those that name more than one file are not here.
VARIABLES: Final = (
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "CARGO_HTTP_CAINFO",
    "PIP_CERT",
    "AWS_CA_BUNDLE",
    "DENO_CERT",
)
_SYSTEM: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_LARGEST: Final = 16 << 20
_LIFETIME: Final = datetime.timedelta(days=30)
_MOST_HOSTS: Final = 500
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


class Authority:
    """Signs for hosts."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        #: One key for all hosts: whoever has it has this process.
        self._host_key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gaff sandbox, this session only")])
        builder = self._builder(self._name, self._key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        self._certificate = builder.sign(self._key, hashes.SHA256())
        self._contexts: dict[str, ssl.SSLContext] = {}

    @property
    def certificate(self) -> str:
        """What is to be trusted."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def context_for(self, host: str) -> ssl.SSLContext:
        """Return with what to be this host."""
        if host not in self._contexts:
            if len(self._contexts) >= _MOST_HOSTS:
                self._contexts.clear()
            self._contexts[host] = self._context(host)
        return self._contexts[host]

    def _context(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        key = self._host_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        # The library reads files only; this one has no name.
        with closing(FileIO(os.memfd_create("gaff-certificate"), "r+")) as file:
            file.write(key + self._sign(host).public_bytes(serialization.Encoding.PEM))
            file.seek(0)
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
        return context

    def _sign(self, host: str) -> x509.Certificate:
        try:
            name: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            name = x509.DNSName(host)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
        builder = self._builder(subject, self._host_key.public_key())
        builder = builder.add_extension(x509.SubjectAlternativeName([name]), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        return builder.add_extension(server, critical=False).sign(self._key, hashes.SHA256())

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        ours = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder(self._name, subject, key, x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + _LIFETIME)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(ours, critical=False)
        )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def trusted(environ: Mapping[str, str], more: Iterable[str]) -> str:
    """Return the certificates that this machine and the user's environment trust, and those of ``more``."""
    usual = ssl.get_default_verify_paths()
    files = (environ.get(name) for name in VARIABLES)
    system = next((path for path in (usual.cafile, usual.openssl_cafile, *_SYSTEM) if _is_file(path)), None)
    paths = dict.fromkeys(path for path in (system, *files, *more) if path)
    return "\n".join(dict.fromkeys(block for path in paths for block in _blocks(path)))


def _is_file(path: str | None) -> bool:
    return path is not None and os.path.isfile(path) and os.path.getsize(path) > 0


def _blocks(path: str) -> Iterator[str]:
    """Yield the certificates in a file: a key that is in there, too, is left out."""
    with suppress(OSError), open(path, encoding="latin-1") as file:
        for part in file.read(_LARGEST).split(_BEGIN)[1:]:
            body, end, _ = part.partition(_END)
            if end:
                yield _BEGIN + body + _END


def towards_hosts(certificates: str) -> ssl.SSLContext:
    """Return with what to check the hosts themselves."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["http/1.1"])
    context.load_verify_locations(cadata=certificates)
    return context

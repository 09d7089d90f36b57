"""A certificate authority for development: makes certificates that Switchyard's processes read.

Keys are P-256 (FIPS 186-5), certificates X.509 version 3 (RFC 5280).
"""

import datetime
import ipaddress
from dataclasses import dataclass
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CA_LIFE = datetime.timedelta(days=3650)
_CLOCKS_DIFFER = datetime.timedelta(minutes=5)
_AT_MOST_LEFT_TO_RENEW = 1 / 3
"""A certificate with less than this part of its life left is made anew."""


class BadAuthority(Exception):
    """The authority cannot sign; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Names:
    """Whom a certificate is for: the hosts a server is reached by, the identity a client has."""

    name: str
    hosts: tuple[str, ...] = ()
    uri: str = ""

    def alternative(self) -> x509.SubjectAlternativeName:
        """The names as they stand in a certificate."""
        hosts: list[x509.GeneralName] = [_host(host) for host in self.hosts]
        uris = [x509.UniformResourceIdentifier(self.uri)] if self.uri else []
        return x509.SubjectAlternativeName([*hosts, *uris])


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key, as PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """Signs certificates with its own."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key

    @classmethod
    def make(cls, now: datetime.datetime) -> Self:
        """A new one, good for ten years from `now`."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _common_name("Switchyard development CA")
        built = _begun(name, name, key, now, _CA_LIFE)
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        built = built.add_extension(_usage(signs_certificates=True), critical=True)
        built = _with_key_ids(built, key, key)
        return cls(built.sign(key, hashes.SHA256()), key)

    @classmethod
    def load(cls, pair: Pair, now: datetime.datetime) -> Self:
        """The one that was made before. BadAuthority: unreadable, not a CA, or it has run out."""
        try:
            certificate = x509.load_pem_x509_certificate(pair.certificate)
            key = serialization.load_pem_private_key(pair.key, None)
        except (ValueError, TypeError) as error:
            raise BadAuthority("its certificate or its key cannot be read") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise BadAuthority("its key is of another kind than the ones that are made here")
        if key.public_key() != certificate.public_key():
            raise BadAuthority("its key does not belong to its certificate")
        if certificate.not_valid_after_utc <= now:
            raise BadAuthority(f"it ran out on {certificate.not_valid_after_utc:%Y-%m-%d}")
        return cls(certificate, key)

    @property
    def pair(self) -> Pair:
        """What is kept of it, and its key is kept secret."""
        return Pair(_pem(self._certificate), _key_pem(self._key))

    @property
    def until(self) -> datetime.datetime:
        """When it runs out: nothing it signs is good for longer."""
        return self._certificate.not_valid_after_utc

    def issue(self, names: Names, now: datetime.datetime, life: datetime.timedelta) -> Pair:
        """A certificate for both ends of connections, with a key of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        life = min(life, self.until - now)
        built = _begun(_common_name(names.name), self._certificate.subject, key, now, life)
        built = built.add_extension(names.alternative(), critical=False)
        built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        built = built.add_extension(_usage(signs_certificates=False), critical=True)
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        built = built.add_extension(x509.ExtendedKeyUsage(both), critical=False)
        built = _with_key_ids(built, key, self._key)
        return Pair(_pem(built.sign(self._key, hashes.SHA256())), _key_pem(key))

    def still_good(self, pair: Pair, names: Names, now: datetime.datetime) -> bool:
        """Whether an issued pair need not be made anew: of this authority, for these names, whole,
        and with a third of its life left."""
        try:
            certificate = x509.load_pem_x509_certificate(pair.certificate)
            key = serialization.load_pem_private_key(pair.key, None)
            certificate.verify_directly_issued_by(self._certificate)
            has = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
            return False
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        left = (ends - now) / (ends - begins)
        whole = key.public_key() == certificate.public_key()
        return whole and set(has) == set(names.alternative()) and left > _AT_MOST_LEFT_TO_RENEW


def hosts_of(pair: Pair) -> tuple[str, ...]:
    """The hosts that a certificate is for; none if it cannot be read."""
    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate)
        has = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return ()
    addresses = map(str, has.get_values_for_type(x509.IPAddress))
    return (*has.get_values_for_type(x509.DNSName), *addresses)


def expiry(pair: Pair) -> datetime.datetime:
    """When a certificate runs out."""
    return x509.load_pem_x509_certificate(pair.certificate).not_valid_after_utc


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime.datetime,
    life: datetime.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + life)
    )


def _with_key_ids(
    built: x509.CertificateBuilder,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    of_signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return built.add_extension(own, critical=False).add_extension(of_signer, critical=False)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )

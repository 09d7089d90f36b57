"""A private CA for tests, and certificates with the names that Switchyard reads."""

import datetime
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from switchyard_common.settings import TlsFiles

_DAY = datetime.timedelta(days=1)
_PATIENCE_SECONDS = 30


def serial_of(files: TlsFiles) -> int:
    """The serial number of a certificate."""
    return x509.load_pem_x509_certificate(files.cert.read_bytes()).serial_number


def serial_shown(host: str, port: int, hello: bytes = b"") -> int:
    """The serial number of the certificate that a new connection is shown; it shows none itself.

    `hello` asks for TLS first, where the protocol wants that. Raises OSError if nobody listens.
    """
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((host, port), _PATIENCE_SECONDS) as plain:
        if hello:
            plain.sendall(hello)
            assert plain.recv(1) == b"S"
        with context.wrap_socket(plain) as secured:
            shown = secured.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown).serial_number


class Authority:
    """Signs for servers on this machine and for clients with URI names."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._ca = trustme.CA()

    def server(self, name: str = "server", *hosts: str) -> TlsFiles:
        """A server's files for 127.0.0.1, localhost and `hosts`."""
        leaf = self._ca.issue_cert("127.0.0.1", "localhost", *hosts)
        return self._write(name, leaf.cert_chain_pems[0].bytes(), leaf.private_key_pem.bytes())

    def client(
        self, name: str, *uris: str, hosts: Sequence[str] = (), run_out: bool = False
    ) -> TlsFiles:
        """A client's files whose certificate holds these URIs, these hosts and no other name."""
        key = ec.generate_private_key(ec.SECP256R1())
        ca = x509.load_pem_x509_certificate(self._ca.cert_pem.bytes())
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(ca.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * _DAY)
            .not_valid_after(now - _DAY if run_out else now + _DAY)
        )
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri) for uri in uris]
        names += [x509.DNSName(host) for host in hosts]
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        signer = serialization.load_pem_private_key(self._ca.private_key_pem.bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        certificate = builder.sign(signer, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return self._write(name, certificate.public_bytes(serialization.Encoding.PEM), private)

    def _write(self, name: str, certificate: bytes, key: bytes) -> TlsFiles:
        files = TlsFiles(*(self._folder / f"{name}.{part}" for part in ("cert", "key", "ca")))
        files.cert.write_bytes(certificate)
        files.key.write_bytes(key)
        files.ca.write_bytes(self._ca.cert_pem.bytes())
        return files

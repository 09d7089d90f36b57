"""A process's certificate: read from files, and read anew when they change.

Whoever renews it replaces the files; connections that are open stay as they are, new ones are made
with the new certificate. Files that cannot be used leave everything as it was.
"""

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from switchyard_common.errors import StartError
from switchyard_common.settings import TlsFiles

_LOOK_SECONDS = 1.0
_BAD = (OSError, ValueError, TypeError)  # of reading, and of what cryptography finds in a file

type _Stamp = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What stands in the files, as PEM; the serial number, and seconds since 1970 of the end."""

    cert: bytes
    key: bytes
    ca: bytes
    serial: int
    expires_at: float


class Certificate:
    """Looks at its files at most once a second, when it is asked for; from any thread.

    A look costs three `stat`, a change three reads.
    """

    def __init__(self, files: TlsFiles, monotonic: Callable[[], float] = time.monotonic) -> None:
        """StartError if the files cannot be used."""
        self.files = files
        self.refused = 0
        """How often changed files could not be used."""
        self._monotonic = monotonic
        self._looking = threading.Lock()
        self._log = structlog.stdlib.get_logger()
        try:
            self._stamp = self._stamp_now()
            self._credentials = _read(files)
        except _BAD as error:
            raise StartError(
                f"TLS cannot use {files.cert}, {files.key} and {files.ca}: {error}; give a "
                "certificate, the key that belongs to it, and the CA's certificate, as PEM"
            ) from error
        self._looked = monotonic()

    def current(self) -> Credentials:
        """The newest that could be used: the same object as long as nothing has changed."""
        if self._monotonic() - self._looked >= _LOOK_SECONDS and self._looking.acquire(False):
            try:
                self._look()
            finally:
                self._looking.release()
        return self._credentials

    def _look(self) -> None:
        self._looked = self._monotonic()
        stamp: _Stamp = ()
        try:
            stamp = self._stamp_now()
            if stamp == self._stamp:
                return
            self._credentials = _read(self.files)
        except _BAD as error:
            if stamp != self._stamp:
                self._refuse(error)
        else:
            fresh = self._credentials
            self._log.info(
                "certificate_replaced",
                file=str(self.files.cert),
                serial=f"{fresh.serial:x}",
                expires_at=fresh.expires_at,
            )
        self._stamp = stamp

    def _refuse(self, error: Exception) -> None:
        self.refused += 1
        self._log.error(
            "certificate_refused",
            file=str(self.files.cert),
            problem=f"{type(error).__name__}: {error}",
            then="the one before stays in use",
        )

    def _stamp_now(self) -> _Stamp:
        found = (path.stat() for path in (self.files.cert, self.files.key, self.files.ca))
        return tuple((each.st_mtime_ns, each.st_ino, each.st_size) for each in found)


@cache
def certificate_of(files: TlsFiles) -> Certificate:
    """The one of this process: all that use the same files change over together, and a file that
    cannot be used is told once. StartError as `Certificate`."""
    return Certificate(files)


class Renewed[T]:
    """Something that is made of a certificate's files, and made anew once they have changed."""

    def __init__(self, certificate: Certificate, make: Callable[[TlsFiles], T]) -> None:
        self._certificate = certificate
        self._make = make
        self._of = certificate.current()
        self._made = make(certificate.files)

    def current(self) -> T:
        """The newest that could be made."""
        credentials = self._certificate.current()
        if credentials is not self._of:
            try:
                self._made = self._make(self._certificate.files)
            except OSError:  # they are being replaced at this moment: the next one who asks gets it
                return self._made
            self._of = credentials
        return self._made


def server_context(files: TlsFiles, clients: ssl.VerifyMode) -> ssl.SSLContext:
    """For servers: each connection gets the certificate, and the CA for clients, of its time.

    `clients` says whether they have to show a certificate of the CA, may, or are not asked.
    StartError if the files cannot be used.
    """

    def make(newest: TlsFiles) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = clients
        context.load_cert_chain(newest.cert, newest.key)
        context.load_verify_locations(newest.ca)
        return context

    renewed = Renewed(certificate_of(files), make)

    def choose(connection: ssl.SSLSocket | ssl.SSLObject, _: str | None, __: object) -> None:
        connection.context = renewed.current()

    first = make(files)
    first.sni_callback = choose  # called for every handshake, a server's name or none
    return first


def client_contexts(files: TlsFiles) -> Renewed[ssl.SSLContext]:
    """For clients: they show the certificate, and trust the CA beside the system's authorities.

    StartError if the files cannot be used.
    """

    def make(newest: TlsFiles) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.load_cert_chain(newest.cert, newest.key)
        context.load_verify_locations(newest.ca)
        return context

    return Renewed(certificate_of(files), make)


def _read(files: TlsFiles) -> Credentials:
    cert, key, ca = (path.read_bytes() for path in (files.cert, files.key, files.ca))
    certificate = x509.load_pem_x509_certificates(cert)[0]
    if serialization.load_pem_private_key(key, None).public_key() != certificate.public_key():
        raise ValueError("the key does not belong to the certificate")
    x509.load_pem_x509_certificates(ca)
    expires_at = certificate.not_valid_after_utc.timestamp()
    return Credentials(cert, key, ca, certificate.serial_number, expires_at)

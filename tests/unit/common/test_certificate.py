"""A certificate's files: taken when they change and can be used, else left as it was."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from switchyard_common.certificate import Certificate, Renewed, certificate_of
from switchyard_common.certificate_metrics import CertificateMetrics
from switchyard_common.errors import StartError
from switchyard_common.settings import TlsFiles

from tests.fakes.certificates import Authority

pytestmark = pytest.mark.unit


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def files(authority: Authority) -> TlsFiles:
    return authority.server("process")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def certificate(files: TlsFiles, time: Time) -> Certificate:
    return Certificate(files, time)


def test_the_same_object_as_long_as_nothing_changes(certificate: Certificate, time: Time) -> None:
    first = certificate.current()
    time.seconds = 5
    assert certificate.current() is first


def test_new_files_are_taken_at_the_next_look(
    certificate: Certificate, authority: Authority, time: Time
) -> None:
    before = certificate.current()
    authority.server("process")
    assert certificate.current() is before
    time.seconds = 1.5
    assert certificate.current().serial != before.serial
    assert certificate.refused == 0


@pytest.mark.parametrize("broken", ["cert", "key", "ca"])
def test_a_file_that_cannot_be_read_keeps_the_old_one_is_logged_and_counted(
    certificate: Certificate, files: TlsFiles, time: Time, broken: str
) -> None:
    before = certificate.current()
    path: Path = getattr(files, broken)
    path.write_bytes(b"nothing of the kind")
    time.seconds = 2
    with capture_logs() as logs:
        assert certificate.current() is before
        time.seconds = 4
        assert certificate.current() is before
    assert certificate.refused == 1, "one bad file is told once"
    assert [line["event"] for line in logs] == ["certificate_refused"]


def test_a_key_of_another_certificate_is_refused_until_its_own_comes(
    certificate: Certificate, authority: Authority, files: TlsFiles, time: Time
) -> None:
    before = certificate.current()
    old_key = files.key.read_bytes()
    authority.server("process")
    new_key = files.key.read_bytes()
    files.key.write_bytes(old_key + b"\n")
    time.seconds = 2
    assert certificate.current() is before
    files.key.write_bytes(new_key)
    time.seconds = 4
    assert certificate.current().serial != before.serial


def test_a_file_that_is_gone_keeps_the_old_one(
    certificate: Certificate, files: TlsFiles, time: Time
) -> None:
    before = certificate.current()
    files.cert.unlink()
    for time.seconds in (2, 4, 6):
        assert certificate.current() is before
    assert certificate.refused == 1


def test_at_the_start_files_that_cannot_be_used_are_an_error_that_names_them(
    files: TlsFiles,
) -> None:
    files.key.write_bytes(b"")
    with pytest.raises(StartError, match=r"process\.cert.*process\.key.*process\.ca"):
        Certificate(files)


def test_a_process_has_one_of_the_same_files(files: TlsFiles) -> None:
    assert certificate_of(files) is certificate_of(TlsFiles(files.cert, files.key, files.ca))


def test_what_is_made_of_it_is_made_once_until_it_changes(
    certificate: Certificate, authority: Authority, time: Time
) -> None:
    renewed = Renewed(certificate, lambda of: of.cert.read_bytes())
    first = renewed.current()
    assert renewed.current() is first
    authority.server("process")
    time.seconds = 2
    assert renewed.current() == certificate.current().cert != first


def test_what_cannot_be_made_right_now_is_made_by_the_next_who_asks(
    certificate: Certificate, authority: Authority, time: Time
) -> None:
    failures = iter([None, OSError("between two files"), None])

    def make(_: TlsFiles) -> object:
        if (failure := next(failures)) is not None:
            raise failure
        return object()

    renewed = Renewed(certificate, make)
    first = renewed.current()
    authority.server("process")
    time.seconds = 2
    assert renewed.current() is first
    assert renewed.current() is not first


def test_metrics_tell_when_it_runs_out_and_what_was_refused(files: TlsFiles) -> None:
    registry = CollectorRegistry()
    CertificateMetrics(registry, files)
    expires = registry.get_sample_value("switchyard_certificate_expires_timestamp_seconds")
    assert expires == certificate_of(files).current().expires_at
    assert registry.get_sample_value("switchyard_certificate_refused_total") == 0

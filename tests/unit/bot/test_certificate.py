"""The bot's own certificate behaves as those of the other processes do, and tells the same."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from switchyard_bot.certificate import Certificate, CertificateMetrics
from switchyard_common import certificate_metrics
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
def clock() -> Time:
    return Time()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def files(authority: Authority) -> TlsFiles:
    return authority.server("rasa")


@pytest.fixture
def certificate(files: TlsFiles, clock: Time) -> Certificate:
    return Certificate(files.cert, files.key, files.ca, clock)


def test_new_files_are_taken_at_the_next_look(
    certificate: Certificate, authority: Authority, clock: Time
) -> None:
    before = certificate.to_servers()
    assert certificate.to_servers() is before
    authority.server("rasa")
    clock.seconds = 2
    assert certificate.to_servers() is not before
    assert certificate.refused == 0


def test_files_that_cannot_be_used_change_nothing_and_are_counted_once(
    certificate: Certificate, files: TlsFiles, clock: Time
) -> None:
    before = certificate.to_servers()
    files.key.write_text("no key")
    for clock.seconds in (2, 4):
        assert certificate.to_servers() is before
    files.cert.unlink()
    for clock.seconds in (6, 8):
        assert certificate.to_servers() is before
    assert certificate.refused == 2


def test_at_the_start_files_that_cannot_be_used_are_an_error(files: TlsFiles) -> None:
    files.cert.write_text("nothing")
    with pytest.raises((OSError, ValueError)):
        Certificate(files.cert, files.key, files.ca)


def test_metrics_have_the_names_and_words_of_the_other_processes(
    certificate: Certificate, files: TlsFiles
) -> None:
    own, common = CollectorRegistry(), CollectorRegistry()
    CertificateMetrics(own, certificate)
    certificate_metrics.CertificateMetrics(common, files)
    assert list(own.collect()) == list(common.collect())

"""The development CA: complete, kept, renewed in time, never replaced unasked."""

import datetime
import json
import ssl
import stat
from pathlib import Path

import pytest
import typer
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from switchyard_common.identity import Role, certificate_identity
from switchyard_launcher.authority import Authority, BadAuthority, Names, Pair
from switchyard_launcher.certificates import CertificateFolder, Done, wanted
from switchyard_launcher.certs_command import certs
from typer.testing import CliRunner

pytestmark = pytest.mark.unit

NOW = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
LIFE = datetime.timedelta(days=90)


@pytest.fixture
def folder(tmp_path: Path) -> CertificateFolder:
    return CertificateFolder(tmp_path / "certs")


def made(folder: CertificateFolder, days_later: float = 0, *hosts: str) -> dict[str, Done]:
    now = NOW + datetime.timedelta(days=days_later)
    return {
        entry.name: entry.done for entry in folder.prepare(wanted("demo", hosts, ["7"]), now, LIFE)
    }


def leaf(folder: CertificateFolder, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(folder.files(name).cert.read_bytes())


def uris(certificate: x509.Certificate) -> list[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def dns(certificate: x509.Certificate) -> list[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names.get_values_for_type(x509.DNSName)


def test_every_certificate_is_made_once_and_then_kept(folder: CertificateFolder) -> None:
    assert set(made(folder).values()) == {Done.MADE}
    assert set(made(folder, days_later=59).values()) == {Done.KEPT}


def test_less_than_a_third_of_its_life_left_means_renewed(folder: CertificateFolder) -> None:
    made(folder)
    before = leaf(folder, "router").serial_number
    assert set(made(folder, days_later=61).values()) == {Done.RENEWED}
    assert leaf(folder, "router").serial_number != before


def test_python_and_openssl_take_every_pair(folder: CertificateFolder) -> None:
    for name in made(folder):
        files = folder.files(name)
        context = ssl.create_default_context(cafile=files.ca)
        context.load_cert_chain(files.cert, files.key)


def test_identities_are_those_that_the_services_read(folder: CertificateFolder) -> None:
    made(folder)
    floor = certificate_identity(uris(leaf(folder, "floor")))
    agent = certificate_identity(uris(leaf(folder, "agent-7")))
    assert floor is not None
    assert agent is not None
    assert floor.roles == {Role.PLATFORM, Role.ADMIN}
    assert agent.subject == "7"
    assert agent.roles == {Role.AGENT}
    assert certificate_identity(uris(leaf(folder, "rasa"))) is None


def test_nobody_else_can_read_keys(folder: CertificateFolder, tmp_path: Path) -> None:
    made(folder)
    keys = list((tmp_path / "certs").glob("*.key"))
    assert len(keys) > 5
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_a_host_that_was_asked_for_once_stays(folder: CertificateFolder) -> None:
    made(folder, 0, "pbx.example", "10.0.0.5")
    assert set(made(folder, days_later=1).values()) == {Done.KEPT}
    made(folder, days_later=80)
    assert "pbx.example" in dns(leaf(folder, "router"))


def test_a_new_host_makes_servers_anew_and_leaves_clients_alone(folder: CertificateFolder) -> None:
    made(folder)
    again = made(folder, 1, "pbx.example")
    assert again["router"] is Done.RENEWED
    assert again["agent-7"] is Done.KEPT


def test_agents_that_have_certificates_are_known(folder: CertificateFolder) -> None:
    made(folder)
    assert folder.agents() == ["7"]


@pytest.mark.parametrize("lost", ["ca.pem", "ca.key"])
def test_half_a_ca_is_never_made_whole_by_a_new_one(
    folder: CertificateFolder, tmp_path: Path, lost: str
) -> None:
    made(folder)
    (tmp_path / "certs" / lost).unlink()
    with pytest.raises(BadAuthority, match="one of its two files is missing"):
        made(folder)


def test_a_ca_that_ran_out_is_told_and_not_replaced(
    folder: CertificateFolder, tmp_path: Path
) -> None:
    made(folder)
    before = (tmp_path / "certs" / "ca.pem").read_bytes()
    with pytest.raises(BadAuthority, match="it ran out on 2036-02-27"):
        made(folder, days_later=4000)
    assert (tmp_path / "certs" / "ca.pem").read_bytes() == before


def test_a_foreign_or_broken_certificate_is_made_anew(
    folder: CertificateFolder, tmp_path: Path
) -> None:
    made(folder)
    stranger = Authority.make(NOW).issue(Names("router", ("localhost",)), NOW, LIFE)
    folder.files("router").cert.write_bytes(stranger.certificate)
    folder.files("gateway").key.write_bytes(b"no key")
    again = made(folder)
    assert {name for name, done in again.items() if done is Done.RENEWED} == {"router", "gateway"}


def test_nothing_outlives_its_authority() -> None:
    authority = Authority.make(NOW)
    late = authority.until - datetime.timedelta(days=5)
    pair = authority.issue(Names("late", ("localhost",)), late, LIFE)
    assert x509.load_pem_x509_certificate(pair.certificate).not_valid_after_utc == authority.until


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_whatever_stands_in_a_file_is_no_ca_rather_than_a_crash(one: bytes, other: bytes) -> None:
    with pytest.raises(BadAuthority):
        Authority.load(Pair(one, other), NOW)


@pytest.fixture
def state_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("SWITCHYARD_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C")
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(certs)
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


def test_the_command_says_what_it_did_in_both_languages(state_dir: Path) -> None:
    code, said = run("--agent", "1007")
    assert code == 0
    assert "agent-1007" in said
    assert "switchyard://demo/agent/1007" in said
    assert (state_dir / "certs" / "router.pem").is_file()
    assert "未变动" in run("--lang", "zh")[1]


def test_the_command_renews_agents_made_before_and_speaks_json(state_dir: Path) -> None:
    run("--agent", "1007")
    told = json.loads(run("--renew", "--json")[1])
    assert {entry["done"] for entry in told} == {"renewed"}
    assert "agent-1007" in {entry["name"] for entry in told}


def test_the_command_refuses_a_name_that_is_no_agents(state_dir: Path) -> None:
    code, said = run("--agent", "../ca")
    assert code == 2
    assert "no agent's id" in said
    assert not (state_dir / "certs").exists()


def test_the_command_ends_with_an_error_when_the_ca_cannot_sign(state_dir: Path) -> None:
    run()
    (state_dir / "certs" / "ca.key").write_bytes(b"")
    code, said = run()
    assert code == 1
    assert "never replaced unasked" in said

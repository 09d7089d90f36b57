"""The table of processes: complete, without clashes, and moved by settings alone."""

import datetime
import itertools
from pathlib import Path

import pytest
from cryptography import x509
from switchyard_common.settings import load_settings
from switchyard_demo.floor.company_floor import NODE
from switchyard_launcher.probes import HttpProbe
from switchyard_launcher.process import ProcessSpec, in_order
from switchyard_launcher.secured import tls_variables
from switchyard_launcher.settings import LauncherSettings, describe_settings, load_run_settings
from switchyard_launcher.stack import addresses, stack

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable, _, _ in describe_settings():
        monkeypatch.delenv(variable, raising=False)
    for service in ("CRM", "ROUTER", "BOT", "ACTIONS", "GATEWAY", "DEMO", "INSIGHTS"):
        # Set and deleted, so that what the code sets as a default is gone afterwards.
        monkeypatch.setenv(f"{service}_BIND", "x")
        monkeypatch.delenv(f"{service}_BIND")
    monkeypatch.setenv("SWITCHYARD_STATE_DIR", str(tmp_path))


def table() -> dict[str, ProcessSpec]:
    return {spec.name: spec for spec in stack(load_run_settings(), Path("/checkout"))}


def test_the_store_comes_first_and_callers_come_last() -> None:
    names = [spec.name for spec in in_order(table().values())]
    assert names.index("valkey") < names.index("router") < names.index("company")
    assert names[-1] == "floor"


def test_every_need_is_a_process_of_the_table() -> None:
    specs = table()
    assert set(itertools.chain.from_iterable(spec.needs for spec in specs.values())) <= set(specs)


def test_no_two_processes_share_a_port() -> None:
    numbers = [port.number for spec in table().values() for port in spec.ports]
    assert len(numbers) == len(set(numbers))


def test_an_outside_redis_replaces_the_embedded_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHYARD_REDIS_URL", "redis://elsewhere:6379/3")
    specs = table()
    assert "valkey" not in specs
    assert specs["router"].env["ROUTER_REDIS_URL"] == "redis://elsewhere:6379/3"


def test_sentinels_are_for_the_router_and_the_others_keep_the_embedded_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = "redis+sentinel://a:26379,b:26379/main/0"
    monkeypatch.setenv("SWITCHYARD_REDIS_URL", url)
    specs = table()
    assert specs["router"].env["ROUTER_REDIS_URL"] == url
    own = f"redis://127.0.0.1:{specs['valkey'].ports[0].number}/0"
    assert specs["gateway"].env["GATEWAY_REDIS_URL"] == own
    assert specs["rasa"].env["BOT_REDIS_URL"] == own


def test_the_company_goes_where_crm_adapter_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_DATABASE_URL", "postgresql://elsewhere/crm")
    specs = table()
    assert specs["crm_adapter"].env["CRM_DATABASE_URL"] == "postgresql://elsewhere/crm"
    assert specs["company"].env["DEMO_CRM_DATABASE_URL"] == "postgresql://elsewhere/crm"


def test_the_router_gets_the_models_made_here_unless_others_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ROUTER_MODEL_DIR", raising=False)
    assert "ROUTER_MODEL_DIR" not in table()["router"].env
    made = tmp_path / "models" / "handle_time"
    made.mkdir(parents=True)
    assert table()["router"].env["ROUTER_MODEL_DIR"] == str(made)
    monkeypatch.setenv("ROUTER_MODEL_DIR", "/elsewhere")
    assert table()["router"].env["ROUTER_MODEL_DIR"] == "/elsewhere"


def test_a_moved_port_reaches_the_process_and_everyone_who_calls_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ROUTER_PORT", "7999")
    specs = table()
    assert specs["router"].env["ROUTER_PORT"] == "7999"
    assert specs["gateway"].env["GATEWAY_ROUTER_TARGET"] == "127.0.0.1:7999"
    assert specs["floor"].env["DEMO_ROUTER_TARGET"] == "127.0.0.1:7999"
    assert ("Router", "127.0.0.1:7999 (gRPC)") in addresses(load_run_settings())


def test_the_bind_address_holds_for_all_but_those_that_have_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SWITCHYARD_BIND", "127.0.0.2")
    monkeypatch.setenv("GATEWAY_BIND", "127.0.0.3")
    specs = table()
    assert specs["router"].env["ROUTER_BIND"] == "127.0.0.2"
    assert specs["gateway"].env["GATEWAY_BIND"] == "127.0.0.3"


def test_a_bind_address_that_others_can_reach_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWITCHYARD_BIND", "0.0.0.0")
    with pytest.raises(SystemExit):
        load_run_settings()
    assert "CRM_BIND=0.0.0.0 can be reached from other machines" in capsys.readouterr().err


def test_each_port_of_the_table_names_a_setting_that_moves_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = {port.setting for spec in table().values() for port in spec.ports}
    assert settings <= {variable for variable, _, _ in describe_settings()}
    for number, setting in enumerate(sorted(settings), start=20000):
        monkeypatch.setenv(setting, str(number))
    numbers = {port.number for spec in table().values() for port in spec.ports}
    assert numbers == set(range(20000, 20000 + len(settings)))


def test_callbacks_are_dialled_by_the_floor_if_there_is_one() -> None:
    specs = table()
    assert specs["gateway"].env["GATEWAY_CALLBACK_NODE"] == NODE
    assert specs["actions"].env["ACTIONS_CALLBACK_NODE"] == NODE
    alone = {s.name: s for s in stack(load_run_settings(), Path("/checkout"), floor=False)}
    assert alone["gateway"].env["GATEWAY_CALLBACK_NODE"] == ""
    assert alone["actions"].env["ACTIONS_CALLBACK_NODE"] == ""


def test_with_tls_every_process_gets_its_own_certificate_and_is_asked_by_https(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
    variables = tls_variables(load_settings(LauncherSettings), now)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert len({value for name, value in variables.items() if name.endswith("CERT")}) == 9
    assert all(Path(value).is_relative_to(tmp_path / "certs") for value in variables.values())
    specs, settings = table(), load_run_settings()
    assert specs["gateway"].env["GATEWAY_BOT_URL"] == "https://127.0.0.1:7105"
    assert specs["rasa"].env["BOT_ACTIONS_URL"] == "https://127.0.0.1:7104/webhook"
    assert specs["crm_adapter"].env["CRM_RESET_URL"].startswith("https://127.0.0.1:7100/reset/")
    assert specs["actions"].probe == HttpProbe("https://127.0.0.1:7104/health")
    assert ("Chat page", "https://127.0.0.1:7100/") in addresses(settings)
    assert settings.run.tls is not None
    assert settings.run.tls.cert.name == "launcher.pem"


def test_the_address_that_others_reach_a_run_by_is_in_its_certificates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SWITCHYARD_BIND", "192.0.2.7")
    now = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
    tls_variables(load_settings(LauncherSettings), now)
    shown = x509.load_pem_x509_certificate((tmp_path / "certs" / "router.pem").read_bytes())
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "192.0.2.7" in map(str, names.get_values_for_type(x509.IPAddress))

"""What operators read names every setting, in both languages."""

import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings
from switchyard_actions.settings import ActionsSettings
from switchyard_common.settings import ServiceSettings
from switchyard_crm.settings import CrmSettings
from switchyard_demo.settings import DemoSettings
from switchyard_gateway.settings import GatewaySettings
from switchyard_insights.settings import InsightsSettings
from switchyard_launcher.settings import LauncherSettings
from switchyard_phone.settings import PhoneSettings
from switchyard_router.settings import RouterSettings

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
PAGES = ("docs/operations.md", "docs/operations.zh.md")
SHARED = {f"*_{name}".upper() for name in ServiceSettings.model_fields}
CLASSES: tuple[type[BaseSettings], ...] = (
    ActionsSettings,
    CrmSettings,
    DemoSettings,
    GatewaySettings,
    InsightsSettings,
    LauncherSettings,
    PhoneSettings,
    RouterSettings,
)


def variables(cls: type[BaseSettings]) -> set[str]:
    prefix = cls.model_config.get("env_prefix", "")
    own = set(cls.model_fields) - set(ServiceSettings.model_fields)
    return {f"{prefix}{name}".upper() for name in own}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("cls", CLASSES)
def test_every_setting_is_described(page: str, cls: type[BaseSettings]) -> None:
    text = (ROOT / page).read_text()
    assert {name for name in variables(cls) | SHARED if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("page", PAGES)
def test_no_setting_is_described_that_does_not_exist(page: str) -> None:
    known = set().union(*(variables(cls) for cls in CLASSES))
    bot = (ROOT / "services/ivr_bot/bot/switchyard_bot/settings.py").read_text()
    known |= set(re.findall(r'"(BOT_[A-Z_]+)"', bot)) | {"SWITCHYARD_BIND"}
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", (ROOT / page).read_text()))
    services = ("ROUTER_", "CRM_", "GATEWAY_", "ACTIONS_", "BOT_", "DEMO_", "PHONE_", "INSIGHTS_")
    prefixes = ("SWITCHYARD_", *services)
    assert {n for n in named if n.startswith(prefixes) and n not in (*known, *prefixes)} == set()


def test_both_pages_name_the_same_things() -> None:
    english, chinese = (set(re.findall(r"`([^`]+)`", (ROOT / page).read_text())) for page in PAGES)
    assert english == chinese

"""A run whose processes talk to each other by mutual TLS only."""

import datetime
from collections.abc import Mapping

from pydantic_settings import BaseSettings

from switchyard_launcher.certificates import LAUNCHER, LOOPBACK, CertificateFolder, wanted
from switchyard_launcher.certs_command import LIFE, certificates_of
from switchyard_launcher.settings import (
    ActionsSettings,
    BotSettings,
    CrmSettings,
    FloorSettings,
    GatewaySettings,
    InsightsSettings,
    LauncherSettings,
    PhoneSettings,
    RouterSettings,
)

_ANY = ("0.0.0.0", "::")
_OF_PROCESS: Mapping[str, type[BaseSettings]] = {
    "crm_adapter": CrmSettings,
    "router": RouterSettings,
    "rasa": BotSettings,
    "actions": ActionsSettings,
    "gateway": GatewaySettings,
    "phone": PhoneSettings,
    "floor": FloorSettings,
    "insights": InsightsSettings,
    LAUNCHER: LauncherSettings,
}


def tls_variables(run: LauncherSettings, now: datetime.datetime) -> Mapping[str, str]:
    """What gives each process, and the launcher, a certificate of the run's own CA.

    Makes and renews what is needed first. BadAuthority.
    """
    folder = CertificateFolder(certificates_of(run))
    own = () if run.bind in (*LOOPBACK, *_ANY) else (run.bind,)
    folder.prepare(wanted(run.tenant, own, folder.agents()), now, LIFE)
    variables: dict[str, str] = {}
    for name, settings in _OF_PROCESS.items():
        files = folder.files(name)
        prefix = settings.model_config.get("env_prefix", "")
        variables |= {
            f"{prefix}TLS_CERT": str(files.cert),
            f"{prefix}TLS_KEY": str(files.key),
            f"{prefix}TLS_CA": str(files.ca),
        }
    return variables

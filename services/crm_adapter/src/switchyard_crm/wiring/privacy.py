"""Keys, roles, audit, export and erasure, put together."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError
from switchyard_common.admission import Admission, Journal
from switchyard_common.authentication import Authenticator
from switchyard_common.clock import SystemClock
from switchyard_common.door import DoorMetrics
from switchyard_common.errors import StartError
from switchyard_common.ids import IdFactory
from switchyard_common.lifecycle import Lifecycle
from switchyard_common.redis_clients import open_redis
from switchyard_common.redis_erasures import RedisErasures, erasures_key
from switchyard_common.settings import is_loopback

from switchyard_crm.adapters.history import HistoryEraser
from switchyard_crm.adapters.master_keys import vault_from_file, vault_from_text
from switchyard_crm.adapters.sealing import MasterKeyVault
from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.keys import check_keys
from switchyard_crm.domain.names import TenantId
from switchyard_crm.entrypoints.access import rules
from switchyard_crm.entrypoints.privacy import Privacy
from switchyard_crm.entrypoints.privacy_metrics import PrivacyMetrics
from switchyard_crm.service.audit import AccessLog, AuditTrail
from switchyard_crm.service.connectors import Connector
from switchyard_crm.service.subjects import (
    HISTORY_SOURCE,
    Eraser,
    EraseSubject,
    ExportSubject,
    Place,
    SubjectStore,
)
from switchyard_crm.service.sweeping import keep_sweeping
from switchyard_crm.service.vault import Unreadable, Vault
from switchyard_crm.settings import CrmSettings

_HISTORY_SECONDS = 2.0
"""How long the store in which the history is asked is waited for."""


def admission(
    settings: CrmSettings, registry: CollectorRegistry, journal: Journal | None
) -> Admission:
    """The door: who may call what, and how often."""
    metrics = DoorMetrics(registry, "switchyard_crm")
    verifier = settings.verifier(metrics)
    known_by = Authenticator(settings.tenant, verifier, tls=settings.tls is not None)
    return Admission(settings.tenant, known_by, rules(), settings.limits, metrics, journal=journal)


@asynccontextmanager
async def auditing(
    accesses: AccessLog, settings: CrmSettings, metrics: PrivacyMetrics, lifecycle: Lifecycle
) -> AsyncIterator[AuditTrail]:
    """The trail of reads; what waits is written when the block ends."""
    clock = SystemClock()
    trail = AuditTrail(accesses, IdFactory(clock), clock, metrics)
    writing = lifecycle.supervise(trail.run(), "audit trail")
    sweeping = lifecycle.supervise(
        keep_sweeping("audit", accesses.sweep, clock, settings.audit_days), "audit sweep"
    )
    try:
        yield trail
    finally:
        for task in (writing, sweeping):
            await lifecycle.end(task)
        await trail.close()


@asynccontextmanager
async def protecting(
    subjects: SubjectStore,
    connectors: Mapping[Place, Connector],
    trail: AuditTrail,
    metrics: PrivacyMetrics,
    settings: CrmSettings,
    lifecycle: Lifecycle,
) -> AsyncIterator[Privacy]:
    """Export and erasure; who did not erase is asked again for as long as the block runs."""
    async with _history(settings) as history:
        erase = EraseSubject(subjects, {**connectors, **history}, SystemClock(), metrics)
        asking = lifecycle.supervise(erase.keep_asking(), "erasures")
        try:
            yield Privacy(ExportSubject(subjects, connectors), erase, trail)
        finally:
            await lifecycle.end(asking)


@asynccontextmanager
async def _history(settings: CrmSettings) -> AsyncIterator[Mapping[Place, Eraser]]:
    """The history, if the settings say where it is asked."""
    url, key = settings.history_redis_url, settings.pseudonym_key
    if url is None or key is None:
        yield {}
        return
    place = erasures_key(settings.tenant)
    async with open_redis(url.get_secret_value(), _HISTORY_SECONDS, place) as redis:
        erasures = RedisErasures(redis, settings.tenant)
        eraser = HistoryEraser(erasures, settings.tenant, key.get_secret_value().encode())
        yield {(TenantId(settings.tenant), HISTORY_SOURCE): eraser}


def open_vault(settings: CrmSettings) -> MasterKeyVault:
    """The vault of the settings. Raises StartError.

    Without a setting the keys are in a file beside the SQLite file, made if it is missing and the
    service is for this machine only.
    """
    in_text, in_file = settings.env_name("master_key"), settings.env_name("master_key_file")
    if settings.master_key is not None:
        return vault_from_text(settings.master_key.get_secret_value(), in_text)
    if settings.master_key_file is not None:
        return vault_from_file(settings.master_key_file, in_file, make=False)
    beside = _beside_sqlite(settings.database_url)
    if beside is None:
        raise StartError(f"set {in_text} or {in_file}: it keeps personal data in the store unread")
    return vault_from_file(beside, in_file, make=is_loopback(settings.bind))


async def check_master_key(database: Database, vault: Vault, settings: CrmSettings) -> None:
    """Raises StartError when the store was sealed under another master key than is given."""
    try:
        await check_keys(database, vault)
    except Unreadable as error:
        raise StartError(
            f"{settings.env_name('master_key')} or {settings.env_name('master_key_file')}: "
            f"{error}; give the key that this store was made with, behind a new one if there is"
        ) from error


def _beside_sqlite(database_url: str) -> Path | None:
    try:
        url = make_url(database_url)
    except ArgumentError:
        return None  # opening the store says so in a better place
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(f"{url.database}.key")

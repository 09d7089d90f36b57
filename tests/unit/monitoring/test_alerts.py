"""Alerts ask for what is exported, say what to do in both languages, and lead to a page."""

import re
from pathlib import Path

import pytest
import yaml

from deploy.monitoring.alerts import RULES, Alert, alerts, recorded
from deploy.monitoring.inventory import series
from tests.fakes.monitoring.promql import assert_exported

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[3]
ALL = [alert for found in alerts().values() for alert in found]
SECTIONS = {
    "": ("## What it means", "## Look", "## Do", "## Over when"),
    ".zh": ("## 含义", "## 查看", "## 处理", "## 何时结束"),
}
DEMANDED = {
    *("QueueServiceLevelCollapsed", "QueueServiceLevelLow", "QueueServiceLevelMissed"),
    *("QueueAbandonment", "QueueOldestWaiting", "QueueWithoutAgents", "StuckAgents"),
    *("DoubleAssignment", "OrphanContacts", "EventLag", "ModelDegraded", "CrmBreakerOpen"),
    *("CrmOutboxDeadLetters", "BotFallbackRate", "TransferFailures", "RedisWithoutReplicas"),
}
# What Prometheus itself adds, and kube-state-metrics and cert-manager in a cluster.
OF_OTHERS = {
    "up": frozenset({"job", "process", "instance", "namespace"}),
    "kube_deployment_status_replicas_available": frozenset({"namespace", "deployment"}),
    "kube_deployment_spec_replicas": frozenset({"namespace", "deployment"}),
    "kube_statefulset_status_replicas_ready": frozenset({"namespace", "statefulset"}),
    "kube_statefulset_replicas": frozenset({"namespace", "statefulset"}),
    "kube_job_status_failed": frozenset({"namespace", "job_name", "reason"}),
    "certmanager_certificate_expiration_timestamp_seconds": frozenset({"namespace", "name"}),
    "kube_cronjob_created": frozenset({"namespace", "cronjob"}),
    "kube_cronjob_status_last_successful_time": frozenset({"namespace", "cronjob"}),
}


def known() -> dict[str, frozenset[str]]:
    """What the processes export, what rules record, and what others export."""
    made = dict.fromkeys(recorded(), frozenset({"queue"}))
    return series() | made | OF_OTHERS


def test_what_operations_need_to_know_has_an_alert() -> None:
    assert {alert.name for alert in ALL} >= DEMANDED
    assert len({alert.name for alert in ALL}) == len(ALL)


@pytest.mark.parametrize("alert", ALL, ids=lambda alert: alert.name)
def test_an_alert_asks_for_what_is_exported(alert: Alert) -> None:
    assert_exported(alert.expr, known())


@pytest.mark.parametrize("name", recorded())
def test_a_recording_asks_for_what_is_exported(name: str) -> None:
    assert_exported(recorded()[name], known())


@pytest.mark.parametrize("alert", ALL, ids=lambda alert: alert.name)
def test_an_alert_says_how_urgent_it_is_and_what_to_do_in_both_languages(alert: Alert) -> None:
    assert set(alert.labels) == {"severity"}
    assert alert.severity in {"critical", "warning", "info"}
    assert set(alert.said) == {"summary", "summary_zh", "do", "do_zh", "runbook"}
    for key in ("summary", "summary_zh", "do", "do_zh"):
        plain = re.sub(r"\{\{.*?\}\}", "", alert.said[key])
        assert bool(re.search("[\u4e00-\u9fff]", plain)) == key.endswith("_zh"), plain


@pytest.mark.parametrize("alert", ALL, ids=lambda alert: alert.name)
@pytest.mark.parametrize("language", SECTIONS)
def test_an_alert_has_a_runbook_page_that_names_it(alert: Alert, language: str) -> None:
    page = ROOT / alert.runbook.replace(".md", f"{language}.md")
    text = page.read_text(encoding="utf-8")
    assert f"`{alert.name}`" in text
    found = [text.index(section) for section in SECTIONS[language]]
    assert found == sorted(found)


def test_every_runbook_page_is_some_alerts() -> None:
    wanted = {ROOT / alert.runbook for alert in ALL}
    pages = set((ROOT / "docs/runbooks").glob("*.md"))
    english = {page for page in pages if not page.name.endswith(".zh.md")}
    assert english == wanted
    assert pages - english == {page.with_suffix(".zh.md") for page in english}


def runbooks() -> list[Path]:
    return sorted((ROOT / "docs/runbooks").glob("*.md"))


@pytest.mark.parametrize("page", runbooks(), ids=lambda page: page.name)
def test_runbooks_name_metrics_and_pages_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:switchyard|process)_[a-z_]+)", text):
        assert name in {metric.split("{")[0] for metric in series()} | _histograms(), name
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert (page.parent / link).resolve().is_file(), link


def _histograms() -> set[str]:
    return {name.removesuffix("_bucket") for name in series() if name.endswith("_bucket")}


@pytest.mark.parametrize("file", sorted(alerts()))
def test_every_alert_is_tested_to_fire_and_not_to_fire(file: str) -> None:
    tests = yaml.safe_load((RULES.parent / "tests" / f"{file}.yml").read_text())["tests"]
    outcomes = [
        re.findall(r'alertname="(\w+)"', str(query["exp_samples"]))
        for test in tests
        for query in test["promql_expr_test"]
    ]
    fired = {name for names in outcomes for name in names}
    assert fired == {alert.name for alert in alerts()[file]}
    assert [] in outcomes
    assert all("ALERTS" in query["expr"] for test in tests for query in test["promql_expr_test"])

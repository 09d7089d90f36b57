"""Settings of the history's service say what is wrong with them."""

import pytest
from pydantic import ValidationError
from switchyard_insights.settings import InsightsSettings

pytestmark = pytest.mark.unit


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> InsightsSettings:
    for name, value in variables.items():
        monkeypatch.setenv(f"INSIGHTS_{name}", value)
    return InsightsSettings()


@pytest.mark.parametrize(
    "url", ["redis+sentinel://a:26379,b:26379/main/0", "redis+cluster://a:6379,b:6379"]
)
def test_sentinels_and_clusters_are_read(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert read(monkeypatch, REDIS_URL=url).redis_url.get_secret_value() == url


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("redis+cluster://a:6379/1", "a cluster has database 0 only"),
        ("mysql://a", "write it as"),
    ],
)
def test_what_leads_to_no_log_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str, problem: str
) -> None:
    with pytest.raises(ValidationError, match=problem):
        read(monkeypatch, REDIS_URL=url)
    monkeypatch.delenv("INSIGHTS_REDIS_URL")
    with pytest.raises(ValidationError, match=problem):
        read(monkeypatch, BOT_REDIS_URL=url)

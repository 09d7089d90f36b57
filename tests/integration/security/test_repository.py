"""The repository holds no secrets."""

from pathlib import Path

import pytest

from deploy.supply.secrets import secrets_in, tracked

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]


def test_the_repository_holds_no_secrets() -> None:
    files = tracked(ROOT)
    assert files
    assert list(secrets_in(files)) == []

"""Settings by which the customer adapter asks the history: whole, or refused in plain words."""

import pytest
from pydantic import SecretStr, ValidationError
from switchyard_crm.settings import CrmSettings

pytestmark = pytest.mark.unit

KEY = SecretStr("a key for tests only")


def test_the_history_is_asked_where_both_settings_say_so() -> None:
    settings = CrmSettings(history_redis_url=SecretStr("redis://h:6379/0"), pseudonym_key=KEY)
    assert settings.history_redis_url is not None


@pytest.mark.parametrize(
    ("url", "key", "words"),
    [
        ("redis://h:6379/0", None, "CRM_HISTORY_REDIS_URL needs CRM_PSEUDONYM_KEY"),
        ("http://h:6379", KEY, "write it as redis://"),
    ],
)
def test_half_of_it_is_refused_with_what_to_write(
    url: str, key: SecretStr | None, words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        CrmSettings(history_redis_url=SecretStr(url), pseudonym_key=key)

"""The store's URL: every form, and what a bad one is told."""

import pytest
from pydantic import ValidationError
from switchyard_common.settings import describe
from switchyard_common.store_url import (
    Address,
    BadStoreUrl,
    Kind,
    Login,
    parse_store_url,
)
from switchyard_router.settings import RouterSettings

pytestmark = pytest.mark.unit


def test_one_server() -> None:
    url = parse_store_url("redis://127.0.0.1:6390/3")
    assert (url.kind, url.seeds, url.database) == (Kind.SINGLE, (Address("127.0.0.1", 6390),), 3)
    assert (url.login, url.tls) == (Login(), None)
    assert parse_store_url("redis://store").seeds == (Address("store", 6379),)
    assert parse_store_url("redis://[::1]").seeds == (Address("::1", 6379),)
    assert str(parse_store_url("redis://[::1]:7000").seeds[0]) == "[::1]:7000"


def test_sentinels_with_passwords_of_both_kinds_and_tls() -> None:
    url = parse_store_url(
        "rediss+sentinel://app:p%40ss%2F@s1,s2:26380/main/2"
        "?sentinel_password=other&ssl_ca_certs=/etc/ca.pem&ssl_check_hostname=false"
    )
    assert url.seeds == (Address("s1", 26379), Address("s2", 26380))
    assert (url.kind, url.service, url.database) == (Kind.SENTINEL, "main", 2)
    assert url.login == Login("app", "p@ss/")
    assert url.sentinel_login == Login("", "other")
    assert url.tls == {"ssl_ca_certs": "/etc/ca.pem", "ssl_check_hostname": False}


def test_a_cluster() -> None:
    url = parse_store_url("redis+cluster://:secret@n1:7001,n2:7002,n3")
    assert [str(seed) for seed in url.seeds] == ["n1:7001", "n2:7002", "n3:6379"]
    assert (url.kind, url.login) == (Kind.CLUSTER, Login("", "secret"))


BAD = {
    "localhost:6379": "write it as redis://",
    "http://user:secret@host": "write it as redis://",
    "redis+ring://h": "write it as redis://",
    "redis://": "a host is missing",
    "redis://:secret@": "a host is missing",
    "redis://h:secret": "a port is a number",
    "redis://h:0": "a port is a number",
    "redis://h:70000": "a port is a number",
    "redis://h/one": "the database is a number",
    "redis://h/0/1": "the database is a number",
    "redis://a,b": "several hosts need",
    "redis://h?timeout=3": "unknown option 'timeout'",
    "redis://h?ssl_ca_certs=/x": "begin with rediss",
    "redis://h?sentinel_password=secret": "is for redis+sentinel",
    "rediss://h?ssl_check_hostname=perhaps": "true or false",
    "redis+sentinel://a,b": "name the master",
    "redis+sentinel://a,b/": "name the master",
    "redis+cluster://a,b/1": "database 0 only",
}


@pytest.mark.parametrize("url", BAD)
def test_a_bad_url_is_told_what_is_wrong_and_keeps_its_secret(url: str) -> None:
    with pytest.raises(BadStoreUrl) as caught:
        parse_store_url(url)
    assert BAD[url] in str(caught.value)
    assert "secret" not in str(caught.value)


def settings(**changes: object) -> RouterSettings:
    return RouterSettings(**{"pseudonym_key": "a key for tests only", **changes})  # type: ignore[arg-type]


def test_settings_refuse_a_bad_url_by_the_variables_name() -> None:
    with pytest.raises(ValidationError) as caught:
        settings(redis_url="redis+sentinel://:secret@a,b")
    told = describe(caught.value, RouterSettings)
    assert "ROUTER_REDIS_URL" in told
    assert "name the master" in told
    assert "secret" not in told


def test_waiting_for_replicas_is_shorter_than_giving_up() -> None:
    with pytest.raises(ValidationError, match="ROUTER_STORE_WAIT_MS must be less"):
        settings(store_wait_replicas=1, store_wait_ms=2000)
    assert settings(store_wait_replicas=0, store_wait_ms=2000).store_wait_ms == 2000

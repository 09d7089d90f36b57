"""The gateway wants one Redis, and says so before it takes anything."""

import pytest
from pydantic import SecretStr, ValidationError
from switchyard_common.errors import StartError
from switchyard_gateway.settings import GatewaySettings

from tests.fakes.gateway.running import gateway
from tests.fakes.valkey.servers import clustered

pytestmark = pytest.mark.integration


async def test_a_node_of_a_cluster_is_refused_at_the_start() -> None:
    with clustered(masters=1) as cluster:
        url = cluster.url.replace("redis+cluster", "redis").split(",")[0]
        with pytest.raises(StartError, match=r"GATEWAY_REDIS_URL: .* node of a cluster"):
            async with gateway(url):
                pass


@pytest.mark.parametrize(
    "url", ["redis+cluster://a:6379", "redis+sentinel://a:26379/main/0", "a:6379", "http://a"]
)
def test_a_url_that_is_not_of_one_server_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="the URL of one server"):
        GatewaySettings(redis_url=SecretStr(url))

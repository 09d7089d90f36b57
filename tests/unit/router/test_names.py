"""Resource names."""

import pytest
from switchyard_common.errors import DomainError
from switchyard_router.domain.names import Tenant

pytestmark = pytest.mark.unit

DEMO = Tenant("demo")


def test_builds_and_reads_its_own_names() -> None:
    name = DEMO.of("agents", "ann.2~b")
    assert name == "tenants/demo/agents/ann.2~b"
    assert DEMO.parse("agents", name, "agent") == "ann.2~b"
    assert DEMO.of("agents", "") == ""
    assert DEMO.parse("agents", "", "agent", required=False) == ""


@pytest.mark.parametrize(
    "name",
    ["", "ann", "tenants/demo/agents", "tenants/demo/queues/ann", "tenants/demo/agents/a/b",
     "tenants/demo/agents/", "tenants/demo/agents/a:b", "tenants/demo/agents/-a",
     "tenants/demo/agents/" + "a" * 129, "/tenants/demo/agents/a"],
)  # fmt: skip
def test_says_which_field_has_a_bad_name(name: str) -> None:
    with pytest.raises(DomainError) as caught:
        DEMO.parse("agents", name, "hello.agent")
    assert caught.value.reason == "BAD_NAME"
    assert caught.value.violations[0].field == "hello.agent"


def test_another_tenant_is_refused_before_anything_else_is_told() -> None:
    for check in (
        lambda: DEMO.parse("agents", "tenants/other/agents/:", "agent"),
        lambda: DEMO.check_parent("tenants/other"),
    ):
        with pytest.raises(DomainError) as caught:
            check()
        assert caught.value.reason == "TENANT_MISMATCH"
    with pytest.raises(DomainError) as caught:
        DEMO.check_parent("demo")
    assert caught.value.reason == "BAD_NAME"

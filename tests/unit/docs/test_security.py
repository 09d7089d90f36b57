"""The roles that people read are the ones in force, in both languages."""

import re
from pathlib import Path

import pytest
from google.protobuf.descriptor import ServiceDescriptor
from switchyard.conversation.v1 import conversation_service_pb2
from switchyard.crm.v1 import crm_service_pb2
from switchyard_common.admission import Rule
from switchyard_crm.entrypoints import access as crm_access
from switchyard_gateway.entrypoints.grpc import access as gateway_access
from switchyard_router.entrypoints import access as router_access

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
CRM = crm_access.rules()
# Nobody asks whose a contact or a conversation is.
CHATS = gateway_access.rules(gateway_access.ServedByCaller(None, None))  # type: ignore[arg-type]
RULES = {**router_access.rules(None), **CRM, **CHATS}  # type: ignore[arg-type]


@pytest.mark.parametrize("doc", ["docs/security.md", "docs/security.zh.md"])
def test_the_documented_table_of_roles_is_the_one_in_force(doc: str) -> None:
    told = {
        rpc: tuple(roles.replace("、", ",").replace(" ", "").split(","))
        for rpc, roles in re.findall(
            r"^\| `(\w+/\w+)` \| ([a-z,、 ]+) \|", (ROOT / doc).read_text(), re.MULTILINE
        )
    }
    in_force = {
        name.rpartition(".")[2]: tuple(str(role) for role in rule.roles)
        for name, rule in RULES.items()
    }
    assert told == in_force


@pytest.mark.parametrize(
    ("rules", "service"),
    [
        (CRM, crm_service_pb2.DESCRIPTOR.services_by_name["CrmService"]),
        (CHATS, conversation_service_pb2.DESCRIPTOR.services_by_name["ConversationService"]),
    ],
    ids=["crm", "gateway"],
)
def test_every_rpc_has_a_rule(rules: dict[str, Rule], service: ServiceDescriptor) -> None:
    assert set(rules) == {f"/{service.full_name}/{method.name}" for method in service.methods}
    assert all(rule.roles for rule in rules.values())


def test_the_threat_model_names_tests_that_exist_the_same_in_both_languages() -> None:
    named = [
        set(re.findall(r"`((?:integration|unit)/[\w/]+\.py)`", (ROOT / doc).read_text()))
        for doc in ("docs/security.md", "docs/security.zh.md")
    ]
    assert named[0]
    assert named[0] == named[1]
    assert not [name for name in named[0] if not (ROOT / "tests" / name).is_file()]

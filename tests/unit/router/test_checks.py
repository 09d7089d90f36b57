"""What is refused before anything is stored, by field."""

from collections.abc import Callable

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from switchyard.router.v1 import contact_pb2, plan_pb2
from switchyard_common.errors import DomainError
from switchyard_router.entrypoints import checks

pytestmark = pytest.mark.unit

LARGE = Struct()
LARGE.update({"x": "y" * 20_000})


def refused(check: Callable[[], None]) -> tuple[str, str]:
    with pytest.raises(DomainError) as caught:
        check()
    error = caught.value
    return error.reason, error.violations[0].field if error.violations else error.metadata["field"]


def contact(**changes: object) -> contact_pb2.Contact:
    values: dict[str, object] = {"external_id": "x", "channel": contact_pb2.VOICE} | changes
    return contact_pb2.Contact(**values)  # type: ignore[arg-type]


def test_a_plain_contact_passes() -> None:
    checks.check_new_contact(contact())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 257}, "external_id"),
        ({"channel": 0}, "channel"),
        ({"channel": 99}, "channel"),
        ({"priority": 11}, "priority"),
        ({"age_credit": Duration(seconds=-1)}, "age_credit"),
        ({"attributes": LARGE}, "attributes"),
        ({"handoff": contact_pb2.Handoff(slots=LARGE)}, "handoff"),
        ({"caller": "5" * 257}, "caller"),
        ({"skills": [plan_pb2.SkillRequirement(skill="a")] * 21}, "skills"),
        ({"skills": [plan_pb2.SkillRequirement(skill="a", min_level=11)]}, "skills[0].min_level"),
        ({"skills": [plan_pb2.SkillRequirement(min_level=1)]}, "skills[0].skill"),
        ({"skills": [plan_pb2.SkillRequirement(skill="a", weight=-1)]}, "skills[0].weight"),
        ({"skills": [plan_pb2.SkillRequirement(skill="a", weight=1e9)]}, "skills[0].weight"),
        (
            {"skills": [plan_pb2.SkillRequirement(skill="a", min_level=5, max_level=4)]},
            "skills[0].max_level",
        ),
    ],
)
def test_a_bad_contact_names_the_field(changes: dict[str, object], field: str) -> None:
    bad = contact(**changes)
    assert refused(lambda: checks.check_new_contact(bad))[1] == f"contact.{field}"


def test_a_callback_without_a_number_is_refused() -> None:
    bad = contact(channel=contact_pb2.CALLBACK)
    assert refused(lambda: checks.check_new_contact(bad)) == ("BAD_FIELD", "contact.caller")

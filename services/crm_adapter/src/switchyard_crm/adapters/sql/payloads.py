"""What is to be written in a CRM, as the sealed text that waits in the outbox."""

import json
from datetime import datetime
from typing import Any

from switchyard_crm.domain.customer import Interaction
from switchyard_crm.domain.deliveries import WriteKind
from switchyard_crm.service.connectors import CaseChange, NewCase
from switchyard_crm.service.outbox import ChangedCase, Content

type Writing = Interaction | NewCase | CaseChange


def kind_of(writing: Writing) -> WriteKind:
    """What kind of write it is."""
    match writing:
        case Interaction():
            return WriteKind.INTERACTION
        case NewCase():
            return WriteKind.CASE
        case CaseChange():
            return WriteKind.CASE_CHANGE


def payload_of(writing: Writing) -> str:
    """The text; `content_of` reads it."""
    return json.dumps(_values(writing), ensure_ascii=False, separators=(",", ":"))


def content_of(kind: WriteKind, payload: str, case_number: str) -> Content:
    """What `payload_of` made a text of; `case_number` is the case's number in the CRM."""
    values: dict[str, Any] = json.loads(payload)
    match kind:
        case WriteKind.INTERACTION:
            time = datetime.fromisoformat(values.pop("time"))
            return Interaction(time=time, **values)
        case WriteKind.CASE:
            return NewCase(**values)
        case WriteKind.CASE_CHANGE:
            return ChangedCase(case_number, CaseChange(**values))


def _values(writing: Writing) -> dict[str, str | bool]:
    match writing:
        case Interaction():
            return {
                "id": writing.id,
                "channel": writing.channel,
                "time": writing.time.isoformat(),
                "summary": writing.summary,
                "agent": writing.agent,
                "disposition": writing.disposition,
                "contact": writing.contact,
            }
        case NewCase():
            return {
                "subject": writing.subject,
                "description": writing.description,
                "priority": writing.priority,
                "order_number": writing.order_number,
                "kind": writing.kind,
            }
        case CaseChange():
            return {
                "state": writing.state,
                "comment": writing.comment,
                "public": writing.public,
            }

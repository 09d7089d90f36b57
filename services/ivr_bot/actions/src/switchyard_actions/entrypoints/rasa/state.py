"""The dialogue as the JSON object that Rasa keeps in its slot `dialogue`."""

from typing import Any

import structlog
from pydantic import TypeAdapter, ValidationError

from switchyard_actions.domain.dialogue import Dialogue


class StateCodec:
    """Dialogue to JSON and back; fields at their defaults are left out."""

    def __init__(self) -> None:
        self._adapter = TypeAdapter(Dialogue)
        self._log = structlog.stdlib.get_logger()

    def to_json(self, dialogue: Dialogue) -> dict[str, Any]:
        """An object of texts, numbers, lists and objects."""
        state: dict[str, Any] = self._adapter.dump_python(
            dialogue, mode="json", exclude_defaults=True
        )
        return state

    def from_json(self, state: object) -> Dialogue | None:
        """The dialogue, a new one when there is none; None: a form that another version wrote."""
        if not state:
            return Dialogue()
        try:
            return self._adapter.validate_python(state)
        except ValidationError as error:
            self._log.warning("dialogue_unreadable", problems=error.error_count())
            return None

"""What the demo page tells its visitors: the company's name and what to type."""

from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError


class _Both[T](BaseModel):
    """Something in Chinese and in English."""

    model_config = ConfigDict(frozen=True)

    zh: T
    en: T


class DemoTexts(BaseModel):
    """The file GATEWAY_EXAMPLES_FILE: the company, and messages a visitor may send with a click."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    company: _Both[str] = _Both(zh="枢纽家居", en="Switchyard Home")
    examples: _Both[tuple[str, ...]] = Field(
        default=_Both(
            zh=("我的订单到哪里了？", "我要转人工客服"),
            en=("Where is my order?", "I would like to talk to a person"),
        )
    )


class DemoFile:
    """Reads the file anew for every page, since it may be written after the gateway has started."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._log = structlog.stdlib.get_logger()

    def read(self) -> DemoTexts:
        """The file's texts; general ones where there is no file, or none that can be read."""
        if self._path is None or not self._path.is_file():
            return DemoTexts()
        try:
            return DemoTexts.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError) as error:
            self._log.warning("examples_unreadable", path=self._path, problem=type(error).__name__)
            return DemoTexts()

"""Whole dialogues in both languages with the packed model, the actions, crm_adapter and router."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.fakes.bot.dialogues import KINDS, LANGUAGES, Dialogue, Player, read
from tests.fakes.bot.sent_codes import newest_code
from tests.fakes.launcher.running import Switchyard

pytestmark = pytest.mark.e2e

_DIALOGUES = read()
_LEAST = 60


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        yield client


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_of_every_kind(language: str) -> None:
    kinds = Counter(one.kind for one in _DIALOGUES if one.language == language)
    assert kinds.total() >= _LEAST
    assert set(kinds) == set(KINDS)


@pytest.mark.usefixtures("nothing_done_yet")
@pytest.mark.parametrize("dialogue", _DIALOGUES, ids=str)
async def test_dialogue(
    switchyard: Switchyard, client: httpx.AsyncClient, dialogue: Dialogue
) -> None:
    sender = uuid4().hex
    address = f"http://{switchyard.target('BOT_PORT')}/webhooks/switchyard/message"

    async def post(**body: object) -> dict[str, object]:
        answer = await client.post(address, json={"sender": sender, **body})
        found: dict[str, object] = answer.json()
        return found

    codes: Path = switchyard.state_dir
    await Player(dialogue, post, lambda: newest_code(codes)).play()

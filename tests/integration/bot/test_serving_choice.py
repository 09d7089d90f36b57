"""What `make run` serves after a model was refused, and what is said when there is nothing."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from switchyard_bot.project import here

from tests.fakes.bot.stack import BOT, RASA_PYTHON

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

_SECONDS = 300


async def _run(script: str, models: Path) -> tuple[int | None, str]:
    """Exit code and everything that was said."""
    process = await asyncio.create_subprocess_exec(
        str(RASA_PYTHON),
        str(BOT / script),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "BOT_MODELS_DIR": str(models), "BOT_MODEL": ""},
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), _SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, said.decode()


def _refuse(models: Path) -> None:
    (models / f"refused-{here().model_name()}").write_bytes(b"worse")


async def test_a_refused_model_is_not_trained_again_and_the_last_is_served(tmp_path: Path) -> None:
    (tmp_path / "bot-last.tar.gz").write_bytes(b"good")
    (tmp_path / "shipped.json").write_text(json.dumps({"model": "bot-last.tar.gz"}))
    _refuse(tmp_path)
    code, said = await _run("train.py", tmp_path)
    assert code == 0
    assert "bot-last.tar.gz" in said


async def test_a_start_ends_when_all_there_is_was_refused(tmp_path: Path) -> None:
    _refuse(tmp_path)
    code, said = await _run("train.py", tmp_path)
    assert code == 1
    assert "refused" in said
    assert "Traceback" not in said


async def test_the_check_says_in_words_that_there_is_no_model(tmp_path: Path) -> None:
    code, said = await _run("check.py", tmp_path)
    assert code == 2
    assert "there is no model" in said
    assert "Traceback" not in said

"""Models are kept by use, and never seen half."""

import fcntl
import os
from pathlib import Path

import pytest
from switchyard_bot.shelf import ModelShelf

pytestmark = pytest.mark.unit


@pytest.fixture
def shelf(tmp_path: Path) -> ModelShelf:
    folder = tmp_path / "models"
    folder.mkdir()
    return ModelShelf(folder)


def put(shelf: ModelShelf, name: str, age_seconds: int) -> Path:
    trained = shelf.folder / "fresh"
    trained.write_bytes(name.encode())
    model = shelf.put(trained, name)
    os.utime(model, (model.stat().st_atime, model.stat().st_mtime - age_seconds))
    return model


def names(shelf: ModelShelf) -> set[str]:
    return {path.name for path in shelf.folder.iterdir()}


def test_missing_model_is_none_even_without_a_folder(tmp_path: Path) -> None:
    assert ModelShelf(tmp_path / "nowhere").take("bot-1.tar.gz") is None


def test_keeps_the_two_models_used_last(shelf: ModelShelf) -> None:
    put(shelf, "bot-1.tar.gz", age_seconds=300)
    put(shelf, "bot-2.tar.gz", age_seconds=200)
    assert shelf.take("bot-1.tar.gz") is not None
    put(shelf, "bot-3.tar.gz", age_seconds=0)
    assert names(shelf) == {"bot-1.tar.gz", "bot-3.tar.gz"}


def test_leaves_other_files_alone(shelf: ModelShelf) -> None:
    (shelf.folder / "notes.txt").write_text("mine")
    for number in range(4):
        put(shelf, f"bot-{number}.tar.gz", age_seconds=10 - number)
    assert names(shelf) == {"notes.txt", "bot-2.tar.gz", "bot-3.tar.gz"}


def test_only_one_trains_at_a_time(tmp_path: Path) -> None:
    shelf = ModelShelf(tmp_path / "new" / "models")
    with (
        shelf.one_at_a_time(),
        (shelf.folder / ".training.lock").open("w") as other,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with shelf.one_at_a_time():
        pass

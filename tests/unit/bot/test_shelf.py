"""Models are kept by use, and never seen half."""

import fcntl
import json
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


def test_what_a_killed_training_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / ".training-abc"
    left.mkdir()
    (left / "half.tar.gz").write_bytes(b"half")
    with ModelShelf(tmp_path).one_at_a_time():
        assert not left.exists()


def ship(shelf: ModelShelf, name: str) -> None:
    shelf.last_metrics.write_text(json.dumps({"model": name}), encoding="utf-8")


def test_a_refused_model_is_not_served_but_the_one_shipped_last(shelf: ModelShelf) -> None:
    shipped = put(shelf, "bot-1.tar.gz", age_seconds=300)
    ship(shelf, "bot-1.tar.gz")
    aside = shelf.refuse(put(shelf, "bot-2.tar.gz", age_seconds=0))
    assert shelf.serving("bot-2.tar.gz") == shipped
    assert shelf.take("bot-2.tar.gz") is None
    assert aside.is_file()


def test_nothing_is_served_when_the_first_model_is_refused(shelf: ModelShelf) -> None:
    shelf.refuse(put(shelf, "bot-1.tar.gz", age_seconds=0))
    assert shelf.refused("bot-1.tar.gz")
    assert shelf.serving("bot-1.tar.gz") is None


def test_a_refused_model_may_be_reconsidered(shelf: ModelShelf) -> None:
    model = put(shelf, "bot-1.tar.gz", age_seconds=0)
    shelf.refuse(model)
    shelf.reconsider("bot-1.tar.gz")
    assert shelf.serving("bot-1.tar.gz") == model
    assert not shelf.refused("bot-1.tar.gz")


def test_only_the_last_refused_model_is_kept_and_its_papers(shelf: ModelShelf) -> None:
    for number in (1, 2):
        model = put(shelf, f"bot-{number}.tar.gz", age_seconds=0)
        for paper in shelf.papers(model):
            paper.write_text("{}", encoding="utf-8")
        shelf.refuse(model)
    assert names(shelf) == {"refused-bot-2.tar.gz", "bot-2.json", "bot-2.html"}


def test_the_model_shipped_last_stays_however_many_are_tried_after_it(shelf: ModelShelf) -> None:
    put(shelf, "bot-0.tar.gz", age_seconds=900)
    ship(shelf, "bot-0.tar.gz")
    for number in range(1, 5):
        put(shelf, f"bot-{number}.tar.gz", age_seconds=100 - number)
    assert names(shelf) == {"bot-0.tar.gz", "bot-3.tar.gz", "bot-4.tar.gz", "shipped.json"}

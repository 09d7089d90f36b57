"""Labelled sets are read in every shape they come in, and results mean what they say."""

import json
from pathlib import Path
from typing import Any

import pytest
from switchyard_bot import trial
from switchyard_bot.trial import BadData, TrialSet, Understood

pytestmark = pytest.mark.unit

_TRAIN = [["hi", "greet"], ["bye", "leave"]]


def _file(folder: Path, body: Any) -> Path:
    path = folder / "set.json"
    path.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    return path


def test_reads_texts_and_labels(tmp_path: Path) -> None:
    body = {"train": _TRAIN, "test": [["你好", "greet"]], "oos_test": ["a joke", ["b", "oos"]]}
    found = trial.read(_file(tmp_path, body))
    assert found.train == (("hi", "greet"), ("bye", "leave"))
    assert found.test == (("你好", "greet"),)
    assert found.strangers == ("a joke", "b")
    assert found.classes == 2


def test_strangers_may_be_learned_from_and_hide_in_train_and_test(tmp_path: Path) -> None:
    body = {
        "train": [*_TRAIN, ["rain?", "oos"]],
        "oos_train": [["sing", "oos"]],
        "oos_val": ["dance"],
        "test": [["hello", "greet"], ["snow?", "oos"]],
    }
    found = trial.read(_file(tmp_path, body))
    learned = [text for text, label in found.train if label == trial.OUT_OF_SCOPE]
    assert learned == ["rain?", "sing", "dance"]
    assert found.strangers == ("snow?",)
    assert found.test == (("hello", "greet"),)
    assert found.classes == 2


def test_rows_come_as_pairs_or_with_names_and_labels_as_words_or_numbers(tmp_path: Path) -> None:
    body = {
        "name": "a set",
        "train": [
            ["查天气", 3],
            {"text": "放首歌", "intent": "音乐 播放"},
            [" ", "3"],
            ["b", 0, "dev"],
        ],
        "test": [{"text": "下雨吗", "label": 3}, ["", "3"], ["sing", "OOS"]],
        "oos_test": None,
        "oos_train": [{"text": "hm"}, ""],
    }
    path = tmp_path / "set.json"
    path.write_text("\ufeff" + json.dumps(body, ensure_ascii=False), encoding="utf-8")
    found = trial.read(path)
    strange = ("hm", trial.OUT_OF_SCOPE)
    assert found.train == (("查天气", "3"), ("放首歌", "音乐 播放"), ("b", "0"), strange)
    assert found.test == (("下雨吗", "3"), ("", "3"))
    assert found.strangers == ("sing",)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "expected"),
        ({"train": {}, "test": []}, "a list"),
        ({"train": [["hi"]], "test": []}, r"train\[0\]"),
        ({"train": _TRAIN, "test": []}, "at least one row"),
        ({"train": [["hi", "a"]], "test": [["hi", "a"]]}, "two labels"),
        ({"train": _TRAIN, "test": [["hi", "greet"]], "oos_test": [7]}, r"oos_test\[0\]"),
    ],
)
def test_says_what_is_wrong_with_a_set(tmp_path: Path, body: Any, said: str) -> None:
    with pytest.raises(BadData, match=said):
        trial.read(_file(tmp_path, body))


def test_says_that_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="none"):
        trial.read(tmp_path / "none.json")


def test_accuracy_is_of_the_best_class_though_it_was_turned_down() -> None:
    data = TrialSet((("x", "a"), ("y", "b")), (("1", "a"), ("2", "b"), ("3", "b")), ("s", "t"))
    known = [
        Understood(("a", "b")),
        Understood(("nlu_fallback", "b", "a")),
        Understood(("out_of_scope", "a", "b")),
    ]
    strangers = [Understood(("nlu_fallback", "a")), Understood(("b", "a"))]
    found = trial.figures(data, known, strangers)
    assert found["accuracy"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["in_scope_kept"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["in_scope_right"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["oos_rejected"] == 0.5


def test_nothing_is_said_of_strangers_where_there_are_none() -> None:
    data = TrialSet((("x", "a"), ("y", "b")), (("1", "a"),), ())
    assert "oos_rejected" not in trial.figures(data, [Understood(("a",))], [])


def test_macro_f1_weighs_rare_classes_as_much_as_frequent_ones() -> None:
    assert trial.macro_f1(["a", "a", "a", "b"], ["a", "a", "a", "a"]) == pytest.approx(3 / 7)
    assert trial.macro_f1(["a", "b"], ["a", "b"]) == 1.0

"""The learner tells classes apart, keeps its promises on what it turns down, and packs itself."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switchyard_bot.learning import rejection
from switchyard_bot.learning.intents import IntentModel, sharpened
from switchyard_bot.learning.lesson import Examples, Lesson, Wish, learn
from switchyard_bot.learning.ngrams import NgramSpace, gram_products
from switchyard_bot.learning.points import MEANING, PointSpace
from switchyard_bot.learning.regression import Singular, one_hot, solve

pytestmark = pytest.mark.unit

_CLASSES = {"order": "where is my parcel", "bill": "how much do I owe", "门店": "你们门店在哪里"}
_WISH = Wish(("strange",), 0.85, 0.97, 32, 1000)
_EACH = 12


def _raw(label: str, number: int, spread: float = 0.4) -> np.ndarray:
    """A vector near its class's, as the encoder would give."""
    home = np.random.default_rng(sum(map(ord, label))).normal(size=MEANING + 64)
    away = np.random.default_rng(number).normal(size=MEANING + 64)
    return np.asarray(home + spread * away, dtype=np.float32)


def _examples(labels: dict[str, str]) -> Examples:
    rows = [(label, f"{text} {n}", n) for label, text in labels.items() for n in range(_EACH)]
    return Examples(
        tuple(text for _, text, _ in rows),
        np.stack([_raw(label, n) for label, _, n in rows]),
        tuple(label for label, _, _ in rows),
    )


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return learn(_examples(_CLASSES), _WISH, lambda _: None)


def _understood(model: IntentModel, raw: np.ndarray, text: str) -> str:
    judgement = model.judge(raw, model.ngrams.vector(text))
    if not model.understood(judgement):
        return ""
    return model.classes[int(np.argmax(judgement.probabilities))]


def test_recognises_sentences_it_never_saw(lesson: Lesson) -> None:
    for label, text in _CLASSES.items():
        assert _understood(lesson.model, _raw(label, 991), text) == label


def test_turns_down_what_is_far_from_every_class(lesson: Lesson) -> None:
    assert _understood(lesson.model, _raw("weather", 5), "rain tomorrow?") == ""


def test_left_out_answers_are_those_of_a_model_that_never_saw_the_example() -> None:
    examples = _examples(_CLASSES)
    kernel = np.exp(examples.raw @ examples.raw.T / np.float32(1e4)).astype(np.float32)
    targets = one_hot(np.repeat(np.arange(3), _EACH), 3)
    all_of_them = solve(kernel.copy(), targets, 0.5)
    without = np.delete(np.arange(len(targets)), 7)
    fewer = solve(kernel[np.ix_(without, without)].copy(), targets[without], 0.5)
    said = kernel[7, without] @ fewer.alpha
    assert np.allclose(all_of_them.left_out()[7], said, atol=1e-3)
    members = np.arange(_EACH)
    others = np.arange(_EACH, len(targets))
    rest = solve(kernel[np.ix_(others, others)].copy(), targets[others], 0.5)
    assert np.allclose(
        all_of_them.group_left_out(members), kernel[np.ix_(members, others)] @ rest.alpha, atol=1e-3
    )


def test_a_packed_model_judges_as_before(lesson: Lesson, tmp_path: Path) -> None:
    lesson.model.save(tmp_path)
    again = IntentModel.load(tmp_path)
    for label, text in _CLASSES.items():
        raw = _raw(label, 77)
        before = lesson.model.judge(raw, lesson.model.ngrams.vector(text))
        after = again.judge(raw, again.ngrams.vector(text))
        assert np.allclose(before.answers, after.answers, atol=0.01)
        assert lesson.model.fit(before) == pytest.approx(again.fit(after), abs=0.02)
    assert again.threshold == lesson.model.threshold


def test_learns_from_examples_what_is_out_of_scope() -> None:
    lesson = learn(_examples({**_CLASSES, "strange": "tell me a joke"}), _WISH, lambda _: None)
    judgement = lesson.model.judge(
        _raw("strange", 400), lesson.model.ngrams.vector("tell me a joke")
    )
    assert lesson.model.understood(judgement)
    assert lesson.model.classes[int(np.argmax(judgement.answers))] == "strange"
    assert lesson.cut.kept >= _WISH.least_kept - 0.05


def test_repeated_examples_count_once() -> None:
    once = _examples(_CLASSES)
    twice = Examples(once.texts * 2, np.vstack([once.raw] * 2), once.labels * 2)
    assert len(learn(twice, _WISH, lambda _: None).texts) == len(once.texts)


def test_takes_an_even_share_of_too_many_examples() -> None:
    few = Wish((), 0.85, 0.97, 32, 18)
    told: list[str] = []
    lesson = learn(_examples(_CLASSES), few, told.append)
    assert {label: lesson.labels.count(label) for label in _CLASSES} == dict.fromkeys(_CLASSES, 6)
    assert any("18 of 36" in line for line in told)


def test_no_class_is_lost_when_examples_are_thinned_out() -> None:
    many, single = (
        _examples({"order": "where is it", "bill": "how much"}),
        _examples({"门店": "在哪"}),
    )
    examples = Examples(
        (*many.texts, single.texts[0]),
        np.vstack([many.raw, single.raw[:1]]),
        (*many.labels, single.labels[0]),
    )
    lesson = learn(examples, Wish((), 0.85, 0.97, 32, 9), lambda _: None)
    assert lesson.model.classes == ("bill", "order", "门店")
    assert len(lesson.texts) == 9
    assert np.isfinite(lesson.model.threshold)


def test_what_tells_the_known_from_strangers_weighs_more() -> None:
    random = np.random.default_rng(3)
    inside, outside = random.normal(size=(400, 3)), random.normal(size=(400, 3))
    inside[:, 0] += 2
    outside[:, 1] += 2
    weights = rejection.weights(inside, outside)
    assert weights[0] == 1
    assert weights[1] < -0.5
    assert abs(weights[2]) < 0.3


def test_few_examples_do_not_teach_what_to_weigh() -> None:
    few = np.random.default_rng(4).normal(size=(20, 3))
    assert np.array_equal(rejection.weights(few, few - 5), rejection.weights(few[:3], few))


def test_evidence_of_two_classes_has_one_other_answer() -> None:
    found = rejection.evidence(np.array([[0.9, 0.2], [0.1, 0.4]]), np.array([0.5, 0.6]))
    assert np.allclose(found, [[0.9, 0.2, 0.5], [0.4, 0.1, 0.6]])
    assert np.allclose(rejection.evidence(np.array([[0.7]]), np.array([0.5])), [[0.7, 0.0, 0.5]])


def test_one_class_is_nothing_to_tell_apart() -> None:
    with pytest.raises(ValueError, match="two classes"):
        learn(_examples({"order": "where"}), _WISH, lambda _: None)


def test_a_kernel_without_numbers_is_refused() -> None:
    with pytest.raises(Singular):
        solve(np.full((3, 3), np.nan, dtype=np.float32), np.eye(3, dtype=np.float32), 0.1)


@given(
    st.lists(st.floats(-1, 2), min_size=20, max_size=60),
    st.lists(st.floats(-1, 2), min_size=1, max_size=60),
)
@settings(deadline=None)
def test_a_threshold_keeps_at_least_what_was_asked(inside: list[float], other: list[float]) -> None:
    found = rejection.cut(np.array(inside), np.array(other), 0.85, 0.97)
    assert found.kept >= 0.85 - 1e-9
    assert 0 <= found.rejected <= 1


def test_a_threshold_lies_between_what_can_be_told_apart() -> None:
    found = rejection.cut(np.linspace(1, 2, 100), np.linspace(-1, 0.5, 100), 0.85, 0.97)
    assert found.rejected == 1.0
    assert 0.97 <= found.kept <= 0.98  # to one example of a hundred


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=9), st.floats(0.5, 20))
def test_probabilities_add_up_and_keep_the_order(answers: list[float], sharpness: float) -> None:
    found = sharpened(np.array(answers), sharpness)
    assert found.sum() == pytest.approx(1.0)
    assert found[int(np.argmax(answers))] == found.max()


def test_ngrams_see_through_a_typo_and_know_han_characters() -> None:
    space = NgramSpace.learned(["where is my parcel", "my parcel", "退货运费", "退货多久"])
    texts = ["where is my parsel", "退货邮费", "xyz"]
    near, han, none = (space.vector(text) for text in texts)
    assert len(near.places) > 3
    assert {space.names[place] for place in han.places} >= {"w退", "w退 货"}
    assert len(none.places) == 0


def test_products_are_the_same_whether_ngrams_are_frequent_or_not() -> None:
    texts = [f"pay my bill {n}" for n in range(60)] + ["你好", "hello there"]
    space = NgramSpace.learned(texts)
    matrix = space.matrix(texts)
    total = np.zeros((len(texts), len(texts)), dtype=np.float32)

    def add(part: np.ndarray) -> None:
        nonlocal total
        total += part

    gram_products(matrix, matrix, add)
    assert np.allclose(total, (matrix @ matrix.T).toarray(), atol=1e-5)


def test_points_keep_likeness_below_one() -> None:
    raw = np.stack([_raw("a", n) for n in range(20)])
    points = PointSpace.learned(raw, 8).points(raw)
    assert points.shape == (20, 8)
    assert float((points @ points.T).max()) <= 1.0001

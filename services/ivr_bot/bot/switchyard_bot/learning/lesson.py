"""Learns an intent model from examples; everything it chooses is chosen on the examples. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from switchyard_bot.learning import rejection
from switchyard_bot.learning.intents import IntentModel, sharpened
from switchyard_bot.learning.ngrams import NgramSpace, gram_products
from switchyard_bot.learning.points import PointSpace
from switchyard_bot.learning.regression import Solution, one_hot, solve
from switchyard_bot.learning.rejection import Cut

_MIXES = (0.0, 0.15, 0.3, 0.45)
_RIDGES = (0.03, 0.1, 0.3)
_USUAL_RIDGE = 0.1
_TRIED_ON = 2500  # examples on which mix and ridge are chosen
_SHARPNESS = (2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What the learner is asked for."""

    rejects: tuple[str, ...]  # classes whose examples show what is out of scope
    least_kept: float  # of what is in scope, 0 to 1
    most_kept: float
    dimensions: int
    most_examples: int  # more are thinned out: time grows with the third power
    # Share of n-grams and ridge; None: chosen on the examples, which takes several of each class
    # that were said in earnest.
    settings: tuple[float, float] | None = None


@dataclass(frozen=True)
class Examples:
    """Texts, their raw vectors (a row each) and labels."""

    texts: tuple[str, ...]
    raw: Any
    labels: tuple[str, ...]

    def chosen(self, places: Any) -> "Examples":
        """Some of them, in that order."""
        return Examples(
            tuple(self.texts[at] for at in places),
            self.raw[places],
            tuple(self.labels[at] for at in places),
        )


@dataclass(frozen=True)
class Lesson:
    """A model and what it would score on its own examples, each left out."""

    model: IntentModel
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    left_out: Any  # (examples, classes): what the others say of each
    accuracy: float
    ridge: float
    cut: Cut


@dataclass(frozen=True)
class _Desk:
    """Examples prepared: sorted by class, with points and n-grams."""

    points: Any
    grams: Any
    labels: Any  # int
    classes: tuple[str, ...]

    def kernel(self, mix: float) -> Any:
        """Likeness of all pairs (n, n)."""
        kernel = self.points @ self.points.T
        kernel -= 1
        kernel *= 2
        np.exp(kernel, out=kernel)
        kernel *= np.float32(1 - mix)
        if mix:
            gram_products(self.grams, self.grams, lambda part: _add(kernel, part, mix))
        return kernel

    def solve(self, mix: float, ridge: float) -> Solution:
        return solve(self.kernel(mix), one_hot(self.labels, len(self.classes)), ridge)

    def sample(self, most: int) -> "_Desk":
        """An even sample."""
        if len(self.labels) <= most:
            return self
        at = np.linspace(0, len(self.labels) - 1, most).astype(int)
        return _Desk(self.points[at], self.grams[at], self.labels[at], self.classes)


def learn(examples: Examples, wish: Wish, say: Say) -> Lesson:
    """Learns from all examples; takes seconds for thousands, minutes for 15,000.

    Raises:
        ValueError: fewer than two classes.
    """
    examples = _thinned(_distinct(examples), wish.most_examples, say)
    classes = tuple(sorted(set(examples.labels)))
    if len(classes) < 2:
        raise ValueError("a classifier needs examples of at least two classes")
    order = np.argsort([classes.index(label) for label in examples.labels], kind="stable")
    examples = examples.chosen(order)
    space = PointSpace.learned(examples.raw, wish.dimensions)
    ngrams = NgramSpace.learned(examples.texts)
    desk = _Desk(
        space.points(examples.raw),
        ngrams.matrix(examples.texts),
        np.array([classes.index(label) for label in examples.labels]),
        classes,
    )
    say(f"{len(examples.texts)} examples of {len(classes)} classes, {len(ngrams.names)} n-grams")
    mix, ridge = wish.settings or _best_settings(desk.sample(_TRIED_ON), say)
    say("learning from all examples")
    solution = desk.solve(mix, ridge)
    left_out = solution.left_out()
    weights, cut = _cut(desk, solution, left_out, wish)
    model = IntentModel(
        classes=classes,
        rejects=tuple(name for name in classes if name in wish.rejects),
        space=space,
        ngrams=ngrams,
        examples=desk.points,
        borders=np.searchsorted(desk.labels, np.arange(len(classes) + 1)),
        alpha=solution.alpha,
        ngram_weights=np.asarray(desk.grams.T @ solution.alpha, dtype=np.float16),
        mix=mix,
        sharpness=_sharpness(left_out, desk.labels),
        weights=weights,
        threshold=cut.threshold,
    )
    accuracy = float((left_out.argmax(axis=1) == desk.labels).mean())
    return Lesson(model, examples.texts, examples.labels, left_out, accuracy, ridge, cut)


def _add(kernel: Any, part: Any, mix: float) -> None:
    part *= np.float32(mix)
    kernel += part


def _distinct(examples: Examples) -> Examples:
    """Without repetitions, which would make the left-out answers look better than they are."""
    seen: dict[tuple[str, str], int] = {}
    for at, pair in enumerate(zip(examples.texts, examples.labels, strict=True)):
        seen.setdefault(pair, at)
    return examples.chosen(np.array(list(seen.values()), dtype=int))


def _thinned(examples: Examples, most: int, say: Say) -> Examples:
    if len(examples.texts) <= most:
        return examples
    say(f"taking {most} of {len(examples.texts)} examples, evenly from all classes")
    order = np.argsort(np.array(examples.labels), kind="stable")
    labels = np.array(examples.labels)[order]
    firsts = np.flatnonzero(np.append(True, labels[1:] != labels[:-1]))  # no class is lost
    rest = np.setdiff1d(np.arange(len(order)), firsts)
    taken = rest[np.linspace(0, len(rest) - 1, max(most - len(firsts), 0)).astype(int)]
    return examples.chosen(order[np.sort(np.concatenate([firsts, taken]))])


def _best_settings(desk: _Desk, say: Say) -> tuple[float, float]:
    """The share of n-grams and the ridge whose left-out answers surprise least."""
    by_mix = {mix: _surprise(desk, mix, _USUAL_RIDGE) for mix in _MIXES}
    mix = min(by_mix, key=lambda one: by_mix[one])
    by_ridge = {ridge: _surprise(desk, mix, ridge) for ridge in _RIDGES}
    ridge = min(by_ridge, key=lambda one: by_ridge[one])
    say(f"tried {len(_MIXES) + len(_RIDGES)} settings: {mix:.0%} n-grams, ridge {ridge}")
    return mix, ridge


def _surprise(desk: _Desk, mix: float, ridge: float) -> float:
    answers = desk.solve(mix, ridge).left_out()
    return surprise(answers, desk.labels, _sharpness(answers, desk.labels))


def _sharpness(answers: Any, labels: Any) -> float:
    """The sharpness whose probabilities tell best how often an answer is right."""
    return min(_SHARPNESS, key=lambda sharpness: surprise(answers, labels, sharpness))


def surprise(answers: Any, labels: Any, sharpness: float) -> float:
    """Mean negative logarithm of the probability that was given to the right class."""
    right = sharpened(answers, sharpness)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(right, 1e-9)).mean())


def _cut(desk: _Desk, solution: Solution, left_out: Any, wish: Wish) -> tuple[Any, Cut]:
    """Chooses what to weigh the evidence with, and the threshold, from left-out answers."""
    inside = np.array([name not in wish.rejects for name in desk.classes])
    found = _evidence(desk, left_out, inside)
    known = inside[desk.labels]
    strange = _strangers(desk, solution, inside) if known.all() else found[~known]
    weights = rejection.weights(found[known], strange)
    fits = found @ weights
    # What goes to a class that means "out of scope" is turned down whatever the threshold.
    fits[~inside[left_out.argmax(axis=1)]] = -np.inf
    others = strange @ weights if known.all() else fits[~known]
    return weights, rejection.cut(fits[known], others, wish.least_kept, wish.most_kept)


def _strangers(desk: _Desk, solution: Solution, inside: Any) -> Any:
    """The evidence for each class's examples when that class is unknown."""
    found = []
    for label in range(len(desk.classes)):
        members = np.flatnonzero(desk.labels == label)
        others = inside.copy()
        others[label] = False
        answers = solution.group_left_out(members)
        found.append(_evidence(desk, answers, others, members))
    return np.concatenate(found)


def _evidence(desk: _Desk, answers: Any, allowed: Any, rows: Any = None) -> Any:
    """What speaks for the best of the allowed classes in each row, by examples other than it."""
    rows = np.arange(len(desk.labels)) if rows is None else rows
    best = np.where(allowed, answers, -np.inf).argmax(axis=1)
    near = np.zeros(len(rows))
    for label in np.unique(best):
        members = np.flatnonzero(desk.labels == label)
        asked = np.flatnonzero(best == label)
        likeness = desk.points[rows[asked]] @ desk.points[members].T
        itself = rows[asked][:, np.newaxis] == members
        near[asked] = _nearness(np.where(itself, -np.inf, likeness))
    return rejection.evidence(answers[:, allowed], near)


def _nearness(likeness: Any) -> Any:
    """As ``rejection.nearness``; −∞ is no example, and without any it is 0."""
    count = min(rejection.NEAREST, likeness.shape[1])
    near = np.partition(likeness, likeness.shape[1] - count, axis=1)[:, -count:]
    there = np.isfinite(near)
    return np.where(there, near, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)

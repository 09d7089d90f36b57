"""Serving Rasa without TensorFlow: 180 instead of 450 MB after import, 3 instead of 8 s of CPU.

Nothing in this bot's pipeline uses TensorFlow, but Rasa 3.6.21 imports it for its own classifiers
in three places: the list of all built-in components, the check of a pipeline before training (a
packed model names it, too), and two helpers for training neural networks. ``apply`` puts a short
list and empty classes there before Rasa looks. So a process that has called it can load and serve
a model of this pipeline, not train one, and not serve one with DIET or TED.
"""

import sys
from types import ModuleType

_LIST = "rasa.engine.recipes.default_components"
_LEFT_OUT = {
    "rasa.graph_components.validators.default_recipe_validator": ("DefaultV1RecipeValidator",),
    "rasa.utils.tensorflow.callback": ("RasaTrainingLogger", "RasaModelCheckpoint"),
    "rasa.utils.tensorflow.data_generator": ("RasaBatchDataGenerator",),
}


class TooLate(Exception):
    """Something imported TensorFlow before."""


class LeftOut(Exception):
    """A process that serves tried to train, or to use a neural network."""


def apply() -> None:
    """Call once, before the first import of Rasa's graph.

    Raises:
        TooLate: see there.
    """
    if "tensorflow" in sys.modules:
        raise TooLate("lean.apply must come before anything that imports TensorFlow")
    for name, classes in _LEFT_OUT.items():
        _stand_in(name, {cls: type(cls, (_LeftOut,), {}) for cls in classes})
    _stand_in(_LIST, {"DEFAULT_COMPONENTS": []})  # this bot's components are its own


class _LeftOut:
    """In place of a class that serving this pipeline never uses."""

    def __init__(self, *_: object, **__: object) -> None:
        raise LeftOut(f"{type(self).__name__} needs TensorFlow, which this process left out")


def _stand_in(name: str, contents: dict[str, object]) -> None:
    module = ModuleType(name, "A stand-in; see switchyard_bot.lean.")
    vars(module).update(contents)
    sys.modules[name] = module

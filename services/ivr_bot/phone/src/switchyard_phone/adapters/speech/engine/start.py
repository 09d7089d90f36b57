"""Starts an engine in another interpreter: `python -I start.py MODULE ARGUMENT…`.

That interpreter has the models' packages and nothing of Switchyard. This package alone is made
known to it, not the folder it lies in: other packages there would stand in the way of its own.
"""

import importlib
import sys
import types
from pathlib import Path

_PACKAGE = "switchyard_phone"


def main(module: str, *arguments: str) -> None:
    """Run the module's `main`."""
    package = types.ModuleType(_PACKAGE)
    package.__path__ = [str(Path(__file__).resolve().parents[3])]
    sys.modules[_PACKAGE] = package
    importlib.import_module(f"{_PACKAGE}.adapters.speech.engine.{module}").main(*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Says what training is busy with: Rasa's words and those of the bot's components. Pure."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OWN = "switchyard_bot.progress"
"""Name of the logger that components say their progress to."""
_LOGGERS = ("rasa.engine.training.hooks", OWN)
Say = Callable[[str], None]


@contextmanager
def told(say: Say) -> Iterator[None]:
    """Passes everything said meanwhile on to ``say``."""
    handler = _Teller(say)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


class _Teller(logging.Handler):
    def __init__(self, say: Say) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(f"  {record.getMessage()}")

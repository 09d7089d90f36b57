"""What has to be set before Rasa and TensorFlow are imported. Pure."""

from collections.abc import MutableMapping

_DEFAULTS = {
    "RASA_TELEMETRY_ENABLED": "false",  # no reports to anybody
    "RASA_MAX_CACHE_SIZE": "0",  # the cache of trained models is ours
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "CUDA_VISIBLE_DEVICES": "-1",
    "OMP_NUM_THREADS": "1",  # sentences are short: a second thread costs more than it brings
    "OPENBLAS_NUM_THREADS": "1",
    "LOG_LEVEL": "WARNING",  # no progress bars; our own log lines have BOT_LOG_LEVEL
}


def quieten(environment: MutableMapping[str, str]) -> None:
    """Sets what is not set yet; call it first of all with ``os.environ``."""
    for name, value in _DEFAULTS.items():
        environment.setdefault(name, value)

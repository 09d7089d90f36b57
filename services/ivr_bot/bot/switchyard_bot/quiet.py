"""What has to be set before Rasa and TensorFlow are imported."""

import platform
from collections.abc import MutableMapping
from pathlib import Path

_CPU = Path("/proc/cpuinfo")

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


def quieten(environment: MutableMapping[str, str], cpu: str | None = None) -> None:
    """Sets what is not set yet; call it first of all with ``os.environ``.

    ``cpu``: what /proc/cpuinfo says; None: of this machine.
    """
    for name, value in _DEFAULTS.items():
        environment.setdefault(name, value)
    if kernels := _kernels(_facts() if cpu is None else cpu):
        environment.setdefault("OPENBLAS_CORETYPE", kernels)


def _facts() -> str:
    return _CPU.read_text() if platform.system() == "Linux" else ""


def _kernels(cpu: str) -> str:
    """The OpenBLAS kernels for a processor; empty: OpenBLAS chooses.

    The releases that this environment's NumPy and SciPy bring know no processor made after them:
    an AMD of family 26 is taken for one of 2007, whose kernels are slow, and one of them takes
    unaligned memory for aligned and kills the process. Every processor with AVX2 can run those of
    Haswell, and one set of kernels learns the same model everywhere.
    """
    flags = next((line for line in cpu.splitlines() if line.startswith("flags")), "")
    return "Haswell" if {"avx2", "fma"} <= set(flags.split()) else ""

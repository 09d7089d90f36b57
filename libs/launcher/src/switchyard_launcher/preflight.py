"""What is checked before anything is started."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from switchyard_launcher.ports import check_ports
from switchyard_launcher.process import ProcessSpec

_FREE_MB_NEEDED = 500


class NotPrepared(Exception):
    """Something a run needs is not there; the text says what, and what to do."""


def check(specs: Sequence[ProcessSpec], state_dir: Path) -> None:
    """Raises NotPrepared or PortsTaken."""
    check_programs(specs)
    check_space(state_dir)
    check_ports(specs)


def check_programs(specs: Sequence[ProcessSpec]) -> None:
    """Every file that is to be run must be there: an environment or a script may be missing."""
    for spec in specs:
        for word in spec.argv[:2]:
            path = Path(word)
            if path.is_absolute() and not path.exists():
                raise NotPrepared(
                    f"{spec.name} cannot start: there is no {path}.\n"
                    "Run 'make bootstrap' in the folder of the checkout."
                )


def check_space(state_dir: Path) -> None:
    """Logs, models and the store need some room."""
    free_mb = shutil.disk_usage(state_dir).free // 1024**2
    if free_mb < _FREE_MB_NEEDED:
        raise NotPrepared(
            f"Only {free_mb} MB are free where {state_dir} lies; {_FREE_MB_NEEDED} MB are needed.\n"
            "Free some space, or set SWITCHYARD_STATE_DIR to a folder on another disk."
        )

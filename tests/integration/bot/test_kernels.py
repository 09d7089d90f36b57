"""The bot's libraries compute with kernels that the processor has, not with guessed ones."""

import json
from pathlib import Path

import pytest

from tests.fakes.bot.stack import BOT, run_with_rasa

pytestmark = pytest.mark.integration

PROGRAM = f"""
import json, os, sys
sys.path.insert(0, {str(BOT)!r})
os.environ.pop("OPENBLAS_CORETYPE", None)
from switchyard_bot import quiet
quiet.quieten(os.environ)
import scipy.linalg, threadpoolctl
print(json.dumps([each["architecture"] for each in threadpoolctl.threadpool_info()
                  if each["internal_api"] == "openblas"]))
"""


HAS_THEM = "avx2" in Path("/proc/cpuinfo").read_text().split()


async def test_a_processor_newer_than_the_libraries_is_served_by_kernels_it_has() -> None:
    found = json.loads((await run_with_rasa("-c", PROGRAM, seconds=60)).splitlines()[-1])
    assert len(found) >= 2, "those of NumPy and SciPy"
    assert (set(found) == {"Haswell"}) is HAS_THEM

"""What is set before libraries are imported, and what a user has set stays."""

import pytest
from switchyard_bot.quiet import quieten

pytestmark = pytest.mark.unit

NEW = "vendor_id : AuthenticAMD\ncpu family : 26\nflags\t\t: fpu sse2 fma avx avx2 avx512f\n"
OLD = "vendor_id : GenuineIntel\ncpu family : 6\nflags\t\t: fpu sse2 avx\n"


@pytest.mark.parametrize(("cpu", "kernels"), [(NEW, "Haswell"), (OLD, None), ("", None)])
def test_the_kernels_are_those_that_the_processor_can_run(cpu: str, kernels: str | None) -> None:
    environment: dict[str, str] = {}
    quieten(environment, cpu)
    assert environment.get("OPENBLAS_CORETYPE") == kernels


def test_what_is_set_stays() -> None:
    environment = {"OPENBLAS_CORETYPE": "SkylakeX", "OMP_NUM_THREADS": "2"}
    quieten(environment, NEW)
    assert environment["OPENBLAS_CORETYPE"] == "SkylakeX"
    assert environment["OMP_NUM_THREADS"] == "2"

"""The mapping that the documentation begins with is a whole one."""

import re
from pathlib import Path

import pytest

from tests.fakes.insights.call_logs import World, dropped, hashed
from tests.fakes.insights.imported_rows import FakeImportedRows

pytestmark = pytest.mark.unit

DOCS = Path(__file__).parents[3] / "docs"
LOG = """\
call id,skill,caller,start,answer,talk,end,agent,result
1,1,5551,2026-03-01 09:00:00,2026-03-01 09:00:10,60,2026-03-01 09:01:10,ann,OK
2,9,,2026-03-01 09:00:00,,,2026-03-01 09:00:30,,LOST
3,1,,2026-03-01 09:00:00,,,2026-03-01 09:00:30,,TEST
"""


@pytest.mark.parametrize("page", ["history.md", "history.zh.md"])
def test_the_documented_mapping_reads_a_log(tmp_path: Path, page: str) -> None:
    found = re.search(r"```yaml\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    assert found is not None
    world = World(tmp_path, FakeImportedRows())
    report = world.run(LOG, found[1])
    assert dropped(report) == {"a test call": 1}
    served, lost = world.kept.rows()
    assert (served["queue"], served["customer_key"]) == ("billing", hashed("5551"))
    assert served["answered_ms"] - served["queued_ms"] == 10_000
    assert (lost["queue"], lost["outcome"], lost["answered_ms"]) == ("9", "ABANDONED", None)

"""What every memory of CRMs' answers has to do."""

from datetime import timedelta

import pytest
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.sealing import MasterKeyVault
from switchyard_crm.domain.customer import Provenance
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.remembering import AnswerCache, Content, Kept, Part, Slot

from tests.fakes.crm.people import DEMO, NOW, case, interaction, order, phone

SLOT = Slot(DEMO, "crm", "r-1", Part.PROFILE, 10)
WANG = Profile(
    Provenance("crm", "4711", NOW),
    display_name="王芳",
    language="zh-CN",
    address="上海市徐汇区云杉路18号",
    identifiers=(phone("+8619900001234"),),
)
CONTENTS: dict[Part, Content] = {
    Part.PROFILE: WANG,
    Part.ORDERS: (order("SY-1", NOW), order("SY-2", NOW - timedelta(days=1))),
    Part.OPEN_CASES: (case("T-1"),),
    Part.TIMELINE: (interaction("i-1", NOW, "a-1"),),
}


class AnswerCacheContract:
    """Subclasses give the fixture `cache`."""

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock(NOW)

    @pytest.mark.parametrize("part", list(Part))
    async def test_gives_back_what_was_put(self, cache: AnswerCache, part: Part) -> None:
        key, _ = MasterKeyVault([bytes(32)]).new_key()
        slot = Slot(DEMO, "crm", "r-1", part, 10)
        for content in (CONTENTS[part], None):
            await cache.put(slot, key, Kept(content, NOW))
            assert await cache.get(slot, key) == Kept(content, NOW)

    async def test_has_nothing_of_what_was_not_put(self, cache: AnswerCache) -> None:
        key, _ = MasterKeyVault([bytes(32)]).new_key()
        assert await cache.get(Slot(DEMO, "crm", "r-9", Part.PROFILE, 10), key) is None

    async def test_with_the_key_gone_nothing_can_be_read(self, cache: AnswerCache) -> None:
        vault = MasterKeyVault([bytes(32)])
        key, _ = vault.new_key()
        await cache.put(SLOT, key, Kept(WANG, NOW))
        another, _ = vault.new_key()
        assert await cache.get(SLOT, another) is None

    async def test_the_first_who_claims_renews(self, cache: AnswerCache) -> None:
        assert await cache.claim(SLOT, 5.0)

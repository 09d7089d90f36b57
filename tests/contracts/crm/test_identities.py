"""Linking, merging and parting customers, on SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from switchyard_common.errors import DomainError
from switchyard_crm.domain.errors import InvalidField, RequestIdReused
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerId
from switchyard_crm.domain.records import CustomerRecord
from switchyard_crm.domain.survivors import MANUAL_SOURCE
from switchyard_crm.service.identities import Suspicion
from switchyard_crm.service.merging import Merge, MergeOrder

from tests.fakes.crm.identities import ACTOR, World, identity_world
from tests.fakes.crm.people import DEMO, NOW, customer, interaction, phone

pytestmark = pytest.mark.integration

P1, P2, P3 = phone("+8619900001111"), phone("+8619900002222"), phone("+8619900003333")
MAIL = Identifier(IdentifierKind.EMAIL, "li.na@example.com")
OPENID = Identifier(IdentifierKind.HANDLE, "oX3aBc", "wechat")


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with identity_world(database_url) as opened:
        yield opened


def li(record_id: str, *known: Identifier, source: str = "local") -> CustomerRecord:
    return customer(record_id, *known, name="李娜", source=source)


def born(record: CustomerRecord, day: date) -> CustomerRecord:
    return replace(record, profile=replace(record.profile, birth_date=day))


async def refused(reason: str, waiting: object) -> DomainError:
    with pytest.raises(DomainError) as error:
        await waiting  # type: ignore[misc]
    assert error.value.reason == reason
    assert error.value.violations
    return error.value


class TestRelinking:
    async def test_records_of_one_person_become_one_customer(self, world: World) -> None:
        await world.put(li("a", P1), li("b", P1, source="erp"), customer("c", P2, name="王芳"))
        done = await world.relink()
        assert await world.partition("a", "b", "c") == {frozenset("ab"), frozenset("c")}
        assert (done.compared, done.linked) == (3, 1)
        assert (await world.customer("b")).name.customer == "a"

    async def test_the_same_number_under_another_name_is_another_customer(
        self, world: World
    ) -> None:
        await world.put(li("a", P1), customer("b", P1, name="王芳"))
        await world.relink()
        assert await world.partition("a", "b") == {frozenset("a"), frozenset("b")}

    async def test_the_order_of_batches_does_not_matter(self, world: World) -> None:
        await world.put(*(li(f"r{n}", P1, source=f"s{n}") for n in range(5)))
        done = await world.relink(size=1)
        assert len(await world.partition(*(f"r{n}" for n in range(5)))) == 1
        assert done.compared == 5

    async def test_relinking_again_changes_nothing(self, world: World) -> None:
        await world.put(li("a", P1), li("b", P1, source="erp"))
        await world.relink()
        async with world.identities.changing(DEMO) as unit:
            await unit.flag([CustomerId("a"), CustomerId("b")])
        done = await world.relink()
        assert (done.compared, done.linked, done.parted) == (2, 0, 0)

    async def test_a_number_that_changed_hands_no_longer_links(self, world: World) -> None:
        await world.put(li("a", P1), li("b", P1, source="erp"))
        await world.relink()
        await world.put(li("b", P2, source="erp"))
        assert (await world.relink()).parted == 1
        assert await world.partition("a", "b") == {frozenset("a"), frozenset("b")}

    async def test_a_placeholder_that_many_share_links_nobody(self, world: World) -> None:
        names = ("王芳", "李伟", "张敏", "刘洋", "陈静", "杨磊", "赵强")
        people = [customer(f"p{n}", P1, name=name) for n, name in enumerate(names)]
        await world.put(*people, customer("again", P1, name="王芳", source="erp"))
        assert (await world.relink()).linked == 0
        assert len(await world.partition("p0", "again")) == 2

    async def test_birth_dates_that_differ_keep_a_third_record_from_joining_both(
        self, world: World
    ) -> None:
        first = born(li("a", P1, MAIL), date(1988, 3, 1))
        second = born(li("b", P1, P2, source="erp"), date(1961, 7, 9))
        await world.put(first, second)
        await world.relink()
        await world.put(li("c", MAIL, P2, source="odoo"))
        await world.relink()
        found = await world.partition("a", "b", "c")
        assert frozenset("ab") not in found
        assert frozenset("abc") not in found

    async def test_whoever_becomes_one_when_a_veto_falls_is_asked_about_no_more(
        self, world: World
    ) -> None:
        first = born(li("a", P1, MAIL), date(1988, 3, 1))
        await world.put(first, born(li("b", P1, P2, source="erp"), date(1961, 7, 9)))
        await world.relink()
        await world.put(li("c", MAIL, P2, source="odoo"))
        await world.relink()
        apart = [each for each in await world.partition("a", "b", "c") if len(each) == 1]
        (alone,) = (CustomerId(next(iter(each))) for each in apart)
        await world.suspect.run(DEMO, [Suspicion(alone, CustomerId("c"), 0.5, ("told so",))])
        assert len((await world.reviews.run(DEMO, "", 100)).reviews) == 1
        await world.put(born(li("b", P2, source="erp"), date(1988, 3, 1)))
        await world.relink()
        assert await world.partition("a", "b", "c") == {frozenset("abc")}
        assert not (await world.reviews.run(DEMO, "", 100)).reviews

    async def test_a_record_that_another_names_by_its_id_is_found(self, world: World) -> None:
        its_id = Identifier(IdentifierKind.SOURCE_RECORD, "b", "erp")
        await world.put(li("b", P2, source="erp"), li("a", P1, its_id))
        assert (await world.relink()).linked == 1

    async def test_nobody_is_added_beyond_the_cap_but_somebody_is_asked(
        self, database_url: str
    ) -> None:
        async with identity_world(database_url, cap=3) as world:
            await world.put(*(li(f"r{n}", P1, source=f"s{n}") for n in range(5)))
            await world.relink()
            sizes = sorted(map(len, await world.partition(*(f"r{n}" for n in range(5)))))
            assert max(sizes) == 3
            page = await world.reviews.run(DEMO, "", 100)
            assert page.reviews
            assert all("too many records" in each.suspicion.evidence for each in page.reviews)

    async def test_what_the_guard_cannot_decide_is_left_to_people(self, world: World) -> None:
        nameless = customer("b", P1, name="", source="erp")
        await world.put(li("a", P1), customer("c", P1, name="王芳"), nameless)
        assert (await world.relink()).suspected == 2
        review, _ = (await world.reviews.run(DEMO, "", 100)).reviews
        assert "b" in review.customers
        assert P1.value not in "".join(review.suspicion.evidence)

    async def test_two_relinkers_at_once_do_what_one_does(self, world: World) -> None:
        await world.put(*(li(f"r{n}", P1, source=f"s{n}") for n in range(8)))

        async def worker() -> int:
            compared = 0
            while done := (await world.batch(2)).compared:
                compared += done
            return compared

        assert sum(await asyncio.gather(worker(), worker(), worker())) == 8
        assert len(await world.partition(*(f"r{n}" for n in range(8)))) == 1
        assert await world.identities.waiting() == {}

    async def test_importing_and_comparing_at_once_does_no_harm(self, world: World) -> None:
        sources = [f"s{n}" for n in range(6)]

        async def write(source: str) -> None:
            for name in ("李娜", "李娜 ", "李娜女士"):
                people = [
                    customer(
                        f"{source}-{n}", phone(f"+86199000040{n:02}"), name=name, source=source
                    )
                    for n in range(12)
                ]
                await world.writer.replace(people)

        async def compare() -> None:
            while (await world.batch(7)).compared or not written.done():
                await asyncio.sleep(0)

        written = asyncio.gather(*map(write, sources))
        await asyncio.gather(written, compare(), compare())
        everyone = [f"{source}-{n}" for source in sources for n in range(12)]
        assert len(await world.partition(*everyone)) == 12
        assert await world.identities.waiting() == {}


class TestMerging:
    async def test_the_first_survives_and_is_found_by_the_id_of_the_other(
        self, world: World
    ) -> None:
        await world.put(li("a", P1), customer("b", P2, name="Anna Lee"))
        await world.merge("b", "a")
        assert (await world.customer("a")).name.customer == "b"
        assert {each.value for each in (await world.customer("a")).phones} == {P1.value, P2.value}

    async def test_unmerge_restores_both_timelines(self, world: World) -> None:
        spoke = [interaction(f"i{n}", NOW - timedelta(days=n)) for n in range(4)]
        a = replace(li("a", P1), interactions=tuple(spoke[:2]))
        b = replace(li("b", P2, source="erp"), interactions=tuple(spoke[2:]))
        await world.put(a, b)
        merge_id = await world.merge("a", "b")
        assert [each.id for each in await world.timeline("b")] == ["i0", "i1", "i2", "i3"]
        assert await world.unmerge(merge_id) == ("a", "b")
        assert [each.id for each in await world.timeline("a")] == ["i0", "i1"]
        assert [each.id for each in await world.timeline("b")] == ["i2", "i3"]
        assert (await world.customer("b")).name.customer == "b"

    async def test_what_arrived_meanwhile_stays_with_its_side(self, world: World) -> None:
        await world.put(li("a", P1), customer("b", P2, name="王芳"))
        merge_id = await world.merge("a", "b")
        await world.put(li("a2", P1, source="erp"), customer("b2", P2, name="王芳", source="odoo"))
        await world.relink()
        assert len(await world.partition("a", "b", "a2", "b2")) == 1
        await world.unmerge(merge_id)
        expected = {frozenset({"a", "a2"}), frozenset({"b", "b2"})}
        assert await world.partition("a", "b", "a2", "b2") == expected

    async def test_the_guard_does_not_join_again_what_was_unmerged(self, world: World) -> None:
        await world.put(li("a", P1), li("b", P2, source="erp"))
        await world.unmerge(await world.merge("a", "b"))
        await world.put(li("b", P1, P2, source="erp"))
        await world.relink()
        assert len(await world.partition("a", "b")) == 2

    async def test_a_person_merges_what_the_guard_holds_apart_and_it_stays(
        self, world: World
    ) -> None:
        await world.put(born(li("a", P1), date(1988, 3, 1)))
        await world.put(born(li("b", P1, source="erp"), date(1961, 7, 9)))
        await world.relink()
        merge_id = await world.merge("a", "b")
        async with world.identities.changing(DEMO) as unit:
            await unit.flag([CustomerId("a"), CustomerId("b")])
        await world.relink()
        assert len(await world.partition("a", "b")) == 1
        await world.unmerge(merge_id)
        assert len(await world.partition("a", "b")) == 2

    async def test_refusals_say_which_field_and_why(self, world: World) -> None:
        await world.put(li("a", P1), customer("b", P2, name="王芳"), customer("c", P3))
        with pytest.raises(InvalidField, match="other"):
            await world.merge("a", "a")
        error = await refused("CUSTOMER_NOT_FOUND", world.merge("a", "nobody"))
        assert error.violations[0].field == "other"
        merge_id = await world.merge("a", "b")
        await refused("ALREADY_ONE_CUSTOMER", world.merge("b", "a"))
        await refused("MERGE_NOT_FOUND", world.unmerge("nothing"))
        await world.unmerge(merge_id)
        await refused("ALREADY_UNMERGED", world.unmerge(merge_id))
        error = await refused("KEPT_APART", world.merge("a", "b"))
        assert "overrule" in error.message

    async def test_whoever_overrules_can_be_taken_back_as_well(self, world: World) -> None:
        await world.put(li("a", P1), customer("b", P2, name="王芳"))
        await world.unmerge(await world.merge("a", "b"))
        merge_id = await world.merge("a", "b", overrule=True)
        assert len(await world.partition("a", "b")) == 1
        await world.unmerge(merge_id)
        assert len(await world.partition("a", "b")) == 2
        await refused("KEPT_APART", world.merge("a", "b"))

    async def test_too_large_a_customer_is_refused(self, database_url: str) -> None:
        async with identity_world(database_url, cap=2) as world:
            await world.put(li("a", P1), customer("b", P2), customer("c", P3, name="王芳"))
            await world.merge("a", "b")
            await refused("TOO_MANY_RECORDS", world.merge("a", "c"))

    async def test_a_repeated_request_gets_the_same_answer(self, world: World) -> None:
        await world.put(li("a", P1), customer("b", P2, name="王芳"))
        merge = Merge(world.identities, world.regrouping)
        order = MergeOrder(CustomerId("a"), CustomerId("b"), ACTOR)
        first = await merge.run(world.request("Merge", "same"), order)
        second = await merge.run(world.request("Merge", "same"), order)
        assert (first.new, second.new) == (True, False)
        assert first.merge_id == second.merge_id
        with pytest.raises(RequestIdReused):
            await merge.run(world.request("Merge", "same", "another"), order)

    async def test_one_of_two_who_unmerge_at_once_is_told(self, world: World) -> None:
        await world.put(li("a", P1), customer("b", P2, name="王芳"))
        merge_id = await world.merge("a", "b")
        both = await asyncio.gather(
            world.unmerge(merge_id), world.unmerge(merge_id), return_exceptions=True
        )
        reasons = [each.reason for each in both if isinstance(each, DomainError)]
        assert reasons == ["ALREADY_UNMERGED"]


class TestLinking:
    async def test_a_value_is_tied_and_survives_what_the_source_brings(self, world: World) -> None:
        await world.put(li("a", P1))
        await world.link("a", MAIL)
        await world.put(li("a", P2))
        found = await world.customer("a")
        assert [(each.value, each.provenance.source) for each in found.emails] == [
            (MAIL.value, MANUAL_SOURCE)
        ]
        assert [each.value for each in found.phones] == [P2.value]
        assert found.display_name is not None
        assert found.display_name.provenance.source == "local"

    async def test_a_tied_value_links_records_that_come_with_it(self, world: World) -> None:
        await world.put(li("a", P1))
        await world.link("a", MAIL)
        await world.put(li("b", MAIL, source="erp"))
        await world.relink()
        assert len(await world.partition("a", "b")) == 1

    async def test_tying_twice_changes_nothing(self, world: World) -> None:
        await world.put(li("a", P1))
        await world.link("a", OPENID)
        before = await world.customer("a")
        await world.link("a", OPENID)
        assert (await world.customer("a")).handles == before.handles

    async def test_an_untied_value_never_comes_back(self, world: World) -> None:
        await world.put(li("a", P1, P2))
        await world.unlink("a", P1)
        assert [each.value for each in (await world.customer("a")).phones] == [P2.value]
        await world.put(replace(li("a", P1, P2, MAIL)))
        await world.relink()
        assert [each.value for each in (await world.customer("a")).phones] == [P2.value]
        async with world.identities.changing(DEMO) as unit:
            assert (await unit.holders([P1], 10)).get(P1) is None

    async def test_links_that_rested_on_an_untied_value_fall(self, world: World) -> None:
        await world.put(li("a", P1), li("b", P1, source="erp"))
        await world.relink()
        await world.unlink("a", P1)
        await world.relink()
        assert len(await world.partition("a", "b")) == 2

    async def test_tying_again_voids_the_untying(self, world: World) -> None:
        await world.put(li("a", P1, P2))
        await world.unlink("a", P1)
        await world.link("a", P1)
        assert P1.value in {each.value for each in (await world.customer("a")).phones}
        await world.unlink("a", P1)
        assert P1.value not in {each.value for each in (await world.customer("a")).phones}

    async def test_a_record_joins_and_is_parted_again(self, world: World) -> None:
        its_id = Identifier(IdentifierKind.SOURCE_RECORD, "b", "erp")
        await world.put(li("a", P1), customer("b", P2, name="Anna", source="erp"))
        await world.link("a", its_id)
        assert len(await world.partition("a", "b")) == 1
        await world.unlink("a", its_id)
        assert len(await world.partition("a", "b")) == 2
        await refused("KEPT_APART", world.link("a", its_id))

    async def test_a_record_in_company_has_to_be_merged(self, world: World) -> None:
        await world.put(li("a", P1), customer("b", P2, source="erp"), customer("c", P3))
        await world.merge("c", "b")
        its_id = Identifier(IdentifierKind.SOURCE_RECORD, "b", "erp")
        await refused("RECORD_OF_ANOTHER_CUSTOMER", world.link("a", its_id))

    async def test_refusals_say_which_field_and_why(self, world: World) -> None:
        await world.put(li("a", P1))
        await refused("NOT_LINKED", world.unlink("a", MAIL))
        await refused("CUSTOMER_NOT_FOUND", world.link("nobody", MAIL))
        await refused("CUSTOMER_NOT_FOUND", world.unlink("nobody", MAIL))
        own = Identifier(IdentifierKind.SOURCE_RECORD, "a", "local")
        await refused("ONLY_RECORD", world.unlink("a", own))
        with pytest.raises(InvalidField, match=r"identifier\.kind"):
            await world.link("a", Identifier(IdentifierKind.CUSTOMER_ID, "b"))
        with pytest.raises(InvalidField, match="placeholder"):
            await world.link("a", phone("+8613800138000"))


class TestReviews:
    async def suspect(self, world: World, *pairs: str, probability: float = 0.7) -> int:
        return await world.suspect.run(
            DEMO,
            [
                Suspicion(CustomerId(pair[0]), CustomerId(pair[1]), probability, ("names alike",))
                for pair in pairs
            ],
        )

    async def people(self, world: World) -> None:
        await world.put(*(customer(each, name=f"Nr {each}") for each in "abcdef"))

    async def test_a_pair_is_suspected_once_whichever_way_round(self, world: World) -> None:
        await self.people(world)
        assert await self.suspect(world, "ba", "cd") == 2
        assert await self.suspect(world, "ab", "dc") == 0

    async def test_pages_are_stable_while_reviews_come_and_go(self, world: World) -> None:
        await self.people(world)
        await self.suspect(world, "ab", "ac", "ad", "ae", "af")
        first = await world.reviews.run(DEMO, "", 2)
        await world.decide(first.reviews[0].id, same=False)
        second = await world.reviews.run(DEMO, first.next_token, 2)
        third = await world.reviews.run(DEMO, second.next_token, 2)
        assert [len(page.reviews) for page in (first, second, third)] == [2, 2, 1]
        assert third.next_token == ""
        everything = first.reviews + second.reviews + third.reviews
        assert len({review.id for review in everything}) == 5

    async def test_one_person_merges_and_can_be_unmerged(self, world: World) -> None:
        await self.people(world)
        await self.suspect(world, "ab")
        (review,) = (await world.reviews.run(DEMO, "", 9)).reviews
        merge_id = await world.decide(review.id, same=True)
        assert len(await world.partition("a", "b")) == 1
        await refused("ALREADY_DECIDED", world.decide(review.id, same=True))
        await world.unmerge(merge_id)
        assert len(await world.partition("a", "b")) == 2

    async def test_two_people_are_kept_apart_and_not_suspected_again(self, world: World) -> None:
        await self.people(world)
        await self.suspect(world, "ab")
        (review,) = (await world.reviews.run(DEMO, "", 9)).reviews
        assert await world.decide(review.id, same=False) == ""
        assert (await world.reviews.run(DEMO, "", 9)).reviews == ()
        assert await self.suspect(world, "ab") == 0
        await refused("KEPT_APART", world.merge("a", "b"))

    async def test_who_became_one_in_another_way_is_not_asked_about(self, world: World) -> None:
        await self.people(world)
        await self.suspect(world, "ab", "cd")
        assert await world.identities.count_open_reviews() == 2
        await world.merge("a", "b")
        assert await world.identities.count_open_reviews() == 1
        assert await self.suspect(world, "ab") == 0

    async def test_an_unknown_review_is_named(self, world: World) -> None:
        await refused("REVIEW_NOT_FOUND", world.decide("nothing", same=True))

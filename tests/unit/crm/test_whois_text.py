"""What `switchyard crm whois` says, in both languages."""

from datetime import UTC
from typing import Any

import pytest
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model
from switchyard_common.commands import Lang
from switchyard_crm.domain.context import Section, SourceStatus
from switchyard_crm.domain.identifiers import IdentifierKind
from switchyard_crm.domain.service_numbers import CallerType
from switchyard_crm.entrypoints.cli.telling import Told, tell
from switchyard_crm.entrypoints.cli.whois import Kind, meanings
from switchyard_crm.entrypoints.cli.wording import WORDS

pytestmark = pytest.mark.unit

WANG = "tenants/demo/customers/c-1"


def sourced(value: str) -> model.SourcedValue:
    return model.SourcedValue(value=value, source="local")


def resolved(outcome: Any, *customers: str) -> crm.ResolveResponse:
    candidates = [
        crm.ResolveCandidate(customer=each, confidence=0.9, evidence=["phone equal"])
        for each in customers
    ]
    return crm.ResolveResponse(outcome=outcome, candidates=candidates)


def said(told: Told, lang: Lang) -> str:
    return "\n".join(line.text for line in tell(told, lang, UTC))


def known() -> Told:
    context = crm.CustomerContext(
        customer=model.Customer(
            name=WANG, display_name=sourced("王芳"), tier=sourced("gold"),
            phones=[sourced("+8619900001234")],
        ),
        orders=[
            model.Order(
                number="SY-1", state="shipped",
                total=model.Money(currency="CNY", minor_units=19900),
                items=[model.OrderItem(name="手机壳", quantity=2)],
            ),
            model.Order(
                number="SY-2", state="placed", total=model.Money(currency="JPY", minor_units=1980)
            ),
        ],
        open_cases=[model.Case(number="T-1", state="open", priority="high", subject="包裹未到")],
        timeline=[model.Interaction(channel="CHAT", summary="asked for the parcel")],
        routing=model.RoutingHints(contacts_7d=3, open_cases=1, last_agents=["a-07"]),
    )  # fmt: skip
    answer = crm.GetContextResponse(outcome=crm.UNIQUE, context=context, partial=["erp"])
    answer.sources.add(source="erp", status=crm.TIMEOUT).took.FromMilliseconds(250)
    return Told(resolved(crm.UNIQUE, WANG), answer)


@pytest.mark.parametrize("lang", Lang)
def test_tells_all_that_is_known(lang: Lang) -> None:
    text = said(known(), lang)
    for word in (
        "王芳", "gold", "+8619900001234", "90%", "SY-1", "CNY 199.00", "JPY 1980", "手机壳 ×2",
        "T-1", "包裹未到", "a-07", "asked for the parcel", "250 ms",
    ):  # fmt: skip
        assert word in text
    assert text.splitlines()[-1].endswith("erp")


@pytest.mark.parametrize("lang", Lang)
@pytest.mark.parametrize("outcome", [crm.NONE, crm.SHARED_NUMBER, crm.AMBIGUOUS])
def test_says_what_is_unclear(lang: Lang, outcome: Any) -> None:
    two: tuple[str, ...] = ("tenants/demo/customers/c-1", "tenants/demo/customers/c-2")
    customers = two if outcome == crm.AMBIGUOUS else ()
    text = said(Told(resolved(outcome, *customers), crm.GetContextResponse()), lang)
    assert all(customer.rpartition("/")[2] in text for customer in customers)
    assert text.startswith(
        WORDS[lang].sentences[crm.ResolveOutcome.Name(outcome)].partition("{")[0].strip()
    )


def test_both_languages_say_the_same_things() -> None:
    assert WORDS[Lang.EN].sentences.keys() == WORDS[Lang.ZH].sentences.keys()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("+86 199 0000 1234", model.PHONE),
        ("１９９００００１２３４转8", model.PHONE),
        ("wang@example.com", model.EMAIL),
        ("SY-1024-0001", model.CUSTOMER_ID),
        ("wechat:oX3aBc", model.HANDLE),
        ("c-000001", model.CUSTOMER_ID),
    ],
)
def test_guesses_what_a_text_may_mean(text: str, first: Any) -> None:
    assert meanings(text, None)[0].kind == first


def test_may_be_told_what_a_text_means() -> None:
    assert [each.kind for each in meanings("10017", Kind.ORDER)] == [model.ORDER_NUMBER]


def test_chinese_is_told_without_english_codes() -> None:
    text = said(known(), Lang.ZH)
    for word in ("电话相同", "已发货", "已下单", "未结", "高", "在线聊天", "超时"):
        assert word in text
    assert not {"equal", "shipped", "placed", "high", "CHAT", "TIMEOUT"} & set(text.split())


def test_what_the_service_says_has_a_chinese_name() -> None:
    names = WORDS[Lang.ZH].names
    assert set(SourceStatus) <= names.keys()
    assert set(Section) <= names.keys()
    assert set(CallerType) <= names.keys()
    assert {f"{kind.replace('_', ' ')} equal" for kind in IdentifierKind} <= names.keys()


@pytest.mark.parametrize(
    ("lang", "word"), [(Lang.EN, "company hotline"), (Lang.ZH, "企业客服热线")]
)
def test_a_service_number_is_named_as_what_it_is(lang: Lang, word: str) -> None:
    answer = resolved(crm.NONE)
    answer.caller_type = CallerType.COMPANY
    assert word in said(Told(answer, crm.GetContextResponse()), lang)

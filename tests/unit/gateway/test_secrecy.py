"""What is kept of messages that hold a PIN, a code or a link that sets a PIN."""

import pytest
from switchyard_common.secret_words import MASK
from switchyard_gateway.domain.secrecy import Secrecy, masked, without_links

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "said",
    [
        "482913",
        "it is 482913",
        "４８２９１３",
        "4 8 2 9 1 3",
        "4-8-2-9",
        "48",
        "四八二九一三",
        "四八 二九",
        "four eight two nine",
        "My PIN is double four two nine",
        "4️⃣8️⃣2️⃣9️⃣",
        "٤٨٢٩١٣",
        "\U0001d7d2\U0001d7d6\U0001d7d0\U0001d7d7",
    ],
)
def test_an_answer_to_the_question_for_a_secret_leaves_nothing(said: str) -> None:
    assert masked(said).asked == MASK


@pytest.mark.parametrize("said", ["I forgot it", "a person please", "转人工", "没收到", "why?"])
def test_words_without_digits_stay_as_they_are_even_then(said: str) -> None:
    assert masked(said).asked == said


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("my pin is 482913", f"my pin is {MASK}"),
        ("482913 is my PIN", f"{MASK} is my PIN"),
        ("PIN:4829, thanks", f"PIN:{MASK}, thanks"),
        ("The code you sent me is 482 913.", f"The code you sent me is {MASK}."),
        ("我的密码是４８２９１３", f"我的密码是{MASK}"),
        ("482913是我的验证码", f"{MASK}是我的验证码"),
        ("服务密码四八二九一三，谢谢", f"服务密码{MASK},谢谢"),
        ("my passcode: four eight two nine", f"my passcode: {MASK}"),
        ("I opened https://x.example/reset/AbC-1_9 today", f"I opened {MASK} today"),
    ],
)
def test_a_secret_that_is_named_is_masked_though_nobody_asked(said: str, kept: str) -> None:
    assert masked(said).by(Secrecy.NEVER) == kept


@pytest.mark.parametrize(
    "said",
    [
        "where is my order SY10240001",
        "订单 SY20480001 到哪了",
        "call me at 13800138000",
        "I forgot my PIN, my order is SY10240001",
        "忘记密码了，我的手机是13800138000",
        "my phone ends in 4829",
        "the postcode is 200040",
        "my zip code is 98101",
        "it shows error code 5021",
        "2026-01-05 at 10:30",
    ],
)
def test_other_numbers_stay_readable_for_agents(said: str) -> None:
    assert masked(said).by(Secrecy.NEVER) == said
    assert masked(said).by(Secrecy.ONCE) == said


def test_after_a_secret_was_asked_for_bare_digits_are_taken_for_one() -> None:
    assert masked("482914").by(Secrecy.ONCE) == MASK
    assert masked(" 4829 14! ").by(Secrecy.ONCE) == MASK
    assert masked("482914").by(Secrecy.NEVER) == "482914"


def test_a_mask_does_not_tell_how_long_the_secret_is() -> None:
    assert masked("my pin is 4829").never == masked("my pin is 48291357").never
    assert masked("4829").asked == masked("48291357").asked


def test_a_text_of_the_bot_for_the_customer_only_keeps_its_words_and_not_its_link() -> None:
    said = "Here it is: https://gateway.example/reset/abc-DEF. It is valid for 15 minutes."
    assert without_links(said) == f"Here it is: {MASK} It is valid for 15 minutes."
    assert without_links("请打开：https://g.example/reset/abc，15 分钟内有效。") == (
        f"请打开：{MASK}，15 分钟内有效。"
    )
    assert without_links("a secret without a link") == MASK

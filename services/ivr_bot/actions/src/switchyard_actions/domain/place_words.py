"""The words of a message that may name a place. Pure."""

import re
import unicodedata

_HAN_NOISE = re.compile(
    r"你们|我们|请问|我想|我要|想要|帮我|帮忙|麻烦|查一下|查询|看一下|一下|告诉我|营业时间|营业|工作时间|开放时间|"
    r"上班时间|几点|什么时候|开门|关门|下班|上班|现在|打烊|那家|这家|(?<![成首])都(?!江堰|匀)|还开着|还开|开着|开不开|是否|有没有|有吗|门店|店铺|实体店|线下店|分店|网点|"
    r"地址|位置|在哪里|在哪儿|在哪|哪里|哪儿|哪家|哪个|附近|最近|周边|怎么走|怎么去|电话|预约|约个|到店|去店里|参观|"
    r"今天|明天|后天|大后天|昨天|今晚|明早|上午|下午|晚上|中午|早上|周末|节假日|放假|"
    r"(?:下下|下|这|本)?个?(?:周|星期|礼拜)[一二三四五六日天末]?|[0-9一二两三四五六七八九十]+[点點号月日](?:半)?|"
    r"看看|逛逛|转转|一趟|可以|能不能|方便|[吗呢吧啊呀那的了是在有店想要去约到个家]|离我|时间"
)
_ENGLISH_NOISE_WORDS = """
a an and any are at be branch branches book booking by can close closes closed closest come day
do does find for from get have hello hey hi holiday holidays hour hours how i in is it late like
located location locations long look make me my near nearest need next of on one open opening
opens or our please shop shops show store stores tell that the there thank thanks this time
times to today tomorrow tonight until up us visit want we weekend weekends week what when where
which will with would you your appointment address am pm afternoon morning evening monday
tuesday wednesday thursday friday saturday sunday noon about around after before between now
right still yet early id d m ll re s let s see someone something change reschedule move cancel
"""
_ENGLISH_NOISE = frozenset(_ENGLISH_NOISE_WORDS.split())
_WORD = re.compile(r"[A-Za-z][A-Za-z'\-]+|[一-鿿]+")
_MOST_WORDS = 8


def place_words(text: str) -> str:
    """What is left without the words of asking, opening and time; may well be empty."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = _HAN_NOISE.sub(" ", plain)
    words = (word.partition("'")[0] for word in _WORD.findall(plain))
    return " ".join([word for word in words if word not in _ENGLISH_NOISE][:_MOST_WORDS])

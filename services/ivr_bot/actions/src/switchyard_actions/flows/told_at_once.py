"""Whether the words that a request began with say already what it is about."""

import re

_LEAST_WORDS, _LEAST_HAN = 2, 4
_REQUEST = """
    please can could would will you i i'd i'm we want like need have has had got to hi hello hey
    thanks thank add update append comment also too help me my our a an the another new one about
    with on for of this that it is it's there and so some something anything wrong open create raise
    file submit log make start write put report get send support service repair ticket tickets case
    request issue issues problem problems fault matter order delivery account bill somebody someone
    look into see
"""
_LATIN = re.compile(r"[a-z][a-z']*", re.IGNORECASE)
_REQUEST_WORDS = frozenset(_LATIN.findall(_REQUEST))
_REQUEST_HAN = re.compile(
    r"(?:请|麻烦|帮忙|帮我?|给我|替我|我想|我要|需要|能不能|可以|想|要|再)*"
    r"(?:补充|添加|加|提交?|开|新建|建|创建|登记|报|填|下|交)(?:一?下)?[一个张份]{0,2}(?:新的?)?"
    r"(?:售后|维修|服务|故障|报修)?(?:工单|服务单|报修单|单子|报修|修|单|问题|情况|事情|故障)[吧吗呢了啊]?"
    r"|(?:有|出了?)(?:一?[点个些])?问题|你好|您好|关于|订单|我的?|需要|处理一?下|一下|谢谢"
    r"|工单|里面?|一句"
)
_HAN = re.compile(r"[一-鿿]")


def tells_the_matter(words: str) -> bool:
    """Whether more than the request for a ticket was said: "my kettle leaks, open a ticket"."""
    latin = [word for word in _LATIN.findall(words) if word.lower() not in _REQUEST_WORDS]
    han = _HAN.findall(_REQUEST_HAN.sub(" ", words))
    return len(latin) >= _LEAST_WORDS or len(han) >= _LEAST_HAN

"""Words around a name that are not part of it, and texts that are no name at all."""

import re

# After a surname: 王先生, 李经理.
_LONG_TITLES = (
    "先生", "女士", "小姐", "太太", "夫人", "老师", "医生", "大夫", "律师", "教授", "博士", "师傅",
    "经理", "总监", "主任", "主管", "院长", "校长", "老板", "同学",
)  # fmt: skip
# These may end a given name as well, so they are titles only right after a surname.
_SHORT_TITLES = ("总", "工", "董", "姐", "哥", "叔", "姨")
# Before a surname or the end of a given name: 小王, 阿芳.
FAMILIAR = frozenset("小老阿")
_LATIN_TITLES = """
mr mrs ms miss mister madam mme mx dr prof professor sir lady lord rev capt esq phd md mba herr
frau xiansheng nvshi
"""
LATIN_TITLES = frozenset(_LATIN_TITLES.split())
_GENERATIONS = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "ii", "iii": "iii"}
_NO_NAMES_TEXT = """
test tester testing testuser user guest unknown unknow anonymous anon none null nil na n/a nan
noname name customer client caller visitor admin demo sample example default xxx xx asdf qwerty
abc tbd undefined deleted wechatuser newuser firstname lastname
测试 测试用户 测试账号 测试客户 测试员 试用 客户 新客户 老客户 顾客 用户 新用户 会员 访客 游客 匿名
匿名用户 未知 未知客户 不详 不知道 无 无名 无名氏 没有 空 暂无 保密 姓名
名字 某 某某 某某某 本人 来电 来电客户
陌生人 微信用户 默认 默认用户 已注销 已删除 散客 零售客户 快递 外卖 客人
"""
_NO_NAMES = frozenset((*_NO_NAMES_TEXT.split(), *_LONG_TITLES))
_NUMBERED = re.compile(r"(?:微信用户|用户|客户|会员|测试|test|user|guest|customer|client)?[\d\W_]*")


def without_han_title(han: str, surname_length: int) -> tuple[str, bool]:
    """The name without a title at its end, and whether there was one."""
    for title in _LONG_TITLES:
        if han.endswith(title):
            return han[: -len(title)], True
    if han[surname_length:] in _SHORT_TITLES:
        return han[:surname_length], True
    return han, False


def without_latin_titles(words: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """The words of a name without titles, and what tells father and son apart: jr, sr or ''."""
    generation = next((_GENERATIONS[word] for word in words[1:] if word in _GENERATIONS), "")
    kept = [word for word in words if word not in LATIN_TITLES]
    return tuple(word for word in kept if not generation or word not in _GENERATIONS), generation


def is_no_name(folded: str) -> bool:
    """Whether a text in lower case stands for a name that nobody knows: test, 未知, 用户123."""
    letters = folded.replace(" ", "").replace(".", "")
    if letters in _NO_NAMES or _NUMBERED.fullmatch(letters):
        return True
    return len(letters) >= 3 and len(set(letters)) == 1

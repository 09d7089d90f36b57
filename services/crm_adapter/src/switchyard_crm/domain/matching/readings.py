"""How Chinese characters are read, in Latin letters without tones: 王 is wang, 吕 is lv.

Readings are from pypinyin's table of characters. Its first reading of a character is the usual one;
names have habits of their own, which stand here.
"""

import re
import unicodedata
from functools import cache, lru_cache

_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]")
# Characters that are read in another way, or in two, when they are somebody's surname.
_SURNAMES = {
    "仇": ("qiu",), "任": ("ren",), "佴": ("nai",), "冼": ("xian",), "单": ("shan",),
    "区": ("ou",), "卜": ("bu",), "员": ("yun",), "召": ("shao",), "尹": ("yin",),
    "曾": ("zeng",), "朴": ("piao", "pu", "park"), "柏": ("bai", "bo"), "查": ("zha",),
    "洗": ("xian",), "燕": ("yan",), "盖": ("ge", "gai"), "祭": ("zhai",), "种": ("chong",),
    "纪": ("ji",), "缪": ("miao", "mou"), "繁": ("po",), "葛": ("ge",), "覃": ("qin", "tan"),
    "解": ("xie",), "谌": ("chen", "shen"), "贾": ("jia",), "逄": ("pang",), "那": ("na",),
    "郇": ("xun", "huan"), "隗": ("wei", "kui"), "翟": ("zhai", "di"), "乐": ("yue", "le"),
    "黑": ("he", "hei"), "盛": ("sheng",), "应": ("ying",), "宁": ("ning",), "晁": ("chao",),
}  # fmt: skip
# Of names only: the surnames and given names that are written differently in Hong Kong and Taiwan.
_SIMPLIFY = str.maketrans(
    "張陳劉楊黃趙吳孫馬羅鄭謝馮鄧許蕭葉蘇呂蔣賈鍾盧陸範譚賴龔萬錢嚴賀龍顧韓歐陽葛應莊麗華偉國強軍"
    "傑藝雲東鳳蘭寶貴榮興業慶豐勝發財學書蓮瑩穎慧敏靜潔嬌婭綺龐鄒閻閆衛鮮竇鄔駱聶關倫達遠進濤澤潤"
    "鵬飛鑫銘鋒鋼鐵錦鴻鶴麟齊曉暉曄顏頌維紅絲綱緒績緯總練繼續齡爾",
    "张陈刘杨黄赵吴孙马罗郑谢冯邓许萧叶苏吕蒋贾钟卢陆范谭赖龚万钱严贺龙顾韩欧阳葛应庄丽华伟国强军"
    "杰艺云东凤兰宝贵荣兴业庆丰胜发财学书莲莹颖慧敏静洁娇娅绮庞邹阎闫卫鲜窦邬骆聂关伦达远进涛泽润"
    "鹏飞鑫铭锋钢铁锦鸿鹤麟齐晓晖晔颜颂维红丝纲绪绩纬总练继续龄尔",
)
_COMMON = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔"
    "向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕"
    "单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧管柴蒙鲍华喻祁房屈饶解牟艾尤阳时穆农司古吉缪简车项连芦麦褚娄窦"
    "戚岑景党宫费卜冷晏席卫米柏宗代池佟傅仇区解查萧覃甄邬郁连艾闵桑桂桂栾寇敖甘褚晋楚闫干丛滕訾晁边胥芮姬那"
    "仲蔺湛阚沙巩竺阎盖诸鞠逄荆卓隋巫戈门归冀蓬全咸衣招揭扈燕尧庾郜宿荀虞皮裘商苍言危都明阴应终居步耿满弘匡"
)
_TWO_CHARACTERS = """
欧阳 司马 上官 诸葛 东方 皇甫 慕容 夏侯 司徒 司空 公孙 轩辕 宇文 西门 南宫 独孤 端木
赫连 呼延 闻人 申屠 钟离 淳于 太史 令狐 单于 尉迟 长孙 澹台 万俟
"""
_COMPOUND = frozenset(_TWO_CHARACTERS.split())
_COMPOUND_READINGS = {
    "单于": ("chan", "yu"), "尉迟": ("yu", "chi"), "长孙": ("zhang", "sun"),
    "澹台": ("tan", "tai"), "万俟": ("mo", "qi"),
}  # fmt: skip
# Characters that parents choose for two readings.
_GIVEN = {
    "乐": ("le", "yue"), "行": ("xing", "hang"), "长": ("chang", "zhang"), "朝": ("chao", "zhao"),
    "茜": ("qian", "xi"), "晟": ("sheng", "cheng"), "盛": ("sheng", "cheng"),
    "重": ("chong", "zhong"), "传": ("chuan", "zhuan"), "曾": ("zeng", "ceng"),
    "莘": ("xin", "shen"), "阿": ("a",), "佳": ("jia",), "车": ("che",), "和": ("he",),
    "都": ("du", "dou"), "洋": ("yang",), "宁": ("ning",), "贝": ("bei",), "亚": ("ya",),
}  # fmt: skip


def is_han(character: str) -> bool:
    """Whether it is a Chinese character."""
    return _HAN.match(character) is not None


def is_surname(han: str) -> bool:
    """Whether it is one of the surnames that most people have."""
    return han in _COMMON or han in _COMPOUND


def simplified(han: str) -> str:
    """The characters of a name as they are written on the mainland."""
    return han.translate(_SIMPLIFY)


def split_name(han: str) -> tuple[str, str]:
    """Surname and given name; the given name is empty if there is only a surname."""
    length = 2 if han[:2] in _COMPOUND else 1
    return han[:length], han[length:]


@lru_cache(maxsize=8192)
def character_readings(character: str) -> tuple[str, ...]:
    """Readings of one character in a given name; itself if nobody knows how it is read."""
    known = _GIVEN.get(character)
    if known is not None:
        return known
    readings = _table().get(ord(character), "")
    return (plain(readings.split(",")[0]),) if readings else (character,)


@cache
def _table() -> dict[int, str]:
    # Takes half a second to load, which who only wants to see a command's help should not wait for.
    from pypinyin.constants import PINYIN_DICT

    return PINYIN_DICT


def name_readings(han: str) -> tuple[tuple[str, ...], ...]:
    """For each character of a name, surname first, the ways it may be read; the usual one first."""
    surname, given = split_name(han)
    if surname in _COMPOUND_READINGS:
        family: list[tuple[str, ...]] = [(each,) for each in _COMPOUND_READINGS[surname]]
    else:
        family = [_SURNAMES.get(each) or character_readings(each) for each in surname]
    return (*family, *(character_readings(each) for each in given))


def plain(syllable: str) -> str:
    """Without tone: lǚ becomes lv."""
    letters = unicodedata.normalize("NFC", syllable.lower())
    kept = []
    for letter in letters:
        base = unicodedata.normalize("NFD", letter)
        kept.append("v" if base.startswith("u\u0308") else base[0])
    return "".join(kept)

"""Patterns of days and times of day in Chinese and English. Pure.

They only mark the words. What day "next Friday" is, those decide who know today's date.
"""

import re

_SMALL = r"(?:[0-9]{1,2}|[一二两三四五六七八九十]{1,3})"
_COUNT = r"(?:[0-9]{1,3}|[一二两三四五六七八九十几半]{1,3})"
_DAY_PART = "凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|今早|明早|今晚|明晚|昨晚"

_WEEKDAY = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_ORDINAL = r"[0-9]{1,2}(?:st|nd|rd|th)?"
_EN_COUNT = r"(?:[0-9]{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|a few)"
_EN_HOUR = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"

_DATES = (
    # Figures: 2026-11-25, 2026年11月25日, 11月25号, 25/11/2026, 25/11
    r"(?<![0-9A-Za-z\-])20[0-9]{2}[\-/.][0-9]{1,2}[\-/.][0-9]{1,2}(?![0-9])",
    r"(?:(?<![0-9])20[0-9]{2}年)?(?<![0-9])"
    + _SMALL
    + r"月份?(?:"
    + _SMALL
    + r"(?:日|号|(?![0-9点])))?"
    r"(?![个])",
    r"(?<![0-9A-Za-z/.\-])[0-9]{1,2}/[0-9]{1,2}(?:/(?:20)?[0-9]{2})?(?![0-9/])",
    r"(?<![0-9A-Za-z/.\-])[0-9]{1,2}[.\-][0-9]{1,2}[.\-]20[0-9]{2}(?![0-9])",
    r"(?:(?:下个?|这个?|本|上个?)月)?(?<![0-9])" + _SMALL + r"[日号](?![线楼店门桌柜馆院])",
    # Chinese words
    r"大?前天|大?后天|今天|今日|今儿|明天|明日|明儿|昨天|昨日|(?<=[这下])周末|周末|当天|次日",
    r"[今明昨](?=[早晚])",
    r"(?:下下|上上|下|上|这|本)?个?(?:周|星期|礼拜)(?:[一二三四五六日天末]|[1-6](?![0-9天个]))",
    r"(?:下下|上上|下|上|这|本)个?(?:周|星期|礼拜|月)(?:[初中底])?",
    r"(?:月|年)[初中底]|[今明]年(?:初|底)?",
    _COUNT + r"(?:天|日|周|个?星期|个?礼拜|个?月)(?:之|以)?[后前](?!的?时候)",
    # English
    r"\b(?:the )?day (?:after tomorrow|before yesterday)\b",
    r"\b(?:today|tonight|tomorr?ow|tommorrow|tmrw?|2moro|yesterday)\b",
    r"\b(?:(?:this|next|last|coming) )?(?:mon|tues|wednes|thurs|fri|satur|sun)day\b",
    r"\b(?:this|next|last|coming|on) " + _WEEKDAY + r"\b",
    r"\b(?:this|next|last) (?:week(?:end)?|month)\b|\b(?:the )?weekend\b",
    r"\b(?:the )?(?:end|start|beginning|middle) of (?:the|this|next) (?:week|month|year)\b",
    r"\b(?:the )?" + _ORDINAL + r"(?: of)? " + _MONTH + r"\b(?:,? 20[0-9]{2}\b)?",
    r"\b" + _MONTH + r" (?:the )?" + _ORDINAL + r"\b(?:,? 20[0-9]{2}\b)?",
    r"\b(?:the )?[0-9]{1,2}(?:st|nd|rd|th)\b(?! (?:street|st|avenue|ave|floor|time|order|one))",
    r"\bin " + _EN_COUNT + r" (?:days?|weeks?|months?)\b(?! time)",
    r"\b" + _EN_COUNT + r" (?:days?|weeks?|months?) (?:later|ago|from (?:now|today))\b",
)

_TIMES = (
    # Figures: 15:30, 3:30 pm, 3pm
    r"(?<![0-9:])[0-2]?[0-9][:][0-5][0-9](?![0-9:])(?: ?[ap]\.?m\b\.?)?",
    r"(?<![0-9A-Za-z:.])[0-9]{1,2}(?:\.[0-5][0-9])? ?[ap]\.?m\b\.?",
    # Chinese: 下午三点半, 晚上8点一刻, 十点钟, 下午
    r"(?:" + _DAY_PART + r")?的?(?:(?<![0-9])[0-9]{1,2}|[二两三四五六七八九十]|十[一二])点"
    r"(?!赞|击|单|餐|评|[儿]?(?:东西|问题|意见))"
    r"(?:钟|整|半|[一三]刻|[0-9]{1,2}分?|[一二三四五零]?十?[一二三四五六七八九]?分)?",
    r"(?:" + _DAY_PART + r")一点(?:钟|整|半|[一三]刻)?|(?<!有)一点(?:钟|整|半|[一三]刻)|^一点$",
    r"(?:" + _DAY_PART + r")(?!好|的?(?:[0-9]{1,2}|[一二两三四五六七八九十]{1,2})点)",
    r"(?:过|等)?" + _COUNT + r"(?:分钟|个?半?小时|个?钟头)(?:之|以)?后",
    r"现在|马上|立刻|立即|尽快|随时|任何时间|一会儿?后?|待会儿?|稍后",
    # English
    r"\b(?:half past|(?:a )?quarter (?:past|to)|(?:five|ten|twenty) (?:past|to)) "
    r"(?:" + _EN_HOUR + r"|[0-9]{1,2})\b(?: ?[ap]\.?m\b\.?)?",
    r"\b" + _EN_HOUR + r"(?: (?:thirty|fifteen|forty[ \-]?five))? ?(?:o'?clock|[ap]\.?m\b\.?)",
    r"(?<![0-9])[0-9]{1,2} ?o'?clock\b",
    r"(?<=\bat )(?:[0-9]{1,2}|" + _EN_HOUR + r")\b(?![:.][0-9]| ?[ap]\.?m\b| ?o'?clock)",
    r"(?<!good )\b(?:(?:early|late) )?"
    r"(?:morning|noon|midday|afternoon|evening|lunch ?time|midnight)\b",
    r"\bin (?:" + _EN_COUNT + r"|half an) (?:minutes?|mins?|hours?)\b",
    r"\b(?:right now|now|asap|as soon as possible|immediately|straight ?away|any ?time|later)\b",
)

DATE = re.compile("|".join(f"(?:{pattern})" for pattern in _DATES), re.IGNORECASE)
"""A day, a week, a month, or a span until one."""

TIME = re.compile("|".join(f"(?:{pattern})" for pattern in _TIMES), re.IGNORECASE)
"""A time or a part of a day."""

"""Times as people say and write them."""

from datetime import datetime, time

from switchyard_actions.domain.day_text import spoken_day
from switchyard_actions.domain.language import Language

_HAN_PARTS = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
_HAN_WEEKDAYS = "一二三四五六日"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def spoken_clock(clock: time, language: Language) -> str:
    """下午 3:30, 上午 9 点; 3:30 pm, 9 am, noon."""
    hour = clock.hour % 12 or 12
    if language is Language.CHINESE:
        part = next(name for before, name in _HAN_PARTS if clock.hour < before)
        shown = f"{hour}:{clock.minute:02}" if clock.minute else f"{hour} 点"
        return f"{part} {shown}"
    if (clock.hour, clock.minute) == (12, 0):
        return "noon"
    shown = f"{hour}:{clock.minute:02}" if clock.minute else str(hour)
    return f"{shown} {'am' if clock.hour < 12 else 'pm'}"


def spoken_moment(moment: datetime, now: datetime, language: Language) -> str:
    """明天（11 月 26 日）下午 3 点; tomorrow (26 November) at 3 pm. Both in the zone of `now`."""
    local = moment.astimezone(now.tzinfo)
    day = spoken_day(local.date(), now.date(), language)
    clock = spoken_clock(local.time(), language)
    return f"{day}{clock}" if language is Language.CHINESE else f"{day} at {clock}"


def moment_title(moment: datetime, language: Language) -> str:
    """Short, for a quick reply: 11月27日 周五 10:30; Fri 27 Nov, 10:30."""
    clock = f"{moment:%H:%M}"
    if language is Language.CHINESE:
        weekday = _HAN_WEEKDAYS[moment.weekday()]
        return f"{moment.month}月{moment.day}日 周{weekday} {clock}"
    month = _MONTHS[moment.month - 1]
    return f"{_WEEKDAYS[moment.weekday()]} {moment.day} {month}, {clock}"

"""Which times of the day were named. Texts are those of `numerals.in_digits`.

Times are minutes after midnight, 0 to 1440 (the midnight that ends the day).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

DAY_MINUTES = 24 * 60

_HALVES = {"半": 30, "1刻": 15, "3刻": 45}
_PM, _AM, _NOON = "pm", "am", "noon"
_CLOCK = (
    # 3点, 3点半, 3点40分, 3点1刻, 15时30分
    re.compile(
        r"(?<![0-9])(?P<hour>[0-9]{1,2})(?:[点點]|时(?!候|间))(?:钟|鐘|整)?"
        r"(?:(?P<half>半|[13]刻)|(?P<minute>[0-9]{1,2})分?)?"
        r"(?!要|意见|建议|问题|疑问|想法|不满|原因|[0-9])"
    ),
    # 15:30, 3:30 pm, 3.30 pm
    re.compile(
        r"(?<![0-9:.])(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?![0-9:])\s?(?P<half_day>[ap]\.?m\b)?"
    ),
    re.compile(
        r"(?<![0-9:.])(?P<hour>[0-9]{1,2})\.(?P<minute>[0-9]{2})\s?(?P<half_day>[ap]\.?m\b)"
    ),
    # half past 3, half 3, quarter to 4, 20 past 3
    re.compile(
        r"\b(?P<before>half)(?: past)? (?P<hour>[0-9]{1,2})\b(?!:)\s?(?P<half_day>[ap]\.?m\b)?"
    ),
    re.compile(
        r"\b(?P<before>(?:a )?quarter|5|10|20|25)(?: minutes?)? (?P<way>past|to) "
        r"(?P<hour>[0-9]{1,2})\b"
        r"(?!:)\s?(?P<half_day>[ap]\.?m\b)?"
    ),
    # 3 pm, 3 o'clock
    re.compile(r"(?<![0-9:.])(?P<hour>[0-9]{1,2})\s?(?:(?P<half_day>[ap]\.?m\b)|o'? ?clock)"),
    # 10-11 am, 4ish
    re.compile(
        r"(?<![0-9:.])(?P<hour>[0-9]{1,2})(?=\s?(?:-|–|to|and)\s?[0-9]{1,2}\s?[ap]\.?m\b|ish\b)"
    ),
    # noon, midday
    re.compile(r"\b(?P<noon>noon|midday)\b"),
    # at 3, after 5, before 3, 3 tomorrow
    re.compile(
        r"(?:\b(?:at|around|about|by|after|before|until|till|from|between|past)|@)\s?"
        r"(?P<hour>[0-9]{1,2})(?![0-9:./%]|\s?(?:hours?|hrs?|minutes?|mins?|days?|weeks?|months?|years?"
        r"|people|yuan|pounds|dollars)\b)"
    ),
)
_HAN = re.compile(r"[一-鿿]")
_JOINED = re.compile(
    r"^\s?(?:到|至|-|–|~|和|and|to|till|until)\s?(?:凌晨|早上|上午|中午|下午|晚上)?$"
)
_LAST_HOUR = re.compile(
    r"^\s?(?:到|至|-|–|~|and|to|till|until)\s?(?P<hour>[0-9]{1,2})(?![0-9:])\s?(?P<half_day>[ap]\.?m\b)?"
)
_AFTER = re.compile(r"\b(?:after|from|not before)\s?$")
_BEFORE = re.compile(r"\b(?:before|by|until|till)\s?$")
_HAN_AFTER = re.compile(r"^(?:以后|之后|后|過後|过后|往后|起)")
_HAN_BEFORE = re.compile(r"^(?:以前|之前|前)")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day, in minutes after midnight, and how hours in it are meant."""

    start: int
    end: int
    half_day: str


_PARTS = (
    (re.compile(r"凌晨"), Part(0, 6 * 60, _AM)),
    (
        re.compile(
            r"早上|早晨|清晨|上午|[今明]早|大清早|一早|\bmornings?\b|(?<![0-9])(?<![0-9]\s)\bam\b"
        ),
        Part(8 * 60, 12 * 60, _AM),
    ),
    (re.compile(r"中午|\blunch ?time\b"), Part(11 * 60, 14 * 60, _NOON)),
    (
        re.compile(r"下午|午后|傍晚|\bafternoons?\b|(?<![0-9])(?<![0-9]\s)\bpm\b"),
        Part(12 * 60, 18 * 60, _PM),
    ),
    (
        re.compile(r"晚上|[今明当]晚|夜里|夜间|\bevenings?\b|\btonight\b|\bnight\b"),
        Part(18 * 60, 22 * 60, _PM),
    ),
)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time, or a stretch: from `start` to `end`, in minutes after midnight; equal for a time.

    `plain`: an hour up to 12 without a word of which half of the day is meant.
    """

    start: int
    end: int
    plain: bool = False


@dataclass(frozen=True, slots=True)
class _Time:
    minutes: int
    plain: bool
    begins: int
    ends: int


def read_part(text: str) -> Part | None:
    """The part of the day that was named."""
    return next((part for pattern, part in _PARTS if pattern.search(text)), None)


def read_clock(text: str) -> Clock | None:
    """The time or stretch of the day that was named by hours; None if there is none."""
    times = sorted(_times(text), key=lambda time: time.begins)
    if not times:
        return None
    first = times[0]
    last = _end_of_range(text, times)
    if last is not None:
        return Clock(*_ordered(first.minutes, last), first.plain)
    if _AFTER.search(text[: first.begins]) or _HAN_AFTER.search(text[first.ends :]):
        return Clock(first.minutes, DAY_MINUTES, first.plain)
    if _BEFORE.search(text[: first.begins]) or _HAN_BEFORE.search(text[first.ends :]):
        return Clock(0, first.minutes, first.plain)
    return Clock(first.minutes, first.minutes, first.plain)


def read_hour_alone(text: str) -> Clock | None:
    """A lone number as an hour, for answers to "at what time?"."""
    found = re.fullmatch(r"\D*([0-9]{1,2})\D*", text)
    minutes = _minutes(int(found[1]), 0, "") if found else None
    return (
        None
        if minutes is None
        else Clock(minutes, minutes, int(found[1]) <= 12 if found else False)
    )


def _times(text: str) -> Iterator[_Time]:
    """Every time in the text, each place once: the patterns are tried in their order."""
    taken: list[tuple[int, int]] = []
    for pattern in _CLOCK:
        for found in pattern.finditer(text):
            hour_at = found.start("hour") if found.groupdict().get("hour") else found.start()
            if any(begin <= hour_at < end for begin, end in taken):
                continue
            time = _time(found, hour_at, text)
            if time is not None:
                taken.append((found.start(), found.end()))
                yield time


def _time(found: re.Match[str], begins: int, text: str) -> _Time | None:
    groups = found.groupdict()
    if groups.get("noon"):
        return _Time(12 * 60, False, found.start(), found.end())
    half_day = _half_day(groups.get("half_day"), text, begins)
    hour = int(groups["hour"])
    written_out = groups["hour"].startswith("0")  # 01:00 is at night
    minutes = _minutes(hour, _minute_of(groups), half_day or (_AM if written_out else ""))
    if minutes is None:
        return None
    plain = not half_day and not written_out and 1 <= hour <= 12
    return _Time(minutes, plain, found.start() if groups.get("before") else begins, found.end())


def _half_day(said: str | None, text: str, at: int) -> str:
    """Which half of the day an hour is meant in: as said with it, else by the part of the day.

    In Chinese the part stands before the hour (下午三点), in English on either side.
    """
    if said:
        return said.replace(".", "")
    part = read_part(text[:at])
    if part is None and not _HAN.search(text[at:]):
        part = read_part(text[at:])
    return part.half_day if part else ""


def _minute_of(groups: dict[str, str | None]) -> int:
    """Minutes past the hour; negative for "quarter to"."""
    if half := groups.get("half"):
        return _HALVES[half]
    if before := groups.get("before"):
        size = 30 if before == "half" else 15 if "quarter" in before else int(before)
        return -size if groups.get("way") == "to" else size
    return int(groups.get("minute") or 0)


def _minutes(hour: int, minute: int, half_day: str) -> int | None:
    """Minutes after midnight; None for 25 o'clock. Plain hours mean those of a working day."""
    if hour > 24 or minute > 59:
        return None
    if half_day == _AM:
        hour = hour % 12 if hour <= 12 else hour
    elif half_day == _PM:
        hour = hour + 12 if hour < 12 else hour
    elif hour <= (7 if not half_day else 3):
        hour = hour + 12 if hour else 0
    return max(0, min(DAY_MINUTES, hour * 60 + minute))


def _end_of_range(text: str, times: list[_Time]) -> int | None:
    first = times[0]
    if len(times) > 1 and _JOINED.search(text[first.ends : times[1].begins]):
        return times[1].minutes
    found = _LAST_HOUR.search(text[first.ends :])
    if not found:
        return None
    return _minutes(int(found["hour"]), 0, _half_day(found["half_day"], text, first.ends))


def _ordered(start: int, end: int) -> tuple[int, int]:
    """From 11 to 1 goes over noon."""
    return (start, end) if start < end else (start, min(end + 12 * 60, DAY_MINUTES))

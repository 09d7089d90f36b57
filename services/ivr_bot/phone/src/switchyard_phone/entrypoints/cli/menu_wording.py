"""What a picture of menus calls things, in Chinese and English."""

from dataclasses import dataclass

from switchyard_phone.domain.menus import Act, GiveSlot, InLanguage, ToBot, ToMenu, ToPerson

_LANGUAGES = {
    "": ("the next language", "下一种语言"),
    "zh": ("Chinese", "中文"),
    "en": ("English", "英文"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """The same in both languages."""

    en: str
    zh: str


def of_act(act: Act) -> Words:
    """Where a key leads."""
    match act:
        case ToBot(intent, fields):
            asked = f" + {', '.join(fields)}" if fields else ""
            return Words(f"bot: {intent}{asked}", f"机器人：{intent}{asked}")
        case GiveSlot(slot, value):
            return Words(f"bot: {slot} = {value}", f"机器人：{slot} = {value}")
        case ToMenu(menu):
            return Words(f"menu: {menu}", f"菜单：{menu}")
        case ToPerson(reason, queue):
            where = f" → {queue}" if queue else ""
            return Words(f"person: {reason}{where}", f"人工：{reason}{where}")
        case InLanguage(language):
            english, chinese = _LANGUAGES[language.value if language else ""]
            return Words(f"go on in {english}", f"改用{chinese}")


def kind_of(act: Act) -> str:
    """Which colour it has: bot, menu, person or language."""
    match act:
        case ToBot() | GiveSlot():
            return "bot"
        case ToMenu():
            return "menu"
        case ToPerson():
            return "person"
        case InLanguage():
            return "language"


def of_star(changes_language: bool) -> Words:
    """What `*` does."""
    if changes_language:
        return Words("the next language", "换一种语言")
    return Words("says it again", "重听")

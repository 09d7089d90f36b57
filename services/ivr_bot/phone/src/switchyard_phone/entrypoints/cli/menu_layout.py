"""Where the cards of menus stand in a picture: a column per key pressed, no two over each other."""

from collections.abc import Callable
from dataclasses import dataclass

from switchyard_phone.domain.menus import Menu, Menus, ToMenu

ROW_HEIGHT = 34
CARD_WIDTH = 500
HEAD_HEIGHT = 34
_COLUMN_GAP = 90
_ROW_GAP = 28
_MARGIN = 16


@dataclass(frozen=True, slots=True)
class Card:
    """A menu with its place in pixels. `lines` are how many its prompt needs."""

    menu: Menu
    x: int
    y: int
    lines: int

    @property
    def rows_y(self) -> int:
        """Where its first key is drawn."""
        return self.y + HEAD_HEIGHT + self.lines * 20 + 8

    @property
    def height(self) -> int:
        """The whole card."""
        return self.rows_y - self.y + len(self.menu.options) * ROW_HEIGHT + 8


@dataclass(frozen=True, slots=True)
class Link:
    """A key that leads to a card further right."""

    source: Card
    row: int
    target: Card


@dataclass(frozen=True, slots=True)
class Layout:
    """All cards and links, and the size that they need, in pixels."""

    cards: tuple[Card, ...]
    links: tuple[Link, ...]
    width: int
    height: int


def layout(menus: Menus, lines: Callable[[Menu], int]) -> Layout:
    """Puts each menu as far right as keys are pressed to reach it. `lines`: of its prompt."""
    cards: dict[str, Card] = {}
    bottoms: dict[int, int] = {}
    ahead = [(menus.start, 0)]
    while ahead:
        name, column = ahead.pop(0)
        if name in cards:
            continue
        menu, y = menus.menu(name), bottoms.get(column, _MARGIN)
        card = Card(menu, _MARGIN + column * (CARD_WIDTH + _COLUMN_GAP), y, lines(menu))
        cards[name] = card
        bottoms[column] = y + card.height + _ROW_GAP
        ahead.extend((target, column + 1) for target in _targets(menu))
    found = tuple(cards.values())
    return Layout(
        cards=found,
        links=tuple(link for card in found for link in _links(card, cards)),
        width=max(card.x for card in found) + CARD_WIDTH + _MARGIN,
        height=max(card.y + card.height for card in found) + _MARGIN,
    )


def _targets(menu: Menu) -> list[str]:
    return [option.act.menu for option in menu.options if isinstance(option.act, ToMenu)]


def _links(card: Card, cards: dict[str, Card]) -> list[Link]:
    """Only to the right: the way back is told by the key's own words."""
    return [
        Link(card, row, cards[option.act.menu])
        for row, option in enumerate(card.menu.options)
        if isinstance(option.act, ToMenu) and cards[option.act.menu].x > card.x
    ]

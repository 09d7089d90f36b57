"""Menus as a tree for the terminal."""

from rich.text import Text
from rich.tree import Tree

from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import Menus, Option, ToMenu
from switchyard_phone.entrypoints.cli import menu_wording

_STYLES = {"bot": "blue", "menu": "magenta", "person": "yellow", "language": "green"}


def tree(menus: Menus, language: Language) -> Tree:
    """Every key with what it leads to; a menu that was drawn above is only named."""
    spoken = language if language in menus.languages else menus.languages[0]
    words = menu_wording.of_star(menus.star_changes_language)
    person, star = ("人工", words.zh) if language is Language.CHINESE else ("a person", words.en)
    root = Tree(Text(menus.greeting[spoken]))
    root.add(Text(f"0  {person}", style="dim"))
    root.add(Text(f"*  {star}", style="dim"))
    _grow(root, menus, menus.start, (language, spoken), {menus.start})
    return root


def _grow(
    branch: Tree, menus: Menus, name: str, languages: tuple[Language, Language], drawn: set[str]
) -> None:
    menu = menus.menu(name)
    below = branch.add(Text.assemble((menu.name, "bold"), "  ", (menu.prompt[languages[1]], "dim")))
    for option in menu.options:
        leaf = below.add(_line(option, languages))
        if isinstance(option.act, ToMenu) and option.act.menu not in drawn:
            drawn.add(option.act.menu)
            _grow(leaf, menus, option.act.menu, languages, drawn)


def _line(option: Option, languages: tuple[Language, Language]) -> Text:
    words = menu_wording.of_act(option.act)
    told = words.zh if languages[0] is Language.CHINESE else words.en
    return Text.assemble(
        (option.key, "bold"),
        f"  {option.label[languages[1]]}",
        (f"  “{' / '.join(option.ways(languages[1]))}”", "dim"),
        "  → ",
        (told, _STYLES[menu_wording.kind_of(option.act)]),
    )

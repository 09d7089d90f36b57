"""`switchyard ivr draw`: menus as a picture and as a tree, or every mistake in their file."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from switchyard_common.commands import Lang, LangOption, language_of

from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import Menus
from switchyard_phone.entrypoints.cli.menu_page import page
from switchyard_phone.entrypoints.cli.menu_tree import tree

_FILE = Path("menus.html")
_OWN_NAME = "company.yml"
_BAD = 1

ReadMenus = Callable[[Path | None], Menus]
"""Reads a file; without one, the menus of the demo company. Whatever is wrong is a ValueError."""


def draw_command(read: ReadMenus) -> Callable[..., None]:
    """The command, reading files by `read`."""

    def draw(
        file: Annotated[
            Path | None, typer.Argument(help="Menu file; without one, the demo company's.")
        ] = None,
        out: Annotated[Path, typer.Option(help="The page to write.")] = _FILE,
        lang: LangOption = None,
    ) -> None:
        """Check a menu file and draw it. 检查菜单文件并画出菜单图。"""
        language, console = lang or language_of(), Console(highlight=False)
        menus = _read(read, file, language)
        name = file.name if file else _OWN_NAME
        try:
            out.write_text(page(menus, name, language.value), encoding="utf-8")
        except OSError as error:
            raise typer.BadParameter(f"--out: cannot write {out} ({error.strerror})") from error
        console.print(tree(menus, Language(language.value)))
        told = "图：" if language is Lang.ZH else "The picture:"
        console.print(f"{told} {out.absolute().as_uri()}")

    return draw


def _read(read: ReadMenus, file: Path | None, language: Lang) -> Menus:
    try:
        return read(file)
    except OSError as error:
        raise typer.BadParameter(f"cannot read {file} ({error.strerror})") from error
    except ValueError as error:
        problems = str(error).splitlines()
        told = (
            f"{file} 有 {len(problems)} 处错误："
            if language is Lang.ZH
            else f"{file} has {len(problems)} mistake{'s' if len(problems) > 1 else ''}:"
        )
        console = Console(stderr=True, highlight=False)
        console.print(
            told, *(f"  {problem}" for problem in problems), sep="\n", markup=False, soft_wrap=True
        )
        raise typer.Exit(_BAD) from error

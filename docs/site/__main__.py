"""Builds the site: `python -m docs.site [--out FOLDER]`."""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from sphinx.cmd.build import build_main

from docs.site import reference
from docs.site.contents import DOCS, LANGUAGES, ROOT, ContentsWrong, Section, read
from docs.site.pages import BrokenLink, Site

_NAMES = {"en": "English", "zh": "中文"}
_SPHINX = {"en": "en", "zh": "zh_CN"}
_TITLES = {"en": "Switchyard", "zh": "Switchyard 文档"}
_REFERENCE = {"en": "API reference", "zh": "API 参考"}
_START = {"en": "Quick start", "zh": "快速开始"}
_FRONT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Switchyard</title>
<script>
  const chinese = navigator.language.startsWith("zh");
  location.replace(`${chinese ? "zh" : "en"}/index.html`);
</script>
<p><a href="en/index.html">English</a> · <a lang="zh" href="zh/index.html">中文</a></p></html>
"""


class SiteBroken(Exception):
    """Sphinx found something wrong with a page."""


def build(out: Path) -> Path:
    """The site in a folder, made anew; its first page. ContentsWrong, BrokenLink, SiteBroken."""
    sections, contracts = read(), reference.pages()
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "site"
        for language in LANGUAGES:
            print(f"{_NAMES[language]} …", flush=True)
            staged = Path(scratch) / language
            _stage(staged, language, sections, contracts)
            _run_sphinx(staged, fresh / language, language)
        (fresh / "index.html").write_text(_FRONT, "utf-8")
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(fresh, out)
    return out / "index.html"


def _stage(
    folder: Path, language: str, sections: Sequence[Section], contracts: Mapping[str, str]
) -> None:
    """All pages of a language as Sphinx reads them."""
    names = {DOCS / f"{name}.md": name for section in sections for name in section.pages}
    site = Site({ROOT / "README.md": "index", **names}, language)
    shutil.copytree(DOCS / "images", folder / "images")
    # Pictures that a page shows by HTML are not found by Sphinx.
    shutil.copytree(DOCS / "images", folder / "extra" / "images")
    for page, name in site.names.items():
        _write(folder, name, site.render(page))
    for package, text in contracts.items():
        _write(folder, f"reference/{package}", text)
    with (folder / "index.md").open("a", encoding="utf-8") as index:
        index.write(_navigation(sections, contracts, language))


def _write(folder: Path, name: str, text: str) -> None:
    # A package's name has dots in it, which are no suffix.
    path = folder / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _navigation(sections: Sequence[Section], contracts: Mapping[str, str], language: str) -> str:
    trees: list[tuple[str, Sequence[str]]] = [(_START[language], (f"{_START[language]} <self>",))]
    trees += [(section.title[language], section.pages) for section in sections]
    trees += [(_REFERENCE[language], tuple(f"reference/{package}" for package in contracts))]
    return "".join(
        f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```\n"
        for caption, pages in trees
    )


def _run_sphinx(staged: Path, out: Path, language: str) -> None:
    (other,) = set(LANGUAGES) - {language}
    os.environ["PYTHONPATH"] = str(ROOT)
    status = build_main(
        [
            *("-b", "html", "-q", "-W", "--keep-going"),
            *("-c", str(DOCS / "site"), "-d", f"{staged}.trees"),
            *("-D", f"language={_SPHINX[language]}", "-D", f"html_title={_TITLES[language]}"),
            *("-D", f"html_extra_path={staged / 'extra'}"),
            *("-A", f"other_language={other}", "-A", f"other_language_name={_NAMES[other]}"),
            *(str(staged), str(out)),
        ]
    )
    if status:
        raise SiteBroken("Sphinx named above what is wrong; mend the page and build again")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m docs.site", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / ".switchyard" / "site")
    out: Path = parser.parse_args(arguments).out
    try:
        front = build(out)
    except (ContentsWrong, BrokenLink, SiteBroken) as wrong:
        print(f"the site was not made: {wrong}", file=sys.stderr)
        return 1
    print(front.resolve().as_uri())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Sphinx's settings; language, title and the other language come from the command line."""

from sphinx import search
from sphinx.application import Sphinx

from docs.site.furo_texts import Chinese
from docs.site.search import BothLanguages

project = "Switchyard"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
html_theme = "furo"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_search_language = "zh"
templates_path = ["templates"]
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "language.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
myst_heading_anchors = 4
# Examples have "…" where a reader fills in, which no grammar of JSON or shell knows.
suppress_warnings = ["misc.highlighting_failure", "myst.header"]

search.languages["zh"] = BothLanguages


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    if str(app.config.language).startswith("zh") and app.translator is not None:
        app.translator.add_fallback(Chinese())

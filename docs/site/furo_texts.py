"""What the theme says on each page, in Chinese: it comes with English only."""

from gettext import NullTranslations

_CHINESE = {
    "On this page": "本页内容",
    "Back to top": "回到顶部",
    "View this page": "查看本页源文件",
    "Please activate JavaScript to enable the search functionality.": "搜索需要启用 JavaScript。",
}


class Chinese(NullTranslations):
    """Asked for what Sphinx's own catalogue does not know."""

    def gettext(self, message: str) -> str:
        """The Chinese text, or the English one."""
        return _CHINESE.get(message, message)

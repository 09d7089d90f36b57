"""What the theme says on each page, in Chinese: it comes with English only."""

from gettext import NullTranslations

_CHINESE = {
    "Contents": "目录",
    "Expand": "展开",
    "Light mode": "浅色",
    "Dark mode": "深色",
    "Auto light/dark, in light mode": "自动（浅色）",
    "Auto light/dark, in dark mode": "自动（深色）",
    "Menu": "菜单",
    "On this page": "本页内容",
    "Back to top": "回到顶部",
    "Skip to content": "跳到正文",
    "Hide navigation sidebar": "隐藏导航",
    "Hide table of contents sidebar": "隐藏本页目录",
    "Toggle site navigation sidebar": "显示或隐藏导航",
    "Toggle table of contents sidebar": "显示或隐藏本页目录",
    "Toggle Light / Dark / Auto color theme": "切换浅色、深色、自动",
    "Next": "下一页",
    "Previous": "上一页",
    "Home": "首页",
    "Search": "搜索",
}


class Chinese(NullTranslations):
    """Asked for what Sphinx's own catalogue does not know."""

    def gettext(self, message: str) -> str:
        """The Chinese text, or the English one."""
        return _CHINESE.get(message, message)

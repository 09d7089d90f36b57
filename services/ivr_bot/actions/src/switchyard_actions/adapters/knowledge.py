"""The knowledge base from Markdown files: `<topic>.<zh|en>.md`."""

from pathlib import Path

from switchyard_actions.domain.knowledge import Article, BadKnowledge, Knowledge, read_articles
from switchyard_actions.domain.language import Language


def load_knowledge(folder: Path | None) -> Knowledge:
    """All passages; none without a folder. Raises BadKnowledge, also for a folder that is none."""
    if folder is None:
        return Knowledge({})
    if not folder.is_dir():
        raise BadKnowledge(f"{folder}: no such folder")
    articles: dict[tuple[str, Language], Article] = {}
    for language in Language:
        for file in sorted(folder.glob(f"*.{language.value}.md")):
            topic = file.name.removesuffix(f".{language.value}.md")
            for article in read_articles(topic, file.read_text(encoding="utf-8")):
                if (article.id, language) in articles:
                    raise BadKnowledge(f"{article.id}: twice in {file.name}")
                articles[article.id, language] = article
    return Knowledge(articles)

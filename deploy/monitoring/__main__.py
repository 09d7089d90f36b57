"""`make monitoring`: write the pages and dashboards that are made from the code."""

from pathlib import Path

from deploy.monitoring import alerts, dashboards, operator, table

ROOT = Path(__file__).resolve().parents[2]


def files() -> dict[Path, str]:
    """What belongs in each file."""
    pages = {ROOT / page.path: table.render(page) for page in table.PAGES}
    rules = {ROOT / words.path: alerts.render(words) for words in alerts.WORDS}
    boards = {ROOT / path: text for path, text in dashboards.files().items()}
    return pages | rules | boards | {ROOT / operator.PATH: operator.render()}


def main() -> None:
    """Write them."""
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()

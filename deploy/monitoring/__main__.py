"""`make monitoring`: write the pages and dashboards that are made from the code."""

from pathlib import Path

from deploy.monitoring.table import PAGES, render

ROOT = Path(__file__).resolve().parents[2]


def files() -> dict[Path, str]:
    """What belongs in each file."""
    return {ROOT / page.path: render(page) for page in PAGES}


def main() -> None:
    """Write them."""
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()

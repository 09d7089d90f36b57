"""One-time codes as the demonstration's sender writes them down."""

import json
from pathlib import Path


def newest_code(state: Path) -> str:
    """The last code that was sent by the run with this state folder."""
    (file,) = state.glob("**/codes.jsonl")
    newest: str = json.loads(file.read_text(encoding="utf-8").splitlines()[-1])["code"]
    return newest

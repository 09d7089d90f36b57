"""What processes logged as errors: most say how a fault was met, and none of them is judged."""

import json
from collections import Counter
from pathlib import Path


def errors(folder: Path) -> Counter[str]:
    """How often, by process and event; of the last two lives of a process, whose logs are kept."""
    found: Counter[str] = Counter()
    for path in sorted(folder.glob("*.log*")):
        process = path.name.partition(".")[0]
        for line in path.read_text(errors="replace").splitlines():
            if '"level":"error"' in line and (event := _event(line)):
                found[f"{process}: {event}"] += 1
    return found


def _event(line: str) -> str:
    try:
        return str(json.loads(line).get("event", ""))
    except json.JSONDecodeError:  # cut off when the process was killed
        return ""

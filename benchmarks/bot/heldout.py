"""What the packed model makes of phrases it never saw (services/ivr_bot/bot/heldout)."""

import json
import subprocess

from tests.fakes.bot.stack import BOT, RASA_PYTHON

_SECONDS = 900


def measure() -> dict[str, float]:
    """Accuracy per language; of both languages the worse share rejected and falsely rejected."""
    subprocess.run([str(RASA_PYTHON), str(BOT / "train.py")], check=True, timeout=_SECONDS)
    checked = subprocess.run(
        [str(RASA_PYTHON), str(BOT / "check.py")],
        check=True,
        timeout=_SECONDS,
        capture_output=True,
        text=True,
    )
    found = json.loads(checked.stdout.splitlines()[-1])["heldout"]
    return {
        **{f"heldout_{language}": score["accuracy"] for language, score in found.items()},
        "oos_rejected": min(score["out_of_scope_rejected"] for score in found.values()),
        "false_fallback": max(score["false_fallback"] for score in found.values()),
    }

"""The same bot as one would build it on Rasa as it comes, to compare with: for benchmarks only.

Its model has Rasa's RulePolicy in place of ours, with a rule for every intent. ``BOT_STOCK`` then
serves it without the patches.
"""

from pathlib import Path
from typing import Any

import rasa
import yaml

from switchyard_bot.project import Project
from switchyard_bot.training import TrainingFailed
from switchyard_bot.validation import intents

_ACTION = "action_turn"
_POLICY = {
    "name": "RulePolicy",
    "core_fallback_threshold": 0.3,
    "core_fallback_action_name": _ACTION,
    "enable_fallback_prediction": True,
}
_NAME = "stock"


def train(project: Project, folder: Path) -> Path:
    """Trains into an existing folder; returns the packed model.

    Raises:
        TrainingFailed: Rasa produced no model.
    """
    config, rules = folder / "config.yml", folder / "rules.yml"
    config.write_text(yaml.safe_dump(_config(project)), encoding="utf-8")
    rules.write_text(yaml.safe_dump(_rules(project)), encoding="utf-8")
    result = rasa.train(
        domain=str(project.root / "domain"),
        config=str(config),
        training_files=[str(project.root / "data" / "nlu"), str(rules)],
        output=str(folder),
        fixed_model_name=_NAME,
        force_training=True,
    )
    if result.code != 0 or not result.model:
        raise TrainingFailed(f"Rasa ended with code {result.code} and no model")
    return Path(result.model)


def _config(project: Project) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((project.root / "config.yml").read_text("utf-8"))
    return {**config, "policies": [_POLICY]}


def _rules(project: Project) -> dict[str, Any]:
    return {
        "version": "3.1",
        "rules": [
            {
                "rule": f"a turn begins with {intent}",
                "steps": [{"intent": intent}, {"action": _ACTION}],
            }
            for intent in sorted(intents(project.root))
        ],
    }

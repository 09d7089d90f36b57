"""The words of the training report, in both languages."""

from collections.abc import Mapping

LANGUAGES = ("zh", "en")

WORDS: Mapping[str, Mapping[str, str]] = {
    "title": {"zh": "机器人训练报告", "en": "Training report of the bot"},
    "shipped": {
        "zh": "可以上线：没有任何一项比上一个模型差到超出偶然。",
        "en": "May be shipped: nothing is worse than the last model beyond chance.",
    },
    "refused": {
        "zh": "不予上线：比上一个模型差，而且不是偶然。",
        "en": "Not to be shipped: worse than the last model, and not by chance.",
    },
    "figures": {"zh": "留出短语上的表现", "en": "On phrases it never saw"},
    "changes": {"zh": "与上一个上线的模型相比", "en": "Against the model shipped last"},
    "no_last": {
        "zh": "还没有上线过的模型可比。",
        "en": "There is no shipped model to compare with.",
    },
    "measure": {"zh": "指标", "en": "Measure"},
    "chinese": {"zh": "中文", "en": "Chinese"},
    "english": {"zh": "英文", "en": "English"},
    "before": {"zh": "之前", "en": "Before"},
    "now": {"zh": "现在", "en": "Now"},
    "gained": {"zh": "新答对", "en": "Gained"},
    "lost": {"zh": "新答错", "en": "Lost"},
    "chance": {"zh": "偶然的概率", "en": "Chance"},
    "per_intent": {"zh": "各意图", "en": "By intent"},
    "intent": {"zh": "意图", "en": "Intent"},
    "phrases": {"zh": "短语数", "en": "Phrases"},
    "recall": {"zh": "认出的比例", "en": "Recognised"},
    "precision": {"zh": "判断正确的比例", "en": "Right when said"},
    "matrix": {
        "zh": "混淆矩阵（行：应为；列：判为；只列混淆过的）",
        "en": "Confusions (rows: expected, columns: understood; only what was ever confused)",
    },
    "none_wrong": {"zh": "全部正确。", "en": "Nothing was mistaken."},
}

KINDS: Mapping[str, Mapping[str, str]] = {
    "intent": {"zh": "听错的意图", "en": "Mistaken intents"},
    "knowledge": {"zh": "知识库答错的问题", "en": "Questions answered wrongly"},
    "mood": {"zh": "看错的情绪", "en": "Mistaken moods"},
}

MEASURES: Mapping[str, Mapping[str, str]] = {
    "intents": {"zh": "意图正确", "en": "Intent right"},
    "false_fallback": {"zh": "该懂却没听懂", "en": "Turned down though in scope"},
    "oos_rejected": {"zh": "超范围被拒绝", "en": "Out of scope turned down"},
    "knowledge_right": {"zh": "知识库给出正确条目", "en": "Right passage given"},
    "knowledge_not_found": {"zh": "有答案却说没找到", "en": "Not found though there is an answer"},
    "knowledge_rejected": {"zh": "没有答案就说没有", "en": "Says not found when nothing answers"},
    "anger_found": {"zh": "愤怒被察觉", "en": "Anger noticed"},
    "anger_imagined": {"zh": "平静被当成愤怒", "en": "Calm taken for anger"},
}

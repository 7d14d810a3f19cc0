"""Which of Finova's six tasks an item belongs to."""

from __future__ import annotations

import json
from enum import Enum

from training.scoring.base import Item


class Task(Enum):
    """The tasks; the value begins the `from` field of the benchmark's rows, kept as the item's subject."""

    SLOTS = "agent-提槽"
    TOOLS = "agent-策划"
    INTENT = "agent-意图"
    EXPRESSION = "agent-表达"
    REASONING = "reasoning"
    SAFETY = "合规"


_FILES = {
    "金融NER": Task.SLOTS,
    "金融工具策划": Task.TOOLS,
    "金融意图识别": Task.INTENT,
    "金融表达": Task.EXPRESSION,
    "复杂金融问题": Task.REASONING,
    "安全合规": Task.SAFETY,
}


def task_of(item: Item) -> Task | None:
    """The task by the item's subject, else by the file that its id names; None of anything else."""
    subject = item.subject or ""
    for task in Task:
        if subject.startswith(task.value):
            return task
    if subject.startswith("安全"):
        return Task.SAFETY
    return _FILES.get(item.item.split("/")[0])


def gold_names(answer: str) -> list[str]:
    """The names of a gold that is a list: `外汇-信息查询; 外汇-分析解读`, or JSON, or `[]`."""
    if answer.strip().startswith("["):
        try:
            found = json.loads(answer)
        except ValueError:
            return [answer]
        return [str(name) for name in found] if isinstance(found, list) else [answer]
    return [part.strip() for part in answer.split(";") if part.strip()]

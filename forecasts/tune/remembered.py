"""Experts that remember what they answered, so that a trial pays only for what it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from forecasts.expert import Blender, Expert, Fitted
from forecasts.past import Past

Key = tuple[str, int, int, int, str]
"""Expert, seed, rows of the lesson, end of the lesson [s], settings."""


@dataclass
class Memory:
    """Answers [MW] by training and issue.

    Attributes:
        trained: trainings that were really done.
    """

    answers: dict[Key, dict[int, np.ndarray]] = field(default_factory=dict)
    trained: int = 0

    def around(self, experts: Mapping[str, Expert | Blender], settings: Mapping[str, str]) -> dict[str, Any]:
        """The experts, remembering; a blender listens to the others and is taught anew.

        Args:
            settings: of each expert, as a text that is equal for equal settings.
        """
        return {
            name: _Remembering(expert, self, settings.get(name, "")) if isinstance(expert, Expert) else expert
            for name, expert in experts.items()
        }


class _Remembering:
    def __init__(self, expert: Expert, memory: Memory, settings: str) -> None:
        self.name, self.kinds = expert.name, expert.kinds
        self._expert, self._memory, self._settings = expert, memory, settings

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> _Answering:
        key = (self.name, seed, past.rows, _end_s(past), f"{days_ahead} {self._settings}")
        answers = self._memory.answers.get(key)
        if answers is None:
            fitted = self._expert.fit(past, days_ahead=days_ahead, seed=seed)
            self._memory.trained += 1
            answers = self._memory.answers[key] = {}
            return _Answering(answers, fitted)
        return _Answering(answers, None, lambda: self._expert.fit(past, days_ahead=days_ahead, seed=seed))

    def load(self, data: bytes) -> Fitted:
        return self._expert.load(data)


class _Answering:
    def __init__(self, answers: dict[int, np.ndarray], fitted: Fitted | None, again: Any = None) -> None:
        self._answers, self._fitted, self._again = answers, fitted, again

    def predict(self, past: Past, steps: int) -> np.ndarray:
        at = _end_s(past)
        if at not in self._answers or len(self._answers[at]) < steps:
            if self._fitted is None:  # an issue that no earlier trial asked for
                self._fitted = self._again()
            self._answers[at] = self._fitted.predict(past, steps)
        return self._answers[at][:steps]

    def to_bytes(self) -> bytes:
        if self._fitted is None:
            self._fitted = self._again()
        return self._fitted.to_bytes()


def _end_s(past: Past) -> int:
    return past.start_s + past.rows * past.step_s

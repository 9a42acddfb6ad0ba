"""Which fault a deviation looks like: the pattern of its features against the textbook's patterns.

Source: ISO 13373-1:2002, annex D, and ISO 13373-3:2015 (imbalance at once the shaft's speed, misalignment at twice, rolling
bearings by impacts in the envelope, cavitation as broadband noise without lines); a bearing that warms without vibrating
lacks lubricant or cooling (where it vibrates as well, something else is more likely: hence the minus). A pattern is a
direction, so the size of the fault does not matter; which features a machine has, does: causes that its features cannot tell
apart share the confidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.machines.reference import FEATURES

#                   vibration bearing crest kurtosis envelope once twice
_PATTERNS: Mapping[str, tuple[float, ...]] = {
    "imbalance": (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    "misalignment": (1.0, 0.3, 0.0, 0.0, 0.0, 0.3, 1.0),
    "bearing": (0.5, 0.7, 0.7, 1.0, 1.0, 0.0, 0.0),
    "cavitation": (1.0, 0.0, 0.5, 0.3, 0.0, 0.0, 0.0),
    "lubrication": (-0.5, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0),
}
MECHANICAL = "mechanical"
"""Vibration that the features at hand cannot tell further: the overall figure alone says that, not why."""
SENSOR = "sensor"
"""A machine that seems to get better by itself: its sensor, or its loop, is more likely."""
SHARPNESS = 4.0
"""Power of the cosine between deviation and pattern that a cause's share goes by; a choice."""
_ALIKE = 0.6
"""A cause below this share is not told as the only one."""
_VIBRATION = {"imbalance", "misalignment", "cavitation"}


@dataclass(frozen=True)
class Proposal:
    """The likely cause, the share of belief in it (0..1), and the feature that deviates most with its size [sigma]."""

    cause: str
    confidence: float
    feature: str
    sigma: float


def propose(size: np.ndarray, active: np.ndarray) -> Proposal:
    """The likely cause of one machine's deviation.

    Args:
        size: deviation of each feature in its standard deviations, dims (feature,).
        active: whether the feature is monitored, dims (feature,).
    """
    size = np.where(active, size, 0.0)
    most = int(np.abs(size).argmax())
    length = float(np.sqrt(size @ size))
    feature, sigma = FEATURES[most], float(size[most])
    if sigma <= 0.0:
        return Proposal(SENSOR, float(size[most] ** 2 / length**2) if length else 0.0, feature, sigma)
    shares: dict[str, float] = {}
    for cause, pattern in _PATTERNS.items():
        own = np.where(active, np.array(pattern), 0.0)
        cosine = float(own @ size) / (float(np.sqrt(own @ own)) * length) if own.any() else 0.0
        shares[cause] = max(0.0, cosine) ** SHARPNESS
    total = sum(shares.values())
    if total == 0.0:
        return Proposal(MECHANICAL, 0.0, feature, sigma)
    best = max(shares, key=lambda cause: shares[cause])
    confidence = shares[best] / total
    if confidence < _ALIKE and best in _VIBRATION:
        together = sum(shares[cause] for cause in _VIBRATION) / total
        return Proposal(MECHANICAL, together, feature, sigma)
    return Proposal(best, confidence, feature, sigma)

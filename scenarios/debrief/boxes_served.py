"""Boxes that did not answer themselves: fallbacks, open breakers, trainings that failed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from scenarios.debrief.moment import Moment
from scenarios.debrief.tape import Entry, Tape
from twin.domain.time import QUARTER_HOUR

_SUBSTITUTED = ("fallback", "absent")


def fallback_ticks(tape: Tape) -> dict[str, int]:
    """Ticks in which another answer than the box's own served, by instance; only those with any."""
    count: Counter[str] = Counter()
    for entry in tape.regular:
        count.update(name for name, box in entry.meta["boxes"].items() if box["service"] in _SUBSTITUTED)
    return dict(count)


def box_moments(tape: Tape) -> list[Moment]:
    """One moment for each box that did not serve itself, and for each training that failed."""
    stretches: dict[str, list[Entry]] = {}
    for entry in tape.regular:
        for name, box in entry.meta["boxes"].items():
            if box["service"] in _SUBSTITUTED:
                stretches.setdefault(name, []).append(entry)
    found = [_fallback(name, entries, len(tape.regular)) for name, entries in stretches.items()]
    return found + [_fit(entry, name, fit) for entry in tape.entries for name, fit in _failed_fits(entry)]


def _fallback(name: str, entries: list[Entry], ticks: int) -> Moment:
    boxes = [entry.meta["boxes"][name] for entry in entries]
    asked = [box for box in boxes if box["outcome"] != "breaker_open"]
    outcome = Counter(box["outcome"] for box in asked or boxes).most_common(1)[0][0]
    first = next((box for box in boxes if box["outcome"] == outcome), boxes[0])
    absent = sum(box["service"] == "absent" for box in boxes)
    facts: dict[str, Any] = {
        "ticks": len(boxes),
        "of": ticks,
        "outcome": outcome,
        "rung": Counter(box["fallback"] or "–" for box in boxes).most_common(1)[0][0],
        "reason": first["problems"][0] if first["problems"] else "",
        "breaker": sum(box["outcome"] == "breaker_open" for box in boxes),
        "absent": absent,
    }
    change = None if outcome == "outage" else f"box_{outcome}"  # an outage is one that a scenario declared
    rank = min(57.0, 38.0 + 20.0 * len(boxes) / ticks + 10.0 * (absent > 0))
    begin, end = entries[0].as_of, entries[-1].as_of + QUARTER_HOUR
    kind = "box_absent" if absent == len(boxes) else "box_fallback"
    return Moment(kind, begin, begin, end, name, name, len(boxes), "1", rank, facts, change)


def _failed_fits(entry: Entry) -> list[tuple[str, Any]]:
    return [(name, fit) for name, fit in entry.meta["fits"].items() if not fit["artifact"]]


def _fit(entry: Entry, name: str, fit: Any) -> Moment:
    facts = {"outcome": fit["outcome"], "reason": fit["problems"][0] if fit["problems"] else ""}
    end = entry.as_of + QUARTER_HOUR
    return Moment("training_failed", entry.as_of, entry.as_of, end, name, name, 1, "1", 28.0, facts, "training_failed")

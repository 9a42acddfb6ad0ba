"""What a search came to, in words and as JSON: gained on the span it looked at, and on the one that it never saw."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecasts.on_air.setup import Setup
from forecasts.tune.judge import Judge
from forecasts.tune.study import Found
from twin.domain.time import from_epoch_s

LEAST_GAIN = 0.005
"""Share of the pinball loss; a smaller gain on four weeks is nothing that one could see again."""

NOISE = 0.02
"""Differences below are noise on one series: a shadow has to prove them."""

_WEATHER = {"none": "no weather", "forecast": "forecast weather", "measured": "perfect weather (measured, not forecast)"}


@dataclass(frozen=True)
class Outcome:
    """A search with its verdict.

    Attributes:
        given: setup that the search started from. ``best_test``, ``given_test``: pinball loss on the test span [MW], None where
            the search found nothing better.
    """

    judge: Judge
    given: Setup
    found: Found
    best_test: float | None
    given_test: float | None

    @property
    def ratio(self) -> float | None:
        """Loss of the best setup over that of the given one, on the span that the search never saw."""
        if self.best_test is None or self.given_test is None or not 0.0 < self.given_test < float("inf"):
            return None
        return self.best_test / self.given_test

    @property
    def proposes(self) -> bool:
        """Whether the best setup is worth a shadow."""
        return self.ratio is not None and self.ratio <= 1.0 - LEAST_GAIN

    @property
    def why(self) -> tuple[str, ...]:
        """Lines of comment above the proposal."""
        series, spans = self.judge.series, self.judge.spans
        return (
            f"Proposed by regie tune on {series.name}, {_WEATHER[series.weather_source]}:",
            f"pinball loss {self.ratio:.3f} of the configuration that was given, from {self.instant(spans.test)} to",
            f"{self.instant(spans.end)}, which the search did not see; {self.found.trials} trials.",
        )

    def instant(self, row: int) -> str:
        """Start of a row, local time."""
        series = self.judge.series
        at = from_epoch_s(series.start_s + row * series.step_s).astimezone(series.place.calendar.zone)
        return at.isoformat(timespec="minutes")


def as_lines(outcome: Outcome) -> list[str]:
    """The verdict for a reader."""
    found, spans = outcome.found, outcome.judge.spans
    weather = _WEATHER[outcome.judge.series.weather_source]
    resumed = f", {found.resumed} of them by earlier runs" if found.resumed else ""
    lines = [f"{outcome.judge.series.name}: {found.trials} trials{resumed}; {weather}"]
    looked = f"{outcome.instant(spans.validation)} to {outcome.instant(spans.test)}"
    unseen = f"{outcome.instant(spans.test)} to {outcome.instant(spans.end)}"
    if outcome.best_test is None:
        return [*lines, f"nothing was better than what was given, {looked}; nothing is proposed"]
    lines.append(f"pinball loss {found.best_loss / found.given_loss:.3f} of what was given where the search looked, {looked}")
    if outcome.ratio is None:
        return [*lines, f"too little truth to judge it where the search did not look, {unseen}; nothing is proposed"]
    lines.append(f"pinball loss {outcome.ratio:.3f} of what was given where it did not look, {unseen}")
    if not outcome.proposes:
        return [*lines, "what it gained does not hold on days that it did not see; nothing is proposed"]
    within = "; that is within noise: let the shadow prove it" if outcome.ratio > 1.0 - NOISE else ""
    return [*lines, f"proposed{within}"]


def as_json(outcome: Outcome, *, site: Path | None, box: str | None, text: str | None) -> dict[str, Any]:
    """The verdict for a program; losses in MW."""
    found, spans, series = outcome.found, outcome.judge.spans, outcome.judge.series
    return {
        "series": series.name,
        "kind": series.kind,
        "weather": "measured (perfect weather)" if series.weather_source == "measured" else series.weather_source,
        "trials": found.trials,
        "resumed": found.resumed,
        "given": outcome.given.to_config(),
        "best": found.best.to_config(),
        "validation": {
            "from": outcome.instant(spans.validation),
            "to": outcome.instant(spans.test),
            "pinball_given": found.given_loss,
            "pinball_best": found.best_loss,
            "ratio": found.best_loss / found.given_loss,
        },
        "test": {
            "from": outcome.instant(spans.test),
            "to": outcome.instant(spans.end),
            "pinball_given": _known(outcome.given_test),
            "pinball_best": _known(outcome.best_test),
            "ratio": outcome.ratio,
        },
        "proposed": outcome.proposes,
        "site": None if site is None else str(site),
        "box": box if outcome.proposes else None,
        "snippet": text,
    }


def _known(loss: float | None) -> float | None:
    return None if loss is None or loss == float("inf") else loss

"""From question to answer. What takes long yields between its parts, so that short questions need not wait for it."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

from twin.contracts.preview import (
    Answer,
    Changes,
    KpiChange,
    LookAhead,
    OrderAnswer,
    OrderCheck,
    RecommendationTrial,
    Standing,
    StepResult,
    WhatIf,
    WhatIfAnswer,
)
from twin.domain.grid import NORMAL, Topology
from twin.preview.ahead import look_ahead
from twin.preview.present import Present, newest_seq, read_present
from twin.preview.standing import objections, standing
from twin.preview.switching import Switchings, check_changes, outages_applied, redispatched
from twin.preview.trial import try_recommendation
from twin.preview.warm import Powers, WarmGrid

Question = WhatIf | OrderCheck | RecommendationTrial | LookAhead
Work = Generator[None, None, Answer]
"""Yields whenever others may be served; returns the answer."""
_Found = TypeVar("_Found")


class Answers:
    """Answers on one state directory; keeps what holds for a whole tick."""

    def __init__(self, warm: WarmGrid, state: Path) -> None:
        self._warm = warm
        self._state = state
        self._present: Present | None = None
        self._powers: Powers | None = None
        self._kept: dict[object, Any] = {}

    def work(self, question: Question) -> Work:
        """The answer, in parts.

        Raises:
            BadInput: for what the grid does not have or cannot do.
            Unavailable: when there is no state to rest on.
        """
        begun = time.monotonic()
        present = self._now()
        if isinstance(question, WhatIf):
            answer: Answer = self._what_if(present, question)
        elif isinstance(question, OrderCheck):
            answer = yield from self._order(present, question)
        elif isinstance(question, RecommendationTrial):
            answer = try_recommendation(self._warm, present, question.id, self.told(present))
        else:
            kept = self._kept.get(question)
            answer = kept or (yield from look_ahead(self._warm, present, question.step_s, self.told(present)))
            if present is self._present:
                self._kept[question] = answer
        return answer.model_copy(update={"ms": 1000.0 * (time.monotonic() - begun)})

    def is_behind(self) -> bool:
        """Whether a tick has been acknowledged since the last answer.

        Raises:
            Unavailable: when there is no journal to read.
        """
        return self._present is None or self._present.seq != newest_seq(self._state)

    def warm(self) -> Generator[None, None, None]:
        """What the first questions would otherwise wait for: the present, and its short-circuit currents."""
        present = self._now()
        self._before(present)
        yield
        self._warm.currents(present.topology)

    def told(self, present: Present) -> dict[str, Any]:
        """What every answer says of itself."""
        model = self._warm.engine.model(NORMAL)
        return {
            "tick": present.seq,
            "as_of": present.as_of,
            "interval": present.interval,
            "quality": present.quality,
            "stale": present.stale,
            "engine": f"{model.engine} {model.engine_version}",
            "ms": 0.0,
        }

    # ------------------------------------------------------------------------------------------ inside

    def _now(self) -> Present:
        """The newest acknowledged tick; a snapshot that is overdue is looked at each time."""
        seq = newest_seq(self._state)
        if self._present is None or self._present.seq != seq or self._present.overdue:
            self._present, self._powers, self._kept = read_present(self._state), None, {}
        return self._present

    def _what_if(self, present: Present, question: WhatIf) -> WhatIfAnswer:
        check_changes(self._warm, present, [question], [""])
        before = self._before(present)
        step, _, _ = self._step(present, present.topology, self._present_powers(present), question, before)
        return WhatIfAnswer(
            **self.told(present),
            not_covered=("taps_stand", "protection_not_simulated"),
            before=before,
            after=step.after,
            objections=step.objections,
            closings=step.closings,
            kpi=per_hour(self._warm, present, before, step.after),
        )

    def _order(self, present: Present, question: OrderCheck) -> Generator[None, None, OrderAnswer]:
        places = [f"steps.{number}." for number in range(len(question.steps))]
        check_changes(self._warm, present, question.steps, places)
        before = last = self._before(present)
        topology, powers, found = present.topology, self._present_powers(present), []
        for changes in question.steps:
            yield
            step, topology, powers = self._step(present, topology, powers, changes, last)
            found.append(step)
            last = step.after
        return OrderAnswer(
            **self.told(present),
            not_covered=("taps_stand", "protection_not_simulated", "present_powers"),
            before=before,
            steps=tuple(found),
            first_objection=next((number for number, step in enumerate(found) if not step.allowed), None),
            kpi=per_hour(self._warm, present, before, last),
        )

    def _step(
        self, present: Present, topology: Topology, powers: Powers, changes: Changes, before: Standing
    ) -> tuple[StepResult, Topology, Powers]:
        """What one step leaves: powers first, then outages, then switches in the order that they are named."""
        warm = self._warm
        if not (changes.switch or changes.outages or changes.redispatch):
            return StepResult(after=before, objections=objections(warm, before, before), closings=()), topology, powers
        powers = redispatched(warm, present, powers, changes.redispatch)
        moves = Switchings(warm, outages_applied(topology, changes), powers)
        for change in changes.switch:
            moves.move(change)
        after = standing(warm, moves.topology, powers, present.quality)
        step = StepResult(
            after=after,
            objections=(*moves.objections, *objections(warm, after, before)),
            closings=tuple(moves.closings),
        )
        return step, moves.topology, powers

    def _before(self, present: Present) -> Standing:
        if "before" not in self._kept:
            powers = self._present_powers(present)
            self._kept["before"] = standing(self._warm, present.topology, powers, present.quality)
        before: Standing = self._kept["before"]
        return before

    def _present_powers(self, present: Present) -> Powers:
        if self._powers is None:
            self._powers = self._warm.powers(present)
        return self._powers


def per_hour(warm: WarmGrid, present: Present, before: Standing, after: Standing) -> KpiChange:
    """The three figures of an hour in one state against the other, at the present price and import mix.

    Money is import x price plus energy not served x value of lost load (KPI.md). Less consumption because customers are dark is
    no saving of greenhouse gas, so that figure is left out then.
    """
    gaps = ["month_peak", "device_payments"]
    price, co2 = (_signal(warm, present, name) for name in ("price_chf_per_kwh", "import_co2_g_per_kwh"))
    chf = co2_kg = grid = None
    dark_mw = after.unsupplied_mw - before.unsupplied_mw
    if before.import_p_mw is not None and after.import_p_mw is not None:
        more_mw = after.import_p_mw - before.import_p_mw
        if price is None:
            gaps.append("price_unknown")
        else:
            chf = 1000.0 * (more_mw * price + dark_mw * warm.kit.value_of_lost_load_chf_per_kwh)
        if dark_mw != 0.0:
            gaps.append("lost_load")
        elif co2 is None:
            gaps.append("co2_unknown")
        else:
            co2_kg = more_mw * co2  # MW x 1 h x g/kWh = kg
    if before.worst_loading_percent is not None and after.worst_loading_percent is not None:
        grid = after.worst_loading_percent - before.worst_loading_percent
    return KpiChange(chf=chf, grid_percent=grid, co2_kg=co2_kg, per="hour", not_covered=tuple(gaps))


def _signal(warm: WarmGrid, present: Present, name: str) -> float | None:
    """A value of the site in the state, None when it is not known."""
    if (name, "") not in warm.kit.columns:
        return None
    value = float(present.arrays["signals"][warm.kit.columns.index((name, ""))])
    return None if math.isnan(value) else value

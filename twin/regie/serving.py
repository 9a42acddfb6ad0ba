"""From what a box answered, or failed to, to the envelope that everybody else sees: validate, doubt, fall back, say why."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.card import INSTANCE
from twin.contracts.messages import Envelope, Finding, Outcome, Report, Service
from twin.contracts.report_codec import report_from_bytes
from twin.contracts.validation import Premises, disagreement, judge
from twin.domain.quality import Quality
from twin.regie.fallback import MAX_AGE, Remembered, constant, held, last_good, nothing, on_behalf
from twin.regie.seat import Seat
from twin.regie.workers import Answer

_LOG = logging.getLogger(__name__)
_MOST_PROBLEMS = 10
_LONGEST_PROBLEM = 1000


@dataclass(frozen=True)
class Asked:
    """One box in one tick, between plan and envelope.

    Attributes:
        ahead: names of the signals ahead that it may see. ``inputs_hash``: of everything it could see.
        quality: of its inputs. ``data``: canonical bytes of ``report``, its valid answer.
        wall_s: from question to answer. ``own_s``: of this the time inside ``step``.
    """

    outcome: Outcome
    ahead: tuple[str, ...]
    inputs_hash: str
    quality: Quality
    problems: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    report: Report | None = None
    data: bytes = b""
    wall_s: float = 0.0
    own_s: float = 0.0

    def ended(self, outcome: Outcome, *problems: str) -> Asked:
        """The same, with what became of it."""
        return replace(self, outcome=outcome, problems=tuple(_readable(problem) for problem in problems[:_MOST_PROBLEMS]))


@dataclass(frozen=True)
class _Rung:
    """What one rung of the ladder would serve. ``valid_until``: None = one cadence of the card."""

    name: str
    report: Report
    quality: Quality
    produced_at: datetime
    valid_until: datetime | None = None


class Server:
    """Serves one instance: keeps its seat up to date and makes its envelope."""

    def __init__(self, seat: Seat, premises: Premises, on_ops: Callable[[Mapping[str, Any]], None]) -> None:
        self._seat = seat
        self._premises = premises
        self._on_ops = on_ops

    def take(self, asked: Asked, answer: Answer, as_of: datetime, tick: int) -> Asked:
        """Judge an answer: a valid one closes the breaker and moves the state on, everything else counts as a failure."""
        asked = replace(asked, wall_s=answer.wall_s)
        if answer.outcome is not Outcome.OK or answer.message is None:
            return self.failed(asked, answer.outcome, (answer.text,), tick)
        try:
            report, data, state, own_s = _read(answer.message, answer.data)
            verdict = judge(self._seat.card, report, as_of, self._premises)
        except Exception as error:  # noqa: BLE001 - bytes from a box may be wrong in any way; whatever it is, it is refused
            return self.failed(asked, Outcome.REFUSED, (f"unreadable answer: {type(error).__name__}: {error}",), tick)
        asked = replace(asked, own_s=own_s)
        if verdict.problems:
            return self.failed(asked, Outcome.REFUSED, verdict.problems, tick)
        self._seat.breaker = self._seat.breaker.succeeded()
        self._seat.keep_state(state)
        return replace(asked, report=report, data=data, doubts=verdict.doubts)

    def failed(self, asked: Asked, outcome: Outcome, problems: tuple[str, ...], tick: int) -> Asked:
        """Count a failure."""
        self._seat.breaker = self._seat.breaker.failed(tick)
        return asked.ended(outcome, *problems)

    def serve(self, asked: Asked, as_of: datetime, others: Mapping[str, Envelope]) -> Envelope:
        """The envelope: fresh, held or from the first rung of the ladder that holds.

        Args:
            others: envelopes of this tick so far; standbys come before those they stand in for.
        """
        seat = self._seat
        if asked.outcome is Outcome.OK and asked.report is not None:
            envelope = self._fresh(asked, asked.report, as_of, others)
        elif asked.outcome is Outcome.NOT_DUE and seat.good is not None:
            envelope = self._envelope(
                asked, as_of, Service.HELD, held(seat.card, seat.good, as_of), seat.good.quality, produced_at=seat.good.as_of
            )
        else:
            envelope = self._fallback(asked, as_of, others)
        return self._with_health(envelope, as_of)

    def _fresh(self, asked: Asked, report: Report, as_of: datetime, others: Mapping[str, Envelope]) -> Envelope:
        seat = self._seat
        doubts = asked.doubts + self._second_opinion(report, others)
        quality = asked.quality
        if any(provide.horizon for provide in seat.card.provides):
            quality |= Quality.FORECAST
        if doubts:
            quality |= Quality.QUESTIONABLE
        else:
            seat.remember(Remembered(report, as_of, quality), asked.data)
        return self._envelope(replace(asked, problems=doubts), as_of, Service.FRESH, report, quality)

    def _second_opinion(self, report: Report, others: Mapping[str, Envelope]) -> tuple[str, ...]:
        """Plausible but wrong: a fresh standby is asked first, else the box's own last good answer."""
        seat = self._seat
        for rung in seat.card.fallbacks:
            other = others.get(rung.removeprefix(INSTANCE))
            if other is not None and other.service is Service.FRESH:
                return disagreement(seat.card, report, other.report, against=f"standby {other.instance!r}")
        if seat.good is None:
            return ()
        return disagreement(seat.card, report, seat.good.report, against="its last good answer")

    def _fallback(self, asked: Asked, as_of: datetime, others: Mapping[str, Envelope]) -> Envelope:
        """The first rung that holds: what it would serve is judged like the box's own answer."""
        seat = self._seat
        for rung in self._rungs(as_of, others):
            refused = judge(seat.card, rung.report, as_of, self._premises).problems
            if not refused:
                return self._envelope(
                    asked,
                    as_of,
                    Service.FALLBACK,
                    rung.report,
                    rung.quality | Quality.SUBSTITUTED,
                    rung=rung.name,
                    produced_at=rung.produced_at,
                    valid_until=rung.valid_until,
                )
            self._on_ops({"event": "fallback_refused", "instance": seat.name, "fallback": rung.name, "reason": refused[0]})
        return self._envelope(asked, as_of, Service.ABSENT, nothing(), Quality.INVALID)

    def _rungs(self, as_of: datetime, others: Mapping[str, Envelope]) -> Iterator[_Rung]:
        """Those of the card's fallbacks that have something to serve, in order."""
        card, good = self._seat.card, self._seat.good
        for name in card.fallbacks:
            if name == "constant":
                last_resort = constant(card, as_of, self._premises, good.report.headline if good is not None else None)
                if last_resort is not None:
                    yield _Rung(name, last_resort, Quality.QUESTIONABLE, as_of)
            elif name == "last_good":
                old = last_good(card, good, as_of)
                if old is not None and good is not None:
                    yield _Rung(name, old, good.quality | Quality.STALE, good.as_of, good.as_of + MAX_AGE)
            else:
                other = others.get(name.removeprefix(INSTANCE))
                if other is not None and other.service in (Service.FRESH, Service.HELD):
                    yield _Rung(name, on_behalf(card, other.report), other.quality, other.produced_at)

    def _envelope(
        self,
        asked: Asked,
        as_of: datetime,
        service: Service,
        report: Report,
        quality: Quality,
        *,
        rung: str | None = None,
        produced_at: datetime | None = None,
        valid_until: datetime | None = None,
    ) -> Envelope:
        seat = self._seat
        # Whoever reads a value later knows from when, from whom and how good it is.
        attrs = {"issued_at": (produced_at or as_of).isoformat(), "source": seat.name, "quality": int(quality)}
        for output in report.outputs.values():
            output.attrs.update(attrs)
        return Envelope(
            instance=seat.name,
            box=seat.card.name,
            version=seat.card.version,
            team=seat.card.owner,
            role=seat.instance.role,
            as_of=as_of,
            produced_at=produced_at or as_of,
            valid_until=valid_until or as_of + seat.card.cadence,
            quality=quality,
            service=service,
            outcome=asked.outcome,
            fallback=rung,
            inputs_hash=asked.inputs_hash,
            artifact=seat.artifact,
            report=report,
            problems=asked.problems,
        )

    def _with_health(self, envelope: Envelope, as_of: datetime) -> Envelope:
        """One finding with one key while it fails; logged when it begins to and when it is back."""
        seat = self._seat
        was = seat.failing
        if envelope.outcome is not Outcome.NOT_DUE:
            seat.failing = envelope.outcome is not Outcome.OK
        params: dict[str, Any] = {
            "instance": seat.name,
            "outcome": str(envelope.outcome),
            "fallback": envelope.fallback,
            "reason": envelope.problems[0] if envelope.problems else "",
        }
        if was != seat.failing:
            code = "box_failing" if seat.failing else "box_recovered"
            _LOG.warning("%s: %s", code, params)
            self._on_ops({"event": code, **params})
        if not seat.failing or seat.shadow:  # nobody reads a shadow: its card says how it is, and that is enough
            return envelope
        finding = Finding(
            key=f"box:{seat.name}",
            # A champion's failure is for the team that owns it, soon; a standby's is for the journal.
            priority=3 if seat.champion else 4,
            # Where a box that proposes says nothing no order leaves, and that is another thing to know.
            code="planner_failing" if seat.card.proposes else "box_failing",
            params=params,
            element=seat.name,
            at=as_of,
            act_before=as_of + seat.card.cadence,
            owner=seat.card.owner,
        )
        return replace(envelope, report=replace(envelope.report, findings=(*envelope.report.findings, finding)))


def _read(message: Mapping[str, Any], data: bytes) -> tuple[Report, bytes, bytes | None, float]:
    """Report, its bytes, the new state and the seconds inside ``step``, out of what a worker sent."""
    size, state, own_s = int(message["report"]), message["state"], float(message["own_s"])
    if not math.isfinite(own_s):
        raise ValueError(f"own_s={own_s}")
    own = data[:size]
    return report_from_bytes(own), own, None if state is None else data[size : size + int(state)], own_s


def _readable(problem: str) -> str:
    """In a length for a screen, and in what UTF-8 can write: the words may be a box's own."""
    return problem[:_LONGEST_PROBLEM].encode(errors="backslashreplace").decode()


def published(
    seats: Mapping[str, Seat], envelopes: Mapping[str, Envelope], names: Collection[str], known: Mapping[str, xr.DataArray]
) -> dict[str, xr.DataArray]:
    """What the champions among ``names`` tell the boxes after them: their outputs.

    Champions that share a signal, each with elements of its own, are joined along the element dimension.
    """
    found: dict[str, xr.DataArray] = {}
    for name in names:
        if not seats[name].champion:
            continue
        for signal, output in envelopes[name].report.outputs.items():
            before = found.get(signal, known.get(signal))
            found[signal] = _joined(before, output) if before is not None and _of_a_box(before, seats) else output
    return found


def _of_a_box(signal: xr.DataArray, seats: Mapping[str, Seat]) -> bool:
    return signal.attrs.get("source") in seats


def _joined(before: xr.DataArray, after: xr.DataArray) -> xr.DataArray:
    """Both along the element dimension; horizon, quantiles and scenarios agree, that was checked at the start."""
    dim = str(before.dims[-1])
    shared = {str(name): before.coords[name] for name in before.dims if name != dim}
    elements = np.concatenate([before[dim].values, after[dim].values])
    attrs = {
        **after.attrs,
        "issued_at": min(before.attrs["issued_at"], after.attrs["issued_at"]),
        "quality": int(before.attrs["quality"]) | int(after.attrs["quality"]),
    }
    values = np.concatenate([before.values, after.values], axis=-1)
    joined = xr.DataArray(values, dims=before.dims, coords={**shared, dim: elements}, name=after.name, attrs=attrs)
    if "scenario" in joined.dims:  # each box drew worlds of its own
        of_each = np.concatenate([_probability(before, dim), _probability(after, dim)], axis=1)
        joined.coords["probability"] = (("scenario", dim), of_each)
    return joined


def _probability(output: xr.DataArray, dim: str) -> np.ndarray:
    """Of each path, dims (scenario, element)."""
    share = output["probability"]
    return share.values if dim in share.dims else np.repeat(share.values[:, None], output.sizes[dim], axis=1)

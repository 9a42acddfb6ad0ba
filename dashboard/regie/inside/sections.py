"""What every box's inside page has: state and fallbacks, curves, trial, problems, forecast in figures, facts of its card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from dashboard.regie.messages import told
from dashboard.regie.names import Names
from dashboard.regie.words import Words
from twin.contracts.page import Cell, Column, Curves, Figure, Figures, Line, Section, Table, Text, Value
from twin.contracts.snapshot import Band, BoxCardView, BoxFacts, Curve, Snapshot

_HOUR = 4
"""Quarter hours between two rows of the table of a forecast."""


def sections(card: BoxCardView, snapshot: Snapshot, names: Names) -> list[Section]:
    """Everything that the snapshot knows of one box."""
    words = names.words
    found: list[Section] = [_now(card, words), _state(card, names)]
    if card.past is not None or card.forecast is not None:
        found.append(_course(card, words))
    if card.shadow is not None:
        found.append(_trial(card, names))
    found += _rivals(card, snapshot, names)
    if card.problems:
        found.append(Text(title=words("inside.problems"), paragraphs=card.problems))
    if card.forecast is not None:
        found.append(_forecast(card.forecast, card.unit, words))
    return [*found, _facts(card, snapshot, names)]


def _now(card: BoxCardView, words: Words) -> Section:
    label = words(f"label.{card.label}") if words.known(f"label.{card.label}") else card.label
    figure = Figure(label=label, value=card.value, unit=card.unit, as_of=card.as_of, quality=card.quality)
    return Figures(title=words("inside.now"), figures=(figure,))


def _state(card: BoxCardView, names: Names) -> Section:
    """Which rung of its ladder answers, and why."""
    words = names.words
    service = words(f"service.{card.service}", rung=names.rung(card.fallback))
    outcome = words(f"outcome.{card.outcome}") if words.known(f"outcome.{card.outcome}") else card.outcome
    reason = f"reason.{card.reason}"
    rows: list[tuple[Cell, ...]] = [
        (words("inside.service"), service),
        (words("inside.outcome"), outcome),
        (words("inside.quality"), ", ".join(words(f"quality.{flag}") for flag in card.quality)),
        (words("inside.made_at"), card.as_of),
    ]
    if words.known(reason):
        rows.append((words("inside.reason"), words.fill(reason, told(card.params, names))))
    return _pairs(words("inside.state"), rows, words)


def _pairs(title: str, rows: Sequence[tuple[Cell, ...]], words: Words) -> Table:
    columns = (Column(title=words("inside.what")), Column(title=words("inside.value")))
    return Table(title=title, columns=columns, rows=tuple(rows))


def _course(card: BoxCardView, words: Words) -> Section:
    """Past and forecast on one axis, the forecast dotted inside its band."""
    past, ahead = card.past, card.forecast
    start = past.start if past is not None else ahead.start if ahead is not None else card.as_of
    step_s = past.step_s if past is not None else ahead.step_s if ahead is not None else 900
    length = max((_end(curve, start, step_s) for curve in (past, ahead) if curve is not None), default=2)
    lines = []
    if past is not None:
        lines.append(Line(label=words("inside.past"), values=_placed(past.values, 0, length)))
    if ahead is not None:
        at = _offset(ahead, start, step_s)
        low, median, high = (_placed(values, at, length) for values in (ahead.low, ahead.median, ahead.high))
        lines.append(Line(label=words("inside.forecast"), values=median, forecast=True, low=low, high=high))
    return Curves(title=words("inside.course"), start=start, step_s=step_s, unit=card.unit, lines=tuple(lines))


def _offset(curve: Curve | Band, start: datetime, step_s: int) -> int:
    return round((curve.start - start).total_seconds() / step_s)


def _end(curve: Curve | Band, start: datetime, step_s: int) -> int:
    values = curve.values if isinstance(curve, Curve) else curve.median
    return _offset(curve, start, step_s) + len(values)


def _placed(values: Sequence[Value], at: int, length: int) -> tuple[Value, ...]:
    return (None,) * at + tuple(values) + (None,) * (length - at - len(values))


def _trial(card: BoxCardView, names: Names) -> Section:
    words, shadow = names.words, card.shadow
    assert shadow is not None
    figures = (
        Figure(label=words("inside.own_error"), value=shadow.pinball_mw, unit="MW"),
        Figure(
            label=words("inside.champions_error", name=names.of(f"box:{shadow.champion}")),
            value=shadow.champion_pinball_mw,
            unit="MW",
        ),
        Figure(label=words("inside.ratio"), value=None if shadow.ratio is None else 100.0 * shadow.ratio, unit="%"),
        Figure(label=words("inside.days"), value=float(shadow.days), unit="d"),
    )
    return Figures(title=words("inside.trial"), figures=figures)


def _rivals(card: BoxCardView, snapshot: Snapshot, names: Names) -> list[Section]:
    """The boxes that are compared with this one, or whom it is compared with."""
    words = names.words
    rows = tuple(
        (names.of(f"box:{other.instance}"), other.value, other.shadow.pinball_mw, other.shadow.champion_pinball_mw)
        for other in snapshot.boxes
        if other.shadow is not None and other.shadow.champion == card.instance
    )
    columns = (
        Column(title=words("inside.box")),
        Column(title=words("inside.value"), unit=card.unit),
        Column(title=words("inside.own_error"), unit="MW"),
        Column(title=words("inside.error_here"), unit="MW"),
    )
    return [Table(title=words("inside.shadows"), columns=columns, rows=rows)] if rows else []


def _forecast(band: Band, unit: str, words: Words) -> Section:
    columns = (
        Column(title=words("inside.at")),
        *(Column(title=words(f"inside.{edge}"), unit=unit) for edge in ("low", "median", "high")),
    )
    rows = tuple(
        (band.start + timedelta(seconds=band.step_s * i), band.low[i], band.median[i], band.high[i])
        for i in range(0, len(band.median), _HOUR)
    )
    return Table(title=words("inside.forecast_table"), columns=columns, rows=rows)


def _facts(card: BoxCardView, snapshot: Snapshot, names: Names) -> Section:
    words = names.words
    rows: list[tuple[Cell, ...]] = [
        (words("inside.box"), card.box),
        (words("inside.version"), card.version),
        (words("inside.owner"), words.owner(card.owner)),
        (words("inside.role"), words(f"inside.role_{card.role}") if words.known(f"inside.role_{card.role}") else card.role),
        (words("inside.instance"), card.instance),
    ]
    facts = snapshot.site.boxes.get(card.instance)
    if facts is not None and facts.subject is not None:
        rows.append((words("inside.subject"), names.of(facts.subject)))
    return _pairs(words("inside.facts"), [*rows, *_declared(facts, names)], words)


def _declared(facts: BoxFacts | None, names: Names) -> list[tuple[Cell, ...]]:
    """What its card promises: signals read and written, how often, how fast, and what answers where it cannot."""
    words = names.words
    if facts is None or facts.deadline_s is None or facts.cadence_s is None:
        return []
    return [
        (words("inside.needs"), ", ".join(facts.needs) or words("inside.nothing")),
        (words("inside.provides"), ", ".join(facts.provides) or words("inside.nothing")),
        (words("inside.cadence"), words.number(facts.cadence_s / 60.0, "min")),
        (words("inside.deadline"), words.number(facts.deadline_s, "s", decimals=1)),
        (words("inside.ladder"), ", ".join(filter(None, map(names.rung, facts.fallbacks)))),
    ]

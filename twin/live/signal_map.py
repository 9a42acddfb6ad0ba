"""Every signal of a site: where it comes from, who uses it, how old it may be, what is missing. For ``regie site map``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from twin.adapters.prepared import prepare
from twin.contracts.box import BoxCard
from twin.contracts.resolve import resolve_box
from twin.domain.grid import NORMAL
from twin.domain.signals import OUTSIDE_SIGNALS, SIGNALS
from twin.engines import make_engine
from twin.regie.usage_ahead import holders
from twin.site import load_site


def signal_map(name_or_path: str) -> list[dict[str, Any]]:
    """Rows of signal, element, unit, source, users with their allowed age, and what is missing.

    Raises:
        BadInput: for a faulty site, or boxes that cannot be made.
    """
    site = load_site(name_or_path)
    grid = make_engine(site.about.engine, prepare(site).net()).model(NORMAL).grid.to_bytes()
    cards = {
        box.name: resolve_box(box.use, site.boxes_allowed)(box.config, site.context(box.name, grid)).card for box in site.boxes
    }
    layout = site.layout()
    sources = {(signal, element): _origin(signal) for signal, element in layout.columns}
    if site.telemetry.source == "plant":
        for signal in OUTSIDE_SIGNALS:
            sources[signal, ""] = f"{_origin(signal)}, outlook"
    if site.dispatchable:
        sources["device_mandate", ""] = "decide: people's refusals"
    for signal, devices in holders(site.devices).items():
        sources |= dict.fromkeys(((signal, device) for device in devices), "decide: what was used of the rights")
    for name, card in cards.items():
        for provide in card.provides:
            for element in provide.elements or ("",):
                known = sources.get((provide.signal, element))
                sources[provide.signal, element] = f"{known}, box {name}" if known else f"box {name}"
    wanted = {(need.signal, e) for card in cards.values() for need in card.needs for e in need.elements or ("",)}
    rows = []
    for signal, element in sorted({*sources, *wanted}):
        source = sources.get((signal, element))
        present = source is not None or (not element and any(s == signal for s, _ in sources))
        if not present or source is not None:
            users = _users(signal, element, cards)
            rows.append(
                {
                    "signal": signal,
                    "element": element,
                    "unit": SIGNALS[signal].unit,
                    "source": source or "-",
                    "users": users,
                    "missing": "" if present else f"wanted by {', '.join(users)}, provided by nobody",
                }
            )
    return rows


def _origin(signal: str) -> str:
    if signal.startswith("zone_"):
        return "observe: zone balance"
    return "telemetry"


def _users(signal: str, element: str, cards: dict[str, BoxCard]) -> list[str]:
    found = []
    for name, card in cards.items():
        for need in card.needs:
            if need.signal == signal and (not need.elements or element in need.elements or not element):
                found.append(f"{name} ({need.mode}, {_words(need.max_age)})")
                break
    return found


def _words(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} d"


def as_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The map for reading: elements that share source and users stand together; what is missing stands last."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        key = (row["signal"], row["unit"], row["source"], ", ".join(row["users"]), row["missing"])
        groups.setdefault(key, []).append(row["element"])
    lines, missing = [], []
    for (signal, unit, source, users, lack), elements in groups.items():
        some = ", ".join(element for element in elements[:3] if element)
        more = f" and {len(elements) - 3} more" if len(elements) > 3 else ""
        lines.append(f"{signal} [{unit}] {some}{more}".rstrip())
        lines += [f"    from: {source}", f"    used by: {users or 'no box (screens, figures)'}"]
        if lack:
            missing.append(f"missing: {signal} {some}{more}: {lack}")
    return lines + (missing or ["nothing is missing"])

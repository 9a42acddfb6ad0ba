"""Where the electricity that the town consumed came from: one bar, and a list that says the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard import format as fmt
from dashboard.public.cards.share import interval_words
from dashboard.public.pages.places import Places
from dashboard.public.telling import KINDS, Telling
from twin.contracts.public_snapshot import Source

_ALWAYS_RENEWABLE = ("pv", "hydro")


@dataclass(frozen=True)
class Slice:
    """One kind's part of the bar.

    Attributes:
        part: of what was consumed, 0..1.
        p_mw: power into the town [MW], negative out of it; None when the town does not publish it.
        renewable_share: 0..1 of what flows in; None when unknown.
        left: where it begins in the bar, 0..1.
    """

    kind: str
    part: float
    p_mw: float | None
    renewable_share: float | None
    left: float


def slices(sources: Sequence[Source]) -> dict[str, Slice]:
    """One slice per kind that the town has, in the order of `KINDS`; a kind without words counts as "other"."""
    found: dict[str, Slice] = {}
    left = 0.0
    for kind in KINDS:
        group = [source for source in sources if (source.kind if source.kind in KINDS else "other") == kind]
        if not group:
            continue
        part = sum(source.part for source in group)
        powers = [source.p_mw for source in group if source.p_mw is not None]
        p_mw = sum(powers) if len(powers) == len(group) else None
        found[kind] = Slice(kind, part, p_mw, _mean_share(group, part), left)
        left += part
    return found


def _mean_share(group: Sequence[Source], part: float) -> float | None:
    if part <= 0.0 or any(source.renewable_share is None for source in group):
        return None
    return sum(source.part * (source.renewable_share or 0.0) for source in group) / part


def fill(telling: Telling) -> None:
    """The bar and the list; with an unknown share the list says that it is unknown."""
    found = slices(telling.snapshot.sources)
    for kind in KINDS:
        part = found.get(kind)
        telling.text[f"source_{kind}"] = "" if part is None else _words(telling, part)
        telling.show(f"source_{kind}_item", part is not None)
        left, width = (0.0, 0.0) if part is None else (100 * part.left, 100 * part.part)
        telling.attributes[f"source_{kind}_bar"] = {"x": f"{left:.1f}", "width": f"{width:.1f}"}
    telling.show("sources_picture", bool(found))
    when = " · ".join(filter(None, (interval_words(telling), telling.quality(telling.snapshot.quality))))
    telling.put("sources_when", when if found else "")
    telling.put("sources_none", "" if found else telling.say(f"source.none_{telling.state}"))


def _words(telling: Telling, part: Slice) -> str:
    name = telling.say(f"source.{part.kind}")
    # A switch-off leaves fractions of a watt; what rounds to nothing is nothing.
    power = None if part.p_mw is None else fmt.number(abs(part.p_mw), "MW", language=telling.language)
    outward = part.p_mw is not None and part.p_mw < 0.0
    if round(part.part, 3) <= 0.0:
        turned = {"storage": "source.charging", "import": "source.exporting"}.get(part.kind) if outward else None
        return telling.say(turned or "source.zero", name=name, p=power)
    words = telling.say("source.value", name=name, share=telling.percent(part.part))
    if power is not None and not outward:
        words = telling.say("source.value_power", name=name, share=telling.percent(part.part), p=power)
    if part.kind in _ALWAYS_RENEWABLE:
        return words
    if part.renewable_share is None:
        return words + telling.say("source.mix_unknown")
    return words + telling.say("source.renewable", renewable=telling.percent(part.renewable_share))


def markup(put: Places) -> str:
    """The bar over its list."""
    bars = "".join(put("rect", f"source_{kind}_bar", class_=kind, height="10") for kind in KINDS)
    picture = put.picture("sources_picture", bars, view_box="0 0 100 10", label="source.picture", shape="bar tall")
    rows = "".join(
        put("li", f"source_{kind}_item", f'<i class="key {kind}"></i>{put("span", f"source_{kind}")}') for kind in KINDS
    )
    content = f'{picture}<ul class="keys">{rows}</ul>{put("p", "sources_none")}{put("p", "sources_when", class_="muted")}'
    return put.card("sources", put.title("sources"), content)

"""A ranking in words and local figures, one language at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from dashboard.format import Texts, moment, number, percent, texts
from twin.maintenance.ranking.ranked import AssetResult, FreeWindow, Item, Ranked, Said


@dataclass(frozen=True)
class Words:
    """Words for one ranking, in one of `dashboard.format.LANGUAGES`."""

    ranked: Ranked
    language: str
    own: Texts

    @classmethod
    def of(cls, ranked: Ranked, language: str) -> Words:
        """Words in a language."""
        return cls(ranked, language, texts(language, "maintenance"))

    def __call__(self, code: str, **params: Any) -> str:
        """The words of a code of section [rank]."""
        return self.own.get(f"rank.{code}", params, timezone=self.ranked.timezone, near=self.as_of)

    @property
    def as_of(self) -> datetime:
        """The instant that is ranked for."""
        return datetime.fromisoformat(self.ranked.as_of)

    def said(self, said: Said) -> str:
        """A reason; severities and proposals in it are words, too."""
        params = {name: self._shown(name, value) for name, value in said.params.items()}
        return self(said.code, **params)

    def _shown(self, name: str, value: Any) -> Any:
        if name == "severity":
            return self(f"severity.{value}")
        if isinstance(value, list | tuple):
            return [self._shown(name, one) for one in value]
        return self._proposals.get(value, value) if isinstance(value, str) else value

    @cached_property
    def _proposals(self) -> Mapping[str, str]:
        return {item.id: self.work(item) for item in self.ranked.items}

    def named(self, one: Item | AssetResult) -> str:
        """An asset's name in this language, where the register has one."""
        return self.ranked.titles.get(one.asset, {}).get(self.language, one.title)

    def work(self, item: Item) -> str:
        """What is to be done, and where."""
        return self("work", asset=self.named(item), action=self.action(item))

    def money(self, chf: float | None) -> str:
        """CHF without centimes."""
        return number(chf, "CHF", language=self.language, decimals=0)

    def figure(self, value: float | None, unit: str, decimals: int) -> str:
        """A figure with its unit."""
        return number(value, unit, language=self.language, decimals=decimals)

    def share(self, share: float) -> str:
        """0 to 1 as percent."""
        return percent(share, language=self.language)

    def title(self) -> str:
        """What is ranked, for when."""
        at = moment(self.as_of, timezone=self.ranked.timezone, language=self.language)
        return self("title", site=self.ranked.title.get(self.language, self.ranked.site), at=at)

    def action(self, item: Item) -> str:
        """What is to be done."""
        return self(f"action.{item.action}")

    def window(self, window: FreeWindow | None) -> str:
        """When it may be done."""
        if window is None:
            unknown = any(said.code == "source.week.grid_file" for said in self.ranked.sources)
            return self("window.unknown" if unknown else "window.none")
        zone, language = self.ranked.timezone, self.language
        start = datetime.fromisoformat(window.start)
        last = moment(datetime.fromisoformat(window.end), timezone=zone, language=language, near=start)
        text = f"{moment(start, timezone=zone, language=language)} – {last}"
        return f"{text} ({self('window.mobile', mw=window.mobile_mw)})" if window.mobile_mw > 0.0 else text

    def plan(self, item: Item) -> str:
        """Whether it is chosen, else why not; with a budget across years, the year."""
        if self.ranked.years and item.year is not None:
            return self("plan.year", year=str(self.as_of.year + item.year))
        if item.why_not is None:
            return self("plan.later") if self.ranked.years and item.year is None else self("plan.chosen")
        return self.said(item.why_not)

    def basis(self) -> Iterator[str]:
        """What it rests on."""
        yield from map(self.said, self.ranked.sources)

    def left(self) -> Iterator[str]:
        """Rows without a result, and assets that are not in the grid."""
        for one in self.ranked.not_assessed:
            yield f"{one.asset or '–'} ({one.place}): {self.said(one.reason)}"
        for asset in self.ranked.assets:
            if asset.element and not asset.on_grid:
                yield f"{asset.asset}: {self('not_on_grid', element=asset.element)}"

    def unknown(self, names: tuple[str, ...]) -> str:
        """Facts that are missing or typical."""
        return ", ".join(self(f"unknown.{name}") for name in names)

    def why(self, asset: AssetResult) -> Iterator[str]:
        """Everything that there is to say of one asset and of what could be done there."""
        yield self(
            "why.asset",
            title=self.named(asset),
            health=asset.health,
            pof_percent=100.0 * asset.pof_per_year,
            failure_chf=asset.failure_chf,
            risk_chf=asset.risk_chf,
        )
        yield self("why.confidence", confidence=asset.confidence, unknown=self.unknown(asset.unknown))
        for said in asset.evidence:
            yield f"· {self.said(said)}"
        items = [item for item in self.ranked.items if item.asset == asset.asset]
        if not items:
            yield self("why.nothing")
        for item in items:
            yield from self._why_item(item)

    def _why_item(self, item: Item) -> Iterator[str]:
        figures = {"action": self.action(item), "rank": item.rank, "cost_chf": item.cost_chf}
        yield self("why.item", **figures, avoided_chf=item.risk_avoided_chf, ratio=item.ratio)
        yield f"  {self.plan(item)}"
        yield f"  {self('head.window')}: {self.window(item.window)}"
        for part in item.excluded:
            yield f"  {self('why.excluded', hours=part.hours, reason=self.said(part.reason))}"

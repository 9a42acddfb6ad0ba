"""What the user states about a history before it is read, and every fault of these statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dashboard.format import LANGUAGES
from forecasts.data.spec import closest
from twin.boxes.maintenance.thermal.iec60076 import TYPICAL
from twin.domain.problems import Problems

LOAD_UNITS = ("percent", "pu", "A", "kA", "kVA", "MVA", "kW", "MW")
_NEEDED = {
    "time_column": ("--time", "the column with the time stamps", "for example --time timestamp"),
    "load_column": ("--load", "the column with the load", "for example --load loading_percent"),
    "load_unit": ("--load-unit", "the unit of the load", "for example --load-unit percent"),
    "top_oil_column": ("--top-oil", "the column with the top-oil temperature", "for example --top-oil oil_c"),
    "timezone": ("--tz", "the clock of the stamps", "for example --tz Europe/Zurich or --tz UTC"),
    "label": ("--label", "start or end: what of its interval a stamp marks", "for example --label start"),
}


@dataclass(frozen=True, kw_only=True)
class EvaluateFlags:
    """One call of ``regie maintenance evaluate``.

    Attributes:
        files: CSV or Parquet; commas or a glob join several files of one export.
        asset_column: None = each of ``files`` is one asset, named by its file.
        load_unit: one of `LOAD_UNITS`. ``reactive_column``: joins the load by P^2 + Q^2.
        rating: in the unit of the load (A for kA, MVA for kW and MW ... see `twin.maintenance.evaluate.history`);
            ``rating_column`` goes first, row by row of an asset.
        size, cooling: class of the thermal model. None = distribution, ONAN, and said to be typical.
        labels: file of known faults: asset, start, end, kind.
        budget: false alarms per asset-month that thresholds are derived from. ``reference_days``: learnt from; None = 28,
            or up to a year where no ambient is known.
        inject: faults put into each asset's own history. ``seed``: of their begins.
    """

    files: tuple[str, ...]
    time_column: str | None = None
    asset_column: str | None = None
    load_column: str | None = None
    load_unit: str | None = None
    reactive_column: str | None = None
    rating: float | None = None
    rating_column: str | None = None
    ambient_column: str | None = None
    top_oil_column: str | None = None
    timezone: str | None = None
    label: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    size: str | None = None
    cooling: str | None = None
    labels: str | None = None
    budget: float = 0.1
    reference_days: int | None = None
    inject: int = 0
    seed: int = 0
    report: Path | None = None
    language: str = "en"

    def check(self, problems: Problems) -> None:
        """Note every statement that is missing or cannot be true, whatever the files hold."""
        for name, (flag, limit, remedy) in _NEEDED.items():
            if getattr(self, name) is None:
                problems.add(flag, "not given", limit, remedy)
        choices: tuple[tuple[str, str | None, tuple[str, ...]], ...] = (
            ("--load-unit", self.load_unit, LOAD_UNITS),
            ("--label", self.label, ("start", "end")),
            ("--lang", self.language, LANGUAGES),
        )
        for flag, value, known in choices:
            if value is not None and value not in known:
                problems.add(flag, repr(value), "one of " + ", ".join(known), closest(value, known))
        self._check_clock(problems)
        self._check_numbers(problems)
        kind = (self.size or "distribution", self.cooling or "ONAN")
        if kind not in TYPICAL:
            classes = ", ".join(f"{size} {cooling}" for size, cooling in sorted(TYPICAL))
            problems.add("--size/--cooling", " ".join(kind), f"one of {classes}", "take them from the nameplate")
        if self.report is not None and (self.report.is_dir() or not self.report.parent.is_dir()):
            problems.add("--report", self.report, "an HTML file in a folder that exists", "name another file")

    def _check_clock(self, problems: Problems) -> None:
        if self.timezone is None:
            return
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            problems.add("--tz", repr(self.timezone), "an IANA name", "write it like Europe/Zurich or UTC")

    def _check_numbers(self, problems: Problems) -> None:
        if not 0.001 <= self.budget <= 10.0:
            problems.add("--budget", self.budget, "0.001 to 10 false alarms per asset-month", "0.1 is one in ten months")
        if self.reference_days is not None and not 14 <= self.reference_days <= 730:
            problems.add("--reference-days", self.reference_days, "14 to 730 days", "leave it out for the usual span")
        if not 0 <= self.inject <= 50:
            problems.add("--inject", self.inject, "0 to 50 faults per asset", "6 give a first impression")
        if self.rating is not None and not self.rating > 0.0:
            problems.add("--rating", self.rating, "above 0", "take it from the nameplate, in the unit of the load")

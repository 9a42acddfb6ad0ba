"""The approved figures of months and years, every revision and correction, the supplier's declaration apart, the downloads."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from dashboard import format as fmt
from dashboard.public.feed import Edition
from dashboard.public.open_data import Resource
from dashboard.public.pages import apart
from dashboard.public.pages.document import Assets
from dashboard.public.telling import KINDS, declared_words, in_language
from dashboard.public.view import timezone_of
from twin.contracts.open_tables import LICENCES
from twin.contracts.public_release import PeriodFigure, PublicRelease


def figures_page(edition: Edition, language: str, assets: Assets) -> bytes:
    """Everything that is approved now; without any live value it stands alone."""
    writer = _Writer(edition, language)
    content = apart.embargoed(edition, language)
    if not content and edition.withheld:
        content = apart.troubled(edition, language)
    return apart.page(language, assets, "figures/", writer.say("figures.title"), content or writer.all())


COLUMNS = ("period", "share", "parts", "co2", "energy", "coverage", "standing")


class _Writer:
    """Writes the sections of one edition in one language."""

    def __init__(self, edition: Edition, language: str) -> None:
        self.release: PublicRelease | None = edition.release
        self.downloads = edition.downloads
        self.language = language
        self.timezone = timezone_of(edition.snapshot)

    def say(self, code: str, **params: Any) -> str:
        return fmt.texts(self.language, "public").get(code, params, timezone=self.timezone)

    def percent(self, fraction: float | None) -> str:
        return fmt.percent(fraction, language=self.language, decimals=1)

    def day(self, instant: Any) -> str:
        return fmt.day(instant, timezone=self.timezone, language=self.language)

    def all(self) -> str:
        release = self.release
        intro = f'<p class="lead">{escape(self.say("figures.lead"))}</p><p class="label">{escape(self.say("share.label"))}</p>'
        parts = [self._corrected(), f'<section class="card">{intro}</section>']
        for name, figures in (("years", release.years if release else ()), ("months", release.months if release else ())):
            parts.append(self._periods(name, figures))
        return "".join([*parts, self._log(), self._declared(), self._open()])

    def _card(self, name: str, inner: str) -> str:
        return f'<section class="card"><h2>{escape(self.say(f"figures.{name}"))}</h2>{inner}</section>'

    def _corrected(self) -> str:
        """The newest correction above everything else."""
        corrections = self.release.corrections if self.release else ()
        if not corrections:
            return ""
        newest = max(corrections, key=lambda correction: correction.at)
        period = fmt.period(newest.period, language=self.language)
        shares = {"before": self.percent(newest.before), "after": self.percent(newest.after)}
        said = self.say("figures.corrected", period=period, day=self.day(newest.at), **shares)
        return f'<p class="notice">{escape(said)} {escape(in_language(newest.reason, self.language))}</p>'

    def _periods(self, name: str, figures: Sequence[PeriodFigure]) -> str:
        if not figures:
            return self._card(name, f"<p>{escape(self.say(f'figures.no_{name}'))}</p>")
        heads = [self.say(f"figures.column_{column}") for column in COLUMNS]
        table = apart.table(self.say(f"figures.{name}_table"), heads, [self._row(figure) for figure in figures])
        kinds = [kind for kind in KINDS if any(kind in figure.parts for figure in figures)]
        key = "".join(f'<li><i class="key {kind}"></i>{escape(self.say(f"source.{kind}"))}</li>' for kind in kinds)
        return self._card(name, f'{table}<ul class="keys row">{key}</ul>')

    def _row(self, figure: PeriodFigure) -> list[str]:
        language = self.language
        share = escape(self.say("share.undefined"))
        if figure.share is not None:
            share = f"<b>{escape(self.percent(figure.share))}</b>"
        energy = fmt.number(figure.consumption_mwh, "MWh", language=language, decimals=1)
        if figure.consumption_mwh is None:
            energy = self.say("figures.withheld")
        standing = self.say("figures.standing", n=figure.revision, day=self.day(figure.approved_at))
        co2 = fmt.number(figure.co2_g_per_kwh, "g/kWh", language=language)
        cells = [co2, energy, self.percent(figure.coverage), standing]
        return [escape(fmt.period(figure.period, language=language)), share, self._bar(figure), *map(escape, cells)]

    def _bar(self, figure: PeriodFigure) -> str:
        """The parts as one small bar, and the same in words for the ear; words alone where they are not told."""
        if not figure.parts and figure.share is not None:
            return escape(self.say("figures.withheld"))
        left, bars, words = 0.0, "", []
        for kind in KINDS:
            part = figure.parts.get(kind, 0.0)
            bars += f'<rect class="{kind}" x="{100 * left:.1f}" width="{100 * part:.1f}" height="10"/>' if part > 0.0 else ""
            words += [f"{self.say(f'source.{kind}')} {self.percent(part)}"] if kind in figure.parts else []
            left += part
        said = escape(", ".join(words))
        shape = 'class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img"'
        return f'<svg {shape} aria-label="{said}"><title>{said}</title>{bars}</svg>'

    def _log(self) -> str:
        """Every restatement, newest first, as long as its period is told."""
        corrections = self.release.corrections if self.release else ()
        if not corrections:
            return self._card("log", f"<p>{escape(self.say('figures.no_log'))}</p>")
        heads = [self.say(f"figures.column_{column}") for column in ("period", "restated", "before", "after", "reason")]
        rows = []
        for correction in sorted(corrections, key=lambda correction: correction.at, reverse=True):
            restated = self.say("figures.standing", n=correction.revision, day=self.day(correction.at))
            reason = in_language(correction.reason, self.language)
            cells = [restated, self.percent(correction.before), self.percent(correction.after), reason]
            rows.append([escape(fmt.period(correction.period, language=self.language)), *map(escape, cells)])
        return self._card("log", apart.table(self.say("figures.log_table"), heads, rows))

    def _declared(self) -> str:
        """The guarantees of origin, in a section of their own."""
        declared = self.release.declared if self.release else None
        said = declared_words(declared, self.language)
        if declared is None:
            return self._card("declared", f"<p>{escape(said)}</p>")
        if declared.published is not None:
            said += " " + self.say("figures.declared_on", day=declared.published.isoformat())
        return self._card("declared", f"<p>{escape(said)}</p><p>{escape(self.say('figures.declared_what'))}</p>")

    def _open(self) -> str:
        """Downloads and their licence."""
        rows = "".join(map(self._download, self.downloads))
        if rows:
            rows += f"<li>{self._file('datapackage.json', self.say('figures.file_package'))}</li>"
        ready = f'<ul class="files">{rows}</ul>' if rows else f"<p>{escape(self.say('figures.no_open'))}</p>"
        release = self.release
        if release is None:
            return self._card("open", ready)
        _, address = LICENCES.get(release.licence, ("", ""))
        name = escape(release.licence)
        licence = f'<a href="{address}" rel="license noopener">{name}</a>' if address else name
        said = (
            escape(self.say("figures.licence")) + f" {licence}. " + escape(self.say("figures.name", whom=release.attribution))
        )
        return self._card("open", f"{ready}<p>{said}</p>")

    def _download(self, resource: Resource) -> str:
        """A table in each of its formats; one without words of ours goes by its own title."""
        stem, _, form = resource.path.rpartition(".")
        name, _, period = stem.partition("-")
        title = resource.title or resource.path
        if fmt.texts(self.language, "public").has(f"figures.file_{name}"):
            title = self.say(f"figures.file_{name}", period=fmt.period(period, language=self.language))
        files = self._file(resource.path, f"{title} ({form.upper()})")
        if resource.bytes is not None:
            files += f" {escape(fmt.number(resource.bytes / 1000, 'kB', language=self.language, decimals=1))}"
        for other in resource.alternatives:
            files += " " + self._file(other, f"{title} ({other.rpartition('.')[2].upper()})")
        return f"<li>{files}</li>"

    def _file(self, path: str, words: str) -> str:
        return f'<a href="../../open/{path}" download>{escape(words)}</a>'

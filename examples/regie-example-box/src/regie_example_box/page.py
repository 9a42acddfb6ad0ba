"""What the box adds to its inside page: the degree days it counted and what each of them costs in MW. Data only, no markup."""

from __future__ import annotations

from twin.contracts.page import Curves, Figure, Figures, Line, Page, Text
from twin.contracts.snapshot import BoxCardView, Snapshot

_WORDS = {
    "en": {
        "title": "Heating degree days",
        "slope": "More load per degree day",
        "today": "Degree days, last 24 h",
        "tomorrow": "Degree days, next 24 h",
        "error": "Unexplained week on week (r.m.s.)",
        "curve": "Forecast",
        "low": "5 %",
        "median": "median",
        "high": "95 %",
        "how": "How it is computed",
        "text": "Last week's load, plus slope times the difference in heating degree days (HGT 20/12, SIA 381/3). The slope is "
        "regressed on five weeks of differences to the week before; the band is what these left unexplained.",
    },
    "fr": {
        "title": "Degrés-jours de chauffage",
        "slope": "Charge par degré-jour de plus",
        "today": "Degrés-jours, 24 dernières heures",
        "tomorrow": "Degrés-jours, 24 prochaines heures",
        "error": "Inexpliqué d'une semaine à l'autre (eff.)",
        "curve": "Prévision",
        "low": "5 %",
        "median": "médiane",
        "high": "95 %",
        "how": "Comment c'est calculé",
        "text": "La charge de la semaine précédente, plus la pente fois l'écart des degrés-jours de chauffage (DJC 20/12, "
        "SIA 381/3). La pente est estimée sur cinq semaines d'écarts à la semaine d'avant; la bande est ce qui "
        "reste inexpliqué.",
    },
    "de": {
        "title": "Heizgradtage",
        "slope": "Mehr Last je Heizgradtag",
        "today": "Heizgradtage, letzte 24 h",
        "tomorrow": "Heizgradtage, nächste 24 h",
        "error": "Unerklärt von Woche zu Woche (eff.)",
        "curve": "Prognose",
        "low": "5 %",
        "median": "Median",
        "high": "95 %",
        "how": "Wie gerechnet wird",
        "text": "Die Last der Vorwoche, plus Steigung mal Unterschied der Heizgradtage (HGT 20/12, SIA 381/3). Die Steigung "
        "ist über fünf Wochen aus Unterschieden zur Vorwoche geschätzt; das Band ist, was dabei unerklärt blieb.",
    },
    "it": {
        "title": "Gradi giorno di riscaldamento",
        "slope": "Carico in più per grado giorno",
        "today": "Gradi giorno, ultime 24 ore",
        "tomorrow": "Gradi giorno, prossime 24 ore",
        "error": "Non spiegato da una settimana all'altra (eff.)",
        "curve": "Previsione",
        "low": "5 %",
        "median": "mediana",
        "high": "95 %",
        "how": "Come si calcola",
        "text": "Il carico della settimana prima, più la pendenza per la differenza dei gradi giorno di riscaldamento "
        "(GG 20/12, SIA 381/3). La pendenza è stimata su cinque settimane di differenze; la banda è ciò che resta "
        "non spiegato.",
    },
}


def sections(card: BoxCardView, snapshot: Snapshot, language: str) -> Page:
    """Figures of the newest answer, its band, and how it came about."""
    del snapshot
    words = _WORDS.get(language, _WORDS["en"])

    def figure(name: str, param: str, unit: str) -> Figure:
        return Figure(label=words[name], value=card.params.get(param), unit=unit, as_of=card.as_of, quality=card.quality)

    figures = (
        figure("slope", "slope_mw_per_k", "MW/K"),
        figure("today", "degree_days", "K"),
        figure("tomorrow", "degree_days_tomorrow", "K"),
        figure("error", "error_rms_mw", "MW"),
    )
    found = [Figures(title=words["title"], figures=figures), Text(title=words["how"], paragraphs=(words["text"],))]
    if card.forecast is None:
        return Page(sections=tuple(found))
    band = card.forecast
    lines = tuple(
        Line(label=words[name], values=values, forecast=True)
        for name, values in (("low", band.low), ("median", band.median), ("high", band.high))
    )
    curve = Curves(title=words["curve"], start=band.start, step_s=band.step_s, unit=card.unit, lines=lines)
    return Page(sections=(found[0], curve, found[1]))

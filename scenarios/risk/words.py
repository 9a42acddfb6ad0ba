"""What the section on risk says, in the four languages."""

from __future__ import annotations

LANGUAGES = ("de", "fr", "it", "en")

WORDS: dict[str, dict[str, str]] = {
    "risk": {"de": "Risiko", "fr": "Risque", "it": "Rischio", "en": "Risk"},
    "basis": {
        "de": "{futures} Zukünfte der {hours} h ab {begin}; Intervalle zu 95 %.",
        "fr": "{futures} futurs des {hours} h dès {begin} ; intervalles à 95 %.",
        "it": "{futures} futuri delle {hours} h da {begin}; intervalli al 95 %.",
        "en": "{futures} futures of the {hours} h from {begin}; 95 % intervals.",
    },
    "fan": {
        "de": "Höchste Auslastung im Netz: Median, Hälfte und neun Zehntel der Zukünfte",
        "fr": "Charge la plus élevée du réseau : médiane, moitié et neuf dixièmes des futurs",
        "it": "Carico più elevato della rete: mediana, metà e nove decimi dei futuri",
        "en": "Highest loading in the grid: median, half and nine tenths of all futures",
    },
    "bars": {
        "de": "Wahrscheinlichkeit einer Verletzung je Stunde: Plan gefüllt, Nichtstun umrandet",
        "fr": "Probabilité d'une violation par heure : plan en plein, sans action en contour",
        "it": "Probabilità di una violazione per ora: piano pieno, senza intervento contornato",
        "en": "Probability of a violation by hour: plan filled, doing nothing outlined",
    },
    "margin": {
        "de": "Sicherheitsmarge (N-1) in der engsten Stunde",
        "fr": "Marge de sécurité (N-1) à l'heure la plus serrée",
        "it": "Margine di sicurezza (N-1) nell'ora più stretta",
        "en": "Security margin (N-1) in the tightest hour",
    },
    "element": {"de": "Element", "fr": "Élément", "it": "Elemento", "en": "Element"},
    "worst_hour": {"de": "Schlimmste Stunde", "fr": "Pire heure", "it": "Ora peggiore", "en": "Worst hour"},
    "probability": {"de": "Wahrscheinlichkeit", "fr": "Probabilité", "it": "Probabilità", "en": "Probability"},
    "expected_h": {"de": "Erwartete Stunden", "fr": "Heures attendues", "it": "Ore attese", "en": "Expected hours"},
    "expected_mwh": {"de": "Erwartete MWh", "fr": "MWh attendus", "it": "MWh attesi", "en": "Expected MWh"},
    "cost": {
        "de": "Kosten, Plan gegen Nichtstun [CHF]",
        "fr": "Coût, plan contre sans action [CHF]",
        "it": "Costo, piano contro nessun intervento [CHF]",
        "en": "Cost, plan against doing nothing [CHF]",
    },
    "mean": {"de": "Mittel", "fr": "Moyenne", "it": "Media", "en": "Mean"},
    "var": {
        "de": "Wert im Risiko (95 %)",
        "fr": "Valeur à risque (95 %)",
        "it": "Valore a rischio (95 %)",
        "en": "Value at risk (95 %)",
    },
    "cvar": {
        "de": "Mittel der schlimmsten 5 %",
        "fr": "Moyenne des pires 5 %",
        "it": "Media del peggior 5 %",
        "en": "Mean of the worst 5 %",
    },
    "plan": {"de": "Plan", "fr": "Plan", "it": "Piano", "en": "Plan"},
    "do_nothing": {"de": "Nichtstun", "fr": "Sans action", "it": "Nessun intervento", "en": "Do nothing"},
    "difference": {"de": "Differenz", "fr": "Différence", "it": "Differenza", "en": "Difference"},
    "none": {
        "de": "Kein Element verletzt in einer der Zukünfte seine Grenze.",
        "fr": "Aucun élément ne dépasse sa limite dans aucun des futurs.",
        "it": "Nessun elemento supera il suo limite in alcun futuro.",
        "en": "No element breaks its limit in any of the futures.",
    },
}


def say(key: str, lang: str, **values: object) -> str:
    """A text in a language, with its values."""
    return WORDS[key][lang].format(**values)

"""What it would take to be greener now: one sentence, by the arithmetic of this quarter hour.

Of what was imported the part ``r`` is renewable. Made in the town from renewables instead, each unit of it adds ``1 - r`` to
the share; so ten points (0.1) more take ``0.1 / (1 - r)`` of the consumption, where the import is that large. This compares
averages: it does not say what one kWh more or less would cause elsewhere.
"""

from __future__ import annotations

from dashboard.public.pages.places import Places
from dashboard.public.telling import Telling
from twin.contracts.public_snapshot import Source

STEP = 0.1
NEARLY_ALL = 0.995  # what the page prints as 100 %


def fill(telling: Telling) -> None:
    """The sentence; where the arithmetic lacks a value it says which."""
    telling.text["greener"] = _words(telling)


def _words(telling: Telling) -> str:
    share = telling.share
    if share is None:
        return telling.say(f"greener.{telling.state}")
    if share >= NEARLY_ALL:
        return telling.say("greener.all")
    missing = telling.percent(1.0 - round(share, 2))
    if not telling.snapshot.sources:
        return telling.say("greener.withheld", missing=missing)
    imported = next((source for source in telling.snapshot.sources if source.kind == "import"), None)
    if imported is None or imported.part <= 0.0:
        return telling.say("greener.no_import", missing=missing)
    if imported.renewable_share is None:
        return telling.say("greener.mix_unknown", missing=missing)
    return _by_import(telling, imported, imported.renewable_share, share)


def _by_import(telling: Telling, imported: Source, renewable: float, share: float) -> str:
    grey = 1.0 - renewable
    if imported.part * grey >= STEP:
        return telling.say("greener.step", n=round(100 * STEP / grey))
    # Less than a step is left in the import: all of it, and what that would give.
    reached = telling.percent(min(1.0, share + imported.part * grey))
    return telling.say("greener.all_import", n=max(1, round(100 * imported.part)), reached=reached)


def markup(put: Places) -> str:
    """One sentence, and what kind of sentence it is."""
    content = f'{put("p", "greener", class_="lead")}<p class="muted">{put.say("greener.how")}</p>'
    return put.card("greener", put.title("greener"), content)

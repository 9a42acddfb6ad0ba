"""How renewable what a country consumes may be, where only its production mix and its balance are published.

By proportional sharing (Bialek 1996) at the country's one node: of the pool of production P and gross import I a part
f = I / (P + I) is foreign, and the share is (1 - f) * domestic + f * foreign. No file tells the hourly flows over the borders,
so f is bounded. It is not below what the balance must buy, N / (P + N) with the net import N > 0. And the year's gross import
is published: what the hours' net imports do not explain of it passes through the country, and is spread evenly over the year.
"""

from __future__ import annotations

import numpy as np

from twin.national.balance import Balance
from twin.national.mix import Bounded


def foreign_parts(country: Balance, gross_import_twh: float) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the foreign part f, 0..1, dims (time,); NaN where the balance is unknown.

    Args:
        gross_import_twh: of the year that ``country`` holds.
    """
    net = np.maximum(country.net_import_mw, 0.0)
    known = np.isfinite(net)
    # Hours whose balance is unknown are taken to buy like the others.
    bought_mwh = float(net[known].mean()) * len(net) if known.any() else 0.0
    through_mw = max(gross_import_twh * 1e6 - bought_mwh, 0.0) / len(net)
    return net / (country.production_mw + net), (net + through_mw) / (country.production_mw + net + through_mw)


def consumption_share(
    production: Bounded, country: Balance, *, gross_import_twh: float, foreign_low: float, foreign_high: float
) -> Bounded:
    """The production's share, within what the share of consumption may be.

    The share is the production mix's, for no consumption mix is published; the bounds hold the residuals of the mix, what it
    does not see, and the import. Where an hour buys much from abroad the production mix may lie outside of the bounds: it is
    then known to be wrong, not only unsure. Where the balance is unknown, anything up to the year's largest part is foreign.

    Args:
        foreign_low, foreign_high: renewable share of what is imported.
    """
    low = production.low * (1.0 - country.unseen)
    high = production.high * (1.0 - country.unseen) + country.unseen
    least, most = foreign_parts(country, gross_import_twh)
    least, most = np.where(np.isnan(least), 0.0, least), np.where(np.isnan(most), np.nanmax(most, initial=0.0), most)
    lows = [(1.0 - part) * low + part * foreign_low for part in (least, most)]
    highs = [(1.0 - part) * high + part * foreign_high for part in (least, most)]
    return Bounded(production.share, np.minimum(*lows), np.maximum(*highs))

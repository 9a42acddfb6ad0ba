"""The economic figure in other cuts (KPI.md): by whose money it is, for the grid operator alone, and what need not be built."""

from __future__ import annotations

from twin.regie.kpi import Account, KpiFacts, figures


def split(account: Account, facts: KpiFacts) -> dict[str, float]:
    """The economic total once more, by whose money it is: the three add up to it.

    ``opex_chf``: energy, peak charge, wear, less what is stored. ``flexibility_revenue_chf``: what the owners of flexible
    devices and curtailed plants are paid; a cost of the site, their revenue. ``energy_not_served_chf``: a damage, no bill.
    """
    economic = figures(account, facts)["economic"]
    flexibility = economic["flexibility_chf"] + economic["curtailment_chf"]
    unserved = economic["energy_not_served_chf"]
    opex = economic["total_chf"] - flexibility - unserved
    return {"opex_chf": opex, "flexibility_revenue_chf": flexibility, "energy_not_served_chf": unserved}


def capex_deferred_chf_per_year(ours: Account, baseline: Account, facts: KpiFacts) -> float | None:
    """What a year's deferral of reinforcement is worth; None where the site states no annuity for it.

    That annuity times how much lower the month's import peak is than the baseline's: so much only if no other month has the
    year's peak.
    """
    if facts.reinforcement_chf_per_kw_year is None:
        return None
    return (baseline.peak_kw - ours.peak_kw) * facts.reinforcement_chf_per_kw_year


def operator_view(account: Account, facts: KpiFacts) -> dict[str, float]:
    """For the grid operator alone: losses at the market's price, the upstream peak charge, payments for flexibility."""
    economic = figures(account, facts)["economic"]
    view = {
        "losses_chf": account.losses_chf,
        "peak_chf": economic["peak_chf"],
        "payments_chf": economic["flexibility_chf"] + economic["curtailment_chf"],
    }
    return {**view, "total_chf": sum(view.values())}

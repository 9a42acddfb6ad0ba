"""What devices do by themselves: the 'do nothing' of the figures, and what every move is measured against."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

CUSTOMER_BATTERY_MWH = 0.010
"""A home battery's usual size per household, and 1 kWh of it per kWp on the roof: the rule of thumb by which a battery's
own meter, which nobody reads here, is drawn from its zone's average."""


def charge_on_arrival(
    *, available_mw: np.ndarray, required_mwh: float, efficiency: float, hours: tuple[float, ...]
) -> np.ndarray:
    """A car's power when it charges at once with all it can until it is full [MW], dims (step,).

    Args:
        available_mw: charger's power while the car is plugged in, dims (step,).
    """
    power, missing = np.zeros(len(hours)), required_mwh
    for k, hour in enumerate(hours):
        power[k] = min(available_mw[k], max(missing, 0.0) / (efficiency * hour))
        missing -= power[k] * efficiency * hour
    return power


def local_net_mw(
    *,
    load_p_mw: np.ndarray,
    pv_p_mw: np.ndarray,
    customers: float,
    pv_kwp: float,
    e_max_mwh: float,
    behind: Mapping[str, float] | None,
) -> np.ndarray:
    """Consumption less generation at a battery's own meter, drawn from its zone's average [MW], dims (step,).

    Args:
        load_p_mw, pv_p_mw, customers, pv_kwp: of the zone.
        behind: ``load_share`` and ``pv_kwp`` at the meter. Where nobody declared them, the battery serves ``e_max / 10 kWh``
            average customers with 1 kWp of the zone's sun per kWh of battery; a zone without customers leaves it idle.
    """
    if behind is not None:
        share, kwp = float(behind["load_share"]), float(behind["pv_kwp"])
    else:
        share, kwp = (
            e_max_mwh / CUSTOMER_BATTERY_MWH / customers if customers else 0.0,
            1000.0 * e_max_mwh if customers else 0.0,
        )
    return share * load_p_mw - (kwp / pv_kwp * pv_p_mw if pv_kwp else 0.0)


def self_consumption(
    *,
    net_p_mw: np.ndarray,
    e0_mwh: float,
    e_max_mwh: float,
    charge_max_mw: np.ndarray,
    discharge_max_mw: np.ndarray,
    efficiency: float,
    hours: tuple[float, ...],
) -> np.ndarray:
    """A battery's power when it stores every surplus and covers every deficit behind its meter [MW], dims (step,).

    Args:
        net_p_mw: consumption less generation behind its meter, without it, dims (step,).
    """
    power, energy = np.zeros(len(hours)), e0_mwh
    for k, hour in enumerate(hours):
        room = max(e_max_mwh - energy, 0.0) / (efficiency * hour)
        stock = max(energy, 0.0) * efficiency / hour
        power[k] = np.clip(-net_p_mw[k], -min(discharge_max_mw[k], stock), min(charge_max_mw[k], room))
        energy += stored_mwh(power[k], efficiency, hour)
    return power


def stored_mwh(p_mw: float, efficiency: float, hours: float) -> float:
    """Energy that reaches the cells (negative: leaves them) at a grid-side power held for ``hours``."""
    return hours * (p_mw * efficiency if p_mw > 0 else p_mw / efficiency)

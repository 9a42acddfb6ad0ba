"""pandapower's controllers as descriptions: what maps exactly is native, everything else is named with its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.domain.controls import Controls, Curve, InverterControl, TapControl
from twin.domain.problems import Problems

_PROFILES = {(table, column) for table in ("load", "sgen", "storage") for column in ("p_mw", "q_mvar")}


@dataclass(frozen=True)
class ReadControls:
    """What a net's controllers are.

    Attributes:
        controls: the descriptions; empty where ``others`` is not, for controllers act on each other.
        others: "DmrControl 3: no native counterpart", one per controller that only pandapower can serve (run_control=True).
    """

    controls: Controls
    others: tuple[str, ...]


class _Unlike(Exception):
    """A controller without an exact counterpart; the message says why."""


def controls_of(net: Any) -> ReadControls:
    """The controllers in service of ``net.controller``.

    Native are: `DiscreteTapControl` of two-winding transformers; `DERController` of sgens without profile or area of its own
    (Q(U), cos phi(P), constant cos phi or Q; an apparent power limit that keeps p_mw); `CharacteristicControl` from a bus
    voltage to the ``q_mvar`` of an sgen there, along a piecewise linear characteristic. A `ConstControl` that plays a profile
    into a column of ``injections`` controls nothing and is left to them. A DERController raises negative active power to 0;
    natively an inverter that draws keeps its power.

    Levels: pandapower settles one level of controllers after the other and does not come back, so controls must share one;
    and in one level its taps move while its inverters are still on their way, which no fixed point describes, so tap
    changers beside inverters go to pandapower. Write both as `Controls` to let inverters settle between moves of a tap.
    """
    inverters: list[InverterControl] = []
    taps: list[TapControl] = []
    others: list[str] = []
    levels: set[str] = set()
    frame = net.get("controller")
    rows = [] if frame is None or frame.empty else frame[frame["in_service"].astype(bool)].itertuples()
    readers = _readers()
    for row in rows:
        controller = row.object
        name = f"{type(controller).__name__} {row.Index}"
        if name.startswith("ConstControl ") and (controller.element, controller.variable) in _PROFILES:
            continue
        reader = readers.get(type(controller))
        try:
            if reader is None:
                raise _Unlike("no native counterpart")
            for found in reader(net, controller):
                (taps if isinstance(found, TapControl) else inverters).append(found)
            levels.add(str(row.level))
        except _Unlike as why:
            others.append(f"{name}: {why}")
    if len(levels) > 1:
        others.append(f"controllers in levels {', '.join(sorted(levels))}: one level is settled after the other")
    if taps and inverters:
        others.append("tap changers beside inverters: pandapower moves taps while inverters are on their way")
    controls = Controls(tuple(inverters), tuple(taps))
    problems = Problems()
    controls.check(problems)
    others.extend(map(str, problems))
    return ReadControls(Controls() if others else controls, tuple(others))


def _readers() -> dict[type, Callable[[Any, Any], list[Any]]]:
    """By exact type: a subclass may do anything else."""
    from pandapower.control import CharacteristicControl, DiscreteTapControl
    from pandapower.control.controller.DERController import DERController

    return {DiscreteTapControl: _taps, DERController: _der, CharacteristicControl: _characteristic}


def _taps(net: Any, controller: Any) -> list[TapControl]:
    if controller.element != "trafo":
        raise _Unlike(f"controls a {controller.element}")
    index = np.atleast_1d(controller.element_index)
    band = [np.broadcast_to(np.asarray(v, dtype=float), index.shape) for v in (controller.vm_lower_pu, controller.vm_upper_pu)]
    known = index[np.isin(index, net["trafo"].index)]
    if len(known) < len(index):
        raise _Unlike("controls a transformer that the net does not have")
    return [
        TapControl(trafo=int(trafo), side=controller.side, vm_lower_pu=float(low), vm_upper_pu=float(high))
        for trafo, low, high in zip(index, *band, strict=True)
    ]


def _der(_net: Any, controller: Any) -> list[InverterControl]:
    if controller.element != "sgen":
        raise _Unlike(f"controls a {controller.element}")
    if controller.data_source is not None:
        raise _Unlike("plays a profile of its own")
    if controller.pqv_area is not None:
        raise _Unlike(f"keeps within {type(controller.pqv_area).__name__}")
    sgen = [int(index) for index in controller.element_index]
    sn = controller.sn_mva.to_numpy(dtype=float)
    limit = np.broadcast_to(np.asarray(controller.saturate_sn_mva, dtype=float), sn.shape)
    limited = np.isfinite(limit)  # NaN is 'no limit'
    if limited.any() and controller.q_prio:
        raise _Unlike("lowers active power from where its last iteration left it: what it ends with depends on the way")
    q_of_vm, cos_phi_of_p = _q_model(controller.q_model)
    return [
        InverterControl(
            sgen=tuple(sgen[i] for i in of),
            sn_mva=tuple(sn[of].tolist()),
            q_of_vm=q_of_vm,
            cos_phi_of_p=cos_phi_of_p,
            s_max_mva=tuple(limit[of].tolist()) if limited[of[0]] else None,
            priority="p",
        )
        for of in (np.flatnonzero(limited), np.flatnonzero(~limited))
        if of.size
    ]


def _q_model(model: Any) -> tuple[Curve | None, Curve | None]:
    """Q(U) and cos phi(P) of a DERController's model of reactive power; a constant is a curve of one point."""
    from pandapower.control.controller.DERController import QModels as Q

    if model is None:
        return None, None
    kind = type(model)
    q_of_vm: dict[type, Callable[[], Curve]] = {
        Q.QModelQVCurve: lambda: _curve(model.qv_curve.vm_points_pu, model.qv_curve.q_points_pu),
        Q.QModelConstQ: lambda: _curve([1.0], np.unique(model.q_pu)),
        # it takes the figure itself for q_mvar / sn_mva
        Q.QModelCosphiSn: lambda: _curve([1.0], [model.cosphi]),
    }
    cos_phi_of_p: dict[type, Callable[[], Curve]] = {
        Q.QModelCosphiPCurve: lambda: _curve(model.cosphi_p_curve.p_points_pu, model.cosphi_p_curve.cosphi_points),
        Q.QModelCosphiPQ: lambda: _curve([0.0], [model.cosphi]),
        # its q_mvar / p_mw is sin phi and not tan phi: the power factor that it gives is another one
        Q.QModelCosphiP: lambda: _curve([0.0], [np.copysign(1.0 / np.hypot(1.0, model.q_setpoint_pu), model.q_setpoint_pu)]),
    }
    if kind in q_of_vm:
        return q_of_vm[kind](), None
    if kind in cos_phi_of_p:
        return None, cos_phi_of_p[kind]()
    raise _Unlike(f"{kind.__name__} has no native counterpart")


def _characteristic(net: Any, controller: Any) -> list[InverterControl]:
    from pandapower.control.util.characteristic import Characteristic

    path = (controller.input_element, controller.input_variable, controller.output_element, controller.output_variable)
    if path != ("res_bus", "vm_pu", "sgen", "q_mvar"):
        raise _Unlike(f"leads from {'.'.join(path[:2])} to {'.'.join(path[2:])}")
    sgen = np.atleast_1d(controller.output_element_index)
    if (net["sgen"]["bus"].loc[sgen].to_numpy() != np.atleast_1d(controller.input_element_index)).any():
        raise _Unlike("reads another bus than the sgen's own")
    characteristic = net["characteristic"]["object"].at[controller.characteristic_index]
    if type(characteristic) is not Characteristic:
        raise _Unlike(f"follows a {type(characteristic).__name__}")
    curve = _curve(characteristic.x_vals, characteristic.y_vals)
    # its outputs are Mvar, so the rating that turns shares into Mvar is 1
    return [InverterControl(sgen=tuple(int(i) for i in sgen), sn_mva=(1.0,) * len(sgen), q_of_vm=curve)]


def _curve(x: Any, y: Any) -> Curve:
    return Curve(tuple(float(v) for v in x), tuple(float(v) for v in y))

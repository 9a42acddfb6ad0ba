"""A small grid as CGMES text, profile by profile, and the same grid built by hand in pandapower.

110 kV bus N1 with the grid above, a 25 MVA transformer with a tap changer two steps up to the 20 kV bus N2, a line of 5 km to
N3 (a load, a solar plant) and, behind a breaker at N3, N4 with a capacitor and a load. A bus-branch model: a bus is a
topological node.
"""

import pandapower as pp

CIM = {"2.4.15": "http://iec.ch/TC57/2013/CIM-schema-cim16#", "3.0": "http://iec.ch/TC57/CIM100#"}
_OLD, _NEW = "http://entsoe.eu/CIM/{}/3/1", "http://iec.ch/TC57/ns/CIM/{}-EU/3.0"
_URI = {
    "2.4.15": {"EQ": _OLD.format("EquipmentCore"), "SSH": _OLD.format("SteadyStateHypothesis"), "TP": _OLD.format("Topology"),
               "SV": _OLD.format("StateVariables")},
    "3.0": {"EQ": _NEW.format("CoreEquipment"), "SSH": _NEW.format("SteadyStateHypothesis"), "TP": _NEW.format("Topology"),
            "SV": _NEW.format("StateVariables")},
}  # fmt: skip
_SWITCHED = {
    "_NET": "ExternalNetworkInjection", "_TR": "PowerTransformer", "_L23": "ACLineSegment", "_SW34": "Breaker",
    "_LOAD3": "EnergyConsumer", "_LOAD4": "EnergyConsumer", "_SUN3": "EnergySource", "_CAP4": "LinearShuntCompensator",
}  # fmt: skip
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cim="{cim}" '
    'xmlns:md="http://iec.ch/TC57/61970-552/ModelDescription/1#">\n'
    '<md:FullModel rdf:about="urn:uuid:{profile}"><md:Model.profile>{uri}</md:Model.profile>'
    "</md:FullModel>\n"
)
R_OHM, X_OHM, B_S = 1.0, 1.9, 260e-6  # the line, whole
U1_KV, U2_KV, S_MVA, RT_OHM, XT_OHM, STEP_PERCENT, STEP = 110.0, 20.0, 25.0, 2.4, 58.0, 1.5, 2


def _text(tag, value):
    return f"<cim:{tag}>{value}</cim:{tag}>"


def _ref(tag, target):
    return f'<cim:{tag} rdf:resource="#{target}"/>'


def _new(kind, identity, *parts, name=None):
    return f'<cim:{kind} rdf:ID="{identity}">{_text("IdentifiedObject.name", name or identity)}{"".join(parts)}</cim:{kind}>'


def _about(kind, identity, *parts):
    return f'<cim:{kind} rdf:about="#{identity}">{"".join(parts)}</cim:{kind}>'


def _terminals(equipment, *nodes):
    """EQ, SSH and TP texts of an equipment's terminals."""
    eq, ssh, tp = [], [], []
    for number, node in enumerate(nodes, start=1):
        identity = f"{equipment}_T{number}"
        connects = _ref("Terminal.ConductingEquipment", equipment)
        eq.append(_new("Terminal", identity, connects, _text("ACDCTerminal.sequenceNumber", number)))
        ssh.append(_about("Terminal", identity, _text("ACDCTerminal.connected", "true")))
        tp.append(_about("Terminal", identity, _ref("Terminal.TopologicalNode", node)))
    return eq, ssh, tp


def _end(number, bus_kv, r_ohm, x_ohm):
    tag = "PowerTransformerEnd"
    return _new(
        tag, f"_TR_E{number}", _ref(f"{tag}.PowerTransformer", "_TR"), _ref("TransformerEnd.Terminal", f"_TR_T{number}"),
        _text("TransformerEnd.endNumber", number), _text(f"{tag}.ratedU", bus_kv), _text(f"{tag}.ratedS", S_MVA),
        _text(f"{tag}.r", r_ohm), _text(f"{tag}.x", x_ohm), _text(f"{tag}.b", 0.0), _text(f"{tag}.g", 0.0),
        _text(f"{tag}.phaseAngleClock", 0),
    )  # fmt: skip


def profiles(*, extra_eq="", version="2.4.15", out=()):
    """Profile -> its XML text; ``extra_eq`` is put at the end of EQ, equipment in ``out`` is out of service (3.0 alone)."""
    eq, ssh, tp = _equipment(CIM[version])
    if version == "3.0":  # service and limits moved to SSH
        states = {equipment: "false" if equipment in out else "true" for equipment in _SWITCHED}
        ssh = [text for text in ssh if not any(f'"#{equipment}"' in text for equipment in states)] + [
            text.replace(f'"#{equipment}">', f'"#{equipment}">{_text("Equipment.inService", state)}')
            for equipment, state in states.items()
            for text in [next((t for t in ssh if f'"#{equipment}"' in t), _about(_SWITCHED[equipment], equipment))]
        ]
        ssh.append(_about("CurrentLimit", "_LIMI", _text("CurrentLimit.value", 300.0)))
    for equipment, nodes in {
        "_NET": ("_N1",), "_TR": ("_N1", "_N2"), "_L23": ("_N2", "_N3"), "_SW34": ("_N3", "_N4"),
        "_LOAD3": ("_N3",), "_LOAD4": ("_N4",), "_SUN3": ("_N3",), "_CAP4": ("_N4",), "_BB2": ("_N2",),
    }.items():  # fmt: skip
        for whole, part in zip((eq, ssh, tp), _terminals(equipment, *nodes), strict=True):
            whole.extend(part)
    for node, level in (("_N1", "_BV110"), ("_N2", "_BV20"), ("_N3", "_BV20"), ("_N4", "_BV20")):
        tp.append(_new("TopologicalNode", node, _ref("TopologicalNode.BaseVoltage", level)))
    volts = (_text("SvVoltage.v", 112.2), _text("SvVoltage.angle", 0.0), _ref("SvVoltage.TopologicalNode", "_N1"))
    sv = [f'<cim:SvVoltage rdf:ID="_SV1">{"".join(volts)}</cim:SvVoltage>']
    texts = {"EQ": [*eq, extra_eq], "SSH": ssh, "TP": tp, "SV": sv}
    return {
        profile: _HEAD.format(profile=profile, uri=_URI[version][profile], cim=CIM[version])
        + "\n".join(parts)
        + "\n</rdf:RDF>\n"
        for profile, parts in texts.items()
    }


def _equipment(cim):
    eq = [
        _new("BaseVoltage", "_BV110", _text("BaseVoltage.nominalVoltage", U1_KV)),
        _new("BaseVoltage", "_BV20", _text("BaseVoltage.nominalVoltage", U2_KV)),
        _new("BusbarSection", "_BB2"),
        _new("RegulatingControl", "_RC", _ref("RegulatingControl.Terminal", "_NET_T1"),
             f'<cim:RegulatingControl.mode rdf:resource="{cim}RegulatingControlModeKind.voltage"/>'),
        _new("ExternalNetworkInjection", "_NET", _ref("RegulatingCondEq.RegulatingControl", "_RC")),
        _new("PowerTransformer", "_TR", name="main"),
        _end(1, U1_KV, RT_OHM, XT_OHM),
        _end(2, U2_KV, 0.0, 0.0),
        _new("RatioTapChanger", "_TAP", _ref("RatioTapChanger.TransformerEnd", "_TR_E1"),
             _text("TapChanger.neutralStep", 0), _text("TapChanger.lowStep", -9), _text("TapChanger.highStep", 9),
             _text("RatioTapChanger.stepVoltageIncrement", STEP_PERCENT)),
        _new("ACLineSegment", "_L23", _text("Conductor.length", 5.0), _text("ACLineSegment.r", R_OHM),
             _text("ACLineSegment.x", X_OHM), _text("ACLineSegment.bch", B_S), _text("ACLineSegment.gch", 0.0)),
        _new("OperationalLimitSet", "_LIM", _ref("OperationalLimitSet.Terminal", "_L23_T1")),
        _new("CurrentLimit", "_LIMI", _ref("OperationalLimit.OperationalLimitSet", "_LIM"), _text("CurrentLimit.value", 300.0)),
        _new("Breaker", "_SW34"),
        _new("EnergyConsumer", "_LOAD3"),
        _new("EnergyConsumer", "_LOAD4"),
        _new("EnergySchedulingType", "_PVTYPE", name="PV"),
        _new("EnergySource", "_SUN3", _ref("EnergySource.EnergySchedulingType", "_PVTYPE")),
        _new("LinearShuntCompensator", "_CAP4", _text("ShuntCompensator.nomU", U2_KV),
             _text("LinearShuntCompensator.gPerSection", 0.0), _text("LinearShuntCompensator.bPerSection", 0.0025),
             _text("ShuntCompensator.maximumSections", 1), _text("ShuntCompensator.normalSections", 1)),
    ]  # fmt: skip
    ssh = [
        _about("RegulatingControl", "_RC", _text("RegulatingControl.enabled", "true"),
               _text("RegulatingControl.discrete", "false"), _text("RegulatingControl.targetValue", 112.2)),
        _about("ExternalNetworkInjection", "_NET", _text("ExternalNetworkInjection.p", 0.0),
               _text("ExternalNetworkInjection.q", 0.0), _text("ExternalNetworkInjection.referencePriority", 1),
               _text("RegulatingCondEq.controlEnabled", "true")),
        _about("RatioTapChanger", "_TAP", _text("TapChanger.step", STEP), _text("TapChanger.controlEnabled", "false")),
        _about("Breaker", "_SW34", _text("Switch.open", "false")),
        _about("EnergyConsumer", "_LOAD3", _text("EnergyConsumer.p", 6.0), _text("EnergyConsumer.q", 2.0)),
        _about("EnergyConsumer", "_LOAD4", _text("EnergyConsumer.p", 3.0), _text("EnergyConsumer.q", 1.0)),
        _about("EnergySource", "_SUN3", _text("EnergySource.activePower", -2.5), _text("EnergySource.reactivePower", 0.0)),
        _about("LinearShuntCompensator", "_CAP4", _text("ShuntCompensator.sections", 1),
               _text("RegulatingCondEq.controlEnabled", "false")),
    ]  # fmt: skip
    return eq, ssh, []


def by_hand():
    """The same grid in pandapower's own words."""
    net = pp.create_empty_network()
    n1 = pp.create_bus(net, vn_kv=U1_KV)
    n2, n3, n4 = (pp.create_bus(net, vn_kv=U2_KV) for _ in range(3))
    pp.create_ext_grid(net, n1, vm_pu=112.2 / U1_KV)
    percent = 100.0 * S_MVA / U1_KV**2
    pp.create_transformer_from_parameters(
        net, n1, n2, sn_mva=S_MVA, vn_hv_kv=U1_KV, vn_lv_kv=U2_KV, vkr_percent=RT_OHM * percent,
        vk_percent=(RT_OHM**2 + XT_OHM**2) ** 0.5 * percent, pfe_kw=0.0, i0_percent=0.0, tap_side="hv", tap_neutral=0,
        tap_min=-9, tap_max=9, tap_step_percent=STEP_PERCENT, tap_pos=STEP, tap_changer_type="Ratio",
    )  # fmt: skip
    c_nf_per_km = B_S / (2.0 * 3.141592653589793 * 50.0) * 1e9 / 5.0
    pp.create_line_from_parameters(net, n2, n3, 5.0, R_OHM / 5.0, X_OHM / 5.0, c_nf_per_km, max_i_ka=0.3)
    pp.create_switch(net, n3, n4, "b")
    pp.create_load(net, n3, p_mw=6.0, q_mvar=2.0)
    pp.create_load(net, n4, p_mw=3.0, q_mvar=1.0)
    pp.create_sgen(net, n3, p_mw=2.5)
    pp.create_shunt(net, n4, q_mvar=-0.0025 * U2_KV**2)
    return net

from datetime import UTC, datetime

import pytest

from twin.contracts.devices import Right
from twin.domain.problems import BadInput
from twin.site import load_site, site_path
from twin.site.site import jsonable


@pytest.fixture(scope="module")
def demo():
    return load_site("demo")


def changed(tmp_path, *replacements, name="own.toml"):
    text = site_path("demo").read_text(encoding="utf-8")
    for old, new in replacements:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(path):
    with pytest.raises(BadInput) as refused:
        load_site(path)
    return refused.value.problems


def test_demo_has_at_least_ten_box_instances(demo):
    assert len(demo.boxes) >= 10


def test_devices_give_the_rights_that_clear_the_winter_evenings(demo):
    # DEMO_TOWN.md: 8 of 24 home batteries and 30 of 72 cars have contracts; the community battery is the utility's own
    with_right = [device for device in demo.devices if device.dispatchable]
    assert len(demo.devices) == 102
    assert sum(d.group == "home_batteries" and d.right_of_use.right is Right.CONTRACT for d in with_right) == 8
    assert sum(d.group == "cars" and d.right_of_use.right is Right.CONTRACT for d in with_right) == 30
    assert [d.id for d in with_right if d.right_of_use.right is Right.OWN] == ["battery_community"]


def test_every_curtailable_roof_of_the_demo_has_its_guarantee(demo):
    roofs = {d.id: d.guaranteed_mwh for d in demo.devices if d.kind == "pv_plant"}
    assert roofs == pytest.approx({"pv_school": 2.115, "pv_163": 0.873, "pv_164": 0.582, "pv_146": 0.288})


def test_a_ripple_group_is_one_device_over_all_its_loads(demo):
    (group,) = (device for device in demo.devices if device.kind == "heat_pumps")
    assert group.p_max_mw == pytest.approx(0.001 * 1.2 * (56 * 3.0 + 6 * 9.0))
    assert dict(group.places) == pytest.approx({p.load: p.kw / 222.0 for p in demo.plant.heat_pumps})


def test_a_ripple_group_over_a_load_without_heat_pump_is_refused(tmp_path):
    (fault,) = faults_of(
        changed(tmp_path, ("loads = [                  # those of [plant], in its order\n    236,", "loads = [ 141,"))
    )
    assert (fault.value, "heat_pumps" in fault.place) == ("load 141", True)


def test_device_powers_of_kw_become_mw(demo):
    battery = next(device for device in demo.devices if device.id == "battery_458")
    assert (battery.p_min_mw, battery.p_max_mw, battery.e_max_mwh) == (-0.005, 0.005, 0.010)
    car = next(device for device in demo.devices if device.id == "ev_220")
    assert (car.p_min_mw, car.p_max_mw) == (0.0, 0.011)


def test_every_channel_a_zone_reads_is_telemetered(demo):
    used = {term.channel for zone in demo.zones for term in zone.boundary}
    used |= {name for zone in demo.zones for name in (*zone.hydro, *zone.storage)}
    used |= {reference.channel for zone in demo.zones for reference in zone.pv_references}
    assert used <= set(demo.channel_index)


def test_only_devices_with_a_right_have_columns(demo):
    assert set(demo.layout().elements("device_p_mw")) == {device.id for device in demo.dispatchable}


def test_a_roof_has_no_balance_of_its_own(demo):
    assert "school_roof" not in demo.layout().elements("zone_load_p_mw")
    assert "school_roof" in demo.layout().elements("zone_pv_p_mw")


def test_context_holds_plain_values_that_travel_to_a_process(demo):
    import json

    context = demo.context("load_town", b"grid")
    assert json.loads(json.dumps([context.zones, context.trafos, context.tariff, context.bands]))
    assert context.zones["neighbourhood"]["customers"] == 112
    assert context.trafos["neighbourhood"]["sn_mva"] == 0.4


def test_unknown_key_names_line_and_the_key_that_was_meant(tmp_path):
    path = changed(tmp_path, ("deadline_s = 10.0", "deadline = 10.0"))
    (fault,) = faults_of(path)
    line = path.read_text().splitlines().index("deadline = 10.0") + 1
    assert f"own.toml:{line}" in fault.place
    assert fault.remedy == "did you mean 'deadline_s'?"


def test_all_faults_of_keys_and_values_come_together(tmp_path):
    path = changed(
        tmp_path,
        ("latitude = 53.647", "latitude = 153.647"),
        ("e_kwh = 10.0", "e_mwh = 10.0"),
        ('cooling = "ONAN"', 'cooling = "OIL"'),
    )
    faults = "\n".join(map(str, faults_of(path)))
    assert "latitude: 153.647; expected at most 90" in faults
    assert "unknown key 'e_mwh'" in faults
    assert "expected one of 'ONAN', 'ONAF', 'OFAN', 'OFAF', 'ODAN' or 'ODAF'" in faults
    assert 'devices[1] "home_batteries"' in faults  # the entry is named, not only counted


def test_broken_toml_names_its_line(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text("[site\nname = 'x'\n")
    (fault,) = faults_of(path)
    assert "line 1" in fault.value


def test_missing_file_names_the_packaged_sites():
    with pytest.raises(BadInput, match="known: demo"):
        load_site("nowhere")


def test_nan_and_infinity_are_no_figures(tmp_path):
    path = changed(tmp_path, ("peak_chf_per_kw_month = 6.5", "peak_chf_per_kw_month = nan"))
    assert any("finite" in fault.limit for fault in faults_of(path))


def test_events_carry_an_instant(tmp_path):
    event = '[[plant.events]]\nat = 2016-01-27T17:45:00Z\nkind = "outage"\nelement = "line.66"\n\n[[boxes]]'
    site = load_site(changed(tmp_path, ("[[boxes]]", event)))
    assert site.plant.events[0].at == datetime(2016, 1, 27, 17, 45, tzinfo=UTC)


def test_q_of_u_whose_corners_do_not_ascend_is_refused_with_its_line(tmp_path):
    for curve in ("[1.08, 1.05, 0.96, 0.92]", "[0.92, 0.96, 1.08, 1.08]"):
        (fault,) = faults_of(changed(tmp_path, ("q_v_pu = [0.92, 0.96, 1.05, 1.08]", f"q_v_pu = {curve}")))
        assert "grid overlay pv q_v_pu" in fault.place
        assert fault.value == curve
        assert "four ascending voltages" in fault.limit


@pytest.mark.parametrize("minutes", [0, 15, 45, 70, 105, 2880])
def test_public_figures_finer_than_an_hour_or_across_midnight_are_refused(tmp_path, minutes):
    (fault,) = faults_of(changed(tmp_path, ("resolution_minutes = 60", f"resolution_minutes = {minutes}")))
    assert "public resolution_minutes" in fault.place
    assert "one customer can dominate" in fault.limit


def test_a_key_that_nothing_reads_is_no_key(tmp_path):
    (fault,) = faults_of(changed(tmp_path, ("[site.title]", '[[site.disclaimers]]\nen = "x"\n\n[site.title]')))
    assert "unknown key 'disclaimers'" in fault.value


def test_parameters_of_a_type_test_bear_the_names_of_the_thermal_model():
    from dataclasses import fields

    from twin.boxes.maintenance.thermal.iec60076 import ThermalParameters
    from twin.site.trafo import Thermal

    assert set(Thermal.model_fields) == {field.name for field in fields(ThermalParameters)}


def test_a_type_test_replaces_only_what_it_states(tmp_path):
    thermal = "index = 2\nthermal = { top_oil_rise_k = 48.0 }"
    facts = load_site(changed(tmp_path, ("index = 2", thermal))).context("x", b"").trafos["neighbourhood"]
    assert facts["top_oil_rise_k"] == 48.0
    assert "hot_spot_gradient_k" not in facts


def test_a_device_is_measured_up_to_a_fifth_beyond_its_own_limits(demo):
    channels = {channel.name: channel for channel in demo.channels}
    battery = channels["device.battery_458.p_mw"]
    assert (battery.minimum, battery.maximum) == pytest.approx((-0.006, 0.006))
    car = channels["device.ev_220.p_mw"]
    assert (car.minimum, car.maximum) == pytest.approx((-0.0022, 0.0132))


_BY_MAIL = ('who = "Shift lead"\n', 'who = "Shift lead"\nmail = "lead@town.ch"\n')
_SERVER = '[mail]\nhost = "mail.town.ch"\nport = 587\nsender = "regie@town.ch"\nrecipients = ["duty@town.ch"]\n\n[public]\n'


def test_somebody_on_call_with_an_address_needs_a_server_and_a_language(tmp_path):
    faults = faults_of(changed(tmp_path, _BY_MAIL))
    assert {fault.limit for fault in faults} == {"[mail] beside it", "de, fr, it or en, beside mail"}
    assert all("roster" in fault.place for fault in faults)


def test_who_is_written_to_makes_no_other_run(demo, tmp_path):
    person = (_BY_MAIL[0], f'{_BY_MAIL[1]}language = "fr"\n')
    other = load_site(changed(tmp_path, person, ("[public]\n", _SERVER)))
    assert other.roster[0].mail == "lead@town.ch"
    assert jsonable(other) == jsonable(demo)

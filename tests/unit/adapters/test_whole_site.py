"""The whole check: boxes are made from their configuration, so that what a run refuses is named before it."""

from twin.check import check_whole_site
from twin.site import site_path


def faults(path):
    return [str(problem) for problem in check_whole_site(path)[1]]


def changed(tmp_path, *replacements):
    text = site_path("demo").read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_demo_is_whole(demo):
    assert faults("demo") == []


def test_faults_of_boxes_come_together_with_those_of_the_file(demo, tmp_path):
    path = changed(
        tmp_path,
        ('config = { trafo = "main_1" }', 'config = { trafo = "mian_1", bogus = 3 }'),
        ('engine = "champion"', 'engine = "proffet"'),
        ("k = 15", "k = 5"),
    )
    found = faults(path)
    for part in ('boxes[6] "transformer_main_1"', "'mian_1'", "'bogus'", "'proffet'", "privacy k: 5"):
        assert any(part in fault for fault in found), (part, found)
    assert len(found) == 4


def test_a_box_off_the_list_is_reported_once_and_never_made(demo, tmp_path):
    (fault,) = faults(changed(tmp_path, ('use = "tariff"', 'use = "no_such_module:Box"')))
    assert "one of boxes_allowed" in fault


EVENT = """[[plant.events]]
at = {at}
kind = "{kind}"
element = "{element}"

[[boxes]]"""


def test_what_the_simulated_plant_cannot_play_is_named_with_its_line(demo, tmp_path):
    path = changed(
        tmp_path,
        ("[[boxes]]", EVENT.format(at="2016-01-27T17:45:00", kind="outage", element="line.66")),
        ("[[boxes]]", EVENT.format(at="2016-01-27T17:45:00Z", kind="outage", element="lien.66")),
        ("[[boxes]]", EVENT.format(at="2016-01-27T17:45:00Z", kind="refuse", element="device.battery_999")),
        ('quantities = ["top_oil_c"]\nelements = [0, 1, 2]', 'quantities = ["top_oil_c"]\nelements = [0, 1, 2, 3]'),
    )
    found = faults(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    events = [number for number, line in enumerate(lines, start=1) if line == "[[plant.events]]"]
    for event, part in zip(
        events, ("a moment with its offset", "expected one of line, trafo", "a device of the site"), strict=True
    ):
        assert any(f"own.toml:{event} plant events" in fault and part in fault for fault in found), (part, found)
    assert any("channel trafo.3.top_oil_c" in fault and "an element of the simulated site" in fault for fault in found), found
    assert len(found) == 4


def test_a_heat_pump_at_no_load_hides_nothing_else(demo, tmp_path):
    found = faults(changed(tmp_path, ("{ load = 236, kw", "{ load = 9236, kw"), ("k = 15", "k = 5")))
    assert len(found) == 3
    assert any("load 9236; expected a load of the grid" in fault for fault in found)
    assert any("load 236; expected loads with a heat pump in [plant]" in fault for fault in found)
    assert any("privacy k: 5" in fault for fault in found)


def test_devices_stand_in_the_smallest_zone_that_holds_them(demo, tmp_path):
    path = changed(tmp_path, ('kind = "battery"\nzone = "town"', 'kind = "battery"\nzone = "neighbourhood"'))
    (fault,) = faults(path)
    assert "community_battery" in fault
    assert "'neighbourhood' for bus 110; expected 'town', which holds it" in fault
    path = changed(tmp_path, ('kind = "ev_charger"\nzone = "neighbourhood"', 'kind = "ev_charger"\nzone = "town"'))
    (fault,) = faults(path)
    assert "'town' for load 172, 220," in fault
    assert "expected 'neighbourhood'" in fault


REHEARSED = """
[[telemetry.silences]]
at = 2016-01-25T17:00:00Z
until = 2016-01-25T18:00:00Z
channels = ["line.*", "lien.*", "trafo.0.in_service"]

[[plant.world]]
at = 2016-01-25T17:00:00Z
until = 2016-01-25T18:00:00Z
quantity = "temp_c"
add = -8.0
zones = ["town"]

[[plant.world]]
at = 2016-01-25T17:00:00Z
until = 2016-01-25T18:00:00Z
quantity = "load"
add = 2.0
path = [1.0, 1.1, 1.2, 1.3, 1.4]
zones = ["twon", "school_roof"]

[[box_outages]]
at = 2016-01-25T17:00:00Z
until = 2016-01-25T18:00:00Z
box = "lode"

[[orders.manual]]
at = 2016-01-25T17:00:00Z
until = 2016-01-25T18:00:00Z

[[boxes]]"""


def test_every_fault_of_a_rehearsal_is_named_with_its_line_and_remedy(demo, tmp_path):
    path = changed(tmp_path, ("\n[[boxes]]", REHEARSED))
    found = faults(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    expected = {
        "'lien.*'": 'channels = ["line.*"',
        "zones: town of temp_c": 'zones = ["town"]',
        "2 to load": "add = 2.0",
        "5 factors": "path = [1.0",
        "'twon'": 'zones = ["twon"',
        "school_roof": 'zones = ["twon"',
        "'lode'": 'box = "lode"',
    }
    for value, written in expected.items():
        number = next(i for i, line in enumerate(lines, start=1) if line.startswith(written))
        assert any(f"own.toml:{number} " in fault and value in fault for fault in found), (value, found)
    assert len(found) == len(expected)


def test_a_span_that_ends_before_it_begins_is_refused(demo, tmp_path):
    backwards = REHEARSED.replace("until = 2016-01-25T18:00:00Z\nbox", "until = 2016-01-25T16:00:00Z\nbox")
    assert any(
        "box_outages" in f and "expected a moment after at" in f for f in faults(changed(tmp_path, ("\n[[boxes]]", backwards)))
    )

"""One repair, one check: a fault of one layer hides none of another."""

import pandapower as pp
import pytest

from twin.check import check_whole_site


def faults(path):
    return "\n".join(str(problem) for problem in check_whole_site(path)[1])


def test_faults_of_keys_names_and_grid_come_together(small):
    path = small(
        ("seed = 1", "seed = 1\nsede = 2"), ("elements = [0]", "elements = [0, 7]"), ("customers = 40", "customers = 0")
    )
    found = faults(path)
    for part in ("did you mean 'seed'?", "trafo 7", "customers"):
        assert part in found


def test_a_table_that_cannot_be_read_hides_no_fault_of_the_others(small):
    found = faults(
        small(
            ("latitude = 47.4", "latitude = 147"),
            ("[[boxes]]", '[[boxes]]\nname = "load_town"\nuse = "load"\n\n[[boxes]]'),
            ('file = "grid.json"', 'file = "gird.json"'),
            ("customers = 40", "customers = 0"),
            ("high_hours = [7, 20]", "high_hours = [20, 7]"),
        )
    )
    for part in (
        "latitude: 147; expected at most 90",
        "'load_town' 2 times",
        "gird.json: no such file",
        "customers: 0",
        "[20, 7]",
    ):
        assert part in found, (part, found)


def test_a_grid_in_two_troubles_hides_neither_a_zone_nor_a_box(small):
    def spoil(net):
        pp.create_bus(net, vn_kv=0.4)
        net.load["p_mw"] = 50.0

    found = faults(
        small(
            ("holds = { everything = true }", "holds = { behind_trafo = 9 }"),
            ('engine = "day_type"', 'engine = "oracle"'),
            change=spoil,
        )
    )
    for part in ("no supply at bus 3", "no solution", "trafo 9", "'oracle'"):
        assert part in found, (part, found)


SPOILED = {
    "site": ("latitude = 47.4", "latitude = 147"),
    "grid": ('source = "pandapower"', 'source = "panda"'),
    "telemetry": ('source = "csv"', 'source = "tape"'),
    "zones": ('kind = "site"', 'kind = "country"'),
    "trafos": ("[tariff]", "[[trafos]]\nindex = -1\n\n[tariff]"),
    "devices": ("[tariff]", "[[devices]]\np_kw = -5\n\n[tariff]"),
    "tariff": ("peak_chf_per_kw_month = 6.0", "peak_chf_per_kw_month = -6.0"),
    "bands": ("vm_min_pu = 0.94", "vm_min_pu = 94.0"),
    "kpi": ("co2_year = 2014", 'co2_year = "last"'),
    "privacy": ("[kpi]", '[privacy]\nk = "few"\n\n[kpi]'),
    "orders": ("[kpi]", '[orders]\nwrite = "maybe"\n\n[kpi]'),
    "public": ("[kpi]", "[public]\nzone = 3\n\n[kpi]"),
    "plant": ("[kpi]", "[plant]\nhouseholds = -1\n\n[kpi]"),
    "boxes": ('name = "load_town"', 'name = "Load"'),
}


@pytest.mark.parametrize("table", SPOILED)
def test_whichever_table_cannot_be_read_only_its_own_faults_are_named(small, table):
    site, problems = check_whole_site(small(SPOILED[table]))
    assert site is None
    assert problems
    assert all(f" {table}" in problem.place for problem in problems), problems


def test_what_an_unread_table_would_have_said_is_not_taken_for_its_default(small):
    """A simulated site whose plant cannot be read has a plant."""
    found = faults(
        small(
            ('source = "csv"', 'source = "plant"'),
            ("[kpi]", "[plant]\nhouseholds = -1\n\n[kpi]"),
        )
    )
    assert "households: -1; expected at least 0" in found
    assert "a [plant] table" not in found


def test_a_rule_between_keys_is_looked_at_although_another_key_is_unknown(small):
    group = '[[devices]]\ngroup = "b"\nid = "b"\nkind = "battery"\nzone = "town"\nloads = [0]\np_kw = 1\ne_kwh = 2\ncolour = 3'
    found = faults(small(("[tariff]", f"{group}\nefficiency = 0.9\nfeeds_in = true\n\n[tariff]")))
    assert "unknown key 'colour'" in found
    assert "lists its places in buses" in found


@pytest.mark.parametrize("name", ["small.toml", "grid.json"])
def test_a_file_in_another_encoding_is_named_with_its_byte(small, name):
    path = small()
    file = path.parent / name
    file.write_bytes(file.read_bytes().replace(b"{", b"{\n", 1) + "Zürich".encode("latin-1"))
    found = faults(path)
    assert f"{name}:" in found
    assert "byte 0xfc at" in found
    assert "save it as UTF-8" in found


def test_a_byte_order_mark_is_no_fault(small):
    path = small()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert faults(path) == ""


def test_a_file_that_cannot_be_read_is_a_fault_of_the_input():
    assert "/proc/self/mem: Input/output error; expected a file that can be read" in faults("/proc/self/mem")


def test_what_boxes_refuse_alike_is_one_fault_of_the_site(small):
    second = '[[boxes]]\nname = "again"\nuse = "load"\nconfig = { zone = "town", engine = "day_type" }\n\n[[boxes]]'
    (fault,) = faults(small(('country = "CH"', 'country = "ZZ"'), ("[[boxes]]", second))).splitlines()
    assert "'ZZ'" in fault
    assert "boxes[" not in fault

import math
from datetime import date

import pandapower as pp
import pytest

from twin.domain.problems import BadInput
from twin.maintenance.register.failures import read_failures
from twin.maintenance.register.fleet import TYPICAL_MVA, TYPICAL_OIL_L_PER_MVA, read_fleet
from twin.maintenance.register.on_grid import ElementFacts, facts_of

TODAY = date(2026, 6, 1)
ELEMENTS = {"trafo.2": ElementFacts(0.63, 10.0, math.nan), "line.5": ElementFacts(5.0, 10.0, 1.2)}
CLASSES = ("mv_lv_transformer", "mv_cable")


@pytest.fixture
def fleet(tmp_path):
    def read(text, **changes):
        path = tmp_path / "fleet.csv"
        path.write_text(text, encoding="utf-8")
        return read_fleet(path, **{"elements": ELEMENTS, "classes": CLASSES, "today": TODAY, **changes})

    return read


def test_every_fault_comes_with_its_row_and_every_asset_that_can_be_told_apart_is_kept(fleet):
    read = fleet(
        "asset,kind,element,installed_year,inspections\n"
        "a,mv_lv_transformer,trafo.2,2031,\n"
        "b,mv_lv_transformer,trafo.99,1980,\n"
        "c,windmill,,1990,\n"
        "a,mv_lv_transformer,,1990,\n"
        "d,mv_lv_transformer,,1990,2024-05-01:9\n"
        ",mv_cable,,1990,\n"
        "e,hydro_unit,,1990,\n"
    )
    assert [asset.asset for asset in read.assets] == ["a", "b", "d"]
    assert [problem.place for problem in read.problems] == [
        "fleet.csv row 2, installed_year",
        "fleet.csv row 3, element",
        "fleet.csv row 4, kind",
        "fleet.csv row 5, asset",
        "fleet.csv row 6, inspections",
        "fleet.csv row 7, asset",
        "fleet.csv row 8, kind",
    ]
    assert [(left.asset, left.row, left.code) for left in read.left] == [
        ("c", 4, "unknown_kind"),
        ("a", 5, "duplicate"),
        ("", 7, "no_id"),
        ("e", 8, "no_class"),
    ]


def test_an_age_in_the_future_counts_as_unknown(fleet):
    (asset,) = fleet("asset,kind,installed_year\na,mv_lv_transformer,2031\n").assets
    assert math.isnan(asset.age_years(2026))


def test_an_element_that_the_grid_does_not_have_is_named_and_its_asset_listed(fleet):
    read = fleet("asset,kind,element\na,mv_lv_transformer,trafo.99\n")
    assert (read.assets[0].element, read.assets[0].on_grid) == ("trafo.99", False)
    assert "'trafo.99'" in read.problems[0].value


def test_a_missing_rating_comes_from_the_grid_and_is_known_then(fleet):
    (asset,) = fleet("asset,kind,element\na,mv_lv_transformer,trafo.2\n").assets
    assert asset.rating_mva == 0.63
    assert "rating_mva" not in asset.typical


def test_a_rating_that_nobody_knows_is_typical_of_its_class_and_flagged(fleet):
    (asset,) = fleet("asset,kind\na,mv_lv_transformer\n").assets
    assert asset.rating_mva == TYPICAL_MVA["mv_lv_transformer"]
    assert asset.oil_l == TYPICAL_OIL_L_PER_MVA["mv_lv_transformer"] * asset.rating_mva
    assert set(asset.typical) == {"rating_mva", "oil_l"}


def test_a_file_with_semicolons_decimal_commas_and_its_own_headers_is_read(fleet):
    text = "Anlage;Art;Baujahr;PCB;Besuch\nT1;mv_lv_transformer;1980;12,5;17.05.2024\n"
    columns = {"asset": "Anlage", "kind": "Art", "installed_year": "Baujahr", "pcb_ppm": "PCB", "last_visit": "Besuch"}
    read = fleet(text, columns=columns)
    assert not read.problems
    assert (read.assets[0].pcb_ppm, read.assets[0].last_visit) == (12.5, date(2024, 5, 17))


def test_a_table_without_the_columns_that_tell_assets_apart_is_refused_with_all_that_is_missing(fleet):
    with pytest.raises(BadInput) as refused:
        fleet("name,year\na,1990\n", columns={"colour": "Farbe"})
    assert len(refused.value.problems) == 3  # asset, kind, and a mapping of a column that there is not


def test_inspections_come_the_oldest_first(fleet):
    (asset,) = fleet("asset,kind,inspections\na,mv_cable,2024-05-01:4|2019-03-02:2\n").assets
    assert [inspection.score for inspection in asset.inspections] == [2.0, 4.0]
    assert asset.latest.day == date(2024, 5, 1)


@pytest.mark.parametrize("text", ["abc", "-1", "1e9"])
def test_a_figure_out_of_its_range_is_named_with_it_and_counts_as_missing(fleet, text):
    read = fleet(f"asset,kind,pcb_ppm\na,mv_lv_transformer,{text}\n")
    assert math.isnan(read.assets[0].pcb_ppm)
    assert (read.problems[0].place, text in read.problems[0].value) == ("fleet.csv row 2, pcb_ppm", True)


def test_the_grid_knows_rating_voltage_and_length_of_its_elements():
    net = pp.create_empty_network()
    hv, lv = pp.create_bus(net, 10.0), pp.create_bus(net, 0.4)
    pp.create_transformer(net, hv, lv, std_type="0.4 MVA 10/0.4 kV")
    pp.create_line_from_parameters(net, hv, pp.create_bus(net, 10.0), 2.5, 0.1, 0.1, 0.0, max_i_ka=0.2)
    facts = facts_of(net)
    assert (facts["trafo.0"].rating_mva, facts["trafo.0"].vn_kv) == (0.4, 10.0)
    # sqrt(3) x 10 kV x 0.2 kA = 3.4641 MVA
    assert (round(facts["line.0"].rating_mva, 4), facts["line.0"].length_km) == (3.4641, 2.5)


def test_a_failure_before_its_assets_birth_and_one_of_nobody_are_named_and_left_out(fleet, tmp_path):
    assets = fleet("asset,kind,installed_year\na,mv_lv_transformer,1990\n").assets
    path = tmp_path / "failures.csv"
    path.write_text("asset,date,kind\na,2001-02-03,\na,1980-01-01,\nz,2001-02-03,\nz,2001-02-03,mv_cable\n", encoding="utf-8")
    read = read_failures(path, assets=assets, today=TODAY)
    assert [(record.asset, record.kind, record.installed_year) for record in read.records] == [
        ("a", "mv_lv_transformer", 1990),
        ("z", "mv_cable", None),
    ]
    assert [problem.place for problem in read.problems] == ["failures.csv row 3, date", "failures.csv row 4, asset"]


def test_a_failure_of_a_kind_that_nobody_knows_is_named_and_left_out(tmp_path):
    path = tmp_path / "failures.csv"
    path.write_text("asset,date,kind\nz,2001-02-03,spaceship\n", encoding="utf-8")
    read = read_failures(path, assets=(), today=TODAY)
    assert (read.records, [problem.place for problem in read.problems]) == ((), ["failures.csv row 2, kind"])


def test_a_fleet_without_a_row_is_refused(fleet):
    with pytest.raises(BadInput, match="header without rows"):
        fleet("asset,kind\n")


def test_a_transformer_that_is_said_to_be_a_line_is_ranked_without_the_grid(fleet):
    read = fleet("asset,kind,element\na,mv_lv_transformer,line.5\n")
    assert (read.assets[0].element, read.assets[0].on_grid) == ("", False)
    assert [problem.place for problem in read.problems] == ["fleet.csv row 2, element"]


def test_kva_written_as_mva_is_named_and_the_grid_knows_better(fleet):
    read = fleet("asset,kind,element,rating_mva\na,mv_lv_transformer,trafo.2,630\n")
    assert read.assets[0].rating_mva == 0.63
    assert [problem.place for problem in read.problems] == ["fleet.csv row 2, rating_mva"]


def test_a_decimal_comma_in_a_file_with_commas_is_told_by_the_cells_too_many(fleet):
    (problem, *_) = fleet("asset,kind,oil_l\na,mv_lv_transformer,300,5\n").problems
    assert (problem.place, problem.value) == ("fleet.csv row 2, beyond the header", "'5'")


def test_an_asset_has_a_name_in_the_languages_that_the_file_names_it_in(fleet):
    (asset,) = fleet("asset,kind,title,title_fr,title_de\na,mv_cable,Feeder 3,Départ 3,\n").assets
    assert (asset.title, dict(asset.titles)) == ("Feeder 3", {"fr": "Départ 3"})

"""One function for every grid file, and a live site from each of its formats."""

from datetime import UTC, datetime

import pandapower as pp
import pytest

from tests.unit.adapters.matpower_cases import CASE9
from tests.unit.adapters.small_site import small_net
from tests.unit.adapters.test_grid_cgmes import as_zip
from twin.adapters.grid_file import build_from_file, read_grid_file
from twin.adapters.prepared import cache_key, prepare
from twin.check import check_whole_site, ready_site
from twin.domain.problems import BadInput
from twin.site import load_site
from twin.site.tables import GridTable
from twin.wiring import Window, wire

VILLAGE = """function mpc = village
mpc.version = '2';
mpc.baseMVA = 1;
mpc.bus = [
 1 3 0    0    0 0 1 1 0 20  1 1.1 0.9;
 2 1 0    0    0 0 1 1 0 0.4 1 1.1 0.9;
 3 1 0.05 0.01 0 0 1 1 0 0.4 1 1.1 0.9;
];
mpc.gen = [1 0 0 1 -1 1 1 1 1 -1];
mpc.branch = [
 1 2 0.03 0.09 0 0.4 0 0 1.025 0 1 -360 360;
 2 3 0.1  0.05 0 0.2 0 0 0     0 1 -360 360;
];
"""


def test_every_format_is_read_by_its_suffix(tmp_path):
    pp.to_json(small_net(), str(tmp_path / "grid.json"))
    (tmp_path / "grid.m").write_text(VILLAGE, encoding="utf-8")
    as_zip(tmp_path)
    assert [len(read_grid_file(tmp_path / f"grid.{suffix}").bus) for suffix in ("json", "m", "zip")] == [3, 3, 4]


def test_an_analyst_may_read_generators_that_a_live_site_may_not_hold(tmp_path):
    path = tmp_path / "case9.m"
    path.write_text(CASE9, encoding="utf-8")
    assert len(read_grid_file(str(path)).gen) == 2
    with pytest.raises(BadInput) as refused:
        build_from_file(GridTable(source="matpower", file="case9.m"), path, (), file="site.toml")
    places = [problem.place for problem in refused.value.problems]
    assert places == ["net.gen 0", "net.gen 1"]
    assert "write an sgen with its P and Q in its place" in str(refused.value)


def test_a_tap_changer_without_type_gets_one_for_analysts_too(tmp_path):
    net = small_net()
    net.trafo["tap_changer_type"] = None
    pp.to_json(net, str(tmp_path / "grid.json"))
    assert read_grid_file(tmp_path / "grid.json").trafo["tap_changer_type"].to_list() == ["Ratio"]


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("grid.bin", b"PK\x03\x04", "give it the suffix of its format (cgmes)"),
        ("grid", b" {}", "give it the suffix of its format (pandapower)"),
        ("grid.xlsx", b"something", "write it in one of these formats"),
        ("grid.json", b"<a/>", "expected JSON"),
        ("grid.mat", b"function mpc = case9", "savecase"),
        ("grid.zip", b"{}", "expected a whole zip"),
    ],
)
def test_a_file_of_another_format_than_its_name_says_is_refused_in_one_line(tmp_path, name, content, part):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput) as refused:
        read_grid_file(tmp_path / name)
    [fault] = refused.value.problems
    assert part in str(fault)


@pytest.mark.parametrize("name", ["none.json", "none.m", "none.zip", "none"])
def test_a_file_that_is_not_there_is_refused_in_one_line(tmp_path, name):
    with pytest.raises(BadInput, match="no such file"):
        read_grid_file(tmp_path / name)


# ------------------------------------------------------------------------------------------------- live sites


def with_grid(small, source, file):
    """A small site on another grid file; the transformer that it measures has index 0 in every format."""
    return small(
        ('source = "pandapower"', f'source = "{source}"'),
        ('file = "grid.json"', f'file = "{file}"'),
        ("up_to_kv = 36.0", "up_to_kv = 145.0"),
    )


def write_grid(folder, source):
    if source == "cgmes":
        return as_zip(folder).name
    (folder / "village.m").write_text(VILLAGE, encoding="utf-8")
    return "village.m"


@pytest.mark.parametrize("source", ["matpower", "cgmes"])
def test_a_live_site_stands_on_a_grid_of_that_format(small, tmp_path, source):
    path = with_grid(small, source, write_grid(tmp_path, source))
    assert [str(problem) for problem in check_whole_site(path)[1]] == []


@pytest.mark.parametrize("source", ["matpower", "cgmes"])
def test_a_prepared_grid_solves_like_its_file(small, tmp_path, monkeypatch, source):
    file = write_grid(tmp_path, source)
    site = load_site(with_grid(small, source, file))
    monkeypatch.setenv("REGIE_CACHE", str(tmp_path / "prepared"))
    nets = prepare(site).net(), read_grid_file(tmp_path / file)
    for net in nets:
        pp.runpp(net, tolerance_mva=1e-10)
    assert nets[0].res_bus["vm_pu"].to_list() == pytest.approx(nets[1].res_bus["vm_pu"].to_list(), abs=1e-12)  # same tables


def test_a_grid_that_changes_between_check_and_start_is_refused_and_never_kept_under_its_new_name(small, tmp_path, monkeypatch):
    file = tmp_path / write_grid(tmp_path, "matpower")
    path = with_grid(small, "matpower", file.name)
    monkeypatch.setenv("REGIE_CACHE", str(tmp_path / "prepared"))
    ready = ready_site(path)
    file.write_text(VILLAGE + "\n", encoding="utf-8")
    with pytest.raises(BadInput, match="grid file: changed while the site was checked"):
        wire(ready, Window(datetime(2016, 6, 15, tzinfo=UTC), 1), tmp_path / "state", lambda *_: None, lambda _event: None)
    assert not (tmp_path / "prepared").exists()
    assert not (tmp_path / "state").exists()


def test_a_folder_of_profiles_that_changes_is_prepared_anew(small, tmp_path):
    (tmp_path / "set").mkdir()
    profile = tmp_path / "set" / "EQ.xml"
    profile.write_text("<a/>", encoding="utf-8")
    site = load_site(with_grid(small, "cgmes", "set"))
    before = cache_key(site)
    profile.write_text("<b/>", encoding="utf-8")
    assert cache_key(site) != before


def test_a_live_site_needs_nominal_voltages(tmp_path):
    path = tmp_path / "village.m"
    path.write_text(VILLAGE.replace(" 20  1 ", " 0 1 ").replace(" 0.4 1 1.1", " 0 1 1.1"), encoding="utf-8")
    with pytest.raises(BadInput, match="bus: baseKV 0; expected nominal voltages"):
        build_from_file(GridTable(source="matpower", file="village.m"), path, (), file="site.toml")


@pytest.mark.parametrize("source", ["pandapower", "matpower", "cgmes"])
def test_a_source_that_is_a_file_needs_its_name(source):
    with pytest.raises(ValueError, match=f'source "{source}" needs key file'):
        GridTable(source=source)

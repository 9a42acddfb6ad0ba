"""A CGMES set becomes the grid that it describes, whole or not at all, and no file of it is trusted."""

import io
import zipfile

import pandapower as pp
import pytest

from tests.unit.adapters.cgmes_set import by_hand, profiles
from twin.adapters import grid_cgmes_files
from twin.adapters.grid_cgmes import read_cgmes
from twin.domain.problems import BadInput

POWER_FLOW_PU = 1e-10  # both power flows stop below 1e-10 MVA


def zipped(texts):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return packed.getvalue()


def as_zip(folder, texts=None, name="grid.zip"):
    path = folder / name
    path.write_bytes(zipped(texts or {f"{profile}.xml": text for profile, text in profiles().items()}))
    return path


def faults(path):
    with pytest.raises(BadInput) as refused:
        read_cgmes(path)
    return [str(problem) for problem in refused.value.problems]


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    return read_cgmes(as_zip(tmp_path_factory.mktemp("cgmes")))


def test_the_converted_grid_has_the_voltages_of_the_one_built_by_hand(converted):
    expected = by_hand()
    for net in (converted, expected):
        pp.runpp(net, tolerance_mva=1e-10)
    assert converted.res_bus["vm_pu"].to_list() == pytest.approx(expected.res_bus["vm_pu"].to_list(), abs=POWER_FLOW_PU)
    assert converted.res_line["loading_percent"].to_list() == pytest.approx(expected.res_line["loading_percent"].to_list())
    assert expected.res_bus["vm_pu"].min() < 0.96  # a grid with something to compute


def test_the_tap_stands_where_the_steady_state_hypothesis_puts_it(converted):
    assert converted.trafo[["tap_pos", "tap_changer_type"]].to_numpy().tolist() == [[2.0, "Ratio"]]
    assert converted.controller.empty


def test_the_newer_version_of_the_standard_describes_the_same_grid(tmp_path, converted):
    net = read_cgmes(as_zip(tmp_path, {f"{name}.xml": text for name, text in profiles(version="3.0").items()}))
    for each in (net, converted):
        pp.runpp(each, tolerance_mva=1e-10)
    assert net.res_bus["vm_pu"].to_list() == pytest.approx(converted.res_bus["vm_pu"].to_list(), abs=POWER_FLOW_PU)


def test_what_is_out_of_service_in_the_newer_version_is_out_of_service(tmp_path):
    texts = profiles(version="3.0", out=("_L23", "_TR", "_LOAD4", "_SW34"))
    net = read_cgmes(as_zip(tmp_path, {f"{name}.xml": text for name, text in texts.items()}))
    assert not net.line["in_service"].any()
    assert not net.trafo["in_service"].any()
    assert not net.switch["closed"].any()
    assert net.load["in_service"].to_list() == [True, False]
    assert net.ext_grid["in_service"].all()


def test_every_element_keeps_its_identity(converted):
    assert converted.trafo["origin_id"].to_list() == ["_TR"]
    assert converted.load["origin_id"].to_list() == ["_LOAD3", "_LOAD4"]


def test_one_zip_per_profile_and_a_folder_are_the_same_set(tmp_path, converted):
    texts = profiles()
    nested = as_zip(tmp_path, {f"{profile}.zip": zipped({f"{profile}.xml": text}) for profile, text in texts.items()})
    folder = tmp_path / "set"
    folder.mkdir()
    for profile, text in texts.items():
        (folder / f"{profile}.xml").write_text(text, encoding="utf-8")
    for path in (nested, folder):
        net = read_cgmes(path)
        assert net.line.drop(columns="geo").equals(converted.line.drop(columns="geo"))
        assert len(net.bus) == 4


# ------------------------------------------------------------------------------------------------- never a silent drop


COMPENSATOR = '<cim:FrequencyConverter rdf:ID="_FC"><cim:IdentifiedObject.name>converter</cim:IdentifiedObject.name>'
TERMINAL = '<cim:Terminal rdf:ID="_FC_T"><cim:Terminal.ConductingEquipment rdf:resource="#_FC"/></cim:Terminal>'


def altered(profile, *replacements, **extra):
    texts = profiles(**extra)
    for old, new in replacements:
        assert old in texts[profile], old
        texts[profile] = texts[profile].replace(old, new)
    return {f"{name}.xml": text for name, text in texts.items()}


def test_equipment_that_the_converter_leaves_out_is_named(tmp_path):
    extra = f"{COMPENSATOR}</cim:FrequencyConverter>{TERMINAL}"
    [fault] = faults(as_zip(tmp_path, altered("EQ", extra_eq=extra)))
    assert "_FC: FrequencyConverter converter; expected equipment that pandapower's converter takes" in fault


def test_a_terminal_of_equipment_that_is_in_no_file_is_named(tmp_path):
    [fault] = faults(as_zip(tmp_path, altered("EQ", extra_eq=TERMINAL)))
    assert "_FC: equipment that no file holds" in fault


def test_a_line_with_one_terminal_is_named(tmp_path):
    second = '<cim:Terminal.ConductingEquipment rdf:resource="#_L23"/><cim:ACDCTerminal.sequenceNumber>2'
    other = second.replace("_L23", "_BB2")
    texts = altered("EQ", (second, other))
    found = "\n".join(faults(as_zip(tmp_path, texts)))
    assert "_L23: ACLineSegment" in found


@pytest.mark.parametrize("missing", ["EQ", "SSH", "TP"])
def test_a_profile_that_is_missing_is_named(tmp_path, missing):
    texts = {f"{name}.xml": text for name, text in profiles().items() if name != missing}
    assert any(f"({missing})" in fault for fault in faults(as_zip(tmp_path, texts)))


def test_a_document_without_header_is_named(tmp_path):
    texts = altered("SV")
    texts["SV.xml"] = texts["SV.xml"].replace("md:FullModel", "md:HalfModel")
    [fault] = faults(as_zip(tmp_path, texts))
    assert "SV.xml: The FullModel is not given" in fault


# ------------------------------------------------------------------------------------------------- hostile files


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
READS = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("doctype", [LAUGHS, READS, '<!DOCTYPE x SYSTEM "http://example.org/x.dtd">', "<!DOCTYPE x>"])
def test_a_document_type_is_refused_whatever_it_declares(tmp_path, doctype):
    texts = altered("EQ")
    texts["EQ.xml"] = texts["EQ.xml"].replace("<rdf:RDF", f"{doctype}<rdf:RDF", 1)
    [fault] = faults(as_zip(tmp_path, texts))
    assert "EQ.xml: a DOCTYPE; expected XML without one" in fault


def test_a_document_type_hidden_by_its_encoding_is_refused(tmp_path):
    texts = altered("EQ")
    text = texts["EQ.xml"].replace('encoding="UTF-8"', 'encoding="UTF-16"').replace("<rdf:RDF", f"{LAUGHS}<rdf:RDF", 1)
    texts["EQ.xml"] = text.encode("utf-16")
    [fault] = faults(as_zip(tmp_path, texts))
    assert "EQ.xml: a DOCTYPE" in fault


def test_an_archive_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(grid_cgmes_files, "MAX_BYTES", 1_000_000)
    path = as_zip(tmp_path, altered("EQ", extra_eq=" " * 2_000_000))
    assert path.stat().st_size < 20_000
    with pytest.raises(BadInput, match="more than a CGMES set holds; expected at most 1000000 bytes"):
        read_cgmes(path)


def test_an_archive_of_thousands_of_files_is_refused(tmp_path):
    path = as_zip(tmp_path, {f"{i}.xml": "<a/>" for i in range(grid_cgmes_files.MAX_FILES + 1)})
    with pytest.raises(BadInput, match="more than a CGMES set holds"):
        read_cgmes(path)


def test_archives_in_archives_in_archives_are_refused(tmp_path):
    with pytest.raises(BadInput, match="expected archives one level deep"):
        read_cgmes(as_zip(tmp_path, {"a.zip": zipped({"b.zip": zipped({"EQ.xml": "<a/>"})})}))


def test_names_that_lead_out_of_the_archive_lead_nowhere(tmp_path, converted):
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    texts = {f"../../{name}": text for name, text in altered("EQ").items()}
    assert len(read_cgmes(as_zip(folder, texts)).bus) == len(converted.bus)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"PK\x03\x04 and no more", "expected a whole zip"),
        (b"", "expected a whole zip"),
        (zipped({"readme.txt": "no grid"}), "no XML file"),
        (zipped({"EQ.xml": "<a>"}), "expected well-formed XML"),
        (zipped({"EQ.xml": '<?xml version="1.0" encoding="nonsense"?><a/>'}), "expected well-formed XML"),
        (zipped({"EQ.xml": '<a xmlns="http://iec.ch/TC57/2010/CIM-schema-cim14#"/>'}), "CIM-schema-cim14"),
    ],
)
def test_what_is_no_cgmes_set_is_refused_in_one_line(tmp_path, content, part):
    path = tmp_path / "grid.zip"
    path.write_bytes(content)
    [fault] = faults(path)
    assert part in fault


def test_two_versions_in_one_set_are_refused(tmp_path):
    other = profiles(version="3.0")["SV"]
    [fault] = faults(as_zip(tmp_path, {**altered("SV"), "SV.xml": other}))
    assert "CGMES 2.4.15, CGMES 3.0; expected one version in a set" in fault

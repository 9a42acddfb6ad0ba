"""The whole check: boxes are made from their configuration, so that what a run refuses is named before it."""

from twin.site import site_path
from twin.wiring import check_whole_site


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
        ('engine = "prophet"', 'engine = "proffet"'),
        ('country = "CH"', 'country = "ZZ"'),
        ("expiry_minutes = 45", "expiry_minutes = 5"),
    )
    found = faults(path)
    for part in ('boxes[6] "transformer_main_1"', "'mian_1'", "'bogus'", "'proffet'", "expiry_minutes: 5"):
        assert any(part in fault for fault in found), (part, found)
    assert sum("'ZZ'/'ZH'" in fault for fault in found) == 1
    assert len(found) == 5


def test_a_box_off_the_list_is_reported_once_and_never_made(demo, tmp_path):
    (fault,) = faults(changed(tmp_path, ('use = "tariff"', 'use = "no_such_module:Box"')))
    assert "one of boxes_allowed" in fault

"""Every fault of a scenario's file is told at once, with file and line, and none hides another."""

import pytest

from scenarios.file.parts import library
from scenarios.file.read import load_scenario, read_scenario
from twin.domain.problems import BadInput


def faults(path):
    return [str(problem) for problem in read_scenario(path).problems]


def only_fault(path):
    (fault,) = faults(path)
    return fault


@pytest.mark.parametrize("name", library())
def test_a_packaged_scenario_has_no_fault_of_its_own(name):
    scenario = load_scenario(name)
    assert scenario.name == name
    assert all(getattr(scenario.about.teaches, language) for language in ("de", "fr", "it", "en"))


def test_an_unknown_scenario_is_answered_with_the_known_ones():
    with pytest.raises(BadInput, match=r"known: .*winter_evening"):
        load_scenario("no_such_scenario")


def test_the_whole_file_is_reported_at_once(written):
    path = written(
        bad="""
        [growth]
        pv = -3.0
        carz = 2.0

        [[outages]]
        element = "bus.3"
        at = 18:10:00

        [[outages]]
        element = "line.66"
        at = 18:10:00
        until = 2016-01-25T17:00:00

        [[world]]
        quantity = "temperature"
        at = 18:10:00
        until = 19:10:00

        [ensemble]
        futures = 0
        """
    )
    found = "\n".join(faults(path))
    for said in (
        "bad.toml:12 growth pv: -3.0; expected more than 0",
        "bad.toml:13 growth carz: unknown key 'carz' = 2.0; expected one of cars, heat_pumps, load, pv; did you mean 'cars'?",
        "bad.toml:16 outages[0] element: 'bus.3'; expected an element written like \"line.0\"",
        "bad.toml:22 outages[1] until: 2016-01-25T17:00:00; expected a moment after at, 2016-01-25T17:10:00+00:00",
        "bad.toml:25 world[0] quantity: 'temperature'; expected one of 'temp_c', 'sun'",
        "bad.toml:30 ensemble futures: 0; expected at least 1",
    ):
        assert said in found
    assert len(faults(path)) == 6


def entries(table, *spans, **keys):
    same = "".join(f"{key} = {value}\n" for key, value in keys.items())
    return "".join(f"[[{table}]]\n{same}{span}\n" for span in spans)


def test_an_entry_behind_a_faulty_one_keeps_its_line(written):
    never, too_late = 'at = "never"\nuntil = 09:00:00', "at = 2016-01-27T08:00:00\nuntil = 09:00:00"
    found = faults(written(bad=entries("manual", never, too_late)))
    assert [fault.partition(": ")[0] for fault in found] == ["bad.toml:11 manual[0] at", "bad.toml:13 manual[1] at"]


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ("start = 2016-01-25T18:10:00\nhours = 4", "expected a whole quarter hour: minutes 00, 15, 30 or 45"),
        ("start = 1999-01-25\nhours = 4", "expected a year from 2000 to 2100"),
        ("start = 2016-01-25\nhours = 745", "745; expected at most 744"),
        ("start = 2016-01-25\nhours = 0", "0; expected at least 0.25"),
        ("start = 2016-01-25\nhours = 1.1", "1.1; expected a multiple of 0.25"),
        ("start = 2016-03-27T02:30:00\nhours = 4", "expected a moment that exists"),
        ("start = 2016-01-25", "missing; expected a value"),
    ],
)
def test_a_window_that_cannot_be_run_is_refused(written, window, said):
    assert said in only_fault(written(bad=f"[window]\n{window}\n"))


def test_a_faulty_window_makes_no_faults_of_moments(written):
    path = written(bad='[window]\nstart = 2016-01-25\nhours = -1\n[[outages]]\nelement = "trafo.0"\nat = 18:10:00\n')
    assert "hours" in only_fault(path)


def test_a_scenario_without_a_window_is_refused(written):
    path = written(bad="[window]\n")
    path.write_text(path.read_text(encoding="utf-8").replace("[window]\n", ""), encoding="utf-8")
    assert only_fault(path) == "bad.toml window: missing; expected a value; add the key"


def test_an_unknown_site_is_named_with_its_line(written):
    fault = only_fault(written(bad='sites = ["demo", "nowhere"]'))
    assert fault.startswith("bad.toml:1 sites[1]: 'nowhere', no such file; expected a site file")


def test_a_site_that_is_named_twice_is_refused(written):
    assert only_fault(written(bad='sites = ["demo", "demo"]')).startswith("bad.toml:1 sites: 'demo' 2 times")


@pytest.mark.parametrize(
    "entry",
    [
        '[[outages]]\nelement = "line.66"\nat = 2016-01-26T00:00:00',
        '[[refusals]]\ndevice = "ev_172"\nat = 2016-01-24T23:59:59',
        '[[telemetry_lost]]\nchannels = ["*"]\nat = 2016-01-27T00:00:00\nuntil = 2016-01-27T01:00:00',
        '[[world]]\nquantity = "sun"\nat = 2016-01-20T00:00:00\nuntil = 2016-01-25T00:00:00',
        "[audience]\nviewers = 10000\nat = 2016-01-26T20:00:00\nuntil = 2016-01-26T22:00:00",
    ],
)
def test_what_happens_outside_the_window_is_refused(written, entry):
    assert "a moment of the window, 2016-01-24T23:00Z to 2016-01-25T23:00Z" in only_fault(written(bad=entry))


def test_a_cold_spell_may_have_begun_before_the_window(written):
    spell = '[[world]]\nquantity = "temp_c"\nadd = -8.0\nat = 2016-01-20T00:00:00\nuntil = 2016-01-26T00:00:00'
    assert faults(written(cold=spell)) == []


EVENING, NIGHT = "at = 18:00:00\nuntil = 20:00:00", "at = 19:00:00\nuntil = 22:00:00"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (entries("outages", EVENING, NIGHT, element='"trafo.0"'), "trafo.0 is out already"),
        (entries("outages", "at = 18:00:00", NIGHT, element='"trafo.0"'), "trafo.0 is out already"),
        (
            entries("switchings", EVENING + "\nclosed = true", NIGHT + "\nclosed = false", switch='"switch.7"'),
            "switch.7 is switched",
        ),
        (entries("refusals", EVENING, NIGHT, device='"ev_172"'), "device 'ev_172' obeys nobody already"),
        (entries("box_failures", EVENING, NIGHT, box='"load_town"'), "box 'load_town' does not answer already"),
        (entries("imports", EVENING, NIGHT, limit_mw=20.0), "the import is limited already"),
        (entries("manual", EVENING, NIGHT), "the régie works by hand already"),
        (
            entries("imports", EVENING, limit_mw=20.0, sheds='["line.66"]') + entries("outages", NIGHT, element='"line.66"'),
            "line.66 is out already",
        ),
    ],
)
def test_what_contradicts_an_earlier_entry_is_refused(written, text, said):
    assert said in only_fault(written(bad=text))


def test_one_switching_may_follow_another(written):
    text = entries("switchings", "at = 18:00:00\nclosed = true", "at = 19:00:00\nclosed = false", switch='"switch.7"')
    assert faults(written(good=text)) == []


def test_an_outage_may_follow_the_repair_of_another(written):
    assert faults(written(good=entries("outages", EVENING, "at = 20:00:00", element='"line.66"'))) == []


def test_a_file_that_is_no_toml_is_refused_with_its_line(written):
    with pytest.raises(BadInput, match="line 1, column 8"):
        load_scenario(written(bad="what = is this"))


def test_brackets_without_end_are_a_fault_of_the_file(written):
    with pytest.raises(BadInput, match="brackets too deep"):
        load_scenario(written(bad=f"what = {'[' * 20_000}{']' * 20_000}"))


def test_a_key_that_is_out_of_range_is_not_also_missing(written):
    fault = only_fault(written(bad="[audience]\nviewers = -5\nat = 07:00:00\nuntil = 08:00:00"))
    assert fault.startswith("bad.toml:11 audience viewers: -5; expected at least 1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('sites = "demo"', "sites: 'demo'; expected a list"),
        ("growth = 2", "growth: 2; expected a table"),
        ('[growth]\npv = "much"', "growth pv: 'much'; expected a number"),
        ('[[manual]]\nat = "noon"\nuntil = 18:00:00', "manual[0] at: 'noon'; expected a date and time as 2016-01-25T18:10:00"),
        ("[[manual]]\nat = 25\nuntil = 18:00:00", "manual[0] at: 25; expected a date and time as 2016-01-25T18:10:00"),
        (
            '[world]\nquantity = "hydro"\nat = 10:00:00',
            "bad.toml:10 world: {quantity = 'hydro', at = 10:00:00}; expected a list",
        ),
        ("[[growth]]\npv = 2", "bad.toml:10 growth: [{pv = 2}]; expected a table"),
        ("sites = [3]", "sites[0]: 3; expected a text"),
        ("[ensemble]\nfutures = 2.5", "ensemble futures: 2.5; expected a whole number"),
        ("[ensemble]\nfutures = 99999999999999", "ensemble futures: 99999999999999; expected at most 1000000"),
        ('seed = "a"', "seed: 'a'; expected a whole number"),
        ("[[refusals]]\ndevice = 3\nat = 07:00:00", "refusals[0] device: 3; expected a text"),
        ('[[outages]]\nelement = "line.66"\nat = 07:00:00\nplanned = "maybe"', "planned: 'maybe'; expected true or false"),
    ],
)
def test_a_value_that_cannot_be_is_answered_in_plain_words_with_what_can(written, text, said):
    assert said in only_fault(written(bad=text))


def test_a_scenario_that_extends_one_in_vain_is_not_also_without_a_window(written):
    path = written(bad='[compose]\nextends = ["nowhere"]\n[[outages]]\nelement = "line.66"\nat = 18:10:00\n[window]\n')
    path.write_text(path.read_text(encoding="utf-8").replace("[window]\n", ""), encoding="utf-8")
    assert only_fault(path).startswith("bad.toml:7 compose extends[0]: 'nowhere'; expected a scenario file")


@pytest.mark.parametrize(("key", "remedy"), [("seed = 3", "at the top of the file"), ("world = 3", "a table of its own")])
def test_a_key_of_the_file_that_stands_in_a_table_is_told_where_it_belongs(written, key, remedy):
    fault = only_fault(written(bad=f"[growth]\n{key}"))
    assert fault.startswith(f"bad.toml:11 growth {key.split()[0]}: unknown key")
    assert remedy in fault


SPAN = "at = 18:00:00\nuntil = 20:00:00"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[growth]\npv = 1e9", "bad.toml:11 growth pv: 1000000000.0; expected at most 40"),
        ("[growth]\nload = nan", "bad.toml:11 growth load: nan; expected a finite number"),
        (f'[[world]]\nquantity = "sun"\ntimes = 1e9\n{SPAN}', "bad.toml:12 world[0] times: 1000000000.0; expected at most 40"),
        (f'[[world]]\nquantity = "sun"\npath = [1.0, 1e9]\n{SPAN}', "world[0] path[1]: 1000000000.0; expected at most 40"),
        (f'[[world]]\nquantity = "temp_c"\nadd = -1e9\n{SPAN}', "world[0] add: -1000000000.0; expected from -60 to 60"),
        (f"[[prices]]\nadd = 1e9\n{SPAN}", "prices[0] add: 1000000000.0; expected at most 10"),
    ],
)
def test_what_no_town_lives_through_is_refused_at_its_line(written, text, said):
    assert said in only_fault(written(bad=text))


def test_factors_that_multiply_beyond_every_town_are_refused_where_the_last_is_stated(written):
    many = "[growth]\npv = 30.0"
    fault = only_fault(written(first=many, second='[compose]\nextends = ["first.toml"]\n[growth]\npv = 30.0'))
    assert fault.startswith("second.toml:13 growth pv: 900 in all; expected at most 40")


def test_a_site_that_is_no_toml_is_told_with_what_is_wrong_in_it(written, tmp_path):
    (tmp_path / "town.toml").write_text("what = is this")
    fault = only_fault(written(bad=f'sites = ["{tmp_path / "town.toml"}"]'))
    assert "line 1, column 8" in fault

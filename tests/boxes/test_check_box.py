"""`check_box` passes a good box and names the broken promise of a bad one; every box of the site passes it."""

import os
import sys
import time
from pathlib import Path

import pytest

from twin.contracts import conformance, conformance_trial
from twin.contracts.synthetic import SyntheticSite
from twin.domain.problems import BadInput

if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))
import unfaithful
from box_stage import descendants, running, until
from faulty import SteadyBox

OURS = (
    ("forecasts.load.box:LoadBox", {"zone": "town", "parts": ["neighbourhood"], "engine": "day_type"}),
    ("forecasts.load.box:LoadBox", {"zone": "town", "experts": ["day_type", "ridge", "boosted_profile", "stack"]}),
    ("forecasts.pv.box:PvBox", {"zone": "town", "experts": ["yesterday", "sky_days", "sky_ridge", "sky_boosted", "stack"]}),
    ("forecasts.mix.box:MixBox", {"zone": "town"}),
    ("twin.boxes.maintenance.line_box:LineRatingBox", {}),
    ("twin.boxes.flexibility.box:FlexibilityBox", {}),
    ("twin.boxes.tariffs.box:TariffBox", {}),
)

# They live through everything that they are shown, reading by reading.
WATCHES = (
    ("twin.boxes.maintenance.box:TransformerBox", {"trafo": "neighbourhood"}),
    ("twin.boxes.maintenance.machine_box:MachineBox", {}),
)

# Each promise with a box that breaks it and no other.
BREAKERS = {
    "card can be kept": "Vain",
    "trains within its deadline": "Studious",
    "trains alike twice": "Careless",
    "answers what its card promises": "Boastful",
    "answers on both clock change days": "Summery",
    "answers at an event": "Punctual",
    "survives missing input": "AfraidOfSilence",
    "survives late input": "AfraidOfDelay",
    "survives flat input": "AfraidOfCalm",
    "survives single gaps": "AfraidOfHoles",
    "survives a spike": "AfraidOfSpikes",
    "survives a short horizon ahead": "ShortSighted",
    "answers alike twice": "Fickle",
    "remembers only through its state": "Secretive",
    "reads no future and writes nothing": "Scribbling",
    "ignores what was not known": "Peeping",
    "keeps its limits in its own process": "Slow",
    "answers alike in another process": "Local",
}


def check(box, config=None):
    """On two weeks instead of nine: quicker, and enough for the boxes of this folder."""
    return conformance.check_box(box, config, view_factory=unfaithful.SITE.view)


@pytest.fixture
def left_behind():
    """Processes below this one that came with the test: a worker of the suite may hold a browser, which starts others."""
    before = descendants(os.getpid())

    def found():
        now = descendants(os.getpid())
        strangers = before.union(*map(descendants, before))
        return [pid for pid in now - strangers if running(pid)]

    return found


def broken(box, config=None):
    return {result.name: result.detail for result in check(box, config) if not result.ok}


@pytest.mark.parametrize("reference", ["faulty:SteadyBox", "faulty:TrainedBox"])
def test_a_good_box_keeps_every_promise(reference):
    assert broken(reference) == {}


@pytest.mark.slow
@pytest.mark.parametrize(("reference", "config"), OURS, ids=str)
def test_every_box_of_ours_keeps_every_promise(check_box, reference, config):
    check_box(reference, config)


@pytest.mark.slow
@pytest.mark.parametrize(("reference", "config"), WATCHES, ids=str)
def test_every_watch_of_ours_keeps_every_promise(check_box, reference, config):
    """On 31 days instead of nine weeks: four weeks make the reference, and three days are judged by it."""
    check_box(reference, config, view_factory=SyntheticSite(rows=31 * 96).view)


@pytest.mark.parametrize("promise", BREAKERS)
def test_a_broken_promise_is_named_and_no_other(promise):
    assert set(broken(f"unfaithful:{BREAKERS[promise]}")) == {promise}


def test_every_promise_has_its_breaker():
    names = [result.name for result in check("faulty:SteadyBox")]
    assert names == ["can be made", *BREAKERS]


def test_an_optional_current_value_may_go_missing():
    assert set(broken("unfaithful:AfraidOfShadow")) == {"survives missing input", "survives late input"}


def test_a_card_that_cannot_be_kept_is_told_with_all_its_faults():
    text = broken("unfaithful:Vain")["card can be kept"]
    assert all(words in text for words in ("cadence=0:17:00", "'lastgood'", "'instance:'"))


def test_a_process_left_behind_is_a_broken_limit_and_is_ended(left_behind):
    assert broken("unfaithful:Fertile") == {"keeps its limits in its own process": "left 1 processes behind"}
    assert not left_behind()


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        ("hangs", "gave no answer within 2 s"),
        ("hangs_in_c", "gave no answer within 2 s"),
        ("ignores_signals", "gave no answer within 2 s"),
        ("dies", "its process gave no answer, exit status 3"),
        ("segfaults", "its process gave no answer, exit status -11"),
        ("exits", "raised SystemExit: 3, though its needs are met"),
        ("raises", "raised RuntimeError: the model has no coefficients, though its needs are met"),
        ("leaks", "raised MemoryError"),
        ("not_a_report", "returned what is no report: AttributeError"),
        ("reads_future", "raised FutureReadError: signal 'zone_load_p_mw' asked up to"),
    ],
)
def test_a_box_that_never_answers_breaks_its_first_promise_and_ends_the_check(fault, detail, left_behind):
    found = check("faulty:FaultyBox", {"fault": fault, "deadline_s": 0.2, "memory_mb": 64})
    assert [result.name for result in found if not result.ok] == ["answers what its card promises"]
    assert found[-1].detail.startswith(detail)
    assert until(lambda: not left_behind(), 1.0)


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        ("numbered_element", "finding 'load:peak': element=2, expected text"),
        ("no_reason", "report: reason=None, expected text"),
        ("set_in_params", "returned what is no report: TypeError: {'town'} of type set cannot travel"),
        ("nan_in_params", "returned what is no report: ValueError: Out of range float values are not JSON compliant"),
    ],
)
def test_words_that_no_journal_and_no_screen_can_hold_break_the_first_promise(fault, detail):
    assert broken("faulty:FaultyBox", {"fault": fault})["answers what its card promises"].startswith(detail)


@pytest.mark.parametrize(
    ("how", "detail"), [("hangs", "gave no answer within 1 s"), ("raises", "fit raised RuntimeError: singular")]
)
def test_a_box_that_never_fits_ends_the_check(how, detail):
    found = broken("faulty:TrainedBox", {"fit": how, "fit_deadline_s": 0.5})
    assert found == dict.fromkeys(
        ("trains within its deadline", "trains alike twice", "answers what its card promises"), detail
    )


def test_a_class_is_checked_like_its_name():
    assert set(broken(unfaithful.Vain)) == {"card can be kept"}


def test_a_class_that_no_other_process_can_find_is_refused_input():
    class Hidden(SteadyBox):
        pass

    with pytest.raises(BadInput, match="not found under this name"):
        check(Hidden)


@pytest.mark.parametrize("name", ["nowhere:Box", "faulty:Nobody", "nobody"])
def test_an_unknown_box_is_refused_input(name):
    with pytest.raises(BadInput):
        check(name)


class Hostile:
    """Its constructor does what no constructor should."""

    def __init__(self, config, context):
        {"exit": sys.exit, "end": lambda: os._exit(0), "sleep": lambda: time.sleep(600), "fork": os.fork}[config["how"]]()


@pytest.mark.parametrize("how", ["exit", "end", "sleep", "fork"])
def test_a_constructor_that_ends_hangs_or_forks_is_broken(monkeypatch, how):
    monkeypatch.setattr(conformance_trial, "_MAKING_S", 8.0)
    results = check("test_check_box:Hostile", {"how": how})
    assert [(result.name, result.ok) for result in results] == [("can be made", False)]

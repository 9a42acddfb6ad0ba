"""What a debrief finds in a journal that was really written: the hamlet's evening of ``evening.py``."""

import hashlib

import pytest
from evening import silent

from scenarios.debrief.debrief import debrief
from scenarios.debrief.source import source_of
from scenarios.debrief.words import Words
from twin.domain.problems import BadInput
from twin.domain.time import QUARTER_HOUR


def of_kind(found, kind):
    return [moment for moment in found.moments if moment.kind == kind]


def test_a_refused_recommendation_is_told_with_who_refused_it_and_why(found, evening):
    (refused,) = of_kind(found, "refused")
    assert (refused.subject, refused.facts["by"], refused.facts["motive"]) == ("battery", "anna", "fog tonight")
    assert [one.last.id for one in found.told if one.last.state == "refused"] == [evening.refused]


def test_a_box_that_raised_three_times_is_told_with_its_own_words_and_the_breaker_that_it_opened(found):
    (box,) = (moment for moment in of_kind(found, "box_fallback") if moment.subject == "moody")
    assert (box.subject, box.facts["outcome"], box.change) == ("moody", "exception", "box_exception")
    assert (box.value, box.facts["breaker"]) == (5, 2)  # the opening feeder was a tick of the breaker's pause too
    assert "not today" in box.facts["reason"]


def test_the_dark_minutes_of_a_feeder_last_from_the_breaker_s_opening_to_its_closing(found, evening):
    (dark,) = of_kind(found, "dark")
    assert (dark.begin, dark.end, dark.subject) == (evening.opens, evening.closes, "switch:0")
    assert dark.value == pytest.approx((evening.closes - evening.opens).total_seconds() / 60.0)


def test_saifi_is_the_share_of_customers_behind_the_dark_loads(found):
    (dark,) = of_kind(found, "dark")
    assert found.reliability.saifi["unplanned"] == pytest.approx(dark.facts["customers"] / 60.0, abs=0.01)  # whole customers
    assert found.reliability.saidi_min["unplanned"] == pytest.approx(15.0 * found.reliability.saifi["unplanned"])
    assert found.reliability.saidi_min["planned"] == 0.0


def test_who_was_in_the_dark_is_told_first(found):
    assert found.moments[0].kind == "dark"


def test_the_figures_of_the_whole_run_are_those_of_its_last_tick(found):
    last = found.tape.regular[-1].meta["kpis"]["economic"]["value"]
    assert found.figures["economic"]["value"]["total_chf"] == pytest.approx(last["total_chf"])


def test_energy_cost_adds_up_over_parts_of_the_window(found, evening):
    source, middle = source_of(evening.state, str(evening.site), silent), found.tape.start + 4 * QUARTER_HOUR
    parts = [debrief(source, begin, end, silent) for begin, end in ((None, middle), (middle, None))]
    costs = [part.figures["economic"]["value"]["energy_chf"] for part in parts]
    assert sum(costs) == pytest.approx(found.figures["economic"]["value"]["energy_chf"])


def test_a_part_of_the_window_tells_only_what_happened_in_it(found, evening):
    source = source_of(evening.state, str(evening.site), silent)
    late = debrief(source, found.tape.start + 7 * QUARTER_HOUR, None, silent)
    assert not of_kind(late, "dark")
    assert len(late.tape.regular) == len(found.tape.regular) - 7


def test_a_debrief_changes_no_byte_of_the_state(evening):
    def digest():
        files = sorted(path for path in evening.state.rglob("*") if path.is_file())
        return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = digest()
    debrief(source_of(evening.state, str(evening.site), silent), None, None, silent)
    assert digest() == before


def test_every_moment_has_words_in_every_language(found):
    for language in ("de", "fr", "it", "en"):
        words = Words.of(found, language)
        for moment in found.moments:
            said = [words.what(moment), words.why(moment), *([words.change(moment)] if moment.change else [])]
            assert all("{" not in text and text != moment.kind.replace("_", " ") for text in said), (language, moment.kind)


def test_a_window_that_the_run_never_saw_is_refused_with_the_one_it_saw(found, evening):
    source = source_of(evening.state, str(evening.site), silent)
    with pytest.raises(BadInput) as refused:
        debrief(source, found.tape.end + QUARTER_HOUR, None, silent)
    assert found.tape.end.isoformat() in str(refused.value)


def test_a_site_whose_grid_is_another_one_is_refused(evening):
    with pytest.raises(BadInput) as refused:
        source_of(evening.state, "demo", silent)
    assert "9 of bus" in str(refused.value)

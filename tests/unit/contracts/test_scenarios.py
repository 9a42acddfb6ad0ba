"""Paths between boxes: what a card may promise of them, what an answer must hold, what stands in, what others find."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import xarray as xr

from twin.contracts.box import BoxCard, Mode, Need, Provide
from twin.contracts.card import card_problems
from twin.contracts.frame import Layout
from twin.contracts.messages import Envelope, Headline, Outcome, Report, Service
from twin.contracts.needs import unmet
from twin.contracts.report_codec import report_from_bytes, report_to_bytes, signals_from_bytes, signals_to_bytes
from twin.contracts.synthetic import AS_OF, SCENARIOS, SyntheticSite
from twin.contracts.validation import Limit, Premises, judge, times_of
from twin.domain.problems import BadInput
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR
from twin.regie.box_order import Sources, order_boxes
from twin.regie.fallback import Remembered, constant, last_good
from twin.regie.publish import _shown_output
from twin.regie.record import kept
from twin.regie.seat import BoxInstance, Seat
from twin.regie.serving import published

SIGNAL = "load_paths_p_mw"
DAY = timedelta(days=1)
SHARE = np.array([0.2, 0.5, 0.3])
PREMISES = Premises.of(SyntheticSite().context())
PROVIDE = Provide(SIGNAL, ("town",), horizon=DAY, scenarios=3)
NEED = Need(SIGNAL, ahead=DAY, scenarios=3)
PATHS = 10.0 + np.arange(3) + np.sin(np.arange(96) / 15.0)[:, None]
"""[MW], dims (time, scenario)."""


def card(*needs, gives=(PROVIDE,), **changes):
    facts = {"name": "b", "version": "1", "owner": "o", "constants": {p.signal: 5.0 for p in gives}, **changes}
    return BoxCard(needs=needs, provides=gives, **facts)


def paths(values=PATHS, share=SHARE, zone="town", **coords):
    labels = {"time": times_of(PROVIDE, AS_OF), "scenario": np.arange(values.shape[1]), "zone": [zone], **coords}
    if share is not None:
        labels["probability"] = ("scenario", share)
    return xr.DataArray(values[:, :, None], labels, ("time", "scenario", "zone"), SIGNAL, {"units": "MW"})


def report(output):
    return Report({SIGNAL: output}, Headline("load_forecast", 1.0, "MW"))


def judged(output, premises=PREMISES):
    return judge(card(), report(output), AS_OF, premises)


# ---------------------------------------------------------------------------------------------- what a card promises


def told(*needs, gives=(PROVIDE,)):
    return [str(problem) for problem in card_problems(card(*needs, gives=gives), "card").found]


def test_a_card_may_promise_paths_and_read_some():
    assert told(NEED) == []


@pytest.mark.parametrize("count", [-1, 2.0, True])
def test_a_number_of_paths_is_a_whole_number(count):
    (problem,) = told(gives=(replace(PROVIDE, scenarios=count),))
    assert f"scenarios={count!r}" in problem
    (problem,) = told(replace(NEED, scenarios=count))
    assert f"scenarios={count!r}" in problem


def test_a_signal_has_paths_or_quantiles_but_not_both():
    (problem,) = told(gives=(replace(PROVIDE, quantiles=(0.1, 0.9)),))
    assert "scenarios=3 and quantiles=(0.1, 0.9)" in problem
    assert len(told(replace(NEED, quantiles=(0.5,)))) == 1


# ---------------------------------------------------------------------------------------------- what an answer holds


def test_honest_paths_pass_without_a_doubt():
    assert judged(paths()) == judged(paths(np.float32(PATHS)))
    assert judged(paths()).problems == judged(paths()).doubts == ()


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (paths(PATHS[:, :2], np.array([0.5, 0.5])), "scenario=[0 1], expected 0 .. 2"),
        (paths(scenario=[1, 2, 3]), "scenario=[1 2 3], expected 0 .. 2"),
        (paths(share=None), "no coordinate 'probability' of real numbers with dims ('scenario',)"),
        (paths(share=np.array([1, 0, 0])), "no coordinate 'probability' of real numbers"),
        (paths(share=np.array([0.2, 0.5, 0.2])), "probability=[0.2 0.5 0.2], expected shares from 0 to 1 that sum to 1"),
        (paths(share=np.array([-0.2, 0.7, 0.5])), "expected shares from 0 to 1 that sum to 1"),
        (paths(share=np.array([np.nan, 0.5, 0.5])), "expected shares from 0 to 1 that sum to 1"),
        (paths(np.where(PATHS > 12.9, np.nan, PATHS)), "values are not finite"),
        (paths(PATHS - 20.0), "limits -1 .. 1000"),
        (paths().isel(scenario=0, drop=True), "dims=('time', 'zone'), expected ('time', 'scenario', 'zone')"),
        (paths().transpose("scenario", "time", "zone"), "dims=('scenario', 'time', 'zone')"),
    ],
)
def test_an_answer_that_breaks_the_promise_is_refused(output, told):
    (problem,) = judged(output).problems
    assert told in problem


def test_a_probability_by_zone_is_for_readers_and_no_answer():
    by_zone = paths(share=None).assign_coords(probability=(("scenario", "zone"), SHARE[:, None]))
    assert "no coordinate 'probability'" in judged(by_zone).problems[0]


RAMP = replace(PREMISES, limits={(SIGNAL, "town"): Limit(maximum=100.0, ramp=1.0)})


def test_one_path_may_jump_where_the_expected_one_may_not():
    jump = np.where(np.arange(96) < 48, 0.0, 4.0)[:, None]
    assert judged(paths(PATHS + jump * [1.0, 0.0, 0.0]), RAMP).doubts == ()  # 4 MW with probability 0.2
    (doubt,) = judged(paths(PATHS + jump), RAMP).doubts
    assert "changes by 3.9" in doubt  # the paths themselves fall by 0.07 then


def test_every_path_must_look_plausible_to_the_site():
    (doubt,) = judged(paths(PATHS + np.array([0.0, 0.0, 90.0])), RAMP).doubts
    assert "is above the site's 100" in doubt


# ---------------------------------------------------------------------------------------------- the way through bytes


def test_paths_travel_with_their_probability():
    again = report_from_bytes(report_to_bytes(report(paths()))).outputs[SIGNAL]
    xr.testing.assert_identical(again, paths())


def test_joined_paths_travel_ahead_with_the_probability_of_each_zone():
    joined = others_read({"town": paths(), "village": paths(0.1 * PATHS, SHARE[::-1], "neighbourhood")})
    xr.testing.assert_identical(signals_from_bytes(signals_to_bytes({SIGNAL: joined}))[SIGNAL], joined)


# ---------------------------------------------------------------------------------------------- needs


VIEW = SyntheticSite(rows=96).view()


def test_paths_that_are_there_meet_the_need():
    assert unmet(card(Need(SIGNAL, ("town",), ahead=DAY, scenarios=SCENARIOS)), VIEW) == ()


def test_fewer_paths_than_a_box_reads_leave_its_need_unmet():
    (fault,) = unmet(card(Need(SIGNAL, ahead=DAY, scenarios=SCENARIOS + 1)), VIEW)
    assert fault == f"need '{SIGNAL}': nobody provides it ahead in 11 scenarios, only in 10"


def test_quantiles_are_no_paths():
    (fault,) = unmet(card(Need("load_forecast_p_mw", ahead=DAY, scenarios=2)), VIEW)
    assert "in 2 scenarios, only in 0" in fault


# ---------------------------------------------------------------------------------------------- who is asked when

LAYOUT = Layout((("zone_load_p_mw", "town"), ("temp_c", "")))


def ordered(standby=(), **cards):
    return order_boxes(Sources(cards, [name for name in cards if name not in standby], LAYOUT, ("temp_c",)))


def refused(standby=(), **cards):
    with pytest.raises(BadInput) as caught:
        ordered(standby, **cards)
    return [str(problem) for problem in caught.value.problems]


READER = card(NEED, gives=())


def test_who_reads_paths_comes_after_who_draws_them():
    assert ordered(plan=READER, load=card()) == (("load",), ("plan",))


def test_paths_that_nobody_draws_are_refused_at_the_start():
    (problem,) = refused(plan=READER)
    assert problem.startswith(f"box 'plan' needs '{SIGNAL}': nobody provides it")
    assert ordered(plan=card(replace(NEED, mode=Mode.OPTIONAL), gives=())) == (("plan",),)


def test_more_paths_than_are_drawn_are_refused_with_reader_and_provider():
    (problem,) = refused(plan=card(replace(NEED, scenarios=20), gives=()), load=card())
    assert problem.startswith(f"box 'plan' needs '{SIGNAL}': scenarios=20")
    assert "at most the 3 that 'load' provides" in problem


def test_the_outlook_has_no_paths():
    (problem,) = refused(plan=card(Need("temp_c", ahead=DAY, scenarios=5), gives=()))
    assert "scenarios=5" in problem


def test_champions_that_share_a_signal_draw_as_many_paths():
    village = replace(PROVIDE, elements=("village",), scenarios=4)
    assert any("different labels" in problem for problem in refused(one=card(), other=card(gives=(village,))))


def test_who_draws_fewer_paths_cannot_stand_in():
    fewer = card(gives=(replace(PROVIDE, scenarios=2),))
    (problem,) = refused(("spare",), load=card(fallbacks=("instance:spare", "constant")), spare=fewer)
    assert "scenarios=3" in problem


# ---------------------------------------------------------------------------------------------- what stands in


def test_the_last_resort_is_the_constant_in_every_path_all_alike_probable():
    output = constant(card(), AS_OF, PREMISES, None).outputs[SIGNAL]
    assert judged(output).problems == ()
    assert np.unique(output.values).tolist() == [5.0]
    assert output["probability"].values == pytest.approx(np.full(3, 1 / 3))


def test_the_last_good_paths_go_on_with_their_probability():
    later = AS_OF + 4 * QUARTER_HOUR
    again = last_good(card(), Remembered(report(paths()), AS_OF, Quality.GOOD), later)
    assert judge(card(), again, later, PREMISES).problems == ()
    output = again.outputs[SIGNAL]
    assert output["probability"].values.tolist() == SHARE.tolist()
    assert np.array_equal(output.values[:92, :, 0], PATHS[4:])
    assert (output.values[92:, :, 0] == PATHS[-1]).all()  # padded with what each path ended at


# ---------------------------------------------------------------------------------------------- what others see


def others_read(outputs):
    """What the boxes after these champions find, given each one's paths."""
    facts = {"box": "load", "version": "1", "team": "o", "role": "champion", "as_of": AS_OF, "produced_at": AS_OF}
    facts |= {"valid_until": AS_OF, "quality": Quality.GOOD, "service": Service.FRESH, "outcome": Outcome.OK}
    facts |= {"fallback": None, "inputs_hash": "", "artifact": None}
    attrs = {"issued_at": AS_OF.isoformat(), "quality": 0}
    envelopes = {n: Envelope(instance=n, report=report(o.assign_attrs(source=n, **attrs)), **facts) for n, o in outputs.items()}
    seats = {name: Seat(BoxInstance(name, "x:Y", "champion"), card()) for name in outputs}
    return published(seats, envelopes, list(outputs), {})[SIGNAL]


def test_paths_of_one_box_are_read_as_they_were_drawn():
    assert others_read({"town": paths()})["probability"].dims == ("scenario",)


def test_paths_of_several_boxes_keep_each_ones_probability():
    other = paths(0.1 * PATHS, SHARE[::-1], "neighbourhood")
    third = paths(0.01 * PATHS, np.array([1.0, 0.0, 0.0]), "roof")
    joined = others_read({"town": paths(), "village": other, "roof": third})
    for zone, alone in (("town", paths()), ("neighbourhood", other), ("roof", third)):
        mine = joined.sel(zone=zone)
        assert mine["probability"].dims == ("scenario",)
        assert np.array_equal(mine["probability"], alone["probability"])
        assert np.array_equal(mine, alone[..., 0])


BAND = xr.DataArray(
    np.ones((96, 3, 1)),
    {"time": times_of(PROVIDE, AS_OF), "quantile": [0.05, 0.5, 0.95], "zone": ["town"]},
    ("time", "quantile", "zone"),
)


def test_the_journal_keeps_of_a_tick_what_it_kept_before_there_were_paths():
    both = Report({SIGNAL: paths(), "load_forecast_p_mw": BAND}, Headline("load_forecast", 1.0, "MW"))
    assert list(kept(both)) == ["load_forecast_p_mw"]


def test_no_screen_shows_paths():
    headline = Headline("load", 1.0, "MW")  # both signals begin with it
    assert _shown_output(Report({SIGNAL: paths(), "load_forecast_p_mw": BAND}, headline))[0] == "load_forecast_p_mw"
    assert _shown_output(Report({SIGNAL: paths()}, headline))[2] is None

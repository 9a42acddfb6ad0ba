"""What is used of the rights over devices is counted once, whatever happens to the loop: energy, calls, money."""

import zlib
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hamlet import CAP_MW, SUMMER, hamlet

from twin.domain.pack import unpack
from twin.domain.time import QUARTER_HOUR, to_epoch_s
from twin.regie.chain import open_readonly, verify

pytestmark = pytest.mark.fault

NOON = SUMMER + timedelta(hours=12)
TICKS, KILLED_AT = 11, 5
"""The first tick orders; the ten quarter hours after it are under orders that the last tick has seen."""


@pytest.fixture(scope="module")
def noon(settle, tmp_path_factory):
    """A noon under a box that curtails and calls, killed between computing and committing a tick, and resumed."""
    made = hamlet(NOON, days=0.2).with_curtailer()
    place, ledger = settle(made), tmp_path_factory.mktemp("field") / "ledger.sqlite"
    killed = place.drive(TICKS, ledger, die="commit", at=KILLED_AT).ended()
    assert (killed.code, place.acked) == (-9, KILLED_AT), killed.err
    ended = place.drive(TICKS, ledger).ended()
    assert ended.code == 0, ended.err
    sun = {r.label_s: r.value / 20.0 for r in made.window if r.channel == "sgen.1.p_mw"}
    labels = [to_epoch_s(NOON + number * QUARTER_HOUR) for number in range(1, TICKS)]
    lost_mwh = [0.25 * (30.0 * sun[label] - CAP_MW) for label in labels]
    return SimpleNamespace(place=place, records=place.records, figures=ended.figures, lost_mwh=lost_mwh, usage=usage(place))


def usage(place):
    with open_readonly(place.state) as db:
        (state,) = db.execute("SELECT state FROM resume").fetchone()
    return unpack(zlib.decompress(state))[0]["memory"]["usage"]


def orders(noon, device):
    """Every order of a device, as the last record that holds it shows it, in order of time."""
    found = {order["key"]: order for record in noon.records for order in record.meta["orders"] if order["device"] == device}
    return sorted(found.values(), key=lambda order: order["start"])


def test_curtailed_energy_is_counted_by_the_sun_on_the_other_roof_and_survives_a_kill(noon):
    assert noon.usage["curtailed_mwh"]["roof"] == pytest.approx(sum(noon.lost_mwh))
    assert noon.figures["kpis"]["climate"]["value"]["curtailed_mwh"] == pytest.approx(sum(noon.lost_mwh))
    assert verify(noon.place.state)[2] == []


def test_a_box_is_told_what_was_curtailed_so_far(noon):
    told = [record.meta["boxes"]["curtailer"]["headline"][1] for record in noon.records]
    assert told == pytest.approx([1000.0 * sum(noon.lost_mwh[:number]) for number in range(TICKS)])


def test_curtailment_is_unpaid_until_the_guarantee_is_used_up_and_paid_from_then_on(noon):
    paid = [order["payment_chf"] for order in orders(noon, "roof")]
    assert paid[0] == 0.0
    assert paid[-1] == pytest.approx(0.1 * 1.75)  # 7 kW less than forecast in a quarter hour
    assert paid == sorted(paid)
    confirmed = sum(order["payment_chf"] for order in orders(noon, "roof") if order["state"] == "confirmed")
    assert noon.figures["kpis"]["economic"]["value"]["curtailment_chf"] == pytest.approx(confirmed)


def test_a_group_is_called_as_agreed_and_paid_for_what_is_withheld(noon):
    called = {(order["start"], order["p_mw"]) for order in orders(noon, "pumps")}
    expected = [NOON + number * QUARTER_HOUR for number in (1, 2, 5, 6)]  # half an hour, half an hour's rest, twice a day
    assert called == {(start.isoformat().replace("+00:00", "Z"), 0.0) for start in expected}
    assert noon.usage["calls"]["pumps"]["count"] == 2
    assert noon.figures["kpis"]["economic"]["value"]["flexibility_chf"] == pytest.approx(4 * 0.08 * 1.0)

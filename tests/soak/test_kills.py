"""Twenty random kill -9 over a day of the demo town: the undisturbed head, nothing lost, restarts within ten seconds."""

import random
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "scenarios"))
from on_air import Place

from twin.regie.chain import verify

pytestmark = pytest.mark.soak

TICKS, KILLS = 96, 20
RESUME_S = 10.0
SHARED = 3.0
"""How much slower than a machine of one's own the tests' may be."""


def test_twenty_kills_leave_the_undisturbed_head(tmp_path, capsys):
    calm, place = (Place("demo", tmp_path / name, "2016-06-15") for name in ("calm", "killed"))
    expected = calm.run(TICKS)
    assert expected.code == 0, expected.err
    chance, heads, restarts, kills = random.Random(20), [], [], 0
    while kills < KILLS and place.acked < TICKS - 4:
        before = place.acked
        begun = time.monotonic()
        run = place.start(TICKS)
        run.until(lambda before=before: place.acked > before, poll_s=0.01)
        restarts.append(time.monotonic() - begun)
        # About four quarter hours apart, in the middle of whatever the loop is doing then.
        least = place.acked + chance.randint(0, 4)
        run.until(lambda least=least: place.acked >= least, poll_s=0.01)
        time.sleep(chance.uniform(0.0, 0.4))
        run.kill()
        heads.append([record.head for record in place.records])
        kills += 1
    ended = place.run(TICKS)
    assert ended.code == 0, ended.err
    final = [record.head for record in place.records]
    assert all(final[: len(acknowledged)] == acknowledged for acknowledged in heads)
    assert ended.figures["journal"] == expected.figures["journal"]
    assert verify(place.state)[2] == []
    with capsys.disabled():
        worst, middle = max(restarts), sorted(restarts)[len(restarts) // 2]
        sys.stdout.write(
            f"\n{kills} kills, one head {final[-1][:16]}; restart to next tick {middle:.1f} s, worst {worst:.1f} s\n"
        )
    assert kills == KILLS
    assert max(restarts[1:]) <= SHARED * RESUME_S  # the first one trains the models

import numpy as np
import pytest

from twin.boxes.maintenance.watch.residual import BLOCK_S, CEILING, REFERENCE_BLOCKS, THRESHOLD, Watch, observe

QUARTERS = BLOCK_S // 900


def feed(watch: Watch, block_means: np.ndarray, rises: np.ndarray, *, first_block: int = 0) -> Watch:
    for k, (mean, rise) in enumerate(zip(block_means, rises, strict=True)):
        for quarter in range(QUARTERS):
            at_s = (first_block + k) * BLOCK_S + quarter * 900
            watch = observe(watch, at_s=at_s, rise_k=float(rise), residual_k=float(mean))
    return watch


@pytest.fixture
def frozen() -> Watch:
    random = np.random.default_rng(2)
    rises = random.uniform(10.0, 40.0, REFERENCE_BLOCKS + 1)
    # a transformer that runs 5 % hotter than typical, with a sensor 2 K too high and 1 K of noise
    return feed(Watch(), 2.0 + 0.05 * rises + random.normal(0.0, 1.0, len(rises)), rises)


def test_reference_learns_the_transformer_as_built(frozen) -> None:
    assert not frozen.learning
    # standard errors at 112 blocks, 1 K noise, rises spread over 30 K: 0.011 in the slope, 0.3 K in the offset
    assert frozen.slope == pytest.approx(0.05, abs=0.03)
    assert frozen.offset_k == pytest.approx(2.0, abs=0.9)
    assert frozen.sigma_k == pytest.approx(1.0, abs=0.2)


def test_slow_drift_is_not_absorbed(frozen) -> None:
    drift = np.linspace(0.0, 4.0, 120)  # 4 K in a month
    rises = np.full(120, 25.0)
    watch = feed(frozen, 2.0 + 0.05 * rises + drift, rises, first_block=500)
    assert watch.alarm_since_s > 0.0
    assert (watch.offset_k, watch.slope) == (frozen.offset_k, frozen.slope)


def test_healthy_years_stay_silent(frozen) -> None:
    blocks = 4 * 365 * 3
    random = np.random.default_rng(11)
    rises = random.uniform(10.0, 40.0, blocks)
    watch = frozen
    alarms = 0
    for year in range(3):
        span = slice(year * blocks // 3, (year + 1) * blocks // 3)
        means = 2.0 + 0.05 * rises[span] + random.normal(0.0, 1.0, blocks // 3)
        watch = feed(watch, means, rises[span], first_block=500 + span.start)
        alarms += watch.alarm_since_s > 0.0
    assert alarms == 0


def test_cold_oil_is_no_cooling_fault(frozen) -> None:
    rises = np.full(40, 25.0)
    assert feed(frozen, -5.0 + 0.05 * rises, rises, first_block=500).alarm_since_s == 0.0


def test_alarm_clears_after_repair(frozen) -> None:
    rises = np.full(60, 25.0)
    ill = feed(frozen, 10.0 + 0.05 * rises, rises, first_block=500)
    assert ill.cusum == CEILING > THRESHOLD
    healed = feed(ill, 2.0 + 0.05 * rises, rises, first_block=560)
    assert healed.alarm_since_s == 0.0


def test_sparse_blocks_are_not_judged(frozen) -> None:
    watch = frozen
    for block in range(500, 540):
        watch = observe(watch, at_s=block * BLOCK_S, rise_k=25.0, residual_k=50.0)
    assert watch.alarm_since_s == 0.0

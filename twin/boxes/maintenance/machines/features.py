"""What a raw vibration record says: severity, shock, orders of the shaft and lines of the bearings.

Source: ISO 20816-1:2016, 4.2.2 and 5.4 (velocity r.m.s. in a band); ISO 13373-2:2016 (spectra); R. B. Randall and J. Antoni,
Rolling element bearing diagnostics - A tutorial, Mechanical Systems and Signal Processing 25 (2011) 485-520 (envelope
analysis in a band that resonance lifts, chosen by its kurtosis).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.boxes.maintenance.machines.bearing import BearingGeometry
from twin.domain.problems import Problems

SEVERITY_BAND_HZ = (10.0, 1000.0)
"""ISO 20816-1:2016, 5.4: machines above 600 r/min. ISO 10816-5:2000, 4.1.2 begins at a quarter of the speed of slow ones."""
SLIP = 0.02
"""A defect line is looked for this share around its computed place (Randall and Antoni, section 1)."""
HARMONICS = 3
MIN_TURNS = 20.0
"""Turns of the shaft in a record: below, orders and cage lines run into each other."""
MIN_SAMPLES = 1024
_FLOOR_LINES = 50
"""Lines of the envelope's spectrum on either side whose median is the floor of a defect line."""
_BANDS = ((1 / 16, 1 / 8), (1 / 8, 1 / 4), (1 / 4, 0.45))
"""Candidates for the resonance, as shares of the sampling frequency: octaves up to the anti-aliasing filter."""
_MM_PER_M = 1000.0


@dataclass(frozen=True, kw_only=True)
class Features:
    """Features of one record; NaN where they do not apply (no speed, no bearing, no blades).

    Attributes:
        velocity_rms_mm_s: in ``band_hz`` [mm/s]. ``acceleration_rms_m_s2``: of the whole record [m/s2].
        crest_factor: peak over r.m.s. of the acceleration. ``kurtosis``: its fourth standardised moment, 3 for Gaussian noise.
        once_mm_s, twice_mm_s, blades_mm_s, mesh_mm_s: velocity amplitude (peak) [mm/s] at one and two times the shaft's
            speed, where the blades pass, where the teeth mesh.
        envelope: "bpfo", "bpfi", "bsf", "ftf" -> line over floor in the envelope's spectrum, the median of three harmonics;
            about 1 where nothing is. ``envelope_band_hz``: where it was demodulated.
    """

    velocity_rms_mm_s: float
    acceleration_rms_m_s2: float
    crest_factor: float
    kurtosis: float
    once_mm_s: float
    twice_mm_s: float
    blades_mm_s: float
    mesh_mm_s: float
    band_hz: tuple[float, float]
    envelope_band_hz: tuple[float, float]
    envelope: dict[str, float] = field(default_factory=dict)


def features_of(
    acceleration_m_s2: np.ndarray,
    *,
    sample_hz: float,
    speed_hz: float | None,
    bearing: BearingGeometry | None = None,
    blades: int | None = None,
    teeth: int | None = None,
    band_hz: tuple[float, float] = SEVERITY_BAND_HZ,
    envelope_band_hz: tuple[float, float] | None = None,
) -> Features:
    """Features of a record of a bearing housing's acceleration.

    Args:
        acceleration_m_s2: evenly sampled [m/s2], dims (time,); a NaN is a fault of the input, never filled.
        sample_hz: sampling frequency [Hz]. ``speed_hz``: turns of the shaft per second, None where unknown.
        bearing: its geometry, for the defect lines. ``blades``: of the runner or impeller. ``teeth``: of the shaft's gear.
        band_hz: of the severity [Hz]. ``envelope_band_hz``: of the envelope; None: the one of three octaves with the highest
            kurtosis.

    Raises:
        BadInput: naming every reason why nothing can be said of the record.
    """
    record = np.asarray(acceleration_m_s2, dtype=np.float64)
    _check(record, sample_hz=sample_hz, speed_hz=speed_hz, band_hz=band_hz, envelope_band_hz=envelope_band_hz)
    record = record - record.mean()
    band = band_hz[0], min(band_hz[1], 0.45 * sample_hz)
    demodulated = envelope_band_hz or _resonance(record, sample_hz)
    lines: dict[str, float] = {}
    if bearing is not None and speed_hz is not None:
        lines = _defect_lines(record, sample_hz, speed_hz, bearing, demodulated)
    rms = float(np.sqrt(np.mean(record**2)))

    def order_mm_s(multiple: int | None) -> float:
        return float("nan") if multiple is None or speed_hz is None else _amplitude_mm_s(record, sample_hz, multiple * speed_hz)

    return Features(
        velocity_rms_mm_s=velocity_rms_mm_s(record, sample_hz=sample_hz, band_hz=band),
        acceleration_rms_m_s2=rms,
        crest_factor=float(np.abs(record).max() / rms),
        kurtosis=_kurtosis(record),
        once_mm_s=order_mm_s(1),
        twice_mm_s=order_mm_s(2),
        blades_mm_s=order_mm_s(blades),
        mesh_mm_s=order_mm_s(teeth),
        band_hz=band,
        envelope_band_hz=demodulated,
        envelope=lines,
    )


def velocity_rms_mm_s(record: np.ndarray, *, sample_hz: float, band_hz: tuple[float, float]) -> float:
    """Velocity r.m.s. in a band [mm/s] from acceleration [m/s2], dims (time,).

    Integration is a division by the angular frequency, done on the power spectrum, where nothing can drift.
    """
    from scipy import signal  # loads in a second, so only where a record is looked at

    # Lines four times as fine as the band's lower end: what leaks from below it stays below it.
    length = int(min(len(record), 2 ** np.ceil(np.log2(8.0 * sample_hz / band_hz[0]))))
    frequency, density = signal.welch(record, fs=sample_hz, nperseg=length, detrend="constant")
    inside = (frequency >= band_hz[0]) & (frequency <= band_hz[1])
    velocity = density[inside] / (2.0 * np.pi * frequency[inside]) ** 2
    return float(_MM_PER_M * np.sqrt(velocity.sum() * (frequency[1] - frequency[0])))


def _amplitude_mm_s(record: np.ndarray, sample_hz: float, at_hz: float) -> float:
    """Peak velocity of the strongest line within `SLIP` of ``at_hz`` [mm/s]; NaN beyond the record's bandwidth.

    A flat-top window reads the amplitude of a line between two bins right within 0.01 dB.
    """
    from scipy import signal  # as above

    if at_hz * (1.0 + SLIP) >= 0.5 * sample_hz:
        return float("nan")
    frequency, power = signal.periodogram(record, fs=sample_hz, window="flattop", scaling="spectrum", detrend="constant")
    reach = max(SLIP * at_hz, frequency[1])
    near = np.abs(frequency - at_hz) <= reach
    return float(_MM_PER_M * np.sqrt(2.0 * power[near].max()) / (2.0 * np.pi * at_hz))


def _kurtosis(values: np.ndarray) -> float:
    centred = values - values.mean()
    return float(np.mean(centred**4) / np.mean(centred**2) ** 2)


def _banded(record: np.ndarray, sample_hz: float, band_hz: tuple[float, float]) -> np.ndarray:
    from scipy import signal  # as above

    return np.asarray(signal.sosfiltfilt(signal.butter(4, band_hz, btype="bandpass", fs=sample_hz, output="sos"), record))


def _resonance(record: np.ndarray, sample_hz: float) -> tuple[float, float]:
    """The octave in which the record is most impulsive: there the structure rings when a damaged spot is struck."""
    candidates = [(low * sample_hz, high * sample_hz) for low, high in _BANDS]
    return max(candidates, key=lambda band: _kurtosis(_banded(record, sample_hz, band)))


def _defect_lines(
    record: np.ndarray, sample_hz: float, speed_hz: float, bearing: BearingGeometry, band_hz: tuple[float, float]
) -> dict[str, float]:
    from scipy import signal  # as above

    envelope = np.abs(signal.hilbert(_banded(record, sample_hz, band_hz)))
    frequency, power = signal.periodogram(envelope, fs=sample_hz, window="hann", detrend="constant")
    amplitude = np.sqrt(power)
    orders = bearing.orders()
    places = {"bpfo": orders.bpfo, "bpfi": orders.bpfi, "bsf": 2.0 * orders.bsf, "ftf": orders.ftf}
    return {name: _prominence(frequency, amplitude, order * speed_hz) for name, order in places.items()}


def _prominence(frequency: np.ndarray, amplitude: np.ndarray, at_hz: float) -> float:
    """The strongest line within `SLIP` over the floor around it, the median of the harmonics.

    Single harmonics of two defects coincide (of many bearings 3 BPFO with 2 BPFI); a train of impulses has them all.
    """
    ratios = []
    for harmonic in range(1, HARMONICS + 1):
        centre = harmonic * at_hz
        near = np.flatnonzero(np.abs(frequency - centre) <= max(SLIP * centre, frequency[1]))
        if not near.size or near[-1] + 1 >= len(frequency):
            break
        around = amplitude[max(1, near[0] - _FLOOR_LINES) : near[-1] + 1 + _FLOOR_LINES]
        # The largest of n Rayleigh lines is sqrt(ln n / ln 2) medians high: where nothing is, the ratio is about 1.
        expected = np.median(around) * np.sqrt(np.log(max(2, near.size)) / np.log(2.0))
        ratios.append(amplitude[near].max() / expected)
    return float(np.median(ratios)) if ratios else float("nan")


def _check(
    record: np.ndarray,
    *,
    sample_hz: float,
    speed_hz: float | None,
    band_hz: tuple[float, float],
    envelope_band_hz: tuple[float, float] | None,
) -> None:
    problems, place = Problems(), "vibration record"
    if not sample_hz > 0.0:
        problems.add(place, f"sample_hz {sample_hz:g}", "above 0 Hz", "state the sampling frequency")
        problems.raise_if_any()
    if record.ndim != 1 or len(record) < MIN_SAMPLES:
        shape = " x ".join(map(str, record.shape))
        problems.add(place, f"{shape} samples", f"one series of at least {MIN_SAMPLES}", "record for longer")
        problems.raise_if_any()
    bad = np.flatnonzero(~np.isfinite(record))
    if bad.size:
        problems.add(place, f"{bad.size} values missing, the first at sample {bad[0]}", "none", "cut the record there")
    elif np.ptp(record) == 0.0:
        problems.add(place, f"{record[0]:g} in every sample", "a vibration", "check sensor and cable")
    if band_hz[0] <= 0.0 or band_hz[0] >= min(band_hz[1], 0.45 * sample_hz):
        limit = f"a band above 0 Hz and below {0.45 * sample_hz:g} Hz (0.45 of the sampling frequency)"
        problems.add(place, f"severity from {band_hz[0]:g} to {band_hz[1]:g} Hz", limit, "sample faster, or correct the band")
    if len(record) / sample_hz < 2.0 / max(band_hz[0], 1e-9):
        seconds, limit = f"{len(record) / sample_hz:g} s", f"two periods of {band_hz[0]:g} Hz"
        problems.add(place, seconds, limit, "record for longer")
    if speed_hz is not None and not speed_hz > 0.0:
        problems.add(place, f"speed_hz {speed_hz:g}", "above 0 Hz", "state the turns per second, or leave it out")
    elif speed_hz is not None and len(record) / sample_hz * speed_hz < MIN_TURNS:
        turns, limit = f"{len(record) / sample_hz * speed_hz:.1f} turns", f"at least {MIN_TURNS:g}"
        problems.add(place, turns, limit, "record for longer")
    if envelope_band_hz is not None and not 0.0 < envelope_band_hz[0] < envelope_band_hz[1] < 0.5 * sample_hz:
        limit = f"within 0 to {0.5 * sample_hz:g} Hz, ascending"
        problems.add(place, f"envelope band {envelope_band_hz}", limit, "correct the band")
    problems.raise_if_any()

"""Sensors as power-grid-model takes them.

A power sensor holds p and q together. power-grid-model drops the whole sensor when one of the two standard deviations is
infinite, and counts a NaN value as a number (both measured on 1.12); a p without its q therefore enters with a q of 0 that
nobody believes (`UNKNOWN_MVA`). Only Newton-Raphson keeps the two apart: the iterative linear method weighs their sum.
"""

from __future__ import annotations

import numpy as np
from power_grid_model import ComponentType, DatasetType, initialize_array

UNKNOWN_MVA = 1e6
"""Standard deviation of what a sensor does not measure: 1 TVA. 1 GVA gives the same state to every digit (measured)."""
RATED_V = 1000.0
"""Of every node in `twin.engines.estimation.pgm_input`."""


def voltage_sensors(first_id: int, node: np.ndarray, vm_pu: np.ndarray, sigma_pu: np.ndarray) -> np.ndarray:
    """One sensor of magnitude per entry, dims (sensor,)."""
    sensor: np.ndarray = initialize_array(DatasetType.input, ComponentType.sym_voltage_sensor, len(node))
    sensor["id"] = first_id + np.arange(len(node))
    sensor["measured_object"] = node
    write_voltages(sensor, vm_pu, sigma_pu)
    return sensor


def write_voltages(sensor: np.ndarray, vm_pu: np.ndarray, sigma_pu: np.ndarray) -> None:
    """Readings of voltage sensors, into power-grid-model's input or its update of one."""
    sensor["u_measured"], sensor["u_sigma"] = vm_pu * RATED_V, sigma_pu * RATED_V


def power_sensors(
    target: np.ndarray, terminal: np.ndarray, power: np.ndarray, p_sigma: np.ndarray, q_sigma: np.ndarray
) -> np.ndarray:
    """One sensor of p and q per entry, dims (sensor,); ``power`` complex [MVA], standard deviations [MW] and [Mvar]."""
    sensor: np.ndarray = initialize_array(DatasetType.input, ComponentType.sym_power_sensor, len(target))
    sensor["measured_object"], sensor["measured_terminal_type"] = target, terminal
    write_powers(sensor, power, p_sigma, q_sigma)
    return sensor


def write_powers(sensor: np.ndarray, power: np.ndarray, p_sigma: np.ndarray, q_sigma: np.ndarray) -> None:
    """Readings of power sensors, likewise."""
    sensor["p_measured"], sensor["q_measured"] = power.real * 1e6, power.imag * 1e6
    sensor["p_sigma"], sensor["q_sigma"] = p_sigma * 1e6, q_sigma * 1e6
    sensor["power_sigma"] = np.maximum(p_sigma, q_sigma) * 1e6

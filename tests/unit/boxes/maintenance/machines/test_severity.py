from typing import get_args

import numpy as np

from twin.boxes.maintenance.machines.severity import PUBLISHED, zone_of
from twin.site.machine import MachineClass

LIMITS = np.array([[1.6, 2.5, 4.0]])


def test_a_value_on_a_boundary_belongs_to_the_better_zone() -> None:
    values = np.array([[0.0], [1.6], [1.61], [2.5], [2.51], [4.0], [4.01]])
    assert zone_of(values, LIMITS)[:, 0].tolist() == [0, 0, 1, 1, 2, 2, 3]


def test_a_missing_vibration_has_no_zone() -> None:
    assert np.isnan(zone_of(np.array([np.nan]), LIMITS)).all()


def test_every_class_that_a_site_may_name_has_ascending_boundaries() -> None:
    assert set(PUBLISHED) == set(get_args(MachineClass))
    assert all(0.0 < limits.ab < limits.bc < limits.cd for limits in PUBLISHED.values())

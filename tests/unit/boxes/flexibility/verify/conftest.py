"""What the tests of measurement and verification share."""

from __future__ import annotations

import pytest

from tests.unit.boxes.flexibility.verify.customers import town


@pytest.fixture
def flat():
    """Customers who draw the same every day: a baseline is exact on them."""
    return town(noise=0.0)

"""pytest plugin ``regie_box``: a third party tests its box in two lines.

def test_my_box(check_box):
    check_box("my_package.box:MyBox", {"zone": "town"})
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from twin.contracts.conformance import CheckResult


@pytest.fixture
def check_box() -> Callable[..., list[CheckResult]]:
    """Tries every promise of a box and fails with all broken ones; see `twin.contracts.conformance.check_box`."""
    # Imported when asked for: the plugin is loaded by every pytest run of an environment that has the régie installed.
    from twin.contracts import conformance

    def check(*args: Any, **kwargs: Any) -> list[CheckResult]:
        results = conformance.check_box(*args, **kwargs)
        broken = [f"{result.name}: {result.detail}" for result in results if not result.ok]
        if broken:
            pytest.fail(f"{len(broken)} of {len(results)} promises broken\n  " + "\n  ".join(broken), pytrace=False)
        return results

    return check

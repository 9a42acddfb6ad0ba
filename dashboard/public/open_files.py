"""How many connections this process may hold: its limit of open files, raised as far as the system lets it."""

from __future__ import annotations

import resource

RESERVE = 128
"""Files kept free: what the process has open itself, the snapshot being read, and connections that are being turned away."""
WANTED = 32_768  # twice the largest crowd that the page is measured with; what lies beyond is a flood


def raise_limit(wanted: int = WANTED) -> int:
    """Raise the soft limit of open files to ``wanted`` or to the hard limit, never lower it.

    Returns:
        The connections that fit below it; at least one.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    within = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < within:
        resource.setrlimit(resource.RLIMIT_NOFILE, (within, hard))
        soft = within
    limit = wanted if soft == resource.RLIM_INFINITY else min(soft, wanted)
    return max(1, limit - RESERVE)

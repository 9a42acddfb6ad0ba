"""A snapshot of the made-up town as the live page tells it."""

import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from public_town import AS_OF, town

from dashboard.public.feed import Edition
from dashboard.public.pages.document import Assets
from dashboard.public.pages.live import live_page
from dashboard.public.view import View, render

THIN = "\u202f"  # narrow space between figure and unit
QUARTER = timedelta(minutes=15)
SPAN = "–\u2060"  # a dash after which no line may break


def view_of(snapshot, language="en", released=None) -> View:
    return render(Edition("1", snapshot, released), language)


def page_of(snapshot, language="en", released=None) -> str:
    return live_page(view_of(snapshot, language, released), Assets("/s", "/j"), stale=False).decode()


def in_real_time(period_s=895.0, **other):
    """A town whose clock is the one on the wall."""
    return town(published=AS_OF + timedelta(seconds=5), period_s=period_s, speed=1.0, **other)

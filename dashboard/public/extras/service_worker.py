"""The service worker: one script, completed with the build that names its cache and with its few words."""

from __future__ import annotations

import json

from dashboard.format import LANGUAGES
from dashboard.public.extras.assets import source
from dashboard.public.extras.small_page import text
from dashboard.public.extras.told import words_of

_WORDS = {"title": "offline_title", "text": "offline", "last": "offline_last", "copy": "offline_copy"}


def service_worker(build: str) -> bytes:
    """The script. ``build``: changes whenever a style or a script of the view does, and empties the cache with it."""
    words = {
        language: {name: text(words_of(language).get(f"install.{code}")) for name, code in _WORDS.items()}
        for language in LANGUAGES
    }
    script = source("sw.js").replace("__BUILD__", build).replace("__WORDS__", json.dumps(words, ensure_ascii=False))
    return script.encode()

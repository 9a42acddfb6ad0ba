"""What a browser needs to install the view (W3C Web Application Manifest). All addresses are relative to the manifest's own."""

from __future__ import annotations

import json

from dashboard.public.extras.told import town_of, words_of
from twin.contracts.public_snapshot import PublicSnapshot

ICONS = (192, 512)
"""Sides [pixel] that browsers ask for."""

GROUND, THEME = "#f5f5f3", "#00694a"  # the page's background and green in light


def manifest(snapshot: PublicSnapshot | None, language: str, *, root: str, start: str) -> bytes:
    """The manifest in a language.

    Args:
        root: way from the manifest to the public root, where the icons are ("../", or "./" at the root itself).
        start: way to the page that an installed view opens.
    """
    say = words_of(language).get
    icons = [{"src": f"{root}icon.svg", "sizes": "any", "type": "image/svg+xml"}]
    for side in ICONS:
        shape = {"sizes": f"{side}x{side}", "type": "image/png"}
        icons.append({"src": f"{root}icon-{side}.png", **shape})
        icons.append({"src": f"{root}icon-maskable-{side}.png", **shape, "purpose": "maskable"})
    content = {
        "name": say("install.name", {"town": town_of(snapshot, language)}),
        "short_name": say("install.short"),
        "description": say("install.about"),
        "lang": language,
        "start_url": start,
        "scope": root,
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": THEME,
        "icons": icons,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

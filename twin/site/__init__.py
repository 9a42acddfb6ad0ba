"""The site file: one TOML file says what a utility has, may and wants; everything else is built from it."""

from twin.site.read import load_site, site_path
from twin.site.site import Site

__all__ = ["Site", "load_site", "site_path"]

import re

import numpy as np
import pytest

from forecasts.past import Place
from forecasts.series import Series
from twin.site.read import site_path


@pytest.fixture(scope="session")
def feeder():
    """Hourly, 120 days from a local midnight on: a daily shape, lighter weekends, heating, and noise."""
    days = 120
    rng = np.random.default_rng(5)
    temp = np.repeat(8.0 + np.cumsum(rng.normal(size=days)), 24)
    hour, day = np.arange(days * 24) % 24, np.arange(days * 24) // 24
    values = 10.0 + 3.0 * np.sin(2 * np.pi * hour / 24) - 2.0 * (day % 7 >= 5) + 0.2 * (15.0 - temp)
    values += 0.3 * rng.normal(size=days * 24)
    start_s = int(np.datetime64("2019-01-06T23:00", "s").astype(np.int64))  # local midnight of a Monday
    place = Place("Europe/Zurich", "CH", "ZH")
    return Series("feeder", "load", start_s, 3600, values, np.zeros(days * 24, np.uint8), place, {"temp_c": temp}, "measured")


@pytest.fixture
def site(tmp_path):
    """A writable copy of the demo town."""
    path = tmp_path / "town.toml"
    path.write_bytes(site_path("demo").read_bytes())
    return path


@pytest.fixture
def restate(site):
    """Gives the town's load box of the copy another configuration."""

    def write(config):
        table = r'(name = "load_town"\nuse = "load"\n\n\[boxes\.config\]\n)[^\n]+\n(?:[^\n]+\n)*'
        text, count = re.subn(table, lambda found: f"{found[1]}{config}\n", site.read_text())
        assert count == 1
        site.write_text(text)

    return write

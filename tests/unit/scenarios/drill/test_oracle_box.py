"""The oracle: another box's report with the truth in it, and a good citizen otherwise."""

import numpy as np
import pytest

from scenarios.drill.oracle_box import REFERENCE, OracleBox, truth_text
from twin.contracts.conformance import check_box
from twin.contracts.synthetic import AS_OF, SyntheticSite
from twin.domain.problems import BadInput

CONFIG = {"zone": "town", "engine": "day_type"}


@pytest.fixture
def oracle(tmp_path):
    """Writes what came, hours from AS_OF on, and gives the oracle's configuration."""

    def config(*values):
        path = tmp_path / "truth.json"
        path.write_text(truth_text(AS_OF, {"zone_load_p_mw": {"town": np.array(values)}}))
        return {"box": "forecasts.load.box:LoadBox", "config": CONFIG, "truth": str(path)}

    return config


def test_all_quantiles_say_what_came_and_beyond_it_the_other_box_speaks(oracle):
    site = SyntheticSite()
    box = OracleBox(oracle(1.5, np.nan, 2.5), site.context())
    report, _ = box.step(site.view(AS_OF), None, None)
    plain, _ = box._box.step(site.view(AS_OF), None, None)
    found, other = (one.outputs["load_forecast_p_mw"].sel(zone="town").values for one in (report, plain))
    assert np.all(found[[0, 2]] == np.array([[1.5], [2.5]]))
    assert np.array_equal(found[[1, 3]], other[[1, 3]])
    assert np.array_equal(found[3:], other[3:])


def test_it_keeps_every_promise_of_a_box(oracle):
    broken = [result for result in check_box(REFERENCE, oracle(1.0, 1.0)) if not result.ok]
    assert broken == []


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"truth .*nowhere\.json: FileNotFoundError"):
        OracleBox({"box": "", "config": {}, "truth": str(tmp_path / "nowhere.json")}, SyntheticSite().context())

from hypothesis import given
from hypothesis import strategies as st

from twin.maintenance.ranking.labels import log_axis, placed

AXES = {"x_range": (0.0, 10.5), "log_y_range": (4.0, 6.0)}


def test_a_name_that_finds_no_room_is_left_out_rather_than_drawn_over_another():
    crowd = [(5.0 + 0.05 * at, 300_000.0) for at in range(6)]
    names = placed([f"Station {at}, from the busbar" for at in range(6)], crowd, **AXES)
    assert names[0] != ""
    assert "" in names


def test_points_far_apart_keep_their_names_and_those_at_the_edge_turn_inwards():
    names = placed(["Main transformer 1", "Main transformer 2"], [(5.0, 300_000.0), (10.3, 20_000.0)], **AXES)
    assert names == ["top center", "middle left"]


def test_few_figures_stand_on_a_logarithmic_axis_and_in_the_readers_own_way():
    axis = log_axis([240.0, 60_000.0, 600_000.0], "fr")
    assert axis["tickvals"] == [1e3, 1e4, 1e5, 1e6]
    assert [text.replace("\u202f", " ").replace("\xa0", " ") for text in axis["ticktext"]] == [
        "1 000",
        "10 000",
        "100 000",
        "1 000 000",
    ]


@given(values=st.lists(st.floats(1.0, 1e9), max_size=6))
def test_every_value_lies_on_the_axis_and_some_figure_does(values):
    axis = log_axis(values, "de")
    low, high = (10.0**end for end in axis["range"])
    assert all(low <= value <= high for value in values)
    assert 1 <= len(axis["tickvals"]) == len(set(axis["ticktext"])) <= 16

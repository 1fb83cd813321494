import pytest

from clinic_site.core.art import landscape
from clinic_site.core.outlines import polygons


def test_straight_lines_become_their_corners():
    assert polygons("M0 0h10v10H0z") == [[(0, 0), (10, 0), (10, 10), (0, 10)]]
    assert polygons("M1.5 -2L3 4L5 6V0z") == [[(1.5, -2), (3, 4), (5, 6), (5, 0)]]


def test_curves_end_where_they_say_and_stay_between_their_points():
    (absolute,), (relative,) = polygons("M0 0Q5 10 10 0z"), polygons("M0 0q5 10 10 0z")
    assert absolute == relative
    assert absolute[-1] == pytest.approx((10, 0))
    assert max(y for _, y in absolute) == pytest.approx(5)


def test_every_part_of_a_landscape_has_a_shape():
    view = landscape("ptsd")
    assert all(len(polygons(ridge)) == 1 for ridge in view.ridges)
    for pine in view.pines:
        shapes = polygons(pine.outline)
        assert len(shapes) == 18  # a trunk and its crown, eight branches each with a tuft
        highest = min(y for shape in shapes for _, y in shape)
        assert pine.foot - 240 < highest < pine.foot - 90

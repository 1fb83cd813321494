"""Drawings: safe markup, right sizes, words for people who do not see them."""

import re
import xml.etree.ElementTree as ET  # our own markup

import pytest
from django.conf import settings

from consults.charts import COLOURS, FLOOR, PLOT, Series, bars, colour, columns, lines, scale, shortened
from tests.site.test_contrast import luminance, ratio

HOSTILE = "<script>alert(1)</script>&\"'"


def drawn(chart) -> ET.Element:
    return ET.fromstring(chart.svg)  # noqa: S314


def some_columns(*series: list, labels: list | None = None, **changes):
    about = {"key": "k", "title": "A title", "about": "What it shows", **changes}
    labels = labels or [f"L{number}" for number in range(len(series[0]))]
    return columns(
        labels=labels, series=[Series(name=f"S{n}", values=values) for n, values in enumerate(series)], **about
    )


def some_lines(*series: list, **changes):
    return lines(
        key="k",
        title="A title",
        about="What it shows",
        labels=[f"L{number}" for number in range(len(series[0]))],
        series=[Series(name=f"S{n}", values=values) for n, values in enumerate(series)],
        unit="h",
        **changes,
    )


@pytest.mark.parametrize(
    ("highest", "steps"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (4.2, [0, 2, 4, 6]),
        (9, [0, 5, 10]),
        (21, [0, 10, 20, 30]),
        (1000, [0, 500, 1000]),
    ],
)
def test_scales_are_round_and_reach_the_highest(highest, steps):
    assert scale(highest) == steps


def test_every_scale_reaches_its_highest_value_in_few_steps():
    for highest in range(5000):
        steps = scale(highest)
        assert steps[-1] >= highest
        assert 2 <= len(steps) <= 5


def test_columns_are_as_high_as_their_values_and_stand_on_one_another():
    chart = drawn(some_columns([2, 0], [1, 4]))  # the scale ends at 4
    rects = [(rect.get("class"), float(rect.get("y")), float(rect.get("height"))) for rect in chart.findall("rect")]
    quarter = PLOT / 4
    assert rects == [
        ("mark series-1", FLOOR - 2 * quarter, 2 * quarter),
        ("mark series-2", FLOOR - 3 * quarter, quarter - 1),  # less the hair's breadth between them
        ("mark series-2", FLOOR - 4 * quarter, 4 * quarter),
    ]
    assert [rect.find("title").text for rect in chart.findall("rect")] == ["L0: S0 2", "L0: S1 1", "L1: S1 4"]
    assert [text.text for text in chart.findall("text[@class='number']")] == ["3", "4"]


def test_a_line_has_a_gap_where_nothing_is_known():
    chart = drawn(some_lines([1.0, None, 2.0, 0.0], promise=(1.5, "promised: 1.5 h")))
    assert len(chart.findall("circle")) == 3
    assert len(chart.findall("line[@class='line series-1']")) == 1
    assert float(chart.findall("circle")[2].get("cy")) == FLOOR
    assert chart.find("line[@class='promise']").get("y1") == chart.find("line[@class='promise']").get("y2")
    assert chart.find("text[@class='promised']").text == "promised: 1.5 h"


def test_a_scale_reaches_a_promise_that_is_higher_than_every_value():
    ticks = [text.text for text in drawn(some_lines([1.0], promise=(8, "8 h"))).findall("text[@class='tick']")]
    assert "8 h" in ticks


def test_bars_are_as_long_as_their_values_beside_the_longest():
    chart = drawn(bars(key="k", title="T", about="A", rows=[("a", 4, "4 of 6"), ("b", 2, "2"), ("c", 0, "0")]))
    widths = [float(rect.get("width").rstrip("%")) for rect in chart.findall("rect")]
    assert widths == [78, 39, 0]
    assert [text.text for text in chart.findall("text[@class='number']")] == ["4 of 6", "2", "0"]


def test_long_words_are_shortened_for_phones():
    assert shortened("x" * 44) == "x" * 44
    assert shortened("word " * 20) == f"{'word ' * 8}wor…"


def test_few_labels_stand_below_and_numbers_only_where_they_fit():
    for count, labels in ((1, 1), (6, 6), (7, 4), (24, 6), (157, 6)):
        chart = drawn(some_columns([1] * count))
        assert len(chart.findall("text[@class='label']")) == labels
        assert len(chart.findall("text[@class='number']")) == (count if count <= 13 else 0)


@pytest.mark.parametrize("chart", [some_columns([]), some_columns([0, 0]), some_lines([None, None])])
def test_nothing_to_draw_is_drawn_without_a_fault(chart):
    assert drawn(chart).findall("rect") == []


def test_a20_no_word_becomes_markup_and_nothing_is_inline():
    charts = [
        some_columns([1], [2], labels=[HOSTILE], title=HOSTILE, about=HOSTILE),
        bars(key="k", title=HOSTILE, about=HOSTILE, rows=[(HOSTILE, 1, HOSTILE)]),
        some_lines([1.0], promise=(1, HOSTILE)),
    ]
    for chart in charts:
        assert drawn(chart).findall(".//script") == []
        assert "<script" not in chart.svg
        assert not re.search(r"\s(?:style|on\w+|href)=", chart.svg)


def test_a_drawing_says_what_it_shows():
    svg = drawn(some_columns([1], [2], key="weeks"))
    named = svg.get("aria-labelledby").split()
    assert [svg.find(f"*[@id='{name}']").text for name in named] == ["A title", "What it shows"]
    assert svg.get("role") == "img"


def test_several_colours_have_a_legend_and_one_has_none():
    assert some_columns([1], [2]).legend == [("series-1", "S0"), ("series-2", "S1")]
    assert some_columns([1]).legend == []
    assert some_lines([1.0], [2.0]).legend == [("series-1", "S0"), ("series-2", "S1 (dashed)")]


def test_colours_stand_out_from_the_page_in_both_schemes():
    css = (settings.BASE_DIR / "static/css/admin-reports.css").read_text()
    names = dict(re.findall(r"--(series-\d): var\(--([\w-]+)\)", css))
    assert list(names) == [colour(number) for number in range(COLOURS)]
    light_css, dark_css = (settings.BASE_DIR / "static/css/tokens.css").read_text().split("prefers-color-scheme: dark")
    light = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})\b", light_css))
    for palette in (light, {**light, **dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})\b", dark_css))}):
        shades = {name: luminance(_rgb(palette[name])) for name in ("surface", *names.values())}
        for name in names.values():
            assert ratio(shades[name], shades["surface"]) >= 3, name


def _rgb(value: str) -> list[int]:
    digits = value[1:] if len(value) == 7 else "".join(2 * digit for digit in value[1:])
    return [int(digits[place : place + 2], 16) for place in (0, 2, 4)]

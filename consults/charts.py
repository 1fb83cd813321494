"""Charts as SVG, drawn on the server: no script, no style attribute, every colour a class of admin-reports.css.

Across, everything is measured in percent, so a chart is as wide as its place while its words keep
their size on every screen. Down, everything is in pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

COLOURS = 6
# The room on the left, in percent, in which the numbers of the scale stand.
LEFT = 9
TOP, PLOT, FOOT = 22, 168, 28
FLOOR = TOP + PLOT
MOST_LABELS = 6
# With more columns than this, the numbers above them would touch on a phone.
MOST_NUMBERED = 13
# A row of a bar chart: its words, and the bar below them.
ROW, WORDS, THICK = 46, 15, 16
# The longest bar, in percent; its number follows it.
LONGEST_BAR = 78
MOST_LETTERS = 44


@dataclass(frozen=True, kw_only=True)
class Series:
    """One colour of a chart. A value of None is a gap: nothing is known, which is not zero."""

    name: str
    values: Sequence[int | float | None]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A drawing, and the class and name of each of its colours when there are several."""

    svg: SafeString
    legend: list[tuple[str, str]]


def columns(*, key: str, title: str, about: str, labels: Sequence[str], series: Sequence[Series]) -> Chart:
    """Draw one column for each label, the series stacked from below. `key` makes its ids unique on the page."""
    totals = [sum(one.values[place] or 0 for one in series) for place in range(len(labels))]
    ticks = scale(max(totals, default=0))
    slot = (100 - LEFT) / max(len(labels), 1)
    parts = [_grid(ticks)]
    for place, label in enumerate(labels):
        left, below = LEFT + slot * (place + 0.14), 0
        for number, one in enumerate(series):
            value = one.values[place] or 0
            if value:
                words = f"{label}: {one.name} {value}" if len(series) > 1 else f"{label}: {value}"
                parts.append(_column(number, left, slot * 0.72, below, value, ticks[-1], words))
            below += value
        if len(labels) <= MOST_NUMBERED and totals[place]:
            parts.append(_text(left + slot * 0.36, _height(below, ticks[-1]) - 6, totals[place], "number"))
    parts.append(_labels(labels, slot))
    return _chart(key, title, about, parts, FLOOR + FOOT, series)


def lines(
    *,
    key: str,
    title: str,
    about: str,
    labels: Sequence[str],
    series: Sequence[Series],
    unit: str,
    promise: tuple[float, str] | None = None,
) -> Chart:
    """Draw one line for each series; the first is whole with round marks, the others dashed with square ones.

    `unit` stands behind the numbers of the scale. `promise` is a height to be held, and its words.
    """
    highest = max((value for one in series for value in one.values if value is not None), default=0)
    ticks = scale(max(highest, promise[0] if promise else 0))
    slot = (100 - LEFT) / max(len(labels), 1)
    parts = [_grid(ticks, unit)]
    for number, one in enumerate(series):
        points = [
            None if value is None else (LEFT + slot * (place + 0.5), _height(value, ticks[-1]))
            for place, value in enumerate(one.values)
        ]
        parts += [_line(number, *pair) for pair in pairwise(points) if None not in pair]
        parts += [
            _mark(number, *point, f"{labels[place]}: {one.name} {one.values[place]:.1f} {unit}")
            for place, point in enumerate(points)
            if point
        ]
    if promise:
        parts.append(_promise(_height(promise[0], ticks[-1]), promise[1]))
    parts.append(_labels(labels, slot))
    dashed = [Series(name=f"{one.name} (dashed)", values=one.values) for one in series[1:]]
    return _chart(key, title, about, parts, FLOOR + FOOT, [*series[:1], *dashed])


def bars(*, key: str, title: str, about: str, rows: Sequence[tuple[str, int, str]]) -> Chart:
    """Draw one bar from the left for each (words, value, what to write behind the bar)."""
    most = max((value for _, value, _ in rows), default=0) or 1
    parts = []
    for number, (words, value, text) in enumerate(rows):
        top = number * ROW
        width = LONGEST_BAR * value / most
        parts.append(_text(0, top + WORDS, shortened(words), "name"))
        parts.append(
            format_html(
                '<rect class="mark series-1" x="0" y="{}" width="{}%" height="{}"/>', top + 21, _short(width), THICK
            )
        )
        parts.append(
            format_html('<text class="number" x="{}%" dx="6" y="{}">{}</text>', _short(width), top + 21 + 13, text)
        )
    return _chart(key, title, about, parts, len(rows) * ROW, [])


def scale(highest: float) -> list[int]:
    """Return the numbers of a scale from 0 up to at least `highest`: whole, round, five at the most."""
    step = 1
    while step * 4 < highest:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return list(range(0, step * max(ceil(highest / step), 1) + 1, step))


def shortened(words: str) -> str:
    """Return words that fit above a bar on a phone; the table has them whole."""
    return words if len(words) <= MOST_LETTERS else f"{words[: MOST_LETTERS - 1].rstrip()}…"


def colour(number: int) -> str:
    """Return the class of the series with this number, counted from 0."""
    return f"series-{number % COLOURS + 1}"


def _chart(key: str, title: str, about: str, parts: list, height: int, series: Sequence[Series]) -> Chart:
    svg = format_html(
        '<svg class="chart" role="img" aria-labelledby="{key}-title {key}-desc" width="100%" height="{height}">'
        '<title id="{key}-title">{title}</title><desc id="{key}-desc">{about}</desc>{parts}</svg>',
        key=key,
        height=height,
        title=title,
        about=about,
        parts=format_html_join("", "{}", ((part,) for part in parts)),
    )
    names = [(colour(number), one.name) for number, one in enumerate(series)]
    return Chart(svg=svg, legend=names if len(names) > 1 else [])


def _height(value: float, highest: float) -> float:
    """How far down a value lies."""
    return _short(FLOOR - PLOT * value / highest)


def _short(number: float) -> float:
    return round(number, 2)


def _column(number: int, left: float, width: float, below: int, value: int, highest: int, words: str) -> SafeString:
    top, foot = _height(below + value, highest), _height(below, highest)
    # A hair's breadth between the parts of a column tells them apart without their colours.
    height = max(_short(foot - top - (1 if below else 0)), 1)
    return format_html(
        '<rect class="mark {}" x="{}%" y="{}" width="{}%" height="{}"><title>{}</title></rect>',
        colour(number), _short(left), top, _short(width), height, words,
    )  # fmt: skip


def _line(number: int, start: tuple[float, float], end: tuple[float, float]) -> SafeString:
    return format_html(
        '<line class="line {}" x1="{}%" y1="{}" x2="{}%" y2="{}"/>',
        colour(number), _short(start[0]), start[1], _short(end[0]), end[1],
    )  # fmt: skip


def _mark(number: int, x: float, y: float, words: str) -> SafeString:
    if number == 0:
        return format_html(
            '<circle class="mark series-1" cx="{}%" cy="{}" r="4"><title>{}</title></circle>', _short(x), y, words
        )
    return format_html(
        '<rect class="mark {}" x="{}%" y="{}" width="7" height="7" transform="translate(-3.5 -3.5)">'
        "<title>{}</title></rect>",
        colour(number), _short(x), y, words,
    )  # fmt: skip


def _grid(ticks: list[int], unit: str = "") -> SafeString:
    return format_html_join(
        "",
        '<line class="{}" x1="0" x2="100%" y1="{}" y2="{}"/><text class="tick" x="0" y="{}">{}</text>',
        (
            ("grid" if tick else "floor", y, y, y - 4, f"{tick:,} {unit}".strip() if tick else "")
            for tick in ticks
            for y in [_height(tick, ticks[-1])]
        ),
    )


def _promise(y: float, words: str) -> SafeString:
    return format_html(
        '<line class="promise" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        '<text class="promised" x="100%" y="{below}">{words}</text>',
        y=y,
        below=_short(y - 5),
        words=words,
    )


def _labels(labels: Sequence[str], slot: float) -> SafeString:
    """A few of the labels, evenly spaced, the first of them always."""
    step = -(-len(labels) // MOST_LABELS) if len(labels) else 1
    return format_html_join(
        "",
        '<text class="label" x="{}%" y="{}">{}</text>',
        (
            (_short(LEFT + slot * (place + 0.5)), FLOOR + 19, label)
            for place, label in enumerate(labels)
            if place % step == 0
        ),
    )


def _text(x: float, y: float, words, name: str) -> SafeString:
    return format_html('<text class="{}" x="{}%" y="{}">{}</text>', name, _short(x), _short(y), words)

"""SVG path data as polygons, for drawing the same outlines into a bitmap.

Knows what `core.art` writes: M, L, H, V, Q and z, and h, v, q.
"""

import re
from collections.abc import Iterator

Point = tuple[float, float]

PIECE = re.compile(r"([MLHVQhvqz])([^A-Za-z]*)")
NUMBER = re.compile(r"-?[\d.]+")
STEPS = 8  # straight pieces for one curve: smooth at twice the size of a share picture


def polygons(path: str) -> list[list[Point]]:
    """Return the closed shapes of `path`, curves cut into straight pieces."""
    shapes: list[list[Point]] = []
    x = y = 0.0
    for command, rest in PIECE.findall(path):
        numbers = [float(number) for number in NUMBER.findall(rest)]
        if command == "z":
            continue
        if command == "M":
            shapes.append([])
        for end in _points(command, numbers, (x, y)):
            shapes[-1].append(end)
            x, y = end
    return [shape for shape in shapes if len(shape) > 2]


def _points(command: str, numbers: list[float], start: Point) -> Iterator[Point]:
    """The points of one piece of a path that begins at `start`."""
    x, y = start
    if command == "H":
        yield numbers[0], y
    elif command == "V":
        yield x, numbers[0]
    elif command == "h":
        yield x + numbers[0], y
    elif command == "v":
        yield x, y + numbers[0]
    elif command in "Qq":
        for at in range(0, len(numbers), 4):
            control_x, control_y, end_x, end_y = numbers[at : at + 4]
            if command == "q":
                control_x, control_y, end_x, end_y = x + control_x, y + control_y, x + end_x, y + end_y
            yield from _curve((x, y), (control_x, control_y), (end_x, end_y))
            x, y = end_x, end_y
    else:
        yield from zip(numbers[::2], numbers[1::2], strict=True)


def _curve(start: Point, control: Point, end: Point) -> Iterator[Point]:
    for step in range(1, STEPS + 1):
        t = step / STEPS
        yield tuple(
            (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c for a, b, c in zip(start, control, end, strict=True)
        )

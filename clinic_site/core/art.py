"""Landscapes drawn from a name: rounded ridges, longleaf pines, a low sun. No stock photos.

The same key always gives the same picture, of 6 to 8 kB.
"""

import hashlib
import itertools
import random
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 400

Point = tuple[float, float]


@dataclass(frozen=True)
class Sky:
    """The colours of one hour: sky from top to horizon, the sun, the ridges from far to near."""

    top: str
    middle: str
    horizon: str
    sun: str
    ridges: tuple[str, ...]


SKIES = {
    "dawn": Sky("#24365C", "#7A6393", "#F2B98B", "#FFE3B8", ("#8D7CA0", "#5F6A8D", "#3A5A6C", "#1F4850", "#12302C")),
    "day": Sky("#A9CFD3", "#CFE4DF", "#F6EBD8", "#FFF7E6", ("#A9C6C4", "#83ADA9", "#578B86", "#2F6A63", "#16594F")),
    "dusk": Sky("#2B2F5A", "#8A5F8C", "#EE9C86", "#FFD0A8", ("#87699A", "#5C5484", "#3B4468", "#22394D", "#132A33")),
    "night": Sky("#0B1E2C", "#1C3A4E", "#4C6E7C", "#DDEBEA", ("#35566A", "#274657", "#1B3846", "#122A35", "#0A1D24")),
    "rain": Sky("#6E8B93", "#9DB4B6", "#D6DFDA", "#EDF3EF", ("#9AB0B2", "#789398", "#567780", "#375A61", "#1E4147")),
}


@dataclass(frozen=True, kw_only=True)
class Pine:
    """One tree: where it stands, and its outline as SVG path data."""

    x: float
    foot: float
    outline: str


@dataclass(frozen=True, kw_only=True)
class Landscape:
    """What a picture of one key is drawn from, in the units of a picture of 640 by 400.

    `ridges` are outlines as SVG path data, from far to near, closed to the foot of the picture;
    `bases` are the heights around which they swing. The pines stand before the fourth ridge.
    """

    sky: Sky
    sun: Point
    sun_radius: float
    ridges: list[str]
    bases: list[float]
    pines: list[Pine]


def landscape(key: str) -> Landscape:
    """Return the landscape of `key`, always the same."""
    chance = random.Random(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big"))  # nosec B311  # a picture, no secret
    sky = SKIES[chance.choice(list(SKIES))]
    sun = chance.uniform(0.28, 0.74) * WIDTH, chance.uniform(0.40, 0.54) * HEIGHT
    radius = HEIGHT * chance.uniform(0.085, 0.12)
    ridges, bases, pines = [], [], []
    for number in range(len(sky.ridges)):
        bases.append(HEIGHT * (0.60 + 0.085 * number))
        amplitude = HEIGHT * (0.075 - 0.008 * number)
        ridges.append(ridge(chance, base=bases[-1], amplitude=amplitude, hills=5 + number))
        if number == 3:
            pines = [_pine_somewhere(chance) for _ in range(chance.randint(3, 6))]
    return Landscape(sky=sky, sun=sun, sun_radius=radius, ridges=ridges, bases=bases, pines=pines)


def _pine_somewhere(chance: random.Random) -> Pine:
    x, foot = chance.uniform(0.06, 0.94) * WIDTH, HEIGHT * chance.uniform(0.93, 1.0)
    return Pine(x=x, foot=foot, outline=pine(chance, x=x, foot=foot, size=chance.uniform(1.5, 2.5)))


def scene(key: str, *, width: int = WIDTH, height: int = HEIGHT) -> str:
    """Return the landscape of `key` as a standalone SVG, 640 by 400.

    With another `width` and `height`, in pixels, it fills that box, and what does not fit is cut off.
    """
    view = landscape(key)
    sky = view.sky
    parts = [_sky(sky), *_sun(sky, *view.sun, view.sun_radius)]
    for number, (colour, outline, base) in enumerate(zip(sky.ridges, view.ridges, view.bases, strict=True)):
        parts.append(f'<path fill="{colour}" d="{outline}"/>')
        if number < 3:
            parts.append(f'<path fill="url(#mist)" d="M0 {base:.0f}h{WIDTH}v{HEIGHT * 0.12:.0f}H0z"/>')
        if number == 3:
            trees = "".join(tree.outline for tree in view.pines)
            parts.append(f'<path fill="{sky.ridges[4]}" d="{trees}"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'preserveAspectRatio="xMidYMid slice">{"".join(parts)}</svg>'
    )


def _sky(sky: Sky) -> str:
    return (
        '<defs><linearGradient id="sky" x2="0" y2="1">'
        f'<stop stop-color="{sky.top}"/><stop offset=".45" stop-color="{sky.middle}"/>'
        f'<stop offset=".78" stop-color="{sky.horizon}"/></linearGradient>'
        '<linearGradient id="mist" x2="0" y2="1">'
        f'<stop stop-color="{sky.horizon}" stop-opacity="0"/>'
        f'<stop offset="1" stop-color="{sky.horizon}" stop-opacity=".42"/></linearGradient></defs>'
        f'<path fill="url(#sky)" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>'
    )


def _sun(sky: Sky, x: float, y: float, radius: float) -> list[str]:
    rings = [
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius * size:.0f}" fill="{sky.sun}" opacity="{opacity}"/>'
        for size, opacity in ((5.2, 0.10), (3.6, 0.14), (2.2, 0.22))
    ]
    return [*rings, f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{sky.sun}"/>']


def ridge(chance: random.Random, *, base: float, amplitude: float, hills: int) -> str:
    """Return the path of a rounded line of `hills`, closed to the bottom of the picture."""
    step = WIDTH / hills
    points = [(number * step, base + chance.uniform(-1, 1) * amplitude) for number in range(-1, hills + 2)]
    path = f"M{points[0][0]:.0f} {HEIGHT}V{points[0][1]:.0f}"
    for (x, y), (next_x, next_y) in itertools.pairwise(points):
        path += f"Q{x:.0f} {y:.0f} {(x + next_x) / 2:.0f} {(y + next_y) / 2:.0f}"
    return f"{path}V{HEIGHT}z"


def pine(chance: random.Random, *, x: float, foot: float, size: float) -> str:
    """Return the path of one longleaf pine: a tall bare trunk, tufts at the ends of short branches."""
    height = 84 * size * chance.uniform(0.92, 1.08)
    lean = chance.uniform(-0.045, 0.045)

    def trunk(up: float) -> float:
        return x + lean * up

    path = (
        f"M{x - 1.5 * size:.1f} {foot:.1f}L{trunk(height) - 0.4 * size:.1f} {foot - height:.1f}"
        f"h{0.8 * size:.1f}L{x + 1.5 * size:.1f} {foot:.1f}z"
    )
    path += _tuft((trunk(height), foot - height + size), 5.2 * size, 3.4 * size)
    side, branches = chance.choice((-1, 1)), 8
    for number in range(branches):
        down = number / (branches - 1)
        up = height * (0.93 - 0.40 * down)
        length = (4.5 + 10.5 * down**0.8) * size * chance.uniform(0.75, 1.15)
        end = (trunk(up) + side * length, foot - up - length * 0.30)
        path += (
            f"M{trunk(up):.1f} {foot - up:.1f}L{end[0]:.1f} {end[1]:.1f}"
            f"v{0.8 * size:.1f}L{trunk(up):.1f} {foot - up + 1.6 * size:.1f}z"
        )
        path += _tuft((end[0], end[1] + 0.6 * size), chance.uniform(4.6, 6.6) * size, chance.uniform(2.3, 3.1) * size)
        side = -side
    return path


def _tuft(centre: Point, width: float, height: float) -> str:
    x, y = centre
    return (
        f"M{x - width:.1f} {y:.1f}q{width * 0.35:.1f} {-height * 1.9:.1f} {width:.1f} {-height * 1.7:.1f}"
        f"q{width * 0.8:.1f} {height * 0.1:.1f} {width:.1f} {height * 1.7:.1f}"
        f"q{-width:.1f} {height * 0.9:.1f} {-2 * width:.1f} 0z"
    )

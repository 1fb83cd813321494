"""The picture that apps show when somebody shares a page: title and clinic under the page's own landscape."""

import hashlib
import io
import itertools
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

from .art import HEIGHT as SCENE_HEIGHT
from .art import WIDTH as SCENE_WIDTH
from .art import Landscape, landscape
from .html import CONTROL_CHARACTERS
from .outlines import Point, polygons

WIDTH, HEIGHT = 1200, 630
MARGIN = 76
# Drawn at twice the size and then made smaller: smooth edges.
FINE = 2
# The part of the landscape that is shown, from below the empty sky to the last ridge; and how much
# of the picture it takes. The last ridge goes on as the ground on which the words stand.
SCENE_TOP, SCENE_BOTTOM = 0.17, 0.94
LAND = 272
PINE_SCALE = 1.15
TITLE_TOP, TITLE_BOTTOM = 312, 510
NAME_Y = 562
INK, QUIET_INK = "#FFF7E6", "#DCE6E1"
SIZES = (68, 62, 56, 50, 44, 40, 36, 32)
LINE_HEIGHT = 1.16
FONTS = Path(settings.BASE_DIR) / "static" / "fonts"
# Changes the address of every picture: raise it when the drawing changes.
DRAWING = "1"
KEPT = 64  # pictures kept by each process, of about 90 kB


@dataclass(frozen=True, kw_only=True)
class SharePicture:
    """What one picture shows: a title, a quiet line under it, a landscape chosen as in `core.art`."""

    title: str
    byline: str
    scene_key: str

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change whenever the picture does, for its address."""
        words = "\n".join((DRAWING, self.title, self.byline, self.scene_key))
        return hashlib.sha256(words.encode(errors="replace")).hexdigest()[:12]

    def jpeg(self) -> bytes:
        """The picture, 1200 by 630. Drawn once in each process and then remembered."""
        return _draw(self)


@lru_cache(maxsize=KEPT)
def _draw(picture: SharePicture) -> bytes:
    view = landscape(picture.scene_key)
    image = _scenery(view).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS, reducing_gap=2.0)
    draw = ImageDraw.Draw(image)
    font, lines = fit(_printable(picture.title), width=WIDTH - 2 * MARGIN, height=TITLE_BOTTOM - TITLE_TOP)
    step = font.size * LINE_HEIGHT
    top = (TITLE_TOP + TITLE_BOTTOM - len(lines) * step) / 2
    for number, line in enumerate(lines):
        draw.text((MARGIN, top + number * step), line, font=font, fill=INK, anchor="la")
    byline = _printable(picture.byline)
    font, (byline, *_) = fit(byline, width=WIDTH - 2 * MARGIN - 60, height=40, font="atkinson-next.woff2", largest=30)
    _mark(image, (MARGIN, NAME_Y - 22))
    draw.text((MARGIN + 60, NAME_Y), byline, font=font, fill=QUIET_INK, anchor="lm")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=86, optimize=True, subsampling=0)
    return file.getvalue()


# Words ---------------------------------------------------------------------------------------


def fit(
    text: str, *, width: float, height: float, font: str = "brygada-1918.woff2", largest: int = SIZES[0]
) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """Return the largest font in which `text` fits, and its lines. Nothing is ever cut off.

    Lengths are in pixels. A word that is wider than a line is broken.
    """
    for size in (largest, *(size for size in SIZES if size < largest), *range(28, 7, -4)):
        chosen = _font(font, size)
        lines = wrap(text, chosen, width)
        if len(lines) * size * LINE_HEIGHT <= height:
            break
    return chosen, _balanced(text, chosen, width, lines)


def _balanced(text: str, font: ImageFont.FreeTypeFont, width: float, lines: list[str]) -> list[str]:
    """The same number of lines, of more even length: no word left alone on the last one."""
    for narrower in range(int(width), int(width / 2), -20):
        tried = wrap(text, font, narrower)
        if len(tried) > len(lines):
            break
        lines = tried
    return lines


def wrap(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Return `text` in lines no wider than `width` pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and font.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return lines


@lru_cache(maxsize=32)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    # The site's own fonts, as browsers get them: Pillow's FreeType reads WOFF2.
    font = ImageFont.truetype(str(FONTS / name), size)
    font.set_variation_by_axes([600 if name.startswith("brygada") else 500])
    return font


def _printable(text: str) -> str:
    return CONTROL_CHARACTERS.sub("", text)


# Scenery -------------------------------------------------------------------------------------


def _scenery(view: Landscape) -> Image.Image:
    """The landscape at FINE times the size, its foreground going on to the foot of the picture."""
    sky, size = view.sky, (WIDTH * FINE, HEIGHT * FINE)
    image = _gradient(size, [(0, sky.top), (0.42, sky.middle), (0.80, sky.horizon)], over=LAND * FINE)
    x, y = _at(view.sun)
    radius = view.sun_radius * WIDTH / SCENE_WIDTH * 0.9
    for times, opacity in ((5.2, 0.10), (3.6, 0.14), (2.2, 0.22), (1, 1.0)):
        _disc(image, (x, y), radius * times * FINE, sky.sun, opacity)
    draw = ImageDraw.Draw(image)
    for number, (colour, outline, base) in enumerate(zip(sky.ridges, view.ridges, view.bases, strict=True)):
        if number == 4:
            _pines(draw, view)
        for shape in polygons(outline):
            draw.polygon([_at(point) for point in shape], fill=colour)
        if number < 3:
            _mist(image, _at((0, base))[1], sky.horizon)
    return image


def _at(point: Point) -> Point:
    """Where a point of the scene lies in the fine picture; what touches the scene's foot touches ours."""
    x, y = point
    if y >= SCENE_HEIGHT:
        return x * WIDTH / SCENE_WIDTH * FINE, HEIGHT * FINE
    height = (y / SCENE_HEIGHT - SCENE_TOP) / (SCENE_BOTTOM - SCENE_TOP) * LAND
    return x * WIDTH / SCENE_WIDTH * FINE, height * FINE


def _pines(draw: ImageDraw.ImageDraw, view: Landscape) -> None:
    scale = PINE_SCALE * FINE
    for tree in view.pines:
        x, foot = _at((tree.x, min(tree.foot, 0.99 * SCENE_HEIGHT)))
        for shape in polygons(tree.outline):
            points = [(x + (px - tree.x) * scale, foot + (py - tree.foot) * scale) for px, py in shape]
            draw.polygon(points, fill=view.sky.ridges[4])


def _gradient(size: tuple[int, int], stops: list[tuple[float, str]], *, over: int) -> Image.Image:
    """A vertical gradient through `stops` (share of `over` pixels, colour); the last colour goes on below."""
    column = Image.new("RGB", (1, size[1]), stops[-1][1])
    colours = [(share * over, Image.new("RGB", (1, 1), colour).getpixel((0, 0))) for share, colour in stops]
    for (start, above), (end, below) in itertools.pairwise(colours):
        for y in range(int(start), int(end)):
            share = (y - start) / (end - start)
            column.putpixel((0, y), tuple(round(a + (b - a) * share) for a, b in zip(above, below, strict=True)))
    return column.resize(size)


def _disc(image: Image.Image, centre: Point, radius: float, colour: str, opacity: float) -> None:
    x, y = centre
    box = [round(value) for value in (x - radius, y - radius, x + radius, y + radius)]
    mask = Image.new("L", (box[2] - box[0], box[3] - box[1]))
    ImageDraw.Draw(mask).ellipse((0, 0, mask.width - 1, mask.height - 1), fill=round(255 * opacity))
    image.paste(Image.new("RGB", mask.size, colour), (box[0], box[1]), mask)


def _mist(image: Image.Image, top: float, colour: str) -> None:
    height = round(0.12 / (SCENE_BOTTOM - SCENE_TOP) * LAND * FINE)
    mask = Image.linear_gradient("L").resize((image.width, height)).point(lambda value: round(value * 0.42))
    image.paste(Image.new("RGB", mask.size, colour), (0, round(top)), mask)


def _mark(image: Image.Image, corner: Point) -> None:
    """The clinic's round mark: a low sun behind two hills, 44 pixels wide."""
    fine, wide = 4, 48 * 4
    mark = Image.new("RGB", (wide, wide), "#2A3A63")
    _disc(mark, (29 * fine, 22 * fine), 13.5 * fine, "#F7C48F", 0.28)
    _disc(mark, (29 * fine, 22 * fine), 8.2 * fine, "#F7C48F", 1)
    draw = ImageDraw.Draw(mark)
    hills = {"#4F7F84": "M0 31q9 -9 17 -4q8 4.5 14 -2q9 -9 17 1V48H0z", "#16594F": "M0 38q10 -6 20 -1q14 6 28 -4V48H0z"}
    for colour, outline in hills.items():
        for shape in polygons(outline):
            draw.polygon([(x * fine, y * fine) for x, y in shape], fill=colour)
    mask = Image.new("L", mark.size)
    ImageDraw.Draw(mask).ellipse((0, 0, wide - 1, wide - 1), fill=255)
    small = (44, 44)
    image.paste(
        mark.resize(small, Image.Resampling.LANCZOS),
        (round(corner[0]), round(corner[1])),
        mask.resize(small, Image.Resampling.LANCZOS),
    )

"""Text over the drawn scene, which axe cannot judge, and the palette itself."""

import io
import re

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Browser

WIDTHS = [320, 360, 390, 430, 600, 768, 1024, 1280, 1440, 1920, 2560]
TEXTS = """[...document.querySelectorAll('.hero h1, .hero .lede, .hero .btn.line')].map(e => {
  const range = document.createRange();
  range.selectNodeContents(e);
  return {
    name: e.tagName + '.' + e.className,
    color: getComputedStyle(e).color.match(/[\\d.]+/g).map(Number),
    boxes: [...range.getClientRects()].map(q => [q.left, q.top, q.right, q.bottom]),
  };
})"""
FONTS_ARE_THERE = "document.fonts.ready.then(() => true)"
HIDE = (
    ".hero h1, .hero .lede, .hero .btn { color: transparent !important; border-color: transparent !important }"
    ".bar { display: none !important }"
)


def luminance(rgb) -> float:
    def channel(value: float) -> float:
        value /= 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = map(channel, rgb[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_over_the_scene_stands_out_at_every_width(live_site, browser: Browser, scheme):
    worst = {}
    for width in WIDTHS:
        context = browser.new_context(
            viewport={"width": width, "height": 1000}, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
        )
        page = context.new_page()
        page.goto(live_site)
        page.evaluate(FONTS_ARE_THERE)  # or what is measured here is elsewhere on the picture
        texts = page.evaluate(TEXTS)
        assert len(texts) >= 3
        page.add_style_tag(content=HIDE)
        below = max(bottom for text in texts for *_, bottom in text["boxes"])
        clip = {"x": 0, "y": 0, "width": width, "height": below + 1}
        image = Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip))).convert("RGB")
        context.close()
        for text in texts:
            own = luminance(text["color"])
            for left, top, right, bottom in text["boxes"]:
                part = image.crop((int(left), int(top), min(int(right) + 1, image.width), int(bottom) + 1))
                found = min(ratio(own, luminance(colour)) for _, colour in part.getcolors(part.width * part.height))
                worst[text["name"]] = min(found, worst.get(text["name"], 99))
    assert {name: value for name, value in worst.items() if value < 4.5} == {}


PAIRS = [
    *((text, surface, 4.5) for text in ("ink", "muted", "link") for surface in ("bg", "surface", "tint")),
    ("link", "warn-bg", 4.5), ("link", "danger-bg", 4.5), ("visited", "bg", 4.5),
    ("on-pine", "pine", 4.5), ("on-pine", "pine2", 4.5), ("on-dawn", "dawn", 4.5), ("on-dawn", "dawn2", 4.5),
    ("pine", "bg", 3), ("dawn", "night", 3), ("on-night", "night", 4.5), ("on-night2", "night", 4.5),
    ("edge", "surface", 3), ("edge", "bg", 3), ("warn", "tint", 3), ("warn-bg", "warn", 4.5),
    ("ink", "warn-bg", 4.5), ("warn", "bg", 3), ("danger-bg", "danger", 4.5), ("ink", "danger-bg", 4.5),
    ("danger", "bg", 4.5), ("danger", "danger-bg", 4.5), ("danger", "surface", 3), ("ok", "surface", 4.5),
    ("ink", "ok-bg", 4.5), ("ok", "bg", 3),
]  # fmt: skip


def test_every_pair_of_the_palette_has_the_contrast_it_needs():
    css = (settings.BASE_DIR / "static/css/tokens.css").read_text()
    light_css, dark_css = css.split("prefers-color-scheme: dark", 1)

    def tokens(text: str) -> dict[str, str]:
        return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{3,6})\b", text))

    def rgb(value: str) -> list[int]:
        digits = value[1:] if len(value) == 7 else "".join(2 * digit for digit in value[1:])
        return [int(digits[i : i + 2], 16) for i in (0, 2, 4)]

    light = tokens(light_css)
    for palette in (light, {**light, **tokens(dark_css)}):
        for text, surface, needed in PAIRS:
            found = ratio(luminance(rgb(palette[text])), luminance(rgb(palette[surface])))
            assert found >= needed, (text, surface, found)

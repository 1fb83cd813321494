"""Deterministic landscape art: no stock photos, ~1 KB per picture.
Ridges are rounded like the southern Appalachians; trees are longleaf pines."""

import hashlib
import random

SKIES = {  # sky top, sky mid, horizon, sun, far..near ridges
    "dawn": ("#24365C", "#7A6393", "#F2B98B", "#FFE3B8", ["#8D7CA0", "#5F6A8D", "#3A5A6C", "#1F4850", "#12302C"]),
    "day": ("#A9CFD3", "#CFE4DF", "#F6EBD8", "#FFF7E6", ["#A9C6C4", "#83ADA9", "#578B86", "#2F6A63", "#16594F"]),
    "dusk": ("#2B2F5A", "#8A5F8C", "#EE9C86", "#FFD0A8", ["#87699A", "#5C5484", "#3B4468", "#22394D", "#132A33"]),
    "night": ("#0B1E2C", "#1C3A4E", "#4C6E7C", "#DDEBEA", ["#35566A", "#274657", "#1B3846", "#122A35", "#0A1D24"]),
    "rain": ("#6E8B93", "#9DB4B6", "#D6DFDA", "#EDF3EF", ["#9AB0B2", "#789398", "#567780", "#375A61", "#1E4147"]),
}


def rng(key):
    return random.Random(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big"))


def ridge(r, w, h, base, amp, n, more=0):
    """A rounded hill line, closed to the bottom of the picture.
    `more` adds hills to the left of the picture, for very wide screens."""
    step = w / n
    pts = [(i * step, base + r.uniform(-1, 1) * amp) for i in range(-1, n + 2)]
    for i in range(more):
        pts.insert(0, (pts[0][0] - step, base + r.uniform(-1, 1) * amp))
    mid = lambda a, b: ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    d = f"M{pts[0][0]:.0f} {h}V{pts[0][1]:.0f}"
    for a, b in zip(pts[:-1], pts[1:]):
        m = mid(a, b)
        d += f"Q{a[0]:.0f} {a[1]:.0f} {m[0]:.0f} {m[1]:.0f}"
    return d + f"V{h}z"


def pine(x, y, s, r):
    """One longleaf pine: tall bare trunk, tufts at the ends of short branches."""
    H = 84 * s * r.uniform(0.92, 1.08)
    lean = r.uniform(-0.045, 0.045)
    tx = lambda up: x + lean * up
    o = f"M{x - 1.5 * s:.1f} {y}L{tx(H) - 0.4 * s:.1f} {y - H:.1f}h{0.8 * s:.1f}L{x + 1.5 * s:.1f} {y}z"

    def tuft(cx, cy, rx, ry):
        return f"M{cx - rx:.1f} {cy:.1f}q{rx * 0.35:.1f} {-ry * 1.9:.1f} {rx:.1f} {-ry * 1.7:.1f}q{rx * 0.8:.1f} {ry * 0.1:.1f} {rx:.1f} {ry * 1.7:.1f}q{-rx:.1f} {ry * 0.9:.1f} {-2 * rx:.1f} 0z"

    o += tuft(tx(H), y - H + 1 * s, 5.2 * s, 3.4 * s)
    side = r.choice((-1, 1))
    n = 8
    for i in range(n):
        k = i / (n - 1)
        up = H * (0.93 - 0.40 * k)
        ln = (4.5 + 10.5 * k**0.8) * s * r.uniform(0.75, 1.15)
        bx, by = tx(up) + side * ln, y - up - ln * 0.30
        a, b = (f"{bx:.1f} {by:.1f}", f"{bx:.1f} {by + 0.8 * s:.1f}")
        if side > 0:
            o += f"M{tx(up):.1f} {y - up:.1f}L{a}L{b}L{tx(up):.1f} {y - up + 1.6 * s:.1f}z"
        else:
            o += f"M{tx(up):.1f} {y - up + 1.6 * s:.1f}L{b}L{a}L{tx(up):.1f} {y - up:.1f}z"
        o += tuft(bx, by + 0.6 * s, r.uniform(4.6, 6.6) * s, r.uniform(2.3, 3.1) * s)
        side = -side
    return o


def scene(key, sky=None, w=640, h=400, cls="art"):
    """A card-sized picture for an article or topic, chosen by its slug."""
    r = rng(key)
    sky = sky or r.choice(list(SKIES))
    top, mid_, hor, sun, R = SKIES[sky]
    gid = "g" + hashlib.sha256((key + sky).encode()).hexdigest()[:6]
    sx, sy = r.uniform(0.28, 0.74) * w, r.uniform(0.40, 0.54) * h
    rad = h * r.uniform(0.085, 0.12)
    out = [
        f'<svg class="{cls}" viewBox="0 0 {w} {h}" preserveAspectRatio="xMidYMid slice" aria-hidden="true" focusable="false">'
        f'<defs><linearGradient id="{gid}" x2="0" y2="1"><stop stop-color="{top}"/><stop offset=".45" stop-color="{mid_}"/><stop offset=".78" stop-color="{hor}"/></linearGradient>'
        f'<linearGradient id="{gid}m" x2="0" y2="1"><stop stop-color="{hor}" stop-opacity="0"/><stop offset="1" stop-color="{hor}" stop-opacity=".42"/></linearGradient></defs>'
        f'<path fill="url(#{gid})" d="M0 0h{w}v{h}H0z"/>'
    ]
    for i, o in ((5.2, 0.10), (3.6, 0.14), (2.2, 0.22)):
        out.append(f'<circle cx="{sx:.0f}" cy="{sy:.0f}" r="{rad * i:.0f}" fill="{sun}" opacity="{o}"/>')
    out.append(f'<circle cx="{sx:.0f}" cy="{sy:.0f}" r="{rad:.0f}" fill="{sun}"/>')
    for i, c in enumerate(R):
        base = h * (0.60 + 0.085 * i)
        out.append(f'<path fill="{c}" d="{ridge(r, w, h, base, h * (0.075 - 0.008 * i), 5 + i)}"/>')
        if i < 3:
            out.append(f'<path fill="url(#{gid}m)" d="M0 {base:.0f}h{w}v{h * 0.12:.0f}H0z"/>')
        if i == 3:
            d = "".join(
                pine(r.uniform(0.06, 0.94) * w, h * r.uniform(0.93, 1.0), r.uniform(1.5, 2.5), r)
                for _ in range(r.randint(3, 6))
            )
            out.append(f'<path fill="{R[4]}" d="{d}"/>')
    out.append("</svg>")
    return "".join(out)


def hero(w=1600, h=520):
    """The home scene. Colors come from CSS so that it follows light and dark mode."""
    r = rng("southern-first-light-7")
    sx, sy = 1216, 190
    o = [
        f'<svg class="scene" viewBox="0 0 {w} {h}" preserveAspectRatio="xMaxYMax slice" aria-hidden="true" focusable="false">'
        '<defs><linearGradient id="mist" x2="0" y2="1"><stop class="m0"/><stop class="m1" offset="1"/></linearGradient></defs><g class="sun">'
    ]
    for k, q in ((340, 1), (252, 2), (176, 3), (112, 4)):
        o.append(f'<circle class="ring q{q}" cx="{sx}" cy="{sy}" r="{k}"/>')
    o.append(f'<circle class="disc" cx="{sx}" cy="{sy}" r="62"/></g>')
    specs = [(236, 34, 9), (292, 36, 7), (346, 30, 10), (404, 26, 9)]
    for i, (b, a, n) in enumerate(specs, 1):
        o.append(f'<path class="r{i}" d="{ridge(r, w, h, b, a, n, 8)}"/>')
        if i < 4:
            o.append(f'<path class="mist" d="M-1500 {b}h{w + 1500}v92H-1500z"/>')
    xs = [
        (300, 482, 1.5),
        (352, 490, 2.1),
        (412, 492, 1.3),
        (1424, 490, 2.2),
        (1484, 480, 3.1),
        (1548, 486, 2.5),
        (1352, 494, 1.5),
        (700, 494, 1.1),
        (742, 494, 1.4),
    ]
    o.append('<path class="trees" d="' + "".join(pine(x, y, s, r) for x, y, s in xs) + '"/>')
    o.append(f'<path class="r5" d="{ridge(r, w, h, 478, 13, 9, 8)}"/></svg>')
    return "".join(o)


def skyline(key="band", w=1600, h=120):
    r = rng(key)
    return (
        f'<svg class="edge" viewBox="0 0 {w} {h}" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<path class="e1" d="{ridge(r, w, h, 46, 26, 7)}"/><path class="e2" d="{ridge(r, w, h, 84, 22, 8)}"/></svg>'
    )


_G = (
    '<path fill="#2a3a63" d="M0 0h48v48H0z"/><circle fill="#f7c48f" cx="29" cy="22" r="13.5" opacity=".28"/><circle fill="#f7c48f" cx="29" cy="22" r="8.2"/>'
    '<path fill="#4f7f84" d="M0 31q9-9 17-4t14-2 17 1v22H0z"/><path fill="#16594f" d="M0 38q10-6 20-1t28-4v15H0z"/>'
)
GLYPH = f'<svg class="glyph" viewBox="0 0 48 48" width="48" height="48" aria-hidden="true" focusable="false">{_G}</svg>'
FAVICON = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><clipPath id="c"><circle cx="24" cy="24" r="24"/></clipPath><g clip-path="url(#c)">{_G}</g></svg>'

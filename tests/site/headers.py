"""The headers that every answer must carry, written out once, for the tests that walk all answers."""

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "clipboard-write=(self), publickey-credentials-create=(self), publickey-credentials-get=(self), "
        "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), display-capture=(), "
        "encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), "
        "identity-credentials-get=(), idle-detection=(), keyboard-map=(), local-fonts=(), magnetometer=(), "
        "microphone=(), midi=(), otp-credentials=(), payment=(), picture-in-picture=(), screen-wake-lock=(), "
        "serial=(), storage-access=(), sync-xhr=(), usb=(), window-management=(), xr-spatial-tracking=()"
    ),
}
HSTS = "max-age=31536000; includeSubDomains; preload"

# Content-Security-Policy, by what the answer is.
NOTHING = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
MEDIA = {"sandbox": "", **NOTHING}
PAGE = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
# The picture of a code to scan is part of the page.
SIGN_IN = {**PAGE, "img-src": "'self' data:"}
ADMIN = {
    **{name: value for name, value in PAGE.items() if "trusted-types" not in name},
    "style-src": "'self' 'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA=' "
    "'sha256-N1v+9oYdxeZd/nv2iKYNMLWqP5BlGZff7wM0R1mK4ws='",
    "img-src": "'self' data: blob:",
}
# The admin shows an article as readers would see it in a frame on the page around it.
AROUND_A_FRAME = {**ADMIN, "frame-src": "'self'"}
IN_A_FRAME = {**ADMIN, "frame-ancestors": "'self'"}


def policy_of(headers) -> dict[str, str]:
    """The directives of an answer, without the nonce of the editors' import map, which is new each time."""
    parts = (part.partition(" ") for part in headers["Content-Security-Policy"].split("; "))
    found = {name: value for name, _, value in parts}
    if "script-src" in found:
        sources = [source for source in found["script-src"].split() if not source.startswith("'nonce-")]
        found["script-src"] = " ".join(sources)
    return found


def faults(headers, policy: dict[str, str], *, is_secure: bool = False) -> list[str]:
    """What is missing from `headers`, wrong in them or too much; nothing when they are as they should be."""
    right = {**ALWAYS, **({"X-Frame-Options": "SAMEORIGIN"} if policy is IN_A_FRAME else {})}
    if is_secure:
        right["Strict-Transport-Security"] = HSTS
    wrong = [f"{name}: {headers.get(name)}" for name, value in right.items() if headers.get(name) != value]
    if policy_of(headers) != policy:
        wrong.append(f"Content-Security-Policy: {headers['Content-Security-Policy']}")
    told = [name for name in ("X-Powered-By", "Access-Control-Allow-Origin", "Via") if headers.get(name)]
    if any(digit in headers.get("Server", "") for digit in "0123456789"):
        told.append(f"Server: {headers['Server']}")
    return wrong + told

"""What every answer tells the browser about what it may do."""

import csp.constants

# What our pages may ask of a browser: to copy an address, and passkeys for staff. Everything else is off that
# every Chromium knows; of a name it does not know (bluetooth, web-share on Linux) it complains on each page.
ALLOWED_FEATURES = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")
DENIED_FEATURES = """
    accelerometer autoplay camera clipboard-read display-capture encrypted-media fullscreen gamepad
    geolocation gyroscope hid identity-credentials-get idle-detection keyboard-map local-fonts magnetometer
    microphone midi otp-credentials payment picture-in-picture screen-wake-lock serial storage-access sync-xhr usb
    window-management xr-spatial-tracking
"""
# On every answer; one that has such a header already keeps it.
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Still sends Origin with our own form posts; no-referrer would send "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        [*(f"{name}=(self)" for name in ALLOWED_FEATURES), *(f"{name}=()" for name in DENIED_FEATURES.split())]
    ),
}

# Of pages. What is no page gets core.headers.NOTHING.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "manifest-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["'none'"],
    }
}
# What the admin puts in place of those. The editors' import map is an inline script, known by its
# nonce; the two style elements they write are known by their hashes, and a browser test fails when
# an upgrade changes them. The stock admin's scripts write HTML, so it has no trusted types.
ADMIN_CONTENT_SECURITY_POLICY = {
    "script-src": ["'self'", csp.constants.NONCE],
    "style-src": [
        "'self'",
        "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='",  # django_prose_editor/editor.js
        "'sha256-N1v+9oYdxeZd/nv2iKYNMLWqP5BlGZff7wM0R1mK4ws='",  # content_editor/index.js
    ],
    "img-src": ["'self'", "data:", "blob:"],
    "require-trusted-types-for": None,
    "trusted-types": None,
}

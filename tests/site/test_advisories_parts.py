"""What the security advisories of 2024 to 2026 warn of in what we run on: Pillow, gunicorn, nginx."""

import io
import re

import django
import pytest
from django.core.exceptions import ValidationError
from packaging.version import Version
from PIL import Image

from clinic_site.core.images import reencode
from consults.models import ConsultRequest
from tests.factories.pictures import file_of
from tests.gunicorn import ask, production, serving
from tests.locks import ROOT, locked, wanted

# Pictures ----------------------------------------------------------------------------------------------------
# CVE-2024-28219, CVE-2025-48379, CVE-2026-42309, CVE-2026-54058, CVE-2026-55379, CVE-2026-59197 to -59205,
# CVE-2026-96636 to -96644, CVE-2026-96778, CVE-2026-112393 to -112403: most are in formats that we never open.

FOREIGN = ["TIFF", "BMP", "GIF", "TGA", "PPM", "ICO", "DDS", "SGI", "PCX", "EPS", "PDF", "ICNS", "JPEG2000", "SPIDER"]


@pytest.mark.parametrize("kind", FOREIGN)
def test_no_decoder_but_the_three_is_asked(kind):
    Image.init()
    data = file_of(Image.new("L" if kind == "SPIDER" else "RGB", (64, 64)), kind) if kind in Image.SAVE else b"x"
    opener = f"PIL.{Image.OPEN[kind][0].__module__.removeprefix('PIL.')}" if kind in Image.OPEN else ""
    assert opener != "" or kind == "PDF"
    with pytest.raises(ValidationError, match="not a picture we can use"):
        reencode(io.BytesIO(data))


def test_a_picture_full_of_what_cameras_never_write_is_cleaned_or_refused():
    exif = b"Exif\0\0" * 9000 + b"MM\0*\0\0\0\x08" + b"\xff" * 4000
    for options in (
        {"exif": exif},
        {"icc_profile": b"\0" * 60_000},
        {"comment": b"c" * 65_000},
        {"exif": exif[:-1][::-1]},
    ):
        try:
            data = file_of(Image.new("RGB", (64, 64)), "JPEG", **options)
        except (OSError, ValueError):
            pytest.fail(str(options)[:30])
        cleaned = Image.open(io.BytesIO(reencode(io.BytesIO(data)).read()))
        assert not cleaned.getexif()
        assert "comment" not in cleaned.info
        assert len(cleaned.info["icc_profile"]) < 1000


# What gunicorn lets through -------------------------------------------------------------------------------------
# CVE-2024-1135, CVE-2024-6827, CVE-2026-134820 (two requests in one), CVE-2026-84429 (headers said over and over).

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
SECOND = b"GET /smuggled/ HTTP/1.1\r\nHost: clinic.example\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"
FRAMINGS = [
    b"Transfer-Encoding: chunked\r\nContent-Length: 5",
    b"Content-Length: 5\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: identity\r\nContent-Length: 5",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding:\x0bchunked",
    b"Transfer-Encoding : chunked",
    b'Transfer-Encoding: "chunked"',
    b"Transfer-Encoding: gzip",
    b"Transfer_Encoding: chunked\r\nContent-Length: 5",
    b"Content-Length: 5\r\nContent-Length: 6",
    b"Content-Length: 5, 5",
    b"Content-Length : 5",
    b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 5",
    b"X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5",
]


@pytest.fixture(scope="module")
def port(django_db_setup, tmp_path_factory):
    with serving(production(tmp_path_factory.mktemp("var")), log=tmp_path_factory.mktemp("log") / "log") as port:
        yield port


def test_no_request_hides_in_another(port, transactional_db, content):
    head = b"POST /consult/ HTTP/1.1\r\nHost: clinic.example\r\nX-Forwarded-Proto: https\r\n" + FORM
    for framing in FRAMINGS:
        for body in (b"0\r\n\r\n" + SECOND, b"name=" + SECOND):
            *_, answer = ask(port, head + framing + b"\r\n\r\n" + body)
            assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501")) or (
                # Read as five bytes, as it says; what follows is then another request and is seen as one.
                framing.startswith(b"Transfer_Encoding") and answer.count(b"HTTP/1.1 ") <= 2
            ), (framing, answer[:60])
            assert framing.startswith(b"Transfer_Encoding") or answer.count(b"HTTP/1.1 ") == 1, framing
    assert not ConsultRequest.objects.exists()


# Versions -------------------------------------------------------------------------------------------------------

# The first version without any advisory that was known on 2026-11-26, and one of the last advisories it mends.
MENDED = {
    "django": ("5.2.19", "CVE-2026-113593"),
    "django-allauth": ("65.19.4", "CVE-2026-97764"),
    "gunicorn": ("27.0.0", "CVE-2026-134820"),
    "pillow": ("13.0.0", "CVE-2026-112403"),
    "sqlparse": ("0.6.0", "CVE-2026-84305"),
    "cryptography": ("50.0.0", "CVE-2026-69247"),
    "urllib3": ("2.7.0", "CVE-2026-44432"),
    "brotli": ("1.2.0", "CVE-2025-6176"),
}
# nginx 1.30.7 mends CVE-2026-123007 and CVE-2026-118899: HTTP/2 and TLS 1.3, both of which we switch on.
NGINX = "1.30.7"


@pytest.mark.parametrize("name", MENDED)
def test_nothing_is_pinned_that_has_a_known_fault(name):
    pins = [
        pins[name]
        for file in ("requirements", "requirements-extras", "requirements-dev")
        if name in (pins := locked(f"{file}.txt"))
    ]
    assert pins
    for pin in pins:
        assert Version(pin.version) >= Version(MENDED[name][0]), MENDED[name]


def test_the_django_that_runs_is_the_one_that_is_pinned_and_no_other_line_can_be():
    assert django.get_version() == locked("requirements.txt")["django"].version
    (asked,) = (requirement for requirement in wanted("requirements.in") if requirement.name == "Django")
    assert str(asked.specifier) == "~=5.2.0"  # a long-term line: mended until April 2028


def test_the_nginx_of_the_containers_is_mended_and_switches_on_what_we_looked_at():
    image = re.search(r"image: \S+/nginx:([\d.]+)-", (ROOT / "deploy" / "compose.yaml").read_text())
    assert Version(image[1]) >= Version(NGINX)
    assert "unattended-upgrades" in (ROOT / "OPERATIONS.md").read_text()
    conf = re.sub(r"#.*", "", (ROOT / "deploy" / "nginx.conf").read_text())
    # CVE-2026-42533, CVE-2026-93479: what a regular expression of a map took is used within that map alone.
    for name in re.findall(r"\(\?<(\w+)>", conf):
        assert len(re.findall(rf"\${name}\b", conf)) == 1, name
        assert re.search(rf'"~[^"]*\(\?<{name}>[^"]*" \${name}\b', conf), name
    # Modules and ways of the other advisories, none of which is used.
    for word in (
        "http3",
        "quic",
        "mp4",
        "ssi ",
        "slice",
        "charset",
        "rewrite",
        "alias",
        "try_files",
        "mail {",
        "stream {",
    ):
        assert word not in conf, word
    for word in (
        "grpc",
        "scgi_pass",
        "uwsgi_pass",
        "ssl_stapling",
        "ssl_verify_client",
        "resolver",
        "proxy_pass https",
    ):
        assert word not in conf, word
    assert "ssl_session_tickets off" in conf  # CVE-2025-23419, CVE-2026-97629
    assert not re.search(r"underscores_in_headers\s+on", conf)  # CVE-2026-3902


def test_the_list_of_advisories_names_tests_that_there_are_and_every_advisory_that_a_test_names():
    section = (ROOT / "SECURITY.md").read_text().partition("## Security advisories")[2].partition("\n## ")[0]
    files = [path for folder in ("site", "signin") for path in (ROOT / "tests" / folder).glob("*.py")]
    code = "".join(path.read_text() for path in files)
    for name in re.findall(r"\btest_\w+", section):
        assert (
            f"def {name}" in code or any(path.stem.startswith(name) for path in files) or (f"/{name}.py" in section)
        ), name
    for path in set(re.findall(r"tests/[\w/]+\.py", section)):
        assert (ROOT / path).exists(), path
    listed = set(_cves(section))
    named = {cve for path in files if path.stem.startswith("test_advisories") for cve in _cves(path.read_text())}
    assert named - listed == set()
    assert len(listed) > 90


def _cves(text: str):
    """Each CVE of a text, those that leave out their year (CVE-2024-42005, -53908) with it."""
    year = ""
    for found in re.finditer(r"CVE-(\d{4})-(\d+)|(?<=[, ])-(\d{4,6})\b", text):
        year = found[1] or year
        yield f"{year}-{found[2] or found[3]}"

"""A disk that is full, clocks that are wrong, pictures that are broken."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from .databases import Cluster, in_time
from .site import Site, copy_static_files, manage, with_clock

pytestmark = pytest.mark.faults


@pytest.fixture
def small_disk():
    """A function that mounts a disk of so many megabytes, and returns its folder."""
    mounted = []

    def mount(megabytes: int) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="faults-disk-"))
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=False)
        if done.returncode:
            folder.rmdir()
            pytest.skip("only root may mount a small disk")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


@pytest.fixture
def site(kind, make_database, mail_server, tmp_path, request):
    """As everywhere, but on a small disk where a test asks for it."""
    folder, cluster = tmp_path / "var", None
    if request.node.originalname == "test_the_disk_is_full":
        disk = request.getfixturevalue("small_disk")(48 if kind == "sqlite" else 256)
        disk.chmod(0o755)
        if kind == "sqlite":
            folder.symlink_to(disk)
        else:
            (disk / "cluster").mkdir()
            cluster = Cluster(disk / "cluster")
    database = make_database[kind](folder, cluster) if cluster else make_database[kind](folder)
    folder.mkdir(exist_ok=True)
    copy_static_files(tmp_path / "static")
    (folder / "static").symlink_to(tmp_path / "static")
    site = Site(folder=folder, database=database, mail_url=f"smtp://127.0.0.1:{mail_server.port}")
    yield site
    site.close()
    if cluster:
        cluster.remove()


def fill_up(folder: Path) -> Path:
    """Write a file until its disk takes not one byte more."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                pass
    return ballast


def test_the_disk_is_full(trial, site):
    disk = site.folder.resolve() if site.database.kind == "sqlite" else site.database.cluster.folder.parent
    with trial.crowd(seconds=8) as crowd:
        assert in_time(lambda: crowd.acknowledged() > 5, seconds=30)
        ballast = fill_up(disk)
        time.sleep(4)
        ballast.unlink()
        if site.database.kind == "postgresql":
            site.database.cluster.start()  # it may have given up; where it did not, nothing happens
        is_freed = time.monotonic()
    assert any(outcome.status == 503 for outcome in crowd.outcomes), "the disk was never full"
    assert all(worker.poll() is None for worker in site.workers), "the worker stopped"
    pages = frozenset({503}) if site.database.kind == "postgresql" else frozenset()
    trial.settle("disk full and freed", pages=pages, unavailable_until=is_freed)


@pytest.mark.parametrize("hours", [1, -1])
@pytest.mark.parametrize("whose", ["web", "worker"])
def test_a_clock_is_an_hour_off(stopped_trial, site, whose, hours):
    wrong = with_clock(off_by=3600 * hours)
    site.start_worker(**(wrong if whose == "worker" else {}))
    if whose == "worker" and site.database.kind == "postgresql":
        site.start_worker()  # on another machine, with the right time
    site.start_web(**(wrong if whose == "web" else {}))
    with stopped_trial.crowd(seconds=2):
        pass
    stopped_trial.settle(f"clock of the {whose} {hours:+} h", hurry=False)


PICTURES = """
from PIL import Image
from articles.models import Article, FigureBlock
from tests.factories.pictures import ready_picture, upload_picture
article = Article.objects.get(slug="{slug}")
for make in (ready_picture, upload_picture):
    for number in range(3):
        picture = make(Image.effect_noise((300, 200), 40).convert("RGB"), title=str(number))
        FigureBlock.objects.create(parent=article, region="body", ordering=900 + number, picture=picture)
"""


@pytest.mark.either
def test_pictures_are_broken(stopped_trial, site):
    slug = site.database.rows("SELECT slug FROM articles_article ORDER BY id LIMIT 1")[0][0]
    manage("shell", "-c", PICTURES.format(slug=slug), env=site.env)
    originals = site.database.rows("SELECT file FROM core_picture ORDER BY id")
    made = site.database.rows("SELECT file FROM core_rendition ORDER BY id")
    for number, (name,) in enumerate(originals + made):
        file = site.folder / "media" / name
        if number % 3 == 0:
            file.write_bytes(file.read_bytes()[:100] + os.urandom(200))
        else:
            file.unlink()
            if number % 3 == 2:
                file.mkdir()
    site.start_worker()
    site.start_web()
    with stopped_trial.crowd(seconds=2) as crowd:
        crowd.paths = [f"/articles/{slug}/", *(f"/media/{name}" for (name,) in (originals + made)[:12])]
    looked_at = "SELECT count(*) FROM core_picture WHERE rendition_error <> ''"
    assert in_time(lambda: site.database.rows(looked_at)[0][0] == 3, seconds=60)
    assert all(worker.poll() is None for worker in site.workers), "the worker stopped"
    stopped_trial.settle("pictures broken", hurry=False)

"""The drill in short: a site under load is wrecked and brought back, and nothing acknowledged before is missing."""

from pathlib import Path

import pytest
from django.conf import settings

from tests.drill.drill import Result, backup_drill, has_litestream, litestream_drill, postgres_server, table
from tests.drill.site import Site
from tests.s3 import s3_server


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site with a few requests and a picture, on the kind of database that the suite runs on."""
    site = Site(folder=tmp_path_factory.mktemp("drill") / "site", server=postgres_server(), name="clinic_short_drill")
    try:
        site.make(requests=50, pictures=1, static=Path(settings.STATIC_ROOT))
        yield site
    finally:
        site.drop_database()


def test_backup_wreck_restore(site):
    result = backup_drill(site, rate=20, seconds=2)
    print(table([result]))
    assert result.faults == []
    assert result.must_be_there > 5
    assert len(site.kept()) > result.must_be_there + 10  # of the fifty, but those whose time had come
    assert "is good" in site.manage("verify_backup")


@pytest.mark.skipif(not has_litestream(), reason="litestream is not installed")
@pytest.mark.skipif(bool(postgres_server()), reason="Litestream copies SQLite")
def test_litestream_to_a_bucket(site):
    boto3 = pytest.importorskip("boto3")
    with s3_server() as address:
        keys = {"aws_access_key_id": "for-tests", "aws_secret_access_key": "for-tests"}
        client = boto3.client("s3", endpoint_url=address, region_name="us-east-1", **keys)
        client.create_bucket(Bucket="replica")
        site.environment |= {name.upper(): key for name, key in keys.items()} | {"AWS_REGION": "us-east-1"}
        site.environment.pop("AWS_CA_BUNDLE", None)  # Litestream cannot do with one
        replica = f"s3://replica/clinic?endpoint={address}&forcePathStyle=true"
        result = litestream_drill(site, rate=20, seconds=8, replica=replica, most_rpo=3)  # `make drill` asks for 1 s
    print(table([result]))
    assert result.faults == []


def test_a_bar_that_is_missed_is_named():
    good = {
        "what": "x",
        "acknowledged": 9,
        "must_be_there": 5,
        "lost": 0,
        "doubled": 0,
        "without_mail": 0,
        "missing_later": 4,
        "rpo": 0.4,
        "rto": 5.0,
        "took": 1.0,
        "is_sound": True,
        "pictures_missing": 0,
        "most_rpo": 1.0,
    }
    assert Result(**good).faults == []
    bad = {**good, "lost": 1, "doubled": 2, "without_mail": 3, "rpo": 1.5, "rto": 61.0, "is_sound": False}
    assert Result(**bad).faults == [
        "1 lost",
        "2 doubled",
        "3 without a mail",
        "RTO 61.0 s",
        "RPO 1.50 s",
        "the database is not sound",
    ]
    assert Result(**{**good, "must_be_there": 0}).faults == ["nobody asked"]

"""Fill the database of a drill: `python -m tests.drill.fill REQUESTS PICTURES`. It holds nobody real."""

import io
import random
import sys

import django


def main(requests: int, pictures: int) -> None:
    django.setup()
    from django.utils import timezone
    from PIL import Image

    from clinic_site.core.models import Picture
    from consults.models import Activity, ConsultRequest
    from locations.models import Location
    from tests import bench_desk
    from tests.factories.consults import make_recipient
    from tests.factories.pictures import upload_picture

    draw, now = random.Random(7), timezone.now()
    make_recipient()
    clinics = list(Location.objects.order_by("pk"))
    for start in range(0, requests, 2000):
        rows = [
            bench_desk.one(draw, number, clinics, None, now) for number in range(start, min(start + 2000, requests))
        ]
        stored = ConsultRequest.objects.bulk_create(rows, batch_size=500)
        Activity.objects.bulk_create(
            [Activity(request=row, kind="note", at=row.asked_at, note="A short note.") for row in stored],
            batch_size=500,
        )
    for number in range(pictures):
        out = io.BytesIO()
        Image.effect_noise((1600, 1000), 40 + number).convert("RGB").save(out, "JPEG", quality=80)
        upload_picture(out.getvalue(), title=f"Picture {number}")
    # The worker has nothing to do but mails: what it makes of pictures is not what is measured.
    Picture.objects.update(renditions_due_at=None)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

"""Fill the database of a drill: `python -m tests.drill.fill REQUESTS PICTURES`. It holds nobody real."""

import io
import sys

import django


def main(requests: int, pictures: int) -> None:
    django.setup()
    from django.contrib.auth.models import User
    from django.utils import timezone
    from PIL import Image

    from clinic_site.core.models import Picture
    from tests.bench.requests import fill_requests
    from tests.factories.consults import make_recipient
    from tests.factories.pictures import upload_picture

    make_recipient()
    fill_requests(seed=7, requests=requests, staff=[User.objects.create_user("front-desk")], now=timezone.now())
    for number in range(pictures):
        out = io.BytesIO()
        Image.effect_noise((1600, 1000), 40 + number).convert("RGB").save(out, "JPEG", quality=80)
        upload_picture(out.getvalue(), title=f"Picture {number}")
    # The worker has nothing to do but mails: what it makes of pictures is not what is measured.
    Picture.objects.update(renditions_due_at=None)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

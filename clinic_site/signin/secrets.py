"""The secrets behind second steps, which lie encrypted inside allauth's JSON: moving them to a new key."""

from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from django.db import transaction

from clinic_site.core.encryption import UnreadableValue, decrypt, encrypt
from clinic_site.core.rotation import BATCH, Unreadable

KINDS = ["secret", "seed"]  # of authenticator apps and of recovery codes
Place = tuple[int, str]


class SecondStepSecrets:
    """They as `core.rotation` walks a column."""

    table, name = Authenticator._meta.db_table, "data"

    def batches(self) -> Iterator[list[tuple[Place, str]]]:
        """Yield places with the encrypted values in them."""
        rows = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk").values_list("pk", "data")
        found = [((pk, kind), data[kind]) for pk, data in rows.iterator() for kind in KINDS if data.get(kind)]
        for start in range(0, len(found), BATCH):
            yield found[start : start + BATCH]

    def read(self, place: Place) -> str:
        """Return the encrypted value as it lies in the database; '' when the row is gone."""
        pk, kind = place
        row = Authenticator.objects.filter(pk=pk).first()
        return row.data.get(kind, "") if row else ""

    @transaction.atomic
    def swap(self, place: Place, *, old: str, new: str) -> bool:
        """Put `new` in the place of `old`. False when something else lies there by now."""
        pk, kind = place
        row = Authenticator.objects.select_for_update().filter(pk=pk).first()
        if row is None or row.data.get(kind) != old:
            return False
        row.data[kind] = new
        row.save(update_fields=["data"])
        return True

    def encrypted_anew(self, place: Place, token: str) -> str:
        """Return `token` under the first key. Raises Unreadable when no key opens it."""
        try:
            return encrypt(decrypt(token))
        except UnreadableValue:
            raise Unreadable(self.table, self.name, place[0]) from None


second_step_secrets = SecondStepSecrets()

"""What tells every process that something readers see has changed."""

from django.db import models


class ContentChange(models.Model):
    """One change of what readers see. Triggers write it, see core.content_stamp; it has nothing but its key."""

    def __str__(self) -> str:
        return str(self.pk)

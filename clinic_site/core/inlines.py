"""Rows inside a form of the admin."""

from django.conf import settings

FEWEST_FIELDS = 5  # that a row sends: its key, its parent's, and three of its own
MOST_ROWS = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS // FEWEST_FIELDS


class BoundedInlineMixin:
    """An inline that builds no more rows than a form can send, whatever number arrives.

    Django builds up to 2,000: fifteen seconds of work for an article that is sent with a mangled number.
    """

    max_num = MOST_ROWS

    def get_formset(self, request, obj=None, **kwargs):
        return super().get_formset(request, obj, absolute_max=self.max_num, **kwargs)

"""Pages of a list that may be very long."""

from django.core.paginator import Paginator
from django.utils.functional import cached_property

# Counting stops here: a list of a million rows opens as fast as one of a thousand. Nobody turns 40 pages.
COUNTED = 2_000


class CappedPaginator(Paginator):
    """Counts up to 2,000 rows, in the order of the list. What lies beyond is found by a filter or a search."""

    @cached_property
    def count(self) -> int:
        return self.object_list[:COUNTED].count()

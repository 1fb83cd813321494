"""Keeping the index while staff write."""

from .sources import Source


class SearchedAdminMixin:
    """Tells the search of every row that the admin saves or deletes, as `source` finds it."""

    source: Source

    def save_related(self, request, form, formsets, change) -> None:
        super().save_related(request, form, formsets, change)
        self.source.index(form.instance)

    def delete_model(self, request, obj) -> None:
        key = obj.pk
        super().delete_model(request, obj)
        self.source.remove(key)

    def delete_queryset(self, request, queryset) -> None:
        keys = list(queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)
        self.source.remove(*keys)

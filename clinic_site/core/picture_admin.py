"""The pictures in the admin: uploading, describing, choosing what matters in them, seeing where they are used."""

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from .admin_forms import PictureForm
from .media_files import is_readable
from .models import Picture, Rendition
from .picture_uses import uses_of
from .pictures import delete_pictures, save_picture


@admin.register(Picture)
class PictureAdmin(admin.ModelAdmin):
    form = PictureForm
    list_display = ["title", "thumbnail", "size", "alt", "used_in", "created_at"]
    list_per_page = 50
    ordering = ["-created_at", "-pk"]
    search_fields = ["title", "alt"]
    readonly_fields = ["preview", "state", "used_in"]
    change_form_template = "admin/core/picture/change_form.html"

    def get_fields(self, request, obj=None) -> list:
        fields = ["title", "file", "alt", "is_decorative"]
        focal = ("focal_x", "focal_y")
        return ["preview", *fields, focal, "state", "used_in"] if obj else [*fields, focal]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("renditions")

    def get_changelist_instance(self, request):
        changelist = super().get_changelist_instance(request)
        uses = uses_of(changelist.result_list, site=self.admin_site)
        for picture in changelist.result_list:
            picture.uses = uses[picture.pk]
        return changelist

    def save_model(self, request, obj: Picture, form, change: bool) -> None:
        save_picture(obj, now=timezone.now())
        if "file" not in form.changed_data and not is_readable(obj.file.name):
            self.message_user(
                request,
                "Your changes are saved, but the file of this picture is gone from the server. "
                "Readers see a drawn landscape in its place until you upload it again.",
                level=messages.WARNING,
            )

    def delete_model(self, request, obj: Picture) -> None:
        delete_pictures(Picture.objects.filter(pk=obj.pk))

    def delete_queryset(self, request, queryset) -> None:
        delete_pictures(queryset)

    def get_deleted_objects(self, objs, request):
        """What goes with a picture, without the dozens of files made of it, which nobody knows by name."""
        objects, counts, perms_needed, protected = super().get_deleted_objects(objs, request)
        counts.pop(Rendition._meta.verbose_name_plural, None)
        return [item for item in objects if not isinstance(item, list)], counts, perms_needed, protected

    @admin.display(description="preview")
    def thumbnail(self, picture: Picture) -> str:
        shown = picture.whole
        src = shown.srcset.split(" ")[0] or shown.src  # the smallest there is
        return format_html(
            '<img class="thumbnail" src="{}" alt="" width="{}" height="{}" loading="lazy">',
            src,
            shown.width,
            shown.height,
        )

    @admin.display(description="preview")
    def preview(self, picture: Picture) -> str:
        shown = picture.whole
        return format_html(
            '<img class="focal-preview" src="{}" alt="" width="{}" height="{}">', shown.src, shown.width, shown.height
        )

    @admin.display(description="size")
    def size(self, picture: Picture) -> str:
        return f"{picture.width:,}\u00a0×\u00a0{picture.height:,}"

    @admin.display(description="sizes for readers")
    def state(self, picture: Picture) -> str:
        if picture.rendition_error:
            return f"{picture.rendition_error} It is tried again every hour."
        if picture.renditions_due_at is not None:
            return "Being made. Until then readers see the picture as it was uploaded."
        return f"Ready: {len(picture.renditions.all())} files, so that each screen loads no more than it needs."

    @admin.display(description="used in")
    def used_in(self, picture: Picture) -> str:
        uses = picture.uses if hasattr(picture, "uses") else uses_of([picture], site=self.admin_site)[picture.pk]
        if not uses:
            return "Nowhere yet"
        return format_html('<ul class="uses">{}</ul>', format_html_join("", "<li>{}</li>", ([use] for use in uses)))

"""The admin's frame: our own first screen on the stock admin."""

from django.contrib.admin import AdminSite


class ClinicAdminSite(AdminSite):
    site_header = "Clinic website"
    site_title = "Clinic website"
    index_title = "Today"

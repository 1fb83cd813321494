from django.urls import path

from . import views

app_name = "locations"
urlpatterns = [
    path("locations/", views.index, name="index"),
    path("locations/<slug:slug>/", views.location, name="location"),
]

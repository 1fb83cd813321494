from django.urls import path

from . import views

urlpatterns = [
    path("", views.constant),
    path("page/", views.rendered),
    path("form/", views.inserting),
]

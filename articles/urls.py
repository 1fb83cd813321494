from django.urls import path

from . import views

app_name = "articles"
urlpatterns = [
    path("articles/", views.index, name="index"),
    path("articles/topics/<slug:slug>/", views.topic, name="topic"),
    path("articles/<slug:slug>/", views.article, name="article"),
    path("preview/<str:secret>/", views.preview, name="preview"),
    path("questions/", views.questions, name="questions"),
]

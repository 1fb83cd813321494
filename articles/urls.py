from django.urls import path

from . import feeds, views

app_name = "articles"
urlpatterns = [
    path("articles/", views.index, name="index"),
    path("articles/topics/<slug:slug>/", views.topic, name="topic"),
    path("articles/<slug:slug>/", views.article, name="article"),
    path("og/<slug:slug>/<slug:version>.jpg", views.share_picture, name="share-picture"),
    path("feed/", feeds.atom, name="atom"),
    path("feed/rss/", feeds.rss, name="rss"),
    path("preview/<str:secret>/", views.preview, name="preview"),
    path("questions/", views.questions, name="questions"),
]

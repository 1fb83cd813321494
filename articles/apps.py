from django.apps import AppConfig


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = "Articles and questions"

    def ready(self) -> None:
        from .versions import register

        register()

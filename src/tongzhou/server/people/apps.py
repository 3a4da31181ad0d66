from importlib import import_module

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "tongzhou.server.people"
    label = "people"

    def ready(self) -> None:
        import_module(f"{self.name}.doors")

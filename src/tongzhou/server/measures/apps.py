from importlib import import_module

from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    name = "tongzhou.server.measures"
    label = "measures"

    def ready(self) -> None:
        import_module(f"{self.name}.duty_kinds")

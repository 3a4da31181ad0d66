from importlib import import_module

from django.apps import AppConfig


class LabsConfig(AppConfig):
    name = "tongzhou.server.labs"
    label = "labs"

    def ready(self) -> None:
        import_module(f"{self.name}.duty_kinds")

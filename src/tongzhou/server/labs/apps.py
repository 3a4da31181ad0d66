from importlib import import_module

from django.apps import AppConfig


class LabsConfig(AppConfig):
    name = "tongzhou.server.labs"
    label = "labs"

    def ready(self) -> None:
        for module in ("duty_kinds", "jobs"):
            import_module(f"{self.name}.{module}")

from importlib import import_module

from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "tongzhou.server.planning"
    label = "planning"

    def ready(self) -> None:
        import_module(f"{self.name}.jobs")

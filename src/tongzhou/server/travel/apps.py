from importlib import import_module

from django.apps import AppConfig


class TravelConfig(AppConfig):
    name = "tongzhou.server.travel"
    label = "travel"

    def ready(self) -> None:
        for part in ("duties", "arrivals"):
            import_module(f"{self.name}.{part}")

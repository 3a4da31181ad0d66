from importlib import import_module

from django.apps import AppConfig


class AnalysisConfig(AppConfig):
    name = "tongzhou.server.analysis"
    label = "analysis"

    def ready(self) -> None:
        import_module(f"{self.name}.jobs")

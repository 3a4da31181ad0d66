from importlib import import_module

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "tongzhou.server.cases"
    label = "cases"

    def ready(self) -> None:
        import_module(f"{self.name}.duty_kinds")

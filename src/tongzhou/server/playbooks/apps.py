from importlib import import_module

from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    name = "tongzhou.server.playbooks"
    label = "playbooks"

    def ready(self) -> None:
        for part in ("cases", "measures", "rounds", "zones"):
            import_module(f"{self.name}.{part}")

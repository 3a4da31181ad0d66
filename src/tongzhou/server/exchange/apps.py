from importlib import import_module

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "tongzhou.server.exchange"
    label = "exchange"

    def ready(self) -> None:
        import_module(f"{self.name}.jobs")

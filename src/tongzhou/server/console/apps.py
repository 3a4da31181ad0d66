from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "tongzhou.server.console"
    label = "console"

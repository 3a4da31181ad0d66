from django.apps import AppConfig


class DutiesConfig(AppConfig):
    name = "tongzhou.server.duties"
    label = "duties"

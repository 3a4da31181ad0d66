from django.apps import AppConfig


class LabsConfig(AppConfig):
    name = "tongzhou.server.labs"
    label = "labs"

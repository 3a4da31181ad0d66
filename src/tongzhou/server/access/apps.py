from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "tongzhou.server.access"
    label = "access"

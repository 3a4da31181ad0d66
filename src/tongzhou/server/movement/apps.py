from django.apps import AppConfig


class MovementConfig(AppConfig):
    name = "tongzhou.server.movement"
    label = "movement"

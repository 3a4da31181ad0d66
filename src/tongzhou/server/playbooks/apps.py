from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    name = "tongzhou.server.playbooks"
    label = "playbooks"

from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "tongzhou.server.planning"
    label = "planning"

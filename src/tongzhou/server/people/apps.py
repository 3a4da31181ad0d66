from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "tongzhou.server.people"
    label = "people"

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "tongzhou.server.kernel"
    label = "kernel"

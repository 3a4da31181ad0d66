from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "tongzhou.server.exchange"
    label = "exchange"

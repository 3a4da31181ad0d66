"""Settings, vehicles and sources in words that lists and forms show."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_lazy

from tongzhou.core.exposures import Conveyance, Setting

SETTINGS = {
    Setting.HOUSEHOLD: gettext_lazy("Home"),
    Setting.SCHOOL: gettext_lazy("School"),
    Setting.WORK: gettext_lazy("Work"),
    Setting.DINING: gettext_lazy("Meal"),
    Setting.HEALTH_CARE: gettext_lazy("Health care"),
    Setting.CARE_HOME: gettext_lazy("Care home"),
    Setting.SHOP: gettext_lazy("Shop"),
    Setting.LEISURE: gettext_lazy("Leisure"),
    Setting.WORSHIP: gettext_lazy("Worship"),
    Setting.TRANSPORT: gettext_lazy("Transport"),
    Setting.QUARANTINE_SITE: gettext_lazy("Quarantine site"),
    Setting.COMMUNITY: gettext_lazy("Community"),
    Setting.OTHER: gettext_lazy("Other"),
}
CONVEYANCES = {
    Conveyance.AIRCRAFT: gettext_lazy("Flight"),
    Conveyance.TRAIN_CLOSED: gettext_lazy("Train"),
    Conveyance.TRAIN_OPEN: gettext_lazy("Ordinary train"),
    Conveyance.BUS_CLOSED: gettext_lazy("Coach"),
    Conveyance.BUS_OPEN: gettext_lazy("Bus"),
    Conveyance.SHIP: gettext_lazy("Ship"),
    Conveyance.METRO: gettext_lazy("Metro"),
    Conveyance.TAXI: gettext_lazy("Taxi"),
}
SOURCES = {
    "interview": gettext_lazy("Interview"),
    "registered": gettext_lazy("Resident register"),
    "carrier": gettext_lazy("Carrier of the trip"),
    "simulated": gettext_lazy("Simulated, for demonstration"),
}


def setting_word(setting: str) -> str:
    """Return a setting in words."""
    return str(SETTINGS[Setting(setting)]) if setting else gettext("Unknown")


def conveyance_word(conveyance: str) -> str:
    """Return a kind of vehicle in words."""
    return str(CONVEYANCES[Conveyance(conveyance)]) if conveyance else ""


def source_word(source: str) -> str:
    """Return where a stay or trip is known from, in words."""
    return str(SOURCES.get(source, source.replace("_", " ")))

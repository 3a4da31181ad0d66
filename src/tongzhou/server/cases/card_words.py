"""The choices of report cards in words, by the codes that packs use."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

CARD_WORDS = {
    "male": gettext_lazy("Male"),
    "female": gettext_lazy("Female"),
    "this_county": gettext_lazy("This county"),
    "other_county_of_city": gettext_lazy("Another county of the city"),
    "other_city_of_province": gettext_lazy("Another city of the province"),
    "other_province": gettext_lazy("Another province"),
    "hk_macao_taiwan": gettext_lazy("Hong Kong, Macao or Taiwan"),
    "foreign": gettext_lazy("Abroad"),
    "kindergarten_child": gettext_lazy("Child in a kindergarten"),
    "scattered_child": gettext_lazy("Child at home"),
    "student": gettext_lazy("Student"),
    "teacher": gettext_lazy("Teacher"),
    "nanny": gettext_lazy("Child carer or domestic help"),
    "catering_worker": gettext_lazy("Catering worker"),
    "food_worker": gettext_lazy("Food worker"),
    "commercial_service": gettext_lazy("Commerce and services"),
    "medical_worker": gettext_lazy("Medical worker"),
    "worker": gettext_lazy("Worker"),
    "migrant_worker": gettext_lazy("Migrant worker"),
    "farmer": gettext_lazy("Farmer"),
    "herder": gettext_lazy("Herder"),
    "fisher": gettext_lazy("Fisher"),
    "cadre": gettext_lazy("Office staff"),
    "retired": gettext_lazy("Retired"),
    "housework_unemployed": gettext_lazy("Housework or no job"),
    "unknown": gettext_lazy("Unknown"),
    "other": gettext_lazy("Other"),
    "suspected": gettext_lazy("Suspected"),
    "clinically_diagnosed": gettext_lazy("Clinically diagnosed"),
    "confirmed": gettext_lazy("Confirmed"),
    "carrier": gettext_lazy("Carrier"),
    "covid-19": gettext_lazy("COVID-19"),
}

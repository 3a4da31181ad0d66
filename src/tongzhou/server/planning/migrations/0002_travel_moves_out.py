"""Figures of travel move to the app `travel`: the table is renamed, and no row is touched."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("planning", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AlterModelTable("TravelFigure", "travel_travelfigure")],
            state_operations=[migrations.DeleteModel("TravelFigure")],
        )
    ]

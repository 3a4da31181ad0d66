"""Figures of travel as the app `planning` had them; the table is there already, renamed."""

from __future__ import annotations

from django.db import migrations, models

import tongzhou.server.kernel.clock
import tongzhou.server.kernel.records


class Migration(migrations.Migration):
    initial = True

    dependencies = [("planning", "0002_travel_moves_out")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="TravelFigure",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=tongzhou.server.kernel.records.make_record_id,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        (
                            "recorded_at",
                            models.DateTimeField(default=tongzhou.server.kernel.clock.now, editable=False),
                        ),
                        ("area_code", models.CharField(max_length=24)),
                        (
                            "direction",
                            models.CharField(choices=[("in", "Arriving"), ("out", "Leaving")], max_length=4),
                        ),
                        ("on", models.DateField()),
                        ("other", models.CharField(max_length=24)),
                        ("checkpoint", models.CharField(blank=True, max_length=80)),
                        ("n_registered", models.PositiveIntegerField(default=0)),
                        ("n_expected", models.PositiveIntegerField(null=True)),
                        ("other_cases", models.PositiveIntegerField(null=True)),
                        ("other_population", models.PositiveBigIntegerField(null=True)),
                        ("as_of", models.DateField()),
                        ("source", models.CharField(max_length=200)),
                        ("entered_by", models.CharField(max_length=64)),
                        ("is_superseded", models.BooleanField(default=False)),
                    ],
                    options={
                        "ordering": ["on", "other", "checkpoint"],
                        "indexes": [
                            models.Index(fields=["area_code", "direction", "on"], name="travel_area")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("is_superseded", False)),
                                fields=("area_code", "direction", "on", "other", "checkpoint"),
                                name="one_travel_figure",
                            )
                        ],
                    },
                ),
            ]
        )
    ]

from django.db import migrations, models

from tongzhou.server.audit.keys import chain_key
from tongzhou.server.audit.rules import seal_head


def seal(apps, schema_editor):
    """Seal the head of a chain that began before heads had seals."""
    model = apps.get_model("audit", "Head")
    for head in model.objects.all():
        head.seal = seal_head(chain_key(), head.seq, head.digest)
        head.save(update_fields=["seal"])


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddField("head", "seal", models.CharField(blank=True, max_length=64)),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]

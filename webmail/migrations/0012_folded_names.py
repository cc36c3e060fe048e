from django.db import migrations

import webmail.models.folding


def fold_names(apps, schema_editor):
    for model in ('Person', 'DirectoryEntry'):
        for row in apps.get_model('webmail', model).objects.iterator():
            row.save(update_fields=['folded_name'])


class Migration(migrations.Migration):

    dependencies = [
        ('webmail', '0011_signature_book'),
    ]

    operations = [
        migrations.AddField(
            model_name='directoryentry',
            name='folded_name',
            field=webmail.models.folding.FoldedNameField(default='', editable=False, max_length=400),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='person',
            name='folded_name',
            field=webmail.models.folding.FoldedNameField(default='', editable=False, max_length=400),
            preserve_default=False,
        ),
        migrations.RunPython(fold_names, migrations.RunPython.noop),
    ]

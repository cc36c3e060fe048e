from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):

    dependencies = [
        ('webmail', '0010_own_copies'),
    ]

    operations = [
        migrations.AddField(
            model_name='preparedletter',
            name='email_id',
            field=models.CharField(blank=True, default='', max_length=32),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='preparedletter',
            name='failure',
            field=models.CharField(blank=True, default='', max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='preparedletter',
            name='prepared_at',
            field=models.DateTimeField(default=timezone.now),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='preparedletter',
            name='state',
            field=models.CharField(choices=[('prepared', 'Prepared'), ('returned', 'Returned'), ('sending', 'Sending'), ('failed', 'Failed'), ('signed', 'Signed')], default='prepared', max_length=8),
        ),
    ]

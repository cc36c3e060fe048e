from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('webmail', '0009_confidential_messages'),
    ]

    operations = [
        migrations.AlterField(
            model_name='seentoken',
            name='kind',
            field=models.CharField(choices=[('delivery', 'Delivery'), ('thread', 'Thread'), ('copy', 'Copy')], max_length=8),
        ),
    ]

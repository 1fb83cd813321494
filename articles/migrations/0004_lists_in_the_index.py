from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0003_claim_guard'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='article',
            name='articles_newest_first',
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(fields=['-published_at', 'id', 'withdrawn_at'], name='articles_by_moment'),
        ),
        migrations.AddIndex(
            model_name='article',
            index=models.Index(fields=['topic', '-published_at', 'id', 'withdrawn_at'], name='articles_of_topic'),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('consults', '0003_desk_fill'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='consultrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', False), ('stage__in', ['booked', 'closed'])), models.Q(('finished_at', None), ('stage__in', ['waiting', 'in_touch'])), _connector='OR'), name='consults_request_finished_has_a_time'),
        ),
        migrations.AddConstraint(
            model_name='consultrequest',
            constraint=models.CheckConstraint(condition=models.Q(('next_action_at', None), ('stage__in', ['waiting', 'in_touch']), _connector='OR'), name='consults_request_next_action_while_open'),
        ),
        migrations.AddConstraint(
            model_name='consultrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stage__in', ['in_touch', 'booked']), _negated=True), ('first_contact_at__isnull', False), _connector='OR'), name='consults_request_in_touch_was_contacted'),
        ),
    ]

"""One stretch of a roster: who may use a mailbox from when to when."""

from django.db import models

from webmail.models.columns import identifier


class DutySlot(models.Model):
    """`person_id` or `invitation_id` says who; `id_value` is the number the roster named."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = identifier()
    person_id = identifier(blank=True)
    invitation_id = identifier(blank=True)
    id_type = models.CharField(max_length=16)
    id_value = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True)
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    roster_id = identifier()  # the upload it came with; one key change ends the whole of it

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "person_id", "ends"], name="duty_person"),
            models.Index(fields=["account_id", "roster_id"], name="duty_roster"),
            models.Index(fields=["ends"], name="duty_end"),
        ]

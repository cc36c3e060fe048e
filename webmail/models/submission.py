"""A JMAP EmailSubmission: one message handed in for sending."""

from django.db import models

from webmail.models.columns import identifier


class Submission(models.Model):
    """`delivery` maps each recipient to `{"state": queued|delivered|failed, "reply": "250 …"}` and is emptied 14 days
    after the last of them is final: who wrote to whom is then forgotten.
    """

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = identifier()
    person_id = identifier()
    message_id = identifier()  # the sealed Sent copy
    thread_id = identifier(blank=True)
    mail_from = models.CharField(max_length=254)
    delivery = models.JSONField(default=dict)
    undo_status = models.CharField(max_length=8, default="final")  # pending, final, canceled (RFC 8621 §7)
    send_at = models.DateTimeField()
    final_at = models.DateTimeField(null=True)
    wire_token = models.CharField(max_length=64)  # keyed hash of the wire: the same mail is not sent twice
    created_modseq = models.BigIntegerField()
    modseq = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "wire_token"], name="submission_wire_once")]
        indexes = [models.Index(fields=["account_id", "modseq"], name="submission_modseq")]

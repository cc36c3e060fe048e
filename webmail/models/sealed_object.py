"""A versioned object that only clients can open: pack, draft, pins, correspondents, folder name, kept CEK and others."""

from django.db import models

from webmail.models.columns import identifier


class SealedObject(models.Model):
    class Class(models.TextChoices):
        DRAFT = "draft"
        PACK = "pack"
        PINS = "pins"
        CORRESPONDENTS = "correspondents"
        CONTACTS = "contacts"
        SETTINGS = "settings"
        FOLDER = "folder"
        CEK = "cek"
        NOTE = "note"
        CONFIDENTIAL = "confidential"

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = identifier()
    object_class = models.CharField(max_length=16, choices=Class)
    version = models.PositiveIntegerField(default=1)
    epoch = models.PositiveIntegerField()
    blob_id = identifier()
    size = models.PositiveIntegerField()
    updated_at = models.DateTimeField()
    created_modseq = models.BigIntegerField()
    modseq = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "object_class"], name="object_class"),
            models.Index(fields=["account_id", "modseq"], name="object_modseq"),
        ]

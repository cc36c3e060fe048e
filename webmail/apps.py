"""The one Django application of the server."""

from django.apps import AppConfig


class WebmailConfig(AppConfig):
    name = "webmail"
    verbose_name = "Pli"
    default_auto_field = "django.db.models.BigAutoField"

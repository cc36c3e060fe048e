"""Every JMAP method of this server, in one table."""

from webmail.jmap import (
    account,
    core,
    credential,
    directory,
    email,
    email_import,
    email_query,
    email_set,
    identity,
    invitation,
    keys,
    mailbox,
    membership,
    person,
    recovery,
    sealed_object,
    submission,
    thread,
    traces,
    work,
)
from webmail.jmap.dispatch import Dispatcher, Method

METHODS: dict[str, Method] = {
    **core.METHODS,
    **mailbox.METHODS,
    **thread.METHODS,
    **email.METHODS,
    **email_query.METHODS,
    **email_set.METHODS,
    **email_import.METHODS,
    **identity.METHODS,
    **submission.METHODS,
    **keys.METHODS,
    **credential.METHODS,
    **membership.METHODS,
    **invitation.METHODS,
    **recovery.METHODS,
    **sealed_object.METHODS,
    **directory.METHODS,
    **traces.METHODS,
    **account.METHODS,
    **person.METHODS,
    **work.METHODS,
}
dispatcher = Dispatcher(METHODS)

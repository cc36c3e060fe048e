"""Name constraints on e-mail addresses (RFC 5280 §4.2.1.10), beyond what pyhanko-certvalidator checks.

An authority's constraints bind the addresses in subjectAltName *and* emailAddress attributes of the subject, and an anchor's own
constraints bind as those of any authority do: readers show both, and administrators expect both. An internationalised address
(SmtpUTF8Mailbox) is bound as well (RFC 9598 §6), or it would say what an authority may not say.
"""

from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.x509.oid import NameOID

from bridge.pki.certificates import extension
from bridge.pki.errors import CertificateMalformed, NameNotPermitted

_UTF8_STRING = 0x0C
_SHORT = 127  # octets that DER counts in one; an address of more is nobody's
_SMTP_UTF8 = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")


def addresses(certificate: x509.Certificate) -> list[str]:
    """Every e-mail address the certificate claims, as it stands there."""
    claimed = [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)]
    names = extension(certificate, x509.SubjectAlternativeName)
    return claimed if names is None else claimed + _alternative(names)


def _alternative(names: x509.SubjectAlternativeName) -> list[str]:
    return names.get_values_for_type(x509.RFC822Name) + [
        _mailbox(one) for one in names.get_values_for_type(x509.OtherName) if one.type_id == _SMTP_UTF8
    ]


def _mailbox(name: x509.OtherName) -> str:
    """A SmtpUTF8Mailbox is only for a local part beyond ASCII: what an rfc822Name can say has one place (RFC 9598 §3)."""
    text = name.value[2:]
    if len(text) > _SHORT or name.value[:2] != bytes([_UTF8_STRING, len(text)]):
        raise CertificateMalformed("The certificate names an address that is none.")
    try:
        address = text.decode()
    except UnicodeDecodeError as error:
        raise CertificateMalformed("The certificate names an address that is none.") from error
    if address.rpartition("@")[0].isascii():
        raise CertificateMalformed("The certificate names an address in a place that is not for it.")
    return address


def check_addresses(certificate: x509.Certificate) -> None:
    """Each name in subjectAltName is one address. Raises CertificateMalformed: readers would disagree on `a@b@c`."""
    names = extension(certificate, x509.SubjectAlternativeName)
    for address in [] if names is None else _alternative(names):
        local, _, host = address.rpartition("@")
        quoted = local.startswith('"') and local.endswith('"')
        if not local or not host or ("@" in local and not quoted):
            raise CertificateMalformed("The certificate names an address that is none.")


def check_mail_names(path: Sequence[x509.Certificate]) -> None:
    """`path` from the anchor to the certificate in question. Raises NameNotPermitted, or CertificateMalformed for a constraint
    or a constrained name that is no address.
    """
    for position, authority in enumerate(path[:-1]):
        constraints = extension(authority, x509.NameConstraints)
        if constraints is None:
            continue
        permitted = _mail(constraints.permitted_subtrees or ())
        excluded = _mail(constraints.excluded_subtrees or ())
        for member in _bound(path[position + 1 :]):
            _check(member, permitted, excluded)


def _bound(members: Sequence[x509.Certificate]) -> Iterable[x509.Certificate]:
    """Self-issued authorities are not bound, the last certificate always is (RFC 5280 §6.1.3 b, c)."""
    return [one for one in members[:-1] if one.issuer != one.subject] + [members[-1]]


def _check(certificate: x509.Certificate, permitted: list[str], excluded: list[str]) -> None:
    if not permitted and not excluded:
        return
    for address in addresses(certificate):
        if any(_within(address, base) for base in excluded):
            raise NameNotPermitted("An authority of this path excludes an address of the certificate.")
        if permitted and not any(_within(address, base) for base in permitted):
            raise NameNotPermitted("No authority of this path permits an address of the certificate.")


def _mail(subtrees: Iterable[x509.GeneralName]) -> list[str]:
    return [name.value for name in subtrees if isinstance(name, x509.RFC822Name)]


def _within(address: str, base: str) -> bool:
    """`base` is a mailbox, a host, or with a leading dot every host below a domain."""
    local, at, host = address.rpartition("@")
    if not (local and at and host):
        raise CertificateMalformed("A certificate of this path names an address that is none.")
    wanted, _, domain = base.rpartition("@")
    host, domain = host.lower().removesuffix("."), domain.lower().removesuffix(".")
    if not domain:
        raise CertificateMalformed("A name constraint on addresses names none.")
    if wanted:
        return (wanted, domain) == (local, host)
    return host.endswith(domain) and host != domain if domain.startswith(".") else host == domain

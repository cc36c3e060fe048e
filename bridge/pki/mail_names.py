"""Name constraints on e-mail addresses (RFC 5280 §4.2.1.10), beyond what pyhanko-certvalidator checks.

An authority's constraints bind the addresses in subjectAltName *and* emailAddress attributes of the subject, and an anchor's own
constraints bind as those of any authority do: readers show both, and administrators expect both.
"""

from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.x509.oid import NameOID

from bridge.pki.certificates import extension
from bridge.pki.errors import CertificateMalformed, NameNotPermitted


def addresses(certificate: x509.Certificate) -> list[str]:
    """Every e-mail address the certificate claims, as it stands there."""
    claimed = [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)]
    names = extension(certificate, x509.SubjectAlternativeName)
    if names is not None:
        claimed += names.get_values_for_type(x509.RFC822Name)
    return claimed


def check_addresses(certificate: x509.Certificate) -> None:
    """Each rfc822Name is one address. Raises CertificateMalformed: readers would disagree on `a@b@c`."""
    names = extension(certificate, x509.SubjectAlternativeName)
    for address in [] if names is None else names.get_values_for_type(x509.RFC822Name):
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

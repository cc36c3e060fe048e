"""The parameters of RSAES-OAEP and RSASSA-PSS (RFC 4055 §3.1, §4.1), with the defaults applied: SHA-1, MGF1 with SHA-1."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from bridge.cms import algorithms, ber
from bridge.cms.errors import Malformed, UnsupportedAlgorithm
from bridge.cms.fields import Fields
from bridge.cms.limits import check_asn1

_ABSENT = b"\x30\x00"
_CONTEXT_3 = 0xA3
_CONSTRUCTED = 0x20
_DEFAULT_SALT = 20
_MAX_SALT = 512
_TRAILER_BC = 1


@dataclass(frozen=True)
class OaepParameters:
    hash_name: str
    mgf_hash_name: str
    label: bytes


@dataclass(frozen=True)
class PssParameters:
    """`salt_length` in octets."""

    hash_name: str
    mgf_hash_name: str
    salt_length: int


@lru_cache(maxsize=64)
def read_oaep(parameters: bytes) -> OaepParameters:
    """RSAES-OAEP-params. Raises `Malformed` or `UnsupportedAlgorithm`."""
    fields = _fields(parameters)
    hash_name = _hash(fields.explicit_optional(ber.CONTEXT_0))
    mgf_hash_name = _mgf_hash(fields.explicit_optional(ber.CONTEXT_1))
    source = fields.explicit_optional(ber.CONTEXT_2)
    fields.end()
    return OaepParameters(hash_name, mgf_hash_name, b"" if source is None else _label(source))


@lru_cache(maxsize=64)
def read_pss(parameters: bytes) -> PssParameters:
    """RSASSA-PSS-params. Raises `Malformed` or `UnsupportedAlgorithm`."""
    fields = _fields(parameters)
    hash_name = _hash(fields.explicit_optional(ber.CONTEXT_0))
    mgf_hash_name = _mgf_hash(fields.explicit_optional(ber.CONTEXT_1))
    salt, trailer = fields.explicit_optional(ber.CONTEXT_2), fields.explicit_optional(_CONTEXT_3)
    fields.end()
    salt_length = _DEFAULT_SALT if salt is None else salt.integer()
    if not 0 <= salt_length <= _MAX_SALT or (trailer is not None and trailer.integer() != _TRAILER_BC):
        raise Malformed("a salt or trailer that cannot be")
    return PssParameters(hash_name, mgf_hash_name, salt_length)


def _fields(parameters: bytes) -> Fields:
    check_asn1(parameters or _ABSENT, max_nodes=64)
    return Fields.of(parameters or _ABSENT)


def _hash(explicit: Fields | None) -> str:
    return "sha1" if explicit is None else algorithms.hash_name(explicit.algorithm().oid)


def _mgf_hash(explicit: Fields | None) -> str:
    if explicit is None:
        return "sha1"
    mask = explicit.algorithm()
    if mask.oid != algorithms.MGF1:
        raise UnsupportedAlgorithm(mask.oid)
    return algorithms.hash_name(Fields.of_algorithm(mask.parameters).oid)


def _label(explicit: Fields) -> bytes:
    source = explicit.algorithm()
    if source.oid != algorithms.P_SPECIFIED:
        raise UnsupportedAlgorithm(source.oid)
    label = ber.read(source.parameters)
    if label.tag & ~_CONSTRUCTED != ber.OCTET_STRING:
        raise Malformed("a label that is no OCTET STRING")
    return ber.octets(source.parameters, label)

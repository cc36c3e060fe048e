"""Header fields as the page reads them (`static/js/mime/headers.js`), so that a list and an opened message say the same.

Python's `email` package repairs and splits differently; two readings of one From are what a forger looks for (ASVS 1.5.3). Names,
limits and the text of a field are decided here; `tests/differential` compares both on thousands of broken samples.
"""

import binascii
import re
from collections import defaultdict
from collections.abc import Iterator

Fields = defaultdict[str, list[str]]

_EMPTY_LINE = re.compile(rb"\r?\n")
_FIELD = re.compile(rb"[^\n]*(?:\n[ \t][^\n]*)*\n?")
_NAME = re.compile(rb"[!-9;-~]+")
_FROM_LINE = re.compile(rb">?From ")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_WORD = re.compile(r"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(=\?[^?\s]+\?[bBqQ]\?[^?]*\?=)\s+(?==\?[^?\s]+\?[bBqQ]\?[^?]*\?=)")
_QUOTED = re.compile(rb"=(?:([0-9A-Fa-f]{2})|[ \t]*\r?(?:\n|\Z))")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
# The web's decoders read these as windows-1252 (WHATWG Encoding §4.2).
_WINDOWS_1252 = re.compile(r"(?:iso-?8859-?1|latin-?1|l1|cp-?819|windows-1252|cp1252|x-cp1252)$")
# Of Python's other codecs some are no charsets and some take quadratic time (punycode, idna).
_CHARSETS = re.compile(
    r"(?:iso-?8859-(?:[2-9]|1[013-6])|(?:windows-|cp)125\d|koi8-[ru]|gb(?:k|2312|18030)|big5|euc-(?:jp|kr)|shift_jis|iso-2022-jp|utf-16(?:le|be)?)$"
)


def header_fields(content: bytes) -> Fields:
    """The fields of an RFC 5322 message by lower-case name, unfolded, encoded words not decoded.

    A line that is no field is skipped, except the first: then there is no header section.
    """
    fields: Fields = defaultdict(list)
    for first, raw in _lines(content):
        name, colon, value = raw.partition(b":")
        if colon and _NAME.fullmatch(name := name.rstrip()):
            fields[name.decode("ascii").lower()].append(_FOLD.sub("", decode(value)).strip())
        elif first and not _FROM_LINE.match(raw):
            break
    return fields


def _lines(content: bytes) -> Iterator[tuple[bool, bytes]]:
    """Each field with its continuation lines, up to the empty line; and whether it is the first."""
    for found in _FIELD.finditer(content):
        if not found[0] or _EMPTY_LINE.match(found[0]):
            return
        yield found.start() == 0, found[0]


def decode_words(value: str) -> str:
    """Encoded words decoded (RFC 2047); neighbours of one charset are joined first, since senders cut inside characters."""
    joined = _BETWEEN.sub(r"\1", value) if "=?" in value else value
    out, at, charset, run = "", 0, "", b""
    for word in _WORD.finditer(joined):
        name = word[1].lower()
        if word.start() > at or name != charset:
            out += decode(run, charset) + joined[at : word.start()]
            charset, run = name, b""
        run += _word_bytes(word[2], word[3])
        at = word.end()
    return out + decode(run, charset) + joined[at:]


def _word_bytes(encoding: str, text: str) -> bytes:
    if encoding in "qQ":
        return _QUOTED.sub(_quoted, text.replace("_", "=20").encode())
    digits = _NOT_BASE64.sub("", text.partition("=")[0])
    whole = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
    return binascii.a2b_base64(whole + "=" * (-len(whole) % 4))


def _quoted(found: re.Match[bytes]) -> bytes:
    """The octet of an escape; nothing for a soft line break."""
    return bytes.fromhex(found[1].decode()) if found[1] else b""


def decode(octets: bytes, charset: str = "") -> str:
    """Text in a charset named by the sender; an unknown name falls back to UTF-8, then to windows-1252."""
    if _WINDOWS_1252.match(charset):
        return _windows_1252(octets)
    if _CHARSETS.match(charset):
        return octets.decode(charset, "replace")
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return _windows_1252(octets)


def _windows_1252(octets: bytes) -> str:
    """Every octet is a character: the five that Python leaves out are controls."""
    return "".join(octets[i : i + 1].decode("cp1252", "ignore") or chr(octets[i]) for i in range(len(octets)))

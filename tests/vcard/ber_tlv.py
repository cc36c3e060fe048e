"""BER-TLV data objects as cards use them (ISO 7816-4 §5.2.2), by integer tags: 0x7C, 0x5F2F."""


def tlv(tag: int, *values: bytes) -> bytes:
    """One data object; several values are those of a constructed one."""
    value = b"".join(values)
    encoded = tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
    return encoded + _length(len(value)) + value


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def read_tlvs(data: bytes) -> dict[int, bytes]:
    """The data objects of a template. Raises ValueError where it is cut short."""
    found: dict[int, bytes] = {}
    while data:
        tag, data = _take_tag(data)
        size, data = _take_length(data)
        if size > len(data):
            raise ValueError("a data object is cut short")
        found[tag], data = data[:size], data[size:]
    return found


def _take_tag(data: bytes) -> tuple[int, bytes]:
    size = 1
    if data[0] & 0x1F == 0x1F:
        size += 1
        while data[size - 1] & 0x80:
            size += 1
    return int.from_bytes(data[:size], "big"), data[size:]


def _take_length(data: bytes) -> tuple[int, bytes]:
    if not data:
        raise ValueError("a data object without length")
    if data[0] < 0x80:
        return data[0], data[1:]
    size = data[0] & 0x7F
    return int.from_bytes(data[1 : 1 + size], "big"), data[1 + size :]

"""A small PDF and a small PNG, drawn here so that the demo carries no files."""

import struct
import zlib

WIDTH, HEIGHT = 360, 200


def draw_png() -> bytes:
    """A grey ultrasound-like fan on black, WIDTH × HEIGHT, 8-bit grey."""
    rows = b"".join(b"\0" + bytes(_shade(x, y) for x in range(WIDTH)) for y in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _shade(x: int, y: int) -> int:
    across, down = x - WIDTH / 2, float(y)
    distance = (across * across + down * down) ** 0.5
    if not 30 < distance < HEIGHT - 10 or abs(across) > down:  # noqa: PLR2004 - the fan's inner radius
        return 0
    speckle = (x * 7919 + y * 104729) % 61
    return min(255, int(60 + 90 * (1 - distance / HEIGHT)) + speckle)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_pdf(lines: list[str]) -> bytes:
    """One page of text, PDF 1.4, standard font; lines are ASCII."""
    text = "\n".join(f"({line}) Tj T*" for line in lines)
    stream = f"BT /F1 12 Tf 72 770 Td 18 TL\n{text}\nET".encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer

"""CMS as Pli reads and writes it (RFC 5652, 5083, 5753, 8551), and Pli's own formats of docs/FORMATS.md.

Pure: bytes in, bytes or values out; no files, no sockets, no card. Whatever fails raises a `bridge.cms.errors.CmsError`.
"""

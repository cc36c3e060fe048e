"""The reader's side of Pli: pure PKI and CMS packages, the card, the vault and the loopback protocol.

Nothing here knows the server or Django. The server uses `bridge.pki` and `bridge.cms` and nothing else.
"""

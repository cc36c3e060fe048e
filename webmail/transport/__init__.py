"""The mail doors: LMTP in, the outbox out."""

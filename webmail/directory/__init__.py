"""Where addresses lead and which certificates belong to them: this server's mailboxes, and known outsiders."""

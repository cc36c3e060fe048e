"""The server of Pli: stores and routes sealed mail, and never holds a key that opens it."""

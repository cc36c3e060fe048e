"""What the server does, one file per use case. `access` alone says who may do what."""

"""Which URL next, for which host: the store of all known URLs and their states."""

"""Sources: doors for senders that cannot use our API."""

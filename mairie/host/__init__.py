"""What runs on the host: apply, verify, events."""

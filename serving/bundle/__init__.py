"""What a bundle is, and whether it can be trusted. Opens no session."""

"""What a bundle's name begins with where it is no folder."""

HUB = "hub:"
READY = "ready:"

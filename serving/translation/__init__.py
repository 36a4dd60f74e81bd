"""Pictures of one domain to pictures of another: one, a folder of them, or a video."""

from serving.translation.translator import Translator, direction_to, is_translator, targets

__all__ = ["Translator", "direction_to", "is_translator", "targets"]

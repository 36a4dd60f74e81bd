"""Pictures of one domain to pictures of another: one, a folder of them, or a video."""

from serving.translation.translator import Translator, is_translator, targets

__all__ = ["Translator", "is_translator", "targets"]

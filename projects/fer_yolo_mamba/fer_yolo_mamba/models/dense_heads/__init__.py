"""Dense heads: from the neck's maps to predictions at every anchor."""

from .efficientdet_head import EfficientDetHead

__all__ = ['EfficientDetHead']

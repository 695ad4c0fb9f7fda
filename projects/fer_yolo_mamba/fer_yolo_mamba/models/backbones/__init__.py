"""Backbones: from a picture to maps of falling size."""

from .timm_efficientnet import TimmEfficientNet

__all__ = ['TimmEfficientNet']

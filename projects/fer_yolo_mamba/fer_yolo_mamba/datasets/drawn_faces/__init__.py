"""Faces drawn by a program, with their expressions and boxes.

A face is an identity, facial actions and a pose; a scene is a backdrop with
some faces; a demo set is a folder of scenes.
"""

from .demo_set import SPLITS, make_demo_set
from .face import draw_face
from .parameters import (
    EXPRESSION_ACTIONS,
    FaceParameters,
    FacialActions,
    HeadPose,
    Identity,
    random_identity,
)
from .scene import draw_scene

__all__ = [
    'EXPRESSION_ACTIONS',
    'SPLITS',
    'FaceParameters',
    'FacialActions',
    'HeadPose',
    'Identity',
    'draw_face',
    'draw_scene',
    'make_demo_set',
    'random_identity',
]

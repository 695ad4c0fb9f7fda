"""Results as JSON that every reader takes."""

import json
import math
from collections.abc import Mapping


def json_text(value) -> str:
    """Indented JSON; null for NaN and infinities, which JSON lacks.

    >>> print(json_text({'AP': float('nan')}), end='')
    {
      "AP": null
    }

    Args:
        value: Mappings, lists, strings and numbers, also of NumPy or PyTorch.
    """
    return json.dumps(_ready(value), indent=2, allow_nan=False) + '\n'


def _ready(value):
    if isinstance(value, Mapping):
        return {key: _ready(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_ready(item) for item in value]
    if hasattr(value, 'item'):  # tensors and NumPy scalars
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

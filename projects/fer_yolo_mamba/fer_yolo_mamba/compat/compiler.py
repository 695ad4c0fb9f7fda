"""What ``torch.compile`` takes for granted."""

from collections.abc import Callable


def assume_constant(function: Callable) -> None:
    """Lets compiled programs keep what a function gave when they were traced.

    The mark is all that ``torch.compiler.assume_constant_result`` sets; calling
    that would import the whole compiler, which few programs need.
    """
    function._dynamo_marked_constant = True

"""Other people's detectors of faces and expressions, for the same figures."""

from .known import KNOWN_PEERS, start_peer
from .peer import Peer

__all__ = ['KNOWN_PEERS', 'Peer', 'start_peer']

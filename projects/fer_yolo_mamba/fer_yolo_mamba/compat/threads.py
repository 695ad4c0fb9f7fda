"""How OpenMP's threads wait; to be imported before torch.

A thread that waits for work spins by default. With as many data-loader
workers as cores the spinning threads keep the working ones from running:
training steps took five times as long on two cores.
"""

import os

os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')

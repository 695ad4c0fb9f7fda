"""A detector's backbone as a classifier of pictures of one face each."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from ..engine.acceleration import fast_autocast
from .averaged_weights import AveragedWeights, step_if_finite

# Of the loss: the finest level, each other one, and all of them together.
_FINEST, _OTHERS, _TOGETHER = 0.4, 0.7, 1.0
_DROPPED = 0.2
_DECAY = 0.05
_MOST_NORM = 5.0
_SLOWEST_DECAY = 0.999


class CropClassifier(nn.Module):
    """Each level of a backbone names the face, and so do all together.

    A level is seen as the mean of its map without a sixth at each side. Heads
    are no part of a detector: they go when the backbone is trained.

    Args:
        detector: Whose backbone and preprocessor are used, not copied.
        num_classes: Names.
    """

    def __init__(self, detector: nn.Module, num_classes: int) -> None:
        super().__init__()
        self.backbone = detector.backbone
        self._preprocessor = detector.data_preprocessor
        self.eval()
        with torch.no_grad():
            widths = [
                level.shape[1]
                for level in self._levels(torch.zeros(1, 3, 64, 64))
            ]
        self.train()
        self.heads = nn.ModuleList(
            nn.Linear(width, num_classes) for width in (*widths, sum(widths))
        )
        self._weights = [_FINEST, *[_OTHERS] * (len(widths) - 1), _TOGETHER]

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Names faces.

        Args:
            pictures: (B, 3, side, side) BGR, from 0 to 255, float32.

        Returns:
            Logits (B, classes) of each level, and of all together.
        """
        with fast_autocast(pictures.device):
            levels = self._levels(pictures)
        means = [_middle(level.float()) for level in levels]
        means.append(torch.cat(means, 1))
        return [
            head(F.dropout(mean, _DROPPED, self.training))
            for head, mean in zip(self.heads, means, strict=True)
        ]

    def loss(self, pictures: Tensor, shares: Tensor) -> Tensor:
        """Cross entropy with the shares (B, classes) of the names."""
        return sum(
            weight * F.cross_entropy(logits, shares)
            for weight, logits in zip(
                self._weights, self(pictures), strict=True
            )
        )

    def _levels(self, pictures: Tensor) -> tuple[Tensor, ...]:
        no_boxes = dict(bboxes_labels=pictures.new_zeros((0, 6)))
        batch = dict(inputs=pictures, data_samples=no_boxes)
        # As in training, where pictures are not padded.
        return self.backbone(self._preprocessor(batch, training=True)['inputs'])


class ClassifierTraining:
    """A classifier under training and the average of its weights.

    Args:
        classifier: On its device.
        rate: Highest learning rate of AdamW.

    Attributes:
        average: Its copy with averaged weights.
    """

    def __init__(self, classifier: CropClassifier, rate: float) -> None:
        self._classifier, self._rate = classifier, rate
        self._average = AveragedWeights(classifier, _SLOWEST_DECAY)
        self.average = self._average.network
        parameters = list(classifier.parameters())
        self._optimizer = torch.optim.AdamW(
            [
                dict(params=[x for x in parameters if x.ndim > 1]),
                # Of norms and biases.
                dict(
                    params=[x for x in parameters if x.ndim <= 1],
                    weight_decay=0.0,
                ),
            ],
            lr=rate,
            betas=(0.9, 0.99),
            weight_decay=_DECAY,
            fused=True,
        )

    def step(
        self, pictures: Tensor, shares: Tensor, rate: float, step: int
    ) -> Tensor:
        """Learns from pictures; not if a gradient is not finite.

        Args:
            pictures: See `CropClassifier.forward`.
            shares: (B, classes) of the names.
            rate: Part of the highest learning rate.
            step: Counted from 0.

        Returns:
            The loss, detached.
        """
        for group in self._optimizer.param_groups:
            group['lr'] = self._rate * rate
        loss = self._classifier.loss(pictures, shares)
        self._optimizer.zero_grad()
        loss.backward()
        norm = clip_grad_norm_(self._classifier.parameters(), _MOST_NORM)
        step_if_finite(self._optimizer, norm)
        self._average.follow(step)
        return loss.detach()


def _middle(level: Tensor) -> Tensor:
    """Means (B, C) of maps (B, C, h, w) without their sixth at each side."""
    cut = level.shape[2] // 6
    end = level.shape[2] - cut
    return level[:, :, cut:end, cut:end].mean((2, 3))

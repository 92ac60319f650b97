from typing import List, Sequence, Tuple

import torch
from torch import Tensor, nn


class CoAttention(nn.Module):
    """Let each token of one sub-task attend to all tokens of the other (DLBri eq. 13 and 14).

    r_ij = g_i' U g~_j + v . [g_i; g~_j] + b;  alpha_ij = softmax_j r_ij;  z_i = [g_i; sum_j alpha_ij g~_j].

    U and v are initialized to zero, so that all tokens have equal attention at first. The vectors of a pretrained
    encoder are long: with random weights the softmax would be saturated before anything is learnt.

    n_own (int), n_other (int): widths of the two sub-tasks' token vectors.
    """

    def __init__(self, n_own: int, n_other: int) -> None:
        super().__init__()
        self.bilinear = nn.Linear(n_other, n_own, bias=False)
        self.own = nn.Linear(n_own, 1)
        self.other = nn.Linear(n_other, 1, bias=False)
        for weights in self.parameters():
            nn.init.zeros_(weights)

    def forward(self, G: Tensor, other: Tensor, mask: Tensor) -> Tensor:
        """Compute for each token the attended vector of the other sub-task.

        G (Tensor): (B, N, n_own) token vectors of this sub-task.
        other (Tensor): (B, N, n_other) token vectors of the other sub-task.
        mask (Tensor): (B, N) bool, True on tokens; padding gets no attention.
        RETURNS (Tensor): (B, N, n_other), the second half of z.
        """
        scores = torch.einsum("bid,bjd->bij", G, self.bilinear(other))
        scores = scores + self.own(G) + self.other(other).transpose(1, 2)
        scores = scores.masked_fill(~mask[:, None, :], torch.finfo(scores.dtype).min)
        return torch.softmax(scores, dim=-1) @ other


class SubtaskInteraction(nn.Module):
    """Combine two sub-tasks by label attention and co-interactive attention (DLBri eq. 12 to 15).

    (12) A = softmax(H W'); G = H + A W, with a label matrix W (C, d) for each sub-task. W should come from trained
    classifiers, so that the label vectors carry meaning from the start.

    The outputs are V z + b, with b as in eq. 7 and 11; the softmax of eq. 15 is part of the objective. V has two parts.
    The classifiers read the token itself, and can start from the classifiers of the students. The attended vector has
    its own weights, which are initialized to zero. So at first the head gives what the students give on label-aware
    tokens G instead of H.

    widths (Tuple[int, int]): widths of the two encoders.
    n_classes (Tuple[int, int]): numbers of classes of the two sub-tasks.
    interaction (bool): if False, the outputs are V h + b, those of plain classifiers (an ablation of the paper).
    """

    def __init__(self, widths: Tuple[int, int], n_classes: Tuple[int, int], interaction: bool = True) -> None:
        super().__init__()
        self.interaction = interaction
        self.first_classifier = nn.Linear(widths[0], n_classes[0])
        self.second_classifier = nn.Linear(widths[1], n_classes[1])
        if interaction:
            self.first_labels = nn.Linear(widths[0], n_classes[0], bias=False)
            self.second_labels = nn.Linear(widths[1], n_classes[1], bias=False)
            self.first_attended = nn.Linear(widths[1], n_classes[0], bias=False)
            self.second_attended = nn.Linear(widths[0], n_classes[1], bias=False)
            self.first_attention = CoAttention(widths[0], widths[1])
            self.second_attention = CoAttention(widths[1], widths[0])
            for attended in (self.first_attended, self.second_attended):
                nn.init.zeros_(attended.weight)

    def forward(self, X: Sequence[Tensor], mask: Tensor) -> List[Tensor]:
        """Classify the tokens for both sub-tasks.

        X (Sequence[Tensor]): two tensors (B, N, d), of the span and of the type sub-task; their widths may differ.
        mask (Tensor): (B, N) bool, True on tokens.
        RETURNS (List[Tensor]): logits (B, N, C) of each sub-task.
        """
        first, second = X
        if not self.interaction:
            return [self.first_classifier(first), self.second_classifier(second)]
        first = attend_labels(first, self.first_labels.weight)
        second = attend_labels(second, self.second_labels.weight)
        return [
            self.first_classifier(first) + self.first_attended(self.first_attention(first, second, mask)),
            self.second_classifier(second) + self.second_attended(self.second_attention(second, first, mask)),
        ]


def attend_labels(H: Tensor, W: Tensor) -> Tensor:
    """Add the label vectors, weighted by their probabilities, to each token (DLBri eq. 12).

    H (Tensor): (B, N, d) token vectors.
    W (Tensor): (C, d) label vectors.
    RETURNS (Tensor): (B, N, d), H + softmax(H W') W.
    """
    return H + torch.softmax(H @ W.T, dim=-1) @ W

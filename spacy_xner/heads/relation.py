from typing import List, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..relations import find_cells

# Number of first tokens whose pairs are computed at once.
BLOCK = 64


class Biaffine(nn.Module):
    """One view of the relation of two tokens, r_ij = a_i' W1 c_j + W2 [a_i; c_j] + b (MCL-NER eq. 4).

    a = MLP1(h) and c = MLP2(h), since the two tokens have different roles; the paper prints one MLP. Tokens are
    projected to a smaller width first: with the paper's q = d, W1 would have hundreds of millions of weights.

    n_in (int): width d of the token vectors.
    n_hidden (int): p and q, the width of a and c and the width of the relation.
    width (int): cells of a row, see relations.py.
    """

    def __init__(self, n_in: int, n_hidden: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.first = nn.Sequential(nn.Linear(n_in, n_hidden), nn.GELU())
        self.second = nn.Sequential(nn.Linear(n_in, n_hidden), nn.GELU())
        self.pair = nn.Linear(n_hidden, n_hidden * n_hidden, bias=False)
        self.own = nn.Linear(n_hidden, n_hidden)
        self.other = nn.Linear(n_hidden, n_hidden, bias=False)
        # Initialized as a bilinear layer with n_hidden inputs on either side, since it sums over both.
        nn.init.normal_(self.pair.weight, std=1 / n_hidden)

    def forward(self, h: Tensor, mask: Tensor) -> Tensor:
        """Compute the relations r_ij.

        h (Tensor): (B, N, d) token vectors.
        mask (Tensor): (B, N) bool, True on K tokens.
        RETURNS (Tensor): (K, D, q).
        """
        a, c = self.first(h)[mask], self.second(h)
        n_hidden = a.shape[-1]
        bilinear = self.pair(a).unflatten(-1, (n_hidden, n_hidden))
        pairs = gather_partners(c, mask, self.width) @ bilinear.transpose(-1, -2)
        return pairs + self.own(a)[:, None] + gather_partners(self.other(c), mask, self.width)

    def classify(self, h: Tensor, V: Tensor) -> Tensor:
        """Compute V r_ij without computing r_ij: V W1 has one matrix per class, W1 one for each of the q components.

        h (Tensor): (B, N, d) token vectors.
        V (Tensor): (C, q) the classifier's weights.
        RETURNS (Tensor): (B, N, D, C).
        """
        a, c = self.first(h), self.second(h)
        pair = V @ self.pair.weight.view(V.shape[1], -1)
        rows = F.linear(a, pair.view(-1, a.shape[-1]), (V @ self.other.weight).flatten())
        own = F.linear(a, V @ self.own.weight, V @ self.own.bias)
        return multiply_partners(rows.unflatten(-1, (len(V), -1)), c, self.width) + own[:, :, None]


class ConditionalLayerNorm(nn.Module):
    """The other view, r'_ij = gamma_i * (h_j - mu_j) / sigma_j + lambda_i (MCL-NER eq. 5).

    gamma_i = W_a h_i + b_a and lambda_i = W_b h_i + b_b start as 1 and 0 for every token.

    n_in (int): width d of the token vectors.
    width (int): cells of a row, see relations.py.
    """

    def __init__(self, n_in: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.gamma = nn.Linear(n_in, n_in)
        self.shift = nn.Linear(n_in, n_in)
        for layer in (self.gamma, self.shift):
            nn.init.zeros_(layer.weight)
        nn.init.ones_(self.gamma.bias)
        nn.init.zeros_(self.shift.bias)

    def forward(self, h: Tensor, mask: Tensor) -> Tensor:
        """Compute the relations r'_ij.

        h (Tensor): (B, N, d) token vectors.
        mask (Tensor): (B, N) bool, True on K tokens.
        RETURNS (Tensor): (K, D, d).
        """
        normed = gather_partners(F.layer_norm(h, h.shape[-1:]), mask, self.width)
        return self.gamma(h[mask])[:, None] * normed + self.shift(h[mask])[:, None]

    def classify(self, h: Tensor, V: Tensor) -> Tensor:
        """Compute V r'_ij without computing r'_ij.

        h (Tensor): (B, N, d) token vectors.
        V (Tensor): (C, d) the classifier's weights.
        RETURNS (Tensor): (B, N, D, C).
        """
        rows = self.gamma(h)[:, :, None] * V
        own = F.linear(h, V @ self.shift.weight, V @ self.shift.bias)
        return multiply_partners(rows, F.layer_norm(h, h.shape[-1:]), self.width) + own[:, :, None]


class TokenPairRelation(nn.Module):
    """Classify the token pairs in a band (MCL-NER eq. 4 and 5).

    A BiLSTM reads the sentence. The logits of a pair are computed from both relation views: V r_ij + V' r'_ij + c.
    Objectives also read projections z_ij and z'_ij of the two views.

    n_in (int): width of the encoder; d is this width, minus one if it is odd.
    n_classes (int): number of classes C.
    width (int): cells D of a row, see relations.py.
    n_hidden (int): p and q of the biaffine view.
    n_projected (int): width k of the projections.
    """

    def __init__(self, n_in: int, n_classes: int, width: int, n_hidden: int, n_projected: int) -> None:
        super().__init__()
        d = 2 * (n_in // 2)
        self.forward_fusion = nn.LSTM(n_in, d // 2, batch_first=True)
        self.backward_fusion = nn.LSTM(n_in, d // 2, batch_first=True)
        self.biaffine = Biaffine(d, n_hidden, width)
        self.conditional = ConditionalLayerNorm(d, width)
        self.biaffine_classifier = nn.Linear(n_hidden, n_classes)
        self.conditional_classifier = nn.Linear(d, n_classes, bias=False)
        self.biaffine_projection = _make_projection(n_hidden, n_projected)
        self.conditional_projection = _make_projection(d, n_projected)

    def forward(self, X: Sequence[Tensor], mask: Tensor) -> List[Tensor]:
        """Classify the token pairs in the band.

        X (Sequence[Tensor]): one tensor (B, N, n_in).
        mask (Tensor): (B, N) bool, True on tokens, with the padding on the right.
        RETURNS (List[Tensor]): logits (B, N, D, C); in training also token vectors (B, N, d) and the projections
            (B, N, D, k) of the biaffine and of the conditional view, all with zeros on padding.
        """
        h = self._fuse(X[0], mask)
        if not self.training:
            # Only objectives read the relations themselves, which would be most of the cost.
            biaffine_logits = self.biaffine.classify(h, self.biaffine_classifier.weight)
            conditional_logits = self.conditional.classify(h, self.conditional_classifier.weight)
            return [biaffine_logits + conditional_logits + self.biaffine_classifier.bias]
        # Rows of padding, which may be the most of a batch, are left out.
        biaffine, conditional = self.biaffine(h, mask), self.conditional(h, mask)
        logits = self.biaffine_classifier(biaffine) + self.conditional_classifier(conditional)
        projections = self.biaffine_projection(biaffine), self.conditional_projection(conditional)
        logits, first, second = (unpack(values, mask) for values in (logits, *projections))
        return [logits, h, first, second]

    def _fuse(self, X: Tensor, mask: Tensor) -> Tensor:
        # The backward direction must begin at a sentence's last token, so it reads reversed sentences, with the padding
        # still on the right. Two passes over padded sentences are faster than one over packed ones.
        for fusion in (self.forward_fusion, self.backward_fusion):
            fusion.flatten_parameters()  # cuDNN needs one block of memory; after an update the weights are in several
        place = torch.arange(X.shape[1], device=X.device)
        turned = torch.where(mask, mask.sum(dim=1, keepdim=True) - 1 - place, place)
        ahead, _ = self.forward_fusion(X)
        back, _ = self.backward_fusion(reorder(X, turned))
        return torch.cat([ahead, reorder(back, turned)], dim=-1) * mask[..., None]


def reorder(X: Tensor, order: Tensor) -> Tensor:
    """Reorder the tokens of each sentence.

    X (Tensor): (B, N, k) vectors.
    order (Tensor): (B, N) int, the position that each vector is taken from.
    RETURNS (Tensor): (B, N, k).
    """
    return X.gather(1, order[..., None].expand_as(X))


def unpack(values: Tensor, mask: Tensor) -> Tensor:
    """Pad the values of tokens.

    values (Tensor): (K, ...) one value per token, sentence after sentence.
    mask (Tensor): (B, N) bool, True on these K tokens.
    RETURNS (Tensor): (B, N, ...), zero elsewhere.
    """
    padded = values.new_zeros(*mask.shape, *values.shape[1:])
    padded[mask] = values
    return padded


def gather_partners(X: Tensor, mask: Tensor, width: int) -> Tensor:
    """Gather each cell's second token; cells outside the sentence get the nearest one.

    X (Tensor): (B, N, k) token vectors.
    mask (Tensor): (B, N) bool, the K first tokens.
    width (int): cells D of a row.
    RETURNS (Tensor): (K, D, k).
    """
    partners, _ = find_cells(X.shape[1], width)
    sentences, tokens = mask.nonzero(as_tuple=True)
    return X[sentences[:, None], torch.from_numpy(partners).to(X.device)[tokens]]


def multiply_partners(rows: Tensor, X: Tensor, width: int) -> Tensor:
    """Multiply the vectors of each first token with the vector of each cell's second token.

    A block of rows is multiplied with all tokens in their bands, and the band is read from the result. This is faster
    than gathering the second tokens.

    rows (Tensor): (B, N, C, k) vectors of the first tokens.
    X (Tensor): (B, N, k) vectors of the second tokens.
    width (int): cells D of a row.
    RETURNS (Tensor): (B, N, D, C).
    """
    n = X.shape[1]
    size = max(min(n, BLOCK), 1)
    n_blocks = -(-n // size)
    # From the earliest second token of a block's first row to the token after its last row.
    nearby = torch.arange(size + width - 1, device=X.device) + 2 - width
    nearby = nearby + torch.arange(0, n_blocks * size, size, device=X.device)[:, None]
    columns = X[:, nearby.clamp(0, max(n - 1, 0))]
    if n < n_blocks * size:
        rows = F.pad(rows, (0, 0, 0, 0, 0, n_blocks * size - n))
    blocks = rows.unflatten(1, (n_blocks, size))
    products = (blocks.flatten(2, 3) @ columns.transpose(2, 3)).unflatten(2, (size, -1))
    cells = torch.arange(size, device=X.device)[:, None] + width - 1 - torch.arange(width, device=X.device)
    band = products.gather(-1, cells[:, None].expand(*products.shape[:-1], width))
    return band.flatten(1, 2)[:, :n].transpose(2, 3)


def _make_projection(n_in: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, n_out), nn.GELU(), nn.Linear(n_out, n_out))

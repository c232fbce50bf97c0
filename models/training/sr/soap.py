"""SOAP: Adam in the eigenbasis of Shampoo's preconditioner (Vyas et al. 2024, https://arxiv.org/abs/2409.11321).

The matrices of networks this small are at most a few hundred wide, so that their eigenbases cost a tenth of a step, and a step gets
about twice as far (card.md has the comparison with Adam).
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

BASIS_EVERY = 10  # steps between two turns of the eigenbases
BASIS_DECAY = 0.95


class Soap(torch.optim.Optimizer):
    """A convolution's weight is a matrix [cout, cin * 3 * 3], those of experts a stack of matrices; vectors get plain Adam."""

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, betas: tuple[float, float] = (0.95, 0.95), eps: float = 1e-8) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.update(p, p.grad.reshape(as_matrices(p)), self.state[p], group)

    def update(self, p: nn.Parameter, gradient: Tensor, state: dict, group: dict) -> None:
        if not state:
            state.update(step=0, momentum=torch.zeros_like(gradient), square=torch.zeros_like(gradient))
            state["bases"] = [Basis.of(gradient, side) for side in (0, 1)] if is_matrix(p) else []
            # The first gradient only lays the bases: in them it is diagonal, and its square would tell nothing of the others.
            return
        state["step"] += 1
        fast, slow = group["betas"]
        bases: list[Basis] = state["bases"]
        state["momentum"].lerp_(gradient, 1 - fast)
        state["square"].lerp_(turned(gradient, bases).square_(), 1 - slow)
        mean = turned(state["momentum"], bases) / (1 - fast ** state["step"])
        root = (state["square"] / (1 - slow ** state["step"])).sqrt_().add_(group["eps"])
        p.add_(turned_back(mean / root, bases).reshape(p.shape), alpha=-group["lr"])
        for basis in bases:
            basis.see(gradient)
            if state["step"] % BASIS_EVERY == 0:
                state["square"] = basis.turn(state["square"])


class Basis:
    """The running covariance of a stack of gradients [n, rows, columns] along rows (side 0) or columns (1), and its eigenvectors."""

    def __init__(self, side: int, covariance: Tensor, vectors: Tensor) -> None:
        self.side, self.covariance, self.vectors = side, covariance, vectors

    @staticmethod
    def of(gradient: Tensor, side: int) -> Basis:
        covariance = along(gradient, side)
        return Basis(side, covariance, torch.linalg.eigh(covariance)[1])

    def see(self, gradient: Tensor) -> None:
        self.covariance.lerp_(along(gradient, self.side), 1 - BASIS_DECAY)

    def turn(self, square: Tensor) -> Tensor:
        """One power iteration towards the covariance's eigenvectors; gives `square` with its entries where their vectors went."""
        found = (self.vectors.mT @ self.covariance @ self.vectors).diagonal(dim1=-2, dim2=-1)
        order = found.argsort(dim=-1, descending=True)
        vectors = self.vectors.gather(-1, order.unsqueeze(-2).expand_as(self.vectors))
        self.vectors = torch.linalg.qr(self.covariance @ vectors)[0]
        return square.gather(1 + self.side, order.unsqueeze(2 - self.side).expand_as(square))


def along(gradient: Tensor, side: int) -> Tensor:
    return gradient @ gradient.mT if side == 0 else gradient.mT @ gradient


def turned(x: Tensor, bases: list[Basis]) -> Tensor:
    return bases[0].vectors.mT @ x @ bases[1].vectors if bases else x.clone()


def turned_back(x: Tensor, bases: list[Basis]) -> Tensor:
    return bases[0].vectors @ x @ bases[1].vectors.mT if bases else x


def is_matrix(p: Tensor) -> bool:
    return min(as_matrices(p)[1:]) > 1


def as_matrices(p: Tensor) -> tuple[int, int, int]:
    """A stack [n, rows, columns]: convolutions [.., cout, cin, kh, kw] side by side, a matrix as it is, a vector as one row."""
    if p.dim() >= 4:
        return p.shape[:-4].numel(), p.shape[-4], p.shape[-3:].numel()
    if p.dim() == 2:
        return 1, p.shape[0], p.shape[1]
    return 1, 1, p.numel()

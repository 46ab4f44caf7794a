"""A recurrent net that reads a picture row by row, from top to bottom."""

from __future__ import annotations

from torch import Tensor, nn

CELLS: dict[str, type[nn.RNN] | type[nn.GRU] | type[nn.LSTM]] = {
    "rnn": nn.RNN,
    "gru": nn.GRU,
    "lstm": nn.LSTM,
}
"""Elman's cell h = tanh(W x + U h + b), the gated recurrent unit, and long short-term memory."""


class RowReader(nn.Module):
    """A recurrent net over the rows of pictures (N, 1, H, W); its last state gives the logits."""

    def __init__(
        self, classes: int, cell: str, hidden: int, layers: int, dropout: float, side: int
    ) -> None:
        super().__init__()
        between = dropout if layers > 1 else 0.0  # torch's cells drop between layers only
        self.memory = CELLS[cell](side, hidden, layers, batch_first=True, dropout=between)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, classes) of pictures (N, 1, side, side)."""
        states, _ = self.memory(images.squeeze(1))  # (N, rows, hidden)
        logits: Tensor = self.output(self.dropout(states[:, -1]))
        return logits


def build_rnn(
    classes: int,
    cell: str = "gru",
    hidden: int = 64,
    layers: int = 1,
    dropout: float = 0.0,
    side: int = 28,
) -> nn.Module:
    """``cell`` is "rnn", "gru" or "lstm"; ``hidden`` the size of its state."""
    if cell not in CELLS:
        raise ValueError(f"unknown cell {cell!r}, choose from {', '.join(CELLS)}")
    if layers < 1 or hidden < 1:
        raise ValueError("layers and hidden must be 1 or more")
    return RowReader(classes, cell, hidden, layers, dropout, side)

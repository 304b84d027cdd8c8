"""CAM++, the network that turns a voice into 192 numbers (Wang et al., Interspeech 2023).

Written from the paper; the names of the layers follow the published weights, so that these load.
A front of two-dimensional convolutions over the spectrum, then three densely connected blocks of
time-delay layers. Each layer is masked by the context around it, and the result is pooled over
time.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

DIMENSION: Final = 192
MEL_BANDS: Final = 80

_CHANNELS: Final = 32
_GROWTH: Final = 32
_BOTTLENECK: Final = 128
_START: Final = 128
_BLOCKS: Final = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of each block."""
_SEGMENT: Final = 100
"""Frames over which a layer looks for context, beside the whole."""


def _normed(channels: int, *, rectified: bool = True, affine: bool = True) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        batchnorm=nn.BatchNorm1d(channels, affine=affine)
    )
    if rectified:
        layers["relu"] = nn.ReLU()
    return nn.Sequential(layers)


class _Residual(nn.Module):
    """Two convolutions over the spectrum, halving its height, and a way around them."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        size = _CHANNELS
        self.conv1 = nn.Conv2d(size, size, 3, stride=(stride, 1), padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(size)
        self.conv2 = nn.Conv2d(size, size, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(size)
        self.shortcut = nn.Sequential()
        if stride != 1:
            around = nn.Conv2d(size, size, 1, stride=(stride, 1), bias=False)
            self.shortcut = nn.Sequential(around, nn.BatchNorm2d(size))

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(inner)) + self.shortcut(x))


class _Front(nn.Module):
    """The spectrum as an image: (batch, bands, frames) to (batch, 320, frames)."""

    def __init__(self) -> None:
        super().__init__()
        size = _CHANNELS
        self.conv1 = nn.Conv2d(1, size, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(size)
        self.layer1 = nn.Sequential(_Residual(2), _Residual(1))
        self.layer2 = nn.Sequential(_Residual(2), _Residual(1))
        self.conv2 = nn.Conv2d(size, size, 3, stride=(2, 1), padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(size)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.bn1(self.conv1(x.unsqueeze(1))))
        x = functional.relu(self.bn2(self.conv2(self.layer2(self.layer1(x)))))
        return x.flatten(1, 2)


class _TimeDelay(nn.Module):
    """The first look over time; halves the frame rate."""

    def __init__(self) -> None:
        super().__init__()
        height = _CHANNELS * MEL_BANDS // 8
        self.linear = nn.Conv1d(height, _START, 5, stride=2, padding=2, bias=False)
        self.nonlinear = _normed(_START)

    def forward(self, x: Tensor) -> Tensor:
        return self.nonlinear(self.linear(x))


class _ContextMask(nn.Module):
    """A convolution whose output is weighed by what surrounds it."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.linear_local = nn.Conv1d(
            _BOTTLENECK, _GROWTH, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.linear1 = nn.Conv1d(_BOTTLENECK, _BOTTLENECK // 2, 1)
        self.linear2 = nn.Conv1d(_BOTTLENECK // 2, _GROWTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        near = functional.avg_pool1d(x, _SEGMENT, stride=_SEGMENT, ceil_mode=True)
        near = near.repeat_interleave(_SEGMENT, dim=-1)[..., : x.shape[-1]]
        context = functional.relu(self.linear1(x.mean(-1, keepdim=True) + near))
        return self.linear_local(x) * torch.sigmoid(self.linear2(context))


class _Dense(nn.Module):
    """One layer of a block."""

    def __init__(self, size: int, dilation: int) -> None:
        super().__init__()
        self.nonlinear1 = _normed(size)
        self.linear1 = nn.Conv1d(size, _BOTTLENECK, 1, bias=False)
        self.nonlinear2 = _normed(_BOTTLENECK)
        self.cam_layer = _ContextMask(dilation)

    def forward(self, x: Tensor) -> Tensor:
        return self.cam_layer(self.nonlinear2(self.linear1(self.nonlinear1(x))))


class _Block(nn.Module):
    """Layers that each see all that came before them."""

    def __init__(self, layers: int, size: int, dilation: int) -> None:
        super().__init__()
        for index in range(layers):
            self.add_module(f"tdnnd{index + 1}", _Dense(size + index * _GROWTH, dilation))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.children():
            x = torch.cat([x, layer(x)], dim=1)
        return x


class _Transit(nn.Module):
    """Halves the channels between blocks."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.nonlinear = _normed(size)
        self.linear = nn.Conv1d(size, size // 2, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.nonlinear(x))


class _Pool(nn.Module):
    """Mean and deviation over time."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x.mean(-1), x.std(-1, unbiased=True)], dim=-1)


class _Last(nn.Module):
    """To the voice's numbers, each of mean 0 and deviation 1 over people."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(size, DIMENSION, 1, bias=False)
        self.nonlinear = _normed(DIMENSION, rectified=False, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.nonlinear(self.linear(x.unsqueeze(-1)).squeeze(-1))


class CamPlusPlus(nn.Module):
    """Log mel energies, mean removed, (batch, frames, 80) to (batch, 192)."""

    def __init__(self) -> None:
        super().__init__()
        self.head = _Front()
        parts: OrderedDict[str, nn.Module] = OrderedDict(tdnn=_TimeDelay())
        size = _START
        for number, (layers, dilation) in enumerate(_BLOCKS, 1):
            parts[f"block{number}"] = _Block(layers, size, dilation)
            size += layers * _GROWTH
            parts[f"transit{number}"] = _Transit(size)
            size //= 2
        parts["out_nonlinear"] = _normed(size)
        parts["stats"] = _Pool()
        parts["dense"] = _Last(2 * size)
        self.xvector = nn.Sequential(parts)

    def forward(self, features: Tensor) -> Tensor:
        """Return the voice of each item of a batch."""
        return self.xvector(self.head(features.transpose(1, 2)))

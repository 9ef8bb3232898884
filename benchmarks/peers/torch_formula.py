# SPDX-License-Identifier: BSL-1.0
"""The numbers of serve.hpp, as tensors."""

import torch


def scramble(x):
    mask = 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & mask
    x = ((x ^ (x >> 15)) * 0x846CA68B) & mask
    return x ^ (x >> 16)


def noise(start, count):
    return (scramble(torch.arange(start, start + count)) >> 8).float() * 2.0**-23 - 1

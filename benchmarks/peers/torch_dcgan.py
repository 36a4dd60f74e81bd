"""The peer of `dcgan_step.py`, run by a Python with PyTorch: a round of training steps for each line of input."""

import sys

import torch
from torch import nn

LATENTS, FILTERS, CHANNELS = 100, 64, 3


def up(inputs, outputs, stride, padding):
    convolution = nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(True)]


def down(inputs, outputs):
    convolution = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, True)]


def main():
    batch, steps = map(int, sys.argv[1:])
    torch.manual_seed(0)
    generator = nn.Sequential(
        *up(LATENTS, FILTERS * 8, 1, 0),
        *up(FILTERS * 8, FILTERS * 4, 2, 1),
        *up(FILTERS * 4, FILTERS * 2, 2, 1),
        *up(FILTERS * 2, FILTERS, 2, 1),
        nn.ConvTranspose2d(FILTERS, CHANNELS, 4, 2, 1, bias=False),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(CHANNELS, FILTERS, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2, True),
        *down(FILTERS, FILTERS * 2),
        *down(FILTERS * 2, FILTERS * 4),
        *down(FILTERS * 4, FILTERS * 8),
        nn.Conv2d(FILTERS * 8, 1, 4, 1, 0, bias=False),
    )
    of_generator, of_discriminator = (
        torch.optim.Adam(network.parameters(), 2e-4, betas=(0.5, 0.999)) for network in (generator, discriminator)
    )
    loss = nn.BCEWithLogitsLoss()
    images = torch.rand(batch, CHANNELS, 64, 64) * 2 - 1
    ones, zeros = torch.ones(batch, 1, 1, 1), torch.zeros(batch, 1, 1, 1)
    for _ in sys.stdin:
        for _ in range(steps):
            fake = generator(torch.randn(batch, LATENTS, 1, 1))
            of_discriminator.zero_grad()
            (loss(discriminator(images), ones) + loss(discriminator(fake.detach()), zeros)).backward()
            of_discriminator.step()
            of_generator.zero_grad()
            loss(discriminator(fake), ones).backward()
            of_generator.step()
        print("done", flush=True)


if __name__ == "__main__":
    main()

"""Networks of the field in PyTorch, layer by layer those that keras-gen has by the same names."""

import torch
from torch import nn


def up(inputs, outputs, stride, padding):
    convolution = nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(True)]


def down(inputs, outputs):
    convolution = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, True)]


def dcgan(latents=100, filters=64, channels=3):
    """(batch, latents, 1, 1) -> (batch, channels, 64, 64)."""
    return nn.Sequential(
        *up(latents, filters * 8, 1, 0),
        *up(filters * 8, filters * 4, 2, 1),
        *up(filters * 4, filters * 2, 2, 1),
        *up(filters * 2, filters, 2, 1),
        nn.ConvTranspose2d(filters, channels, 4, 2, 1, bias=False),
        nn.Tanh(),
    )


def dcgan_discriminator(filters=64, channels=3):
    """(batch, channels, 64, 64) -> (batch, 1, 1, 1)."""
    return nn.Sequential(
        nn.Conv2d(channels, filters, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2, True),
        *down(filters, filters * 2),
        *down(filters * 2, filters * 4),
        *down(filters * 4, filters * 8),
        nn.Conv2d(filters * 8, 1, 4, 1, 0, bias=False),
    )


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.block = nn.Sequential(
            *(nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels, affine=True)),
            nn.ReLU(True),
            *(nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels, affine=True)),
        )

    def forward(self, x):
        return x + self.block(x)


def normalized(convolution, channels):
    return [convolution, nn.InstanceNorm2d(channels, affine=True), nn.ReLU(True)]


def cyclegan(filters=64, blocks=9):
    """(batch, 3, height, width) -> the same."""
    wide = 4 * filters
    return nn.Sequential(
        nn.ReflectionPad2d(3),
        *normalized(nn.Conv2d(3, filters, 7), filters),
        *normalized(nn.Conv2d(filters, 2 * filters, 3, 2, 1), 2 * filters),
        *normalized(nn.Conv2d(2 * filters, wide, 3, 2, 1), wide),
        *(Residual(wide) for _ in range(blocks)),
        *normalized(nn.ConvTranspose2d(wide, 2 * filters, 3, 2, 1, 1), 2 * filters),
        *normalized(nn.ConvTranspose2d(2 * filters, filters, 3, 2, 1, 1), filters),
        nn.ReflectionPad2d(3),
        nn.Conv2d(filters, 3, 7),
        nn.Tanh(),
    )


class Watched(nn.Module):
    """The generator of CycleGAN, layer by layer, with what CUT compares of it: the picture, both strided convolutions
    and the first and fifth block."""

    def __init__(self, filters=64, blocks=9):
        super().__init__()
        self.layers = cyclegan(filters, blocks)
        places = [place for place, layer in enumerate(self.layers) if isinstance(layer, Residual)]
        strided = [place for place, layer in enumerate(self.layers) if getattr(layer, "stride", None) == (2, 2)][:2]
        self.seen = (*strided, places[0], places[min(4, blocks - 1)])
        self.channels = (3, 2 * filters, 4 * filters, 4 * filters, 4 * filters)

    def forward(self, images, whole=True):
        """The translation and what was seen; not `whole`, what is seen alone, and no layer behind the last of it."""
        x, found = images, [images]
        for place, layer in enumerate(self.layers):
            x = layer(x)
            if place in self.seen:
                found.append(x)
            if not whole and place == self.seen[-1]:
                return found
        return x, found


def projection_head(channels, units=256):
    """(places, channels) -> (places, units)."""
    return nn.Sequential(nn.Linear(channels, units), nn.ReLU(True), nn.Linear(units, units))


def patchgan(filters=64):
    """(batch, 3, height, width) -> (batch, 1, height / 8, width / 8): patches of 70x70."""

    def stage(inputs, outputs, stride):
        padding = [nn.ZeroPad2d((1, 2, 1, 2))] if stride == 1 else []
        convolution = nn.Conv2d(inputs, outputs, 4, stride, 0 if padding else 1)
        return [*padding, convolution, nn.InstanceNorm2d(outputs, affine=True), nn.LeakyReLU(0.2, True)]

    return nn.Sequential(
        nn.Conv2d(3, filters, 4, 2, 1),
        nn.LeakyReLU(0.2, True),
        *stage(filters, 2 * filters, 2),
        *stage(2 * filters, 4 * filters, 2),
        *stage(4 * filters, 8 * filters, 1),
        nn.ZeroPad2d((1, 2, 1, 2)),
        nn.Conv2d(8 * filters, 1, 4),
    )


class Coder(nn.Module):
    """The two networks of a variational autoencoder of 32x32: three strided convolutions, and the same back."""

    def __init__(self, latents, filters=32, units=256):
        super().__init__()
        self.encoder = nn.Sequential(
            *(nn.Conv2d(1, filters, 4, 2, 1), nn.ReLU(True)),
            *(nn.Conv2d(filters, 2 * filters, 4, 2, 1), nn.ReLU(True)),
            *(nn.Conv2d(2 * filters, 4 * filters, 4, 2, 1), nn.ReLU(True)),
            *(nn.Flatten(), nn.Linear(64 * filters, units), nn.ReLU(True), nn.Linear(units, 2 * latents)),
        )
        self.decoder = nn.Sequential(
            *(nn.Linear(latents, units), nn.ReLU(True), nn.Linear(units, 64 * filters), nn.ReLU(True)),
            nn.Unflatten(1, (4 * filters, 4, 4)),
            *(nn.ConvTranspose2d(4 * filters, 2 * filters, 4, 2, 1), nn.ReLU(True)),
            *(nn.ConvTranspose2d(2 * filters, filters, 4, 2, 1), nn.ReLU(True)),
            nn.ConvTranspose2d(filters, 1, 4, 2, 1),
        )

    def forward(self, images):
        mean, log_variance = self.encoder(images).chunk(2, dim=1)
        latents = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return self.decoder(latents), mean, log_variance

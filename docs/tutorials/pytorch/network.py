"""A VAE of handwritten digits in PyTorch, as one finds it in many repositories. Writes decoder.onnx and encoder.onnx.

Reads digits.npz: `images`, float32 (n, 1, 16, 16) in [0, 1].
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

LATENT, EPOCHS, BATCH = 4, 80, 50


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.Conv2d(16, 32, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.Flatten(),
        )
        self.mean, self.log_variance = nn.Linear(512, LATENT), nn.Linear(512, LATENT)

    def forward(self, image):
        hidden = self.layers(image)
        return self.mean(hidden), self.log_variance(hidden)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(LATENT, 512),
            nn.SiLU(),
            nn.Unflatten(1, (32, 4, 4)),
            nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, z):
        return self.layers(z)


def train(images):
    torch.manual_seed(0)
    encoder, decoder = Encoder(), Decoder()
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=3e-3)
    for epoch in range(EPOCHS):
        total = 0.0
        for batch in torch.randperm(len(images)).split(BATCH):
            x = images[batch]
            mean, log_variance = encoder(x)
            z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
            reconstruction = functional.binary_cross_entropy(decoder(z), x, reduction="sum")
            kl = -0.5 * torch.sum(1 + log_variance - mean**2 - log_variance.exp())
            loss = (reconstruction + kl) / len(x)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        if (epoch + 1) % 20 == 0:
            print(f"epoch {epoch + 1}: loss {total / len(images):.1f}")
    return encoder.eval(), decoder.eval()


if __name__ == "__main__":
    torch.set_num_threads(1)  # more are slower for networks this small
    encoder, decoder = train(torch.from_numpy(np.load("digits.npz")["images"]))
    batch = torch.export.Dim("batch", min=1)
    for name, network, example, outputs in (
        ("decoder", decoder, torch.zeros(2, LATENT), ["image"]),
        ("encoder", encoder, torch.zeros(2, 1, 16, 16), ["mean", "log_variance"]),
    ):
        torch.onnx.export(
            network,
            (example,),
            f"{name}.onnx",
            output_names=outputs,
            dynamic_shapes=({0: batch},),
            external_data=False,
            verbose=False,
        )
        print(f"{name}.onnx")

"""The peers of `training_steps.py`, run by a Python with PyTorch: a round of training steps in the way that a line of
input names.

python torch_training.py dcgan|cyclegan|cut|vae BATCH STEPS [SIZE FILTERS]

In every way Adam is fused, and the discriminator's weights ask for no gradients while the generator moves.
"""

import itertools
import random
import sys

import torch
from torch import nn
from torch.nn import functional
from torch_networks import Coder, Watched, cyclegan, dcgan, dcgan_discriminator, patchgan, projection_head
from torch_ways import arranged, precision, prepared

LATENTS = 100


def adam(*modules, rate=2e-4, betas=(0.5, 0.999)):
    parameters = itertools.chain(*(module.parameters() for module in modules))
    return torch.optim.Adam(parameters, rate, betas=betas, fused=True)


def watched(modules, on):
    for module in modules:
        module.requires_grad_(on)


def train_dcgan(way, batch):
    generator, discriminator = (prepared(network, way) for network in (dcgan(LATENTS), dcgan_discriminator()))
    of_generator, of_discriminator = adam(generator), adam(discriminator)
    loss = nn.BCEWithLogitsLoss()
    images = arranged(torch.rand(batch, 3, 64, 64) * 2 - 1, way)
    ones, zeros = torch.ones(batch, 1, 1, 1), torch.zeros(batch, 1, 1, 1)

    def step():
        with precision(way):
            fake = generator(torch.randn(batch, LATENTS, 1, 1))
            judged = loss(discriminator(images).float(), ones) + loss(discriminator(fake.detach()).float(), zeros)
        of_discriminator.zero_grad()
        judged.backward()
        of_discriminator.step()
        watched([discriminator], False)
        with precision(way):
            fooled = loss(discriminator(fake).float(), ones)
        of_generator.zero_grad()
        fooled.backward()
        of_generator.step()
        watched([discriminator], True)

    return step


class Pool:
    """Generated images of earlier steps (Shrivastava et al. 2017)."""

    def __init__(self, size=50):
        self.size, self.images = size, []

    def __call__(self, image):
        if len(self.images) < self.size:
            self.images.append(image)
            return image
        if random.random() < 0.5:
            return image
        place = random.randrange(self.size)
        image, self.images[place] = self.images[place], image
        return image


def goal(logits, value):
    """The least squares loss of logits that are to be a value."""
    return functional.mse_loss(logits.float(), torch.full_like(logits, value, dtype=torch.float32))


def train_cyclegan(way, batch, size, filters):
    to_b, to_a = (prepared(cyclegan(filters, 6), way) for _ in range(2))
    judge_a, judge_b = (prepared(patchgan(), way) for _ in range(2))
    of_generators, of_judges = adam(to_a, to_b), adam(judge_a, judge_b)
    l1 = nn.L1Loss()
    pools = Pool(), Pool()
    real_a, real_b = (arranged(torch.rand(batch, 3, size, size) * 2 - 1, way) for _ in range(2))

    def step():
        watched([judge_a, judge_b], False)
        with precision(way):
            fake_a, fake_b = to_a(real_b), to_b(real_a)
            loss = goal(judge_a(fake_a), 1.0) + goal(judge_b(fake_b), 1.0)
            loss += 10.0 * (l1(to_a(fake_b).float(), real_a) + l1(to_b(fake_a).float(), real_b))
            loss += 5.0 * (l1(to_a(real_a).float(), real_a) + l1(to_b(real_b).float(), real_b))
        of_generators.zero_grad()
        loss.backward()
        of_generators.step()
        watched([judge_a, judge_b], True)
        shown_a, shown_b = (pool(fake.detach()) for pool, fake in zip(pools, (fake_a, fake_b), strict=True))
        with precision(way):
            judged = goal(judge_a(real_a), 1.0) + goal(judge_a(shown_a), 0.0)
            judged += goal(judge_b(real_b), 1.0) + goal(judge_b(shown_b), 0.0)
        of_judges.zero_grad()
        judged.backward()
        of_judges.step()

    return step


def contrast(heads, found, wanted, patches=256, temperature=0.07):
    """How well features at places tell which places of the pictures they belong to, the mean over layers."""
    parts = []
    for head, query, key in zip(heads, found, wanted, strict=True):
        count = query.shape[2] * query.shape[3]
        places = torch.rand(query.shape[0], count).topk(min(patches, count)).indices
        query, key = (projected(head, features, places) for features in (query, key))
        logits = torch.einsum("bqc,bkc->bqk", query, key.detach()) / temperature
        own = torch.arange(logits.shape[1]).repeat(logits.shape[0])
        parts.append(functional.cross_entropy(logits.flatten(0, 1), own))
    return sum(parts) / len(parts)


def projected(head, features, places):
    """Vectors of length 1 of features at places, (batch, places, units)."""
    rows = features.flatten(2).transpose(1, 2)
    at_places = rows.gather(1, places[..., None].expand(-1, -1, rows.shape[2]))
    return functional.normalize(head(at_places).float(), dim=-1)


def train_cut(way, batch, size, filters):
    plain = Watched(filters, 6)
    generator, judge = prepared(plain, way), prepared(patchgan(), way)
    heads = [projection_head(channels) for channels in plain.channels]
    of_generator, of_judge = adam(plain, *heads), adam(judge)
    real_a, real_b = (arranged(torch.rand(batch, 3, size, size) * 2 - 1, way) for _ in range(2))

    def step():
        with precision(way):
            fake, seen = generator(real_a)
            judged = goal(judge(real_b), 1.0) + goal(judge(fake.detach()), 0.0)
        of_judge.zero_grad()
        judged.backward()
        of_judge.step()
        watched([judge], False)
        with precision(way):
            kept, known = generator(real_b)
            loss = goal(judge(fake), 1.0) + contrast(heads, generator(fake, whole=False), seen)
            loss += contrast(heads, generator(kept, whole=False), known)
        of_generator.zero_grad()
        loss.backward()
        of_generator.step()
        watched([judge], True)

    return step


def train_vae(way, batch):
    coder = Coder(16)
    network = prepared(coder, way)
    optimizer = adam(coder, rate=1e-3, betas=(0.9, 0.999))
    images = arranged(torch.rand(batch, 1, 32, 32) * 2 - 1, way)
    likelihood = nn.BCEWithLogitsLoss(reduction="sum")

    def step():
        with precision(way):
            logits, mean, log_variance = network(images)
        mean, log_variance = mean.float(), log_variance.float()
        divergence = 0.5 * torch.sum(mean.square() + log_variance.exp() - 1.0 - log_variance)
        loss = (likelihood(logits.float(), (images + 1.0) / 2.0) + divergence) / batch
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


MODELS = {"dcgan": train_dcgan, "cyclegan": train_cyclegan, "cut": train_cut, "vae": train_vae}


def main():
    name, batch, steps, *sizes = sys.argv[1], *map(int, sys.argv[2:])
    torch.manual_seed(0)
    made = {}
    for line in sys.stdin:
        way = line.strip()
        if way not in made:
            made[way] = MODELS[name](way, batch, *sizes)
        for _ in range(steps):
            made[way]()
        print("done", flush=True)


if __name__ == "__main__":
    main()

"""One measurement of PyTorch: `python torch_speed.py JOB`, JOB as JSON. Prints JSON."""

import json
import resource
import sys
import time

import torch
from torch import nn

job = json.loads(sys.argv[1])
torch.set_num_threads(job["threads"])


class Bottleneck(nn.Module):
    """1 × 1, 3 × 3 and 1 × 1 convolutions around a shortcut, the stride on the first, as in Keras."""

    def __init__(self, inputs, filters, stride, project):
        super().__init__()

        def conv(a, b, kernel, step=1):
            return [nn.Conv2d(a, b, kernel, step, (kernel - 1) // 2), nn.BatchNorm2d(b, eps=1.001e-5)]

        self.inner = nn.Sequential(
            *conv(inputs, filters, 1, stride), nn.ReLU(inplace=True),
            *conv(filters, filters, 3), nn.ReLU(inplace=True),
            *conv(filters, 4 * filters, 1),
        )
        self.shortcut = nn.Sequential(*conv(inputs, 4 * filters, 1, stride)) if project else nn.Identity()

    def forward(self, x):
        return torch.relu_(self.inner(x) + self.shortcut(x))


def resnet(stem, kernel, stages):
    layers = [nn.Conv2d(3, stem, kernel, 2, kernel // 2), nn.BatchNorm2d(stem), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    channels = stem
    for filters, blocks, stride in stages:
        for block in range(blocks):
            layers.append(Bottleneck(channels, filters, stride if block == 0 else 1, block == 0))
            channels = 4 * filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(channels, 3))


plans = {
    "resnet50": (64, 7, [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]),
    "resnet-mini": (16, 3, [(16, 1, 1), (24, 1, 2), (32, 1, 2), (48, 1, 1)]),
}
size, batch = job["imageSize"], job["batch"]
model = resnet(*plans[job["architecture"]]).to(memory_format=torch.channels_last)
images = torch.sin(torch.arange(batch * size * size * 3, dtype=torch.float32)).reshape(batch, size, size, 3)
images = images.permute(0, 3, 1, 2)
labels = torch.arange(batch) % 3
optimiser = torch.optim.Adam(model.parameters(), 1e-3)


def infer():
    with torch.inference_mode():
        model(images)


def train():
    optimiser.zero_grad()
    nn.functional.cross_entropy(model(images), labels).backward()
    optimiser.step()


if job["what"] == "infer":
    model.eval()
step = infer if job["what"] == "infer" else train
times = []
for i in range(job["steps"] + 2):
    started = time.perf_counter()
    step()
    if i >= 2:
        times.append(time.perf_counter() - started)
print(json.dumps({
    "imagesPerSecond": batch / sorted(times)[len(times) // 2],
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    "version": f"PyTorch {torch.__version__}",
}))

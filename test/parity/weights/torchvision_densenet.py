"""A DenseNet121 of torchvision with random weights: `torchvision_densenet.py FOLDER SIZE...`.

    named.pth                 its state_dict
    dotted.pth                the same as torchvision's published file spells it: norm.1 for norm1
    radimagenet.pt            the same as RadImageNet's file does: features in a Sequential, which is the backbone
    activations.safetensors   images/SIZE and activations/SIZE/LAYER in eval mode, named as in Keras, channels last

Needs torch and torchvision. Weights are single precision, what is computed of them double.
"""

import re
import sys
from pathlib import Path

import torch
import torchvision

import safetensors_file

MODULES = {"conv1_relu": "relu0", "pool2_relu": "transition1.relu"}
MODULES |= {"pool3_relu": "transition2.relu", "pool4_relu": "transition3.relu", "relu": "norm5"}


def draw(model):
    """Random weights, and statistics near those of a batch and not quite those."""
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        torch.nn.init.normal_(norm.bias, std=0.5)
        norm.momentum = 1.0
    model.train()(torch.randn(4, 3, 64, 64))
    for norm in norms:
        norm.running_mean += 0.2 * norm.running_var.sqrt() * torch.randn_like(norm.running_mean)
        norm.running_var *= 0.7 + 0.7 * torch.rand_like(norm.running_var)


def activations(model, images):
    """After the last batch norm, torchvision applies the ReLU outside of its features."""
    seen = {}
    for layer, name in MODULES.items():
        keep = lambda _, __, output, layer=layer: seen.update({layer: output.relu()})
        model.features.get_submodule(name).register_forward_hook(keep)
    model(images)
    return {layer: output.permute(0, 2, 3, 1) for layer, output in seen.items()}


def save_states(model, folder):
    state = model.state_dict()
    torch.save(state, folder / "named.pth")
    dotted = {re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2", name): value for name, value in state.items()}
    torch.save(dotted, folder / "dotted.pth")
    backbone = torch.nn.Module()
    backbone.backbone = torch.nn.Sequential(*list(model.children())[:-1])
    torch.save(backbone.state_dict(), folder / "radimagenet.pt")


@torch.no_grad()
def main(folder, *sizes):
    torch.manual_seed(0)
    model = torchvision.models.densenet121(weights=None)
    draw(model)
    model.eval()
    save_states(model, folder)
    model.double()
    tensors = {}
    for size in map(int, sizes):
        images = torch.randn(2, 3, size, size).double()
        tensors[f"images/{size}"] = images.permute(0, 2, 3, 1)
        for layer, output in activations(model, images).items():
            tensors[f"activations/{size}/{layer}"] = output
    arrays = {name: tensor.float().contiguous().numpy() for name, tensor in tensors.items()}
    safetensors_file.write(folder / "activations.safetensors", arrays)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])

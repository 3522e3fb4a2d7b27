"""Writes state_dicts in every form of torch.save: `torch_files.py FOLDER EXPECTED.safetensors`.

With PyTorch by PyTorch itself; without it, which is how the files beside this script were made, by pickle and zipfile
in the layout of torch.save: stand-ins under the names of torch's classes and functions, storages by persistent id.
The tensors are those of EXPECTED.safetensors under the names of torchvision's ResNet.
"""

import collections
import io
import json
import os
import pickle
import re
import struct
import sys
import types
import zipfile

import numpy as np

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
VARIABLES = dict(kernel="weight", bias="bias", gamma="weight", beta="bias")
VARIABLES |= dict(moving_mean="running_mean", moving_variance="running_var")


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(length)), file.read()
    return {
        name: np.frombuffer(data[slice(*about["data_offsets"])], "<f4").reshape(about["shape"])
        for name, about in header.items()
    }


def torch_name(name):
    layer, variable = name.split("/")
    stage, block, part, kind = re.fullmatch(r"conv(\d)(?:_block(\d)_(\d))?_(conv|bn)", layer).groups()
    last = VARIABLES[variable]
    if block is None:
        return f"{kind}1.{last}"
    inner = f"downsample.{0 if kind == 'conv' else 1}" if part == "0" else f"{kind}{part}"
    return f"layer{int(stage) - 1}.{int(block) - 1}.{inner}.{last}"


def state_of(tensors, biases):
    """OIHW kernels as windows with strides on HWIO numbers, as a converter that only permutes leaves them."""
    state = collections.OrderedDict()
    for name, value in tensors.items():
        if name.endswith("_conv/bias") and not biases:
            continue
        state[torch_name(name)] = value.transpose(3, 2, 0, 1) if name.endswith("/kernel") else value
    state["bn1.num_batches_tracked"] = np.array(7, "int64")
    return state


class Storage:
    def __init__(self, kind, key, data):
        self.kind, self.key, self.data = kind, key, data


def stand_in(module, name):
    sys.modules.setdefault(module, types.ModuleType(module))
    made = type(name, (), {"__module__": module}) if name[0].isupper() else (lambda *_: None)
    made.__name__ = made.__qualname__ = name
    made.__module__ = module
    setattr(sys.modules[module], name, made)
    return made


class TorchPickler(pickle.Pickler):
    """Pickles arrays as torch pickles tensors, and collects their storages."""

    dispatch_table = {}

    def __init__(self, file, storages, legacy):
        super().__init__(file, protocol=2)
        self.storages, self.legacy = storages, legacy

    def reducer_override(self, value):
        if not isinstance(value, np.ndarray):
            return NotImplemented
        kinds = {"float32": "Float", "float16": "Half", "int64": "Long"}
        kind = stand_in("torch", f"{kinds[value.dtype.name]}Storage")
        # In the order of memory: the strides say which number is where.
        storage = Storage(kind, str(len(self.storages)), value.ravel(order="K"))
        strides = tuple(step // value.itemsize for step in value.strides)
        self.storages.append(storage)
        rebuild = stand_in("torch._utils", "_rebuild_tensor_v2")
        return rebuild, (storage, 0, value.shape, strides, False, collections.OrderedDict())

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        id = ("storage", value.kind, value.key, "cpu", value.data.size)
        return (*id, None) if self.legacy else id


def save_archive(value, path):
    pickled, storages = io.BytesIO(), []
    TorchPickler(pickled, storages, legacy=False).dump(value)
    root = os.path.splitext(os.path.basename(path))[0]
    with zipfile.ZipFile(path, "w") as archive:
        add = lambda name, data: archive.writestr(zipfile.ZipInfo(f"{root}/{name}"), data)
        add("data.pkl", pickled.getvalue())
        add("byteorder", "little")
        for storage in storages:
            add(f"data/{storage.key}", storage.data.tobytes())
        add("version", "3\n")


def save_legacy(value, path):
    storages = []
    with open(path, "wb") as file:
        for part in (MAGIC, PROTOCOL, dict(protocol_version=PROTOCOL, little_endian=True)):
            pickle.dump(part, file, protocol=2)
        TorchPickler(file, storages, legacy=True).dump(value)
        pickle.dump([storage.key for storage in storages], file, protocol=2)
        for storage in storages:
            file.write(struct.pack("<q", storage.data.size) + storage.data.tobytes())


def savers():
    try:
        import torch
    except ImportError:
        return save_archive, save_legacy

    def tensors(value):
        if isinstance(value, np.ndarray):
            strides = tuple(step // value.itemsize for step in value.strides)
            return torch.from_numpy(value.ravel(order="K")).as_strided(value.shape, strides)
        return type(value)((key, tensors(child)) for key, child in value.items()) if isinstance(value, dict) else value

    save = lambda legacy: lambda value, path: torch.save(
        tensors(value), path, _use_new_zipfile_serialization=not legacy
    )
    return save(False), save(True)


def main(folder, expected):
    archive, legacy = savers()
    tensors = read_safetensors(expected)
    path = lambda name: os.path.join(folder, name)
    archive(state_of(tensors, biases=True), path("keras-lineage.pth"))
    archive(state_of(tensors, biases=False), path("torchvision.pth"))
    legacy(state_of(tensors, biases=True), path("legacy.pth"))
    wrapped = {f"module.{name}": value for name, value in state_of(tensors, biases=True).items()}
    archive({"epoch": 3, "state_dict": wrapped, "best": 0.5}, path("checkpoint.pt"))
    half = {name: value.astype("float16") for name, value in state_of(tensors, biases=True).items() if value.ndim}
    archive(half, path("half.pth"))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Saves a model in every form that Keras has for weights: `keras_files.py tiny|resnet50 FOLDER`; another model of
`models.py` in the forms that differ by how its layers are numbered.

Needs keras 3, tf_keras (Keras 2) and tensorflow. Beside the files it writes `expected.safetensors` with the same
numbers under `layer/variable`. Made and tried with keras 3.15, tf_keras 2.21, tensorflow-cpu 2.21, h5py 3.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import h5py
import keras
import tf_keras

import models
import safetensors_file


def without_names(source, target):
    """A copy as the first releases of Keras 3 wrote it: layers by class and number, no name anywhere."""
    with h5py.File(source, "r") as old, h5py.File(target, "w") as new:
        for key in old:
            old.copy(key, new)

        def forget(_, item):
            if "name" in item.attrs:
                del item.attrs["name"]

        new.visititems(forget)


def save_all(which, folder):
    os.makedirs(folder, exist_ok=True)
    path = lambda name: os.path.join(folder, name)
    build = getattr(models, which)

    older = build(tf_keras)
    drawn = models.randomise(older)
    older.save_weights(path("keras2-weights.h5"))
    older.save(path("keras2-model.h5"))

    newer = build(keras)
    models.randomise(newer)
    newer.save(path("keras3-model.h5"))
    newer.save_weights(path("keras3.weights.h5"))
    without_names(path("keras3.weights.h5"), path("keras3-unnamed.weights.h5"))
    newer.save(path("keras3.keras"))

    nested = keras.Sequential([newer, keras.layers.Dense(1, name="head")])
    nested.save(path("keras3-nested.h5"))
    nested.save(path("keras3-nested.keras"))

    safetensors_file.write(path("expected.safetensors"), drawn)


def save_numbered(which, folder):
    """Layers by name, by number within the file, under the names of the second such model of a session, of Keras 2."""
    os.makedirs(folder, exist_ok=True)
    path = lambda name: os.path.join(folder, name)
    build = getattr(models, which)
    model = build(keras)
    safetensors_file.write(path("expected.safetensors"), models.randomise(model))
    model.save_weights(path("named.weights.h5"))
    without_names(path("named.weights.h5"), path("unnamed.weights.h5"))
    second = build(keras)
    second.set_weights(model.get_weights())
    second.save(path("second.h5"))
    older = build(tf_keras)
    older.set_weights(model.get_weights())
    older.save_weights(path("keras2.h5"))


if __name__ == "__main__":
    save = save_all if sys.argv[1] in ("tiny", "resnet50") else save_numbered
    save(*sys.argv[1:])

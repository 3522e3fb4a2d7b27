"""What the networks of Keras look like, and what they compute: the other side of ../keras.spec.ts.

    python save-models.py fixtures                  writes architectures.json and small/, beside this script
    python save-models.py model NAME FOLDER TAP...  writes a model of random weights and its activations at these layers

Needs keras 3 on TensorFlow. Everything is computed in double precision, from weights and images that single precision
holds exactly, and written as safetensors of single precision, named as Keras names its variables:

    inference.safetensors  images/SIZE, activations/SIZE/LAYER, and the biases and betas that they were computed with
    weights.safetensors    every weight, as a training begins with them
    step.safetensors       images and labels of a step of training, loss, gradients, moving statistics after it
    trained.safetensors    every weight after three steps of Adam

A gradient jumps where a ReLU opens and where another point becomes the maximum of a pool; single precision may see it
on the other side. So a training begins with betas that hold every channel either open or shut, and with images that
leave no maximum in doubt; `clearance` makes sure of it. Activations are continuous, and need no such care.
"""

import json
import os
import sys
from pathlib import Path

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402

keras.config.set_floatx("float64")

CLASSES = 3
INFERRED = 2  # images
TRAINED = 4
CLEARANCE = 4e-6
# As in comparisons.ts. The epsilon keeps rounding in a gradient near zero from becoming a whole step.
ADAM = dict(learning_rate=1e-4, beta_1=0.9, beta_2=0.999, epsilon=1e-3)


def application(function):
    return lambda images: function(weights=None, include_top=False, input_tensor=images).outputs[0]


def resnet_mini(images):
    """The plan of ResNet50 with other numbers."""

    def normalised(name, x, filters, kernel, stride=1):
        pad = (kernel - 1) // 2
        if pad:
            x = layers.ZeroPadding2D(pad)(x)
        x = layers.Conv2D(filters, kernel, strides=stride, name=f"{name}_conv")(x)
        return layers.BatchNormalization(momentum=0.9, epsilon=1.001e-5, name=f"{name}_bn")(x)

    def block(name, x, filters, stride):
        shortcut = normalised(f"{name}_0", x, 4 * filters, 1, stride)
        x = layers.ReLU(name=f"{name}_1_relu")(normalised(f"{name}_1", x, filters, 1, stride))
        x = layers.ReLU(name=f"{name}_2_relu")(normalised(f"{name}_2", x, filters, 3))
        x = layers.Add(name=f"{name}_add")([shortcut, normalised(f"{name}_3", x, 4 * filters, 1)])
        return layers.ReLU(name=f"{name}_out")(x)

    x = layers.ReLU(name="conv1_relu")(normalised("conv1", images, 16, 3, 2))
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(layers.ZeroPadding2D(1)(x))
    for stage, filters, stride in [(2, 16, 1), (3, 24, 2), (4, 32, 2), (5, 48, 1)]:
        x = block(f"conv{stage}_block1", x, filters, stride)
    return x


class ScaledSum(layers.Layer):
    """The first input and a share of the second."""

    def __init__(self, scale, **options):
        super().__init__(**options)
        self.scale = scale

    def call(self, inputs):
        return inputs[0] + self.scale * inputs[1]


def small(images):
    """Every kind of layer in a few channels; `small` of the spec is the same."""

    def unit(name, x, filters, kernel, bias=False, **options):
        x = layers.Conv2D(filters, kernel, use_bias=bias, name=f"{name}_conv", **options)(x)
        epsilon = 1.001e-5 if bias else 1e-3
        x = layers.BatchNormalization(epsilon=epsilon, scale=bias, name=f"{name}_bn")(x)
        return layers.ReLU(name=name)(x)

    stem = unit("stem", images, 6, 3, bias=True, strides=2, padding="same")
    long = unit("long", stem, 4, (1, 7), padding="same")
    tall = unit("tall", long, 5, (7, 1), padding="same")
    pooled = layers.AveragePooling2D(3, strides=1, padding="same", name="average")(stem)
    mixed = layers.Concatenate(name="mixed")([stem, tall, unit("pooled", pooled, 3, 1)])
    found = layers.Conv2D(14, 1, name="found_conv")(mixed)
    summed = layers.ReLU(name="summed")(ScaledSum(0.17, name="sum")([mixed, found]))
    halved = layers.Concatenate(name="halved")(
        [
            unit("strided", summed, 4, 3, strides=2),
            layers.MaxPooling2D(3, strides=2, name="largest")(summed),
            layers.AveragePooling2D(3, strides=2, name="coarse")(summed),
        ]
    )
    return unit("last", halved, 8, (5, 3), strides=2, padding="same")


# Name: how to build it up to its features, the two sizes of images it is looked at with, the one it is trained at.
MODELS = {
    "small": (small, (12, 17), 20),
    "resnet-mini": (resnet_mini, (32, 53), 53),
    "resnet50": (application(keras.applications.ResNet50), (64, 96), 64),
    "densenet121": (application(keras.applications.DenseNet121), (64, 96), 64),
    "inception-v3": (application(keras.applications.InceptionV3), (75, 107), 139),
    "inception-resnet-v2": (application(keras.applications.InceptionResNetV2), (75, 107), 139),
}
OF_KERAS = {"resnet50": 224, "densenet121": 224, "inception-v3": 299, "inception-resnet-v2": 299}


def build(name, size):
    """A network as a fresh session gives it, from images to logits."""
    keras.utils.clear_session()
    images = keras.Input((size, size, 3))
    features = MODELS[name][0](images)
    pooled = layers.GlobalAveragePooling2D(name="avg_pool")(features)
    return keras.Model(images, layers.Dense(CLASSES, name="predictions")(pooled))


def variables(model):
    return {f"{layer.name}/{variable.name}": variable for layer in model.layers for variable in layer.weights}


def values(model):
    return {name: variable.numpy() for name, variable in variables(model).items()}


def assign(model, weights):
    for name, variable in variables(model).items():
        variable.assign(weights[name])


def readers(layer):
    return [node.operation for node in layer._outbound_nodes]


def is_relu(layer):
    return isinstance(layer, layers.ReLU) or (
        isinstance(layer, layers.Activation) and layer.activation is keras.activations.relu
    )


def single(array):
    """Rounded to what single precision holds."""
    return np.asarray(array, np.float32).astype(np.float64)


def draw_images(random, count, size):
    return single(random.standard_normal((count, size, size, 3)))


def draw_weights(model, random):
    """Kernels whose sums over the channels are zero, so that a background common to all channels does not pass."""
    drawn = {}
    for name, variable in variables(model).items():
        shape = tuple(variable.shape)
        if name.endswith("/kernel"):
            kernel = random.standard_normal(shape) / np.sqrt(np.prod(shape[:-1]))
            drawn[name] = kernel - kernel.mean(axis=-2, keepdims=True) if shape[-2] > 3 else kernel
        elif name.endswith("/gamma"):
            drawn[name] = random.uniform(0.5, 1.5, shape)
        else:
            drawn[name] = 0.5 * random.standard_normal(shape)
    return {name: single(array) for name, array in drawn.items()}


def seen_statistics(model, weights, random, images):
    """Moving statistics near those of a batch, and not quite those."""
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    momentum = [norm.momentum for norm in norms]
    assign(model, weights)
    for norm in norms:
        norm.momentum = 0.0
    model(images, training=True)
    for norm, usual in zip(norms, momentum):
        norm.momentum = usual
    statistics = {}
    for norm in norms:
        mean, variance = norm.moving_mean.numpy(), norm.moving_variance.numpy()
        moved = mean + 0.2 * np.sqrt(variance) * random.standard_normal(mean.shape)
        statistics[f"{norm.name}/moving_mean"] = single(moved)
        statistics[f"{norm.name}/moving_variance"] = single(variance * random.uniform(0.7, 1.4, mean.shape))
    return statistics


def open_or_shut(model, weights, random):
    """Betas and biases that hold every channel open, and one in eight shut where only a ReLU reads it."""
    held = {}
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            shape = tuple(layer.beta.shape)
            gamma = weights.get(f"{layer.name}/gamma", np.ones(shape))
            sign = np.where(random.uniform(size=shape) < 1 / 8, -1, 1) if all(map(is_relu, readers(layer))) else 1
            held[f"{layer.name}/beta"] = single(sign * random.uniform(8, 10, shape) * gamma)
        elif isinstance(layer, layers.Conv2D) and layer.use_bias:
            if not all(isinstance(reader, layers.BatchNormalization) for reader in readers(layer)):
                held[f"{layer.name}/bias"] = single(random.uniform(28, 36, layer.filters))
    return held


def clearance(model, images):
    """How far a step of training stays from the nearest kink: of a ReLU from zero, of a maximum from the second."""
    kinks = [layer for layer in model.layers if is_relu(layer) or isinstance(layer, layers.MaxPooling2D)]
    inputs = keras.Model(model.inputs[0], [layer.input for layer in kinks])(images, training=True)
    least = np.inf
    for layer, values in zip(kinks, inputs):
        array = np.asarray(values)
        least = min(least, np.abs(array).min() if is_relu(layer) else second_best(array, layer))
    return least


def second_best(array, pool):
    (height, width), (down, across) = pool.pool_size, pool.strides
    windows = np.lib.stride_tricks.sliding_window_view(array, (height, width), axis=(1, 2))[:, ::down, ::across]
    ordered = np.sort(windows.reshape(*windows.shape[:4], -1), axis=-1)
    gaps = (ordered[..., -1] - ordered[..., -2])[ordered[..., -1] > 0]
    return gaps.min()


def clear_images(model, weights, random, size):
    """Images for a step that stays clear of every kink."""
    for _ in range(100):
        images = draw_images(random, TRAINED, size)
        assign(model, weights)
        if clearance(model, images) > CLEARANCE:
            return images
    raise RuntimeError(f"{model.name}: found no images that stay {CLEARANCE} clear of every kink")


def activations(name, weights, random, taps):
    tensors = {}
    for size in MODELS[name][1]:
        model = build(name, size)
        assign(model, weights)
        images = draw_images(random, INFERRED, size)
        tensors[f"images/{size}"] = images
        outputs = keras.Model(model.inputs[0], [model.get_layer(tap).output for tap in taps])(images, training=False)
        for tap, output in zip(taps, outputs):
            tensors[f"activations/{size}/{tap}"] = output
        tensors[f"probabilities/{size}"] = tf.nn.softmax(model(images, training=False))
    return tensors


def step(model, images, labels, optimizer):
    with tf.GradientTape() as tape:
        logits = model(images, training=True)
        losses = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        loss = keras.ops.mean(losses)
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    optimizer.apply(gradients, model.trainable_variables)
    named = {id(variable): name for name, variable in variables(model).items()}
    return loss, {named[id(v)]: gradient for v, gradient in zip(model.trainable_variables, gradients)}


def save_model(name, folder, taps):
    """Writes the four files of a model."""
    _, _, size = MODELS[name]
    random = np.random.default_rng([*name.encode()])
    model = build(name, size)
    weights = draw_weights(model, random)
    weights |= seen_statistics(model, weights, random, draw_images(random, TRAINED, size))
    free = {key: weights[key] for key in weights if key.endswith(("/beta", "/bias"))}
    write(folder / "inference.safetensors", free | activations(name, weights, random, taps))

    model = build(name, size)
    weights |= open_or_shut(model, weights, random)
    write(folder / "weights.safetensors", weights)
    images = clear_images(model, weights, random, size)
    labels = np.arange(TRAINED) % CLASSES
    assign(model, weights)
    optimizer = keras.optimizers.Adam(**ADAM)
    loss, gradients = step(model, images, labels, optimizer)
    moved = {key: array for key, array in values(model).items() if "/moving_" in key}
    given = {"images": images, "labels": labels, "loss": loss}
    gradients = {f"gradients/{key}": gradient for key, gradient in gradients.items()}
    write(folder / "step.safetensors", given | gradients | moved)
    for _ in range(2):
        step(model, images, labels, optimizer)
    write(folder / "trained.safetensors", values(model))


def write(path, tensors):
    """A safetensors file of single precision."""
    arrays = {name: np.asarray(array, "<f4") for name, array in tensors.items()}
    header, offset = {}, 0
    for name, array in arrays.items():
        end = offset + array.nbytes
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in arrays.values():
            file.write(array.tobytes())


def describe(name, size):
    """Names and shapes of all layers and weights, without the input, the padding and the head."""
    model = build(name, size)
    left_out = (layers.InputLayer, layers.ZeroPadding2D, layers.GlobalAveragePooling2D, layers.Dense)
    kept = [layer for layer in model.layers if not isinstance(layer, left_out)]
    return {
        "imageSize": size,
        "layers": {layer.name: list(layer.output.shape[1:]) for layer in kept},
        "weights": {f"{layer.name}/{v.name}": list(v.shape) for layer in kept for v in layer.weights},
    }


def save_fixtures(folder):
    described = {name: describe(name, size) for name, size in OF_KERAS.items()}
    text = json.dumps({"keras": keras.__version__, "architectures": described}, separators=(",", ":"))
    (folder / "architectures.json").write_text(text + "\n")
    model = build("small", MODELS["small"][2])
    skipped = (layers.InputLayer, layers.Dense)
    taps = [layer.name for layer in model.layers if not isinstance(layer, skipped)]
    save_model("small", folder / "small", taps)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fixtures"]:
            save_fixtures(Path(__file__).parent)
        case ["model", name, folder, *taps]:
            save_model(name, Path(folder), taps)
        case _:
            sys.exit(__doc__)

"""Models with random weights under the names of keras.applications' ResNet, for files that the tests read.

`tiny` has the layers of one block; the others are the real ones. The same functions build them with Keras 2 (tf_keras)
and Keras 3, whichever module is given.
"""

import numpy as np

STATISTICS = ["beta", "moving_mean", "moving_variance"]
VARIABLES = {1: ["kernel"], 2: ["kernel", "bias"], 3: STATISTICS, 4: ["gamma", *STATISTICS]}


def block(keras, x, name, filters, stride):
    layers = keras.layers

    def conv(part, source, size, width, step=1):
        y = layers.Conv2D(width, size, strides=step, padding="same", name=f"{name}_{part}_conv")(source)
        return layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_{part}_bn")(y)

    shortcut = conv(0, x, 1, 4 * filters, stride)
    x = layers.Activation("relu", name=f"{name}_1_relu")(conv(1, x, 1, filters, stride))
    x = layers.Activation("relu", name=f"{name}_2_relu")(conv(2, x, 3, filters))
    x = layers.Add(name=f"{name}_add")([shortcut, conv(3, x, 1, 4 * filters)])
    return layers.Activation("relu", name=f"{name}_out")(x)


def tiny(keras):
    """The base of a ResNet with 2 filters and one block: 30 tensors."""
    layers = keras.layers
    images = layers.Input((32, 32, 3))
    x = layers.ZeroPadding2D(1, name="conv1_pad")(images)
    x = layers.Conv2D(2, 3, strides=2, name="conv1_conv")(x)
    x = layers.BatchNormalization(epsilon=1.001e-5, name="conv1_bn")(x)
    x = layers.Activation("relu", name="conv1_relu")(x)
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    x = block(keras, x, "conv2_block1", 2, 1)
    return keras.Model(images, layers.GlobalAveragePooling2D(name="avg_pool")(x))


def resnet50(keras):
    return keras.applications.ResNet50(weights=None, include_top=False, pooling="avg", input_shape=(64, 64, 3))


def densenet121(keras):
    return keras.applications.DenseNet121(weights=None, include_top=False, pooling="avg", input_shape=(64, 64, 3))


def inception_v3(keras):
    return keras.applications.InceptionV3(weights=None, include_top=False, pooling="avg", input_shape=(96, 96, 3))


def inception_resnet_v2(keras):
    return keras.applications.InceptionResNetV2(
        weights=None, include_top=False, pooling="avg", input_shape=(96, 96, 3)
    )


def randomise(model, seed=7):
    """Gives every weight numbers of its own, the same in both releases of Keras."""
    random = np.random.default_rng(seed)
    drawn = {}
    for layer in sorted((one for one in model.layers if one.weights), key=lambda one: one.name):
        values = [random.standard_normal(value.shape).astype("float32") for value in layer.get_weights()]
        layer.set_weights(values)
        drawn.update({f"{layer.name}/{name}": value for name, value in zip(VARIABLES[len(values)], values)})
    return drawn

"""One measurement of Keras on TensorFlow: `python keras_speed.py JOB`, JOB as JSON. Prints JSON."""

import json
import os
import resource
import sys
import time

job = json.loads(sys.argv[1])
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(job["threads"])
tf.config.threading.set_inter_op_parallelism_threads(1)


def mini(size):
    """The topology of our resnet-mini: stages of one bottleneck block each."""
    inputs = keras.Input((size, size, 3))

    def conv(x, filters, kernel, stride=1):
        x = keras.layers.ZeroPadding2D((kernel - 1) // 2)(x) if kernel > 1 else x
        x = keras.layers.Conv2D(filters, kernel, strides=stride)(x)
        return keras.layers.BatchNormalization(momentum=0.9, epsilon=1.001e-5)(x)

    x = keras.layers.ReLU()(conv(inputs, 16, 3, 2))
    x = keras.layers.MaxPooling2D(3, 2)(keras.layers.ZeroPadding2D(1)(x))
    for filters, stride in ((16, 1), (24, 2), (32, 2), (48, 1)):
        inner = keras.layers.ReLU()(conv(x, filters, 1, stride))
        inner = keras.layers.ReLU()(conv(inner, filters, 3))
        x = keras.layers.ReLU()(conv(x, 4 * filters, 1, stride) + conv(inner, 4 * filters, 1))
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x))


size, batch = job["imageSize"], job["batch"]
if job["architecture"] == "resnet50":
    base = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(size, size, 3), pooling="avg")
else:
    base = mini(size)
outputs = keras.layers.Dense(3, activation="softmax")(keras.layers.Dropout(0.5)(base.output))
model = keras.Model(base.input, outputs)
model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
images = np.sin(np.arange(batch * size * size * 3, dtype=np.float32)).reshape(batch, size, size, 3)
labels = np.arange(batch) % 3
step = (lambda: model.predict_on_batch(images)) if job["what"] == "infer" else (lambda: model.train_on_batch(images, labels))

times = []
for i in range(job["steps"] + 2):
    started = time.perf_counter()
    step()
    if i >= 2:
        times.append(time.perf_counter() - started)
print(json.dumps({
    "imagesPerSecond": batch / sorted(times)[len(times) // 2],
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    "version": f"Keras {keras.__version__} on TensorFlow {tf.__version__}",
}))

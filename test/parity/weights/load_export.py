"""Loads an exported weights file into Keras and prints what the model says of images of ones, as JSON.

python load_export.py ARCHITECTURE SIZE CLASSES FILE
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy as np  # noqa: E402

architecture, size, classes, file = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
build = {"resnet50": keras.applications.ResNet50, "densenet121": keras.applications.DenseNet121}[architecture]
base = build(include_top=False, weights=None, input_shape=(size, size, 3), pooling="avg")
units, activation = (1, "sigmoid") if classes == 2 else (classes, "softmax")
model = keras.Model(base.input, keras.layers.Dense(units, activation=activation, name="predictions")(base.output))
model.load_weights(file)
print(json.dumps(model.predict(np.ones((1, size, size, 3), "float32"), verbose=0)[0].tolist()))

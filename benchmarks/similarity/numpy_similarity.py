"""The same by numpy: numpy_similarity.py '{"points":…,"channels":…}' prints a line of JSON, seconds by what was computed."""

import json
import sys
import time

import numpy

job = json.loads(sys.argv[1])
random = numpy.random.default_rng(1)
x = random.standard_normal((job["points"], job["channels"])).astype(numpy.float32)
y = x + random.standard_normal(x.shape).astype(numpy.float32)
a, b = (numpy.ascontiguousarray(each.T, dtype=numpy.float64) for each in (x, y))
seconds = {}


def timed(what, compute):
    started = time.perf_counter()
    made = compute()
    seconds[what] = time.perf_counter() - started
    return made


def centred(z):
    channels = numpy.ascontiguousarray(z.T, dtype=numpy.float64)
    return channels - channels.mean(axis=1, keepdims=True)


def whitening(channels):
    values, vectors = numpy.linalg.eigh(channels @ channels.T)
    return vectors.T / numpy.sqrt(values)[:, None]


def cca():
    p, q = centred(x), centred(y)
    return numpy.linalg.svd(whitening(p) @ (p @ q.T) @ whitening(q).T, full_matrices=False)


def cka():
    p, q = centred(x), centred(y)
    norm = numpy.linalg.norm
    return norm(p @ q.T) ** 2 / (norm(p @ p.T) * norm(q @ q.T))


gram = timed("channels with themselves", lambda: a @ a.T)
cross = timed("channels with others", lambda: a @ b.T)
timed("eigenvectors", lambda: numpy.linalg.eigh(gram))
timed("singular vectors", lambda: numpy.linalg.svd(cross, full_matrices=False))
timed("CKA", cka)
timed("CCA", cca)
print(json.dumps({"name": f"numpy {numpy.__version__}", "seconds": seconds}))

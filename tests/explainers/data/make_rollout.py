"""Makes rollout.npz: a small transformer, a picture, and the rollout of Chefer, Gur & Wolf for each of its outputs.

    python tests/explainers/data/make_rollout.py

numpy alone, in double precision, one token at a time; it knows nothing of the project. Gradients are central
differences: each attention weight is moved by hand and what follows is computed again. Stored are the weights, the
picture, for each output the attention's gradients and relevances, and the class token's row of the rollout.
"""

import math
from pathlib import Path

import numpy as np

PATCH, ROWS, COLUMNS = 16, 2, 3
WIDTH, HEADS, HIDDEN, DEPTH, OUTPUTS = 6, 2, 9, 2, 2
STEP = 1e-5


def weights(rng) -> dict[str, np.ndarray]:
    """Rounded to single precision, so that any program can read them exactly."""
    shapes = {"patches.weight": (WIDTH, 1, PATCH, PATCH), "patches.bias": (WIDTH,), "token": (WIDTH,),
              "positions": (1 + ROWS * COLUMNS, WIDTH), "norm.weight": (WIDTH,), "norm.bias": (WIDTH,),
              "head.weight": (OUTPUTS, WIDTH), "head.bias": (OUTPUTS,)}
    for b in range(DEPTH):
        for name, out, inn in (("query", WIDTH, WIDTH), ("key", WIDTH, WIDTH), ("value", WIDTH, WIDTH),
                               ("join", WIDTH, WIDTH), ("widen", HIDDEN, WIDTH), ("narrow", WIDTH, HIDDEN)):
            shapes |= {f"blocks.{b}.{name}.weight": (out, inn), f"blocks.{b}.{name}.bias": (out,)}
        for norm in ("norm1", "norm2"):
            shapes |= {f"blocks.{b}.{norm}.weight": (WIDTH,), f"blocks.{b}.{norm}.bias": (WIDTH,)}
    found = {name: 0.6 * rng.standard_normal(shape) for name, shape in shapes.items()}
    found["patches.weight"] /= 10
    for name in found:
        if "norm" in name and name.endswith("weight"):
            found[name] += 1
    return {name: value.astype(np.float32) for name, value in found.items()}


class Network:
    def __init__(self, w):
        self.w = {name: value.astype(np.float64) for name, value in w.items()}

    def dense(self, name, x):
        return x @ self.w[f"{name}.weight"].T + self.w[f"{name}.bias"]

    def norm(self, name, x):
        c = x - x.mean(axis=1, keepdims=True)
        return c / np.sqrt((c * c).mean(axis=1, keepdims=True) + 1e-6) * self.w[f"{name}.weight"] + self.w[f"{name}.bias"]

    def run(self, picture, moved=None):
        """Outputs and, for each block, what happened; `moved` is {(block, head, row, column): by how much}."""
        w = self.w["patches.weight"].reshape(WIDTH, -1)
        x = [self.w["token"]]
        for r in range(ROWS):
            for c in range(COLUMNS):
                cut = picture[r * PATCH:(r + 1) * PATCH, c * PATCH:(c + 1) * PATCH].ravel()
                x.append(w @ cut + self.w["patches.bias"])
        x, story, size = np.array(x) + self.w["positions"], [], WIDTH // HEADS
        for b in range(DEPTH):
            s = {"x": x, "read": self.norm(f"blocks.{b}.norm1", x), "weights": [], "heads": []}
            s |= {part: self.dense(f"blocks.{b}.{part}", s["read"]) for part in ("query", "key", "value")}
            for h in range(HEADS):
                q, k, v = (s[part][:, h * size:(h + 1) * size] for part in ("query", "key", "value"))
                a = np.exp(q @ k.T / math.sqrt(size))
                a /= a.sum(axis=1, keepdims=True)
                for (block, head, i, j), by in (moved or {}).items():
                    if (block, head) == (b, h):
                        a[i, j] += by
                s["weights"].append(a)
                s["heads"].append(a @ v)
            s["heard"] = np.concatenate(s["heads"], axis=1)
            s["joined"] = self.dense(f"blocks.{b}.join", s["heard"])
            s["after"] = x + s["joined"]
            s["read2"] = self.norm(f"blocks.{b}.norm2", s["after"])
            wide = self.dense(f"blocks.{b}.widen", s["read2"])
            s["bent"] = np.array([[z * 0.5 * (1 + math.erf(z / math.sqrt(2))) for z in row] for row in wide])
            s["added"] = self.dense(f"blocks.{b}.narrow", s["bent"])
            x = s["after"] + s["added"]
            story.append(s)
        final = self.norm("norm", x)
        return self.dense("head", final[:1])[0], story, final

    def positive(self, name, a, relevance):
        """Only positive a_j w_kj pass relevance on (section 3.1)."""
        w, given = self.w[f"{name}.weight"], np.zeros_like(a)
        for p in range(len(a)):
            for k in range(len(w)):
                parts = np.maximum(a[p] * w[k], 0)
                if parts.sum() > 0:
                    given[p] += parts / parts.sum() * relevance[p, k]
        return given


def halves(a, b, relevance):
    """The product of two tensors: each gets half (section 3.2)."""
    y, of_a, of_b = a @ b, np.zeros_like(a), np.zeros_like(b)
    for i in range(len(a)):
        for k in range(b.shape[1]):
            for j in range(len(b)):
                share = a[i, j] * b[j, k] / y[i, k] * relevance[i, k] / 2
                of_a[i, j] += share
                of_b[j, k] += share
    return of_a, of_b


def parted(a, b, relevance):
    """A skip connection, normalised so that neither side gets less than nothing (section 3.2)."""
    sides = [a / (a + b) * relevance, b / (a + b) * relevance]
    whole, sizes = relevance.sum(), [abs(side.sum()) for side in sides]
    return [side * (size / sum(sizes) * whole) / side.sum() for side, size in zip(sides, sizes, strict=True)]


def relevances(net, story, final, target):
    """[block][head] relevance of the attention weights."""
    start = np.zeros((1, OUTPUTS))
    start[0, target] = 1
    r, found, size = np.zeros_like(final), [], WIDTH // HEADS
    r[:1] = net.positive("head", final[:1], start)
    for b in reversed(range(DEPTH)):
        s = story[b]
        r, of_added = parted(s["after"], s["added"], r)
        r = r + net.positive(f"blocks.{b}.widen", s["read2"], net.positive(f"blocks.{b}.narrow", s["bent"], of_added))
        r, of_joined = parted(s["x"], s["joined"], r)
        of_heard = net.positive(f"blocks.{b}.join", s["heard"], of_joined)
        given, of_weights = {part: np.zeros_like(s[part]) for part in ("query", "key", "value")}, []
        for h in range(HEADS):
            at = slice(h * size, (h + 1) * size)
            of_a, given["value"][:, at] = halves(s["weights"][h], s["value"][:, at], of_heard[:, at])
            of_weights.append(of_a)
            given["query"][:, at], of_k = halves(s["query"][:, at], s["key"][:, at].T, of_a)
            given["key"][:, at] = of_k.T
        r = r + sum(net.positive(f"blocks.{b}.{part}", s["read"], given[part]) for part in given)
        found.insert(0, of_weights)
    return np.array(found)


def gradients(net, picture, tokens):
    """(outputs, blocks, heads, P, P) by central differences."""
    found = np.zeros((OUTPUTS, DEPTH, HEADS, tokens, tokens))
    for at in np.ndindex(DEPTH, HEADS, tokens, tokens):
        up, down = (net.run(picture, {at: by})[0] for by in (STEP, -STEP))
        found[(slice(None), *at)] = (up - down) / (2 * STEP)
    return found


def main() -> None:
    rng = np.random.default_rng(5)
    w = weights(rng)
    picture = rng.random((ROWS * PATCH, COLUMNS * PATCH)).astype(np.float32)
    net = Network(w)
    outputs, story, final = net.run(picture.astype(np.float64))
    slopes = gradients(net, picture.astype(np.float64), len(final))
    shares = np.array([relevances(net, story, final, target) for target in range(OUTPUTS)])
    rows = []
    for target in range(OUTPUTS):
        c = np.eye(len(final))
        for b in range(DEPTH):
            c = (np.eye(len(final)) + np.maximum(slopes[target, b] * shares[target, b], 0).mean(axis=0)) @ c
        rows.append(c[0, 1:].reshape(ROWS, COLUMNS))
    np.savez(Path(__file__).with_name("rollout.npz"), picture=picture, heads=HEADS, outputs=outputs, gradients=slopes,
             relevances=shares, maps=np.array(rows), **{f"weight/{name}": value for name, value in w.items()})


if __name__ == "__main__":
    main()

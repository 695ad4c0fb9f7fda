"""The portable model in onnxruntime-web, as a browser runs it, in Node."""

import json
import shutil
import subprocess

import numpy as np
import onnxruntime
import pytest

PROGRAM = """
const ort = require('onnxruntime-web');
const fs = require('fs');

async function main(model, pixels) {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(fs.readFileSync(model));
  const data = new Float32Array(new Uint8Array(fs.readFileSync(pixels)).buffer);
  const images = new ort.Tensor('float32', data, [1, 3, 64, 64]);
  const { boxes, scores } = await session.run({ images });
  console.log(JSON.stringify([boxes.data, scores.data].map((x) => [...x])));
}

main(...process.argv.slice(1));
"""


def node(*arguments):
    return subprocess.run(
        ['node', '-e', *map(str, arguments)], capture_output=True, text=True
    )


@pytest.fixture(scope='module')
def onnxruntime_web():
    if not shutil.which('node'):
        pytest.skip('Node is not installed')
    if node("require.resolve('onnxruntime-web')").returncode:
        pytest.skip('npm install onnxruntime-web, and set NODE_PATH')


@pytest.mark.usefixtures('onnxruntime_web')
def test_a_browser_says_the_same(for_one_size, tmp_path):
    model, _ = for_one_size
    path, pixels = tmp_path / 'model.onnx', tmp_path / 'pixels'
    path.write_bytes(model.SerializeToString())
    images = np.random.default_rng(0).standard_normal((1, 3, 64, 64))
    images = images.astype(np.float32)
    pixels.write_bytes(images.tobytes())

    done = node(PROGRAM, path, pixels)
    assert done.returncode == 0, done.stderr
    session = onnxruntime.InferenceSession(path)
    outputs = session.run(None, {'images': images})
    for found, expected, tolerance in zip(
        json.loads(done.stdout), outputs, (1e-2, 1e-4), strict=True
    ):
        np.testing.assert_allclose(found, expected.ravel(), atol=tolerance)

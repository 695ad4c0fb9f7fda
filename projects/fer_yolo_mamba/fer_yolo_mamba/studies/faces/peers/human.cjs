// Human (npm package @vladmandic/human). SETTINGS are those of its `face`;
// see answers.cjs.
//
// Its box is a square around the face, 1.4 times as large as that found; with
// the setting `outline` it is the smallest one around the face's landmarks.
'use strict';

const fs = require('fs');
const path = require('path');
const { fileURLToPath } = require('url');
const { answer, version } = require('./answers.cjs');

const NAME = '@vladmandic/human';
const OFF = { enabled: false };

// Its build for WebAssembly reads models by fetch, which knows no files.
globalThis.fetch = async (url) =>
  new Response(fs.readFileSync(fileURLToPath(`${url}`)));

answer(async (packages, wasm, { outline = false, ...settings }) => {
  const { Human } = require(path.join(packages, NAME, 'dist/human.node-wasm.js'));
  const models = path.join(packages, NAME, 'models/');
  const human = new Human({
    backend: 'wasm',
    wasmPath: wasm,
    modelBasePath: `file://${models}`,
    // Pictures are no film: what was seen in one says nothing of the next.
    cacheSensitivity: 0,
    // What has no say in where faces are and how they look.
    ...{ body: OFF, hand: OFF, object: OFF, gesture: OFF, segmentation: OFF },
    face: { description: OFF, ...settings },
  });
  await human.load();
  return {
    name: `human ${version(NAME)}`,
    weights: ['blazeface', 'facemesh', 'iris', 'emotion'].map((network) =>
      path.join(models, `${network}.bin`),
    ),
    see: async (image) => {
      const { face: faces, error } = await human.detect(image);
      if (error) throw new Error(error);
      return faces.map(({ box: [x, y, width, height], mesh, score, emotion }) => ({
        bbox: outline ? boxAround(mesh) : [x, y, x + width, y + height],
        score,
        expressions: Object.fromEntries(
          emotion.map((told) => [told.emotion, told.score]),
        ),
      }));
    },
  };
});

function boxAround(points) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

// Runs face-api (npm package @vladmandic/face-api) for peers.py.
//
// node face_api.cjs FOLDER MIN_CONFIDENCE
//
// FOLDER is where npm has installed the packages. Each line of the standard
// input is {"path", "width", "height"} of a file of RGB bytes; each line of the
// output is what was seen there: [{"bbox", "score", "expressions"}], the score
// that of the face, the expressions with their probabilities.
'use strict';

const path = require('path');
const fs = require('fs');
const readline = require('readline');

const [folder, minConfidence] = process.argv.slice(2);
const find = (name) => require.resolve(name, { paths: [folder] });
// Libraries greet on the standard output, which is for results alone.
console.log = console.info = console.warn = () => {};

const tf = require(find('@tensorflow/tfjs'));
const wasm = require(find('@tensorflow/tfjs-backend-wasm'));
const faceapi = require(
  find('@vladmandic/face-api/dist/face-api.node-wasm.js'),
);

async function main() {
  const binaries = path.dirname(find('@tensorflow/tfjs-backend-wasm'));
  wasm.setWasmPaths(binaries + path.sep);
  await tf.setBackend('wasm');
  await tf.ready();
  const models = path.join(
    path.dirname(find('@vladmandic/face-api/package.json')),
    'model',
  );
  await faceapi.nets.ssdMobilenetv1.loadFromDisk(models);
  await faceapi.nets.faceLandmark68Net.loadFromDisk(models);
  await faceapi.nets.faceExpressionNet.loadFromDisk(models);
  const options = new faceapi.SsdMobilenetv1Options({
    minConfidence: Number(minConfidence),
  });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { path: file, width, height } = JSON.parse(line);
    const image = tf.tensor3d(fs.readFileSync(file), [height, width, 3], 'int32');
    const faces = await faceapi
      .detectAllFaces(image, options)
      .withFaceLandmarks()
      .withFaceExpressions();
    image.dispose();
    const seen = faces.map(({ detection, expressions }) => ({
      bbox: [
        detection.box.left,
        detection.box.top,
        detection.box.right,
        detection.box.bottom,
      ],
      score: detection.score,
      expressions: { ...expressions },
    }));
    process.stdout.write(JSON.stringify(seen) + '\n');
  }
}

main().catch((error) => {
  process.stderr.write(`${error.message.split('\n')[0]}\n`);
  process.exit(1);
});

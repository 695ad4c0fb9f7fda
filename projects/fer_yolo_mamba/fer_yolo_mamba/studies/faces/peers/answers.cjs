// The part of a conversation with peer.py that all programs in Node share.
//
// node PROGRAM.cjs FOLDER SETTINGS
//
// FOLDER is where npm has installed the packages, SETTINGS a JSON object. What
// is said is described in peer.py. A program calls `answer` with a function
// that opens its detector, given the folder of its packages, the path of
// TensorFlow's WebAssembly, and the settings; it gives the name and weights
// that are the greeting, and `see`, which makes a tensor the faces.
'use strict';

const fs = require('fs');
const path = require('path');
const readline = require('readline');

const [folder, settings] = process.argv.slice(2);
const packages = path.join(folder, 'node_modules');
const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');

exports.version = (name) =>
  JSON.parse(fs.readFileSync(path.join(packages, name, 'package.json'))).version;

exports.answer = (open) => {
  main(open).catch((error) => {
    process.stderr.write(`${error.message.split('\n')[0]}\n`);
    process.exit(1);
  });
};

async function main(open) {
  // Libraries greet on the standard output, which is for results alone.
  console.log = console.info = console.warn = () => {};
  const tf = require(path.join(packages, '@tensorflow/tfjs'));
  const wasm = path.join(packages, '@tensorflow/tfjs-backend-wasm/dist/');
  require(path.dirname(wasm)).setWasmPaths(wasm);
  await tf.setBackend('wasm');
  const { name, weights, see } = await open(packages, wasm, JSON.parse(settings));
  const tfjs = exports.version('@tensorflow/tfjs');
  say({ name: `${name} with tfjs ${tfjs} (${tf.getBackend()})`, weights });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { path: file, width, height } = JSON.parse(line);
    const image = tf.tensor3d(fs.readFileSync(file), [height, width, 3], 'int32');
    say(await see(image));
    image.dispose();
  }
}

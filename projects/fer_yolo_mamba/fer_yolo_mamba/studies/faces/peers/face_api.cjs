// face-api (npm package @vladmandic/face-api) with its SSD detector, landmarks
// and expressions. SETTINGS are its SsdMobilenetv1Options; see answers.cjs.
'use strict';

const path = require('path');
const { answer, version } = require('./answers.cjs');

const NAME = '@vladmandic/face-api';

answer(async (packages, wasm, settings) => {
  const faceapi = require(path.join(packages, NAME, 'dist/face-api.node-wasm.js'));
  const models = path.join(packages, NAME, 'model');
  await faceapi.nets.ssdMobilenetv1.loadFromDisk(models);
  await faceapi.nets.faceLandmark68Net.loadFromDisk(models);
  await faceapi.nets.faceExpressionNet.loadFromDisk(models);
  const options = new faceapi.SsdMobilenetv1Options(settings);
  return {
    name: `face-api ${version(NAME)}`,
    weights: ['ssd_mobilenetv1', 'face_landmark_68', 'face_expression'].map(
      (network) => path.join(models, `${network}_model.bin`),
    ),
    see: async (image) => {
      const faces = await faceapi
        .detectAllFaces(image, options)
        .withFaceLandmarks()
        .withFaceExpressions();
      return faces.map(({ detection: { box, score }, expressions }) => ({
        bbox: [box.left, box.top, box.right, box.bottom],
        score,
        expressions: { ...expressions },
      }));
    },
  };
});

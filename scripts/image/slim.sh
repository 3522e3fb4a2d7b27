#!/bin/sh
# Takes out of the folder in $1 what the image has no use for: an installation of production packages loses the files of
# other platforms, types and source maps, and the WebAssembly build of ONNX Runtime, which is for machines that cannot
# load the native one.
set -eu
cd "$1"

# What ends in .bare is for another program than Node.
find . -type f '(' -name '*.ts' -o -name '*.[cm]ts' -o -name '*.map' -o -name '*.bare' ')' -delete
find . -type d -name .bin -prune -exec rm -r {} +
# Builds for browsers, and tests of others.
rm -r node_modules/h5wasm/dist/node node_modules/h5wasm/dist/iife node_modules/vega/build-es5 node_modules/bintrees/test
rm -r libs/testing node_modules/.package-lock.json node_modules/@palimpsest/testing node_modules/onnxruntime-web

cd node_modules/onnxruntime-node/bin
ours=$(node -p 'process.platform + "/" + process.arch')
for platform in napi-v*/*/*; do
  case $platform in
  */"$ours") ;;
  *) rm -r "$platform" ;;
  esac
done
find "$1" -type d -empty -delete

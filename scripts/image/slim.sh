#!/bin/sh
# Takes out of the folder in $1 what the image has no use for: an installation of production packages loses the files of
# other platforms, types and source maps, and the WebAssembly build of ONNX Runtime, which is for machines that cannot
# load the native one.
set -eu
cd "$1"

# What ends in .bare is for another program than Node.
find . -type f '(' -name '*.ts' -o -name '*.[cm]ts' -o -name '*.map' -o -name '*.bare' ')' -delete
find . -type d -name .bin -prune -exec rm -r {} +
# Tests and manuals of others.
find . -regextype posix-extended -regex '.*/node_modules/(@[^/]+/)?[^/]+/(tests?|docs?|benchmarks)' -prune -exec rm -r {} +
find node_modules -name '*.md' ! -iname '*licen[cs]e*' -delete
# Builds for browsers and other C libraries, sources, schemas for editors, extensions of a database.
rm -r node_modules/h5wasm/dist/node node_modules/h5wasm/dist/iife node_modules/vega/build-es5
rm -r node_modules/xml2js/lib/xml2js.bc.js node_modules/vega/build/vega-schema.json node_modules/vega-lite/build/vega-lite-schema.json
rm -r node_modules/koffi/lib node_modules/koffi/vendor node_modules/@koromix/*/musl_*
find node_modules/koffi/src -type f ! -name '*js' -delete
rm node_modules/@electric-sql/pglite/dist/*.tar.gz
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

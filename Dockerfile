# The images of Palimpsest: `runtime`, and `runtime-gpu` with TensorFlow and CUDA. docs/guide/images.md says how they are
# built, also where no registry is reached. BUILD_BASE may be any Debian with Node and npm, RUNTIME_BASE any with Debian's
# C++ library.
ARG BUILD_BASE=docker.io/library/node:24-bookworm-slim
ARG RUNTIME_BASE=gcr.io/distroless/cc-debian12:nonroot

# What npm reads, so that a change of code alone leaves the installed packages as they are.
FROM ${BUILD_BASE} AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete && \
    find . -type d -empty -delete

FROM ${BUILD_BASE} AS packages
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM ${RUNTIME_BASE} AS base

# Node without the names of its inner functions, and OpenBLAS with what it needs beyond the base.
FROM ${BUILD_BASE} AS native
RUN apt-get -qq update && apt-get -qq install --no-install-recommends binutils libopenblas0-pthread && \
    mkdir -p /layer/usr/local/bin /layer/var/lib/dpkg/status.d && \
    strip --strip-unneeded -o /layer/usr/local/bin/node "$(command -v node)" && \
    find /usr/lib/*-linux-gnu -maxdepth 1 '(' -name libopenblas.so.0 -o -name libgfortran.so.5 -o -name libquadmath.so.0 ')' \
      -exec cp --dereference --parents {} /layer ';' && \
    for package in $(dpkg-query -W -f '${Package}\n' libopenblas0-pthread libgfortran5 'libquadmath*'); do \
      cp --parents "/usr/share/doc/$package/copyright" /layer && \
      dpkg-query --status "$package" >"/layer/var/lib/dpkg/status.d/$package" || exit; \
    done

FROM packages AS production
# npm lists what is installed only when nothing is missing, so it must not know of what was pruned.
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund && \
    npm pkg delete devDependencies && \
    npm sbom --sbom-format=cyclonedx --sbom-type=application >/sbom.json
COPY --from=base /var/lib/dpkg/status.d/ /status.d/
COPY --from=native /layer/ /layer/
COPY scripts/image/slim.sh scripts/image/sbom.mjs /scripts/
# A date that no release changes: machines which have these packages need not fetch them again.
RUN /scripts/slim.sh /app && \
    mkdir /layer/app && \
    cp /layer/var/lib/dpkg/status.d/* /status.d/ && \
    find . -name node_modules -prune -exec cp -a --parents {} /layer/app/ ';' && \
    node /scripts/sbom.mjs /sbom.json /app /status.d >/sbom.cdx.json && \
    chmod -R a=rX,u+w /layer && \
    find /layer -exec touch --no-dereference --date=@0 {} +

FROM packages AS build
COPY . .
RUN npx tsc -b
COPY --from=production /sbom.cdx.json /layer/app/
ARG SOURCE_DATE_EPOCH=0
# Any user may write to /data, as to /tmp: some platforms choose the number themselves.
RUN find libs services -name node_modules -prune -o -path libs/testing -prune -o -type f '(' \
      -path '*/bin/*' -o -path 'services/cli/tensorflow/*' -o -name package.json -o -path '*/dist/*.js' ! -name '*-conformance.js' ! -name '*.fixture.js' \
      ')' -exec cp --parents {} /layer/app/ ';' && \
    cp LICENSE package.json /layer/app/ && \
    # What `helm test` runs.
    node -e "import('./test/support/tiny-study.mjs').then((m) => m.writeTinyStudy('/layer/app/examples/tiny'))" && \
    install -d -m 1777 /layer/data && \
    chmod -R a=rX,u+w /layer/app && \
    find /layer -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +

FROM base AS runtime
COPY --from=production /layer/ /
ENV NODE_ENV=production \
    DATA_DIR=/data \
    HTTP_HOST=0.0.0.0 \
    # Without its native library the program must say so, not look for the one that was left out.
    PALIMPSEST_ONNX_RUNTIME=node
USER 65532:65532
EXPOSE 7315
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/services/cli/bin/palimpsest.js"]
ARG VERSION=unknown REVISION=unknown SOURCE=unknown CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Palimpsest" \
      org.opencontainers.image.description="Which pretrained start was the right one for your medical images" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.created="${CREATED}"
# After the labels: a builder takes an earlier copy for the same that differs in nothing but dates.
COPY --from=build /layer/ /
WORKDIR /data

FROM ${BUILD_BASE} AS cuda
COPY scripts/image/cuda.txt /
RUN apt-get -qq update && apt-get -qq install --no-install-recommends python3-pip && \
    pip install --break-system-packages --no-deps --no-compile --no-cache-dir --require-hashes --target /wheels -r /cuda.txt && \
    cd /wheels/nvidia && \
    mkdir -p /layer/usr/local/cuda/lib64 /layer/usr/local/cuda/licenses && \
    mv cuda_nvcc/bin cuda_nvcc/nvvm /layer/usr/local/cuda/ && \
    find . -name '*.so*' -exec mv --target-directory=/layer/usr/local/cuda/lib64 {} + && \
    cd /wheels && find . -ipath '*.dist-info/*license.txt' -exec cp --parents {} /layer/usr/local/cuda/licenses/ ';' && \
    cd / && rm -r /wheels && \
    # cuDNN needs it; the runtime base has none.
    cp --dereference /usr/lib/*-linux-gnu/libz.so.1 /layer/usr/local/cuda/lib64/ && \
    find /layer -exec touch --no-dereference --date=@0 {} +

FROM ${BUILD_BASE} AS tensorflow
RUN apt-get -qq update && apt-get -qq install --no-install-recommends g++
COPY --from=production /layer/ /
COPY --from=build /layer/ /
RUN TENSORFLOW_HOME=/layer/opt/tensorflow node /app/services/cli/bin/palimpsest.js setup tensorflow --gpu && \
    find /layer -type f '(' -name '*.ts' -o -name '*.map' ')' -delete && \
    find /layer -exec touch --no-dereference --date=@0 {} +

FROM runtime AS runtime-gpu
COPY --from=cuda /layer/ /
COPY --from=tensorflow /layer/ /
ENV ENGINE=tensorflow-gpu \
    TENSORFLOW_HOME=/opt/tensorflow \
    LD_LIBRARY_PATH=/usr/local/cuda/lib64 \
    # What NVIDIA's container runtime reads.
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility

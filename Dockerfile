# Three images of one build: --target pipeline, api or ui; see docs/guides/containers.md.
#
# The base may be any Debian or Ubuntu with Python 3.11 to 3.13, its venv module and ca-certificates. The digest is the one that public
# projects name for this tag; it was not compared with the registry.
ARG PYTHON_IMAGE=docker.io/library/python:3.12.13-slim-bookworm@sha256:4766d8b510c428e595d74b9cc5bbb2fae8e26316fffb4adc89908d79aacd58a2

FROM ${PYTHON_IMAGE} AS tools
ARG UV_VERSION=0.13.9
ARG CYCLONEDX_VERSION=7.5.0
# A build behind a proxy that signs TLS anew brings its authorities as the secret `certificates`; else the image's own are trusted.
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
RUN --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    python3 -m venv /opt/tools && \
    /opt/tools/bin/pip install --quiet --no-cache-dir "uv==${UV_VERSION}" "cyclonedx-bom==${CYCLONEDX_VERSION}"
# Compiled files that never look at the date of their source: an image does not change, and is the same when it is built again.
ENV PATH=/opt/tools/bin:$PATH \
    PYC_INVALIDATION_MODE=UNCHECKED_HASH \
    UV_CACHE_DIR=/var/cache/uv \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PROJECT_ENVIRONMENT=/opt/energy \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /src
COPY pyproject.toml uv.lock ./

# Dependencies first, since they change less often than the project; then the tests of libraries go, and what came of it is written down.
FROM tools AS pipeline-build
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    uv sync --quiet --frozen --no-dev --no-install-project --extra pipeline --extra aws --extra wandb
COPY . .
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    uv sync --quiet --frozen --no-dev --no-editable --extra pipeline --extra aws --extra wandb && \
    find /opt/energy -type d -name tests -prune -exec rm -rf {} + && \
    cyclonedx-py environment --output-reproducible --output-file /opt/python.cdx.json /opt/energy/bin/python

FROM tools AS api-build
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    uv sync --quiet --frozen --no-dev --no-install-project --extra api
COPY . .
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    uv sync --quiet --frozen --no-dev --no-editable --extra api && \
    find /opt/energy -type d -name tests -prune -exec rm -rf {} + && \
    cyclonedx-py environment --output-reproducible --output-file /opt/python.cdx.json /opt/energy/bin/python

FROM tools AS ui-build
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    uv sync --quiet --frozen --no-dev --no-install-project --extra ui
COPY . .
RUN --mount=type=cache,target=/var/cache/uv --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt \
    uv sync --quiet --frozen --no-dev --no-editable --extra ui && \
    find /opt/energy -type d -name tests -prune -exec rm -rf {} + && \
    cyclonedx-py environment --output-reproducible --output-file /opt/python.cdx.json /opt/energy/bin/python

# What all three stand on: a user without rights, and nothing to be written but /data and /tmp. Labels come last in each: they change with
# every release, and the layers before them need not.
FROM ${PYTHON_IMAGE} AS runtime
RUN groupadd --gid 1000 energy && \
    useradd --uid 1000 --gid energy --home-dir /tmp --no-create-home --shell /usr/sbin/nologin energy && \
    install -d -o energy -g energy /data && \
    install -d /usr/share/sbom && \
    dpkg-query --show > /usr/share/sbom/debian.tsv
ENV PATH=/opt/energy/bin:$PATH \
    ENERGY_DATA=/data \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONWARNINGS=ignore
WORKDIR /tmp

# The API: python -m api.
FROM runtime AS api
COPY --from=api-build /opt/python.cdx.json /usr/share/sbom/
COPY --from=api-build /opt/energy /opt/energy
USER 1000:1000
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=8)"]
CMD ["python", "-m", "api", "--host", "0.0.0.0"]
ARG VERSION=unreleased
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="energy-dagster api" \
      org.opencontainers.image.description="REST API of the forecasts of Danish electricity consumption" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"

# The app: python -m ui.
FROM runtime AS ui
COPY --from=ui-build /opt/python.cdx.json /usr/share/sbom/
COPY --from=ui-build /opt/energy /opt/energy
USER 1000:1000
EXPOSE 8001
HEALTHCHECK --interval=30s --timeout=25s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8001/', timeout=20)"]
CMD ["python", "-m", "ui", "--host", "0.0.0.0"]
ARG VERSION=unreleased
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="energy-dagster ui" \
      org.opencontainers.image.description="App of the forecasts of Danish electricity consumption" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"

# Everything of Dagster, and the command line: code location, web server, daemon, runs, energy. Last, for it is what a build without a
# target makes.
FROM runtime AS pipeline
# LightGBM needs libgomp1, of which Debian's newest is wanted. /secrets is where compose.yaml keeps a password.
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install --yes --no-install-recommends libgomp1 && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/ldconfig/aux-cache /var/log/apt /var/log/dpkg.log && \
    dpkg-query --show > /usr/share/sbom/debian.tsv && \
    install -d -o energy -g energy /secrets
COPY --from=pipeline-build /opt/python.cdx.json /usr/share/sbom/
COPY --from=pipeline-build /opt/energy /opt/energy
ENV DAGSTER_HOME=/data/dagster
USER 1000:1000
EXPOSE 3000 4000
HEALTHCHECK --interval=30s --timeout=25s --start-period=120s --retries=4 \
    CMD ["dagster", "api", "grpc-health-check", "-p", "4000"]
CMD ["dagster", "api", "grpc", "-h", "0.0.0.0", "-p", "4000", "-m", "energy_dagster.definitions"]
ARG VERSION=unreleased
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="energy-dagster pipeline" \
      org.opencontainers.image.description="Dagster platform that forecasts Danish electricity consumption" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"

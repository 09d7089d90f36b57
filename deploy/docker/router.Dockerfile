# The dispatch engine.
# The base by digest: --build-arg PYTHON_IMAGE=docker.io/library/python@sha256:…
ARG PYTHON_IMAGE=docker.io/library/python:3.12.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
COPY scripts/tools.lock scripts/tools.lock
RUN python -m pip install --no-cache-dir --require-hashes -r scripts/tools.lock
COPY requirements.lock ./
COPY scripts/build_protos scripts/build_protos
COPY deploy/docker deploy/docker
COPY protos protos
COPY libs libs
COPY services/router services/router
RUN python deploy/docker/install.py services/router libs/cli /opt/switchyard

FROM ${PYTHON_IMAGE}
ENV GRPC_ENABLE_FORK_SUPPORT=0 \
    HOME=/tmp \
    PATH=/opt/switchyard/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# LightGBM's threads, for `switchyard train`; whatever version the base has.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/switchyard /opt/switchyard
WORKDIR /var/lib/switchyard
USER 10001:10001
EXPOSE 7101 7107 7301 9101
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "switchyard_router.main"]

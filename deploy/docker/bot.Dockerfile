# Rasa's server with the model of this checkout inside: training is part of the build.
# The base by digest: --build-arg PYTHON_IMAGE=docker.io/library/python@sha256:…
ARG PYTHON_IMAGE=docker.io/library/python:3.10.19-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
COPY scripts/tools.lock scripts/tools.lock
RUN python -m pip install --no-cache-dir --require-hashes -r scripts/tools.lock
COPY services/ivr_bot/bot/requirements.lock services/ivr_bot/bot/requirements.lock
RUN uv venv --no-project --python "$(command -v python)" /opt/switchyard \
    && uv pip sync --no-cache --require-hashes --python /opt/switchyard/bin/python \
        services/ivr_bot/bot/requirements.lock
COPY services/ivr_bot/bot services/ivr_bot/bot
# Only training asks for TensorFlow, and two thirds of the environment are it and its company.
RUN BOT_MODELS_DIR=/opt/models /opt/switchyard/bin/python services/ivr_bot/bot/train.py \
    && uv pip uninstall --python /opt/switchyard/bin/python jax jaxlib libclang tensorflow

FROM ${PYTHON_IMAGE}
ENV BOT_MODELS_DIR=/opt/models \
    GRPC_ENABLE_FORK_SUPPORT=0 \
    HOME=/tmp \
    PATH=/opt/switchyard/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
COPY --from=build /opt/switchyard /opt/switchyard
COPY --from=build /opt/models /opt/models
COPY services/ivr_bot/bot /opt/services/ivr_bot/bot
WORKDIR /var/lib/switchyard
USER 10001:10001
EXPOSE 7105 9105
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "/opt/services/ivr_bot/bot/serve.py"]

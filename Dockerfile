# syntax=docker/dockerfile:1
# One image for web, worker and beat: docker-compose.yml says which of them a container is.

FROM node:22-bookworm-slim AS frontend
WORKDIR /build
COPY frontend/ ./
ENV npm_config_cache=/tmp/npm
RUN --mount=type=cache,target=/tmp/npm npm ci --no-audit --no-fund && npm run build

FROM python:3.11-slim-bookworm AS packages
WORKDIR /app
COPY requirements/ requirements/
ENV UV_CACHE_DIR=/tmp/uv UV_LINK_MODE=copy
RUN --mount=type=cache,target=/tmp/uv \
    python -m venv .venv \
    && python -m venv /tmp/installer \
    && /tmp/installer/bin/pip install -qq --require-hashes -r requirements/uv.txt \
    && /tmp/installer/bin/uv pip install -q --python .venv --require-hashes \
       -r requirements/runtime.txt -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY helpdesk/ helpdesk/
COPY tickets/ tickets/
COPY inbox/ inbox/
COPY automation/ automation/
COPY integrations/ integrations/
RUN /tmp/installer/bin/uv pip install -q --python .venv --no-deps --no-build-isolation --editable . \
    && .venv/bin/python -m compileall -q helpdesk tickets inbox automation integrations

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin aftercare \
    && install -d -o aftercare -g aftercare -m 0750 /data
WORKDIR /app
COPY --from=packages /app /app
COPY --from=frontend /build/inbox/build frontend/inbox/build
COPY --from=frontend /build/widget/build frontend/widget/build
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=helpdesk.settings \
    AFTERCARE_DATA=/data
USER aftercare
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["aftercare", "serve", "--host", "0.0.0.0", "--port", "8000"]

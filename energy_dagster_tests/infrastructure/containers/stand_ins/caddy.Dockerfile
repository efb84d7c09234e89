# In place of the official image of Caddy: Debian's, with the folders of the official one.
ARG BASE
FROM ${BASE}
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends caddy wget libcap2-bin && rm -rf /var/lib/apt/lists/* && \
    setcap cap_net_bind_service=+ep /usr/bin/caddy && \
    install -d /config /data
ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]

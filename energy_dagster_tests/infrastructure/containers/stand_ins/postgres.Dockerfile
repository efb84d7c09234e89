# In place of the official image of PostgreSQL: Debian's, with what compose.yaml uses of the official one.
ARG BASE
FROM ${BASE}
# hadolint ignore=DL3008
RUN groupadd --gid 999 postgres && useradd --uid 999 --gid postgres --home-dir /var/lib/postgresql postgres && \
    apt-get update && apt-get install --yes --no-install-recommends postgresql-15 && \
    rm -rf /var/lib/apt/lists/* /var/lib/postgresql/15 && \
    install -d -m 1777 -o postgres -g postgres /var/lib/postgresql/data /run/postgresql
COPY postgres.sh /usr/local/bin/start
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["sh", "/usr/local/bin/start"]

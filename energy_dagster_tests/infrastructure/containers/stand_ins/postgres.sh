#!/bin/sh
# What the official entry point does with POSTGRES_USER, POSTGRES_DB and POSTGRES_PASSWORD_FILE, on the first start.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-local=trust --auth-host=scram-sha-256
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    pg_ctl -w start -o "-c listen_addresses="
    psql --username="$POSTGRES_USER" --dbname=postgres --command="CREATE DATABASE \"$POSTGRES_DB\""
    pg_ctl -m fast -w stop
fi
exec postgres -c 'listen_addresses=*'

#!/bin/sh
# Before anything else starts: a password of the database that nobody has chosen, and Dagster's configuration.
# It is written twice, as PostgreSQL's image reads it and, for our user alone, as its clients do (PGPASSFILE).
set -eu
if [ ! -s /secrets/pgpass ]; then
    password=$(python -c 'import secrets; print(secrets.token_hex(32))')
    printf %s "$password" > /secrets/postgres-password
    printf 'postgres:5432:dagster:energy:%s\n' "$password" > /secrets/pgpass.new
    chmod 600 /secrets/pgpass.new
    mv /secrets/pgpass.new /secrets/pgpass
fi
exec energy instance --server --write

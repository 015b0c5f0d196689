#!/bin/sh
# makes the database at the first start, then runs the server as "postgres"
set -e
export PATH="/usr/lib/postgresql/15/bin:$PATH"
: "${PGDATA:=/var/lib/postgresql/data}"
export PGDATA
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chown -R postgres:postgres "$PGDATA" /run/postgresql
  chmod 700 "$PGDATA"
  # shellcheck disable=SC2016 # expands in the new shell
  exec su -s /bin/sh postgres -c 'exec "$0" "$@"' -- "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  auth=trust
  if [ -n "$POSTGRES_PASSWORD" ]; then
    auth=scram-sha-256
    printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/pw
    initdb -U "${POSTGRES_USER:-postgres}" --pwfile=/tmp/pw -A "$auth" --no-locale -E UTF8 >/dev/null
    rm -f /tmp/pw
  else
    initdb -U "${POSTGRES_USER:-postgres}" -A "$auth" --no-locale -E UTF8 >/dev/null
  fi
  echo "host all all all $auth" >>"$PGDATA/pg_hba.conf"
  if [ -n "$POSTGRES_DB" ]; then
    echo "CREATE DATABASE \"$POSTGRES_DB\"" | postgres --single -j postgres >/dev/null
  fi
fi
if [ "$1" = postgres ]; then shift; set -- postgres -c listen_addresses='*' "$@"; fi
exec "$@"

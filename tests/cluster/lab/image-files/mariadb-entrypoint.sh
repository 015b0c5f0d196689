#!/bin/sh
# makes the database at the first start, then runs the server as "mysql"
set -e
data=/var/lib/mysql
case ${1:-} in -*) set -- mariadbd "$@" ;; esac
if [ -n "$MYSQL_ROOT_PASSWORD_FILE" ]; then MYSQL_ROOT_PASSWORD=$(cat "$MYSQL_ROOT_PASSWORD_FILE"); fi
if [ "$1" != mariadbd ]; then exec "$@"; fi
shift
chown mysql:mysql "$data" /run/mysqld
if [ ! -e "$data/.made" ]; then
  mkdir -p "$data/mysql"
  chown -R mysql:mysql "$data"
  {
    printf '%s\n' "CREATE DATABASE IF NOT EXISTS mysql;" "USE mysql;" "SET @auth_root_socket=NULL;"
    for part in mysql_system_tables mysql_system_tables_data fill_help_tables mysql_performance_tables; do
      if [ -e "/usr/share/mysql/$part.sql" ]; then cat "/usr/share/mysql/$part.sql"; fi
    done
  } >/tmp/make.sql
  mariadbd --no-defaults --user=mysql --datadir="$data" --bootstrap --silent-startup --skip-log-bin </tmp/make.sql >/dev/null
  {
    echo "FLUSH PRIVILEGES;"
    echo "CREATE USER IF NOT EXISTS 'root'@'%';"
    for at in localhost %; do
      if [ -n "$MYSQL_ROOT_PASSWORD" ]; then echo "ALTER USER 'root'@'$at' IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';"; fi
    done
    echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
    if [ -n "$MYSQL_DATABASE" ]; then echo "CREATE DATABASE \`$MYSQL_DATABASE\`;"; fi
  } >/tmp/start.sql
  mariadbd --no-defaults --user=mysql --datadir="$data" --bootstrap --silent-startup --skip-log-bin </tmp/start.sql >/dev/null
  rm -f /tmp/make.sql /tmp/start.sql
  : >"$data/.made"
fi
exec mariadbd --no-defaults --user=mysql --datadir="$data" --socket=/run/mysqld/mysqld.sock --bind-address=0.0.0.0 "$@"

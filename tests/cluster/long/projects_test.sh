#!/usr/bin/env bash
# limit: 1500
# Projects of others, their Compose files unchanged, on three hosts: deployed, asked for what they
# serve, and deployed again without a change. Their images are made of Debian packages under the
# names that the files have; what the files build or mount is beside this script, in projects/.
#
# settings (environment): KT_CORPUS: the folder with the projects' files (cases/real/NAME/NAME/…).
set -euo pipefail
. "$(dirname -- "$0")/../support.sh"
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
CORPUS=${KT_CORPUS:-$TREE/../shared/compose-corpus}
[[ -d $CORPUS/cases ]] || skip "no corpus at $CORPUS (KT_CORPUS=FOLDER)"
lab_up 3
need_image nginx nginx:1.17-alpine flask php redis:alpine mariadb:10-focal mariadb:9.1 postgres
for k in "${HOSTS[@]}"; do
  lab docker "$k" tag mariadb:9.1 mysql:9.1
  lab docker "$k" tag postgres:latest quay.io/debezium/example-postgres:3.6
done
start_cluster 3
work=$(server_dir 1)/work
mkdir -p "$work"
for network in traefik-public swarmlet-network; do ktn network create "$network" >/dev/null; done

# project CASE FOLDER [OWN]: the project's files, with ours, in $work; prints the Compose file's path.
project() {
  local from=$CORPUS/cases/real/$1/$1/$2 to=$work/${2##*/}
  mkdir -p "$to"
  cp -r "$from/." "$to"
  if [[ -n ${3:-} ]]; then cp -r "$HERE/projects/$3/." "$to"; fi
  find "$to" -maxdepth 1 -name '*compose.y*ml' -print -quit
}
host_of() { running_names "$1" | sed -n '1s/ .*//p'; }
fetch() { # STACK.SERVICE PORT [PATH]: from another host than the instance's
  local k
  k=$(host_of "$1")
  curl_from $((k % 3 + 1)) "http://$(lab ip "$k"):$2/${3:-}"
}
inside() { # STACK.SERVICE CMD...: in its first container
  local k name
  read -r k name < <(running_names "$1")
  shift
  lab docker "$k" exec "$name" "$@"
}
answers() { local wanted=$1; shift; [[ "$("$@")" =~ $wanted ]]; }
deployed() { # NAME FILE
  check "$1 is deployed, its file as it is" ktn stack deploy -f "$2" "$1"
}
again() { # NAME FILE
  local before
  before=$(for k in "${HOSTS[@]}"; do container_ids "$k"; done)
  expect_output "$1 again is called unchanged" unchanged ktn_said stack deploy -f "$2" "$1"
  check "and no container was touched" test "$before" = "$(for k in "${HOSTS[@]}"; do container_ids "$k"; done)"
  check "$1 is removed" ktn stack rm -y "$1"
}
ktn_said() { ktn "$@" 2>&1; }

# a web server with a file of the project's, and a network that is there before
file=$(project swarmlet__swarmlet__examples__get-swarmlet__docker-compose examples/get-swarmlet get-swarmlet)
deployed get-swarmlet "$file"
address() { lab docker "$(host_of get-swarmlet.web)" inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' get-swarmlet.web-1; }
expect_output "it serves by its own file" '^get it$' curl_from "$(host_of get-swarmlet.web)" "http://$(address)/"
again get-swarmlet "$file"

# two databases
file=$(project debezium__debezium-examples__data-replication__debezium-server__infrastructure-compose data-replication/debezium-server)
deployed replication "$file"
check_within 60 "the one answers a query" answers 42 inside replication.mysql mysql -h 127.0.0.1 --password=debezium -Ne 'select 40+2' target_db
check_within 60 "so does the other" answers 42 inside replication.postgres sh -c 'PGPASSWORD=postgres /usr/lib/postgresql/15/bin/psql -h postgres -U postgres -Atc "select 40+2"'
again replication "$file"

# a cache, and an application that is built
file=$(project swarmlet__swarmlet__examples__python-redis__docker-compose examples/python-redis python-redis)
sed -i '$a SWARMLET_REGISTRY=local' "$(dirname "$file")/.env"
deployed counter "$file"
visit() { inside counter.web curl -sS http://web:5000/; }
check_within 30 "it counts" answers 'visit 1' visit
check "on" answers 'visit 2' visit
again counter "$file"

# a database, an application, a proxy; a secret; health
file=$(project docker__awesome-compose__nginx-flask-mysql__compose nginx-flask-mysql nginx-flask-mysql)
deployed posts "$file"
check_within 60 "the proxy shows what the application reads in the database" answers '^first second$' fetch posts.proxy 80
again posts "$file"

# a proxy, and an application of several processes; both with health checks
file=$(project docker__awesome-compose__nginx-wsgi-flask__compose nginx-wsgi-flask nginx-wsgi-flask)
deployed wsgi "$file"
check_within 30 "the proxy shows the application" answers '^behind gunicorn$' fetch wsgi.nginx-proxy 80
again wsgi "$file"

# pages in a folder of the project's
file=$(project docker__awesome-compose__apache-php__compose apache-php apache-php)
deployed pages "$file"
check_within 30 "the pages are computed" answers '^six times seven: 42$' fetch pages.web 80
again pages "$file"
finish

# shellcheck shell=bash
# Part of hostlab: images, built here so that the tests need no registry.
#
# An image is one layer: the files of Debian packages, unpacked without running
# their scripts, with busybox for a shell.  Dates and owners are fixed, so that
# the same packages give the same image on every host.

# shellcheck disable=SC2153 # set in hostlab
IMAGE_FILES=$PARTS/image-files

image_parts() { # NAME -> packages
  case $1 in
    busybox) echo "" ;;
    nginx) echo "nginx-light" ;;
    haproxy) echo "haproxy" ;;
    redis) echo "redis-server" ;;
    postgres) echo "postgresql-15" ;;
    python) echo "python3-minimal" ;; # sockets and threads, but few other modules
    flask) echo "python3 python3-flask python3-pymysql python3-redis gunicorn curl" ;;
    php) echo "apache2 libapache2-mod-php8.2" ;;
    mariadb) echo "mariadb-server mariadb-client" ;;
    client) echo "curl iperf3 iproute2 iputils-ping" ;; # busybox-static's wget crashes
    *) die "image: one of busybox nginx haproxy redis postgres mariadb python flask php client" ;;
  esac
}

image_test() { # NAME -> a command that must work in the finished tree
  case $1 in
    busybox) echo "/bin/busybox true" ;;
    python) echo "/usr/bin/python3 -m socket" ;;
    client) echo "/usr/bin/curl --version" ;;
    nginx) echo "/usr/sbin/nginx -v" ;;
    haproxy) echo "/usr/sbin/haproxy -v" ;;
    redis) echo "/usr/bin/redis-server --version" ;;
    postgres) echo "/usr/lib/postgresql/15/bin/postgres --version" ;;
    flask) echo "/usr/bin/python3 -m flask --version" ;;
    php) echo "/usr/sbin/apache2 -t -f /etc/apache2/here.conf" ;;
    mariadb) echo "/usr/sbin/mariadbd --version" ;;
  esac
}

image_config() { # NAME -> part of the image's configuration
  case $1 in
    busybox | python | flask | client) echo '"Cmd":["sh"]' ;;
    nginx) echo '"Cmd":["nginx","-g","daemon off;"],"ExposedPorts":{"80/tcp":{}},"StopSignal":"SIGQUIT"' ;;
    haproxy) echo '"Cmd":["haproxy","-W","-db","-f","/etc/haproxy/haproxy.cfg"],"ExposedPorts":{"80/tcp":{}},"StopSignal":"SIGUSR1"' ;;
    php) echo '"Cmd":["apache2","-D","FOREGROUND","-f","/etc/apache2/here.conf"],"WorkingDir":"/var/www/html","ExposedPorts":{"80/tcp":{}},"StopSignal":"SIGWINCH"' ;;
    mariadb) echo '"Entrypoint":["/entrypoint.sh"],"Cmd":["mariadbd"],"ExposedPorts":{"3306/tcp":{}},"Volumes":{"/var/lib/mysql":{}}' ;;
    redis) echo '"Cmd":["redis-server","--protected-mode","no","--dir","/data"],"ExposedPorts":{"6379/tcp":{}},"Volumes":{"/data":{}}' ;;
    postgres) echo '"Entrypoint":["/entrypoint.sh"],"Cmd":["postgres"],"ExposedPorts":{"5432/tcp":{}},"Volumes":{"/var/lib/postgresql/data":{}},"StopSignal":"SIGINT"' ;;
  esac
}

# Packages that a container without package scripts has no use for.
SKIP='^(adduser|base-files|base-passwd|ca-certificates|coreutils|dash|debconf.*|debianutils|dpkg|gcc-.*-base|init-system-helpers|libpam-.*|libperl.*|libllvm.*|libz3.*|login|lsb-base|locales|logrotate|netbase|openssl|passwd|perl.*|libjson-perl|libgdbm.*|libio-pty.*|libipc-run.*|libdb5.*|postgresql-client-common|postgresql-common|sensible-utils|ssl-cert|sysvinit-utils|tar|ucf|tzdata|cron|libpopt.*|mount|util-linux.*)$'

fetch_packages() { # FOLDER PACKAGE...
  local to=$1
  shift
  mkdir -p "$to/partial"
  : >"$to/status"
  # an empty list of what is installed, so that every dependency is named
  # shellcheck disable=SC2086
  timeout 600 apt-get -qq -y -o Dir::State::status="$to/status" -o Dir::Cache::archives="$to" \
    -o APT::Install-Recommends=false -o APT::Sandbox::User=root -o Debug::NoLocking=1 \
    --download-only install "$@" >"$to/apt.log" 2>&1 ||
    die "apt could not fetch $* (apt-get update done?): $(tail -n 2 "$to/apt.log")"
}

make_tree() { # NAME FOLDER
  local name=$1 t=$2 d test
  mkdir -p "$t"/usr/{bin,sbin,lib,lib64} "$t"/{etc,root,proc,sys,dev,tmp,run,var,home}
  chmod 1777 "$t/tmp"
  for d in bin sbin lib lib64; do ln -s "usr/$d" "$t/$d"; done
  ln -s ../run "$t/var/run"
  unpack_packages "$name" "$t"
  add_busybox "$t"
  install -m 644 "$IMAGE_FILES/passwd" "$t/etc/passwd"
  awk -F: '{ print $1 ":x:" $4 ":" }' "$t/etc/passwd" >"$t/etc/group"
  echo 'hosts: files dns' >"$t/etc/nsswitch.conf"
  settle_program "$name" "$t"
  read -ra test <<<"$(image_test "$name")"
  chroot "$t" "${test[@]}" >/dev/null 2>"$t/tmp/err" || die "image $name does not run: $(head -c 300 "$t/tmp/err")"
  rm -f "$t/tmp/err"
}

unpack_packages() { # NAME FOLDER
  local name=$1 t=$2 d f pkg parts
  read -ra parts <<<"$(image_parts "$name")"
  if ((${#parts[@]} == 0)); then return; fi
  d=$CACHE/debs-$name
  fetch_packages "$d" "${parts[@]}"
  for f in "$d"/*.deb; do
    pkg=${f##*/}
    pkg=${pkg%%_*}
    if [[ $pkg =~ $SKIP ]]; then continue; fi
    dpkg-deb --fsys-tarfile "$f" | tar -x -C "$t" --keep-directory-symlink --no-same-owner \
      --exclude='./usr/share/doc*' --exclude='./usr/share/man*' --exclude='./usr/share/locale*' \
      --exclude='./usr/share/lintian*' --exclude='./lib/systemd*' --exclude='*/llvmjit*' --exclude='*/bitcode*'
  done
  rm -rf "$d"
  ldconfig -r "$t" 2>/dev/null || true
}

add_busybox() { # FOLDER
  local t=$1 f=/bin/busybox
  [[ -x $f ]] || f=/usr/bin/busybox
  [[ -x $f ]] || die "no busybox (package busybox-static)"
  cp -L "$f" "$t/usr/bin/busybox"
  for f in $("$t/usr/bin/busybox" --list); do
    if [[ ! -e $t/usr/bin/$f && ! -L $t/usr/bin/$f ]]; then ln -s busybox "$t/usr/bin/$f"; fi
  done
}

# What the packages' own scripts would have made, as far as it is needed.
settle_program() { # NAME FOLDER
  local t=$2
  case $1 in
    nginx)
      mkdir -p "$t"/var/log/nginx "$t"/var/lib/nginx "$t"/www
      ln -sf /dev/stdout "$t/var/log/nginx/access.log"
      ln -sf /dev/stderr "$t/var/log/nginx/error.log"
      echo 'hello' >"$t/www/index.html"
      mkdir -p "$t/etc/nginx/conf.d" "$t/usr/share/nginx/html"
      install -m 644 "$IMAGE_FILES/nginx.conf" "$t/etc/nginx/nginx.conf"
      install -m 644 "$IMAGE_FILES/nginx.default.conf" "$t/etc/nginx/conf.d/default.conf"
      ;;
    haproxy)
      mkdir -p "$t/var/lib/haproxy" "$t/run/haproxy"
      install -m 644 "$IMAGE_FILES/haproxy.cfg" "$t/etc/haproxy/haproxy.cfg"
      ;;
    redis) mkdir -p "$t/data" ;;
    php)
      mkdir -p "$t"/var/www/html "$t"/var/log/apache2 "$t"/run/apache2
      install -m 644 "$IMAGE_FILES/apache.conf" "$t/etc/apache2/here.conf"
      ;;
    mariadb)
      mkdir -p "$t"/var/lib/mysql "$t"/run/mysqld "$t"/etc/mysql/conf.d
      : >"$t/etc/mysql/my.cnf"
      install -m 755 "$IMAGE_FILES/mariadb-entrypoint.sh" "$t/entrypoint.sh"
      ;;
    postgres)
      mkdir -p "$t/var/lib/postgresql/data" "$t/run/postgresql" "$t/usr/share/zoneinfo"
      install -m 755 "$IMAGE_FILES/postgres-entrypoint.sh" "$t/entrypoint.sh"
      ;;
  esac
}

# What is cached was made by one state of these files, and is of no use to another.
recipe() {
  local sum
  sum=$(cat "$PARTS/images.sh" "$IMAGE_FILES"/* | sha256sum)
  printf '%s' "${sum:0:12}"
}

# The layer is shared by all tags of an image; only the configuration differs.
make_layer() { # NAME FILE
  local name=$1 file=$2 work
  [[ -s $file ]] && return
  find "$CACHE" -maxdepth 1 -name "$name.????????????.*tar" -mtime +7 -delete # of older recipes
  work=$(mktemp -d "$CACHE/.$name.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf --one-file-system -- '$work'" EXIT
  make_tree "$name" "$work/tree"
  tar -C "$work/tree" --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner -cf "$work/layer.tar" .
  mv "$work/layer.tar" "$file"
  rm -rf --one-file-system -- "$work"
  trap - EXIT
}

make_image() { # NAME TAG -> path of an archive for "docker load"
  local name=$1 tag=$2 file layer work sum id
  layer=$CACHE/$name.$(recipe).layer.tar
  file=${layer%.layer.tar}.tag-$tag.tar
  if [[ ! -s $file ]]; then
    make_layer "$name" "$layer"
    work=$(mktemp -d "$CACHE/.$name.XXXXXX")
    ln "$layer" "$work/layer.tar"
    sum=$(sha256sum <"$work/layer.tar")
    printf '{"architecture":"%s","os":"linux","created":"2023-11-14T22:13:20Z","config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","IMAGE_TAG=%s"],%s},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
      "$(dpkg --print-architecture 2>/dev/null || echo amd64)" "$tag" "$(image_config "$name")" "${sum%% *}" >"$work/config.json"
    id=$(sha256sum <"$work/config.json")
    id=${id%% *}
    mv "$work/config.json" "$work/$id.json"
    printf '[{"Config":"%s.json","RepoTags":["%s:%s"],"Layers":["layer.tar"]}]' "$id" "$name" "$tag" >"$work/manifest.json"
    tar -C "$work" -cf "$work/image.tar" manifest.json "$id.json" layer.tar
    mv "$work/image.tar" "$file"
    rm -rf -- "$work"
  fi
  printf '%s' "$file"
}

load_on() {
  timeout -k 1 "$((LIMIT * 5))" "$(docker_client)" -H "unix://$DIR/h$1/docker.sock" load -q -i "$LOAD_FILE" >/dev/null ||
    die "host $1 could not load $LOAD_FILE"
}

cmd_load() {
  LOAD_FILE=${1:-}
  shift || true
  [[ -s $LOAD_FILE ]] || die "load: no such file"
  local k list=("$@")
  ((${#list[@]})) || mapfile -t list < <(for k in $(hosts); do if host_pid "$k" >/dev/null; then echo "$k"; fi; done)
  ((${#list[@]})) || die "lab $LAB has no running host"
  for k in "${list[@]}"; do need_running "$k"; done
  each "not every host has the image" load_on "${list[@]}"
}

# cmd_archive NAME[:TAG]: prints the path of an archive for "docker load".
cmd_archive() {
  local name=${1:-} tag=latest
  if [[ $name == *:* ]]; then
    tag=${name#*:}
    name=${name%%:*}
  fi
  [[ $tag =~ ^[A-Za-z0-9._-]+$ ]] || die "image NAME[:TAG] [K...]"
  image_parts "$name" >/dev/null
  mkdir -p "$CACHE"
  exec 7>>"$CACHE/.lock"
  flock -w 900 7 || die "another command is building an image"
  make_image "$name" "$tag"
  flock -u 7
}

cmd_image() {
  local file
  file=$(cmd_archive "${1:-}")
  shift
  cmd_load "$file" "$@"
}

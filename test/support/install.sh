#!/bin/sh
# Installs what the tests use besides Node: Java, a real ZooKeeper's jars, kcat, Apache Kafka's command line tools of 3.9.1 and
# 2.8.2, Python with kazoo, kafka-python and confluent-kafka, Prometheus, and a client in Go where there is a Go compiler.
# Called by `make test`; safe to repeat, quick when all is there.
#
# System packages come from apt-get, which needs root; where that is not to be had, what the machine has is used. All else goes
# into ${XDG_CACHE_HOME:-~/.cache}/zurau. What cannot be installed is named at the end: tests that need it are skipped, and say so.
# Exit code 1 when CI is set and there is no real ZooKeeper: the suites that compare us with it must not be skipped there.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:?is not set}/.cache}/zurau
log=$(mktemp)
trap 'rm -f "$log"' EXIT
KAFKA_VERSIONS='3.9.1 2.8.2'

has() {
  command -v "$1" >/dev/null 2>&1
}

# Bounded, where the machine can: a package source that hangs must not hang the tests.
bounded() {
  if has timeout; then timeout "$@"; else shift && "$@"; fi
}

# Whether $1 is in place and was made from what $2 says now. A stamp is written last, so halves do not count.
made_of() {
  [ -e "$1/.made-of" ] && [ "$(cat "$1/.made-of")" = "$2" ]
}

# Runs a command that fills the folder $1.PID, stamps the folder with $2 and gives it its name.
make_folder() {
  folder=$1
  stamp=$2
  shift 2
  mkdir -p "$folder.$$"
  if "$@" >"$log" 2>&1; then
    printf '%s' "$stamp" >"$folder.$$/.made-of"
    rm -rf "$folder"
    mv "$folder.$$" "$folder"
  else
    rm -rf "$folder.$$"
    return 1
  fi
}

last_words() {
  grep -v '^[[:space:]]*$' "$log" | tail -n 3 | cut -c1-200 | sed 's/^/              /' >&2
}

system_packages() {
  wanted=
  for pair in java:default-jre-headless kcat:kcat "$@"; do
    has "${pair%%:*}" || wanted="$wanted ${pair#*:}"
  done
  if has python3 && ! python3 -c 'import ensurepip' 2>/dev/null && ! python_ready; then wanted="$wanted python3-venv"; fi
  has python3 || wanted="$wanted python3 python3-venv"
  [ -n "$wanted" ] || return 0
  has apt-get || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "install.sh: only root could install$wanted; going on with what is there" >&2
    return 0
  fi
  echo "install.sh: apt-get install$wanted" >&2
  export DEBIAN_FRONTEND=noninteractive
  apt="bounded 900 apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0"
  $apt update >"$log" 2>&1 || last_words
  # All at once is quickest; one by one, if one of them cannot be had, gets the others.
  # shellcheck disable=SC2086
  $apt install -y --no-install-recommends $wanted >"$log" 2>&1 || for package in $wanted; do
    $apt install -y --no-install-recommends "$package" >"$log" 2>&1 || last_words
  done
}

kafka_tools_ready() {
  for version in $KAFKA_VERSIONS; do
    made_of "$cache/kafka-$version" "$(cat "$here/kafka-tools/pom.xml")" || return 1
  done
}

fetch_kafka_tools() {
  bounded 900 mvn -q -B -f "$here/kafka-tools/pom.xml" dependency:copy-dependencies \
    "-Dkafka.version=$1" -DincludeScope=runtime "-DoutputDirectory=$2"
}

python_ready() {
  made_of "$cache/python" "$(cat "$here/python-clients.txt")" && "$cache/python/bin/python3" -c '' 2>/dev/null
}

# A virtual environment knows the path it was made at, so this one is made in place: the stamp alone says whether it is whole.
install_python_clients() {
  rm -rf "$cache/python"
  python3 -m venv "$cache/python" &&
    bounded 600 "$cache/python/bin/python3" -m pip install --quiet --disable-pip-version-check --only-binary confluent-kafka \
      -r "$here/python-clients.txt" &&
    cat "$here/python-clients.txt" >"$cache/python/.made-of"
}

# Prometheus and promtool are unpacked aside: installing their package would also start a service of the machine.
prometheus_ready() {
  has promtool && has prometheus || made_of "$cache/prometheus" prometheus
}

fetch_prometheus() {
  cd "$1" || return 1
  apt-get -qq download prometheus || { [ "$(id -u)" = 0 ] && apt-get -qq update && apt-get -qq download prometheus; } || return 1
  for package in *.deb; do dpkg -x "$package" . || return 1; done
  rm -f ./*.deb
  cd "$here" && "$1/usr/bin/promtool" --version
}

go_client_source() {
  cat "$here/go-client/go.sum" "$here/go-client/main.go"
}

build_go_client() {
  cd "$here/go-client" && GOTOOLCHAIN=local GOFLAGS=-mod=readonly bounded 300 go build -o "$1/go-client" .
}

report=
missing=
present() {
  report="$report
  $(printf '%-12s' "$1")$2"
}
lacking() {
  missing="$missing
  $(printf '%-12s' "$1")$2"
}

mkdir -p "$cache"
if kafka_tools_ready; then system_packages; else system_packages mvn:maven; fi

if has java; then
  present java "$(java -version 2>&1 | sed -n '1s/.*"\(.*\)".*/\1/p')"
else
  lacking java "no Java runtime (Debian: default-jre-headless; elsewhere any JRE, 11 or later): no real ZooKeeper, no tools of Kafka's"
fi

has_zookeeper=no
if sh "$here/../../zk/ensemble/classpath.sh" >/dev/null 2>"$log"; then
  has_zookeeper=yes
  present zookeeper 'jars of a real server'
else
  last_words
  lacking zookeeper 'no real server: the suites that compare us with it FAIL'
fi

if has kcat; then
  present kcat "$(kcat -V 2>&1 | sed -n 's/^Version \([0-9.]*\).*librdkafka \([0-9.]*\).*/\1, librdkafka \2/p')"
else
  lacking kcat 'no kcat (Debian, Homebrew: kcat): tests with it are skipped'
fi

for version in $KAFKA_VERSIONS; do
  folder=$cache/kafka-$version
  stamp=$(cat "$here/kafka-tools/pom.xml")
  if made_of "$folder" "$stamp" || { has mvn && make_folder "$folder" "$stamp" fetch_kafka_tools "$version" "$folder.$$"; }; then
    present "kafka $version" 'command line tools'
  else
    has mvn && last_words
    lacking "kafka $version" 'no command line tools (they need Java and Maven): tests with them are skipped'
  fi
done

if python_ready || { has python3 && install_python_clients >"$log" 2>&1; }; then
  present python "$(tr '\n' ' ' <"$here/python-clients.txt")"
else
  has python3 && last_words
  lacking python 'no kazoo, kafka-python and confluent-kafka (Debian: python3-venv): tests with them are skipped'
fi

if prometheus_ready || { has apt-get && has dpkg && make_folder "$cache/prometheus" prometheus fetch_prometheus "$cache/prometheus.$$"; }; then
  present prometheus 'with promtool'
else
  has apt-get && last_words
  lacking prometheus 'no prometheus and promtool (Debian, Homebrew: prometheus): tests with them are skipped'
fi

stamp=$(go_client_source)
if made_of "$cache/go-client" "$stamp" || { has go && make_folder "$cache/go-client" "$stamp" build_go_client "$cache/go-client.$$"; }; then
  present 'go client' "$(sed -n 's/^require //p' "$here/go-client/go.mod" | head -1)"
else
  has go && last_words
  lacking 'go client' 'no Go compiler, or no franz-go: tests with it are skipped'
fi

echo "Tools for the tests:$report" >&2
if [ -n "$missing" ]; then
  echo "MISSING:$missing" >&2
fi
if [ "$has_zookeeper" = no ] && [ -n "${CI:-}" ]; then
  echo 'install.sh: CI is set, and there is no real ZooKeeper' >&2
  exit 1
fi

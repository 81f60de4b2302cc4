#!/bin/sh
# Prints the Java class path of a real ZooKeeper 3.8 server, and fetches its jars first when this machine has none.
# Places, in this order: every jar in $ZURAU_ZOOKEEPER_JARS (such as the lib folder of Apache's own archive),
# /usr/share/java, .cache/zookeeper (four Debian packages, 2.3 MB, downloaded and unpacked without being installed).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=$here/../../.cache/zookeeper
packages='libzookeeper-java libslf4j-java libdropwizard-metrics-java libsnappy-java'
needed='zookeeper zookeeper-jute slf4j-api slf4j-simple metrics-core snappy-java'

fail() {
  echo "$*" >&2
  exit 1
}

complete() {
  for jar in $needed; do [ -e "$1/$jar.jar" ] || return 1; done
}

fetch() {
  command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
    fail "no ZooKeeper jars: install libzookeeper-java, or name a folder with them in ZURAU_ZOOKEEPER_JARS"
  # Unpacked aside and renamed, so that two that fetch at once do not see each other's half.
  aside=$cache.$$
  trap 'rm -rf "$aside"' EXIT
  mkdir -p "$aside"
  cd "$aside"
  # shellcheck disable=SC2086
  if ! apt-get download $packages >fetch.log 2>&1; then
    if [ "$(id -u)" != 0 ] || ! apt-get update >>fetch.log 2>&1 || ! apt-get download $packages >>fetch.log 2>&1; then
      cat fetch.log >&2
      fail "could not download $packages (without package lists, root must run apt-get update once)"
    fi
  fi
  for package in *.deb; do dpkg -x "$package" .; done
  rm -f ./*.deb
  cd "$here"
  complete "$cache/usr/share/java" || rm -rf "$cache"
  mv -T "$aside" "$cache" 2>/dev/null || complete "$cache/usr/share/java"
}

command -v java >/dev/null || fail "no java on the PATH: ZooKeeper needs a Java runtime (Debian: default-jre-headless)"

if [ -n "${ZURAU_ZOOKEEPER_JARS:-}" ]; then
  ls "$ZURAU_ZOOKEEPER_JARS"/zookeeper*.jar >/dev/null 2>&1 || fail "no zookeeper jar in ZURAU_ZOOKEEPER_JARS"
  echo "$here:$ZURAU_ZOOKEEPER_JARS/*"
  exit 0
fi
if complete /usr/share/java; then
  jars=/usr/share/java
else
  jars=$cache/usr/share/java
  complete "$jars" || fetch
fi
path=$here
for jar in $needed; do path=$path:$jars/$jar.jar; done
echo "$path"

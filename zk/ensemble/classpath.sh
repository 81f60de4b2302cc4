#!/bin/sh
# Prints the Java class path of a real ZooKeeper 3.8 server, and fetches its jars first when this machine has none.
# Places, in this order: every jar in $ZURAU_ZOOKEEPER_JARS (such as the lib folder of Apache's own archive),
# /usr/share/java, and a cache of ours in the home directory. Into that come four Debian packages (2.3 MB, downloaded and
# unpacked without being installed) or, where there is no apt-get, what Maven fetches for pom.xml.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:?is not set}/.cache}/zurau
debian=$cache/zookeeper-debian
maven=$cache/zookeeper-maven
packages='libzookeeper-java libslf4j-java libdropwizard-metrics-java libsnappy-java'
needed='zookeeper zookeeper-jute slf4j-api slf4j-simple metrics-core snappy-java'

fail() {
  echo "$*" >&2
  exit 1
}

complete() {
  for jar in $needed; do [ -e "$1/$jar.jar" ] || return 1; done
}

# What was unpacked aside, in $1.PID, gets its name at once: two that fetch at the same time do not see each other's half.
# Where the other was first, mv puts ours into its folder, and out it goes again.
put_in_place() {
  [ ! -e "$1" ] || mv "$1" "$1.$$.old" 2>/dev/null || true
  mv "$1.$$" "$1"
  rm -rf "$1.$$.old" "$1/$(basename "$1").$$"
}

fetch_from_debian() {
  mkdir -p "$debian.$$"
  trap 'rm -rf "$debian.$$"' EXIT
  cd "$debian.$$"
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
  put_in_place "$debian"
}

fetch_from_maven() {
  mkdir -p "$maven.$$"
  trap 'rm -rf "$maven.$$"' EXIT
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$maven.$$" >&2 ||
    fail "Maven could not fetch ZooKeeper's jars"
  put_in_place "$maven"
}

command -v java >/dev/null || fail "no java on the PATH: ZooKeeper needs a Java runtime (Debian: default-jre-headless)"

if [ -n "${ZURAU_ZOOKEEPER_JARS:-}" ]; then
  ls "$ZURAU_ZOOKEEPER_JARS"/zookeeper*.jar >/dev/null 2>&1 || fail "no zookeeper jar in ZURAU_ZOOKEEPER_JARS"
  echo "$here:$ZURAU_ZOOKEEPER_JARS/*"
  exit 0
fi
for jars in /usr/share/java "$debian/usr/share/java"; do
  complete "$jars" && break
done
if ! complete "$jars" && ! [ -e "$maven" ]; then
  if command -v apt-get >/dev/null && command -v dpkg >/dev/null; then
    fetch_from_debian
  elif command -v mvn >/dev/null; then
    fetch_from_maven
  else
    fail 'no ZooKeeper jars: install libzookeeper-java or Maven, or name a folder with them in ZURAU_ZOOKEEPER_JARS'
  fi
fi
if complete "$jars"; then
  path=$here
  for jar in $needed; do path=$path:$jars/$jar.jar; done
  echo "$path"
else
  [ -e "$maven" ] || fail "the packages that came do not have all of: $needed"
  echo "$here:$maven/*"
fi

#!/bin/sh
# Runs a real ZooKeeper on 127.0.0.1:2181 in the foreground, its data in .zurau/zookeeper: `make zk`.
# ZOOKEEPER_PORT and ZOOKEEPER_HEAP (default 256m) may be set; Ctrl-C ends it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=$(cd "$here/../.." && pwd)/.zurau/zookeeper
port=${ZOOKEEPER_PORT:-2181}
classpath=$(sh "$here/classpath.sh")
mkdir -p "$data"
sed "s/^clientPort=.*/clientPort=$port/" "$here/zoo.cfg" >"$data/zoo.cfg"
echo "dataDir=$data" >>"$data/zoo.cfg"
echo "ZooKeeper on 127.0.0.1:$port, data in $data" >&2
exec java -Xmx"${ZOOKEEPER_HEAP:-256m}" -XX:+UseSerialGC -Dzookeeper.preAllocSize=4096 \
  -cp "$classpath" org.apache.zookeeper.server.quorum.QuorumPeerMain "$data/zoo.cfg"

#!/bin/sh
# Lays out what the container image holds, below the folder $1: the command, its native packages, its configuration.
# Called by the Dockerfile in a copy of the repository. Where the base image has npm, all is installed and built for the
# image's own platform; where it has not, what `make build` left in the copy is taken, which must be for that platform.
set -eu
root=${1:?names the folder to fill}
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."

if command -v npm >/dev/null 2>&1; then
  rm -rf node_modules dist
  npm ci --no-audit --no-fund --no-update-notifier --loglevel=error
  npm run --silent build
elif [ ! -e dist/zurau.mjs ]; then
  echo 'assemble.sh: this base image has no npm, and dist/zurau.mjs is not built yet: run make build first' >&2
  exit 1
fi

program=$root/usr/local/lib/zurau
mkdir -p "$program/dist" "$program/node_modules" "$root/usr/local/bin" "$root/etc/zurau" "$root/var/lib/zurau"
cp -R dist/. "$program/dist/"
cp package.json LICENSE "$here/ready.mjs" "$program/"
# What the bundle leaves outside (src/tools/bundle.ts), with the builds for this platform, which npm put beside it.
for package in @node-rs @napi-rs @antoniomuso @bokuweb snappy lz4-napi; do
  if [ -e "node_modules/$package" ]; then cp -R "node_modules/$package" "$program/node_modules/"; fi
done
chmod 755 "$program/dist/zurau.mjs"
# Not a link: small base images have no /usr/bin/env for its first line.
printf '#!/bin/sh\nexec node /usr/local/lib/zurau/dist/zurau.mjs "$@"\n' >"$root/usr/local/bin/zurau"
chmod 755 "$root/usr/local/bin/zurau"
cp "$here/server.properties" "$root/etc/zurau/"
# The user `node` of the base image.
chown -R 1000:1000 "$root/var/lib/zurau"
node "$program/dist/zurau.mjs" --version >&2

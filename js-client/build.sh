#!/bin/sh
# What Maven runs: installs the packages that package-lock.json names, where they are not there yet, and builds the bundle
# into target/classes/web/; or runs the unit tests.
#   build.sh build
#   build.sh test NAME=VALUE…           the unit tests, unless Maven's settings leave them out
#   build.sh package-test NAME=VALUE…   packs and installs the package; needs a registry
set -eu
cd "$(dirname "$0")"
NODE_MIN=20

fail() {
  echo "js-client: $*" >&2
  exit 1
}

command -v node >/dev/null 2>&1 || fail "building needs Node.js $NODE_MIN or newer, and there is no node on the PATH: install it"
command -v npm >/dev/null 2>&1 || fail "building needs npm, and there is none on the PATH: it comes with Node.js"
version=$(node --version)
major=${version#v}
major=${major%%.*}
[ "$major" -ge "$NODE_MIN" ] || fail "building needs Node.js $NODE_MIN or newer, found is $version"

# Whether a setting that leaves tests out is on, or names a test that is none of ours.
is_left_out() {
  for setting in "$@"; do
    case ${setting#*=} in
      # Not given: Maven leaves the name of the property.
      '' | false | '${'*) ;;
      *) return 0 ;;
    esac
  done
  return 1
}

action=$1
shift
case $action in
  build)
    if ! cmp -s package-lock.json node_modules/.replicator-lock; then
      npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
      cp package-lock.json node_modules/.replicator-lock
    fi
    node scripts/build.mjs
    mkdir -p target/classes/web
    cmp -s dist/replicator.js target/classes/web/replicator.js || cp dist/replicator.js target/classes/web/
    ;;
  test)
    is_left_out "$@" || exec node --test --test-reporter=dot test/*.test.js
    ;;
  package-test)
    is_left_out "$@" || exec node --test --test-reporter=dot test/package/*.test.js
    ;;
  *) fail "unknown action $action, known are build, test and package-test" ;;
esac

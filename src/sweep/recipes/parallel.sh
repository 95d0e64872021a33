#!/bin/sh
# The shards of a plan by GNU parallel: sh parallel.sh STORE [SHARDS]
# Over ssh, with the store on a shared disk: put --sshlogin HOST,HOST after `parallel`.
set -eu
store=$1
shards=${2:-$(nproc)}
ratetide=${RATETIDE:-ratetide}

parallel --jobs "$shards" --halt soon,fail=1 \
  "$ratetide" sweep run "$store" --shard "{}/$shards" --jobs 1 --quiet ::: $(seq "$shards")
"$ratetide" sweep merge "$store"

#!/bin/sh
# What `cargo test --test sweep_engines -- --ignored` needs, on Debian: GNU parallel and a Slurm of one node from the
# distribution, Dask, Ray and the schemas of Kubernetes from PyPI in an environment of their own, target/engines.
set -eu
cd "$(dirname "$0")/../.."
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq parallel slurmctld slurmd slurm-client python3-venv
python3 -m venv target/engines
target/engines/bin/pip install -q dask distributed ray kubernetes-validate

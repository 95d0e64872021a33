#!/bin/sh
# The shards of a plan as a Slurm array, the store on a disk that every node sees:
#   sbatch --array=1-64 --export=ALL,STORE=/shared/spike-sweep slurm.sh
# then: ratetide sweep merge /shared/spike-sweep. The same sbatch again computes what is missing.
#SBATCH --job-name=ratetide
#SBATCH --cpus-per-task=1
#SBATCH --time=01:00:00
#SBATCH --output=ratetide-%a.log
set -eu
exec "${RATETIDE:-ratetide}" sweep run "$STORE" --shard auto --jobs "${SLURM_CPUS_PER_TASK:-1}" --time-limit "58 min"

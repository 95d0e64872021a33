#!/bin/sh
# A Slurm of one node in a folder, for one command: sh slurm.sh FOLDER COMMAND…, with the client's tools set up for it.
# Everything of it is in the folder, and both daemons end with the command.
set -eu
folder=$(realpath "$1")
shift
mkdir -p "$folder/state" "$folder/spool"
node=$(hostname -s)
cat > "$folder/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF="$folder/slurm.conf"
slurmctld -D > "$folder/out" 2>&1 &
controller=$!
slurmd -D -N "$node" >> "$folder/out" 2>&1 &
daemon=$!
trap 'kill "$daemon" "$controller" 2> "$folder/kill"; wait' EXIT
for _ in $(seq 100); do
  sinfo -h -t idle -o %n 2> "$folder/sinfo" | grep -q . && break
  sleep 0.2
done
"$@"

"""The shards of a plan on a Dask cluster: python dask.py STORE [SHARDS]; the store on a disk that every worker sees."""
import os, subprocess, sys

sys.path.pop(0)  # this file's folder, where `dask` would be this file
from dask.distributed import Client

RATETIDE = os.environ.get("RATETIDE", "ratetide")

def shard(store, number, shards):
    subprocess.run([RATETIDE, "sweep", "run", store, "--shard", f"{number}/{shards}", "--jobs", "1", "--quiet"], check=True)

if __name__ == "__main__":
    store, shards = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else os.cpu_count()
    with Client(os.environ.get("DASK_SCHEDULER_ADDRESS")) as client:  # none: workers on this machine
        client.gather([client.submit(shard, store, i + 1, shards, pure=False) for i in range(shards)])
    subprocess.run([RATETIDE, "sweep", "merge", store], check=True)

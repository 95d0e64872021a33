"""The shards of a plan on a Ray cluster: python ray.py STORE [SHARDS]; the store on a disk that every node sees."""
import os, subprocess, sys

sys.path.pop(0)  # this file's folder, where `ray` would be this file
import ray

RATETIDE = os.environ.get("RATETIDE", "ratetide")

@ray.remote(num_cpus=1)
def shard(store, number, shards):
    subprocess.run([RATETIDE, "sweep", "run", store, "--shard", f"{number}/{shards}", "--jobs", "1", "--quiet"], check=True)

store, shards = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else os.cpu_count()
ray.init(address=os.environ.get("RAY_ADDRESS"))  # none: workers on this machine
ray.get([shard.remote(store, i + 1, shards) for i in range(shards)])
subprocess.run([RATETIDE, "sweep", "merge", store], check=True)

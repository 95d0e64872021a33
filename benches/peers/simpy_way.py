"""SimPy: a process for each request, as its documentation does it."""

import random
import sys

import simpy

ARRIVALS_PER_S, SERVERS, QUEUE, ATTEMPTS = 8.8, 8, 64, 4
BUCKET_PER_S, BURST_S = 7.2, 5.0


class Platform:
    def __init__(self, env):
        self.env = env
        self.servers = simpy.Resource(env, capacity=SERVERS)
        self.full_at = 0.0
        self.requests = self.attempts = self.refused_429 = self.refused_503 = self.served = self.gave_up = 0

    def admits(self):
        self.attempts += 1
        full_at = max(self.full_at, self.env.now) + 1.0 / BUCKET_PER_S
        if full_at - self.env.now > BURST_S:
            self.refused_429 += 1
            return False
        self.full_at = full_at
        if len(self.servers.queue) >= QUEUE:
            self.refused_503 += 1
            return False
        return True


def request(env, platform):
    for k in range(ATTEMPTS):
        if platform.admits():
            with platform.servers.request() as server:
                yield server
                yield env.timeout(random.expovariate(1.0))
            platform.served += 1
            return
        if k + 1 < ATTEMPTS:
            yield env.timeout(random.uniform(0.0, min(60.0, 2.0**k)))
    platform.gave_up += 1


def births(env, platform):
    while True:
        yield env.timeout(random.expovariate(ARRIVALS_PER_S))
        platform.requests += 1
        env.process(request(env, platform))


def main():
    random.seed(1)
    env = simpy.Environment()
    platform = Platform(env)
    env.process(births(env, platform))
    env.run(until=float(sys.argv[1]))
    names = ("requests", "attempts", "refused_429", "refused_503", "served", "gave_up")
    print(" ".join(f"{name} {getattr(platform, name)}" for name in names))


main()

"""Several instances on three Kafka nodes, under load and under fire, show what one left in peace shows.

Each test brings the same instances into one kind of trouble under load and then holds what they show together against
the log. The random choices come from GODWIT_TEST_SEED; GODWIT_LONG=1 is the long mode (tests/README.md).
"""
import os
import random
import time

import pytest

from cluster import Cluster
from conftest import BIN, programs
from reading import positions
from scene import PARTITIONS, Scene
from waiting import wait_until

LONG = os.environ.get("GODWIT_LONG", "") == "1"
KILLS = 60 if LONG else 10
SEED = int(os.environ.get("GODWIT_TEST_SEED") or (time.time_ns() // 1000 % 1_000_000 if LONG else 20261121))
LIFE_S = 3  # the longest a victim lives on while it makes no headway


@pytest.fixture(scope="module")
def scene(tmp_path_factory, godwit):
    directory = tmp_path_factory.mktemp("scene")
    with Cluster(directory / "kafka") as cluster, programs(directory) as run:
        opened = Scene(directory, cluster, run, godwit, BIN, SEED)
        yield opened
        opened.close()


@pytest.fixture
def chance(request):
    """Of each test by itself, so that one replays alone."""
    print(f"GODWIT_TEST_SEED={SEED}")
    return random.Random(f"{SEED} {request.node.name}")


def test_instances_that_come_and_go_neither_lose_nor_double_anything(scene):
    scene.scale(1)
    with scene.load():
        scene.wait_for_events(3000)
        with scene.nothing_delivered():
            scene.wait_for_events(1000)
            scene.scale(3)
        scene.wait_for_events(3000)
        scene.scale(2)
        scene.wait_for_events(1000)
    scene.check()


def test_instances_killed_at_random_moments_go_on_where_they_were(scene, chance):
    scene.scale(3)
    with scene.load():
        for _ in range(KILLS):
            victim = chance.choice(scene.instances)
            live_on(victim, chance.randrange(500))
            victim.kill()
            victim.start()
    scene.check()


def live_on(program, records: int) -> None:
    """Until it has folded so many more; not for ever, since it may be starting or own nothing that goes on."""
    begin, deadline = sum(positions(program).values()), time.monotonic() + LIFE_S
    wait_until(lambda: sum(positions(program).values()) >= begin + records or time.monotonic() > deadline, 2 * LIFE_S + 20,
               f"{program.name} to answer")


def test_a_killed_partition_leader_and_a_restarted_broker_lose_nothing(scene):
    scene.scale(3)
    with scene.load():
        # Whoever leads the group's offsets coordinates the groups too, and leads a third of all partitions.
        killed = scene.cluster.leader_of("__consumer_offsets", 0)
        scene.cluster.kill(killed)
        scene.wait_for_events(3000)
        scene.cluster.start(killed)
        wait_until(scene.cluster.is_whole, 60, "all copies to be in step")
        stopped = scene.cluster.leader_of("__consumer_offsets", 0)
        assert stopped != killed
        scene.cluster.stop(stopped)
        scene.wait_for_events(2000)
        scene.cluster.start(stopped)
        wait_until(scene.cluster.is_whole, 60, "all copies to be in step")
    scene.check()


def test_instances_that_hang_until_others_have_their_partitions_come_back_and_do_no_harm(scene, chance):
    scene.scale(3)
    with scene.load():
        scene.wait_for_events(1000)
        hanging = [chance.choice(fleet.instances) for fleet in scene.fleets.values()]
        for program in hanging:
            program.pause()
        for fleet in scene.fleets.values():
            fleet.wait_shared(PARTITIONS)  # among the others
        scene.wait_for_events(2000)
        for program in hanging:
            program.resume()
        for fleet in scene.fleets.values():
            fleet.wait_shared(PARTITIONS)
        scene.wait_for_events(1000)
    scene.check()


def test_all_of_it_is_what_a_new_instance_folds_from_the_whole_log(scene):
    scene.scale(2)
    with scene.load():
        scene.wait_for_events(2000)
    scene.check()
    scene.check_against_one_left_in_peace()

import asyncio
import time

from companion.audio.clock import VirtualClock, WallClock


async def test_the_wall_clock_starts_with_the_first_frame():
    clock = WallClock()
    assert clock.now() == 0.0
    clock.start()
    await clock.until(0.05)
    assert clock.now() >= 0.05
    assert await clock.run(lambda: 7) == 7
    clock.close()


async def test_virtual_time_passes_only_when_fed():
    clock = VirtualClock()
    reached: list[float] = []

    async def wait(t):
        await clock.until(t)
        reached.append(clock.now())

    tasks = [asyncio.create_task(wait(t)) for t in (0.5, 0.1)]
    await clock.advance(0.2)
    assert reached == [0.1]
    await clock.advance(1.0)
    assert reached == [0.1, 0.5]
    assert clock.now() == 1.0
    await asyncio.gather(*tasks)
    clock.close()


async def test_a_job_is_charged_the_time_it_took():
    clock = VirtualClock()
    done: list[float] = []

    async def work():
        await clock.run(lambda: time.sleep(0.2))
        done.append(clock.now())

    task = asyncio.create_task(work())
    t = 0.0
    while not done:
        t += 0.02
        await clock.advance(t)
    assert 0.2 <= done[0] < 0.4
    await task
    clock.close()


async def test_jobs_queue_for_the_one_engine_thread():
    clock = VirtualClock()
    done: list[float] = []

    async def work():
        await clock.run(lambda: time.sleep(0.1))
        done.append(clock.now())

    tasks = [asyncio.create_task(work()) for _ in range(2)]
    t = 0.0
    while len(done) < 2:
        t += 0.02
        await clock.advance(t)
    assert done[1] - done[0] >= 0.08
    await asyncio.gather(*tasks)
    clock.close()


async def test_free_jobs_make_tests_independent_of_the_machine():
    clock = VirtualClock(charge=0.0)
    task = asyncio.create_task(clock.run(lambda: time.sleep(0.1)))
    await asyncio.sleep(0)
    await clock.advance(0.02)
    await task
    assert clock.now() == 0.02
    clock.close()


async def test_a_job_looks_whether_it_is_wanted_when_the_one_before_is_paid_for():
    clock = VirtualClock(charge=100.0)
    wanted = True
    seen: list[bool] = []
    first = asyncio.create_task(clock.run(lambda: time.sleep(0.02)))  # charged as 2 s
    second = asyncio.create_task(clock.run(lambda: seen.append(wanted)))
    await clock.advance(1.0)
    assert seen == []
    wanted = False
    await clock.advance(100.0)
    await asyncio.gather(first, second)
    assert seen == [False]
    clock.close()

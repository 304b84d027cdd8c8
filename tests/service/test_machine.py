"""Which models fit which machine."""

from pathlib import Path

import pytest

from companion.service.catalogue import load_catalogue
from companion.service.machine import Machine, choose_profile, look

PI = "Raspberry Pi {} Model B Rev 1.0"
ORIN = "NVIDIA Jetson Orin Nano Developer Kit"


@pytest.mark.parametrize(
    ("machine", "profile"),
    [
        (Machine(2_000, 2), "starter"),
        (Machine(64_000, 2), "starter"),
        (Machine(3_900, 4), "starter"),
        (Machine(7_900, 4), "pi5"),
        (Machine(16_600, 8), "pc"),
        (Machine(66_000, 16, gpu=True), "pc"),
        (Machine(8_300, 4, PI.format(5)), "pi5"),
        (Machine(4_200, 4, PI.format(5)), "starter"),
        (Machine(8_300, 4, PI.format(4)), "starter"),
        (Machine(16_900, 4, PI.format(5)), "pi5"),
        (Machine(7_990, 6, ORIN, gpu=True), "jetson"),
        (Machine(7_990, 6, ORIN), "starter"),
        (Machine(0, 1), "starter"),
    ],
)
def test_a_machine_gets_what_it_can_carry(machine: Machine, profile: str) -> None:
    choice = choose_profile(machine)
    assert choice.profile == profile
    catalogue = load_catalogue(None)
    assert catalogue.profile(choice.profile).ram_mb <= max(machine.ram_mb, 2_000)


def test_a_machine_is_read_from_proc_and_dev(tmp_path: Path) -> None:
    (tmp_path / "proc/device-tree").mkdir(parents=True)
    (tmp_path / "proc/meminfo").write_text("MemTotal:        8245488 kB\nMemFree: 1 kB\n")
    (tmp_path / "proc/device-tree/model").write_bytes(PI.format(5).encode() + b"\0")
    found = look(tmp_path)
    assert found.ram_mb == 8_443
    assert found.model == PI.format(5)
    assert not found.gpu
    assert look().ram_mb > 100


def test_a_machine_that_tells_nothing_gets_the_smallest(tmp_path: Path) -> None:
    assert choose_profile(look(tmp_path)).profile == "starter"

from pathlib import Path

import pytest

from companion.domain import Tone
from companion.errors import ConfigError
from companion.resources import data_dir
from companion.voice.profile import load_profile, voice_names


def test_every_profile_that_ships_loads_and_shapes_every_tone() -> None:
    assert "joe" in voice_names()
    for name in voice_names():
        profile = load_profile(name)
        assert set(profile.tones) == set(Tone)


def test_tones_of_joe_differ_from_each_other() -> None:
    joe = load_profile("joe")
    assert len({repr(joe.shape(tone)) for tone in Tone}) == len(Tone)


def test_a_tone_lies_where_its_feeling_does() -> None:
    joe = load_profile("joe")
    calm, warm, bright = (joe.shape(tone) for tone in (Tone.CALM, Tone.WARM, Tone.BRIGHT))
    assert calm.pitch_st < warm.pitch_st < bright.pitch_st
    assert calm.pitch_range < warm.pitch_range < bright.pitch_range
    assert calm.length > warm.length > bright.length
    assert not joe.shape(Tone.NEUTRAL).shapes
    # Slower than Piper's own pace by a tenth and more in every tone, for older ears.
    assert min(joe.length_scale * joe.shape(tone).length for tone in Tone) >= 1.1


def test_a_tone_left_out_sounds_neutral(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(
        'title="X"\nmodel="m"\nfile="m.onnx"\n[tones.neutral]\nlength=1.2\n'
    )
    assert load_profile("x", tmp_path).shape(Tone.CALM).length == 1.2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("length_scale", "lenght_scale"), "did you mean 'length_scale'"),
        (("[tones.warm]\nlength", "[tones.warm]\nlenth"), "did you mean 'length'"),
        (("[tones.warm]", "[tones.warmm]"), "did you mean 'warm'"),
        (("length_scale = 1.25", "length_scale = 9"), "'length_scale': "),
        (("length_scale = 1.25", "length_scale = = 9"), "not valid TOML"),
        (("en_US-joe", "../en_US-joe"), "'file': "),
        (("pitch_st = 1.0", "pitch_st = 12"), "'tones.warm.pitch_st': "),
        (("pitch_st = 1.0", "pitch_st = nan"), "'tones.warm.pitch_st': "),
        (("pitch_st = 1.0", 'pitch_st = "high"'), "'tones.warm.pitch_st': "),
        (("pitch_range", "pitch_rang"), "did you mean 'pitch_range'"),
        (("treble_db", "trebble_db"), "did you mean 'treble_db'"),
    ],
)
def test_a_broken_profile_is_one_line_that_helps(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    text = (data_dir("voices") / "joe.toml").read_text(encoding="utf-8")
    assert change[0] in text
    (tmp_path / "joe.toml").write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(ConfigError, match=says.replace("[", r"\[")) as raised:
        load_profile("joe", tmp_path)
    assert "\n" not in str(raised.value)


def test_an_unknown_voice_suggests_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'joe'"):
        load_profile("jo")


@pytest.mark.parametrize("name", ["../joe", "", "joe.toml", "/etc/passwd"])
def test_a_voice_is_a_name_and_not_a_path(name: str) -> None:
    with pytest.raises(ConfigError):
        load_profile(name)

"""The real voice: what it says can be understood, and its knobs do what they say."""

import json
import re
import shutil
from difflib import SequenceMatcher
from pathlib import Path

import jiwer
import numpy as np
import pytest
import soxr

from companion.domain import Speech, Tone
from companion.errors import ModelCorruptError, ModelMissingError, VoiceError
from companion.pace import SLOWEST
from companion.voice.loudness import active_level
from companion.voice.piper import MAX_PACE, MAX_VOLUME_DB, MIN_PACE, MIN_VOLUME_DB, PiperSynthesizer
from companion.voice.profile import load_profile

pytestmark = pytest.mark.real

SENTENCES = (
    "Good morning, how are you feeling today?",
    "I am so glad that you told me about your garden.",
    "That sounds like a hard night, and I am sorry it went that way.",
    "Would you like to call your daughter this afternoon?",
    "The kettle is on, so take your time.",
    "It is one of the best things you can do for yourself.",
    "We could listen to some music together, if you want.",
    "Tell me more about the house by the sea.",
    "Dr. Smith will see you on Thursday afternoon.",
    "It was kind of your neighbor to bring you soup.",
)


def level(speech: Speech) -> float:
    return active_level((speech.pcm / 32768).astype(np.float32))


def letters(text: str) -> str:
    text = text.lower().replace("dr.", "doctor")
    return " ".join(re.sub(r"[^a-z ]", " ", text).split())


def test_ten_sentences_are_understood(joe: PiperSynthesizer, models_dir: Path) -> None:
    folder = models_dir / "whisper-tiny.en"
    if not folder.is_dir():
        pytest.skip(f"no Whisper in {folder}; run: companion models pull whisper-tiny.en")
    from faster_whisper import WhisperModel

    whisper = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)
    heard = []
    for sentence in SENTENCES:
        speech = joe.synthesize(sentence, Tone.WARM)
        sound = soxr.resample(speech.pcm.astype(np.float32) / 32768, speech.rate, 16_000)
        heard.append(" ".join(s.text for s in whisper.transcribe(sound, beam_size=1)[0]))
    wer = jiwer.wer([letters(s) for s in SENTENCES], [letters(h) for h in heard])
    assert wer <= 0.05, list(zip(SENTENCES, heard, strict=True))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_word_has_a_time_and_speech_fills_it(joe: PiperSynthesizer, sentence: str) -> None:
    speech = joe.synthesize(sentence, Tone.WARM)
    assert speech.text == sentence
    assert [word.text for word in speech.words] == sentence.split()
    moments = [moment for word in speech.words for moment in (word.start, word.end)]
    assert moments == sorted(moments)
    assert speech.words[0].start < 0.15
    assert speech.seconds - 0.2 < speech.words[-1].end <= speech.seconds
    loud = np.abs(speech.pcm.astype(float)) / np.abs(speech.pcm).max()
    for word in speech.words:
        assert 0.02 < word.end - word.start < 1.5  # Piper's shortest: two frames, 0.023 s
        inside = loud[int(word.start * speech.rate) : int(word.end * speech.rate)]
        assert inside.max() > 0.03, f"{word.text} is timed where nothing sounds"


def test_estimated_word_times_are_near_the_voices_own(joe: PiperSynthesizer) -> None:
    off = []
    for sentence in SENTENCES:
        exact = joe.synthesize(sentence)
        joe._has_durations = False
        try:
            rough = joe.synthesize(sentence)
        finally:
            joe._has_durations = True
        # Two renderings differ in rhythm: compare as shares of the whole.
        off += [
            abs(a.end / exact.seconds - b.end / rough.seconds) * exact.seconds
            for a, b in zip(exact.words, rough.words, strict=True)
        ]
    assert np.mean(off) < 0.15


def test_the_pause_inside_a_sentence_lies_between_its_words(joe: PiperSynthesizer) -> None:
    speech = joe.synthesize("Let us rest a little. Then we can talk.", Tone.CALM)
    gaps = [b.start - a.end for a, b in zip(speech.words, speech.words[1:], strict=False)]
    assert np.argmax(gaps) == 4
    assert gaps[4] > 0.35
    quiet = speech.pcm[int((speech.words[4].end + 0.15) * speech.rate) :][: speech.rate // 10]
    assert np.abs(quiet).max() < 100


def test_a_cut_off_clause_asks_for_a_shorter_pause_than_a_sentence(joe: PiperSynthesizer) -> None:
    clause = joe.synthesize("I am so glad you came,")
    sentence = joe.synthesize("I am so glad you came.")
    assert 0 < clause.pause < sentence.pause


def test_slower_is_slower_and_louder_is_louder(models_dir: Path, joe: PiperSynthesizer) -> None:
    sentence = SENTENCES[2]
    plain = joe.synthesize(sentence)
    try:
        joe.adjust(pace=-0.2, volume=-6)
        changed = joe.synthesize(sentence)
    finally:
        joe.adjust(pace=0.2, volume=6)
    assert changed.seconds / plain.seconds == pytest.approx(1.25, abs=0.1)
    assert level(changed) - level(plain) == pytest.approx(-6, abs=0.7)
    try:
        joe.adjust(volume=MAX_VOLUME_DB)
        loudest = joe.synthesize(sentence)
    finally:
        joe.adjust(volume=-MAX_VOLUME_DB)
    assert level(loudest) - level(plain) > 6
    assert np.abs(loudest.pcm).max() < 32767 * 0.9


def test_steps_are_bounded(joe: PiperSynthesizer) -> None:
    pace, volume = joe.pace, joe.volume_db
    try:
        for _ in range(50):
            joe.adjust(pace=-0.15, volume=-4)
        assert (joe.pace, joe.volume_db) == (MIN_PACE, MIN_VOLUME_DB)
        for _ in range(50):
            joe.adjust(pace=0.15, volume=4)
        assert (joe.pace, joe.volume_db) == (MAX_PACE, MAX_VOLUME_DB)
    finally:
        joe.adjust(pace=pace - joe.pace, volume=volume - joe.volume_db)


def test_it_comes_down_to_a_slow_persons_pace_and_no_further(joe: PiperSynthesizer) -> None:
    def seconds() -> float:
        return sum(joe.synthesize(sentence).seconds for sentence in SENTENCES)

    own = seconds()
    try:
        joe.follow(100.0)
        assert seconds() == pytest.approx(own, rel=0.05), "it does not hurry"
        joe.follow(1.0)
        assert seconds() < 1.13 * own, "a step at a time"
        for _ in range(10):
            joe.follow(1.0)
        slow = seconds()
        assert slow == pytest.approx(own / SLOWEST, rel=0.06)
        joe.adjust(pace=0.2)
        assert seconds() < 0.92 * slow, "who asks for faster hears it"
        joe.adjust(pace=-0.2)
    finally:
        for _ in range(10):
            joe.follow(100.0)
    assert seconds() == pytest.approx(own, rel=0.05)


def test_tones_change_pace_and_level(joe: PiperSynthesizer) -> None:
    calm, bright = (joe.synthesize(SENTENCES[1], tone) for tone in (Tone.CALM, Tone.BRIGHT))
    # Piper draws its durations by chance: only the sum of several is sure to be longer.
    slow, quick = (
        sum(joe.synthesize(sentence, tone).seconds for sentence in SENTENCES)
        for tone in (Tone.CALM, Tone.BRIGHT)
    )
    assert slow > 1.05 * quick
    assert level(bright) - level(calm) == pytest.approx(2.5, abs=0.7)
    assert calm.pause > bright.pause


def test_joe_speaks_at_a_rate_older_listeners_find_comfortable(joe: PiperSynthesizer) -> None:
    said = [joe.synthesize(sentence, Tone.NEUTRAL) for sentence in SENTENCES]
    minutes = sum(speech.seconds + speech.pause for speech in said) / 60
    assert 150 <= sum(len(speech.words) for speech in said) / minutes <= 200


def test_sentences_do_not_click_at_their_edges(joe: PiperSynthesizer) -> None:
    for sentence in SENTENCES[:4]:
        speech = joe.synthesize(sentence)
        assert abs(int(speech.pcm[0])) < 20
        assert abs(int(speech.pcm[-1])) < 20
        assert len(speech.pcm) > 0.5 * speech.rate


@pytest.mark.parametrize("text", ["", "   ", "...", "😀", "\x00\ud800", "*", "[[]]", "()"])
def test_nothing_to_say_is_silence(joe: PiperSynthesizer, text: str) -> None:
    speech = joe.synthesize(text)
    assert (len(speech.pcm), speech.words, speech.text) == (0, (), "")


@pytest.mark.parametrize(
    "text",
    [
        "word " * 400,
        "x" * 2000,
        "你好吗 Привет مرحبا",
        "[[ aɪ ]] [[",
        "a\u0301\u0302\u0303\u0304\u0305" * 20,
        "1234567890" * 6,
        "\u202eevil\u202c \ufeff&nbsp;<script>alert(1)</script>",
    ],
    ids=["2000 letters", "one word", "scripts", "phonemes", "accents", "digits", "markup"],
)
def test_hostile_text_is_spoken_somehow(joe: PiperSynthesizer, text: str) -> None:
    speech = joe.synthesize(text)
    assert speech.seconds > 0.1
    assert "".join(word.text for word in speech.words) == "".join(speech.text.split())


def test_a_missing_voice_names_the_command_that_gets_it(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="companion models pull piper-joe-medium"):
        PiperSynthesizer(tmp_path, load_profile("joe"))


@pytest.mark.parametrize("broken", ["model", "settings", "kind"])
def test_a_corrupt_voice_is_one_line_that_names_the_command(
    models_dir: Path, joe: PiperSynthesizer, tmp_path: Path, broken: str
) -> None:
    profile = load_profile("joe")
    whole = models_dir / "piper-joe-medium"
    settings = f"{profile.file}.json"
    shutil.copy(whole / settings, tmp_path)
    if broken == "model":
        (tmp_path / profile.file).write_bytes((whole / profile.file).read_bytes()[:100_000])
    else:
        (tmp_path / profile.file).symlink_to(whole / profile.file)
        tree = json.loads((whole / settings).read_text())
        bad = "{" if broken == "settings" else json.dumps(tree | {"phoneme_type": "text"})
        (tmp_path / settings).write_text(bad)
    with pytest.raises(ModelCorruptError, match="companion models pull piper-joe") as raised:
        PiperSynthesizer(tmp_path, profile)
    assert "\n" not in str(raised.value)


def test_a_failing_engine_is_a_voice_error(
    joe: PiperSynthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("out\nof memory")

    monkeypatch.setattr(joe._voice, "phoneme_ids_to_audio", fail)
    with pytest.raises(VoiceError, match="out of memory"):
        joe.synthesize("Hello.")


def test_words_of_a_longer_text_come_back_in_order(joe: PiperSynthesizer) -> None:
    text = " ".join(SENTENCES[:3])
    said = [word.text for word in joe.synthesize(text).words]
    assert SequenceMatcher(None, said, text.split()).ratio() == 1.0

import re
from dataclasses import replace

import pytest

from companion.domain import Danger, Screening, Tone
from companion.errors import SafetyError
from companion.safety.protocols import ProtocolState, accused, load_protocols
from companion.safety.regions import load_region
from companion.safety.reply_check import load_check
from companion.safety.scripts import MOST_SENTENCES, load_scripts

CODES = ("us", "gb", "ie", "ca", "au", "nz", "de")
MEDICAL, CRISIS, ABUSE, SCAM = Danger.MEDICAL, Danger.CRISIS, Danger.ABUSE, Danger.SCAM
ADVICE, IDENTITY = Danger.MEDICAL_ADVICE, Danger.IDENTITY
NOTHING = Screening()


@pytest.fixture(scope="module")
def protocols():
    return load_protocols(load_region("us"), person="Rose", contact="Anna")


class Talk:
    def __init__(self, protocols, **how):
        self.protocols, self.how, self.state = protocols, how, ProtocolState()

    def says(self, text, screening=NOTHING, **how):
        turn = self.protocols.turn(text, screening, self.state, **(self.how | how))
        self.state = turn.state
        return turn

    def hears(self, text, screening=NOTHING, **how):
        return " ".join(self.says(text, screening, **how).lines)


@pytest.fixture
def talk(protocols):
    return Talk(protocols, alerted=True)


def _all_lines(protocols, **how):
    for script_id in protocols.scripts.scripts:
        for other in (False, True):
            for step in range(len(protocols.scripts.walk(script_id, other=other))):
                yield script_id, step, protocols.lines(script_id, step, other=other, **how)


# -- the scripts themselves ----------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("alerted", [True, False])
@pytest.mark.parametrize("contact", ["Anna", None])
def test_every_step_is_filled_and_at_most_three_sentences(code, alerted, contact):
    protocols = load_protocols(load_region(code), contact=contact)
    for script_id, step, lines in _all_lines(protocols, alerted=alerted):
        assert 1 <= len(lines) <= MOST_SENTENCES
        for line in lines:
            where = (script_id, step, line)
            assert line[-1] in ".?!", where
            assert line[0].isupper(), where
            assert not re.search(r"[{}\[\]]|\s[.,]|  |,,|None[,.]|doctor or your doctor", line)


def test_tier_four_says_call_the_emergency_number_in_the_first_sentence(protocols):
    for script_id, script in protocols.scripts.scripts.items():
        if script.category is None or 4 not in script.tiers or script.category is SCAM:
            continue
        for other in (False, True):
            first = protocols.lines(script_id, 0, other=other)[0]
            assert "nine one one" in first, (script_id, first)


def test_tier_four_says_plainly_that_it_cannot_dial(protocols):
    for script_id, script in protocols.scripts.scripts.items():
        if script.category is MEDICAL and script.tiers == (4,) and not script.countdown:
            for alerted in (True, False):
                said = " ".join(protocols.lines(script_id, 0, alerted=alerted))
                assert "cannot dial" in said, script_id


def test_it_speaks_of_a_message_only_when_help_was_called_for(protocols):
    for _, _, lines in _all_lines(protocols, alerted=False):
        assert not re.search(r"sending a message|I am asking", " ".join(lines))
    assert "sending a message to Anna" in " ".join(protocols.lines("stroke", 0, alerted=True))


def test_a_contact_in_doubt_is_never_named_as_the_helper(protocols):
    for _, _, lines in _all_lines(replace(protocols, contact=None), alerted=True):
        assert "Anna" not in " ".join(lines)


def test_abuse_scripts_say_nothing_of_messages_as_the_accused_may_listen(protocols):
    for script_id, script in protocols.scripts.scripts.items():
        if script.category is ABUSE:
            for step in range(len(protocols.scripts.walk(script_id))):
                said = " ".join(protocols.lines(script_id, step, alerted=True))
                assert "sending a message" not in said, script_id


FORBIDDEN = (
    r"\bcommitted|\bcommit\b|your family needs|think of your (family|children)|selfish|attention|"
    r"successful|failed attempt|I promise|always be here|your secret is safe|milligram|\bmg\b|"
    r"you have (a|an|the) (stroke|infection|fracture)|probably|nothing serious|I have called"
)


def test_wording_follows_safe_messaging(protocols):
    for script_id, step, lines in _all_lines(protocols, alerted=True):
        said = " ".join(lines)
        assert not re.search(FORBIDDEN, said, re.IGNORECASE), (script_id, step, said)


@pytest.mark.parametrize("code", ["us", "au"])
def test_every_line_of_the_scripts_passes_the_reply_check(code):
    region = load_region(code)
    protocols, check = load_protocols(region, contact="Anna"), load_check(region)
    odd = {
        (line, failed)
        for line in {line for _, _, lines in _all_lines(protocols) for line in lines}
        if (failed := check.failed(line)) and "thoughts of ending my life" not in line
    }
    # Only the script may say what was done or is kept; a model may not.
    assert {reason for _, reasons in odd for reason in reasons} <= {"first_person"}, odd
    assert len(odd) <= 12, odd


def test_crisis_names_the_line_and_asks_plainly(protocols):
    for topic in ("passive_death_wish", "burden", "hopelessness", "minimised"):
        script = protocols.choose(Screening(2, CRISIS, topic))
        said = " ".join(protocols.lines(script, 0))
        assert "nine eight eight" in said
        assert "Are you thinking of ending your life" in said


def test_third_parties_have_their_own_words(protocols):
    own = protocols.lines("crisis", 0)
    other = protocols.lines("crisis", 0, other=True)
    assert own != other
    assert "no promise you have to keep" in " ".join(other)


# -- choosing ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("screening", "script"),
    [
        (Screening(4, MEDICAL, "stroke"), "stroke"),
        (Screening(4, MEDICAL, "a topic nobody knows"), "emergency"),
        (Screening(3, MEDICAL, "overdose_error"), "overdose_maybe"),
        (Screening(4, MEDICAL, "overdose_error"), "overdose"),
        (Screening(2, MEDICAL, "fall"), "fall_up"),
        (Screening(4, CRISIS, "attempt"), "attempt"),
        (Screening(4, CRISIS, ""), "crisis_now"),
        (Screening(3, ABUSE, "physical_abuse"), "abuse"),
        (Screening(3, SCAM, "bank"), "scam_live"),
        (Screening(1, Danger.SUPPORT, "grief"), None),
        (NOTHING, None),
    ],
)
def test_the_topic_decides(protocols, screening, script):
    assert protocols.choose(screening) == script


@pytest.mark.parametrize("category", [MEDICAL, CRISIS, ABUSE, SCAM])
@pytest.mark.parametrize("tier", [2, 3, 4])
@pytest.mark.parametrize("topic", ["", "unheard_of"])
def test_no_danger_is_ever_without_a_script(protocols, category, tier, topic):
    assert protocols.choose(Screening(tier, category, topic)) is not None


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("How many paracetamol can I take?", "advice_dose"),
        ("Can I stop taking my water tablets?", "advice_stop"),
        ("Is it all right to have wine with my tablets?", "advice_interaction"),
        ("I forgot to take my morning tablets", "advice_missed"),
        ("Did I take my pills this morning?", "advice_took_unsure"),
        ("Have I got dementia?", "advice_diagnosis"),
        ("These tablets are out of date", "advice_expired"),
        ("My elbow is sore", "advice"),
    ],
)
def test_medical_advice_answers_what_was_asked(protocols, text, script):
    assert protocols.choose(Screening(1, ADVICE), None, text) == script


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Are you a real person?", "identity"),
        ("You sound like my sister, you are her, aren't you?", "identity_kin"),
        ("Do you love me?", "love"),
        ("Promise you won't tell my daughter", "secrecy"),
        ("Who can hear what I say?", "privacy"),
        ("Will you call the doctor for me?", "capability"),
        ("When is my mother coming?", "deceased"),
        ("You're my only friend", "exclusivity"),
        ("Do you have any feelings?", "feelings"),
        ("Promise you will never leave me", "leave"),
        ("Delete everything you know about me", "forget"),
    ],
)
def test_identity_answers_what_was_asked(protocols, text, script):
    assert protocols.choose(Screening(0, IDENTITY), None, text) == script


def test_gas_and_fire_are_told_apart(protocols):
    fire = Screening(4, MEDICAL, "fire_gas")
    assert protocols.choose(fire, None, "I can smell gas in the kitchen") == "gas"
    assert protocols.choose(fire, None, "the carbon monoxide alarm is beeping") == "gas"
    assert protocols.choose(fire, None, "the curtains are burning") == "fire"
    assert "light switch" in " ".join(protocols.lines("gas", 0))


# -- talks ---------------------------------------------------------------------------------


def test_a_stroke_that_passes_is_still_an_emergency(talk):
    assert "nine one one" in talk.hears("my words come out wrong", Screening(4, MEDICAL, "stroke"))
    for screening in (NOTHING, Screening(4, MEDICAL, "stroke"), Screening(2, MEDICAL)):
        again = Talk(talk.protocols)
        again.state = talk.state
        said = again.hears("It's better now, I'll just lie down.", screening)
        assert "call nine one one now, even if it is better" in said


def test_repeating_it_never_brings_the_same_words_twice_running(protocols):
    for screening in (
        Screening(4, MEDICAL, "stroke"),
        Screening(3, CRISIS),
        Screening(2, CRISIS, "burden"),
        Screening(3, SCAM, "bank"),
        Screening(3, ABUSE),
        Screening(1, ADVICE),
        Screening(0, Danger.INJECTION),
        Screening(1, Danger.HARMFUL),
    ):
        talk, before = Talk(protocols), ()
        for _ in range(9):
            lines = talk.says("as I said", screening).lines
            assert lines != before
            before = lines


def test_a_fall_has_a_countdown_that_cancel_stops(talk):
    fall = Screening(4, MEDICAL, "fall")
    turn = talk.says("I've fallen and my hip hurts", fall)
    assert turn.countdown
    assert "I am asking Anna for help in thirty seconds." in turn.lines
    turn = talk.says("Cancel, I'm up again", fall)
    assert turn.cancels
    assert not turn.state.counting
    assert turn.script == "fall_cancelled"


def test_without_anybody_to_tell_no_countdown_is_announced(protocols):
    alone = Talk(protocols, alerted=False)
    assert "seconds" not in alone.hears("I've fallen", Screening(4, MEDICAL, "fall"))
    assert not alone.state.counting


def test_cancel_does_not_stop_help_for_something_new(talk):
    talk.says("I've fallen", Screening(4, MEDICAL, "fall"))
    turn = talk.says("don't call anyone but my chest hurts", Screening(4, MEDICAL, "cardiac"))
    assert not turn.cancels
    assert turn.script == "cardiac"


def test_a_late_cancel_says_the_message_may_be_out(talk):
    talk.says("I've fallen", Screening(4, MEDICAL, "fall"))
    turn = talk.says("cancel", NOTHING, counting=False)
    assert turn.script == "cancel_late"
    assert not turn.cancels


def test_a_bare_yes_to_the_safety_question_raises_the_tier(talk):
    talk.says("I'm a burden to everyone", Screening(2, CRISIS, "burden"))
    turn = talk.says("Yes")
    assert turn.script == "crisis_yes"
    assert turn.tier == 3
    assert turn.category is CRISIS


def test_no_and_i_dont_know_are_answered_too(protocols):
    for answer, script in (("No, not really", "crisis_no"), ("I don't know", "crisis_unsure")):
        talk = Talk(protocols)
        talk.says("what's the use", Screening(2, CRISIS))
        assert talk.says(answer).script == script


def test_not_safe_is_an_emergency(talk):
    talk.says("my grandson hits me", Screening(3, ABUSE, "physical_abuse"))
    turn = talk.says("No")
    assert turn.script == "abuse_now"
    assert turn.tier == 4


def test_an_answer_that_tells_of_danger_is_not_taken_for_a_no(talk):
    talk.says("what's the use", Screening(2, CRISIS))
    turn = talk.says("No, I have the pills here in my hand", Screening(4, CRISIS, "plan_imminent"))
    assert turn.script == "crisis_now"


def test_asked_again_with_the_raised_tier_it_says_the_same(protocols):
    talk = Talk(protocols)
    talk.says("I'll do it tonight", Screening(4, CRISIS, "plan_imminent"))
    for text in ("yes", "it's fine now, never mind", "good night", "nice weather"):
        first = protocols.turn(text, NOTHING, talk.state)
        again = protocols.turn(text, replace(NOTHING, tier=first.tier), talk.state)
        assert first == again


def test_a_turn_leaves_no_trace_until_its_state_is_kept(protocols):
    state = ProtocolState()
    stroke = Screening(4, MEDICAL, "stroke")
    assert protocols.turn("x", stroke, state) == protocols.turn("x", stroke, state)
    assert state == ProtocolState()


def test_a_denial_does_not_close_a_crisis(talk):
    talk.says("I'll take them tonight", Screening(4, CRISIS, "plan_imminent"))
    turn = talk.says("Oh forget I said that, I was only being silly")
    assert turn.script == "crisis_denied"
    assert turn.state.script
    assert turn.state.tier == 4


def test_an_everyday_remark_right_after_an_emergency_is_not_enough(talk):
    talk.says("my chest hurts", Screening(4, MEDICAL, "cardiac"))
    assert "nine one one" in talk.hears("What's on television?")


def test_it_rests_and_then_checks_once_gently(talk):
    talk.says("I wish I were dead", Screening(3, CRISIS))
    scripts = [talk.says("The roses are out").script for _ in range(11)]
    assert scripts.count("crisis_check") == 1
    assert scripts.count(None) >= 8
    assert talk.says("lovely weather").script is None


def test_a_good_night_within_a_crisis_keeps_the_door_open_without_a_hook(talk):
    talk.says("I wish I were dead", Screening(3, CRISIS))
    said = talk.hears("Good night")
    assert said.startswith("Good night, Rose.")
    assert "nine eight eight" in said
    assert "before you go" not in said.lower()


def test_a_plain_good_night_is_left_to_the_mind(talk):
    assert talk.says("I'm going to bed now, good night.").script is None


def test_an_unaddressed_cry_only_asks(talk):
    plan = Screening(4, CRISIS, "plan_imminent")
    turn = talk.says("I have the gun in my hand!", plan, addressed=False)
    assert turn.script == "cry"
    assert turn.lines[-1].endswith("?")
    assert turn.state.tier == 0
    assert talk.says("And now a word from our sponsors", addressed=False).script is None


def test_the_answer_to_a_cry_counts_even_unaddressed(protocols):
    for answer, script in (("Yes, I'm fine", "cry_fine"), ("No", "emergency")):
        talk = Talk(protocols)
        talk.says("Help!", Screening(4, MEDICAL, "explicit_request"), addressed=False)
        assert talk.says(answer, addressed=False).script == script


def test_advice_within_an_emergency_leads_back_to_the_call(talk):
    talk.says("my chest hurts", Screening(4, MEDICAL, "cardiac"))
    said = talk.hears("Should I take an aspirin?", Screening(1, ADVICE))
    assert said.startswith("Call nine one one now")


def test_a_live_scam_is_stopped_and_not_kept_secret(talk):
    assert "hang up" in talk.hears("he wants the code", Screening(3, SCAM, "bank"))
    said = talk.hears("He says don't tell my son", Screening(3, SCAM, "bank"))
    assert "secret" in said
    assert "Anna" in said


def test_a_mild_concern_is_scripted_and_then_left_to_the_mind(talk):
    concern = Screening(2, MEDICAL, "non_urgent")
    assert "doctor" in talk.hears("my ankles are swollen", concern)
    talk.says("they really are", concern)
    assert talk.says("yes they are", concern).script is None


def test_whom_they_ask_for_is_named_back(talk):
    said = talk.hears("Has Harold come home yet?", Screening(0, IDENTITY, "deceased"))
    assert "tell me about Harold" in said
    assert "coming" not in said


def test_tone_comes_from_the_script(protocols):
    assert protocols.tone("stroke") is Tone.STEADY


# -- who is accused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("My grandson hits me when she's at work.", {"grandson"}),
        ("my daughter Anna has my card", {"daughter", "anna"}),
        ("my daughter anna has my card", {"daughter", "anna"}),
        ("My son took my card and my daughter doesn't believe me", {"son"}),
        ("I'm afraid of my husband", {"husband"}),
        ("The carer, Denise, pinches me", {"carer", "denise"}),
        ("He hits me. My nephew, I mean.", {"nephew"}),
        ("I was pushed by the nurse", {"nurse"}),
        ("I can't tell my daughter but her husband shouts at me", {"husband"}),
        ("Robert shook me so hard my teeth rattled", {"robert"}),
        ("My son David and his wife locked me in", {"son", "david", "wife"}),
        ("My son came. He slapped me.", {"son"}),
        ("My daughter-in-law throws my food away", {"daughter-in-law"}),
        ("My husband and my son shout at me", {"husband", "son"}),
        ("My neighbour saw my son hit me", {"son"}),
        ("bruises on my arms from the night nurse", {"nurse"}),
        ("they won't let me phone my sister", set()),
        ("nobody hits me", set()),
        ("", set()),
    ],
)
def test_the_accused_are_found(text, who):
    assert accused(text) == who


# -- mistakes in the files -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('steps = [["{nobody} is here."]]', "{nobody}"),
        ('steps = [["a.", "b.", "c.", "d."]]', "4 sentences"),
        (f'steps = [["{"word " * 25}."]]', "longer than"),
        ('steps = [["a."]]\nyes = "nowhere"', "no script 'nowhere'"),
        ('steps = [["a."]]\nwhen = ["(a"]', "lacks a"),
        ("steps = []", "steps"),
        ('steps = [["a."]]\ntone = "shrill"', "tone"),
    ],
)
def test_a_mistake_in_a_script_is_told(tmp_path, change, says):
    (tmp_path / "scripts.toml").write_text(f"[say]\n[scripts.x]\n{change}\n")
    with pytest.raises(SafetyError) as caught:
        load_scripts(folder=tmp_path)
    assert "scripts.toml" in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)

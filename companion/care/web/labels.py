"""Words for what the database calls by short names; translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def N_(text: str) -> str:  # noqa: N802 (gettext's own name for this mark)
    """Mark a text for translation."""
    return text


SUBJECTS: Final[Mapping[str, tuple[str, str]]] = {
    "summary": (N_("Daily summary"), N_("The half page about each day.")),
    "mood": (N_("Mood and energy"), N_("How they seemed, against their own usual days.")),
    "topics": (N_("Topics"), N_("What came up, such as sleep, pain or people. Never words.")),
    "safety": (N_("Safety"), N_("Alerts, and who was reached.")),
    "reminders": (N_("Reminders"), N_("Appointments and other reminders, but no medicines.")),
    "medicines": (N_("Medicines"), N_("Reminders of medicines, and whether they were taken.")),
    "scales": (N_("Questionnaires"), N_("Scores they agreed to share.")),
    "health_device": (N_("The device"), N_("Whether the companion itself works well.")),
}

ROLES: Final[Mapping[str, str]] = {
    "owner": N_("Owner"),
    "family": N_("Family"),
    "nurse": N_("Nurse"),
    "therapist": N_("Therapist"),
}

RELATIONS: Final[Mapping[str, str]] = {
    "daughter": N_("Daughter"),
    "son": N_("Son"),
    "wife": N_("Wife"),
    "husband": N_("Husband"),
    "partner": N_("Partner"),
    "sister": N_("Sister"),
    "brother": N_("Brother"),
    "granddaughter": N_("Granddaughter"),
    "grandson": N_("Grandson"),
    "niece": N_("Niece"),
    "nephew": N_("Nephew"),
    "cousin": N_("Cousin"),
    "family": N_("Family"),
    "friend": N_("Friend"),
    "neighbour": N_("Neighbour"),
    "carer": N_("Carer"),
    "nurse": N_("Nurse"),
    "doctor": N_("Doctor"),
    "therapist": N_("Therapist"),
}

CONSENTS: Final[Mapping[str, tuple[str, str]]] = {
    "sharing": (
        N_("Share with those you choose"),
        N_("People you invite may see here what you allow each of them. Without this, nobody can."),
    ),
    "summary": (
        N_("A summary of the day"),
        N_("A short report of the day is kept and shown to those you choose."),
    ),
    "mood": (
        N_("How you seem"),
        N_("How you seem (not your words) is kept, to see changes over weeks."),
    ),
    "alerts": (
        N_("Alerts"),
        N_("People you named are told when you may be in danger."),
    ),
    "memory": (
        N_("Memory"),
        N_("Things you ask to be remembered are kept until you have them forgotten."),
    ),
    "transcripts": (
        N_("Your words"),
        N_("The words you say are kept for some days."),
    ),
    "voiceprint": (
        N_("Your voice"),
        N_("How your voice sounds is kept as numbers, to know you from others."),
    ),
}

CATEGORIES: Final[Mapping[str, str]] = {
    "support": N_("Needs company"),
    "crisis": N_("Dark thoughts"),
    "medical_emergency": N_("Health"),
    "abuse": N_("Mistreatment"),
    "scam": N_("Fraud"),
    "medical_advice": N_("A question about medicines or health"),
    "message": N_("A message"),
}

TIERS: Final[Mapping[int, str]] = {
    1: N_("Support"),
    2: N_("Concern"),
    3: N_("Urgent"),
    4: N_("Emergency"),
}

STATES: Final[Mapping[str, str]] = {
    "countdown": N_("About to be sent"),
    "waiting": N_("Being sent"),
    "sent": N_("Sent, nobody has answered yet"),
    "acknowledged": N_("Somebody has taken care of it"),
    "cancelled": N_("Called off"),
    "unreached": N_("Nobody could be reached, or nobody answered"),
}

KINDS: Final[Mapping[str, str]] = {
    "medicine": N_("Medicine"),
    "appointment": N_("Appointment"),
    "other": N_("Something else"),
}

TOPICS: Final[Mapping[str, str]] = {
    "sleep_bad": N_("Slept badly"),
    "sleep_good": N_("Slept well"),
    "pain": N_("Pain"),
    "appetite_low": N_("Little appetite"),
    "appetite_good": N_("Good appetite"),
    "mobility": N_("Getting about"),
    "fall": N_("A fall"),
    "medicines": N_("Medicines"),
    "people_contact": N_("Contact with people"),
    "loneliness": N_("Loneliness"),
    "outing": N_("Going out"),
    "low_mood": N_("Low spirits"),
    "good_mood": N_("Good spirits"),
    "tired": N_("Tired"),
    "confusion": N_("Confusion"),
    "worry": N_("Worry"),
}

KEPT: Final[Mapping[str, str]] = {
    "transcripts": N_("Words"),
    "mood": N_("How they seemed"),
    "summaries": N_("Summaries and reminders"),
    "safety": N_("Safety events and notices"),
    "alerts": N_("Alerts"),
    "audit": N_("Who did and saw what"),
    "other": N_("Other events"),
}

PAGES: Final[Mapping[str, str]] = {
    "today": N_("the day"),
    "trends": N_("weeks and months"),
    "alerts": N_("alerts"),
    "reminders": N_("reminders"),
    "device": N_("the device"),
    "privacy": N_("consent and privacy"),
    "people": N_("people"),
    "account": N_("their own account"),
}

ACTIONS: Final[Mapping[str, str]] = {
    "logged in": N_("logged in"),
    "logged out": N_("logged out"),
    "login refused": N_("gave a wrong password"),
    "code refused": N_("gave a wrong code"),
    "alert acknowledged": N_("took care of an alert"),
    "reminder saved": N_("saved a reminder"),
    "reminder removed": N_("removed a reminder"),
    "sharing changed": N_("changed what somebody may see"),
    "account made": N_("made an account"),
    "account removed": N_("removed an account"),
    "invited again": N_("gave a new invitation"),
    "owner account made": N_("made the owner's account"),
    "consent given": N_("agreed to something"),
    "consent withdrawn": N_("took a consent back"),
    "password changed": N_("changed their password"),
    "second factor on": N_("switched the second factor on"),
    "second factor off": N_("switched the second factor off"),
    "export": N_("took everything along"),
}

DONE: Final[Mapping[str, str]] = {
    "saved": N_("Saved."),
    "removed": N_("Removed."),
    "acknowledged": N_("Thank you. The others can see that you are taking care of it."),
    "answered": N_("This alert had been answered or called off already."),
    "consent": N_("Noted. It counts from now on."),
    "withdrawn": N_("Noted. What was kept with it has been removed."),
    "password": N_("Your new password counts from now on. Other browsers were logged out."),
    "factor": N_("The second factor is on."),
    "factor_off": N_("The second factor is off."),
    "loggedout": N_("You are logged out."),
    "welcome": N_("All set. Welcome."),
}

WEEKDAYS: Final = (
    *(N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday")),
    *(N_("Friday"), N_("Saturday"), N_("Sunday")),
)

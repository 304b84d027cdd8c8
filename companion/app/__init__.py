"""Builds the house from its configuration: the only place that knows every room."""

from companion.app.care import care_certificate, load_house, serve_care
from companion.app.engines import (
    Engines,
    load_ears,
    load_engines,
    load_mind,
    load_voice,
    model_paths,
    process_age,
    report_remote,
    speech_in,
    system_prompt,
    threads,
)
from companion.app.feeling import forget_learning, load_feeler, load_person_feeler
from companion.app.guarding import load_guard, load_screener
from companion.app.homing import HomeTalk, start_home
from companion.app.hushing import Hush, is_muted, mute
from companion.app.keeping import (
    Keeping,
    load_alerts,
    load_key,
    new_diary,
    open_storage,
    place_of,
    retention_of,
    start_keeping,
)
from companion.app.knowing import (
    extra_installed,
    hear_pieces,
    load_prints,
    load_speaker_worker,
    load_who,
    store_print,
)
from companion.app.living import TICK_S, Living, start_living
from companion.app.outward import new_closing, new_sheets
from companion.app.post import hold_post, until_told
from companion.app.reaching import (
    begin_scale,
    explain_score,
    keep_event,
    load_initiatives,
    load_scale,
)
from companion.app.remembering import (
    RememberedCircle,
    load_memory,
    load_store,
    occasions_from,
    scratch_store,
)
from companion.app.reminding import TypedReminders
from companion.app.sending import (
    device_health,
    health_path,
    new_evening,
    new_hub_publisher,
    new_messenger,
    new_postman,
)
from companion.app.showing import Shown, start_showing
from companion.app.talking import build_conversation, new_endpointer
from companion.app.watching import Watched, post_trouble, watch_over
from companion.app.wyoming import serve_wyoming

__all__ = [
    "TICK_S",
    "Engines",
    "HomeTalk",
    "Hush",
    "Keeping",
    "Living",
    "RememberedCircle",
    "Shown",
    "TypedReminders",
    "Watched",
    "begin_scale",
    "build_conversation",
    "care_certificate",
    "device_health",
    "explain_score",
    "extra_installed",
    "forget_learning",
    "health_path",
    "hear_pieces",
    "hold_post",
    "is_muted",
    "keep_event",
    "load_alerts",
    "load_ears",
    "load_engines",
    "load_feeler",
    "load_guard",
    "load_house",
    "load_initiatives",
    "load_key",
    "load_memory",
    "load_mind",
    "load_person_feeler",
    "load_prints",
    "load_scale",
    "load_screener",
    "load_speaker_worker",
    "load_store",
    "load_voice",
    "load_who",
    "model_paths",
    "mute",
    "new_closing",
    "new_diary",
    "new_endpointer",
    "new_evening",
    "new_hub_publisher",
    "new_messenger",
    "new_postman",
    "new_sheets",
    "occasions_from",
    "open_storage",
    "place_of",
    "post_trouble",
    "process_age",
    "report_remote",
    "retention_of",
    "scratch_store",
    "serve_care",
    "serve_wyoming",
    "speech_in",
    "start_home",
    "start_keeping",
    "start_living",
    "start_showing",
    "store_print",
    "system_prompt",
    "threads",
    "until_told",
    "watch_over",
]

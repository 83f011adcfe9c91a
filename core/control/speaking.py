"""In which language a process of ours speaks: `ui.language`, or as the system's is."""

from collections.abc import Mapping

from core.domain.errors import CoreError
from core.runtime.language import SYSTEM, local_speech
from core.runtime.paths import turntable_home
from core.storage.settings_file import read_configuration
from core.words.speech import Speech


def speech_of(environment: Mapping[str, str]) -> Speech:
    """The speech of whoever set this environment; its data folder is read, never made."""
    return local_speech(_language(environment), environment)


def _language(environment: Mapping[str, str]) -> str:
    """`ui.language`; settings that cannot be read are complained about later, in any language."""
    path = turntable_home(environment).settings
    try:
        configuration = read_configuration(path, environment=environment, overrides={})
    except CoreError:
        return SYSTEM
    return configuration.settings.ui.language

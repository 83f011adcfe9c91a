"""The pages of the main window by name: who only asks for one loads none."""

from enum import StrEnum


class PageName(StrEnum):
    """The pages, in the order of the list; also the names of their symbols."""

    ACCOUNTS = "accounts"
    ACTIVITY = "activity"
    USAGE = "usage"
    RULES = "rules"
    HEALTH = "health"
    MESSAGES = "messages"
    SETTINGS = "settings"

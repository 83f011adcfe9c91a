"""What each setting is called by people; settings.toml and the command line call it by its key."""

from collections.abc import Mapping

from core.words.speech import Speech


def setting_names(speech: Speech) -> Mapping[str, str]:
    """Key → a few words, for every declared setting, in the person's language."""
    say = speech.say
    return {
        "proxy.port": say("Port"),
        "proxy.max_body": say("Largest request"),
        "proxy.max_buffered": say("Memory for requests"),
        "proxy.websocket": say("WebSocket"),
        "proxy.origins": say("Web origins"),
        "upstream.base_url": say("Address of the back end"),
        "upstream.auth_url": say("Address of the issuer"),
        "upstream.connect_timeout_s": say("Time to connect"),
        "upstream.header_timeout_s": say("Time for an answer to begin"),
        "upstream.idle_timeout_s": say("Silence within an answer"),
        "upstream.proxy": say("Egress proxy"),
        "upstream.ca_file": say("Certificate authorities"),
        "upstream.allow_custom": say("Other back ends"),
        "routing.strategy": say("Strategy"),
        "routing.soft_threshold_session": say("Threshold of the session"),
        "routing.soft_threshold_week": say("Threshold of the week"),
        "routing.time_budget_s": say("Time for trying accounts"),
        "routing.continuity": say("When a chat has to move"),
        "routing.wait_for_reset_s": say("Wait for a near reset"),
        "routing.affinity_ttl_s": say("How long a chat keeps its account"),
        "routing.profile": say("Profile"),
        "quota.refresh_min_s": say("Shortest time between looks"),
        "quota.refresh_max_s": say("Longest time between looks"),
        "tokens.refresh_before_s": say("Renew before the end"),
        "tokens.refresh_gap_s": say("Time between renewals"),
        "tokens.proactive": say("Renew unused logins"),
        "bind.watch": say("Guard"),
        "notify.waiting": say("An account starts to wait"),
        "notify.back": say("An account is back"),
        "notify.low": say("Little is left"),
        "notify.empty": say("Nothing is left"),
        "notify.sign_in": say("A sign-in is needed"),
        "notify.routing": say("Codex is not routed any more"),
        "notify.moved": say("A chat moved"),
        "notify.credit": say("A reset credit expires"),
        "notify.low_percent": say("What counts as little"),
        "notify.very_low_percent": say("What counts as very little"),
        "notify.quiet_from": say("Quiet hours from"),
        "notify.quiet_until": say("Quiet hours until"),
        "notify.sound": say("Sound"),
        "notify.ntfy_url": say("ntfy topic"),
        "notify.command": say("Command"),
        "ui.language": say("Language"),
        "ui.engine": say("Engine"),
        "log.level": say("Log level"),
        "usage.keep_days": say("Days that are kept"),
    }

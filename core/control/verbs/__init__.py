"""What each verb does: one function a verb, named in `core.control.commands`."""

"""Other tools' stores of logins: recognised by content, read, and on request emptied."""

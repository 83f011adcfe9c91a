"""WebSocket on paper: frames (RFC 6455) and permessage-deflate (RFC 7692). No I/O."""
